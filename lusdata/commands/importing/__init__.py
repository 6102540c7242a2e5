"""Importing a user's own folder: what it would do and what it did, as text and as data, and how far it is."""
