"""Carrying a plan out: look at every new file, draft its manifest, check all of them, and write them at once."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lusdata.atomic import PRIVATE, copy_file, new_folder, write_text
from lusdata.catalog.about import About, about_header
from lusdata.catalog.collection import Collection
from lusdata.catalog.folders import ABOUT
from lusdata.catalog.manifest import Manifest, write_manifest
from lusdata.catalog.open_collection import open_collection
from lusdata.catalog.rights import PRIVATE as PRIVATE_LICENCE
from lusdata.catalog.rules.about import about_findings
from lusdata.catalog.rules.table import broken_rules
from lusdata.catalog.schema import schema_faults
from lusdata.errors import DataError
from lusdata.intake.comparison import with_state
from lusdata.intake.complete_lead import complete_lead
from lusdata.intake.compose import SUFFIXES
from lusdata.intake.folder.changes import changes_of, updated
from lusdata.intake.folder.crew import Advance, examine_all, jobs_of, media_of
from lusdata.intake.folder.drafts import draft_of, kept_names, link
from lusdata.intake.folder.joining import join_alike, join_examinations
from lusdata.intake.folder.plan import ImportPlan
from lusdata.intake.folder.sorted_files import Sorted, sort_out
from lusdata.intake.question import Ask
from lusdata.media.own_folders import remember
from lusdata.wording import counted, one_line

__all__ = ["UNNAMED_OWNER", "ImportReport", "carry_out"]

UNNAMED_OWNER = "an institution that was not named"
"""Stands for the owner until somebody says who answers for the collection."""

_SHOWN = 5


@dataclass(frozen=True)
class ImportReport:
    """What became of an import.

    Attributes
    ----------
    collection : Collection
        As it is now.
    added : Mapping of str to str
        Id of each new recording, by the file's name.
    known : Mapping of str to str
        Ids of those that were there, by the file's name.
    failed : Mapping of str to str
        Why a file could not be taken, by its name.
    notes : tuple of str
        What a person should know that the plan did not tell, a clause each.
    updated : tuple of str
        Ids of recordings that were there and got another label or group.
    """

    collection: Collection
    added: Mapping[str, str]
    known: Mapping[str, str]
    failed: Mapping[str, str]
    notes: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()


@dataclass
class _Work:
    """What the steps of carrying out hand to each other."""

    plan: ImportPlan
    today: datetime.date
    done: Sorted
    drafts: dict[str, dict[str, Any]] = field(default_factory=dict)
    updates: dict[str, dict[str, Any]] = field(default_factory=dict)


def carry_out(
    plan: ImportPlan, *, workers: int, advance: Advance, today: datetime.date, ask: Ask | None = None
) -> ImportReport:
    """Look at the new files and write the collection.

    What was looked at is kept in the cache, so that an import that was ended goes on where it stopped. The collection
    is written at the end: a new one appears whole, one that is there gets its new manifests.

    Parameters
    ----------
    plan : ImportPlan
        Without doubts.
    workers : int
        Processes that look at files.
    advance : callable
        Is told how far it is.
    today : datetime.date
        Day from which the new recordings are included.
    ask : callable, optional
        Is asked whether recordings that look alike are one patient's; without it they are taken for it. Is asked, too,
        whether a file completes a lead; without it such a file is not taken.

    Raises
    ------
    DataError
        If there is nothing to write, or a manifest would break a rule; nothing was written then.
    OutsideError, OSError
        If the disk or a process fails.
    """
    if plan.doubts:
        raise DataError(plan.doubts[0].what, where=plan.doubts[0].where, hint=plan.doubts[0].hint or None)
    done = sort_out(plan, examine_all(jobs_of(plan.new, plan.collection), workers=workers, advance=advance), ask)
    plan = replace(plan, met=done.met)
    work = _Work(plan, today, done)
    _draft_all(work)
    known = {name: one.id for name, one in plan.met.of_file.items()}
    work.done.notes += [*join_examinations(plan, work.drafts, known), *join_alike(plan, work.drafts, ask)]
    _update(work)
    _refuse_faults(work)
    # Before the manifests that promise them.
    _keep_media(work, media_of(plan.collection))
    _complete(work)
    if not work.drafts and plan.there is None:
        raise _nothing_new(work)
    _write(work)
    _tell(work)
    added = {name: str(data["id"]) for name, data in sorted(work.drafts.items())}
    collection = open_collection(plan.request.out)
    return ImportReport(collection, added, known, done.failed, tuple(done.notes), tuple(sorted(work.updates)))


def _nothing_new(work: _Work) -> DataError:
    failed, there = work.done.failed, work.plan.met.of_file
    if there and not failed:
        name, manifest = min(there.items())
        return DataError(
            "no recording is new: every file is there already",
            where=one_line(str(work.plan.request.folder)),
            found=f"{counted(len(there), 'file')}, such as {one_line(name)} as {with_state(manifest)}",
            hint="use that collection, or make the new one in a folder with no collection beside it",
        )
    where, found = min(failed.items(), default=("", "no file that the table names is there"))
    return DataError("no recording could be taken", where=one_line(where) or None, found=found)


def _complete(work: _Work) -> None:
    """Write what the files show into the leads that they complete."""
    files = {file.name: file for file in work.plan.taken}
    for name, (lead, _) in work.done.completes.items():
        known = list(work.plan.met.by_id.values())
        done = complete_lead(lead, files[name].path, known, day=work.today.isoformat(), accepts=True)
        work.done.notes.append(f"{lead.id} was there without a digest, and is complete now with {one_line(name)}")
        work.done.notes += [f"{lead.id}: {note}" for note in done.notes]


def _draft_all(work: _Work) -> None:
    plan = work.plan
    aliases = kept_names(work.done.new, plan.there.manifests if plan.there else (), plan.names)
    for name, one in work.done.new.items():
        work.drafts[name] = draft_of(plan, one, name, alias=aliases.get(name, ""), today=work.today)


def _update(work: _Work) -> None:
    """Take the tables' word for recordings that are there, and let links follow those that changed their group."""
    plan = work.plan
    there = plan.there.by_id if plan.there else {}
    if not plan.request.update:
        return
    for name, changes in changes_of(plan).items():
        work.updates[plan.known[name]] = updated(plan, name, changes)
    left = {one.group_id for one in there.values() if one.id not in work.updates}
    left |= {data["group"]["id"] for data in (*work.updates.values(), *work.drafts.values())}
    moved = {there[identifier].group_id: data["group"]["id"] for identifier, data in work.updates.items()}
    gone = {old: new for old, new in moved.items() if old not in left}
    for identifier, manifest in there.items():
        data = work.updates.get(identifier, dict(manifest.data))
        links = data["group"].get("linked", ())
        if any(entry["id"] in gone for entry in links):
            group = {key: value for key, value in data["group"].items() if key != "linked"}
            for entry in links:
                link(group, gone.get(entry["id"], entry["id"]), entry["basis"])
            work.updates[identifier] = {**data, "group": group}


