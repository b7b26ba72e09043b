"""A hindcast as text and tables for a terminal of 120 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from waico.show.tables import number_table

if TYPE_CHECKING:
    from waico.analysis.history.hindcast import Hindcast

SCORES = {"auc": "AUC", "brier": "Brier", "log_score": "log score"}
LABEL = 16   # least width of labels
LEGEND = """
[90% interval] from samples of the states, the simulated runs held fixed; - where it is not defined.
AUC: ranking, 0.5 is chance and 1 best. Brier, log score: 0 is best. Baselines are fitted on the other cases of history.
CRPS: of the simulated number of members, in states; 0 is best."""


def hindcast(found: Hindcast) -> Iterator[str | Table]:
    """Per institution: number of members, scores beside those of the baselines, calibration, timing."""
    yield f"{found.scenario.title}\nmembers on {found.until}, {found.replicates} replicates, seed {found.seed}"
    for body, told in found.institutions.items():
        yield f"\n{body}"
        if told is None:
            yield "  not scored: no row in the file, or no state to tell"
            continue
        yield from _institution(found, body, told)
    yield LEGEND


def _institution(found: Hindcast, body: str, told: dict[str, Any]) -> Iterator[str | Table]:
    yield (
        f"  states scored  {told['n']} (without {_left_out(found, body)})\n"
        f"  members        {told['n_observed']} observed; simulated {told['n_mean']:.1f} "
        f"({told['n_q05']:.0f} to {told['n_q95']:.0f}), CRPS {told['crps']:.1f}\n"
    )
    yield _table_of_scores(told)
    yield ""
    yield _differences(told["baselines"])
    yield ""
    yield _calibration(told["calibration"])
    yield from _timing(told["timing"])


def _left_out(found: Hindcast, body: str) -> str:
    """The principals, and how many states the scenario forces."""
    principals = found.scenario.institution(body).principals
    forced = [code for code in found.scenario.forced(body) if code not in principals]
    return ", ".join(principals) + (f" and {len(forced)} that are forced" if forced else "")


def _table_of_scores(told: dict[str, Any]) -> Table:
    table = number_table("  scores", *(f"{name} [90% interval]" for name in SCORES.values()), width=LABEL)
    for label, row in {"model": told, **told["baselines"]}.items():
        cells = (_with_interval(row[name], row["intervals"][name]) for name in SCORES)
        table.add_row(f"  {label.replace('_', ' ')}", *cells)
    return table


def _differences(baselines: dict[str, Any]) -> Table:
    table = number_table("  model less", *(f"{name} [90% interval]" for name in SCORES.values()), width=LABEL)
    for label, row in baselines.items():
        differences = (row["differences"][name] for name in SCORES)
        cells = (_with_interval(one["difference"], one["interval"], "+") for one in differences)
        table.add_row(f"  {label.replace('_', ' ')}", *cells)
    return table


def _calibration(bins: list[dict[str, float]]) -> Table:
    table = number_table("  probability", "states", "mean", "members", width=LABEL)
    for row in bins:
        span = f"  {row['low']:.1f} to {row['high']:.1f}"
        table.add_row(span, str(row["n"]), f"{row['mean']:.2f}", f"{row['observed']:.2f}")
    return table


def _timing(told: dict[str, Any] | None) -> Iterator[str | Table]:
    if told is None:
        yield "\n  timing is not scored: no two members have different dates"
        return
    order, of_all = _number(told["concordance_members"]), _number(told["concordance"])
    yield (
        f"\n  order: {order} of the pairs of members as simulated (0.5 is chance, 1 best)\n"
        f"  with nonmembers, who come last: {of_all}, which is mostly who joins\n"
    )
    table = number_table("  accessions", "median day", "in the last 20 days", width=LABEL)
    for name in ("observed", "simulated"):
        share = told[f"last_days_{name}"]
        table.add_row(f"  {name}", told[f"median_{name}"] or "-", "-" if share is None else f"{share:.0%}")
    yield table


def _with_interval(value: float | None, ends: list[float] | None, sign: str = "") -> str:
    if value is None or ends is None:
        return _number(value, sign)
    return f"{_number(value, sign)} [{', '.join(_number(end, sign) for end in ends)}]"


def _number(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.3f}"
