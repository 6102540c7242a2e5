"""Frames to datasets: recipe, build, shards, folds, audit, load and adapters."""
