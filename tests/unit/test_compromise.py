"""The compromise protocol against its closed forms."""

import math

import numpy as np
import pytest

from tests.contract import ProtocolContract
from tests.generators import plain_table
from waico.negotiation import Table
from waico.negotiation.bargain import Compromise


class TestCompromise(ProtocolContract):
    protocol = Compromise()


def two(weight: list[float], **changes: object) -> Table:
    """Two actors, one issue: positions 0 and 1, saliences 0.75 and 0.25, text at 0.5."""
    return plain_table([[0.0], [1.0]], [[0.75], [0.25]], weight=np.array(weight), **changes)


def text(table: Table, rate: float, days: float) -> float:
    """The text after one round."""
    return float(Compromise(rate=rate).play(table, days)[0].text[0])


def test_comes_to_rest_at_the_weighted_mean() -> None:
    # weights 0.6 and 0.4 times salience 0.75 and 0.25: (0.4 * 0.25) / (0.6 * 0.75 + 0.4 * 0.25) = 2 / 11
    assert text(two([0.6, 0.4]), 50.0, 3000.0) == pytest.approx(2 / 11, abs=1e-12)


def test_closes_an_exponential_share_of_the_distance() -> None:
    assert text(two([0.5, 0.5]), 0.3, 20.0) == pytest.approx(0.25 + 0.25 * math.exp(-0.3 * 20 / 30), abs=1e-12)


def test_agenda_power_mixes_in_the_sponsor() -> None:
    mixed = text(two([0.5, 0.5], agenda_power=0.4, sponsor=1), 50.0, 3000.0)
    assert mixed == pytest.approx(0.4 * 1.0 + 0.6 * 0.25, abs=1e-12)


def test_splitting_a_state_in_two_halves_changes_nothing() -> None:
    whole, rows = two([0.6, 0.4]), [0, 0, 1]
    halves = plain_table(whole.position[rows], whole.salience[rows], weight=np.array([0.3, 0.3, 0.4]))
    assert text(halves, 0.25, 30.0) == pytest.approx(text(whole, 0.25, 30.0), abs=1e-12)


def test_a_table_at_which_nobody_has_weight_keeps_its_text() -> None:
    assert text(two([0.0, 0.0]), 0.25, 30.0) == 0.5
