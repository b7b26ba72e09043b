"""Two scenarios under the same draws, as plain data for the panels of the compare view."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from waico.agents import Setting
from waico.analysis.compare import Comparison
from waico.scenarios.facts import load_facts

MOST_REPLICATES = 300
STATES = 20   # that are listed, those of the largest differences
CHANGES = 30   # that are listed
MEASURES = {   # of the tables: caption, and whether it is a share
    "adopted": ("text adopted", True), "in_force": ("in force", True), "endorsed": ("states that endorsed", False),
    "signed": ("states that signed", False), "ratified": ("states that ratified", False), "firms": ("firms that are partners", False),
    "breadth_weight": ("weight of the members", True), "agreement": ("agreement", False), "depth": ("depth of the text", False),
    "fault_line": ("fault line", False), "display_gap": ("display gap", False),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison, for panels to show."""

    comparison: Comparison

    def tables(self) -> dict[str, pd.DataFrame]:
        """Its tables by name."""
        found = self.comparison
        return {"outcomes": found.outcomes, "measures": found.measures, "texts": found.texts, "states": found.states}

    @cached_property
    def bodies(self) -> list[str]:
        """The institutions that both have."""
        return list(dict.fromkeys(self.comparison.measures["institution"]))

    @cached_property
    def places(self) -> list[dict[str, Any]]:
        """States of A as the map wants them."""
        setting, names = Setting.of(self.comparison.a), load_facts(self.comparison.a).nations["name"]
        return [{"code": code, "name": str(names[code]), "gdp": float(setting.gdp[i]), "camps": []} for i, code in enumerate(setting.codes)]

    def values(self, body: str, column: str) -> list[float | None]:
        """A column of the states' table (a, b or difference) for every place, None where states are not compared."""
        rows = self.comparison.states
        found = rows[rows["institution"] == body].set_index("iso3")[column]
        return [None if pd.isna(value) else float(value) for value in found.reindex([place["code"] for place in self.places])]

    def reach(self, body: str) -> float:
        """Largest difference of a state in size, and at least a tenth, so that noise is not painted as a landslide."""
        return max(0.1, *(abs(value) for value in self.values(body, "difference") if value is not None), 0.1)

    def outcomes(self) -> list[dict[str, Any]]:
        """Outcome classes that occurred in either."""
        rows = self.comparison.outcomes
        happened = rows[(rows["a"] > 0) | (rows["b"] > 0)]
        return [self._row(str(row["outcome"]).replace("_", " "), row, share=True) for row in happened.to_dict("records")]

    def measures(self, body: str) -> list[dict[str, Any]]:
        """Measures of an institution at the end."""
        rows = self.comparison.measures
        own = rows[(rows["institution"] == body) & rows["measure"].isin(MEASURES)]
        return [self._row(MEASURES[row["measure"]][0], row, share=MEASURES[row["measure"]][1]) for row in own.to_dict("records")]

    def texts(self, body: str) -> list[dict[str, Any]]:
        """Issues of the last text."""
        rows = self.comparison.texts
        return [self._row(str(row["issue"]), row, share=False) for row in rows[rows["institution"] == body].to_dict("records")]

    def states(self, body: str) -> list[dict[str, Any]]:
        """States whose membership differs most."""
        rows = self.comparison.states
        own = rows[(rows["institution"] == body) & (rows["difference"].abs() > 0)].head(STATES)
        names = {place["code"]: place["name"] for place in self.places}
        return [self._row(names[row["iso3"]], row, share=True) for row in own.to_dict("records")]

    def changes(self) -> list[str]:
        """What differs between the scenarios, a line each."""
        lines = [f"{path}: {_shown(one)} → {_shown(other)}" for path, (one, other) in self.comparison.changes.items()]
        return lines if len(lines) <= CHANGES else [*lines[:CHANGES], f"and {len(lines) - CHANGES} more"]

    @staticmethod
    def _row(label: str, row: dict[Any, Any], *, share: bool) -> dict[str, Any]:
        """A line of a table: values of both and the difference, with its interval; `clear` if the interval is off 0."""
        digits = 0 if share else 1
        scale = 100.0 if share else 1.0
        if not share and abs(row["a"]) <= 1.0 and abs(row["b"]) <= 1.0:
            digits = 2

        def told(value: float, sign: str = "") -> str:
            return "-" if pd.isna(value) else f"{scale * value:{sign}z.{digits}f}"

        known = not (pd.isna(row["low"]) or pd.isna(row["high"]))
        return {
            "label": label, "a": told(row["a"]) + ("%" if share else ""), "b": told(row["b"]) + ("%" if share else ""),
            "difference": told(row["difference"], "+"), "unit": " points" if share else "",
            "interval": f"{told(row['low'], '+')} to {told(row['high'], '+')}" if known else "",
            "clear": bool(known and (row["low"] > 0 or row["high"] < 0)),
        }  # fmt: skip


def _shown(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
