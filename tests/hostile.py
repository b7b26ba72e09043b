"""Readers of files that may come from anybody, each with a good file to start from, for tests that give them bad ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import waico
from tests.everything import OBSERVED, TABLE
from tests.sweeps import DESIGN, SCENARIO
from waico.analysis.history.observed import read_observed
from waico.runs.plan import read_plan
from waico.runs.record import read_record
from waico.runs.store import read_manifest
from waico.scenarios.actors import read_actors
from waico.scenarios.uploaded import read_uploaded

FULL = """\
extends = "waic2025"
title = "All kinds of things"
[rounds]
horizon = 2027-06-30
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "IND", "KEN", "USA"]
[nations.KEN]
tolerance = 0.1
[decision]
b0 = { mean = -4.0, sd = 1.0 }
[bargaining]
protocol = "nash"
[[institutions]]
id = "waico"
named = ["BRA"]
[[shocks]]
round = 3
path = "institutions.waico.rival_pressure"
value = 2.0
[assumptions]
"decision.b0" = "a guess"
"""
READERS: dict[str, tuple[str, str, Callable[[Path], Any]]] = {   # name of the file, good content, reader
    "scenario": ("mine.toml", FULL, lambda path: waico.load_scenario(path)),
    "uploaded": ("mine.toml", SCENARIO, lambda path: read_uploaded(path.name, path.read_bytes())),
    "design": ("design.toml", DESIGN.replace("small.toml", "waic2025"), read_plan),
    "actors": ("table.csv", TABLE, read_actors),
    "observed": ("observed.csv", OBSERVED, lambda path: read_observed(path, waico.load_scenario("waic2025"))),
    "run": ("run.json", '{"scenario": {}, "seed": 1, "replicates": 1, "until": null}', lambda path: read_record(path.parent)),
    "sweep": ("manifest.json", '{"format": 1, "design": {}, "samples": 1}', lambda path: read_manifest(path.parent)),
}


def feed(reader: str, content: bytes, folder: Path) -> str | None:
    """
    Let a reader read a file with some content in an empty folder; its complaint, or None if it took it.

    Raises:
        AssertionError: the complaint is more than a line, or something was written.
    """
    name, _, read = READERS[reader]
    path = folder / name
    path.write_bytes(content)
    complaint = None
    try:
        read(path)
    except waico.InputError as error:
        complaint = str(error)
        assert complaint.isprintable(), "a complaint is one line without control characters"
        assert len(complaint) < 3000, "and can be read"
    assert [there.name for there in folder.iterdir()] == [name], "readers write nothing"
    return complaint
