"""A recording comes in: `prepare` its file, `look` at it, compare with what is `known`, propose, ask, and `add` it.

What only a person knows is asked through a callback, so that a terminal, a page or a test can answer.
"""
