"""What the patterns share: finished runs of an arm, and standard errors over its replicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waico.model import NegotiationModel
from waico.negotiation.adopt import AdoptionRule
from waico.negotiation.course import Chapter, Course
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]

SEED = 1
RESAMPLES = 400


def models(
    scenario: Scenario, replicates: int, until: date | None = None, rule: AdoptionRule | None = None
) -> Iterable[NegotiationModel]:
    """Finished runs of a scenario, one per replicate; `rule` replaces the adoption rule of the first institution."""

    def adapt(chapter: Chapter) -> Chapter:
        return chapter if rule is None else replace(chapter, adoption=[rule, *chapter.adoption[1:]])

    course = Course(scenario, adapt)
    for replicate in range(replicates):
        model = NegotiationModel(scenario, rng=SEED, replicate=replicate, until=until, course=course)
        model.run_model()
        yield model


def estimate(statistic: Callable[..., Any], *arms: NDArray[Any]) -> tuple[float, float]:
    """A statistic of one or more arms, and its standard error by drawing replicates again (bootstrap, Efron 1979).

    Arms have a row per replicate; as their replicates are paired, the same rows of all are drawn.
    """
    replicates = len(arms[0])
    draws = np.random.default_rng(0).integers(replicates, size=(RESAMPLES, replicates))
    again = [statistic(*(arm[rows] for arm in arms)) for rows in draws]
    return float(statistic(*arms)), float(np.std(again, ddof=1))


def mean(values: Floats) -> tuple[float, float]:
    """The mean of one value per replicate, and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
