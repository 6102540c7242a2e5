"""One file per step from a schema version to the next. A step is pure, and stays as it is once released."""
