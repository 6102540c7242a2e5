"""What stands beside the pictures in a file: an inventory of it, and a judgement of what may name somebody.

`inventory` reads, with `streams` for what FFmpeg lists, `coded` for text inside the coded pictures, `unclaimed` for
bytes of no stream and `ends` for bytes behind the end; `judge` decides by values alone.
"""
