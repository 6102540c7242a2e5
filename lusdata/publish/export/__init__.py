"""A dataset as others take it: `croissant` for machines, `card` for people, `hub` for Hugging Face `datasets`.

All three tell the same facts (`facts`) about the same thing (`subject`).
"""
