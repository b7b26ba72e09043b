"""Invariants of whole runs on small random worlds, and of single equations on random input."""

from dataclasses import replace
from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import waico
from tests.generators import tables, unit, worlds
from waico.agents.world import RATIFIED, SIGNED
from waico.negotiation import Table
from waico.negotiation.adopt import Consensus, WeightedMajority
from waico.negotiation.bargain import Compromise
from waico.negotiation.course import Course
from waico.negotiation.offer import water_fill
from waico.runs.run import simulate_endings
from waico.runs.tables import Ending
from waico.scenarios.paths import replace as with_values
from waico.scenarios.schema import Scenario

some = settings(max_examples=25, deadline=None, derandomize=True)
many = settings(max_examples=200, deadline=None, derandomize=True)


@some
@given(worlds(), st.integers(0, 5))
def test_status_never_skips_nor_falls_but_by_withdrawal(scenario: Scenario, seed: int) -> None:
    model = waico.NegotiationModel(scenario, rng=seed)
    staged, previous = model.world.setting.staged, model.world.status.copy()
    while model.running:
        model.step()
        status = model.world.status
        change = status - previous
        assert ((change >= 0) | (status == -1)).all()
        assert (change[:, staged] <= 1).all()   # without a stage of endorsement, signing endorses
        assert (previous[status == RATIFIED] >= SIGNED).all()
        previous = status.copy()
    world = model.world
    for earlier, later in (("endorsed", "signed"), ("signed", "ratified")):
        first, second = getattr(world, f"round_{earlier}"), getattr(world, f"round_{later}")
        assert (first[second > 0] > 0).all()
        assert (first[second > 0] <= second[second > 0]).all()


@some
@given(worlds(), st.integers(0, 5))
def test_measures_lie_in_their_ranges(scenario: Scenario, seed: int) -> None:
    model = waico.NegotiationModel(scenario, rng=seed)
    model.run_model()
    measures = model.measures()
    for name in ("agreement", "objection_weight", "depth", "breadth_states", "breadth_gdp", "breadth_weight", "overlap",
                 "fault_line"):  # fmt: skip
        values = measures[name][np.isfinite(measures[name])]
        assert ((values >= -1e-12) & (values <= 1 + 1e-12)).all(), name
    assert (measures["endorsed"] >= measures["signed"]).all()
    assert (measures["signed"] >= measures["ratified"]).all()
    assert (np.array(model.history.text) >= 0).all()
    assert (np.array(model.history.text) <= 1).all()
    assert np.isfinite(model.payoff.terms).all()


@some
@given(worlds(), st.integers(0, 5))
def test_order_of_states_in_the_scenario_does_not_matter(scenario: Scenario, seed: int) -> None:
    other = with_values(scenario, {"nations.subset": scenario.nations.subset[::-1]})
    runs = [waico.run(each, seed=seed).nations for each in (scenario, other)]
    assert runs[0].equals(runs[1])


@some
@given(worlds(**{"institutions.waico.endorsement.closes": None, "decision.b_deadline": 0.0, "decision.b_launch": 0.0}),
       st.integers(0, 3))  # fmt: skip
def test_two_half_rounds_of_endorsing_make_one(scenario: Scenario, seed: int) -> None:
    # without feedback (peers, network, offers, lobbying, text) the summed hazard must not depend on the step
    quiet = with_values(scenario, {
        "decision.b_peers": 0.0, "decision.b_network": 0.0, "decision.b_offer": 0.0, "decision.b_fit": 0.0,
        "decision.b_cost": 0.0, "decision.b_capacity": 0.0, "decision.b_pressure": 0.0,
    })  # fmt: skip
    sums = []
    for days in (30, 15):
        model = waico.NegotiationModel(
            with_values(quiet, {"rounds.days": days}), rng=seed, until=date(2025, 10, 24)
        )
        model.run_model()
        outside = model.world.round_endorsed[:, 0] < 0
        sums.append(np.where(outside, model.world.endorse_sum[:, 0], np.nan))
    np.testing.assert_allclose(sums[0], sums[1], rtol=1e-9)


