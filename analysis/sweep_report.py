"""The consensus report of a sweep: what was swept, how and when runs end, which factors matter, where consensus forms.

Needs the extra `analysis`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version

from waico.analysis.frontier import Frontier
from waico.analysis.frontier_plots import frontier_map
from waico.analysis.outputs import IN_FORCE, carried_out, indicator
from waico.analysis.plots import words_of
from waico.analysis.report import Figure, Report, Section, Table, section_of
from waico.analysis.sweep_sections import SweepSections
from waico.analysis.wording import day_of
from waico.runs.design import Range
from waico.runs.store import DESIGN, RESULTS, read_manifest
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, nearest

PACKAGES = ("altair", "vl-convert-python", "pandas", "SALib", "lifelines", "ema_workbench", "scikit-learn")
ALSO_DISCOVERED = {"Where a binding regime forms": "binding_regime", "Where talks end without a text": "no_text"}
FRONTIER_RUNS = 4000   # at most: 200 points of 20 replicates, the defaults of `waico.analysis.frontier.frontier`


def sweep_report(sweep: Sweep, outcome: str = IN_FORCE, frontier: Frontier | None = None) -> Report:
    """All sections of the report of a sweep.

    Args:
        sweep: complete or not.
        outcome: what counts as consensus: `in_force` (the first institution comes into force), or an outcome class.
        frontier: of two of its factors, to be shown as well.

    Raises:
        InputError: there is no such outcome, or no run yet.
        NeedsExtra: a package is missing.
    """
    indicator(sweep.runs, outcome)   # refuses what does not exist
    if sweep.runs.empty:
        carried_out(sweep)   # says why there is nothing to tell
    told = SweepSections(sweep, outcome)
    makers: dict[str, Callable[[str], Section]] = {
        "What was swept": told.swept,
        "How the runs end": told.endings,
        "When consensus forms": told.timing,
        "Which factors matter": told.sensitivity,
        "Along each factor": told.along,
        "How deep, and how broad": told.depth_and_breadth,
        "Where consensus forms": told.discovery,
        **{
            title: partial(SweepSections(sweep, other).discovery, suffix=f"_{other}")
            for title, other in ALSO_DISCOVERED.items() if other != outcome
        },
    }  # fmt: skip
    if frontier is not None:
        makers["The consensus frontier"] = partial(_frontier, found=frontier, names=told.names)
    scenario = sweep.plan.scenario
    return Report(
        title=f"Consensus report: {scenario.title}",
        subtitle=(
            f"A sweep of the scenario {scenario.name}, as of {day_of(scenario.freeze_date)}. "
            f"Consensus here means that {told.event}."
        ),
        warnings=list(_warnings(sweep)),
        sections=[section_of(title, make) for title, make in makers.items()],
        origin=_origin(sweep),
    )


def axes_of(sweep: Sweep, text: str) -> tuple[tuple[str, Range], tuple[str, Range]]:
    """The two factors of a sweep that `--frontier` names, with their ranges.

    Raises:
        InputError: there are not two paths, or one is no factor of the sweep, or has no range.
    """
    paths = [path.strip() for path in text.split(",")]
    if len(paths) != 2:
        raise InputError("--frontier", text, "does not name two factors", "write X_PATH,Y_PATH")
    factors = sweep.plan.factors
    axes = []
    for path in paths:
        factor = factors.get(path)
        if factor is None:
            raise InputError("--frontier", path, "is no factor of the sweep", nearest(path, factors))
        if not isinstance(factor, Range):
            raise InputError(
                "--frontier", path, "takes one of several values, and has no range", "name a factor with a range"
            )
        axes.append((path, factor))
    return axes[0], axes[1]


def _warnings(sweep: Sweep) -> Iterator[str]:
    """What a reader must know first."""
    there, planned = len(sweep.runs), sweep.plan.runs
    if there < planned:
        yield (
            f"This sweep is not complete: {there:,} of {planned:,} runs are there ({there / planned:.0%}). "
            "Numbers will change; go on with waico sweep --resume."
        )
    errors = sweep.runs["error"].dropna()
    if len(errors):
        reason, times = next(iter(errors.value_counts().items()))
        yield (
            f"{len(errors):,} of {there:,} runs could not be carried out and are left out. "
            f"The commonest reason ({times:,} runs): {reason}"
        )


def _frontier(title: str, found: Frontier, names: dict[str, str]) -> Section:
    """The frontier of two factors."""
    x, y = (names.get(axis.path, axis.path) for axis in (found.x, found.y))
    what = "that the body comes into force" if found.outcome == IN_FORCE else f"of '{words_of(found.outcome)}'"
    if found.everywhere is not None:
        near = found.points.loc[(found.points["probability"] - found.level).abs().idxmin()]
        known = (
            "which does not tell it from the level: take more replicates" if near["low"] <= found.level <= near["high"]
            else "so that there is no frontier in it, unless it encloses less than lies between points"
        )
        finding = (
            f"The probability {what} is {found.everywhere} {found.level:.0%} at all {len(found.points)} points of the plane of {x} and "
            f"{y}, {near['probability']:.0%} (95% interval {near['low']:.0%} to {near['high']:.0%}) where it comes nearest, {known}."
        )
    elif found.curve.empty:
        finding = f"The probability {what} is above {found.level:.0%} at some points and below at others, but at no neighbours."
    else:
        known = (
            "other replicates may have no such curve"
            if math.isinf(found.sampling)
            else f"other replicates would move it by up to {found.sampling:.0%}"
        )
        reached = "" if found.resolution <= found.tolerance else f", not to the {found.tolerance:.1%} asked for,"
        finding = (
            f"The probability {what} crosses {found.level:.0%} on a curve in the plane of {x} and {y}, bracketed to "
            f"{found.resolution:.1%} of the ranges{reached} by {found.runs:,} runs at {len(found.points)} points; {known} (95%). "
            "All other factors are as in the scenario."
        )
    reading = "on one side of the curve consensus forms more often than not; its band holds all of it with 95% confidence."
    tables = [
        Table("frontier_points", "", found.points, shown=0), Table("frontier_curve", "", found.curve, shown=0),
        Table("frontier_band", "", found.band, shown=0),
    ]  # fmt: skip
    return Section(title, finding, reading, [Figure("frontier", frontier_map(found))], tables)


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
