"""What every bargaining protocol and every adoption rule must satisfy; each one's own test adds its expected results."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from tests.generators import tables
from waico.negotiation import AdoptionRule, BargainingProtocol, Table, Verdict

quick = settings(
    max_examples=50, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.differing_executors],   # one test runs for every subclass
)  # fmt: skip


def reordered(table: Table, order: list[int]) -> Table:
    """The same table with its participants in another order."""
    by_row = {
        name: getattr(table, name)[order]
        for name in ("position", "salience", "capability", "tolerance", "floor", "ceiling", "undecided")
    }
    return replace(table, **by_row, sponsor=order.index(table.sponsor) if table.sponsor >= 0 else -1)


class ProtocolContract:
    """Subclass as `TestX` with `protocol = X()`."""

    protocol: BargainingProtocol

    @quick
    @given(tables())
    def test_text_stays_among_positions_and_old_text(self, table: Table) -> None:
        text = self.protocol.move(table, table.capability, 30.0)
        ends = np.vstack([table.position, table.text])
        assert (text >= ends.min(axis=0) - 1e-12).all()
        assert (text <= ends.max(axis=0) + 1e-12).all()

    @quick
    @given(tables())
    def test_order_of_participants_does_not_matter(self, table: Table) -> None:
        order = list(range(len(table.capability)))[::-1]
        mirrored = reordered(table, order)
        before = self.protocol.move(table, table.capability, 30.0)
        after = self.protocol.move(mirrored, mirrored.capability, 30.0)
        np.testing.assert_allclose(after, before, atol=1e-12)

    @quick
    @given(tables())
    def test_two_half_rounds_make_one(self, table: Table) -> None:
        whole = self.protocol.move(table, table.capability, 30.0)
        half = self.protocol.move(table, table.capability, 15.0)
        again = self.protocol.move(replace(table, text=half), table.capability, 15.0)
        np.testing.assert_allclose(again, whole, atol=1e-12)

    @quick
    @given(tables())
    def test_unanimity_holds(self, table: Table) -> None:
        same = np.broadcast_to(table.position[0], table.position.shape)
        agreed = replace(table, position=same, text=table.position[0])
        np.testing.assert_allclose(self.protocol.move(agreed, table.capability, 30.0), table.position[0], atol=1e-12)


class AdoptionContract:
    """Subclass as `TestX` with `rule = X()`."""

    rule: AdoptionRule

    @quick
    @given(tables())
    def test_weights_are_finite_and_not_negative(self, table: Table) -> None:
        weight = self.rule.weight(table)
        assert weight.shape == table.capability.shape
        assert np.isfinite(weight).all()
        assert (weight >= 0).all()

    @quick
    @given(tables())
    def test_order_of_participants_does_not_matter(self, table: Table) -> None:
        order = list(range(len(table.capability)))[::-1]
        mirrored = reordered(table, order)
        np.testing.assert_allclose(self.rule.weight(mirrored)[::-1], self.rule.weight(table), atol=1e-12)
        before, after = self.rule.decide(table, False), self.rule.decide(mirrored, False)
        assert before.adopted == after.adopted

    @quick
    @given(tables())
    def test_a_text_that_all_prefer_is_adopted_at_the_ceremony(self, table: Table) -> None:
        same = np.broadcast_to(table.position[0], table.position.shape)
        best = replace(table, position=same, text=table.position[0], tolerance=np.full(len(same), 0.01))
        assert self.rule.decide(best, True) == Verdict(True)
