"""A forecast as tables for a terminal of 120 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from waico.show.tables import number_table

if TYPE_CHECKING:
    import pandas as pd

    from waico.analysis.history.forecast import Forecast

STATES_SHOWN = 20
LABEL = 18   # least width of labels
LEGEND = """
[90%] after a state: error of simulation alone. Static logit: from the covariates alone, fitted on the cases of history.
Terms: change of the expected number (standard error of the paired difference) with the prior one sd up or down, and
without the term. Estimated ones come from history, assumed ones from judgement."""


def forecast(found: Forecast) -> Iterator[str | Table]:
    """Per institution: number of members, what its width comes from, the likeliest states, what it owes to each term."""
    source = found.source
    origin = f"'{source.name}', fitted on history up to {source.until}" if source else "priors of the model, not fitted on history"
    yield (
        f"{found.scenario.title}\nmembers on {found.until}, as of {found.scenario.freeze_date}; {found.replicates} replicates, "
        f"seed {found.seed}\ncoefficients: {origin}"
    )
    for body, told in found.institutions.items():
        yield f"\n{body}"
        yield _number(told, found.term_replicates)
        yield _states(found.states[found.states["institution"] == body].head(STATES_SHOWN))
        yield ""
        yield _terms(told["terms"])
    yield LEGEND


def _number(told: dict[str, Any], runs: int) -> str:
    fixed, share = told["fixed"], told["coefficients"]
    part = "not defined" if share["share"] is None else f"{share['share']:.0%} ({max(0.0, share['low']):.0%} to {share['high']:.0%})"
    return (
        f"  {told['status']} by then       {_span(told)}, of {told['states']} states; none in {told['none']:.0%} of the runs\n"
        f"  noise alone         {_span(fixed)}, all coefficients at their means, {runs} runs\n"
        f"  from coefficients   {part} of the variance\n"
    )


def _span(told: dict[str, Any]) -> str:
    return f"{told['mean']:.1f} expected, median {told['median']:.0f}, 90% from {told['q05']:.0f} to {told['q95']:.0f}"


def _states(rows: pd.DataFrame) -> Table:
    table = number_table("  likeliest", "probability", "[90%]", "static logit", width=LABEL)
    for row in rows.to_dict("records"):
        interval = f"[{row['low']:.2f}, {row['high']:.2f}]"
        logit = "-" if row["static_logit"] != row["static_logit"] else f"{row['static_logit']:.2f}"
        table.add_row(f"  {row['iso3']} {row['name']}", f"{row['probability']:.2f}", interval, logit)
    return table


def _terms(rows: list[dict[str, Any]]) -> Table:
    """Coefficients with the largest effect first, the estimated before the assumed."""
    table = number_table("  term", "", "one sd up", "one sd down", "dropped", width=LABEL)
    for name, kind, changes in by_effect(rows):
        cells = (change_of_number(changes.get(change)) for change in ("up", "down", "dropped"))
        table.add_row(f"  {name}", kind, *cells)
    return table


def by_effect(rows: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, dict[str, Any]]]]:
    """Name, kind, and rows by change, of each coefficient: estimated first, then by the largest change that it makes."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["coefficient"], {})[row["change"]] = row
    told = [(name, next(iter(changes.values()))["kind"], changes) for name, changes in found.items()]
    return sorted(told, key=lambda one: (one[1] == "assumed", -max(abs(row["difference"]) for row in one[2].values())))


def change_of_number(row: dict[str, Any] | None) -> str:
    """The change with its standard error, a dash where there is none; no sign on zero."""
    if row is None:
        return "-"
    size = f"{row['difference']:+.1f}" if round(row["difference"], 1) else "0.0"
    return size if row["se"] is None else f"{size} ({row['se']:.1f})"
