"""A contribution on its way to a manifest: its `source`, a `look` at it, what it is `alike`; then `compose`."""
