"""What a schema cannot say: rules with codes, by subject; the `table` lists and applies them."""
