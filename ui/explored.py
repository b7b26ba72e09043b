"""A sweep opened from its folder, as plain data for the panels of the explore view."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from waico.analysis.binned import binned_pairs
from waico.analysis.discovery import Box, prim_box
from waico.analysis.factors import classes, short_names
from waico.analysis.outputs import IN_FORCE
from waico.analysis.sensitivity import indices
from waico.negotiation.measure import OUTCOMES
from waico.runs.sweep import Sweep, open_sweep
from waico.scenarios.errors import InputError
from waico.scenarios.load import bundled_scenarios

CELLS = 5   # classes of a numeric factor along each side
LISTED = 60   # runs behind a cell
MAIN = {   # the index that is drawn: the first of these that the method gives
    "ST": "Share of the variance with all interactions (ST)", "mu_star": "Mean size of effect (μ*)", "delta": "Shift of the distribution (δ)",
    "S1": "Share of the variance by itself (S1)",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Explored:
    """A sweep, complete or not.

    Attributes:
        name: of the folder as it was asked for. sweep: what it holds.
    """

    name: str
    sweep: Sweep

    @classmethod
    def open(cls, folder: Path, name: str) -> Explored:
        """Read a folder.

        Raises:
            InputError: it holds no sweep with runs, or a file of it is damaged.
        """
        sweep = open_sweep(folder)
        if not len(sweep.runs):
            raise InputError(name, "", "has no runs yet", "go on with it by waico sweep --resume")
        return cls(name, sweep)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Its one table, a row per run, by name."""
        return {"runs": self.sweep.runs}

    @cached_property
    def factors(self) -> dict[str, str]:
        """Short names of the factors by path."""
        return short_names([str(path) for path in self.sweep.plan.samples])

    @cached_property
    def outcomes(self) -> list[str]:
        """What can be looked at: in force, and the outcome classes that occurred."""
        there = set(self.sweep.runs["outcome"].dropna())
        return [IN_FORCE, *(name for name in OUTCOMES if name in there)]

    def about(self) -> str:
        """What was swept, in a sentence."""
        design, runs = self.sweep.plan.design, len(self.sweep.runs)
        there = f"{runs:,} runs" if self.sweep.complete else f"{runs:,} of {self.sweep.plan.runs:,} runs"
        return (
            f"{there} of {design.scenario}: {len(self.sweep.plan.samples):,} samples of {len(self.factors)} factors ({design.sampler.replace('_', ' ')}), "
            f"{design.replicates} replicates each, seed {design.seed}"
        )  # fmt: skip

    def shares(self, x: str, y: str, outcome: str) -> dict[str, Any]:
        """Share of runs with an outcome by classes of two factors.

        Returns:
            `columns` and `rows` (classes in order, from the left and from below) and `cells` (column, row, share, low, high: a 95%
            interval or None, runs); cells without runs are left out. With x and y the same, there is one row.
        """
        table = binned_pairs(self.sweep, x, y, outcome, count=CELLS)
        columns = classes(self.sweep, x, CELLS).cat.categories.tolist()
        rows = ["all"] if x == y else classes(self.sweep, y, CELLS).cat.categories.tolist()
        cells = [
            {
                "column": columns.index(row["x"]), "row": 0 if x == y else rows.index(row["y"]), "share": float(row["mean"]),
                "low": _or_none(row["low"]), "high": _or_none(row["high"]), "runs": int(row["runs"]),
            }
            for row in table.to_dict("records")
        ]  # fmt: skip
        return {"columns": columns, "rows": rows, "cells": cells}

    def behind(self, x: str, y: str, column: int, row: int) -> list[dict[str, Any]]:
        """The runs of a cell, up to 60: sample, replicate, outcome, values of the factors, how many states signed, and a link that watches it.

        The link is empty for sweeps of a scenario that does not come with the package: no link can carry it.
        """
        across, along = (classes(self.sweep, path, CELLS) for path in (x, y))
        inside = (across.cat.codes == column).to_numpy() & ((along.cat.codes == row).to_numpy() if x != y else True)
        runs = self.sweep.runs
        chosen = runs[np.asarray(inside)[runs["sample"].to_numpy(dtype=int)]].head(LISTED)
        return [
            {
                "sample": int(run["sample"]), "replicate": int(run["replicate"]),
                "outcome": "failed" if pd.isna(run["outcome"]) else str(run["outcome"]).replace("_", " "),
                "values": [_shown(run[path]) for path in self.factors], "link": self._link(run),
            }
            for run in chosen.to_dict("records")
        ]  # fmt: skip

    def _link(self, run: dict[Any, Any]) -> str:
        """A query of the live view for one run."""
        design = self.sweep.plan.design
        if design.scenario not in bundled_scenarios():
            return ""
        changes = [("set", f"{path}={_text(run[path])}") for path in self.factors]
        return urlencode([("scenario", design.scenario), ("seed", str(design.seed)), ("replicate", str(run["replicate"])), *changes])

    def box(self, outcome: str) -> dict[str, Any]:
        """The PRIM box of an outcome in words, with its sides as shares of the range of each restricted factor.

        Raises:
            NeedsExtra: ema_workbench is missing.
        """
        found: Box = prim_box(self.sweep, outcome)
        happens = "see the body come into force" if outcome == IN_FORCE else f"end as '{outcome.replace('_', ' ')}'"
        return {"words": found.in_words(happens), "sides": [self._side(limit) for limit in found.limits.to_dict("records")]}

    def _side(self, limit: dict[Any, Any]) -> dict[str, Any]:
        path = str(limit["factor"])
        head = {"name": self.factors[path], "values": "", "low": 0.0, "high": 1.0, "from": "", "to": "", "least": "", "most": ""}
        if limit["values"] is not None:
            return head | {"values": ", ".join(map(_shown, limit["values"]))}
        column = self.sweep.plan.samples[path].astype(float)
        least, most = float(column.min()), float(column.max())
        low, high = max(least, float(limit["low"])), min(most, float(limit["high"]))
        span = most - least or 1.0
        return head | {
            "low": (low - least) / span, "high": (high - least) / span, "from": _shown(low), "to": _shown(high), "least": _shown(least), "most": _shown(most),
        }  # fmt: skip

    def sensitivity(self, outcome: str) -> dict[str, Any]:
        """How much each factor matters for an outcome: the main index of the method, its 95% interval, largest first; or why there is none.

        Raises:
            InputError: runs are missing, or the method cannot do without those that failed.
            NeedsExtra: SALib is missing.
        """
        table = indices(self.sweep, [outcome])
        known = table.loc[np.isfinite(table["value"]), "index"].unique()
        index = next((name for name in MAIN if name in known), table["index"].iloc[0])
        own = table[table["index"] == index].sort_values("value", ascending=False, kind="stable", na_position="last")
        bars = [
            {"name": self.factors[str(row["factor"])], "value": float(row["value"]), "low": _or_none(row["low"]), "high": _or_none(row["high"])}
            for row in own.to_dict("records") if np.isfinite(row["value"])
        ]  # fmt: skip
        noise = own["noise"].iloc[0]
        doubt = f" About {noise:.0%} of the variance of the samples' means is noise of the draws." if np.isfinite(noise) else ""
        notes = list(dict.fromkeys(str(note) for note in own["note"] if note))
        return {"caption": MAIN.get(index, index), "bars": bars, "note": ("; ".join(notes) + "." if notes else "") + doubt}


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _shown(value: Any) -> str:
    """A value of a factor as a reader wants it."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
    return f"{float(value):.4g}"


def _text(value: Any) -> str:
    """A value of a factor as TOML, to its last digit."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    return json.dumps(value.item() if isinstance(value, np.generic) else value)
