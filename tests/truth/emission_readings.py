"""The emission standards of the European Community under many readings: `python -m tests.truth.emission_readings`.

Prints a table in Markdown: the readings nearest to the published row, and those that differ from the default in one
respect. Positions are years of introduction of standards for passenger cars, ten member states.

Source of the case: Bueno de Mesquita (1994, table 1), as given by Scholz, Calbert & Smith (2011). The published row is the
forecast (weighted median) after each round. Takes minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import product
from typing import Any

import pandas as pd

from tests.reference.oracle_challenge import Reading, median, rounds
from waico.analysis.published_case import PUBLISHED, TABLE

CHOICES: dict[str, list[Any]] = {
    "q": [1.0, 0.5],
    "better": [None, 0.0, 0.5, 1.0],
    "vote_risk": [True, False],
    "view": ["mover", "challenger"],
    "risk": ["present", "hypothetical", "none"],
    "risk_from": ["neutral", "last", "start"],
    "fixed_range": [True, False],
    "choice": ["enforceable", "least", "kind"],
    "confrontation": ["utility", "probability", "none"],
    "compromise": ["ratio", "mean"],
}


def case() -> tuple[list[float], list[float], list[float]]:
    """Positions, saliences as shares of attention, capabilities."""
    table = pd.read_csv(TABLE)
    return table["position"].astype(float).tolist(), (table["salience"] / 100).tolist(), table["capability"].tolist()


def medians(reading: Reading) -> list[float]:
    """The forecast after each of eight rounds."""
    position, attention, power = case()
    weight = [p * s for p, s in zip(power, attention, strict=True)]
    return [median(x, weight) for x in rounds(position, attention, power, reading, len(PUBLISHED))]


def deviations(row: list[float]) -> list[float]:
    """Distance from the published forecast, round by round."""
    return [abs(mine - theirs) for mine, theirs in zip(row, PUBLISHED, strict=True)]


def readings() -> Iterator[Reading]:
    """Every combination that differs from the others in effect."""
    for values in product(*CHOICES.values()):
        reading = Reading(*values)
        idle_status_quo = reading.q == 1.0 and reading.better is not None
        without_risk = replace(reading, risk_from="neutral", vote_risk=True, view="mover")
        if not idle_status_quo and (reading.risk != "none" or reading == without_risk):
            yield reading


def name(reading: Reading) -> str:
    """What differs from the default."""
    usual = Reading()
    changed = [f.name for f in fields(Reading) if getattr(reading, f.name) != getattr(usual, f.name)]
    return ", ".join(f"{field} {getattr(reading, field)}" for field in changed) or "default"


def variants() -> list[Reading]:
    """The default, and all that differ from it in one respect (a changed status quo counts as one)."""
    usual, found = Reading(), [Reading()]
    for field, values in CHOICES.items():
        base = replace(usual, q=0.5) if field == "better" else usual
        found += [replace(base, **{field: value}) for value in values if replace(base, **{field: value}) != usual]
    return list(dict.fromkeys(found))


def line(reading: Reading, row: list[float]) -> str:
    """A row of the table."""
    away = deviations(row)
    cells = [name(reading), *(f"{value:.2f}" for value in row), f"{max(away):.2f}", f"{sum(away) / len(away):.2f}"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the published row, the nearest readings by greatest and by mean deviation, and the variants."""
    rows = {reading: medians(reading) for reading in readings()}
    head = ["reading", *(str(number + 1) for number in range(len(PUBLISHED))), "greatest", "mean"]
    out = [f"{len(rows)} readings", f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    out.append(f"| published | {' | '.join(map(str, PUBLISHED))} | | |")
    by_greatest = sorted(rows, key=lambda reading: max(deviations(rows[reading])))
    by_mean = sorted(rows, key=lambda reading: sum(deviations(rows[reading])))
    chosen = dict.fromkeys([*variants(), *by_greatest[:8], *by_mean[:8]])
    sys.stdout.write("\n".join([*out, *(line(reading, rows[reading]) for reading in chosen if reading in rows)]) + "\n")


if __name__ == "__main__":
    main()
