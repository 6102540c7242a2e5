"""DICOM files: a `header` by an allow-list, `pixels` as grey or RGB, and the `recording` that both make."""
