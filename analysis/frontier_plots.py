"""The figure of a consensus frontier: probabilities at the points run, the curve, and its band."""

from __future__ import annotations

from waico.analysis.frontier import Frontier
from waico.analysis.plots import Chart


def frontier_map(frontier: Frontier) -> Chart:
    """The plane of the two factors: points coloured by the probability of the outcome, the frontier and its 95% band.

    A frontier that is not crossed is drawn as its points, and the title says on which side of the level they all are.
    """
    raise NotImplementedError
