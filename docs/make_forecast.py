"""Draw the picture of docs/forecast.md and write its numbers, from the files of the two forecasts in analysis/forecasts.

    waico forecast waic2025 --until 2027-08-31 --seed 1 --replicates 2000 --workers 2 --out analysis/forecasts/waic2025_2027-08-31
    python docs/make_forecast.py

Needs the extra `analysis`. The first command makes a forecast, once its folder is out of the way; a seal that this replaces goes into
superseded.csv beside it. The second is quick.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from make_figures import ROOT, fill

from waico.analysis import forecast_plots, plots
from waico.analysis.history.sealed import EARLIER, LATER, Sealed, against, read_sealed
from waico.scenarios.schema import Decision
from waico.show.forecast import by_effect, change_of_number

PAGE = ROOT / "docs" / "forecast.md"
SHOWN = 20


def blocks() -> dict[str, str]:
    """The text of every marked block of the page, by marker."""
    both = [read_sealed(folder) for folder in (EARLIER, LATER)]
    told = both[-1].record["institutions"]
    return {
        "seals": "\n".join(f"- {one.in_words()}" for one in both),
        "numbers": "\n".join(_numbers(both)),
        **{f"states of {body}": "\n".join(_states(both, body)) for body in told},
        **{f"terms of {body}": "\n".join(_terms(told[body]["terms"])) for body in told},
        "leaders": _leaders(told),
        "against": "\n".join(_against(both)),
    }


def _numbers(both: list[Sealed]) -> Iterator[str]:
    yield "| body | by | states that could | expected | median | 90% interval | none at all | noise alone, 90% | variance from coefficients |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for body in both[-1].record["institutions"]:
        for one in both:
            row = one.record["institutions"][body]
            fixed, share = row["fixed"], row["coefficients"]
            part = "-" if share["share"] is None else f"{share['share']:.0%} ({share['low']:.0%} to {share['high']:.0%})"
            yield (
                f"| `{body}` | {one.record['until']} | {row['states']} | {row['mean']:.1f} | {row['median']:.0f} | {row['q05']:.0f} to {row['q95']:.0f} | "
                f"{row['none']:.0%} | {fixed['q05']:.0f} to {fixed['q95']:.0f} | {part} |"
            )


def _states(both: list[Sealed], body: str) -> Iterator[str]:
    """The likeliest by the later day, with what each forecast gives them."""
    earlier, later = (one.states[one.states["institution"] == body].set_index("iso3") for one in both)
    yield f"| state | by {both[-1].record['until']} | error of simulation, 90% | by {both[0].record['until']} | static logit |"
    yield "|---|---|---|---|---|"
    for row in later.head(SHOWN).itertuples():
        before = earlier.loc[row.Index, "probability"]
        yield f"| {row.name} | {row.probability:.2f} | {row.low:.2f} to {row.high:.2f} | {before:.2f} | {row.static_logit:.2f} |"


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


def _against(both: list[Sealed]) -> Iterator[str]:
    """Limits of every body, of the earlier forecast and then of the later."""
    limits = pd.concat([against(one.record).set_index("what").add_suffix(f" {one.record['until']}") for one in both], axis=1)
    heads = [f"`{body}` by {day}" for body, day in (name.split() for name in limits)]
    yield _row("speaks against the forecast if", heads)
    yield f"|{'---|' * (len(heads) + 1)}"
    for what, cells in limits.iterrows():
        yield _row(str(what), list(cells))


def _row(label: str, cells: list[str]) -> str:
    return f"| {label} | {' | '.join(cells)} |"


def main() -> None:
    """Draw and write."""
    later = read_sealed(LATER)
    plots.save(forecast_plots.forecast_figure(later.record, later.states), ROOT / "docs" / "figures" / "forecast.png")
    fill(PAGE, blocks())


if __name__ == "__main__":
    main()