@some
@given(worlds(), st.integers(0, 3), st.floats(0.01, 10.0))
def test_a_higher_offer_never_lowers_a_probability(scenario: Scenario, seed: int, offer: float) -> None:
    probabilities = []
    for extra in (0.0, offer):
        model = waico.NegotiationModel(scenario, rng=seed)
        model.world.offer += extra
        model.step()
        assert model.prospects is not None
        probabilities.append(model.prospects.probability)
    assert (probabilities[1] >= probabilities[0]).all()


@many
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(1e-3, 1)), min_size=1, max_size=12), st.floats(1e-3, 10))
def test_water_filling_spends_all_and_levels_the_returns(states: list[tuple[float, float]], budget: float) -> None:
    value, base = np.array(states).T
    if value.max() < 1e-6:
        return
    spent = water_fill(value, base, budget)
    assert (spent >= 0).all()
    np.testing.assert_allclose(spent.sum(), budget, rtol=1e-9)
    returns = value / (base + spent)
    level = returns[spent > 0].max()
    np.testing.assert_allclose(returns[spent > 0], level, rtol=1e-9)
    assert (returns[spent == 0] <= level * (1 + 1e-9)).all()


@many
@given(tables(), unit)
def test_splitting_a_participant_leaves_the_text_unchanged(table: Table, part: float) -> None:
    n = len(table.capability)
    rows = [*range(n), n - 1]
    share = np.ones(n + 1)
    share[n - 1], share[n] = part, 1.0 - part
    split = replace(
        table, capability=table.capability[rows] * share, sponsor=table.sponsor,
        **{name: getattr(table, name)[rows]
           for name in ("position", "conceded", "salience", "tolerance", "floor", "ceiling", "undecided")},
    )  # fmt: skip
    for rule in (Consensus(veto_share=0.0), WeightedMajority()):
        whole, _ = Compromise().play(replace(table, weight=rule.weight(table)), 30.0)
        halves, _ = Compromise().play(replace(split, weight=rule.weight(split)), 30.0)
        np.testing.assert_allclose(halves.text, whole.text, atol=1e-12)


def test_peers_help_but_do_not_tip_everything() -> None:
    shares = []
    for b_peers in (0.0, 2.0):
        result = waico.run(
            waico.load_scenario("waic2025", {"decision.b_peers": b_peers, "decision.b0": -4.5}), seed=1, replicates=10
        )
        shares.append(result.outcomes["breadth_states"].mean())
    assert 0.05 < shares[0] < shares[1] < 0.9


def test_adoption_does_not_hinge_on_the_step_of_the_text() -> None:
    adopted = {}
    for rate, days in ((0.1, 30), (0.25, 30), (0.25, 10), (1.0, 30), (1.0, 7)):
        scenario = waico.load_scenario("waic2025", {
            "institutions.waico.participants": "all", "institutions.waico.adoption.rule": "consensus",
            "institutions.waico.opening.enforcement": 0.6, "institutions.waico.opening.mandate": 0.6,
            "bargaining.rate": rate, "rounds.days": days,
        })  # fmt: skip
        result = waico.run(scenario, seed=1, replicates=4)
        adopted[rate, days] = result.outcomes["round_adopted"].notna().tolist()
    assert len(set(map(tuple, adopted.values()))) == 1


@some
@given(worlds(), st.integers(0, 5))
def test_runs_abreast_and_not_recorded_end_as_others_do(scenario: Scenario, seed: int) -> None:
    recorded = []
    for replicate in range(3):
        model = waico.NegotiationModel(scenario, rng=seed, replicate=replicate)
        model.run_model()
        recorded.append(Ending.of(model, replicate))
    abreast = simulate_endings(seed, [(Course(scenario), replicate) for replicate in range(3)])
    assert repr(abreast) == repr(recorded)   # NaN and arrays equal themselves


@some
@given(worlds(), st.integers(0, 3))
def test_changing_one_value_reshuffles_nothing_else(scenario: Scenario, seed: int) -> None:
    other = with_values(scenario, {"outcome.force_days": 10, "decision.withdraw.days": 999})
    first, second = (waico.NegotiationModel(each, rng=seed) for each in (scenario, other))
    for name in ("endorse_at", "sign_at", "invite_at", "ratify_lag", "ideal", "nation_effect", "partner_at"):
        assert np.array_equal(getattr(first.world, name), getattr(second.world, name)), name


