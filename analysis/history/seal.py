"""A forecast on disk: what it says, what it was made from, and a seal over both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from operator import methodcaller
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waico.analysis.history.attribution import mean_of
from waico.analysis.history.episodes import ASSUMED
from waico.analysis.history.forecast import Forecast, Source, simulated
from waico.runs.folders import FORECAST, SEAL, STATES, check_free, read_whole, unwritable, write_whole
from waico.runs.record import damaged, plain, versions
from waico.scenarios.errors import InputError
from waico.scenarios.load import check
from waico.scenarios.schema import COEFFICIENTS, Prior, Scenario
from waico.scenarios.tables import DATA

AGAIN = "make the forecast again"


def write(found: Forecast, folder: Path, overrides: Mapping[str, Any], made: date) -> str:
    """Write forecast.json and states.csv, then the seal, which makes the folder a forecast.

    Args:
        found: what to write.
        folder: free for it, see `waico.runs.folders.check_free`.
        overrides: changes made to the scenario, by path.
        made: the day on which it is written.

    Returns:
        The seal.

    Raises:
        InputError: the folder holds something already, or cannot be written.
    """
    check_free(folder)
    content = {FORECAST: _json(_record(found, overrides, made)), STATES: _csv(found)}
    sealed = _seal(content)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in {**content, SEAL: f"{sealed}\n".encode()}.items():
            write_whole(folder / name, methodcaller("write_bytes", data))
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from None
    return sealed


def verify(folder: Path) -> bool:
    """Whether the files of a forecast are those that were sealed."""
    try:
        content = {name: read_whole(folder / name) for name in (FORECAST, STATES)}
        return read_whole(folder / SEAL) == f"{_seal(content)}\n".encode()
    except OSError:
        return False


def _seal(content: Mapping[str, bytes]) -> str:
    """SHA-256 over what `sha256sum forecast.json states.csv` prints, so that the seal can be checked without this code."""
    lines = [f"{hashlib.sha256(content[name]).hexdigest()}  {name}\n" for name in (FORECAST, STATES)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _json(record: Mapping[str, Any]) -> bytes:
    return (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()


def _csv(found: Forecast) -> bytes:
    return found.states.to_csv(index=False, lineterminator="\n").encode()


def _record(found: Forecast, overrides: Mapping[str, Any], made: date) -> dict[str, Any]:
    """All that the forecast is made from, and what came out."""
    scenario, source = found.scenario, found.source
    return {
        "title": f"Members on {found.until}: {scenario.title}",
        "freeze_date": scenario.freeze_date.isoformat(),
        "until": found.until.isoformat(),
        "made": made.isoformat(),
        "seed": found.seed,
        "replicates": found.replicates,
        "term_replicates": found.term_replicates,
        "versions": versions(),
        "coefficients": {
            "set": None if source is None else {"name": source.name, "sha256": source.sha256, "until": source.until.isoformat()},
            "values": _coefficients(scenario),
        },
        "tables": _tables(scenario),
        "institutions": dict(found.institutions),
        "overrides": plain(overrides),
        "scenario": scenario.model_dump(mode="json"),
    }


def _coefficients(scenario: Scenario) -> dict[str, dict[str, Any]]:
    """Every coefficient by name: mean and sd of its normal, the bound that cuts it, the mean of what is drawn of it."""
    found = {}
    for name in (*COEFFICIENTS, "s_u"):
        value = getattr(scenario.decision, name)
        prior = value if isinstance(value, Prior) else Prior(mean=value, sd=0.0)
        kind = "assumed" if name in ASSUMED or not prior.sd or not scenario.coefficients else "estimated"
        found[name] = {"kind": kind, **prior.model_dump(), "mean_drawn": mean_of(value)}
    return found


def _tables(scenario: Scenario) -> dict[str, str]:
    """SHA-256 of the bundled tables, and of those that the scenario has of its own, by file."""
    named = [scenario.nations.table, *([scenario.firms.table] if scenario.firms else [])]
    paths = {path.name: path for path in sorted(DATA.glob("*.csv"))} | {name: Path(name) for name in named if name.endswith(".csv")}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}


class _Set(BaseModel):
    name: str
    sha256: str
    until: date


class _Coefficients(BaseModel):
    set: _Set | None


class Record(BaseModel):
    """What of forecast.json is needed to make the forecast again, and what came out then; the rest is kept as it is."""

    model_config = ConfigDict(extra="allow")

    scenario: Scenario
    seed: int = Field(ge=0)
    replicates: int = Field(ge=1, le=1_000_000)
    term_replicates: int = Field(ge=1, le=1_000_000)
    until: date
    coefficients: _Coefficients
    versions: dict[str, str | None]
    institutions: dict[str, dict[str, Any]]


def read(folder: Path) -> Record:
    """forecast.json of a folder.

    Raises:
        InputError: it cannot be read, or is of another version.
    """
    path = folder / FORECAST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), "", f"cannot be read ({error})", "give a folder made by waico forecast --out") from None
    try:
        record = Record.model_validate_json(text)
        check(record.scenario)
    except (ValidationError, InputError) as error:
        raise damaged(path, error, AGAIN) from None
    return record


def replay(
    folder: Path, record: Record, workers: int = 1, on_progress: Callable[[int], None] | None = None
) -> dict[str, bool]:
    """Make a forecast again from its record; says for each file whether it came out the same.

    Of forecast.json that is what it says of institutions: the rest is the record that it was made from.
    """
    source = record.coefficients.set
    again = simulated(
        record.scenario, None if source is None else Source(**source.model_dump()), until=record.until, seed=record.seed,
        replicates=record.replicates, term_replicates=record.term_replicates, workers=workers, on_progress=on_progress,
    )  # fmt: skip
    return {
        FORECAST: json.loads(_json(again.institutions)) == record.institutions,
        STATES: _csv(again) == (folder / STATES).read_bytes(),
    }
