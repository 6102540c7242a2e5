"""The former place of `lusdata.dataset.formats.tfrecord`, for one more version."""

from __future__ import annotations

import warnings

from lusdata.dataset.formats.tfrecord import Feature, decode_example, encode_example, frame_record, read_rows

__all__ = ["Feature", "decode_example", "encode_example", "frame_record", "read_rows"]

warnings.warn("lusdata.dataset.tfrecord is lusdata.dataset.formats.tfrecord now", DeprecationWarning, stacklevel=2)
