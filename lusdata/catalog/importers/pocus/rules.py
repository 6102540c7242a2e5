"""Every kind of decision that the import of covid19_ultrasound takes, in the order of its log."""

from __future__ import annotations

from lusdata.catalog.importers.common import Practice

__all__ = ["LEFT_BEHIND", "RULES"]

RULES = {
    "not-used": Practice(
        "Not used upstream",
        "The sheet says 'not used' or 'not_to_use' (views of the neck, pictures of too little worth). Excluded, with "
        "a manifest, so that nobody adds them again unawares.",
    ),
    "artifacts": Practice(
        "Drawn on",
        "The sheet keeps them in 'data_with_artifacts': arrows, stars, callipers or text lie over the lung, and a "
        "model would learn those. Excluded.",
    ),
    "label-uncertain": Practice(
        "Label uncertain",
        "The sheet keeps them in 'label_uncertain'. A doubtful class must not train or test anything. Excluded; the "
        "class in the manifest is the sheet's.",
    ),
    "location-unknown": Practice(
        "Location not understood",
        "The cell names no folder of the repository. Excluded until somebody looks.",
    ),
    "file-elsewhere": Practice(
        "The file lies elsewhere than the sheet says",
        "The file was found by its name and is pinned. Whether it is used follows the sheet: one that is not used "
        "upstream stays excluded although its file is hosted.",
    ),
    "hosted-missing": Practice(
        "Called hosted, and not there",
        "The sheet says that the repository holds the file; the media folder of this import does not have it. Its "
        "addresses are the one that the file has at the imported commit and, where the repository's history is known "
        "to have held it, the one at that commit. Digest and facts are those of a manifest that was made where the "
        "file is (`--pins`); without such a manifest there are none, and `lusdata fetch --pin` tells.",
    ),
    "hosted-no-path": Practice(
        "Called hosted, and nobody knows under which name",
        "As before, and the file's ending is not known either. Included without path and location if it is used at "
        "all; the page is where to look.",
    ),
    "hosted-typo": Practice(
        "Hosted: neither yes nor no",
        "The cell holds something else than 'Yes' or 'No'. Read as no: the file is among those that users download.",
    ),
    "no-file-address": Practice(
        "A page and no file",
        "The address of the download is a player's page. No location; a person gets the file by hand from the page.",
    ),
    "own-address": Practice(
        "One address for two figures",
        "The list of downloads gives two figures the same address, the sheet gives each its own. The sheet's is taken.",
    ),
    "same-recording": Practice(
        "One recording on two rows",
        "One manifest is made. The other row's name becomes an alias of it, and its patient id is linked if another "
        "recording has it.",
    ),
    "left-apart": Practice(
        "Suspected to be one recording, left apart",
        "Two sites show what may be the same clip. Nobody has seen both, and one of them is excluded: nothing is "
        "linked on a title alone.",
    ),
    "name-twice": Practice(
        "A name used twice",
        "Two recordings share a file name. Both ids end in the transducer, which tells them apart.",
    ),
    "name-alike": Practice(
        "Names that differ only by capitals or punctuation",
        "An id is lower-case. The later row's id ends in its row number.",
    ),
    "day-in-name": Practice(
        "A day in a file name", "The day is taken out: it may be that of an examination. The name is not an alias."
    ),
    "class-called-normal": Practice(
        "Diseased, and marked healthy",
        "The class is the diagnosis of the patient and stays. The mark is kept as a reading of this one recording: a "
        "diseased patient has normal zones. The manifest carries a signed review of its class.",
    ),
    "normal-with-signs": Practice(
        "Marked healthy, and with signs of disease",
        "The sheet marks the recording healthy beside consolidation or effusion. Both marks are kept; the manifest "
        "carries a signed review of its patterns. Whoever trains on patterns should leave these out.",
    ),
    "healthy-with-signs": Practice(
        "Healthy, and with signs",
        "The class stays healthy: single B-lines and a slightly uneven pleura are seen in healthy lungs. Stronger "
        "signs are kept as read. The manifest carries a signed review of its class.",
    ),
    "class-by-name": Practice(
        "Regular by its label, diseased by its name",
        "The label is 'regular' and the file name states an effusion, a mass, an empyema, a consolidation or B-lines. "
        "The class is 'other'. All of them are excluded anyway.",
    ),
    "class-by-address": Practice(
        "Regular by its label, a pneumothorax by its address",
        "The label is 'regular' and the address of the file names a lung point or a pneumothorax. The class is kept, "
        "since nobody has seen the file; the manifest carries a review of its class that asks for a look.",
    ),
    "only-zeros": Practice(
        "Seven zeros",
        "A picture without any finding that is not normal either was not read: the sheet has such rows where the very "
        "file name states a finding. No patterns are recorded.",
    ),
    "not-read": Practice("Seven blanks", "The recording was not read. No patterns are recorded."),
    "part-read": Practice("Some blanks", "What is blank is left out; what is there is kept."),
    "bronchogram-alone": Practice(
        "Air bronchogram without consolidation",
        "Air in bronchi shows only inside a consolidation. The consolidation is recorded as unknown.",
    ),
    "severity": Practice(
        "Severity",
        "Scores of the project's sheet of 2022, given in the work of doi 10.48550/arXiv.2201.07357 by the scheme of "
        "the study LUSCOVID19 (clinicaltrials.gov, NCT04322487); their authors give them out under CC-BY-NC-4.0 and "
        "ask to be cited. Nobody says that the scheme is one of the registry's scales, so it is a scale of the "
        "collection's own. The two sheets count lines otherwise: file name, transducer, kind and label decide.",
    ),
    "severity-healthy": Practice(
        "Healthy, and with a score above 0",
        "Class and score are of different readers. Both are kept.",
    ),
    "severity-unmatched": Practice("Scores that fit no recording", "They are left out."),
    "licence": Practice(
        "Licences",
        "Every spelling became an SPDX id, or a LicenseRef where SPDX has none. No licence means that all rights are "
        "reserved: frames may be made on one's own machine and are never passed on.",
    ),
    "licence-version": Practice(
        "A licence without its version", "The version is taken from the address of the licence's text."
    ),
    "licence-ended": Practice(
        "A permission that has ended",
        "The journal allowed reuse for as long as COVID-19 was a public health emergency of international concern, "
        "which the World Health Organization ended on 2023-05-05. Frames may be made on one's own machine and are "
        "not passed on any more.",
    ),
    "licence-terms": Practice(
        "Terms beside the licence",
        "The site's own terms change the Creative Commons licence that the sheet names: they do not mean its cases for "
        "data sets of this kind. Not passed on. Contributor and case number stand on the page.",
    ),
    "licence-unknown": Practice("A licence that is not understood", "Treated as no licence."),
    "no-derivatives": Practice(
        "No derivatives, and yet to be cropped",
        "The licence forbids passing on changed versions. Crops and frames may be made on one's own machine; the "
        "flags keep them out of everything that is published.",
    ),
    "provider-by-address": Practice(
        "Source id of another source",
        "The source id stands for something else than the DOI or the address. The DOI decides, then the address.",
    ),
    "provider-without-id": Practice("No source id", "The source is taken from the address."),
    "doi-elsewhere": Practice("A DOI in the address column", "It is recorded as the DOI."),
    "doi-spelling": Practice("DOIs", "Resolver, prefix and blanks are taken off."),
    "session-token": Practice("An address with somebody's session", "The token is taken out; the page is the same."),
    "no-address": Practice(
        "No address",
        "The address column holds words in place of an address. They may name a person and are not carried over. The "
        "page is the DOI if there is one, else the repository's for what it hosts.",
    ),
    "patient-name": Practice(
        "Patient ids that are no numbers",
        "They may be names or initials. Each became the next neutral number; which is which is published nowhere.",
    ),
    "patient-beside": Practice(
        "Patient ids in the wrong column", "The id stands in the column without a heading. It is taken from there."
    ),
    "patient-differs": Practice(
        "One patient id, two descriptions",
        "The rows of one id disagree on class, sex, age or source. They stay one group: a group that is too wide costs "
        "a little data, one that is too narrow leaks.",
    ),
    "no-patient": Practice(
        "No patient id",
        "Everything of the same publication or source that has no id forms one group. Rows of the source that have "
        "ids are not drawn in.",
    ),
    "study-set": Practice(
        "Sets of one examination",
        "Northumbria's files are numbered in sets, each with several patient ids, sexes and ages. Pictures within a "
        "set show the same view, so the ids cannot be trusted: a set is linked into one group, whatever its labels.",
    ),
    "joined": Practice(
        "Seen to be the same",
        "The pictures agree although the ids differ. The groups are linked as near-duplicates. Fingerprints and a "
        "comparison frame by frame named the candidates; each pair was looked at side by side.",
    ),
    "joined-unseen": Practice(
        "Alike, and not looked at",
        "The fingerprints say rather one recording than two, and the files were not there to be compared by eye. The "
        "groups are linked as near-duplicates until somebody looks: a group too wide costs little.",
    ),
    "seen-apart": Practice(
        "Alike, and left apart after a look",
        "Fingerprints are a little alike; beside each other the pictures show different chests. Nothing is linked.",
    ),
    "age-doubt": Practice("Ages that cannot be believed", "The age is left out."),
    "age-wide": Practice(
        "Ages of small children",
        "The sheet tells the years, and since schema 1.1.0 there are narrower bands for the first of them. These keep "
        "the band 0-9 that the releases have, which is true, if wide.",
    ),
    "box-cut": Practice(
        "Boxes that reach over the edge",
        "The box in the crop file is a square; the sheet's size shows that it was cut at the edge. The cut size is "
        "recorded.",
    ),
    "box-against-size": Practice(
        "Boxes against the sheet", "The crop file and the sheet give different sizes. The crop file's is recorded."
    ),
    "trim": Practice(
        "Trims from frame numbers",
        "Frame numbers became seconds by the sheet's rate, which is rounded to whole frames per second: a trim deep "
        "in a long video may be off by a tenth of a second.",
    ),
    "trim-without-rate": Practice("Frame numbers without a rate", "No seconds can be told. No trim."),
    "whole-file": Practice(
        "Frames of the whole file", "The frames begin at 0 and the sheet tells of no trimming. No trim."
    ),
    "still-frames": Practice(
        "A last frame below zero", "A still image with the least 64-bit integer as its last frame. No trim."
    ),
    "probe-by-folder": Practice(
        "Transducer against folder", "The sheet's column and its location disagree. The column decides."
    ),
    "published-name": Practice(
        "Published names under another name",
        "A file name of the published folds or of the Butterfly gallery that is spelled otherwise in the sheet. It is "
        "an alias of the recording.",
    ),
    "published-unknown": Practice(
        "Published names without a row",
        "The published folds name a file that the sheet does not list. The ledger has no facts about it; an audit of "
        "that split reports it as unknown.",
    ),
}

LEFT_BEHIND = (
    "Frame rate, resolution and length: typed by hand, of processed files. A manifest has decoded facts or none.",
    "Lung and abdomen interface, filled on 29 rows: no field of a manifest.",
    "Day on which a row was added, and the column without a heading: nothing about the recording.",
    "The column 'Other' of the symptoms: blank throughout.",
    "Source ids: the provider's slug stands for them.",
    "What the collectors did to files that users download: the file at its source is unchanged.",
)
