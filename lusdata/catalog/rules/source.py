"""Rules about where a recording comes from, what may be done with it, and what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from lusdata.catalog.address import carries_credentials, is_malformed, private_host
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.rights import PRIVATE, licence_of, licence_words
from lusdata.catalog.rules.rule import Breach, Rule
from lusdata.catalog.schema import missing_recommended

__all__ = ["SOURCE_RULES"]


def _id_is_file_name(manifest: Manifest) -> Iterator[Breach]:
    slug = manifest.id.split("/")[1]
    if manifest.path is not None and manifest.path.stem != slug:
        expected, hint = f"a file named {slug}.json", "rename the file; an id is never changed"
        yield Breach("$.id", "the file is not named after its recording", expected, manifest.path.name, hint)


def _id_is_in_its_folder(manifest: Manifest) -> Iterator[Breach]:
    collection = manifest.id.split("/")[0]
    if manifest.path is not None and manifest.path.absolute().parent.name != collection:
        found = manifest.path.absolute().parent.name
        yield Breach("$.id", "the recording lies in another collection's folder", f"a folder named {collection}", found)


def _licence_is_known(manifest: Manifest) -> Iterator[Breach]:
    name = manifest.licence["id"]
    if licence_of(name) is None:
        expected = "one of " + licence_words()
        hint = "a new licence is added to lusdata/catalog/rights.py, with its flags, in its own change"
        yield Breach("$.source.licence.id", "a licence whose terms are not known", expected, name, hint)


def _licence_flags_are_its_own(manifest: Manifest) -> Iterator[Breach]:
    licence = licence_of(manifest.licence["id"])
    terms = asdict(licence) if licence else {}
    for flag in ("redistribute", "derive", "commercial", "share_alike"):
        if terms and manifest.licence[flag] != terms[flag]:
            message = f"{manifest.licence['id']} says otherwise"
            found = str(manifest.licence[flag]).lower()
            yield Breach(f"$.source.licence.{flag}", message, str(terms[flag]).lower(), found)


def _permission_ends_in_time(manifest: Manifest) -> Iterator[Breach]:
    licence = licence_of(manifest.licence["id"])
    latest, stated = licence.valid_until if licence else None, manifest.licence.get("valid_until")
    if latest is not None and (stated is None or stated > latest):
        message = f"the permission {manifest.licence['id']} has an end"
        yield Breach("$.source.licence.valid_until", message, f"{latest} or earlier", stated or "nothing")


def _own_recordings_have_no_address(manifest: Manifest) -> Iterator[Breach]:
    if manifest.licence["id"] == PRIVATE and manifest.locations:
        hint = "give the licence under which it is published there, or take the addresses out"
        found = f"{len(manifest.locations)} of them"
        yield Breach("$.source.locations", "a private recording has public addresses", "none", found, hint)


def _licence_address_is_its_own(manifest: Manifest) -> Iterator[Breach]:
    licence, url = licence_of(manifest.licence["id"]), manifest.licence.get("url")
    if licence and licence.url and url and url.rstrip("/#") != licence.url.rstrip("/"):
        yield Breach("$.source.licence.url", "the address of another licence", licence.url, url)


def _addresses(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield from ((f"$.source.locations[{number}]", url) for number, url in enumerate(manifest.locations))
    if "page" in manifest.data["source"]:
        yield "$.source.page", manifest.data["source"]["page"]
    if "url" in manifest.licence:
        yield "$.source.licence.url", manifest.licence["url"]


def _address_is_whole(manifest: Manifest) -> Iterator[Breach]:
    for path, url in _addresses(manifest):
        if is_malformed(url):
            yield Breach(path, "not a web address", "https://host/path", url)


def _address_keeps_no_secret(manifest: Manifest) -> Iterator[Breach]:
    for path, url in _addresses(manifest):
        if carries_credentials(url):
            # The finding must not repeat the secret.
            hint = "take it out here and change the password: it is public once it is pushed"
            yield Breach(path, "the address carries a user name or password", "https://host/path", "https://…@…", hint)


def _address_is_public(manifest: Manifest) -> Iterator[Breach]:
    for path, url in _addresses(manifest):
        host = private_host(url)
        if host:
            hint = "files of your own network are named on the command line: --mirror"
            yield Breach(path, "a host that only your own network knows", "a public host", host, hint)


def _direct_can_be_had(manifest: Manifest) -> Iterator[Breach]:
    nowhere = not manifest.locations and manifest.source_path is None
    if manifest.state == "included" and manifest.access == "direct" and nowhere:
        message, expected = "nobody can get this file", "a location, or a path in a mirror"
        hint = "if the source is gone and no mirror has it, exclude the recording and say so"
        yield Breach("$.source.locations", message, expected, "neither", hint)


def _manual_has_a_page(manifest: Manifest) -> Iterator[Breach]:
    source = manifest.data["source"]
    if manifest.state == "included" and manifest.access == "manual" and not {"page", "doi"} & source.keys():
        expected = "the page where a person gets the file, or its publication's DOI"
        yield Breach("$.source.page", "nothing says where to get the file", expected, "nothing")


def _withdrawn_has_no_address(manifest: Manifest) -> Iterator[Breach]:
    if manifest.state == "withdrawn" and manifest.locations:
        hint = "keep id, digest and reason; take the locations out"
        yield Breach(
            "$.source.locations",
            "a withdrawn recording can still be fetched",
            "an empty list",
            ", ".join(manifest.locations),
            hint,
        )


def _pinned(manifest: Manifest) -> Iterator[Breach]:
    if manifest.state == "included" and manifest.sha256 is None:
        message, hint = "the recording is in no dataset, since nobody has seen its file", "lusdata fetch --pin"
        yield Breach("$.source.sha256", message, "a digest", "nothing", hint)


def _recommended_is_there(manifest: Manifest) -> Iterator[Breach]:
    if manifest.state == "included":
        for path, purpose in missing_recommended(manifest.data):
            # Facts of a file that nobody has seen would be invented.
            if path != "$.media" or manifest.sha256:
                yield Breach(path, "a recommended field is missing", purpose, "nothing")


SOURCE_RULES = (
    Rule("ID_FILE_NAME", "error", "A manifest's file is named after its recording.", _id_is_file_name),
    Rule("ID_FOLDER", "warning", "A manifest lies in its collection's folder.", _id_is_in_its_folder),
    Rule("LICENCE_UNKNOWN", "error", "The licence is one whose terms lusdata knows.", _licence_is_known),
    Rule("LICENCE_FLAGS", "error", "The licence's flags say what the licence says.", _licence_flags_are_its_own),
    Rule("LICENCE_END", "error", "A permission that has an end says so.", _permission_ends_in_time),
    Rule("PRIVATE_ADDRESS", "error", "A private recording has no public address.", _own_recordings_have_no_address),
    Rule("LICENCE_ADDRESS", "warning", "The licence's address is its own.", _licence_address_is_its_own),
    Rule("ADDRESS_MALFORMED", "error", "An address names a host.", _address_is_whole),
    Rule("ADDRESS_SECRET", "error", "An address carries no user name and no password.", _address_keeps_no_secret),
    Rule("ADDRESS_PRIVATE", "error", "An address means the same host for everybody.", _address_is_public),
    Rule("ACCESS_DEAD", "warning", "A recording with direct access has a location or a path.", _direct_can_be_had),
    Rule("ACCESS_NO_PAGE", "error", "A recording that a person must get says where.", _manual_has_a_page),
    Rule("WITHDRAWN_ADDRESS", "error", "A withdrawn recording has no location.", _withdrawn_has_no_address),
    Rule("UNPINNED", "warning", "An included recording has a digest.", _pinned, "release"),
    Rule(
        "RECOMMENDED", "warning", "An included recording fills the recommended fields.", _recommended_is_there, "strict"
    ),
)
