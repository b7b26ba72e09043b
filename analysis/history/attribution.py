"""What a forecast of the number of members owes to each coefficient, and how much of its width to all of them together.

Everything is paired by common random numbers: replicate r of a changed scenario has the draws of replicate r of the
scenario itself, so that what differs is due to what was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import truncnorm

from waico.agents.draws import Draws
from waico.analysis.history.episodes import ASSUMED, ESTIMATED
from waico.analysis.history.membership import members_of
from waico.analysis.history.scores import TAILS
from waico.analysis.intervals import paired
from waico.model import NegotiationModel
from waico.negotiation.coefficients import draw_coefficients
from waico.negotiation.payoff import Payoff
from waico.runs.engines import in_order, run_tasks
from waico.runs.run import resolved
from waico.runs.tables import Trace
from waico.scenarios.paths import replace
from waico.scenarios.schema import COEFFICIENTS, Prior, Scenario

Counts = NDArray[np.int64]

CHANGES = ("up", "down", "dropped")
CHUNK = 50   # replicates per task
RESAMPLES = 1000


@dataclass(frozen=True)
class Arm:
    """A scenario to run beside the forecast's own.

    Attributes:
        coefficient: whose prior is changed; empty for the two arms about all of them. change: one of `CHANGES`, or
            `fixed` (all at their means), or `other_noise` (as they were drawn, and all else drawn anew).
    """

    coefficient: str
    change: str
    scenario: Scenario


def arms(scenario: Scenario) -> list[Arm]:
    """All arms: those about all coefficients, then each coefficient moved up and down by one sd, and dropped.

    The intercept is only moved: without it there is no hazard to speak of. A fixed number has no sd to be moved by, and
    one that is 0 is dropped already.
    """
    found = [Arm("", "fixed", _fixed(scenario)), Arm("", "other_noise", scenario)]
    for name in ("b0", *ESTIMATED, *ASSUMED):
        value, path = getattr(scenario.decision, name), f"decision.{name}"
        sd = value.sd if isinstance(value, Prior) else 0.0
        if isinstance(value, Prior) and sd > 0:
            moved = [value.model_copy(update={"mean": value.mean + sign * sd}).model_dump() for sign in (1, -1)]
            found += [Arm(name, change, replace(scenario, {path: to})) for change, to in zip(CHANGES, moved, strict=False)]
        if name != "b0" and (sd > 0 or value != 0.0):
            found.append(Arm(name, "dropped", replace(scenario, {path: 0.0})))
    return found


def _fixed(scenario: Scenario) -> Scenario:
    """Every coefficient at the mean of what is drawn of it, which for a cut prior lies above the mean of the normal."""
    values = {name: getattr(scenario.decision, name) for name in COEFFICIENTS}
    return replace(scenario, {f"decision.{name}": mean_of(value) for name, value in values.items()})


def mean_of(value: float | Prior) -> float:
    """The mean of the draws of a coefficient."""
    if not isinstance(value, Prior):
        return float(value)
    if value.lower is None or value.sd == 0:
        return value.mean
    cut = (value.lower - value.mean) / value.sd
    return float(truncnorm.mean(cut, np.inf, loc=value.mean, scale=value.sd))


def counted(
    arms: list[Arm], seed: int, replicates: int, until: date, workers: int, on_progress: Callable[[int], None] | None
) -> list[Counts]:
    """The number of members of each institution at the end of each replicate, (R, J) per arm."""
    spans = [(start, min(start + CHUNK, replicates)) for start in range(0, replicates, CHUNK)]
    tasks = [
        (arm.scenario.model_dump_json(), seed, span, until, replicates if arm.change == "other_noise" else 0)
        for arm in arms for span in spans
    ]  # fmt: skip
    parts = []
    for part in in_order(run_tasks(_counted, tasks, workers)):
        parts.append(part)
        if on_progress is not None:
            on_progress(len(part))
    return [np.concatenate(parts[k : k + len(spans)]) for k in range(0, len(parts), len(spans))]


def _counted(task: tuple[str, int, tuple[int, int], date, int]) -> Counts:
    """Numbers of members in some replicates; `shift` says how far away the replicate is that lends its noise."""
    json, seed, (start, stop), until, shift = task
    scenario, course = resolved(json)
    rows = []
    for replicate in range(start, stop):
        model = NegotiationModel(scenario, rng=seed, replicate=replicate + shift, until=until, course=course)
        if shift:   # the model keeps its draws for coefficients alone; the world has taken its own by now
            model.draws = Draws(seed, replicate)
            coefficients = draw_coefficients(model.chapter.setting, model.draws)
            model.payoff = Payoff(model.world, model.institutions, coefficients)
        model.run_model()
        rows.append(members_of(scenario, Trace.of(model, replicate)))
    return np.array(rows)


def owed(arms: list[Arm], counts: list[Counts], base: Counts, body: int) -> Iterator[dict[str, Any]]:
    """What each change of a coefficient does to the expected number of members of an institution.

    Args:
        arms: of which those about single coefficients are told.
        counts: of each, (R, J).
        base: those of the forecast itself, (R, J).
        body: number of the institution.

    Yields:
        coefficient; kind, `estimated` or `assumed`; change; difference of the expected number and its standard error,
        None with a single replicate.
    """
    for arm, changed in zip(arms, counts, strict=True):
        if arm.coefficient:
            found = paired(base[:, body], changed[:, body])
            kind = "assumed" if arm.coefficient in ASSUMED or not arm.scenario.coefficients else "estimated"
            se = None if np.isnan(found.se) else found.se
            yield {"coefficient": arm.coefficient, "kind": kind, "change": arm.change, "difference": found.difference, "se": se}


def share_of_variance(one: Counts, other: Counts, seed: int) -> dict[str, float | None]:
    """Share of the variance that comes from coefficients, from pairs of runs that share them and nothing else, (R,) each.

    The first-order index of the coefficients as a group (Sobol' 1993), by the estimator of Janon et al. (2014), with a
    percentile interval of 90% from 1000 bootstrap samples of the pairs. None where the numbers do not vary.
    """
    y, z = one.astype(float), other.astype(float)
    times = np.random.default_rng(seed).multinomial(len(y), np.full(len(y), 1.0 / len(y)), size=RESAMPLES) / len(y)
    weights = np.vstack([np.full(len(y), 1.0 / len(y)), times])
    centre = weights @ (y + z) / 2.0
    between = weights @ (y * z) - centre**2
    total = weights @ ((y**2 + z**2) / 2.0) - centre**2
    shares = np.divide(between, total, out=np.full(len(total), np.nan), where=total > 1e-9)
    if np.isnan(shares[0]):
        return {"share": None, "low": None, "high": None}
    low, high = np.nanquantile(shares[1:], TAILS)
    return {"share": float(shares[0]), "low": float(low), "high": float(high)}
