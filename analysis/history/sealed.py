"""A sealed forecast read back: what it says, whether the seal holds, and what would count against it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from waico.analysis.history.seal import verify
from waico.runs.folders import FORECAST, SEAL, STATES
from waico.scenarios.errors import InputError

FORECASTS = Path(__file__).parents[1] / "forecasts"
EARLIER, LATER = FORECASTS / "waic2025_2026-08-31", FORECASTS / "waic2025_2027-08-31"   # the ones that come with the package
SUPERSEDED = "superseded.csv"   # beside the folders: seals that later ones of the same folder took the place of
SCORES = {"brier": "Brier score", "log_score": "log score"}


@dataclass(frozen=True)
class Sealed:
    """A forecast as it was sealed.

    Attributes:
        record: forecast.json. states: states.csv. seal: the hash over both.
        superseded: a row per earlier seal of the same folder that is recorded: `seal`, `made`, `commit`, `why` it was replaced.
    """

    record: Mapping[str, Any]
    states: pd.DataFrame
    seal: str
    superseded: pd.DataFrame

    def in_words(self) -> str:
        """What it is for, what went in, whether it was made before the day it is for, its seal and those before it."""
        record, versions = self.record, self.record["versions"]
        source = record["coefficients"]["set"]
        fitted = f"coefficients `{source['name']}` fitted on history up to {source['until']}" if source else "the priors of its coefficients"
        commit = f" at commit `{versions['commit'][:10]}`" if versions["commit"] else ""
        return (
            f"For {record['until']}, from what was known on {record['freeze_date']} and {fitted}; {record['replicates']} replicates, "
            f"seed {record['seed']}, waico {versions['waico']}{commit}. {self._when()} The seal holds: `{self.seal}`."
            + "".join(f" It took the place of `{row.seal}`, made on {row.made}: {row.why}." for row in self.superseded.itertuples())
        )

    def _when(self) -> str:
        """What the day on which it was made says about hindsight."""
        made, until = (date.fromisoformat(self.record[name]) for name in ("made", "until"))
        if made < until:
            return f"Made on {made}, before the day it is for."
        return (
            f"Made on {made}, {'after' if made > until else 'on'} the day it is for: what speaks for it is that nothing later than the freeze "
            "date went in, not the seal."
        )


def read_sealed(folder: Path) -> Sealed:
    """Read a forecast that `waico forecast --out` made, such as `EARLIER` and `LATER`, which come with the package.

    Raises:
        InputError: the folder holds none, or a file is not the one that was sealed.
    """
    if not verify(folder):
        raise InputError(str(folder), "", "holds no forecast whose seal holds", "give a folder made by waico forecast --out")
    record = json.loads((folder / FORECAST).read_text(encoding="utf-8"))
    seal = (folder / SEAL).read_text(encoding="utf-8").strip()
    return Sealed(record, pd.read_csv(folder / STATES), seal, _superseded(folder))


def _superseded(folder: Path) -> pd.DataFrame:
    path = folder.parent / SUPERSEDED
    if not path.exists():
        return pd.DataFrame(columns=["seal", "made", "commit", "why"])
    known = pd.read_csv(path)
    return known[known["forecast"] == folder.name].drop(columns="forecast").reset_index(drop=True)


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
