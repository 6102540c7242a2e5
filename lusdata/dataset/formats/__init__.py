"""The forms in which rows lie on disk."""
