"""DICOM files: told by `mark`, opened by `reading` for an allow-list (`header`), and turned into a `recording`.

Its pictures come from `pixels` by `grey`, `tables` and `colour`, or from `moving`; its times from `times`, and where
the scan lies from `regions`. What of a header is not followed is told in a note; what cannot be is refused in a line.
"""
