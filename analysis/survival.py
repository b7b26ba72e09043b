"""When consensus forms and when it fails in the runs of a sweep: curves of cumulative incidence, shares of outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.binned import clustered_interval
from waico.analysis.clusters import Clusters
from waico.analysis.factors import classes
from waico.analysis.outputs import IN_FORCE, carried_out, indicator
from waico.negotiation.measure import OUTCOMES
from waico.runs.sweep import Sweep
from waico.scenarios.errors import extra

Floats = NDArray[np.float64]

OPEN, SUCCESS, FAILURE = range(3)
RACES = (("adopted", "failed"), ("in_force", "not_in_force"))   # what may happen, and what ends the hope of it
EVENTS = tuple(event for race in RACES for event in race)
TOO_LATE = ("declaration", "unratified")
ERROR = 0.05   # of all comparisons of a factor's classes together
INSTANT = 1e-6   # days; sets ties in order


def incidence(sweep: Sweep, by: str | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Cumulative incidence of what may happen to the first institution, in days after the freeze date.

    Two pairs of events, each ending the chance of the other (competing risks), estimated from all runs alike:

    - `adopted`, the text is, at day_adopted; against `failed`, talks end without a text, at day_failed.
    - `in_force`, at day_in_force, be it after the deadline of the outcome classes; against `not_in_force`: talks end
      without a text, at day_failed, or the run ends as `declaration` or `unratified` without entry into force, on its
      last day. A horizon before the deadline thus counts as failure, as it does in the outcome class; `in_force` is the
      same either way unless horizons differ.

    Runs that neither came to are open: they count up to their last day (censored there), and not as failures. The
    curves are those of Aalen & Johansen (1978), by lifelines. It would shift tied days at random, across the last day
    of open runs even; so ties are set in order before: success, failure, end of what stays open, which gives the
    estimator for tied data. Where no run is open before the others are done, a curve is the plain share of runs.

    Runs are not independent: the intervals rest on resamples of samples and replicates, see `Clusters`.

    Args:
        sweep: complete or not; the runs that are there count, but for those that failed with an error.
        by: path of a factor, to get curves per class of it, see `waico.analysis.factors.classes`.
        seed: of the resamples.

    Returns:
        A row per curve and day on which it or its rival rises, and for day 0 and the last day. Columns: [the factor
        under its path,] event, day, probability, low, high (95%), runs (behind the curve).

    Raises:
        InputError: there is no such factor, or no run.
        NeedsExtra: lifelines is missing.
    """
    tables = [
        _race(runs, race, Clusters.of(runs, sweep.plan), seed).assign(**label)
        for label, runs in _groups(sweep, by) for race in RACES
    ]  # fmt: skip
    columns = [] if by is None else [by]
    return pd.concat(tables, ignore_index=True)[[*columns, "event", "day", "probability", "low", "high", "runs"]]


def outcome_shares(sweep: Sweep, by: str | None = None, *, seed: int = 0) -> pd.DataFrame:
    """Share of every outcome class among the runs, also of those that never occur.

    Args:
        sweep: complete or not; the runs that are there count, but for those that failed with an error.
        by: path of a factor, to get shares per class of it.
        seed: of the resamples behind the intervals.

    Returns:
        Columns: [the factor under its path,] outcome (in the order of `waico.negotiation.measure.OUTCOMES`), share,
        low, high (95%, see `Clusters`), runs.

    Raises:
        InputError: there is no such factor, or no run.
    """
    tables = []
    for label, runs in _groups(sweep, by):
        place = pd.Categorical(runs["outcome"], OUTCOMES).codes.astype(int)
        share = _shares(np.bincount(place, minlength=len(OUTCOMES)).astype(float))
        low, high = Clusters.of(runs, sweep.plan).limits(share, place, len(OUTCOMES), _shares, seed)
        columns = {"outcome": OUTCOMES, "share": share, "low": low, "high": high, "runs": len(runs)}
        tables.append(pd.DataFrame({**label, **columns}))
    return pd.concat(tables, ignore_index=True)


class Gap(NamedTuple):
    """How far apart the shares of runs that ever come into force lie among the classes of a factor.

    Attributes:
        most, least: the highest and the lowest share. at_most, at_least: the classes that have them.
        sure: whether the difference can be told from chance.
    """

    most: float
    least: float
    at_most: str
    at_least: str
    sure: bool


