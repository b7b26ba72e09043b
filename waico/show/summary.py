"""A run of several replicates, summed up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from waico.show.tables import plain_table

if TYPE_CHECKING:
    from waico.runs.run import RunResult


def summary(result: RunResult) -> Iterator[str | Table]:
    """Outcome shares of the first institution, and a table of all institutions."""
    told = result.summary()
    yield f"{result.scenario.title}\n{result.replicates} replicate{'' if result.replicates == 1 else 's'}, seed {result.seed}, {told['seconds']:.1f} s\n"
    outcomes = plain_table("outcome", "share")
    for name, share in told["outcomes"].items():
        outcomes.add_row(name, f"{share:.3f}")
    yield outcomes
    for name, body in told["institutions"].items():
        rows = plain_table("", "")
        rows.show_header = False
        for label, value in _in_words(body).items():
            rows.add_row(f"  {label}", value)
        for number, entry in enumerate(body["objections"]):
            held = f"objectors held {entry['weight']:.1%} of capability"
            on = f"{entry['issue']} in {entry['votes']} votes, {held}: {', '.join(entry['states'])}"
            rows.add_row("" if number else "  votes failed on", on)
        members = ", ".join(f"{code} {share:.2f}" for code, share in result.likeliest_members(name))
        rows.add_row("  likeliest to sign", members)
        yield f"\n{name}"
        yield rows
    if result.until is not None and result.until < result.scenario.rounds.horizon:
        yield f"\nCut short on {result.until}: outcomes are as things stand then, not as they end."
    yield "\nStates signed: median over replicates, with 5% and 95% quantiles, sponsor and rival left out; dates are medians."


def _in_words(body: dict[str, Any]) -> dict[str, str]:
    """What `summary` says of an institution, by label."""
    adopted, on = body["round_adopted_median"], body["date_adopted_median"]
    force = body["date_in_force_median"]
    text = [f"{issue} {value:.2f}" for issue, value in body["text"].items() if value is not None]
    return {
        "states signed": f"{body['signed_median']:g} ({body['signed_q05']:.0f} to {body['signed_q95']:.0f}), {body['signed_mean']:.1f} on average",
        "states ratified": f"{body['ratified_mean']:.1f} on average",
        "text adopted": "in less than half of the runs" if adopted is None else f"{on}, round {adopted:g}",
        "in force": f"in {body['in_force_share']:.0%} of the runs" + (f", {force}" if force else ""),
        "last text": ", ".join(text) or "none tabled",
    }