def _refuse_faults(work: _Work) -> None:
    """Hold all drafts against schema and rules at once; nothing is written if one breaks an error's rule."""
    written = {**work.drafts, **work.updates}
    names = {data["id"]: name for name, data in written.items()}
    faults = [
        f"{one_line(name)}: {fault.message} ({fault.json_path})"
        for name, data in written.items()
        for fault in schema_faults(data)
    ]
    there = [one for one in (work.plan.there.manifests if work.plan.there else ()) if one.id not in work.updates]
    if not faults:
        new = [Manifest(data, work.plan.request.out / _file_of(data)) for data in written.values()]
        beside = {one.group_id for one in work.plan.met.by_id.values()}
        for manifest, rule, finding in broken_rules([*there, *new], groups_beside=beside):
            if manifest.id in names:
                line = f"{one_line(names[manifest.id])}: {finding.message}"
                if rule.level == "error":
                    faults.append(f"{line} ({rule.code}, found {one_line(finding.found)})")
                elif rule.code.startswith("PATIENT"):
                    work.done.notes.append(f"{line}; {one_line(finding.found)} and {one_line(finding.expected)}")
        about = About(_about(work))
        faults += [
            f"{one_line(names[manifest.id])}: {finding.message}"
            for manifest, rule, finding in about_findings(about, new)
            if rule.level == "error"
        ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise DataError(f"{faults[0]}{more}", hint="nothing was written; correct the table or the files")


def _file_of(data: Mapping[str, Any]) -> str:
    return f"{str(data['id']).split('/')[1]}.json"


def _about(work: _Work) -> dict[str, Any]:
    """Return what the collection says of itself, with what is new in it."""
    plan, request = work.plan, work.plan.request
    data: dict[str, Any] = dict(plan.about.data) or {
        **about_header(),
        "title": request.title or f"Recordings of {plan.collection}",
        "owner": request.owner or UNNAMED_OWNER,
        "private": request.licence == PRIVATE_LICENCE or request.licence.startswith("LicenseRef-DUA-"),
        "default_licence": request.licence,
    }
    stated = {"title": request.title, "owner": request.owner, "citation": request.citation}
    data |= {key: text for key, text in stated.items() if text}
    if plan.words.own_scale and plan.words.scale is not None:
        scale = {key: value for key, value in asdict(plan.words.scale).items() if value != ""}
        data["severity_scales"] = [*data.get("severity_scales", ()), scale]
    if plan.words.entries:
        data["tasks"] = [*data.get("tasks", ()), *plan.words.entries]
    written = (*work.drafts.values(), *work.updates.values())
    readers = {one["reader"] for data in written for one in _readings(data)}
    listed = {reader["id"] for reader in data.get("readers", ())}
    if readers - listed:
        data["readers"] = [*data.get("readers", ()), *({"id": reader} for reader in sorted(readers - listed))]
    return data


def _readings(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for part in ("patterns", "severity", "quality", "labels") for one in data.get(part, ())]


def _write(work: _Work) -> None:
    out = work.plan.request.out
    about = json.dumps(_about(work), indent=2, ensure_ascii=False) + "\n"
    if out.exists():
        # First: a score whose scale nobody defines would be a fault if this run were ended now.
        write_text(out / ABOUT, about)
        for data in (*work.updates.values(), *work.drafts.values()):
            write_manifest(out / _file_of(data), data)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with new_folder(out) as folder:
        write_text(folder / ABOUT, about)
        for data in work.drafts.values():
            write_manifest(folder / _file_of(data), data)


def _keep_media(work: _Work, media: Path) -> None:
    """Note where every file lies, and keep what came out of a ZIP file."""
    here: dict[str, tuple[str, int]] = {}
    copies: dict[str, tuple[str, int]] = {}
    files = {file.name: file for file in work.plan.taken}
    completing = {name: one for name, (_, one) in work.done.completes.items()}
    for name, one in {**work.done.new, **completing}.items():
        digest = (one.sha256, one.size_bytes)
        if files[name].kept:
            here[name] = digest
        elif one.copy:
            copies[Path(one.copy).name] = digest
        else:
            container = str(one.facts["container"])
            target = media / f"{one.sha256}{SUFFIXES.get(container, f'.{container}')}"
            media.mkdir(parents=True, exist_ok=True, mode=0o700)
            copy_file(files[name].path, target, mode=PRIVATE)
            copies[target.name] = digest
    if here:
        remember(work.plan.request.folder, here)
    if copies:
        remember(media, copies)


def _tell(work: _Work) -> None:
    """Say what a person should look at in the new recordings."""
    if _about(work)["owner"] == UNNAMED_OWNER:
        work.done.notes.append("nobody said which institution answers for the collection; --owner names it")
    text = [name for name, one in work.done.new.items() if one.text_places]
    beside = [name for name, one in work.done.new.items() if one.beside]
    blind = [name for name, one in work.done.new.items() if not one.fingerprint]
    unnamed = [name for name, data in work.drafts.items() if "aliases" not in data]
    for names, what in (
        (text, "text in the picture: look at it before anything leaves this machine"),
        (beside, "something beside the pictures that may name somebody: it is in the file, not in datasets"),
        (blind, "too little is seen for a fingerprint, so copies cannot be found"),
        (unnamed, "a file name that may say whose it is: kept as a number alone"),
    ):
        if names:
            shown = ", ".join(one_line(name, most=40) for name in sorted(names)[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            work.done.notes.append(f"{counted(len(names), 'recording')}: {what} ({shown}{more})")
