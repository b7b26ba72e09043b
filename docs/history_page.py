"""Draw the figure of docs/history.md and write its tables, from simulations of all cases of history.

    python docs/history_page.py

Needs the extra `analysis`; takes some minutes. Run it again after every change that moves results.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from make_figures import ROOT, fill

from waico.analysis.history import leave_out, plots
from waico.analysis.history.baselines import BASELINES
from waico.analysis.history.calibrate import calibrate
from waico.analysis.history.cases import CASES
from waico.analysis.plots import save

NAMES = {"base_rate": "base rate", "alignment": "alignment", "static_logit": "static logit"}


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table: the first column to the left, all others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _two(value: float) -> str:
    return "-" if pd.isna(value) else f"{value:.2f}"


def ranking(table: pd.DataFrame) -> str:
    """AUC by case."""
    head = ["AUC", *CASES, "mean"]
    rows = [
        ["simulation, case left out", *(f"{row.auc:.2f} ({row.auc_low:.2f} to {row.auc_high:.2f})" for row in table.itertuples())],
        *([NAMES[name], *map(_two, table[f"auc_{name}"])] for name in BASELINES),
        ["same coefficients, first day only", *map(_two, table["auc_first_day"])],
        ["simulation less static logit", *(f"{row.gain_low:+.2f} to {row.gain_high:+.2f}" for row in table.itertuples())],
        ["simulation, in sample", *map(_two, table["auc_in_sample"])],
    ]
    means = ["auc", *(f"auc_{name}" for name in BASELINES), "auc_first_day", "", "auc_in_sample"]
    return markdown(head, [[*row, _two(table[name].mean()) if name else ""] for row, name in zip(rows, means, strict=True)])


def level(table: pd.DataFrame) -> str:
    """Members, Brier and log scores, timing by case."""
    rows = [
        ["states at risk", *map(str, table["n"])],
        ["members observed", *map(str, table["observed"])],
        ["members simulated (90%)", *(f"{row.mean_:.0f} ({row.q05:.0f} to {row.q95:.0f})" for row in table.rename(columns={"mean": "mean_"}).itertuples())],
    ]
    for score, label in (("brier", "Brier"), ("log_score", "log score")):
        rows.append([f"{label}, simulation", *map(_two, table[score])])
        rows += [[f"{label}, {NAMES[name]}", *map(_two, table[f"{score}_{name}"])] for name in BASELINES]
    rows += [
        ["members in the order simulated", *map(_two, table["concordance_members"])],
        ["share in the last 20 days, observed", *map(_two, table["last_days_observed"])],
        ["share in the last 20 days, simulated", *map(_two, table["last_days_simulated"])],
    ]
    return markdown(["", *CASES], rows)


def means(table: pd.DataFrame, label: str) -> str:
    """AUC and Brier score, means over cases, with something left out."""
    rows = [
        [f"{row.left_out}" if row.left_out != "-" else "the model as it is", row.kind, f"{row.auc:.3f}", f"{row.brier:.3f}",
         *(_two(getattr(row, name)) for name in CASES)]
        for row in table.itertuples()
    ]  # fmt: skip
    return markdown([label, "kind", "AUC", "Brier", *CASES], rows)


def coefficients() -> str:
    """What the cases taught of each coefficient."""
    found = calibrate()
    content = found.as_dict()
    rows = []
    for name, before in content["before"].items():
        after, error = content["decision"][name]["mean"], content["standard_error"][name]
        own = (_two(content["of_cases"][case][name]) for case in CASES)
        spread = content["spread_over_bodies"][name]
        rows.append([f"`{name}`", f"{before['mean']:.2f} ({before['sd']:.2f})", f"{after:.2f} ({error:.2f})", f"{spread:.2f}", *own])
    return markdown(["coefficient", "before (sd)", "after (se)", "spread", *CASES], rows)


def residuals() -> str:
    """How alike the same state is in two cases beyond what the fit explains, in words."""
    table = leave_out.residual_correlations()
    low, high, mean = table["correlation"].min(), table["correlation"].max(), table["correlation"].mean()
    return f"Over the {len(table)} pairs of cases the correlation of these residuals lies between {low:.2f} and {high:.2f}, with a mean of {mean:.2f}."


def main() -> None:
    """Simulate, draw and write."""
    table = leave_out.table()
    save(plots.skill(table), ROOT / "docs" / "figures" / "history.png")
    states = leave_out.other_states()
    blocks: dict[str, Callable[[], str]] = {
        "ranking": lambda: ranking(table),
        "level": lambda: level(table),
        "coefficients": coefficients,
        "terms": lambda: means(leave_out.without_terms(), "left out"),
        "priors": lambda: means(leave_out.other_priors(), "priors"),
        "residuals": residuals,
        "codings": lambda: means(leave_out.other_codings(), "coded instead"),
        "states": lambda: markdown(["AUC", *CASES, "mean"], [["other states, other bodies", *map(_two, states["auc"]), _two(states["auc"].mean())]]),
    }
    fill(ROOT / "docs" / "history.md", {name: block() for name, block in blocks.items()})


if __name__ == "__main__":
    main()
