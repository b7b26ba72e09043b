"""Adoption rules on tables small enough to work out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.contract import AdoptionContract
from waico.negotiation import Table, Verdict
from waico.negotiation.adopt import CoalitionOfTheWilling, Consensus, Supermajority, WeightedMajority


def table(positions: list[float], text: float, **changes: object) -> Table:
    """One issue, status quo 0, equal capability, tolerance 0.01."""
    n = len(positions)
    plain = Table(
        position=np.array(positions)[:, None], salience=np.ones((n, 1)), capability=np.full(n, 1 / n),
        tolerance=np.full(n, 0.01), floor=np.zeros((n, 1)), ceiling=np.ones((n, 1)), text=np.array([text]),
        status_quo=np.array([0.0]), undecided=np.linspace(0, 1, n), expected=0.0, sponsor=0, agenda_power=0.0,
        smoothness=0.02,
    )  # fmt: skip
    return replace(plain, **changes)   # type: ignore[arg-type]


class TestConsensus(AdoptionContract):
    rule = Consensus()

    # a state at x objects to y when (x - y)^2 > x^2 + 0.01, that is for y = 0.5: 0.25 - x > 0.01, x < 0.24
    @pytest.mark.parametrize(("positions", "adopted"), [([0.5, 0.25], True), ([0.5, 0.23], False)])
    def test_blocks_at_the_tolerance(self, positions: list[float], adopted: bool) -> None:
        assert self.rule.decide(table(positions, 0.5), False) == Verdict(adopted)

    def test_small_objectors_cannot_block(self) -> None:
        small = table([0.5, 0.0], 0.5, capability=np.array([0.996, 0.004]))
        assert self.rule.decide(small, False).adopted
        assert not Consensus(veto_share=0.003).decide(small, False).adopted

    def test_a_lone_objector_may_walk_out(self) -> None:
        lone = table([0.5, 0.5, 0.0], 0.5)
        assert Consensus(walkout=True).decide(lone, False) == Verdict(True, walks_out=2)
        assert Consensus(walkout=True).decide(table([0.5, 0.0, 0.0], 0.5), False) == Verdict(False)
        assert Consensus(walkout=True).decide(replace(lone, sponsor=2), False) == Verdict(False)

    def test_red_lines_block(self) -> None:
        floor = np.array([[0.0], [0.6]])
        assert not self.rule.decide(table([0.5, 0.5], 0.5, floor=floor), False).adopted

    def test_weight_is_capability_times_objection(self) -> None:
        # at the edge of the tolerance the smooth objection is one half
        edge = table([0.5, 0.24], 0.5)
        assert self.rule.weight(edge)[1] == pytest.approx(0.5 * (self.rule.epsilon + 0.5))
        assert self.rule.weight(edge)[0] == pytest.approx(0.5 * self.rule.epsilon, rel=1e-3)


class TestSupermajority(AdoptionContract):
    rule = Supermajority()

    @pytest.mark.parametrize(("objectors", "adopted"), [(0, True), (1, True), (2, False)])
    def test_two_thirds_of_heads(self, objectors: int, adopted: bool) -> None:
        positions = [0.5] * (4 - objectors) + [0.0] * objectors
        assert self.rule.decide(table(positions, 0.5), False).adopted is adopted


class TestWeightedMajority(AdoptionContract):
    rule = WeightedMajority()

    @pytest.mark.parametrize(("weight", "adopted"), [(0.5, True), (0.49, False)])
    def test_half_of_the_weight(self, weight: float, adopted: bool) -> None:
        two = table([0.5, 0.0], 0.5, capability=np.array([weight, 1 - weight]))
        assert self.rule.decide(two, False).adopted is adopted


class TestCoalitionOfTheWilling(AdoptionContract):
    rule = CoalitionOfTheWilling()

    @pytest.mark.parametrize(
        ("expected", "ceremony", "adopted"), [(9.99, False, False), (10.0, False, True), (0.0, True, True)]
    )
    def test_goes_ahead_with_enough_or_on_the_day(self, expected: float, ceremony: bool, adopted: bool) -> None:
        assert self.rule.decide(table([0.5, 0.0], 0.5, expected=expected), ceremony).adopted is adopted

    def test_the_decided_do_not_write_the_text(self) -> None:
        assert self.rule.weight(table([0.1, 0.9], 0.5)).tolist() == [0.0, 0.5]
