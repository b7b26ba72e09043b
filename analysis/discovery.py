"""Scenario discovery: where in the space of a sweep's factors an outcome is common (Bryant & Lempert 2010)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from waico.analysis import wording
from waico.analysis.factors import is_numeric
from waico.analysis.outputs import carried_out, indicator
from waico.analysis.regions import Fit, Halves, Region, Restriction
from waico.runs.sweep import Sweep
from waico.scenarios.errors import extra

LEAST_MASS = 0.05   # share of the runs that a box or a leaf must hold; ema_workbench's default
LEVEL = 0.05   # of the tests
LEAVES = 8   # of a tree, so that it can be read
FEWEST = 20   # samples in a half
LIMITS = ["factor", "low", "high", "values", "quasi_p_low", "quasi_p_high", "p_value"]
TRAJECTORY = [
    "box", "coverage", "density", "mass", "dimensions", "phi", "held_out_coverage", "held_out_density", "chosen",
]  # fmt: skip
RULES = [
    "words", "dimensions", "coverage", "density", "mass", "held_out_coverage", "held_out_density", "held_out_mass",
    "p_value",
]  # fmt: skip
NOTHING = Fit(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class Box:
    """A box in the space of factors, found by PRIM on half of the samples and checked on the other half.

    Attributes:
        outcome: an outcome class or `in_force`.
        share: of all runs that have it (the base rate).
        words: the box in words; empty if there is none.
        limits: a row per restricted factor. Columns: factor, low, high (infinite where open), values (a tuple for
            factors that are not numbers, else None), quasi_p_low, quasi_p_high (chance of so high a density if that
            limit changed nothing, by a one-sided binomial test of runs, on the half on which the box was found; Bryant
            & Lempert 2010; NaN where open; for values in quasi_p_low), p_value (of the factor: the same question, asked
            of samples, see `Halves.p_value`).
        coverage, density, mass: on the half on which the box was found; NaN without a box, as below.
        held_out_coverage, held_out_density, held_out_mass: on the other half, free of the optimism of a search.
        held_out_share: base rate of the other half.
        p_value: on the other half, of the outcome being no more common inside than outside, see `Halves.p_value`.
        trajectory: a row per box on the way, from all of the space. Columns: box (from 0), coverage, density, mass,
            dimensions (restricted factors), phi, held_out_coverage, held_out_density, chosen.
        note: empty, or why there is no box, or what speaks against it.
    """

    outcome: str
    share: float
    words: str
    limits: pd.DataFrame
    coverage: float
    density: float
    mass: float
    held_out_coverage: float
    held_out_density: float
    held_out_mass: float
    held_out_share: float
    p_value: float
    trajectory: pd.DataFrame
    note: str

    def in_words(self, happens: str) -> str:
        """What was found, on samples held out, and what speaks against it.

        Args:
            happens: what runs with the outcome do, such as `end without a text`.
        """
        if self.limits.empty:
            return f"There is no box of factors in which more runs {happens}: {self.note or 'none is denser than the whole'}."
        start = "No box is sure; the best is" if self.note else "The box is"
        return (
            f"{start}: {self.words}. Inside it {self.held_out_density:.0%} of the runs {happens}, against {self.held_out_share:.0%} of "
            f"all (on samples held out; {wording.p_value(self.p_value)}), and {self.held_out_coverage:.0%} of all runs that do lie there."
            + (f" But: {self.note}." if self.note else "")
        )


@dataclass(frozen=True)
class Rules:
    """The leaves of a classification tree in which an outcome is more common than over all.

    Attributes:
        outcome: an outcome class or `in_force`.
        share: of all runs that have it (the base rate).
        held_out_share: base rate of the half held out.
        table: a row per leaf, densest first. Columns: words, dimensions, coverage, density, mass, held_out_coverage,
            held_out_density, held_out_mass, p_value; as of a `Box`.
        note: empty, or why there is none, or what speaks against them.
    """

    outcome: str
    share: float
    held_out_share: float
    table: pd.DataFrame
    note: str

    def in_words(self, happens: str) -> str:
        """The leaves as a list, densest first, on samples held out; those that these do not confirm are only counted."""
        if self.table.empty:
            return f"There is no leaf in which more runs {happens}: {self.note}."
        sure = self.table[self.table["p_value"] * len(self.table) <= LEVEL]   # Bonferroni's
        if sure.empty:
            return f"No leaf in which more runs {happens} is confirmed: {self.note.removeprefix('not confirmed: ')}."
        leaves = [
            f"- {leaf['words']}: {leaf['held_out_density']:.0%} of the runs {happens} ({wording.p_value(leaf['p_value'])}), "
            f"{leaf['held_out_coverage']:.0%} of all that do"
            for _, leaf in sure.iterrows()
        ]
        rest = len(self.table) - len(sure)
        unsure = f"\n\n{rest} more {'leaf was' if rest == 1 else 'leaves were'} not confirmed on samples held out." if rest else ""
        return "\n".join([f"Over all {self.held_out_share:.0%} of the runs {happens}; in the leaves (samples held out)", "", *leaves]) + unsure


def prim_box(sweep: Sweep, outcome: str, *, seed: int = 0) -> Box:
    """Find a box of factors where an outcome is common, by patient rule induction (PRIM; Friedman & Fisher 1999).

    ema_workbench peels 5% of the runs at a time off the sides of the space. Of the boxes on the way the one is chosen
    whose phi is highest: the correlation of being inside and having the outcome (Matthews 1975), which weighs coverage
    against density, and is 0 for any box that says nothing, whatever the base rate p. (Their harmonic mean, F1, is
    2 p / (1 + p) for all of the space, which few boxes beat where the outcome is common.) Then factors are set free,
    the least significant first, whose p-values are above 0.05; quasi-p-values do for one replicate only, since they
    take runs as independent. All of that is done on a random half of the samples; the other shows what it is worth.

    Args:
        sweep: complete or not; the runs that are there count, but for those that failed with an error.
        outcome: an outcome class or `in_force`.
        seed: of the halves.

    Raises:
        InputError: there is no such outcome, or no run.
        NeedsExtra: ema_workbench is missing.
    """
    halves = _halves(sweep, outcome, seed)
    reason = _hopeless(halves, outcome)
    boxes, chosen = ([], 0) if reason else _peel(halves)
    region = boxes[chosen] if boxes else []
    reason = reason or ("" if region else "no box does better than all of the space")
    found = NOTHING if reason else halves.fit(region, held_out=False)
    check = NOTHING if reason else halves.fit(region, held_out=True)
    p_value = np.nan if reason else halves.p_value(region, held_out=True)
    limits = [vars(each) | {"p_value": halves.p_value_of(each, region)} for each in region]
    return Box(
        outcome, float(halves.y.mean()), halves.in_words(region), pd.DataFrame(limits, columns=LIMITS), *found, *check,
        halves.share(held_out=True), p_value, _trajectory(halves, boxes, chosen), reason or _doubts(p_value),
    )  # fmt: skip


def cart_rules(sweep: Sweep, outcome: str, *, seed: int = 0) -> Rules:
    """Find rules for where an outcome is common, by a classification tree (Breiman et al. 1984).

    scikit-learn grows up to eight leaves, the most telling split first, on a random half of the samples. From the path
    to a leaf, factors are set free as for `prim_box` (after Quinlan 1987), so that rules may overlap. The other half
    shows what they are worth. (The trees of ema_workbench 2.5 are not used: a branch `is X` of a factor in words leaves
    their boxes as they were.)

    Args:
        sweep: complete or not; the runs that are there count, but for those that failed with an error.
        outcome: an outcome class or `in_force`.
        seed: of the halves, and of the order in which splits that are as good are tried.

    Raises:
        InputError: there is no such outcome, or no run.
        NeedsExtra: scikit-learn is missing.
    """
    halves = _halves(sweep, outcome, seed)
    reason = _hopeless(halves, outcome)
    rows = []
    for region in [] if reason else _rules(halves, seed):
        found, check = halves.fit(region, held_out=False), halves.fit(region, held_out=True)
        rows.append((halves.in_words(region), len(region), *found, *check, halves.p_value(region, held_out=True)))
    table = pd.DataFrame(rows, columns=RULES).sort_values("density", ascending=False, kind="stable", ignore_index=True)
    reason = reason or ("" if len(table) else "no leaf does better than all of the space")
    least = min(1.0, len(table) * float(table["p_value"].min()))   # Bonferroni's
    share = float(halves.y.mean())
    return Rules(outcome, share, halves.share(held_out=True), table, reason or _doubts(least))


def _halves(sweep: Sweep, outcome: str, seed: int) -> Halves:
    runs = carried_out(sweep)
    return Halves.of(sweep, runs, indicator(runs, outcome), seed)


def _hopeless(halves: Halves, outcome: str) -> str:
    """Why there is nothing to look for; empty if there is."""
    if not halves.y.any():
        return f"{outcome} never happens"
    if halves.y.all():
        return f"{outcome} always happens"
    if min(len(np.unique(halves.sample[halves.first == half])) for half in (True, False)) < FEWEST:
        return f"too few samples: {FEWEST} are needed to find and {FEWEST} to check"
    if len(np.unique(halves.y[halves.first])) < 2:
        return f"{outcome} is too rare or too common: all runs of the half to find it on are alike"
    return "" if (halves.x.nunique() > 1).any() else "no factor varies"


def _doubts(p_value: float) -> str:
    """What the half held out says against what was found."""
    if np.isnan(p_value):
        return "the half held out cannot tell: all of it is inside, or outside, or alike"
    if p_value > LEVEL:
        return f"not confirmed: in the half held out it is no more common inside than outside (p = {p_value:.2g})"
    return ""


def _trajectory(halves: Halves, boxes: list[Region], chosen: int) -> pd.DataFrame:
    """The boxes as a table."""
    rows = []
    for number, region in enumerate(boxes):
        found, check = halves.fit(region, held_out=False), halves.fit(region, held_out=True)
        phi = _phi(halves, region)
        rows.append((number, *found, len(region), phi, check.coverage, check.density, number == chosen))
    return pd.DataFrame(rows, columns=TRAJECTORY)


def _phi(halves: Halves, region: Region) -> float:
    """Correlation of being inside and having the outcome, on the half to find boxes on; 0 for all of the space."""
    inside, y = halves.inside(region)[halves.first], halves.y[halves.first]
    return 0.0 if inside.all() else float(np.corrcoef(inside, y)[0, 1])


def _peel(halves: Halves) -> tuple[list[Region], int]:
    """The boxes of PRIM, and the number of the one to choose."""
    prim = _prim()
    kinds = {str(path): sorted(each.unique().tolist()) for path, each in halves.x.items() if not is_numeric(each)}
    x = pd.DataFrame({path: _coded(column, kinds.get(str(path))) for path, column in halves.x[halves.first].items()})
    x = x[x.columns[x.nunique() > 1]]
    box = prim.Prim(x, halves.y[halves.first].astype(int), threshold=1e-9, mass_min=LEAST_MASS).find_box()
    everywhere = box.prim.box_init
    boxes = [_region(everywhere, limits, quasi_p, kinds) for limits, quasi_p in zip(box.box_lims, box.qp, strict=True)]
    chosen = int(np.argmax([_phi(halves, region) for region in boxes]))
    while (weak := halves.weakest(boxes[chosen], LEVEL)) is not None:
        box.drop_restriction(weak.factor, chosen)
        boxes.append(_region(everywhere, box.box_lims[-1], box.qp[-1], kinds))
        chosen = len(boxes) - 1
    return boxes, chosen


def _coded(column: pd.Series, kinds: list[Any] | None) -> pd.Series:
    """A factor for ema_workbench: in floating point, or categories by number, whose sets have one order everywhere."""
    if kinds is None:
        return column.astype(float)
    return column.map(kinds.index).astype(pd.CategoricalDtype(list(range(len(kinds)))))


def _prim() -> Any:
    """ema_workbench's PRIM. It takes seconds to import, and warns of a package with which it would run models."""
    with extra("scenario discovery"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ipyparallel not installed", UserWarning)
        from ema_workbench.analysis import prim
    return prim


def _region(
    everywhere: pd.DataFrame, limits: pd.DataFrame, quasi_p: dict[str, list[float]], kinds: dict[str, list[Any]]
) -> Region:
    """What a box of ema_workbench asks of the factors that it restricts."""
    region = []
    for path, p_values in quasi_p.items():
        low, high = limits[path]
        if path in kinds:
            values = tuple(kinds[path][place] for place in sorted(low))
            region.append(Restriction(path, values=values, quasi_p_low=p_values[0]))
            continue
        open_low, open_high = low == everywhere.loc[0, path], high == everywhere.loc[1, path]
        region.append(Restriction(
            path, -np.inf if open_low else float(low), np.inf if open_high else float(high), None,
            np.nan if open_low else p_values[0], np.nan if open_high else p_values[1],
        ))  # fmt: skip
    return region


def _rules(halves: Halves, seed: int) -> list[Region]:
    """Leaves of a tree denser than all of the space, without what adds nothing, each once."""
    base, places = halves.share(held_out=False), {path: place for place, path in enumerate(halves.x)}
    found: list[Region] = []
    for region in _leaves(halves, seed):
        if halves.fit(region, held_out=False).density <= base:
            continue
        while (weak := halves.weakest(region, LEVEL)) is not None:
            region = [each for each in region if each is not weak]
        region = sorted(region, key=lambda each: places[each.factor])
        if region and region not in found:
            found.append(region)
    return found


def _leaves(halves: Halves, seed: int) -> list[Region]:
    """The leaves of a tree as regions, one per path from its root."""
    with extra("scenario discovery"):
        from sklearn.tree import DecisionTreeClassifier
    columns, made = [], []   # of the tree: a factor in numbers, or whether a factor has some value
    for path, column in halves.x.items():
        kinds = [None] if is_numeric(column) else sorted(column.unique().tolist())
        columns += [(str(path), kind) for kind in kinds]
        made += [(column if kind is None else column == kind).to_numpy(dtype=float) for kind in kinds]
    least = max(1, int(np.ceil(LEAST_MASS * halves.first.sum())))
    tree = DecisionTreeClassifier(min_samples_leaf=least, max_leaf_nodes=LEAVES, random_state=seed % 2**32)
    tree.fit(np.column_stack(made)[halves.first], halves.y[halves.first])
    kinds_of = {path: tuple(kind for other, kind in columns if other == path) for path, _ in columns}
    return [list(region.values()) for region in _descend(tree.tree_, columns, kinds_of, 0, {})]


def _descend(
    tree: Any, columns: list[tuple[str, Any]], kinds: dict[str, tuple[Any, ...]], node: int,
    above: dict[str, Restriction],
) -> Iterator[dict[str, Restriction]]:  # fmt: skip
    """The restrictions by factor of every leaf below a node."""
    if tree.children_left[node] < 0:
        yield above
        return
    (path, kind), limit = columns[tree.feature[node]], float(tree.threshold[node])
    then = above.get(path, Restriction(path, values=None if kind is None else kinds[path]))
    if then.values is None:
        sides = replace(then, high=limit), replace(then, low=limit)
    else:
        sides = replace(then, values=tuple(each for each in then.values if each != kind)), replace(then, values=(kind,))
    for child, restriction in zip((tree.children_left[node], tree.children_right[node]), sides, strict=True):
        yield from _descend(tree, columns, kinds, int(child), {**above, path: restriction})
