"""The consensus report of a sweep: what was swept, how and when its runs end, which factors matter, where consensus forms.

Every sentence is computed from the tables that stand under it. Needs the extra `analysis`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from typing import Any

import pandas as pd

from waico.analysis import factor_plots, sweep_plots
from waico.analysis.binned import binned_means
from waico.analysis.discovery import cart_rules, prim_box
from waico.analysis.factor_plots import main_index, ranked
from waico.analysis.factors import short_names
from waico.analysis.frontier import Frontier
from waico.analysis.frontier_plots import frontier_map
from waico.analysis.outputs import IN_FORCE, carried_out, indicator
from waico.analysis.plots import words_of
from waico.analysis.report import Figure, Report, Section, Table
from waico.analysis.sensitivity import MEASURES, indices
from waico.analysis.survival import incidence, outcome_shares
from waico.analysis.sweep_plots import EVENTS, MONTH
from waico.analysis.wording import count, day_of, share_of_runs, value_of
from waico.runs.design import Values
from waico.runs.store import DESIGN, RESULTS, read_manifest
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, NeedsExtra
from waico.scenarios.paths import lookup
from waico.scenarios.reference import meaning_of

SAMPLERS = {"latin_hypercube": "Latin hypercube", "sobol": "Sobol' design", "morris": "Morris design", "grid": "grid", "table": "table"}
PACKAGES = ("altair", "vl-convert-python", "pandas", "SALib", "lifelines", "ema_workbench", "scikit-learn")
DEPTH_AND_BREADTH = {"depth": "depth of the text at the end (0 to 1)", "breadth_states": "share of states that are members at the end"}


def sweep_report(sweep: Sweep, outcome: str = IN_FORCE, frontier: Frontier | None = None) -> Report:
    """All sections of the report of a sweep.

    Args:
        sweep: complete or not.
        outcome: what counts as consensus: `in_force` (the first institution comes into force), or an outcome class.
        frontier: of two of its factors, to be shown as well.

    Raises:
        InputError: there is no such outcome.
        NeedsExtra: a package is missing.
    """
    indicator(sweep.runs, outcome)   # refuses what does not exist
    told = _Sweep(sweep, outcome)
    makers: list[tuple[str, Callable[[], Section]]] = [
        ("What was swept", told.swept),
        ("How the runs end", told.endings),
        ("When consensus forms", told.timing),
        ("Which factors matter", told.sensitivity),
        ("Along each factor", told.along),
        ("How deep, and how broad", told.depth_and_breadth),
        ("Where consensus forms", told.discovery),
    ]
    if frontier is not None:
        makers.append(("The consensus frontier", partial(_frontier, frontier, told.names)))
    scenario = sweep.plan.scenario
    return Report(
        title=f"Consensus report: {scenario.title}",
        subtitle=f"A sweep of the scenario {scenario.name}, as of {day_of(scenario.freeze_date)}. Consensus here: {told.phrase}.",
        warnings=list(told.warnings()),
        sections=[_or_why_not(title, make) for title, make in makers],
        origin=_origin(sweep),
    )


def _or_why_not(title: str, make: Callable[[], Section]) -> Section:
    """A section, or one that says why there is none."""
    try:
        return make()
    except NeedsExtra:
        raise
    except InputError as error:
        return Section(title, f"Nothing can be said here: {error.what} ({error.instead}).")


@dataclass(frozen=True)
class _Sweep:
    """A sweep and what of it is used in more than one section."""

    sweep: Sweep
    outcome: str

    @cached_property
    def names(self) -> dict[str, str]:
        """Short names of factors by path."""
        return short_names([str(path) for path in self.sweep.plan.samples])

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Runs that could be carried out."""
        return carried_out(self.sweep)

    @property
    def phrase(self) -> str:
        """The outcome that counts as consensus, in words."""
        body = self.sweep.plan.scenario.institutions[0].id
        return f"{body} comes into force" if self.outcome == IN_FORCE else f"the run ends as '{words_of(self.outcome)}'"

    @cached_property
    def indices(self) -> pd.DataFrame:
        """Sensitivity indices of the outcome and of the usual measures."""
        return indices(self.sweep, list(dict.fromkeys([self.outcome, *MEASURES])))

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Mean of the outcome by class of each factor."""
        return binned_means(self.sweep, self.outcome)

    def warnings(self) -> Iterator[str]:
        """What a reader must know first."""
        there, planned = len(self.sweep.runs), self.sweep.plan.runs
        if there < planned:
            yield (
                f"This sweep is not complete: {there:,} of {planned:,} runs are there ({there / planned:.0%}). "
                "Numbers will change; go on with waico sweep --resume."
            )
        errors = self.sweep.runs["error"].dropna()
        if len(errors):
            reason, times = next(iter(errors.value_counts().items()))
            yield (
                f"{len(errors):,} of {there:,} runs could not be carried out and are left out. "
                f"The commonest reason ({times:,} runs): {reason}"
            )

    def swept(self) -> Section:
        """The design."""
        design, samples = self.sweep.plan.design, self.sweep.plan.samples
        there, planned = len(self.sweep.runs), self.sweep.plan.runs
        all_there = f"all {planned:,} runs" if there == planned else f"{there:,} of {planned:,} runs"
        finding = (
            f"{count(len(samples), 'sample')} of {count(samples.shape[1], 'factor')} ({SAMPLERS[design.sampler]}) were each run "
            f"with the same {count(design.replicates, 'replicate')} of the random draws, seed {design.seed}: {all_there} are there."
        )
        tables = [Table("factors", "A row per factor: what it spans, and its value in the scenario.", self._factors(), shown=40)]
        errors = self.sweep.runs["error"].dropna()
        if len(errors):
            reasons = errors.value_counts().rename_axis("reason").reset_index(name="runs")
            tables.append(Table("failures", "Why runs could not be carried out.", reasons, shown=5))
        reading = "samples differ by these factors alone; everything else is as in the scenario, and draws are shared by all samples."
        return Section("What was swept", finding, reading, tables=tables)

    def endings(self) -> Section:
        """Outcome shares."""
        shares = outcome_shares(self.sweep)
        first, second = (row for _, row in shares.sort_values("share", ascending=False, kind="stable").head(2).iterrows())
        finding = f"{words_of(first['outcome']).capitalize()} is the most frequent ending, {share_of_runs(first, 'share')}"
        finding += f", before {words_of(second['outcome'])}, {share_of_runs(second, 'share')}." if second["share"] > 0 else "."
        figure = Figure("outcomes", sweep_plots.outcome_shares(shares, self._of_runs()))
        reading = "bars are shares of all runs, from no text at the top to a binding regime; lines hold the share with 95% confidence."
        table = Table("outcomes", "Share of runs by outcome class, with 95% interval.", shares)
        return Section("How the runs end", finding, reading, [figure], [table])

    def timing(self) -> Section:
        """Cumulative incidence."""
        curves, freeze = incidence(self.sweep), self.sweep.plan.scenario.freeze_date
        ends = pd.DataFrame([_end(rows) for _, rows in curves.groupby("event", sort=False)])
        adopted, force, failed = (ends.set_index("event").loc[event] for event in ("adopted", "in_force", "failed"))
        finding = (
            f"A text is adopted in {share_of_runs(adopted, 'probability')}{_by(adopted)}, and comes into force in "
            f"{share_of_runs(force, 'probability')}{_by(force)}; talks fail without a text in {failed['probability']:.0%} of the runs."
        )
        figures = [Figure("incidence", sweep_plots.incidence_curves(curves, freeze))]
        tables = [Table("timing", "Share of runs by the end, with 95% interval; month since the freeze date by which half of them were there.", ends)]
        tables.append(Table("incidence", "", curves, shown=0))
        factor = self._leading()
        if factor is not None:
            by = incidence(self.sweep, factor).rename(columns={factor: "class"})
            figures.append(Figure("incidence_by_factor", sweep_plots.incidence_by_factor(by, self.names[factor], freeze)))
            tables.append(Table("incidence_by_factor", "", by.assign(factor=factor), shown=0))
        reading = "a curve rises where runs get there; a band that is wide says that few runs, or few samples, stand behind it."
        return Section("When consensus forms", finding, reading, figures, tables)

    def sensitivity(self) -> Section:
        """Sensitivity indices."""
        own = self.indices[self.indices["measure"] == self.outcome]
        notes = [note for note in dict.fromkeys(own["note"]) if note]
        tables = [Table("sensitivity", "", self.indices, shown=0)]
        if not own["value"].notna().any():
            why = notes[0] if notes else "no index could be computed"
            return Section("Which factors matter", f"Nothing can be said of whether {self.phrase}: {why}.", tables=tables)
        first, index = ranked(own).iloc[0], main_index(own)
        finding = (
            f"{self.names[first['factor']]} matters most for whether {self.phrase}: its {factor_plots.NAMES[index]} index is "
            f"{first['value']:.2f} (95% interval {first['low']:.2f} to {first['high']:.2f}); {_noise(own)}."
        )
        figures = [Figure("sensitivity", factor_plots.sensitivity(own, self.names, f"whether {self.phrase}"))]
        told = self.indices[(self.indices["index"] == index) & self.indices["value"].notna()]
        if told["measure"].nunique() > 1:
            measures = {name: words_of(name) for name in told["measure"].unique()}
            figures.append(Figure("sensitivity_map", factor_plots.sensitivity_map(self.indices, self.names, measures)))
        shown = own[["factor", "index", "value", "low", "high"]]
        tables.insert(0, Table("sensitivity_of_consensus", f"Indices for whether {self.phrase}, with 95% intervals.", shown, shown=16))
        reading = " ".join([_READING[index], *(f"Note: {note}." for note in notes)])
        return Section("Which factors matter", finding, reading, figures, tables)

    def along(self) -> Section:
        """The outcome, and all outcome classes, along each factor."""
        spread = _spread(self.shares)
        if spread.empty:
            return Section("Along each factor", "No factor has more than one class of samples, so there is nothing to compare.")
        steepest = spread.iloc[0]
        name = self.names[steepest["factor"]]
        finding = (
            f"Whether {self.phrase} changes most along {name}: {steepest['highest']:.0%} of the runs where it is {steepest['at_highest']}, "
            f"{steepest['lowest']:.0%} where it is {steepest['at_lowest']}."
        )
        title = f"From {steepest['lowest']:.0%} to {steepest['highest']:.0%} along {name}, the steepest of {len(spread)}"
        classes = pd.concat([self._classes(path) for path in self.names], ignore_index=True)
        top = classes.groupby("outcome")["share"].agg(lambda share: share.max() - share.min())
        widest = top[list(dict.fromkeys(classes["outcome"]))].idxmax()
        figures = [
            Figure("along", sweep_plots.along_factors(self._scaled(self.shares), self.names, f"share of runs in which {self.phrase}", title)),
            Figure("outcomes_by_factor", sweep_plots.outcomes_along_factors(
                classes, self.names, f"'{words_of(widest).capitalize()}' changes most between classes, by {top[widest]:.0%} of the runs")),
        ]  # fmt: skip
        tables = [
            Table("along_factors", "Lowest and highest share by factor, and the classes where they are.", spread, shown=12),
            Table("consensus_by_factor", "", self.shares, shown=0),
            Table("outcomes_by_factor", "", classes, shown=0),
        ]
        reading = "each panel sorts the runs by one factor, while all others vary; a level row says that the factor alone does little."
        return Section("Along each factor", finding, reading, figures, tables)

    def depth_and_breadth(self) -> Section:
        """How deep and how broad what comes out is."""
        runs = self.runs
        means = [binned_means(self.sweep, measure) for measure in DEPTH_AND_BREADTH]
        figures = []
        for table, (measure, what) in zip(means, DEPTH_AND_BREADTH.items(), strict=True):
            spread = _spread(table)
            if not spread.empty:
                first = spread.iloc[0]
                title = f"{words_of(measure).capitalize()} goes from {first['lowest']:.2f} to {first['highest']:.2f} along {self.names[first['factor']]}"
                figures.append(Figure(measure, sweep_plots.along_factors(self._scaled(table), self.names, what, title, share=False)))
        quantiles = runs[[*DEPTH_AND_BREADTH, "signed", "ratified"]].astype(float).quantile([0.05, 0.5, 0.95]).T
        over = quantiles.set_axis(["q05", "median", "q95"], axis=1).rename_axis("measure").reset_index()
        depth, breadth = (quantiles.loc[measure] for measure in DEPTH_AND_BREADTH)
        finding = (
            f"The last text has depth {depth[0.5]:.2f} in the median run (90% of the runs: {depth[0.05]:.2f} to {depth[0.95]:.2f}), "
            f"and {breadth[0.5]:.0%} of the states are members ({breadth[0.05]:.0%} to {breadth[0.95]:.0%})."
        )
        reading = "depth 0 commits to nothing and 1 to all that was on the table; sponsor and rival are left out of the members."
        tables = [
            Table("depth_and_breadth", "Over all runs: 5% quantile, median, 95% quantile.", over),
            Table("depth_and_breadth_by_factor", "", pd.concat(means, ignore_index=True), shown=0),
        ]
        return Section("How deep, and how broad", finding, reading, figures, tables)

    def discovery(self) -> Section:
        """The box of PRIM, and the rules of a tree."""
        box, rules = prim_box(self.sweep, self.outcome), cart_rules(self.sweep, self.outcome)
        tables = []
        if not rules.table.empty:
            tables.append(Table("rules", "Leaves of a classification tree, densest first; held out: on samples that it was not grown on.", rules.table, shown=6))
        if box.limits.empty:
            return Section("Where consensus forms", f"No box was found in which it is more common that {self.phrase}: {box.note or 'none is denser'}.", tables=tables)
        finding = (
            f"Where {box.words}, {box.held_out_density:.0%} of the runs have it that {self.phrase}, against {box.held_out_share:.0%} of all "
            f"(on samples held out, p = {box.p_value:.2g}); {box.held_out_coverage:.0%} of the runs with it lie there."
        )
        limits = box.limits.assign(values=[value_of(values) for values in box.limits["values"]])
        figures = [
            Figure("box", factor_plots.box_ranges(box, self.sweep.plan.factors, self.names)),
            Figure("peeling", factor_plots.peeling(box)),
        ]
        tables = [
            Table("box", "Limits of the box; a small quasi-p says that a limit is not there by chance.", limits),
            Table("box_quality", "The box on the samples on which it was found, and on those held out.", _quality(box)),
            Table("peeling", "", box.trajectory, shown=0), *tables,
        ]  # fmt: skip
        reading = "a good box has a high density (few runs inside without it) and a high coverage (few with it outside)."
        return Section("Where consensus forms", finding, reading + (f" Note: {box.note}." if box.note else ""), figures, tables)

    def _of_runs(self) -> str:
        design = self.sweep.plan.design
        return f"{len(self.runs):,} runs: {count(self.runs['sample'].nunique(), 'sample')}, {count(design.replicates, 'replicate')}, seed {design.seed}"

    def _factors(self) -> pd.DataFrame:
        rows = []
        for path, factor in self.sweep.plan.factors.items():
            words = isinstance(factor, Values)
            spans = ", ".join(map(str, factor.values)) if isinstance(factor, Values) else f"{factor.low:g} to {factor.high:g}"
            rows.append({
                "factor": path, "short": self.names[path], "spans": spans, "scale": "values" if words else factor.scale,
                "in_scenario": value_of(self._base(path)), "meaning": meaning_of(path),
            })  # fmt: skip
        return pd.DataFrame(rows)

    def _base(self, path: str) -> Any:
        try:
            return lookup(self.sweep.plan.scenario, path)
        except InputError:   # a parameter of a rule that the scenario leaves at its default
            return None

    def _leading(self) -> str | None:
        """The factor along which the outcome changes most; none where no factor has two classes or nothing changes."""
        spread = _spread(self.shares)
        return None if spread.empty or spread["difference"].iloc[0] == 0 else str(spread["factor"].iloc[0])

    def _classes(self, path: str) -> pd.DataFrame:
        table = outcome_shares(self.sweep, path).rename(columns={path: "class"})
        table.insert(0, "factor", path)
        return table

    def _scaled(self, means: pd.DataFrame) -> pd.DataFrame:
        """With the scale of each factor."""
        scales = {path: getattr(factor, "scale", "linear") for path, factor in self.sweep.plan.factors.items()}
        return means.assign(scale=means["factor"].map(scales))


_READING = {
    "ST": "the total index is the share of the variation that would stay if all other factors were known; where it exceeds the first order, "
          "the factor works together with others.",
    "mu_star": "far right: the factor has large effects; far up: they differ from place to place.",
    "delta": "delta is 0 where the distribution does not depend on the factor, and 1 where the factor settles it (Borgonovo 2007).",
    "S1": "the first-order index is the share of the variation that the factor explains alone.",
}  # fmt: skip


def _frontier(found: Frontier, names: dict[str, str]) -> Section:
    """The frontier of two factors."""
    x, y = (names.get(axis.path, axis.path) for axis in (found.x, found.y))
    what = "that the body comes into force" if found.outcome == IN_FORCE else f"of '{words_of(found.outcome)}'"
    if found.everywhere is not None:
        finding = f"The probability {what} is {found.everywhere} {found.level:.0%} all over the plane of {x} and {y}: there is no frontier in it."
    else:
        finding = (
            f"The probability {what} crosses {found.level:.0%} on a curve in the plane of {x} and {y}, known to {found.resolution:.2f} of "
            f"the plane's width from {found.runs:,} runs at {len(found.points)} points; all other factors are as in the scenario."
        )
    reading = "on one side of the curve consensus forms more often than not; the band holds the whole curve with 95% confidence."
    tables = [
        Table("frontier_points", "", found.points, shown=0), Table("frontier_curve", "", found.curve, shown=0),
        Table("frontier_band", "", found.band, shown=0),
    ]  # fmt: skip
    return Section("The consensus frontier", finding, reading, [Figure("frontier", frontier_map(found))], tables)


def _end(rows: pd.DataFrame) -> dict[str, Any]:
    """A curve at its end, and the month by which half of those that get there are there."""
    last = rows.iloc[-1]
    half = rows.loc[rows["probability"] >= last["probability"] / 2, "day"].iloc[0] / MONTH if last["probability"] > 0 else float("nan")
    return {
        "event": last["event"], "meaning": EVENTS[last["event"]], "probability": last["probability"], "low": last["low"], "high": last["high"],
        "month_of_half": half, "runs": last["runs"],
    }  # fmt: skip


def _by(end: pd.Series) -> str:
    return f" (half of them by month {end['month_of_half']:.0f})" if end["probability"] > 0 else ""


def _spread(means: pd.DataFrame) -> pd.DataFrame:
    """Lowest and highest mean by factor, the factor with the largest difference first; factors with one class are left out."""
    rows = []
    for path, table in means.groupby("factor", sort=False):
        if len(table) > 1:
            low, high = table.loc[table["mean"].idxmin()], table.loc[table["mean"].idxmax()]
            rows.append({
                "factor": path, "lowest": low["mean"], "at_lowest": low["class"], "highest": high["mean"], "at_highest": high["class"],
                "difference": high["mean"] - low["mean"],
            })  # fmt: skip
    return pd.DataFrame(rows).sort_values("difference", ascending=False, kind="stable") if rows else pd.DataFrame()


def _noise(indices: pd.DataFrame) -> str:
    noise = indices["noise"].dropna()
    if noise.empty:
        return "with one replicate nothing is known of the noise in it"
    return f"{noise.iloc[0]:.0%} of its variation between samples is noise of the replicates"


def _quality(box: Any) -> pd.DataFrame:
    return pd.DataFrame({
        "samples": ["found on", "held out"],
        "coverage": [box.coverage, box.held_out_coverage], "density": [box.density, box.held_out_density],
        "mass": [box.mass, box.held_out_mass],
    })  # fmt: skip


def _origin(sweep: Sweep) -> dict[str, str]:
    """Versions and hashes, so that a number can be traced."""
    manifest = read_manifest(sweep.folder)
    parts = sorted(path.name for path in (sweep.folder / RESULTS).glob("part-*.parquet"))
    return {
        "scenario": sweep.plan.scenario.name,
        "sampler": sweep.plan.design.sampler, "seed": str(sweep.plan.design.seed),
        "replicates": str(sweep.plan.design.replicates),
        **{f"runs made with: {name}": value for name, value in manifest.environment.items()},
        **{f"analysed with: {name}": version(name) for name in ("waico", *PACKAGES)},
        **{f"hash of {'the samples' if name == DESIGN else name}": value for name, value in manifest.hashes.items()},
        "parts": f"{len(parts)} of {manifest.parts}",
        "hash of the names of the parts, which carry their own": hashlib.sha256(" ".join(parts).encode()).hexdigest(),
    }  # fmt: skip
