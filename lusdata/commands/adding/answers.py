"""What the options of ``lusdata add`` say of a recording."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lusdata.catalog.manifest import Manifest
from lusdata.errors import UsageError
from lusdata.intake.answers import Answers, known_provider
from lusdata.intake.source import is_address

__all__ = ["given_answers"]


def given_answers(
    args: argparse.Namespace, sources: Sequence[str], known: Sequence[Manifest], *, asks: bool
) -> Answers:
    """Gather what the options say.

    Parameters
    ----------
    args : argparse.Namespace
        The options.
    sources : sequence of str
        What is added.
    known : sequence of Manifest
        Recordings that are there; those from the same address tell the provider.
    asks : bool
        Whether somebody is there to be asked for the rest; it is empty then.

    Returns
    -------
    Answers
        What is known; `probe` is empty as long as the pictures may tell.

    Raises
    ------
    UsageError
        If something is missing and nobody is there.
    """
    address = next(filter(is_address, sources), args.source_url)
    provider = args.provider or (None if asks else known_provider(address or args.page, known))
    needed = {"--class": args.class_name, "--license": args.licence, "--provider": provider}
    if not args.yes:
        # With --yes the transducer may be proposed, later, from the pictures.
        needed["--probe"] = args.probe
    missing = [option for option, value in needed.items() if not value]
    if missing and not asks:
        raise UsageError(
            "missing options, and no terminal to ask on",
            where=sources[0],
            expected=", ".join(sorted(missing)),
            hint="give these options, or run it on a terminal",
        )
    return Answers(
        class_name=args.class_name or "",
        probe=args.probe or "",
        licence=args.licence or "",
        provider=provider or "",
        class_basis=args.class_basis or ("" if asks else "unknown"),
        source_url=args.source_url,
        page=args.page,
        doi=args.doi,
        attribution=args.attribution,
        patient=args.patient,
        same_patient=args.same_patient,
        link=args.link,
        slug=args.slug,
        kind=args.kind,
        reviewer=args.reviewer,
        text_reviewed=args.text_reviewed,
    )
