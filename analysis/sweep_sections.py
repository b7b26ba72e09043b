"""The sections of the report of a sweep: each asks a question, and answers it from the tables that stand under it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from waico.analysis import factor_plots, sweep_plots
from waico.analysis.binned import binned_means
from waico.analysis.discovery import Box, cart_rules, prim_box
from waico.analysis.factor_plots import main_index, ranked, stands_out
from waico.analysis.factors import of_runs, short_names
from waico.analysis.outputs import IN_FORCE, carried_out
from waico.analysis.plots import words_of
from waico.analysis.report import Figure, Section, Table
from waico.analysis.sensitivity import MEASURES, indices
from waico.analysis.survival import incidence, outcome_shares, widest_gap
from waico.analysis.sweep_plots import EVENTS, MONTH
from waico.analysis.wording import count, share_of_runs, value_of
from waico.runs.design import Range
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError
from waico.scenarios.paths import lookup
from waico.scenarios.reference import meaning_of

SAMPLERS = {
    "latin_hypercube": "Latin hypercube",
    "sobol": "Sobol' design",
    "morris": "Morris design",
    "grid": "grid",
    "table": "table",
}
DEPTH_AND_BREADTH = {"depth": "depth of the text", "breadth_states": "share of states that are members"}
READING = {
    "ST": "the total index is the share of the variation that would stay if all other factors were known; where it exceeds the "
          "first order, the factor works together with others.",
    "mu_star": "far right: the factor has large effects; far up: they differ from place to place.",
    "delta": "delta is 0 where nothing depends on the factor, and 1 where the factor settles all (Borgonovo 2007).",
    "S1": "the first-order index is the share of the variation that the factor explains alone.",
}  # fmt: skip


@dataclass(frozen=True)
class SweepSections:
    """A sweep, what counts as consensus in it, and its sections."""

    sweep: Sweep
    outcome: str

    @cached_property
    def names(self) -> dict[str, str]:
        """Short names of factors by path."""
        return short_names([str(path) for path in self.sweep.plan.samples])

    @property
    def event(self) -> str:
        """What counts as consensus, of one run."""
        body = self.sweep.plan.scenario.institutions[0].id
        return f"{body} comes into force" if self.outcome == IN_FORCE else f"the run ends as '{words_of(self.outcome)}'"

    @property
    def happens(self) -> str:
        """The same, of several runs."""
        body = self.sweep.plan.scenario.institutions[0].id
        return f"see {body} come into force" if self.outcome == IN_FORCE else f"end as '{words_of(self.outcome)}'"

    def swept(self, title: str) -> Section:
        """The design, and what could not be carried out."""
        design, samples = self.sweep.plan.design, self.sweep.plan.samples
        there, planned = len(self.sweep.runs), self.sweep.plan.runs
        amount = f"all {planned:,} runs" if there == planned else f"{there:,} of {planned:,} runs"
        finding = (
            f"{count(len(samples), 'sample')} of {count(samples.shape[1], 'factor')} ({SAMPLERS[design.sampler]}), each "
            f"with {count(design.replicates, 'replicate')} of the random draws, seed {design.seed}: {amount} are there."
        )
        tables = [
            Table(
                "factors", "A row per factor: what it spans, and its value in the scenario.", self._factors(), shown=40
            )
        ]
        errors = self.sweep.runs["error"].dropna()
        if len(errors):
            reasons = errors.value_counts().rename_axis("reason").reset_index(name="runs")
            tables.append(Table("failures", "Why runs could not be carried out.", reasons, shown=5))
        reading = (
            "samples differ by these factors alone; all else is as in the scenario, and all samples share the draws of their "
            "replicates."
        )
        return Section(title, finding, reading, tables=tables)

    def endings(self, title: str) -> Section:
        """Outcome shares."""
        shares = outcome_shares(self.sweep)
        first, second = (
            row for _, row in shares.sort_values("share", ascending=False, kind="stable").head(2).iterrows()
        )
        finding = f"The most frequent ending is {words_of(first['outcome'])}, {share_of_runs(first, 'share')}"
        if second["share"] > 0:
            apart = "" if first["low"] > second["high"] else "; their intervals overlap"
            finding += f", before {words_of(second['outcome'])}, {share_of_runs(second, 'share')}{apart}"
        reading = (
            "bars are shares of all runs, from no text at the top to a binding regime; lines are 95% intervals, "
            "wide where there are few replicates, since all samples share their draws."
        )
        table = Table("outcomes", "Share of runs by outcome class, with 95% interval.", shares)
        return Section(
            title,
            f"{finding}.",
            reading,
            [Figure("outcomes", sweep_plots.outcome_shares(shares, of_runs(self.sweep)))],
            [table],
        )

    def timing(self, title: str) -> Section:
        """Curves of cumulative incidence, also by the factor along which consensus changes most."""
        curves, freeze = incidence(self.sweep), self.sweep.plan.scenario.freeze_date
        ends = pd.DataFrame([_end(rows) for _, rows in curves.groupby("event", sort=False)])
        end = {row["event"]: row for _, row in ends.iterrows()}
        finding = (
            f"A text is adopted in {share_of_runs(end['adopted'], 'probability')}{_half(end['adopted'])}, and comes into force "
            f"in {share_of_runs(end['in_force'], 'probability')}{_half(end['in_force'])}; "
            f"talks fail without a text in {end['failed']['probability']:.0%}."
        )
        figures = [Figure("incidence", sweep_plots.incidence_curves(curves, freeze, of_runs(self.sweep)))]
        tables = [
            Table("timing", "Share of runs by the end, with 95% interval, and months until half of them were there.", ends),
            Table("incidence", "", curves, shown=0),
        ]  # fmt: skip
        factor = self._leading
        if factor is not None:
            by = incidence(self.sweep, factor).rename(columns={factor: "class"})
            figures.append(
                Figure(
                    "incidence_by_factor",
                    sweep_plots.incidence_by_factor(by, self.names[factor], freeze, widest_gap(self.sweep, factor)),
                )
            )
            tables.append(Table("incidence_by_factor", "", by.assign(factor=factor), shown=0))
        return Section(
            title,
            finding,
            "a curve rises by the share of runs that get there in that month; its band is a 95% interval.",
            figures,
            tables,
        )

    def sensitivity(self, title: str) -> Section:
        """Sensitivity indices of consensus, and of all usual measures."""
        carried_out(self.sweep)   # refuses a sweep without any run
        table = indices(self.sweep, list(dict.fromkeys([self.outcome, *MEASURES])))
        own = table[table["measure"] == self.outcome]
        whole = Table("sensitivity", "", table, shown=0)
        if not own["value"].notna().any():
            return Section(
                title,
                f"Nothing can be said of what decides whether {self.event} ({own['note'].iloc[0]}).",
                tables=[whole],
            )
        index = main_index(own)
        figures = [Figure("sensitivity", factor_plots.sensitivity(own, self.names, f"whether {self.event}"))]
        told = table[(table["index"] == main_index(table)) & table["value"].notna()]
        if told["measure"].nunique() > 1:
            measures = {name: words_of(name) for name in told["measure"].unique()}
            figures.append(Figure("sensitivity_map", factor_plots.sensitivity_map(told, self.names, measures)))
        shown = own.loc[own["value"].notna(), ["factor", "index", "value", "low", "high"]].sort_values(
            "value", ascending=False, kind="stable"
        )
        shown = shown.sort_values("index", key=lambda names: names.map(factor_plots.ORDER.index), kind="stable")
        notes = [
            note for note in dict.fromkeys(own.loc[(own["index"] == index) | (own["value"].isna()), "note"]) if note
        ]
        tables = [
            Table(
                "sensitivity_of_consensus",
                f"Indices of each factor for whether {self.event}, with 95% intervals.",
                shown,
                shown=16,
            ),
            whole,
        ]
        reading = " ".join([READING[index], *(f"Note: {note}." for note in notes)])
        return Section(title, self._most_important(own), reading, figures, tables)

    def along(self, title: str) -> Section:
        """Consensus, and all outcome classes, along each factor."""
        spread = _spread(self._shares)
        if spread.empty:
            return Section(title, "No factor has more than one class of samples, so there is nothing to compare.")
        first, name = spread.iloc[0], self.names[spread["factor"].iloc[0]]
        if first["difference"] > 0:
            finding = (
                f"The share of runs that {self.happens} changes most along {name}: {first['highest']:.0%} where it is "
                f"{first['at_highest']}, {first['lowest']:.0%} where it is {first['at_lowest']}."
            )
            text = f"From {first['lowest']:.0%} to {first['highest']:.0%} along {name}"
        else:
            finding = f"No factor makes a difference: in all classes {first['highest']:.0%} of the runs {self.happens}."
            text = f"{first['highest']:.0%} everywhere"
        classes = pd.concat([self._classes(path) for path in self.names], ignore_index=True)
        shares = sweep_plots.along_factors(
            self._scaled(self._shares), self.names, f"share of runs that {self.happens}", text, "share of runs"
        )
        figures = [
            Figure("along", shares),
            Figure("outcomes_by_factor", sweep_plots.outcomes_along_factors(classes, self.names)),
        ]
        tables = [
            Table(
                "along_factors",
                f"Lowest and highest share of runs that {self.happens}, by factor, and the classes where they are.",
                spread,
                shown=12,
            ),
            Table("consensus_by_factor", "", self._shares, shown=0),
            Table("outcomes_by_factor", "", classes, shown=0),
        ]
        reading = "each panel sorts the runs by one factor, all others varying; a level row says that it does little alone."
        return Section(title, finding, reading, figures, tables)

    def depth_and_breadth(self, title: str) -> Section:
        """How deep the last text is, and how many states are members."""
        runs = carried_out(self.sweep)
        quantiles = runs[[*DEPTH_AND_BREADTH, "signed", "ratified"]].astype(float).quantile([0.05, 0.5, 0.95]).T
        depth, breadth = (quantiles.loc[measure] for measure in DEPTH_AND_BREADTH)
        finding = (
            f"At the end the text has depth {depth[0.5]:.2f} in the median run "
            f"(90% of the runs: {depth[0.05]:.2f} to {depth[0.95]:.2f}), and {breadth[0.5]:.0%} of the states are members ({breadth[0.05]:.0%} to {breadth[0.95]:.0%})."
        )
        means = {measure: binned_means(self.sweep, measure) for measure in DEPTH_AND_BREADTH}
        figures = [
            Figure(measure, self._along(table, measure)) for measure, table in means.items() if not _spread(table).empty
        ]
        over = quantiles.set_axis(["q05", "median", "q95"], axis=1).rename_axis("measure").reset_index()
        tables = [
            Table(
                "depth_and_breadth",
                "Over all runs: 5% quantile, median, 95% quantile; signed and ratified in states.",
                over,
            ),
            Table("depth_and_breadth_by_factor", "", pd.concat(means.values(), ignore_index=True), shown=0),
        ]
        reading = "depth runs from 0, which commits to nothing, to 1; sponsor and rival are left out of the members."
        return Section(title, finding, reading, figures, tables)

    def discovery(self, title: str, suffix: str = "") -> Section:
        """The box of PRIM, and the rules of a tree; `suffix` tells their tables from those of other outcomes."""
        box, rules = prim_box(self.sweep, self.outcome), cart_rules(self.sweep, self.outcome)
        tables = [] if rules.table.empty else [
            Table(f"rules{suffix}", "Leaves of a classification tree, densest first, also on samples held out.", rules.table, shown=6)
        ]  # fmt: skip
        finding = box.in_words(self.happens)
        if box.limits.empty:
            return Section(title, finding, tables=tables)
        figures = [
            Figure(f"box{suffix}", factor_plots.box_ranges(box, self.sweep.plan.factors, self.names)),
            Figure(f"peeling{suffix}", factor_plots.peeling(box, self.happens)),
        ]
        limits = box.limits.replace([np.inf, -np.inf], np.nan)
        limits["values"] = [value_of(values) for values in limits["values"]]
        tables = [
            Table(f"box{suffix}", "Limits of the box; a small quasi-p says that a limit is not there by chance.", limits),
            Table(f"box_quality{suffix}", "The box on the samples on which it was found, and on those held out.", _quality(box)),
            Table(f"peeling{suffix}", "", box.trajectory, shown=0), *tables,
        ]  # fmt: skip
        reading = (
            "a good box has a high density (few other runs inside) and a high coverage (few of these runs outside)."
        )
        return Section(title, finding, reading, figures, tables)

    @cached_property
    def _shares(self) -> pd.DataFrame:
        """Share of runs with consensus, by class of each factor."""
        return binned_means(self.sweep, self.outcome)

    @cached_property
    def _leading(self) -> str | None:
        """The factor along which consensus changes most; none where no factor has two classes, or nothing changes."""
        spread = _spread(self._shares)
        return None if spread.empty or spread["difference"].iloc[0] == 0 else str(spread["factor"].iloc[0])

    def _most_important(self, own: pd.DataFrame) -> str:
        """Which factor matters most, and whether that is sure."""
        first, name = ranked(own).iloc[0], factor_plots.PLAIN[main_index(own)]
        interval = "" if pd.isna(first["low"]) else f" (95% interval {first['low']:.2f} to {first['high']:.2f})"
        text = factor_plots.leading(own, self.names, f"whether {self.event}")
        if not stands_out(own):
            text += f": the largest, {self.names[first['factor']]}, has {name} {first['value']:.2f}{interval}"
        text += factor_plots.lead_in_words(own, self.names)
        noise = own["noise"].dropna()
        return text + (
            f". {noise.iloc[0]:.0%} of the variation between samples is noise of replicates." if len(noise) else "."
        )

    def _along(self, table: pd.DataFrame, measure: str) -> Any:
        """A figure of one measure along all factors."""
        first = _spread(table).iloc[0]
        name = words_of(measure).capitalize()
        text = f"{name} goes from {first['lowest']:.2f} to {first['highest']:.2f} along {self.names[first['factor']]}"
        return sweep_plots.along_factors(
            self._scaled(table), self.names, f"{DEPTH_AND_BREADTH[measure]} at the end", text, words_of(measure)
        )

    def _factors(self) -> pd.DataFrame:
        rows = []
        for path, factor in self.sweep.plan.factors.items():
            spans = f"{factor.low:g} to {factor.high:g}" if isinstance(factor, Range) else value_of(factor.values)
            scale = factor.scale if isinstance(factor, Range) else "-"
            rows.append([path, self.names[path], spans, scale, value_of(self._base(path)), meaning_of(path)])
        return pd.DataFrame(rows, columns=["factor", "name here", "spans", "scale", "in scenario", "meaning"])

    def _base(self, path: str) -> Any:
        try:
            return lookup(self.sweep.plan.scenario, path)
        except InputError:   # a parameter of a rule that the scenario leaves at its default
            return None

    def _classes(self, path: str) -> pd.DataFrame:
        table = outcome_shares(self.sweep, path).rename(columns={path: "class"})
        table.insert(0, "factor", path)
        return table

    def _scaled(self, means: pd.DataFrame) -> pd.DataFrame:
        """With the scale of each factor."""
        scales = {path: getattr(factor, "scale", "linear") for path, factor in self.sweep.plan.factors.items()}
        return means.assign(scale=means["factor"].map(scales))


def _end(rows: pd.DataFrame) -> dict[str, Any]:
    """A curve at its end, and the month by which half of those that get there are there."""
    last = rows.iloc[-1]
    half = (
        rows.loc[rows["probability"] >= last["probability"] / 2, "day"].iloc[0] / MONTH
        if last["probability"] > 0
        else float("nan")
    )
    return {
        "event": last["event"], "meaning": EVENTS[last["event"]],
        "probability": last["probability"], "low": last["low"], "high": last["high"],
        "months_until_half": half, "runs": last["runs"],
    }  # fmt: skip


def _half(end: pd.Series) -> str:
    return f", half of them by month {end['months_until_half']:.0f}" if end["probability"] > 0 else ""


def _spread(means: pd.DataFrame) -> pd.DataFrame:
    """Lowest and highest mean by factor, the largest difference first; factors with one class are left out."""
    rows = []
    for path, table in means.groupby("factor", sort=False):
        if len(table) > 1:
            low, high = table.loc[table["mean"].idxmin()], table.loc[table["mean"].idxmax()]
            rows.append([path, low["mean"], low["class"], high["mean"], high["class"], high["mean"] - low["mean"]])
    columns = ["factor", "lowest", "at_lowest", "highest", "at_highest", "difference"]
    return pd.DataFrame(rows, columns=columns).sort_values("difference", ascending=False, kind="stable")


def _quality(box: Box) -> pd.DataFrame:
    return pd.DataFrame({
        "samples": ["found on", "held out"],
        "coverage": [box.coverage, box.held_out_coverage], "density": [box.density, box.held_out_density],
        "mass": [box.mass, box.held_out_mass],
    })  # fmt: skip
