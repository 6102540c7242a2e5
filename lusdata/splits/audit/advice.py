"""What to do about each finding that asks for something."""

from __future__ import annotations

from collections.abc import Mapping

from lusdata.catalog.mixed_groups import MIXED_HINT

__all__ = ["ADVICE"]

ADVICE: Mapping[str, str] = {
    "GROUP_LEAKS": "put all recordings of a group into one fold; `lusdata folds` makes such folds",
    "RECORDING_LEAKS": "name each recording in one fold only",
    "NAME_LEAKS": "name each recording in one fold only",
    "FRAMES_LEAK": "split by patient: `lusdata folds --by patient`; folds by frame show only how absurd their score is",
    "PATIENT_UNKNOWN": "say whose they are in the groups of the manifests; until then safe folds are made by "
    "`lusdata folds --unknown together`",
    "VALIDATION_LEAKS": "keep a group in training or in validation; folds of lusdata by patient do so in every round",
    "SPLIT_FOREIGN": "name the collection that the split was made for",
    "SPLIT_SINGLE": "audit the whole split: training and test, or every fold",
    "NAME_UNKNOWN": "correct the name, or add it to the aliases of the recording's manifest",
    "NAME_AMBIGUOUS": "add the name to the aliases of the one recording that is meant",
    "TEXT_GUESSED": "save the file as CSV UTF-8",
    "NAME_REPEATED": "name it once: what stands twice counts twice",
    "TABLE_OUTDATED": "bring the folds up to date with `lusdata folds --out`; recordings that were there keep theirs",
    "RECORDING_NOT_INCLUDED": "leave it out, or learn from its manifest why others do",
    "FILE_SHARED": "keep them in one group; folds of lusdata do so",
    "LEAK_PIXELS": "look at both (`--pictures DIR`); if they show one examination, put them into one fold and link "
    "their groups as near-duplicate",
    "GROUPS_LOOK_ALIKE": "look at both (`--pictures DIR`); if they show one examination, link their groups as "
    "near-duplicate, else log why not",
    "FOLD_WITHOUT_CLASS": "read no score of this class from these folds: use fewer folds, pool their predictions, or "
    "leave the class out",
    "CONFOUNDED": "quote this beside any score, and test on sources that were left out: `lusdata folds --by source`",
    "CONFOUNDING_UNKNOWN": "quote no score as if the source could not explain it",
    "LABEL_DOUBTFUL": "look at the recording; sign its class off in the manifest, or correct it",
    "PATIENT_CLASSES": f"look at them; {MIXED_HINT}",
    "PIXELS_UNSEEN": "`lusdata fetch --pin` writes fingerprints of leads, `lusdata pin ID FILE` those of others",
    "SPLIT_UNSEEN": "`lusdata fetch --pin` gets files and writes their digests",
}
"""A step for each code of a finding; codes that ask for nothing are not here."""
