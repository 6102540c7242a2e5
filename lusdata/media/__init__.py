"""Bytes to frames: fetching, decoding, sampling, cropping, drawing phantoms.

Import the module that is needed, such as `lusdata.media.frames`; this package itself loads nothing, because the
decoders are heavy and most commands need none of them.
"""
