"""Folds from a catalog: `units` that stay together, dealt by `assign`, put together by `make`, kept as a `table`."""
