"""What is asked for when a folder is to become a collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lusdata.intake.grouping import Kind

__all__ = ["Request"]


@dataclass(frozen=True)
class Request:
    """A wish for a collection.

    Attributes
    ----------
    folder : Path
        The recordings.
    out : Path
        Folder of the collection, new or there already.
    tables : tuple of Path
        Tables of labels: a row for each file, or, without a column of files, a row for each patient.
    columns : Mapping of str to str
        Which column means what; see `lusdata.intake.folder.columns.parse_map`.
    values : Mapping of (str, str) to str
        What a cell of a meaning stands for; see `lusdata.intake.folder.values.parse_values`.
    group_by : str or None
        A key of `lusdata.intake.grouping.KINDS`; None if nobody says.
    licence : str
        Of every recording.
    provider : str
        Slug of the source; the collection's name if empty.
    title, owner, citation : str
        Of the collection; empty if not stated.
    class_basis : str
        What the classes rest on, a word of the schema.
    scale, view_scheme : str
        Scale of the severity and scheme of the zones; empty if nobody says.
    text_reviewed : str
        Role of the person who read the text in the pictures; empty if nobody did.
    accepts : bool
        Whether what is only doubtful is taken as proposed, without a question.
    all_files : bool
        Whether files that no table names are taken, too.
    update : bool
        Whether what the tables say now replaces what they said of recordings that are there.
    """

    folder: Path
    out: Path
    tables: tuple[Path, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[tuple[str, str], str] = field(default_factory=dict)
    group_by: Kind | None = None
    licence: str = "LicenseRef-Private"
    provider: str = ""
    title: str = ""
    owner: str = ""
    citation: str = ""
    class_basis: str = "source-label"
    scale: str = ""
    view_scheme: str = ""
    text_reviewed: str = ""
    accepts: bool = False
    all_files: bool = False
    update: bool = False
