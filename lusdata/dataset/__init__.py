"""Frames to datasets: recipe, build, formats, reading, views and load."""
