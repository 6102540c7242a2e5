"""Dataset folders that lie: each is loaded and handed to every command that takes one, in a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.harden.home import Home
from benchmarks.harden.tally import Tally

__all__ = ["LIES", "TRIES", "run"]

_HANG_S = 120.0
_MEMORY_BYTES = 4 << 30
# What a lie leaves in place may still be used; what it touches must never come back as if nothing were wrong.
_COMMANDS = (
    ["export", "croissant", "{d}", "--out", "{o}/o.json"],
    ["export", "card", "{d}", "--out", "{o}/o.md"],
    ["export", "hf", "{d}", "--out", "{o}/hf", "--include-private"],
    ["report", "{d}", "--offline", "--out", "{o}/o.html"],
    ["cite", "{d}"],
    ["trace", "{d}", "0"],
    ["audit", "{d}"],
    ["folds", "{d}"],
    ["stats", "{d}"],
    ["verify", "{d}"],
)

Lie = Callable[[Path], object]


def _manifests(change: Callable[[dict[str, Any]], object]) -> Lie:
    def lie(folder: Path) -> None:
        path = folder / "manifests.jsonl"
        manifests = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for manifest in manifests:
            change(manifest)
        path.write_text("".join(json.dumps(data) + "\n" for data in manifests), encoding="utf-8")
        _seal(folder)

    return lie


def _index(change: Callable[[dict[str, Any]], object]) -> Lie:
    def lie(folder: Path) -> None:
        data = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        change(data)
        data.pop("sha256", None)
        (folder / "dataset.json").write_text(json.dumps(data), encoding="utf-8")

    return lie


def _text(content: bytes) -> Lie:
    return lambda folder: (folder / "dataset.json").write_bytes(content)


def _rows(change: Callable[[pa.Table], pa.Table], **options: Any) -> Lie:
    def lie(folder: Path) -> None:
        path = folder / "data" / "part-00000.parquet"
        groups = pq.ParquetFile(path)
        tables = [change(groups.read_row_group(number)) for number in range(groups.num_row_groups)]
        settings = {"compression": "none", "use_dictionary": False, **options}
        with pq.ParquetWriter(path, tables[0].schema, **settings) as writer:
            for one in tables:
                writer.write_table(one)
        _seal(folder)

    return lie


def _column(name: str, values: Callable[[int], pa.Array]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.schema.get_field_index(name), name, values(table.num_rows))


def _picture(content: bytes | None) -> Callable[[pa.Table], pa.Table]:
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    return _column("image", lambda rows: pa.array([{"bytes": content, "path": "/etc/passwd"}] * rows, type=kind))


def _length(number: int) -> Lie:
    def lie(folder: Path) -> None:
        path = folder / "data" / "part-00000.tfrecord"
        header = struct.pack("<Q", number)
        path.write_bytes(header + _checksum(header) + path.read_bytes()[12:])
        _seal(folder)

    return lie


def _records(body: bytes) -> Lie:
    def lie(folder: Path) -> None:
        length = struct.pack("<Q", len(body))
        record = length + _checksum(length) + body + _checksum(body)
        (folder / "data" / "part-00000.tfrecord").write_bytes(record * 200)
        _seal(folder)

    return lie


def _checksum(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFF_FFFF)


def _png(side_px: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side_px + 1) * min(side_px, 300)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _link(name: str, target: str) -> Lie:
    def lie(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return lie


def _seal(folder: Path) -> None:
    """Make ``dataset.json`` agree with the files, as whoever means harm would."""
    data = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    for item in (data["manifests"], *data["shards"]):
        content = (folder / item["file"]).read_bytes()
        item |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    data.pop("sha256", None)
    (folder / "dataset.json").write_text(json.dumps(data), encoding="utf-8")


LIES: Mapping[str, Lie] = {
    "manifest without class": _manifests(lambda m: m.pop("class")),
    "manifest without source": _manifests(lambda m: m.pop("source")),
    "manifest without licence": _manifests(lambda m: m["source"].pop("licence")),
    "manifest without group": _manifests(lambda m: m.pop("group")),
    "manifest of no state": _manifests(lambda m: m.update(status="x")),
    "manifest with a text as crop": _manifests(lambda m: m.update(crop="x")),
    "manifest of an unknown class": _manifests(lambda m: m.update({"class": "evil"})),
    "manifest with a broken fingerprint": _manifests(lambda m: m.update(fingerprint="points-1:AA")),
    "manifest with a text as locations": _manifests(lambda m: m["source"].update(locations="x")),
    "manifest that is empty": _manifests(lambda m: m.clear()),
    "huge window": _index(lambda d: [item.update(crop=[0, 0, 10**9, 10**9]) for item in d["recordings"]]),
    "row group that is not there": _index(lambda d: [item.update(position=10**12) for item in d["recordings"]]),
    "negative row group": _index(lambda d: [item.update(position=-1) for item in d["recordings"]]),
    "no counts": _index(lambda d: d.update(counts={})),
    "counts that lie": _index(lambda d: d["counts"].update(recordings=10**6)),
    "no inputs": _index(lambda d: d.pop("inputs")),
    "climbing release": _index(lambda d: d.update(release={"version": "../../x\x1b[31m", "folds": []})),
    "name with escapes": _index(lambda d: d.update(name="\x1b]0;evil\x07<script>")),
    "climbing name": _index(lambda d: d.update(name="../../evil")),
    "climbing shard": _index(lambda d: d["shards"][0].update(file="../dataset-parquet/data/part-00000.parquet")),
    "code with escapes": _index(lambda d: d["left_out"].append({"id": "a", "code": "\x1b[31m", "reason": "<b>"})),
    "huge frames": _index(lambda d: d["recipe"].update(size_px=10**9)),
    "other frames": _index(lambda d: d["recipe"].update(size_px=33)),
    "nested without end": _text(b"[" * 10**6 + b"]" * 10**6),
    "number of 5,000 digits": _text(b'{"format_version": 1' + b"0" * 5000 + b"}"),
    "UTF-16": _text('{"format_version": "1.0.0"}'.encode("utf-16")),
    "a key twice": _text(b'{"format_version": "1.0.0", "format_version": "1.0.0"}'),
    "100 MB": _text(b" " * 100_000_000),
    "index that is a device": _link("dataset.json", "/dev/zero"),
    "shard that is a device": _link("data/part-00000.parquet", "/dev/zero"),
    "no pictures": _rows(lambda table: table.drop(["image"])),
    "texts for pictures": _rows(_column("image", lambda rows: pa.array(["x"] * rows))),
    "no picture": _rows(_picture(None)),
    "bomb": _rows(_picture(_png(30_000))),
    "picture of another size": _rows(_picture(_png(33))),
    "times that are no numbers": _rows(_column("time_s", lambda rows: pa.array([float("nan")] * rows))),
    "no frame indices": _rows(_column("frame_index", lambda rows: pa.nulls(rows, pa.int32()))),
    "fewer rows": _rows(lambda table: table.slice(0, max(0, table.num_rows - 1))),
    "compressed": _rows(_picture(_png(32) + bytes(5_000_000)), compression="zstd"),
    "record of 2^62 bytes": _length(2**62),
    "record of 2^63 bytes": _length(2**63 + 5),
    "record of 8 GB": _length(8 << 30),
    "record with another feature": _records(b"\x0a\x08\x0a\x06\x0a\x01a\x12\x01\x00"),
    "record that is empty": _records(b""),
    "record with an endless number": _records(b"\x0a" + b"\xff" * 100),
}
"""Every lie by what it is. Those about records are told in a TFRecord folder, all others in a Parquet one."""

TRIES = len(LIES)


def run(home: Home, *, tries: int, seed: int) -> list[Tally]:
    """Tell the first `tries` lies; the seed plays no role. Return one row."""
    tally = Tally("dataset folders")
    out = home.root / "lies-out"
    for name, lie in list(LIES.items())[:tries]:
        folder = home.root / "lies"
        for path in (folder, out):
            shutil.rmtree(path, ignore_errors=True)
        format_ = "tfrecord" if name.startswith("record ") else "parquet"
        shutil.copytree(home.datasets[format_], folder)
        out.mkdir()
        lie(folder)
        tally.tries += 1
        command = [sys.executable, "-m", "benchmarks.harden.folders", folder, out, home.datasets[format_]]
        try:
            done = subprocess.run(
                list(map(str, command)),
                env=home.environment(out),
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_HANG_S,
                check=False,
                preexec_fn=_bounded,
            )
        except subprocess.TimeoutExpired:
            tally.fail("hang", name)
            continue
        if done.returncode:
            tally.fail("traceback", f"{name}: exit {done.returncode}: {done.stderr[-300:]}")
            continue
        for failure, what in json.loads(done.stdout.splitlines()[-1]):
            tally.fail(failure, f"{name}: {what}")
    return [tally]


def _bounded() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY_BYTES, _MEMORY_BYTES))


def _failures_of(folder: Path, out: Path, genuine: Path) -> Iterator[tuple[str, str]]:
    """Yield what a folder that lies gets past lusdata."""
    import lusdata
    from lusdata.cli import main
    from lusdata.errors import LusdataError

    try:
        loaded = lusdata.load(folder)
        pairs = zip(loaded.to_numpy(), lusdata.load(genuine).to_numpy(), strict=True)
        if not all(np.array_equal(one, two) for one, two in pairs):
            yield "silent wrong value", "load took it"
        loaded.fold(0, by="patient", k=2)
    except LusdataError as error:
        if "\n" in str(error) or "\x1b" in str(error):
            yield "traceback", f"load: more than a line: {error!r}"
    except Exception as error:
        yield "traceback", f"load: {type(error).__name__}: {error}"
    for command in _COMMANDS:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = main([word.format(d=folder, o=out) for word in command])
        lines = [line for line in said.getvalue().splitlines() if line.startswith("lusdata: ")]
        if code == 4 or "Traceback" in said.getvalue() or (code in (1, 2, 3) and len(lines) > 2):
            yield "traceback", f"{' '.join(command[:2])}: {said.getvalue()[-300:]}"


if __name__ == "__main__":
    os.environ.setdefault("LUSDATA_CACHE", str(Path(sys.argv[2]) / "cache"))
    found = list(_failures_of(*map(Path, sys.argv[1:4])))
    sys.stdout.write("\n" + json.dumps(found) + "\n")
