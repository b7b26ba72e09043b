"""The four protocols beside each other: different answers where they should differ, the same where they must agree."""

import numpy as np
import pytest

from tests.generators import plain_table
from waico.negotiation import Table
from waico.negotiation.bargain import protocols

NAMES = ("compromise", "nash", "challenge", "exchange")


def outcome(name: str, table: Table, rounds: int = 10) -> np.ndarray:
    """What a protocol predicts after some rounds."""
    rule = protocols.make(name, {}, "", "protocol")
    for _ in range(rounds):
        table, _ = rule.play(table, 30.0)
    found = rule.outcome(table)
    assert found is not None
    return found


def test_four_answers_on_a_table_made_for_it() -> None:
    # North cares for issue 1 and South for issue 2; a host, an island and a union stand between
    table = plain_table(
        [[1.0, 0.2], [0.2, 1.0], [0.6, 0.7], [0.9, 0.9], [0.75, 0.4]],
        [[0.8, 0.3], [0.4, 0.9], [0.6, 0.5], [0.95, 0.8], [0.7, 0.6]], np.array([0.3, 0.25, 0.2, 0.05, 0.2]),
        full_salience=1.0,
    )  # fmt: skip
    found = {name: outcome(name, table) for name in NAMES}
    weight = table.capability[:, None] * table.salience
    np.testing.assert_allclose(found["compromise"], (weight * table.position).sum(axis=0) / weight.sum(axis=0))
    for a, first in enumerate(NAMES):
        for second in NAMES[a + 1 :]:
            assert np.linalg.norm(found[first] - found[second]) > 0.03, (first, second)
    # trade takes each issue to those who care for it; the product of gains holds back for who would gain least
    assert (found["exchange"] > found["compromise"] + 0.1).all()
    assert (found["nash"] < found["compromise"]).all()


@pytest.mark.parametrize("name", NAMES)
def test_two_equals_meet_in_the_middle(name: str) -> None:
    # mirrored on the first issue, agreed on the second, equal salience and power: every protocol splits the difference
    table = plain_table([[0.3, 0.5], [0.7, 0.5]], status_quo=np.array([0.5, 1.0]), text=np.array([0.1, 0.1]))
    np.testing.assert_allclose(outcome(name, table), 0.5, atol=1e-7)
