"""Adoption rules on tables small enough to work out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.contract import AdoptionContract
from tests.generators import plain_table
from waico.negotiation import Table, Verdict
from waico.negotiation.adopt import AdoptionRule, CoalitionOfTheWilling, Consensus, Supermajority, WeightedMajority


def table(positions: list[float], text: float, **changes: object) -> Table:
    """One issue, status quo 0, equal capability, tolerance 0.01."""
    n = len(positions)
    usual = {"tolerance": np.full(n, 0.01), "undecided": np.linspace(0, 1, n), "sponsor": 0, "text": np.array([text])}
    return plain_table(np.array(positions)[:, None], **{**usual, **changes})


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

    def test_needs_everybody_who_can_block(self) -> None:
        small = table([0.5, 0.0], 0.5, capability=np.array([0.996, 0.004]))
        assert self.rule.consent(small).tolist() == [True, False]

    def test_weight_is_capability_times_objection(self) -> None:
        # at the edge of the tolerance the smooth objection is one half
        edge = table([0.5, 0.24], 0.5)
        assert self.rule.weight(edge)[1] == pytest.approx(0.5 * (self.rule.epsilon + 0.5))
        assert self.rule.weight(edge)[0] == pytest.approx(0.5 * self.rule.epsilon, rel=1e-3)


class TestSupermajority(AdoptionContract):
    rule = Supermajority()

    def test_needs_those_whom_the_text_costs_least(self) -> None:
        # two thirds of four heads are three: the sponsor, and the two nearest to the text
        assert self.rule.consent(table([0.0, 0.1, 0.4, 0.6], 0.5)).tolist() == [True, False, True, True]

    @pytest.mark.parametrize("rule", [Supermajority(share=0.0), WeightedMajority(share=0.0)])
    def test_a_rule_that_asks_for_no_votes_needs_the_sponsor_alone(self, rule: AdoptionRule) -> None:
        text = table([0.0, 0.1, 0.4, 0.6], 0.5)
        assert rule.decide(text, False).adopted
        assert rule.consent(text).tolist() == [True, False, False, False]

    @pytest.mark.parametrize(("objectors", "adopted"), [(0, True), (1, True), (2, False)])
    def test_two_thirds_of_heads(self, objectors: int, adopted: bool) -> None:
        positions = [0.5] * (4 - objectors) + [0.0] * objectors
        assert self.rule.decide(table(positions, 0.5), False).adopted is adopted


class TestWeightedMajority(AdoptionContract):
    rule = WeightedMajority()

    def test_needs_those_whom_the_text_costs_least(self) -> None:
        heavy = table([0.5, 0.4, 0.0], 0.5, capability=np.array([0.3, 0.2, 0.5]))
        assert self.rule.consent(heavy).tolist() == [True, True, False]

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

    def test_needs_as_many_founders_beside_the_sponsor(self) -> None:
        assert CoalitionOfTheWilling(states=1).consent(table([0.0, 0.1, 0.5], 0.5)).tolist() == [True, False, True]

    def test_the_decided_do_not_write_the_text(self) -> None:
        assert self.rule.weight(table([0.1, 0.9], 0.5)).tolist() == [0.0, 0.5]
