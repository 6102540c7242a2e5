"""Collections as they were, under a `version` that is never given twice: reading a `release`, and its `check`."""
