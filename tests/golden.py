"""Golden cases: an input and the exact answer to it.

Under ``tests/data/manifests``, ``<version>/<case>/manifest.json`` is validated and answered by ``issues.txt``;
``<version>/<case>/before.json`` is migrated and answered by ``after.json``, or by ``refusal.txt`` where it cannot be.
``tests/data/cards/small.md`` is the card of a small dataset, without digests and versions, since codecs differ. After a
wanted change of an answer run ``python -m tests.golden`` in the root of the repository, and read the difference before
committing it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from lusdata.catalog.manifest import dumps
from lusdata.catalog.migrate import migrate_data
from lusdata.catalog.reading import read_data
from lusdata.catalog.validate import check_files
from lusdata.errors import DataError

FOLDER = Path(__file__).parent / "data" / "manifests"
CARD = FOLDER.parent / "cards" / "small.md"
RENEW = "python -m tests.golden"

VALIDATED = sorted(FOLDER.glob("*/*/manifest.json"))
MIGRATED = sorted(FOLDER.glob("*/*/before.json"))


def case_id(path: Path) -> str:
    """Return the name of a case for a test's id."""
    return path.parent.name


def issues(manifest: Path) -> str:
    """Return the issue lines of a case, whose manifest is laid where its id says that it belongs."""
    stated = re.search(rb'"id": "([a-z0-9-]+)/([a-z0-9-]+)"', manifest.read_bytes())
    collection, name = (part.decode() for part in stated.groups()) if stated else ("golden", "manifest")
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / collection
        folder.mkdir()
        file = Path(shutil.copy(manifest, folder / f"{name}.json"))
        # A manifest that is not checked: links may lead to its group.
        (folder / "beside.json").write_text('{"group": {"id": "golden/study-9"}}', encoding="utf-8")
        found = check_files([file]).issues
    return "".join(replace(issue, file=f"{collection}/{name}.json").line() + "\n" for issue in found)


def migration(before: Path) -> tuple[str, str]:
    """Return the name and the content of the answer to a migration."""
    try:
        return "after.json", dumps(migrate_data(read_data(before))[1])
    except DataError as error:
        return "refusal.txt", f"{error}\n"


def masked(page: str) -> str:
    """Return a card without what differs between machines: digests and versions."""
    page = re.sub(r"[0-9a-f]{64}", "<sha256>", page)
    page = re.sub(r"note = \{Version [^}]*\}", "note = {Version <version>}", page)
    return re.sub(r"^Made with .*$", "Made with <versions>.", page, flags=re.MULTILINE)


def _card() -> str:
    from lusdata.publish.export.card import card
    from lusdata.publish.export.export_subject import subject_of_dataset
    from tests.small_datasets import build_here, small_collection

    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        build_here(small_collection(folder, class_basis="publication"), folder, folder / "dataset")
        return masked(card(subject_of_dataset(folder / "dataset")))


def _renew() -> None:
    CARD.write_text(_card(), encoding="utf-8")
    for manifest in VALIDATED:
        (manifest.parent / "issues.txt").write_text(issues(manifest), encoding="utf-8")
    for before in MIGRATED:
        name, content = migration(before)
        (before.parent / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    _renew()
