"""A sweep on disk: its manifest, its design, and parts that are whole or not there.

A part carries in its name the start of a SHA-256 of the sweep, its number and its content, so that a damaged one, or one from
elsewhere, tells itself. Parts are written under another name, synced and renamed: whatever kills a sweep, what has the
name of a part is one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waico.runs.design import Design
from waico.runs.folders import MANIFEST, check_free, clear_parts, read_whole, sha256_of, unwritable, write_whole
from waico.runs.plan import Plan, hash_tables, own_tables
from waico.runs.record import damaged, environment
from waico.scenarios.errors import InputError
from waico.scenarios.layers import LOCAL
from waico.scenarios.schema import Scenario

DESIGN, RESULTS = "design.parquet", "results"
PART = re.compile(r"part-(\d{6})-([0-9a-f]{16})\.parquet")
AGAIN = "sweep again into a new folder"
GO_ON = "go on with waico sweep --resume, which makes it again"


class Manifest(BaseModel):
    """What a folder is a sweep of; written once, before any run."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    design: Design
    scenario: Scenario
    samples: int = Field(ge=1)
    runs: int = Field(ge=1)
    runs_per_part: int = Field(ge=1)
    hashes: dict[str, str]
    environment: dict[str, str]
    start: datetime

    @property
    def parts(self) -> int:
        """Number of parts when all are there."""
        return -(-self.runs // self.runs_per_part)

    @cached_property
    def identity(self) -> bytes:
        """What makes it this sweep and no other."""
        return hashlib.sha256(self.model_dump_json(exclude={"start"}).encode()).digest()

    def name_of(self, number: int, data: bytes) -> str:
        """The name of a part with some content."""
        digest = hashlib.sha256(self.identity + number.to_bytes(8, "big") + data).hexdigest()
        return f"part-{number:06d}-{digest[:16]}.parquet"


@dataclass(frozen=True)
class Store:
    """The folder of a sweep. `parts` has the file of every part that is there and whole, by number."""

    folder: Path
    manifest: Manifest
    parts: dict[int, Path]

    def add(self, number: int, data: bytes) -> None:
        """Keep a part.

        Raises:
            OSError: it cannot be written; nothing is left of it then.
        """
        path = self.folder / RESULTS / self.manifest.name_of(number, data)
        write_whole(path, lambda part: part.write_bytes(data))
        self.parts[number] = path

    def missing(self) -> Iterator[int]:
        """Numbers of the parts to make."""
        return (number for number in range(self.manifest.parts) if number not in self.parts)

    def outcomes(self) -> Counter[str | None]:
        """How often each outcome is in the parts; None for runs that failed."""
        found: Counter[str | None] = Counter()
        for path in self.parts.values():
            found.update(pq.read_table(path, columns=["outcome"])["outcome"].to_pylist())
        return found

    @property
    def runs(self) -> int:
        """Runs in the parts that are there."""
        size, total = self.manifest.runs_per_part, self.manifest.runs
        return sum(min(size, total - number * size) for number in self.parts)


def create(folder: Path, plan: Plan, runs_per_part: int) -> Store:
    """Make a folder that holds no run yet.

    Raises:
        InputError: it holds something already, or cannot be written.
    """
    check_free(folder)
    return _start(folder, _manifest(plan, _design_bytes(plan), runs_per_part), _design_bytes(plan))


def resume(folder: Path, plan: Plan, runs_per_part: int) -> Store:
    """Go on with the sweep of a folder, or begin it; damaged parts and what an interruption left behind are removed.

    Raises:
        InputError: the folder is that of another design or was made by other versions, or it cannot be written.
    """
    data = _design_bytes(plan)
    now = _manifest(plan, data, runs_per_part)
    if not (folder / MANIFEST).exists():
        check_free(folder)
        return _start(folder, now, data)
    then = read_manifest(folder)
    _refuse_changes(folder, then, now)
    try:
        if not (folder / DESIGN).exists() or sha256_of(folder / DESIGN) != now.hashes[DESIGN]:
            write_whole(folder / DESIGN, lambda path: path.write_bytes(data))
        (folder / RESULTS).mkdir(exist_ok=True)
        _clear(folder)
        whole, broken = _parts(folder, then)
        for path in broken:
            path.unlink()
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from None
    return Store(folder, then, whole)


def open_store(folder: Path) -> Store:
    """The sweep of a folder, complete or not, to read.

    Raises:
        InputError: the folder holds no sweep, or a file of it is damaged.
    """
    manifest = read_manifest(folder)
    whole, broken = _parts(folder, manifest)
    if broken:
        raise InputError(str(broken[0]), "", "is damaged", GO_ON)
    return Store(folder, manifest, whole)


def plan_of(store: Store) -> Plan:
    """The plan that a sweep was made from.

    Raises:
        InputError: the design's file is missing or damaged.
    """
    path = store.folder / DESIGN
    try:
        data = read_whole(path)
    except OSError as error:
        raise InputError(str(path), "", f"cannot be read: {error.strerror}", GO_ON) from None
    if hashlib.sha256(data).hexdigest() != store.manifest.hashes[DESIGN]:
        raise InputError(str(path), "", "is damaged", GO_ON)
    samples = pd.read_parquet(BytesIO(data)).drop(columns="sample")
    return Plan(store.manifest.design, store.manifest.scenario, samples)


def read_manifest(folder: Path) -> Manifest:
    """manifest.json of a folder.

    Raises:
        InputError: there is none, or it is damaged or of another version.
    """
    path = folder / MANIFEST
    try:
        text = read_whole(path)
    except OSError as error:
        if (folder / "run.json").is_file():
            raise InputError(str(folder), "", "holds a run, and no sweep", "use waico report") from None
        raise InputError(str(path), "", f"cannot be read: {error.strerror}", "give a folder made by waico sweep --out") from None
    try:
        return Manifest.model_validate_json(text)   # whether its tables are still there is no matter
    except ValidationError as error:
        raise damaged(path, error, AGAIN) from None


def _start(folder: Path, manifest: Manifest, design: bytes) -> Store:
    """Write the design, then the manifest, which makes the folder a sweep."""
    try:
        (folder / RESULTS).mkdir(parents=True, exist_ok=True)
        _clear(folder)
        write_whole(folder / DESIGN, lambda path: path.write_bytes(design))
        text = json.dumps(manifest.model_dump(mode="json"), indent=1)
        write_whole(folder / MANIFEST, lambda path: path.write_text(text + "\n", encoding="utf-8"))
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from None
    return Store(folder, manifest, {})


def _manifest(plan: Plan, design: bytes, runs_per_part: int) -> Manifest:
    local = [{path: value} for path in LOCAL if path in plan.samples for value in plan.samples[path].unique()]
    return Manifest(
        design=plan.design,
        scenario=plan.scenario,
        samples=len(plan.samples),
        runs=plan.runs,
        runs_per_part=runs_per_part,
        hashes={DESIGN: hashlib.sha256(design).hexdigest(), **hash_tables(own_tables(plan.scenario, local))},
        environment=environment(),
        start=datetime.now(UTC).replace(microsecond=0),
    )


def _design_bytes(plan: Plan) -> bytes:
    buffer = BytesIO()
    plan.samples.rename_axis("sample").reset_index().to_parquet(buffer, index=False)
    return buffer.getvalue()


def _refuse_changes(folder: Path, then: Manifest, now: Manifest) -> None:
    """Refuse to put runs of another design, scenario, table or version beside those that are there."""
    for name in ("design", "scenario", "environment", "hashes", "runs_per_part"):
        before, after = (manifest.model_dump(mode="json")[name] for manifest in (then, now))
        difference = first_difference(before, after)
        if difference is not None:
            place, was, is_ = difference
            where = {"design": "its design", "hashes": "a file", "environment": "what it was made with"}.get(name, f"its {name}")
            what = f"{where} is not the same{f': {place}' if place else ''} was {was}, is {is_}"
            raise InputError("--resume", str(folder), what, "go on with what it was begun with, or give a new folder")


def first_difference(before: Any, after: Any, place: str = "") -> tuple[str, Any, Any] | None:
    """Where two trees differ first: place, value before, value after; None where they are the same."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            found = first_difference(before.get(key), after.get(key), f"{place}.{key}" if place else str(key))
            if found is not None:
                return found
        return None
    return None if before == after else (place, before, after)


def _parts(folder: Path, manifest: Manifest) -> tuple[dict[int, Path], list[Path]]:
    """Parts of this sweep that are whole, by number, and files that have the name of a part but are none."""
    whole, broken = {}, []
    for path in sorted((folder / RESULTS).glob("part-*.parquet")):
        match = PART.fullmatch(path.name)
        if match and path.is_file():
            number = int(match[1])
            if number < manifest.parts and path.name == manifest.name_of(number, read_whole(path)):
                whole[number] = path
            else:
                broken.append(path)
    return whole, broken


def _clear(folder: Path) -> None:
    for place in (folder, folder / RESULTS):
        clear_parts(place)
