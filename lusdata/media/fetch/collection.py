"""Getting a collection's files: from the cache, from mirrors, from where they were published; verified by digest.

The decision what to do for a recording is `plan`; this module does it. A file grows beside its place in the
cache, is judged by its bytes, and is moved only when its digest is right. What is wrong is deleted.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Collection as CollectionOf
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lusdata.catalog.collection import Collection
from lusdata.catalog.manifest import Manifest
from lusdata.catalog.open_collection import manifests_of
from lusdata.catalog.rights import is_private
from lusdata.errors import OutsideError, UsageError
from lusdata.media.cache import Cache, cache_dir
from lusdata.media.fetch import unfinished
from lusdata.media.fetch.admit import admit
from lusdata.media.fetch.folder import copy_from_folder, names_in
from lusdata.media.fetch.leftovers import sweep_cache
from lusdata.media.fetch.lock import alone
from lusdata.media.fetch.patience import Limits, World
from lusdata.media.fetch.plan import Attempt, FetchPlan, FolderMirror, Mirror, by_turns, parse_mirror, plan_recording
from lusdata.media.fetch.report import Failure, FetchFailure, FetchReport, FetchResult, decisive
from lusdata.media.own_folders import find_own
from lusdata.progress import show_progress

if TYPE_CHECKING:
    from lusdata.media.fetch.http import WebClient

__all__ = ["fetch", "open_mirrors"]


def open_mirrors(mirrors: Iterable[str | Path]) -> tuple[Mirror, ...]:
    """Understand mirrors and make sure that the folders among them are there.

    Parameters
    ----------
    mirrors : iterable of str or Path
        Folders and web addresses.

    Raises
    ------
    UsageError
        If a folder does not exist, or an address cannot be a mirror.
    """
    parsed = tuple(parse_mirror(mirror) for mirror in mirrors)
    for mirror in parsed:
        if isinstance(mirror, FolderMirror) and not mirror.root.is_dir():
            raise UsageError(
                "the mirror does not exist",
                where=str(mirror.root),
                expected="a folder, or an address with http or https",
                found="a file" if mirror.root.exists() else "nothing of that name",
            )
    return parsed


def fetch(
    manifests: Collection | str | Path | Iterable[Manifest],
    *,
    mirrors: Iterable[str | Path] = (),
    cache: str | Path | None = None,
    offline: bool = False,
    workers: int = 8,
    progress: bool = False,
    pin: bool = False,
    verify: bool = False,
    limits: Limits | None = None,
    world: World | None = None,
) -> FetchReport:
    """Bring the files of recordings into the cache.

    Parameters
    ----------
    manifests : Collection, str, Path, or iterable of Manifest
        A collection, its name or its folder, or some recordings. Those that are excluded or withdrawn are counted and
        otherwise passed over.
    mirrors : iterable of str or Path
        Folders and web addresses that hold copies under the manifests' ``source.path``, asked first and in this order.
        A copy counts only if its digest is right; of a recording without one, if it does not contradict its manifest.
    cache : str or Path, optional
        The cache folder; see `lusdata.media.cache.cache_dir`. It is made when there is something to put in.
    offline : bool
        Touch no network; mirror folders are still looked into.
    workers : int
        Files on their way at a time.
    progress : bool
        Show a bar on standard error, if that is a terminal.
    pin : bool
        Fetch recordings without a digest too, and write digest, size and decoded facts into their manifests. They take
        part from today on, so that nobody else's fold moves. With `offline`, only mirror folders are looked into.
    verify : bool
        Read what the cache holds; what no longer has its digest is set aside and fetched anew.
    limits, world : optional
        Bounds, and surroundings for tests.

    Returns
    -------
    FetchReport
        One result for each included recording, in the given order. That a recording cannot be had is a result and
        never an error.

    Raises
    ------
    UsageError
        If a mirror does not exist, there is no such collection, `workers` is below 1, or `pin` and `offline` are both
        set and there is no mirror.
    DataError
        If a collection is named and a manifest of it has a fault.
    OutsideError
        If the cache or a manifest cannot be written, or the disk is full. What was finished stays.
    """
    if workers < 1:
        raise UsageError("too few workers", expected="at least 1", found=str(workers))
    given = tuple(manifests_of(manifests))
    included = [manifest for manifest in given if manifest.state == "included"]
    places = open_mirrors(mirrors)
    if pin and offline and not any(isinstance(place, FolderMirror) for place in places):
        raise UsageError(
            "there is nowhere to look for files without a digest",
            where="--pin --offline",
            expected="a folder with --mirror, or no --offline",
        )
    store = Cache(cache_dir() if cache is None else Path(cache).expanduser())
    cached = [_is_cached(store, manifest, verify=verify) for manifest in included]
    own = _own_files([manifest for manifest, held in zip(included, cached, strict=True) if not held], places)
    plans = [
        plan_recording(
            manifest, cached=held, mirrors=places, offline=offline, pin=pin, own=own.get(manifest.sha256 or "")
        )
        for manifest, held in zip(included, cached, strict=True)
    ]
    sweep_cache(store.root)
    todo = by_turns(plan for plan in plans if plan.attempts)
    obtained: dict[int, FetchResult] = {}
    if todo:
        errand = _Errand(store, limits or Limits(), world or World())
        with ExitStack() as stack:
            if any(attempt.folder is None for plan in todo for attempt in plan.attempts):
                errand.client = _open_client(errand, places, workers=workers)
                stack.callback(errand.client.close)
            obtained = _run_all(errand, todo, workers=workers, progress=progress)
    results = tuple(obtained.get(id(plan)) or _without_trying(plan, store) for plan in plans)
    return FetchReport(results, store.root, left_out=len(given) - len(included))


def _own_files(manifests: Sequence[Manifest], places: Sequence[Mirror]) -> dict[str, tuple[Path, str]]:
    """Find recordings that were never published in the user's own folders, by digest."""
    wanted = {one.sha256: one.size_bytes for one in manifests if one.sha256 and not one.locations}
    if not wanted:
        return {}
    found = find_own(wanted)
    # A user's own folder keeps its names; a mirror of what was published has files under the manifests' paths alone.
    private = {one.sha256: one.size_bytes for one in manifests if one.sha256 in wanted and is_private(one)}
    left = {sha256: size for sha256, size in private.items() if sha256 not in found and sha256 is not None}
    return found | find_own(left, [place.root for place in places if isinstance(place, FolderMirror)])


