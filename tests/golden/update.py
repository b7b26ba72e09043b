"""Refresh the stored runs, on purpose only: `python tests/golden/update.py`, and say why in CHANGELOG under **results**."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

import waico

FOLDER = Path(__file__).parent
CASES = {"waic2025": 20, "aiib2014": 10}


def measured(name: str) -> dict[str, Any]:
    """What is kept of a run: its summary without times, and the rounds in which three states signed."""
    result = waico.run(waico.load_scenario(name), seed=1, replicates=CASES[name])
    summary = result.summary()
    del summary["seconds"]
    nations = result.nations[result.nations["iso3"].isin(["DEU", "KEN", "PAK"])]
    summary["round_signed"] = [None if pd.isna(value) else int(value) for value in nations["round_signed"]]
    summary["polarization"] = result.outcomes["polarization"].tolist()
    return summary


def main() -> None:
    """Write one JSON file per case."""
    for name in CASES:
        (FOLDER / f"{name}.json").write_text(json.dumps(measured(name), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
