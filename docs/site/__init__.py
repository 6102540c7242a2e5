"""The pages of the documentation site, made from docs/ and from the code."""
