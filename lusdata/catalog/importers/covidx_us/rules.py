"""Every kind of decision that the import of COVIDx-US takes, in the order of its log."""

from __future__ import annotations

from lusdata.catalog.importers.common import Practice

__all__ = ["LEFT_BEHIND", "RULES"]

RULES = {
    "licence": Practice(
        "Licences",
        "What the table states for the row. Where it states none, all rights are reserved, whatever licence the site "
        "may have: nobody has looked at the recording's own page.",
    ),
    "terms": Practice("Terms beside the licence", "The site's own terms, as far as they are known here."),
    "class": Practice(
        "Classes",
        "The table's class, which stands as a label of its own, too. Of 'Other' the site's word is taken where it is a "
        "class here. A pneumonia whose cause nobody states is unknown.",
    ),
    "lung-point": Practice("Lung point", "The site's word for the recording is a finding: it is there."),
    "not-lung": Practice("Other organs", "One of the tables says that the recording shows another organ. Excluded."),
    "organ-unsaid": Practice("No organ", "Neither table says what the recording shows. Excluded until somebody looks."),
    "removed": Practice("Removed upstream", "The remark says that a later version is without it. Excluded."),
    "same-address": Practice(
        "One address on two rows",
        "Whoever fetches both gets one file twice. The first row is kept, the other excluded, and their groups are "
        "linked. A package with many files is no such address.",
    ),
    "doi-counts-up": Practice(
        "A DOI that counts up",
        "The files belong to one article, as their addresses say, and the DOI grows by one from row to row, as a "
        "spreadsheet fills cells. The article's first DOI is taken.",
    ),
    "patient": Practice("Patients", "The table's name of the case, within its source. Its recordings are one group."),
    "publication": Practice("No patient, but a publication", "All of one paper are one group."),
    "no-patient": Practice(
        "No patient",
        "Nobody knows whose the recording is; it stands in a group of its own. The table of labels numbers each such "
        "recording as a patient: it does not say why, and that is not taken over.",
    ),
    "session": Practice(
        "An address with somebody's session", "It ended minutes after it was made, and its signature is not copied."
    ),
    "no-file-address": Practice(
        "A page and no file",
        "No location. The file comes from the checkout, into which the project's notebook brings it, or by hand.",
    ),
    "score": Practice("Severity", "The lung ultrasound score of the table, on a scale of the collection's own."),
}

LEFT_BEHIND = (
    "Exact ages: bands of ten years, 90+ from 90 on.",
    "Remarks: sentences of the sites.",
    "Masks, boxes and marks on the frames: drawn on files that the project's notebook has cut and renamed.",
    "The version in which a row came, and the day: no fields of a manifest.",
)
