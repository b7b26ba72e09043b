"""The protocol nash at the table; the solution itself is tested in tests/truth/test_solutions.py."""

from dataclasses import replace

import numpy as np
import pytest

from tests.contract import ProtocolContract
from tests.generators import plain_table
from waico.negotiation.bargain import Nash


class TestNash(ProtocolContract):
    protocol = Nash()


# one issue, status quo 0, actors at 0.6 and 1: gains 0.36 - (0.6 - y)^2 = y (1.2 - y) and y (2 - y)
TWO = plain_table([[0.6], [1.0]], weight=np.array([0.5, 0.5]), text=np.array([0.2]))


def test_text_moves_towards_the_solution() -> None:
    # ln y (1.2 - y) + ln y (2 - y) is greatest where 2/y = 1/(1.2 - y) + 1/(2 - y): 4 y^2 - 9.6 y + 4.8 = 0
    best = (9.6 - np.sqrt(9.6**2 - 16 * 4.8)) / 8
    after, moves = Nash(rate=50.0).play(TWO, 3000.0)
    assert moves is None
    assert after.text[0] == pytest.approx(best, abs=1e-7)


def test_without_common_gains_the_text_stays() -> None:
    apart = replace(TWO, position=np.array([[0.1], [0.9]]), status_quo=np.array([0.5]))
    assert Nash(rate=50.0).outcome(apart) is None
    assert Nash(rate=50.0).play(apart, 3000.0)[0].text[0] == 0.2


def test_only_those_whose_consent_is_needed_must_gain() -> None:
    apart = replace(
        TWO, position=np.array([[0.1], [0.9]]), status_quo=np.array([0.5]), consent=np.array([True, False])
    )
    assert Nash(rate=50.0).play(apart, 3000.0)[0].text[0] == pytest.approx(0.1, abs=1e-7)
