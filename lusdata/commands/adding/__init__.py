"""The steps of ``lusdata add``: `source`, `known`, `crop`, `ask`; `one` walks them for a recording."""
