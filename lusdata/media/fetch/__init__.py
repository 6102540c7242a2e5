"""Getting recordings: from the cache, from mirrors, from where they were published; accepted by digest alone.

`collection` gets a whole collection, `plan` decides where to ask, `http` and `folder` move bytes into an `unfinished`
file, and `admit` judges what arrived.
"""
