"""The compromise protocol against its closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.contract import ProtocolContract
from waico.negotiation import Table
from waico.negotiation.bargain import Compromise


class TestCompromise(ProtocolContract):
    protocol = Compromise()


def two(agenda_power: float = 0.0, sponsor: int = -1) -> Table:
    """Two actors, one issue: positions 0 and 1, saliences 0.75 and 0.25, text at 0.5."""
    return Table(
        position=np.array([[0.0], [1.0]]), salience=np.array([[0.75], [0.25]]), capability=np.array([0.5, 0.5]),
        tolerance=np.zeros(2), floor=np.zeros((2, 1)), ceiling=np.ones((2, 1)), text=np.array([0.5]),
        status_quo=np.array([0.0]), undecided=np.ones(2), expected=0.0, sponsor=sponsor, agenda_power=agenda_power,
        smoothness=0.02,
    )  # fmt: skip


def test_comes_to_rest_at_the_weighted_mean() -> None:
    # weights 0.6 and 0.4 times salience 0.75 and 0.25: (0.4 * 0.25) / (0.6 * 0.75 + 0.4 * 0.25) = 2 / 11
    text = Compromise(rate=50.0).move(two(), np.array([0.6, 0.4]), 3000.0)
    assert text[0] == pytest.approx(2 / 11, abs=1e-12)


def test_closes_an_exponential_share_of_the_distance() -> None:
    text = Compromise(rate=0.3).move(two(), np.array([0.5, 0.5]), 20.0)
    assert text[0] == pytest.approx(0.25 + 0.25 * math.exp(-0.3 * 20 / 30), abs=1e-12)


def test_agenda_power_mixes_in_the_sponsor() -> None:
    text = Compromise(rate=50.0).move(two(agenda_power=0.4, sponsor=1), np.array([0.5, 0.5]), 3000.0)
    assert text[0] == pytest.approx(0.4 * 1.0 + 0.6 * 0.25, abs=1e-12)


def test_splitting_a_state_in_two_halves_changes_nothing() -> None:
    whole, weight = two(), np.array([0.6, 0.4])
    rows = [0, 0, 1]
    halves = replace(whole, position=whole.position[rows], salience=whole.salience[rows])
    split = Compromise().move(halves, np.array([0.3, 0.3, 0.4]), 30.0)
    assert split[0] == pytest.approx(Compromise().move(whole, weight, 30.0)[0], abs=1e-12)


def test_a_table_at_which_nobody_has_weight_keeps_its_text() -> None:
    assert Compromise().move(two(), np.zeros(2), 30.0)[0] == 0.5
