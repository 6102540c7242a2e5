"""What only a person knows of a recording, asked once for all files of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import licence_of, licence_words
from lusdata.catalog.schema import enumeration
from lusdata.intake.answers import Answers, known_provider, patient_code_fault, slug_of
from lusdata.intake.question import Ask, Question

__all__ = ["Interview"]

_UNPUBLISHED = "LicenseRef-None"


@dataclass
class Interview:
    """Asks for what is still open, when the first recording turned out to be new.

    Attributes
    ----------
    ask : callable
        Puts one question to whoever is there.
    known : sequence of Manifest
        Recordings that are there.
    asks_patient : bool
        Whether the patient's code is still open; of several files it was settled before.
    said : dict
        What was answered; it holds for every further file.
    """

    ask: Ask
    known: Sequence[Manifest]
    asks_patient: bool = True
    said: dict[str, Any] = field(default_factory=dict)

    def complete(self, answers: Answers) -> Answers:
        """Return the answers with what a person says.

        Raises
        ------
        UsageError
            If the input ends.
        """
        if not self.said:
            self.said = self._ask(answers)
        return replace(answers, **self.said)

    def _ask(self, given: Answers) -> dict[str, Any]:
        said: dict[str, Any] = {
            "class_name": given.class_name or self.ask(Question("Diagnosis of the patient?", enumeration("class"))),
            "class_basis": given.class_basis
            or self.ask(Question("What does it rest on?", enumeration("class_basis"), default="unknown")),
            "page": given.page,
        }
        if not given.source_url and not given.page:
            said["page"] = self.ask(Question("Web page that shows it?", optional=True, fault=_address_fault))
        published = bool(given.source_url or said["page"] or given.doi)
        said["licence"] = given.licence or _asked_licence(self.ask, published=published)
        proposal = known_provider(given.source_url or said["page"], self.known)
        question = Question("Who published it, in short, such as pocus-atlas?", default=proposal, fault=_provider_fault)
        said["provider"] = given.provider or slug_of(self.ask(question) or "")
        said["attribution"] = given.attribution or self.ask(Question("Whom to name when it is used?", optional=True))
        if self.asks_patient and not given.patient and not given.same_patient:
            text = "Your own code for the patient, such as c-07, if you have several recordings of one?"
            said["patient"] = self.ask(Question(text, optional=True, fault=patient_code_fault))
        return said


def _asked_licence(ask: Ask, *, published: bool) -> str:
    usual = {
        "CC0-1.0": "free for all",
        "CC-BY-4.0": "name the owner",
        "CC-BY-NC-4.0": "and not for money",
        "CC-BY-NC-ND-4.0": "and unchanged",
    }
    words = ", ".join(f"{name} {meaning}" for name, meaning in usual.items())
    last = f"; {_UNPUBLISHED} where the page states none" if published else ""

    def fault(text: str) -> str:
        if licence_of(text) is None:
            return "not among " + licence_words()
        if text == _UNPUBLISHED and not published:
            return "what was never published needs a licence by its owner"
        return ""

    return ask(Question(f"Licence ({words}{last})?", fault=fault)) or ""


def _address_fault(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        return "an address begins with https://"
    # Asked again now, since the schema would refuse it when everything else has been answered, too.
    return "" if re.fullmatch(r"https?://\S+", text) else "an address has no blanks"


def _provider_fault(text: str) -> str:
    return "" if slug_of(text) else "a few letters of the Latin alphabet, such as my-clinic"
