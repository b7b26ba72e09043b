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
        for name in (
            "position", "conceded", "salience", "capability", "weight", "consent", "tolerance", "floor", "ceiling",
            "undecided",
        )
    }  # fmt: skip
    return replace(table, **by_row, sponsor=order.index(table.sponsor) if table.sponsor >= 0 else -1)


class ProtocolContract:
    """Subclass as `TestX` with `protocol = X()`."""

    protocol: BargainingProtocol

    @quick
    @given(tables())
    def test_text_and_positions_stay_among_positions_and_old_text(self, table: Table) -> None:
        after, _ = self.protocol.play(table, 30.0)
        ends = np.vstack([table.position, table.text, table.status_quo])
        for reached in (after.text, after.position):
            assert (reached >= ends.min(axis=0) - 1e-9).all()
            assert (reached <= ends.max(axis=0) + 1e-9).all()

    @quick
    @given(tables())
    def test_order_of_participants_does_not_matter(self, table: Table) -> None:
        order = list(range(len(table.capability)))[::-1]
        before, _ = self.protocol.play(table, 30.0)
        after, _ = self.protocol.play(reordered(table, order), 30.0)
        np.testing.assert_allclose(after.text, before.text, atol=1e-7)
        np.testing.assert_allclose(after.position[order], before.position, atol=1e-7)

    @quick
    @given(tables())
    def test_order_of_issues_does_not_matter(self, table: Table) -> None:
        by_issue = ("position", "conceded", "salience", "floor", "ceiling", "text", "status_quo")
        turned = replace(table, **{name: getattr(table, name)[..., ::-1] for name in by_issue})
        before, _ = self.protocol.play(table, 30.0)
        after, _ = self.protocol.play(turned, 30.0)
        np.testing.assert_allclose(after.text[::-1], before.text, atol=1e-7)
        np.testing.assert_allclose(after.position[:, ::-1], before.position, atol=1e-7)

    @quick
    @given(tables())
    def test_turning_the_scales_round_turns_the_result_round(self, table: Table) -> None:
        mirrored = replace(
            table, conceded=-table.conceded, floor=1.0 - table.ceiling, ceiling=1.0 - table.floor,
            **{name: 1.0 - getattr(table, name) for name in ("position", "text", "status_quo")},
        )  # fmt: skip
        before, _ = self.protocol.play(table, 30.0)
        after, _ = self.protocol.play(mirrored, 30.0)
        np.testing.assert_allclose(1.0 - after.text, before.text, atol=1e-7)
        np.testing.assert_allclose(1.0 - after.position, before.position, atol=1e-7)

    @quick
    @given(tables())
    def test_only_shares_of_weight_count(self, table: Table) -> None:
        before, _ = self.protocol.play(table, 30.0)
        after, _ = self.protocol.play(replace(table, weight=8.0 * table.weight), 30.0)
        np.testing.assert_allclose(after.text, before.text, atol=1e-7)
        np.testing.assert_allclose(after.position, before.position, atol=1e-7)

    @quick
    @given(tables())
    def test_two_half_rounds_make_one(self, table: Table) -> None:
        if not self.protocol.exact_in_time:
            return
        whole, _ = self.protocol.play(table, 30.0)
        half, _ = self.protocol.play(table, 15.0)
        again, _ = self.protocol.play(half, 15.0)
        np.testing.assert_allclose(again.text, whole.text, atol=1e-7)

    @quick
    @given(tables())
    def test_unanimity_holds(self, table: Table) -> None:
        same = np.broadcast_to(table.position[0], table.position.shape)
        agreed, _ = self.protocol.play(replace(table, position=same, text=table.position[0]), 30.0)
        np.testing.assert_allclose(agreed.text, table.position[0], atol=1e-7)
        np.testing.assert_allclose(agreed.position, same, atol=1e-7)


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
        np.testing.assert_array_equal(self.rule.consent(mirrored)[::-1], self.rule.consent(table))
        before, after = self.rule.decide(table, False), self.rule.decide(mirrored, False)
        assert before.adopted == after.adopted

    @quick
    @given(tables())
    def test_a_text_that_all_prefer_is_adopted_at_the_ceremony(self, table: Table) -> None:
        same = np.broadcast_to(table.position[0], table.position.shape)
        best = replace(table, position=same, text=table.position[0], tolerance=np.full(len(same), 0.01))
        assert self.rule.decide(best, True) == Verdict(True)
