"""The record of a run on disk: its files, their hashes, and running it again from the record."""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from waico.runs.folders import (
    MANIFEST,
    RUN_FILES,
    SEAL,
    TABLES,
    check_free,
    read_whole,
    sha256_of,
    unwritable,
    write_whole,
)
from waico.runs.run import RunResult, run
from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError
from waico.scenarios.load import check
from waico.scenarios.schema import Scenario

OTHERS = {MANIFEST: ("a sweep", "use waico analyze"), SEAL: ("a forecast", "use waico replay")}


def save(result: RunResult, folder: Path) -> None:
    """Write the tables, then run.json, which makes the folder a run. Nothing that is there is overwritten.

    Raises:
        InputError: the folder holds a run already, or cannot be written.
    """
    check_free(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in TABLES:
            table: pd.DataFrame = getattr(result, name)
            write_whole(folder / f"{name}.parquet", partial(table.to_parquet, index=False))
        members = result.members
        write_whole(folder / "members.csv", lambda path: members.to_csv(path, index=False, lineterminator="\n"))
        text = json.dumps(_record(result, folder), indent=1)
        write_whole(folder / "run.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from None


def is_forecast(folder: Path) -> bool:
    """Whether a folder holds a sealed forecast; one that cannot be looked into does not."""
    try:
        return (folder / SEAL).is_file()
    except OSError:
        return False


def _record(result: RunResult, folder: Path) -> dict[str, Any]:
    return {
        "scenario": result.scenario.model_dump(mode="json"),
        "overrides": plain(result.overrides),
        "seed": result.seed,
        "replicates": result.replicates,
        "until": result.until.isoformat() if result.until else None,
        "versions": versions(),
        "start": datetime.fromtimestamp(result.started, UTC).isoformat(timespec="seconds"),
        "seconds": round(result.seconds, 3),
        "hashes": hashes(folder),
    }


def plain(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of a scenario by path, as JSON can hold them."""
    return {path: value.isoformat() if isinstance(value, date) else value for path, value in overrides.items()}


def versions() -> dict[str, str | None]:
    """What the results depend on beside scenario and seed."""
    return {
        "waico": version("waico"),
        "commit": _commit(),
        "python": platform.python_version(),
        "mesa": version("mesa"),
        "numpy": version("numpy"),
    }


@cache
def environment() -> dict[str, str]:
    """What the results of a sweep depend on, bit by bit, beside its design: versions, and the sources of the simulation."""
    packages = ("waico", "mesa", "numpy", "scipy", "numba", "pyarrow")
    root = Path(__file__).resolve().parents[1]
    folders = [root / name for name in ("agents", "negotiation", "scenarios", "runs")]
    sources = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".csv"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in [*sources, root / "model.py"]))
    return {"python": platform.python_version(), **{name: version(name) for name in packages}, "sources": digest.hexdigest()}


def _commit() -> str | None:
    """The commit of the checkout that the package is run from; None where it is installed without one."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of results in a run's folder."""
    return {name: sha256_of(folder / name) for name in RUN_FILES}


class _Record(BaseModel):
    """What of run.json is needed to run again; the rest is kept as it is."""

    model_config = ConfigDict(extra="allow")

    scenario: Scenario
    seed: int = Field(ge=0)
    replicates: int = Field(ge=1, le=1_000_000)
    until: date | None
    overrides: dict[str, Any]
    versions: dict[str, str | None]
    start: AwareDatetime
    seconds: float
    hashes: dict[str, str]


def read_record(folder: Path) -> dict[str, Any]:
    """run.json of a folder, with its scenario as a `Scenario`.

    Raises:
        InputError: there is none, or it is damaged or of another version.
    """
    path = folder / "run.json"
    try:
        text = read_whole(path)
    except OSError as error:
        for name, (what, instead) in OTHERS.items():
            if (folder / name).is_file():
                raise InputError(str(folder), "", f"holds {what}, and no run", instead) from None
        raise InputError(str(path), "", f"cannot be read: {error.strerror}", "give a folder made by run --out") from None
    try:
        record = dict(_Record.model_validate_json(text))
        check(record["scenario"])
    except (ValidationError, InputError) as error:
        raise damaged(path, error) from None
    return record


def read_run(folder: Path) -> RunResult:
    """A run as it was saved, without running anything.

    Raises:
        InputError: the folder holds no run, or a file is missing, or is not as it was saved.
    """
    record = read_record(folder)
    try:
        there = hashes(folder)
    except OSError as error:
        raise _lacking(folder, error) from None
    for name, digest in there.items():
        if digest != record["hashes"].get(name):
            raise InputError(str(folder / name), "", "is not as it was saved: it is damaged or was changed", "run the scenario again")
    try:
        tables: dict[str, Any] = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
        fits = tables["outcomes"]["replicate"].tolist() == list(range(record["replicates"]))
    except (pa.ArrowException, KeyError, ValueError):
        fits = False
    if not fits:
        raise InputError(str(folder), "", "has tables that do not fit its record", "run the scenario again")
    return RunResult(
        record["scenario"], record["seed"], record["replicates"], record["until"], **tables,
        started=record["start"].timestamp(), seconds=record["seconds"], overrides=record["overrides"],
    )  # fmt: skip


def _lacking(folder: Path, error: OSError) -> InputError:
    what = f"{Path(error.filename).name} cannot be read: {error.strerror}"
    return InputError(str(folder), "", what, "run the scenario again")


def damaged(path: Path, error: ValidationError | InputError, instead: str = "run the scenario again") -> InputError:
    """What is wrong with a record; there is no use in mending it."""
    if isinstance(error, ValidationError):
        if error.errors()[0]["type"] == "json_invalid":
            return InputError(str(path), "", "is damaged: it is no JSON", instead)
        error = first_complaint(error, json.loads(read_whole(path)), "")
    what = f"{error.what}: it is damaged or of another version"
    return InputError(str(path), error.field, what, instead)


def replay(
    folder: Path, record: dict[str, Any], on_progress: Callable[[int], None] | None = None
) -> dict[str, bool]:
    """Run again from the folder's record, as `read_record` gives it; says for every file whether it came out byte for byte the same.

    A file of the folder that was changed after the run counts as different too.

    Raises:
        InputError: the folder lacks a file.
    """
    try:
        there = hashes(folder)
    except OSError as error:
        raise _lacking(folder, error) from None
    result = run(
        record["scenario"], seed=record["seed"], replicates=record["replicates"], until=record["until"],
        on_progress=on_progress,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        save(result, Path(scratch))
        again = hashes(Path(scratch))
    return {name: there[name] == again[name] == record["hashes"].get(name) for name in again}
