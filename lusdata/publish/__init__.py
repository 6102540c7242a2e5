"""Datasets to people: pages, cards and citations."""
