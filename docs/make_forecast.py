"""Draw the picture of docs/forecast.md and write its numbers, from the files of the forecast in analysis/forecasts.

    waico forecast waic2025 --until 2026-08-31 --seed 1 --replicates 2000 --workers 2 --out analysis/forecasts/waic2025_2026-08-31
    python docs/make_forecast.py

Needs the extra `analysis`. The first command makes the forecast, once its folder is out of the way; the second is quick.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from make_figures import ROOT, fill

from waico.analysis import forecast_plots, plots
from waico.analysis.history.sealed import BUNDLED, against
from waico.scenarios.schema import Decision
from waico.show.forecast import by_effect, change_of_number

FOLDER = BUNDLED
PAGE = ROOT / "docs" / "forecast.md"
SHOWN = 20


def blocks(folder: Path = FOLDER) -> dict[str, str]:
    """The text of every marked block of the page, by marker."""
    record = json.loads((folder / "forecast.json").read_text(encoding="utf-8"))
    states = pd.read_csv(folder / "states.csv")
    told = record["institutions"]
    return {
        "seal": _seal(record, (folder / "SEAL").read_text(encoding="utf-8").strip()),
        "numbers": "\n".join(_numbers(told)),
        **{f"states of {body}": "\n".join(_states(states[states["institution"] == body].head(SHOWN))) for body in told},
        **{f"terms of {body}": "\n".join(_terms(told[body]["terms"])) for body in told},
        "leaders": _leaders(told),
        "against": "\n".join(_against(record)),
    }


def _seal(record: dict[str, Any], seal: str) -> str:
    source = record["coefficients"]["set"]
    return (
        f"Made on {record['made']}, from what was known on {record['freeze_date']}, with coefficients `{source['name']}` fitted on history up to\n"
        f"{source['until']}; {record['replicates']} replicates, seed {record['seed']}, waico {record['versions']['waico']} at commit "
        f"`{(record['versions']['commit'] or 'none')[:10]}`. Seal:\n`{seal}`."
    )


def _numbers(told: dict[str, Any]) -> Iterator[str]:
    yield "| body | states that could | expected | median | 90% interval | none at all | noise alone, 90% | variance from coefficients |"
    yield "|---|---|---|---|---|---|---|---|"
    for body, row in told.items():
        fixed, share = row["fixed"], row["coefficients"]
        part = "-" if share["share"] is None else f"{share['share']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
        yield (
            f"| `{body}` | {row['states']} | {row['mean']:.1f} | {row['median']:.0f} | {row['q05']:.0f} to {row['q95']:.0f} | {row['none']:.0%} | "
            f"{fixed['q05']:.0f} to {fixed['q95']:.0f} | {part} |"
        )


def _states(rows: pd.DataFrame) -> Iterator[str]:
    yield "| state | probability | error of simulation, 90% | static logit |"
    yield "|---|---|---|---|"
    for row in rows.itertuples():
        yield f"| {row.name} | {row.probability:.2f} | {row.low:.2f} to {row.high:.2f} | {row.static_logit:.2f} |"


def _terms(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "| coefficient | what it stands before | kind | one sd up | one sd down | dropped |"
    yield "|---|---|---|---|---|---|"
    for name, kind, changes in by_effect(rows):
        cells = (change_of_number(changes.get(change)) for change in ("up", "down", "dropped"))
        yield f"| `{name}` | {Decision.model_fields[name].description} | {kind} | {' | '.join(cells)} |"


def _leaders(told: dict[str, Any]) -> str:
    """The terms that the number of the first body owes most to, one of each kind."""
    body, row = next(iter(told.items()))
    ordered = by_effect(row["terms"])
    first = ordered[0]
    dropped = {kind: max((one for one in ordered if one[1] == kind and "dropped" in one[2]), key=_without) for kind in ("estimated", "assumed")}
    said = [f"dropping `{one[0]}`, the largest of the {kind} ones, by {one[2]['dropped']['difference']:+.1f}" for kind, one in dropped.items()]
    up, down = (first[2][change]["difference"] for change in ("up", "down"))
    return (
        f"Of `{body}`, `{first[0]}` moves the expected number most: {up:+.1f} with one standard deviation more, {down:+.1f} with one less. After it,\n"
        f"{said[0]}; {said[1]}."
    )


def _without(one: tuple[str, str, dict[str, dict[str, Any]]]) -> float:
    return abs(float(one[2]["dropped"]["difference"]))


def _against(record: dict[str, Any]) -> Iterator[str]:
    yield "| what is looked at | speaks against the forecast of `waico` if | of `us_coalition` if |"
    yield "|---|---|---|"
    for what, *cells in against(record).itertuples(index=False):
        yield _row(what, cells)


def _row(label: str, cells: list[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def main() -> None:
    """Draw and write."""
    record = json.loads((FOLDER / "forecast.json").read_text(encoding="utf-8"))
    chart = forecast_plots.forecast_figure(record, pd.read_csv(FOLDER / "states.csv"))
    plots.save(chart, ROOT / "docs" / "figures" / "forecast.png")
    fill(PAGE, blocks())


if __name__ == "__main__":
    main()
