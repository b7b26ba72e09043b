"""A small sweep for the tests: fifteen states, four factors of four kinds; and a look at who works for one."""

from pathlib import Path

SCENARIO = """\
extends = "waic2025"
title = "Fifteen states"
[rounds]
horizon = 2027-06-30
[nations]
subset = ["BRA", "CHN", "DEU", "FRA", "GBR", "IND", "JPN", "KAZ", "KEN", "KOR", "PAK", "QAT", "RUS", "USA", "ZAF"]
"""
DESIGN = """\
scenario = "small.toml"
seed = 5
replicates = 3
sampler = "latin_hypercube"
samples = 16

[factors]
"institutions.waico.opening.enforcement" = [0.0, 0.8]
"decision.b_pressure" = { low = 0.1, high = 10.0, scale = "log" }
"institutions.waico.entry_into_force.ratifications" = [1, 5]
"bargaining.protocol" = { values = ["compromise", "nash"] }
"""
RUNS = 48


def write_design(folder: Path, design: str = DESIGN, scenario: str = SCENARIO) -> Path:
    """The design's file, with its scenario beside it."""
    (folder / "small.toml").write_text(scenario)
    path = folder / "design.toml"
    path.write_text(design)
    return path


def parts(folder: Path) -> dict[str, bytes]:
    """The files of results of a sweep."""
    return {path.name: path.read_bytes() for path in sorted((folder / "results").iterdir())}


def workers_of(parent: int) -> list[int]:
    """Processes that a process has spawned to work for it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            its_parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if its_parent == parent and b"spawn_main" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:   # gone meanwhile
            continue
    return sorted(found)
