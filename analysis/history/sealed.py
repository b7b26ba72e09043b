"""A sealed forecast read back: what it says, whether the seal holds, and what would count against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from waico.analysis.history.seal import verify
from waico.runs.folders import FORECAST, SEAL, STATES
from waico.scenarios.errors import InputError

BUNDLED = Path(__file__).parents[1] / "forecasts" / "waic2025_2026-08-31"
SCORES = {"brier": "Brier score", "log_score": "log score"}


@dataclass(frozen=True)
class Sealed:
    """A forecast as it was sealed.

    Attributes:
        record: forecast.json. states: states.csv. seal: the hash over both.
    """

    record: Mapping[str, Any]
    states: pd.DataFrame
    seal: str

    def in_words(self) -> str:
        """When it was made, from what, and its seal."""
        record = self.record
        return (
            f"Made on {record['made']} from what was known on {record['freeze_date']}, for {record['until']}: {record['replicates']} replicates, "
            f"seed {record['seed']}, waico {record['versions']['waico']}. The seal holds: `{self.seal}`."
        )


def read_sealed(folder: Path = BUNDLED) -> Sealed:
    """Read a forecast that `waico forecast --out` made; the one that comes with the package if none is named.

    Raises:
        InputError: the folder holds none, or a file is not the one that was sealed.
    """
    if not verify(folder):
        raise InputError(str(folder), "", "holds no forecast whose seal holds", "give a folder made by waico forecast --out")
    record = json.loads((folder / FORECAST).read_text(encoding="utf-8"))
    return Sealed(record, pd.read_csv(folder / STATES), (folder / SEAL).read_text(encoding="utf-8").strip())


def against(record: Mapping[str, Any]) -> pd.DataFrame:
    """What would speak against a forecast, since it lies outside of what 90% of its own runs give.

    Returns:
        One row per thing that is looked at (`what`), a column of words per institution.
    """
    told = record["institutions"]
    status = next(iter(told.values()))["status"]
    likeliest = {body: row["expected"]["likeliest"] for body, row in told.items()}
    rows = [
        {"what": f"number that has {status}"} | {body: _outside(row, row["states"]) for body, row in told.items()},
        {"what": f"of the twenty likeliest states, {status}"}
        | {body: _outside(one["members"], len(one["states"])) for body, one in likeliest.items()},
        {"what": "AUC"} | {body: f"below {row['expected']['auc']['q05']:.2f}" for body, row in told.items()},
        *(
            {"what": label} | {body: f"above {row['expected'][name]['q95']:.3f}" for body, row in told.items()}
            for name, label in SCORES.items()
        ),
    ]
    return pd.DataFrame(rows)


def _outside(limits: Mapping[str, float], most: int) -> str:
    """The limits that a number from 0 to `most` can break."""
    low, high = round(limits["q05"]), round(limits["q95"])
    said = [f"below {low}"] * (low > 0) + [f"above {high}"] * (high < most)
    return " or ".join(said) or "nothing can"
