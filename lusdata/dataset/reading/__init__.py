"""Reading a dataset folder: its index, its shards, and whether they are what the index says."""
