"""Telling DICOM by its first bytes, with and without the mark that the standard puts before a file."""

from __future__ import annotations

__all__ = ["HEAD_BYTES", "starts_like_dicom"]

HEAD_BYTES = 16_384
"""Enough of a file's beginning to tell."""

_MARK_AT = 128
# Of two bytes each. The standard has more, which no file begins with.
_KINDS = frozenset({b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"LO", b"LT", b"OB", b"OW", b"PN", b"SH", b"SQ"})
_KINDS_OF_MORE = frozenset({b"ST", b"TM", b"UI", b"UL", b"UN", b"US", b"UT"})
_LONG = frozenset({b"OB", b"OW", b"SQ", b"UN", b"UT"})
# The groups of file, identity and patient, in that order; data sets begin with the second.
_GROUPS = (0x0002, 0x0008, 0x0010)
_LONGEST_VALUE = 4096
_ELEMENTS = 3


def starts_like_dicom(head: bytes) -> bool:
    r"""Tell whether a file is plainly DICOM.

    Parameters
    ----------
    head : bytes
        The beginning of the file; 16 KiB are plenty, all of a shorter file.

    Returns
    -------
    bool
        True for a file with the mark ``DICM`` at its place, and for a bare data set: one whose first three elements
        are of the groups that a data set begins with, in rising order, in one of the three ways of writing them.

    Examples
    --------
    >>> starts_like_dicom(bytes(128) + b"DICM")
    True
    >>> starts_like_dicom(b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + b"\x08\x00\x16\x00UI\x02\x001." * 2)
    False
    >>> starts_like_dicom(b"DICM, says this text")
    False
    """
    if head[_MARK_AT : _MARK_AT + 4] == b"DICM":
        return True
    return any(
        _is_data_set(head, order, named=named) for order, named in (("little", True), ("little", False), ("big", True))
    )


def _is_data_set(head: bytes, order: str, *, named: bool) -> bool:
    """Walk the first elements, each a tag, perhaps the kind of value, a length and a value."""
    place, before = 0, -1
    for _ in range(_ELEMENTS):
        step = _element(head, place, order, named=named)
        if step is None or step[0] <= before:
            return False
        before, place = step
    return True


def _element(head: bytes, place: int, order: str, *, named: bool) -> tuple[int, int] | None:
    """Return an element's tag and where the next one begins, or None where there is no element."""

    def number(start: int, size: int) -> int:
        return int.from_bytes(head[start : start + size], "little" if order == "little" else "big")

    group, element = number(place, 2), number(place + 2, 2)
    if group not in _GROUPS or len(head) < place + 8:
        return None
    length, value = number(place + 4, 4), place + 8
    if named:
        kind = head[place + 4 : place + 6]
        if kind not in _KINDS | _KINDS_OF_MORE:
            return None
        length = number(place + 6, 2)
        if kind in _LONG:
            length, value = number(place + 8, 4), place + 12
    if length > _LONGEST_VALUE or value + length > len(head):
        return None
    return group << 16 | element, value + length
