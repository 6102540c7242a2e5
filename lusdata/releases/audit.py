"""The audit of a collection in one call, with the folds that a user of it gets."""

from __future__ import annotations

from pathlib import Path

from lusdata.arguments import path_of
from lusdata.catalog.collection import Collection
from lusdata.catalog.open_collection import as_collection
from lusdata.releases.folds import origin_of, table_of
from lusdata.splits.audit.report import AuditReport, audit_split
from lusdata.splits.audit.split import AuditedSplit, read_split, split_of_table
from lusdata.splits.folds.table import FoldTable

__all__ = ["audit", "split_to_audit"]


def audit(collection: Collection | str | Path, folds: FoldTable | str | Path | None = None) -> AuditReport:
    """Look for leakage, doubtful labels, confounding and rights in a split of a collection.

    Parameters
    ----------
    collection : Collection, str or Path
        A collection, its name or its folder; with ``@1.0.0`` behind the name that release of it.
    folds : FoldTable, str or Path, optional
        The split: a table of `make_folds`, or a file or folder that anybody wrote. By default the folds by patient that
        users of the collection get: those that a release froze, or those made now, with recordings of unknown patients
        together.

    Returns
    -------
    AuditReport
        All findings; nothing is raised for a bad split. `AuditReport.clean` is the verdict.

    Raises
    ------
    UsageError
        If there is no such collection or split, or an argument is of another kind.
    DataError
        If a manifest has a fault, or the split is in no known form.
    OutsideError
        If a file cannot be read.

    Examples
    --------
    ::

        report = lusdata.audit("pocus", "folds_of_a_paper.csv")
        report.clean, report.leaks
    """
    found = as_collection(collection)
    return audit_split(found, split_to_audit(found, folds))


def split_to_audit(collection: Collection, folds: FoldTable | str | Path | None = None) -> AuditedSplit:
    """Return a split as the audit takes it, whatever it was given as; see `audit`."""
    if folds is None:
        # Folds that nobody asked for in another way are those that cannot leak.
        folds = table_of(collection, unknown="together")
    if isinstance(folds, FoldTable):
        return split_of_table(folds, collection.manifests, source=origin_of(collection, folds))
    return read_split(path_of(folds, where="folds"), collection.manifests)