def widest_gap(sweep: Sweep, by: str) -> Gap:
    """The classes of a factor between which entry into force differs most, compared replicate by replicate.

    Runs of both classes with the same number of replicate share their draws, so what these do to both alike cancels; where
    points are set (a grid) nothing else is left to chance, and samples that were drawn count as well, see `Clusters`. The
    two classes are chosen from all pairs, and the 5% are for all of these together (Bonferroni; Dunn 1961). A difference
    that is the same in all replicates is held against the sign test.

    Args:
        sweep: complete or not; the runs that are there count, but for those that failed with an error.
        by: path of the factor.

    Raises:
        InputError: there is no such factor, or no run.
    """
    groups = {label[by]: runs for label, runs in _groups(sweep, by)}
    came = {name: indicator(runs, IN_FORCE).to_numpy(dtype=float) for name, runs in groups.items()}
    share = {name: float(each.mean()) for name, each in came.items()}
    high, low = max(share, key=lambda name: share[name]), min(share, key=lambda name: share[name])
    gap, pairs = share[high] - share[low], max(1, len(groups) * (len(groups) - 1) // 2)
    both = pd.concat([groups[high], groups[low]])
    rest = [sign * (came[name] - share[name]) / len(came[name]) for name, sign in ((high, 1.0), (low, -1.0))]
    half = clustered_interval(len(both) * np.concatenate(rest), Clusters.of(both, sweep.plan), pairs)[1]
    same = 2.0 * 0.5 ** both["replicate"].nunique() * pairs < ERROR
    return Gap(share[high], share[low], high, low, gap > 0.0 and (same if np.isnan(half) else gap > half))


def _groups(sweep: Sweep, by: str | None) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """The runs of every class of a factor that has any, in order, with the class as a column; or all runs."""
    runs = carried_out(sweep)
    if by is None:
        yield {}, runs
        return
    label = classes(sweep, by).iloc[runs["sample"]].reset_index(drop=True)
    for name, part in runs.groupby(label, observed=True):
        yield {by: str(name)}, part


def _race(runs: pd.DataFrame, race: tuple[str, str], clusters: Clusters, seed: int) -> pd.DataFrame:
    """Both curves of a pair of events."""
    ends = _ends(runs, race[0])
    days, place = np.unique(ends["day"], return_inverse=True)
    cells, size = 3 * place + ends["kind"].to_numpy(), 3 * len(days)
    counts = np.bincount(cells, minlength=size).reshape(-1, 3)
    tables = []
    for kind, event in zip((SUCCESS, FAILURE), race, strict=True):
        curve = _curve(days, counts, kind)
        low, high = clusters.limits(curve, cells, size, partial(aalen_johansen, kind=kind), seed)
        tables.append(pd.DataFrame({"event": event, "day": days, "probability": curve, "low": low, "high": high}))
    keep = counts[:, [SUCCESS, FAILURE]].any(axis=1) | (days == days[-1])
    start = pd.DataFrame({"event": race, "day": 0.0, "probability": 0.0, "low": 0.0, "high": 0.0})
    table = pd.concat([start, *(each[keep] for each in tables)], ignore_index=True)
    return table.sort_values("event", key=lambda column: column.map(race.index), kind="stable").assign(runs=len(runs))


def _ends(runs: pd.DataFrame, event: str) -> pd.DataFrame:
    """How a race ended for each run. Columns: kind, day."""
    won, lost = runs[f"day_{event}"], runs["day_failed"]
    if event == "in_force":
        lost = lost.where(~runs["outcome"].isin(TOO_LATE), runs["day_ended"])
    kind = np.select([won.notna(), lost.notna()], [SUCCESS, FAILURE], OPEN)
    return pd.DataFrame({"kind": kind, "day": np.select([won.notna(), lost.notna()], [won, lost], runs["day_ended"])})


def _shares(counts: Floats) -> Floats:
    return counts / counts.sum(axis=-1, keepdims=True)


def _curve(days: Floats, counts: NDArray[np.int64], kind: int) -> Floats:
    """Cumulative incidence of a kind of end by lifelines, (T,), from the runs that end on each day by kind, (T, 3)."""
    with extra("curves of cumulative incidence"):
        from lifelines import AalenJohansenFitter
    day, end = np.nonzero(counts)
    moment = days[day] + INSTANT * np.array([2, 0, 1])[end]
    fitter = AalenJohansenFitter(calculate_variance=False)
    fitter.fit(moment, end, event_of_interest=kind, weights=counts[day, end])
    found = fitter.cumulative_density_.iloc[:, 0]
    return found.to_numpy()[np.searchsorted(found.index, days + 3 * INSTANT) - 1]


def aalen_johansen(ends: Floats, kind: int) -> Floats:
    """The estimator of `incidence` for many resamples at once, where lifelines would take minutes.

    Sum over days of S(t-) d_k(t) / n(t), with n at risk, d_k ends of the kind, and S the product of 1 - d(t) / n(t)
    over all kinds.

    Args:
        ends: runs that end on each day, by kind (open, success, failure), (..., 3 T).
        kind: SUCCESS or FAILURE.

    Returns:
        Cumulative incidence, (..., T).
    """
    ends = ends.reshape(*ends.shape[:-1], -1, 3)
    at_risk = ends.sum(axis=-1)[..., ::-1].cumsum(axis=-1)[..., ::-1]
    hazard = np.divide(ends, at_risk[..., None], out=np.zeros(ends.shape), where=at_risk[..., None] > 0)
    survival = np.cumprod(1.0 - hazard[..., SUCCESS] - hazard[..., FAILURE], axis=-1)
    before = np.concatenate([np.ones_like(survival[..., :1]), survival[..., :-1]], axis=-1)
    return np.cumsum(before * hazard[..., kind], axis=-1)
