"""The tabs of a gallery besides the recordings, one module each; `parts` is what they share."""