@dataclass
class _Errand:
    """What the workers of one run share."""

    store: Cache
    limits: Limits
    world: World
    client: WebClient | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    names: Callable[[Path], CollectionOf[str]] = field(default_factory=lambda: functools.cache(names_in))

    def pause(self, seconds: float) -> None:
        """Wait, and leave when the run is over."""
        if self.world.sleep is not None and seconds > 0:
            self.world.sleep(seconds)
        elif seconds > 0:
            self.stop.wait(seconds)
        if self.stop.is_set():
            raise _StoppedError


class _StoppedError(Exception):
    """The run ends early; nobody looks at this worker's result any more."""


def _open_client(errand: _Errand, places: Sequence[Mirror], *, workers: int) -> WebClient:
    # The web packages take a tenth of a second to load, and a build from a full cache needs none of them.
    from lusdata.media.fetch.http import WebClient

    allowed = frozenset(place.prefix for place in places if not isinstance(place, FolderMirror))
    return WebClient(errand.limits, errand.world, errand.pause, allowed=allowed, workers=workers)


def _run_all(errand: _Errand, todo: Sequence[FetchPlan], *, workers: int, progress: bool) -> dict[int, FetchResult]:
    """Work off all plans; return the results by the identity of their plans."""
    results: dict[int, FetchResult] = {}
    with ExitStack() as stack:
        advance = stack.enter_context(show_progress(len(todo), doing="fetch", shown=progress))
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=min(workers, len(todo))))
        futures = {pool.submit(_obtain, errand, plan): plan for plan in todo}
        try:
            for future in as_completed(futures):
                results[id(futures[future])] = future.result()
                advance()
        # Ctrl-C and an end by a signal, too, must stop the threads that fetch; it goes on as it came.
        except BaseException:
            errand.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def _obtain(errand: _Errand, plan: FetchPlan) -> FetchResult:
    """Try the places of a plan in order, until one gives the recording."""
    manifest, store = plan.manifest, errand.store
    failures: list[Failure] = []
    try:
        for attempt in plan.attempts:
            sha256 = manifest.sha256
            part = store.unpinned_part_path(attempt.location) if sha256 is None else store.part_path(sha256)
            part.parent.mkdir(parents=True, exist_ok=True)
            with alone(part, wait=errand.pause):
                if sha256 is not None and store.holds(sha256, manifest.size_bytes):
                    # Another recording or another process brought the same file in the meantime.
                    return _present(manifest, store, failures=tuple(failures))
                try:
                    result = _try_place(errand, manifest, attempt, part)
                    return replace(result, failures=tuple(failures))
                except FetchFailure as failure:
                    failures.append(replace(failure.failure, mirror=attempt.mirror))
    except OSError as error:
        raise _disk_trouble(error, store.root) from error
    return _give_up(plan, tuple(failures))


