"""Measurements of lusdata against plain decoding; run by `make bench`."""