def _try_place(errand: _Errand, manifest: Manifest, attempt: Attempt, part: Path) -> FetchResult:
    sha256 = manifest.sha256
    if attempt.folder is not None:
        unfinished.discard(part)
        found = copy_from_folder(
            attempt.folder,
            attempt.path,
            part,
            sha256=sha256,
            size_bytes=manifest.size_bytes,
            most_bytes=errand.limits.largest_bytes,
            names=errand.names,
        )
        return admit(errand.store, manifest, attempt=attempt, part=part, found=found)
    if errand.client is None:
        message = "a web address without a web client"
        raise RuntimeError(message)
    for again in (True, False):
        arrival = errand.client.download(
            attempt.location, part, size_bytes=manifest.size_bytes, pinned=sha256 is not None
        )
        with part.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        try:
            return admit(
                errand.store, manifest, attempt=attempt, part=part, found=found, announced_bytes=arrival.announced_bytes
            )
        except FetchFailure:
            # The beginning may have been of another version: once more, and what comes then speaks for its address.
            if not (arrival.resumed and again):
                raise
    message = "the last round returns or raises"
    raise AssertionError(message)


def _is_cached(store: Cache, manifest: Manifest, *, verify: bool) -> bool:
    if manifest.sha256 is None or not store.holds(manifest.sha256, manifest.size_bytes):
        return False
    if not verify or store.is_intact(manifest.sha256):
        return True
    try:
        store.set_aside(manifest.sha256)
    except OSError as error:
        raise _disk_trouble(error, store.root) from error
    return False


def _present(manifest: Manifest, store: Cache, *, failures: tuple[Failure, ...] = ()) -> FetchResult:
    path = store.object_path(str(manifest.sha256))
    return FetchResult(
        manifest.id, "present", path, sha256=manifest.sha256, size_bytes=manifest.size_bytes, failures=failures
    )


def _without_trying(plan: FetchPlan, store: Cache) -> FetchResult:
    return _present(plan.manifest, store) if plan.state == "present" else _as_planned(plan, ())


def _as_planned(plan: FetchPlan, failures: tuple[Failure, ...]) -> FetchResult:
    page = plan.manifest.data["source"].get("page") if plan.state == "manual" else None
    return FetchResult(plan.manifest.id, plan.state, location=page, detail=plan.reason, failures=failures)


def _give_up(plan: FetchPlan, failures: tuple[Failure, ...]) -> FetchResult:
    telling = tuple(failure for failure in failures if not failure.is_absence)
    if not telling:
        return _as_planned(plan, failures)
    chosen = decisive(telling)
    return FetchResult(
        plan.manifest.id, chosen.state, location=chosen.location, detail=chosen.line(), failures=failures
    )


def _disk_trouble(error: OSError, root: Path) -> OutsideError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OutsideError(
            "the disk of the cache is full",
            where=str(root),
            hint="make room or name another folder with --cache; what was finished is kept",
        )
    return OutsideError(
        "the cache cannot be written",
        where=str(root),
        found=error.strerror or str(error),
        hint="name another folder with --cache or LUSDATA_CACHE",
    )
