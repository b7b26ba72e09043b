"""Stability of memberships agrees with the payoff of the model, and leaves the run as it was."""

import copy
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import waico
from waico.agents.world import ENDORSED, OUTSIDE, SIGNED, WITHDRAWN
from waico.analysis.coalition import destabilizers
from waico.analysis.farsighted import Blocs, bloc_payoffs, blocs_of, farsighted, farsighted_check
from waico.analysis.stability import (
    COLUMNS,
    Accession,
    Equilibrium,
    Stability,
    destabilizing_states,
    final_stability,
    stability,
    stability_table,
)
from waico.negotiation.payoff import Payoff
from waico.negotiation.terms import CAPACITY, EXCLUSIVE, NETWORK, PRESSURE, TERMS
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

STATES = [
    "ARE", "BRA", "CHN", "DEU", "FRA", "GBR", "IND", "ITA", "JPN", "KEN", "KOR", "PAK", "POL", "RUS", "USA", "ZAF",
]  # fmt: skip


def small(changes: dict[str, Any] | None = None) -> Scenario:
    base = {
        "nations.subset": STATES, "institutions.waico.named": [], "decision.b0": -3.5,
        "institutions.us_coalition.proposed": date(2025, 9, 1), "rounds.horizon": date(2027, 6, 1),
    }  # fmt: skip
    return waico.load_scenario("waic2025", {**base, **(changes or {})})


def finished(seed: int = 3, changes: dict[str, Any] | None = None) -> waico.NegotiationModel:
    model = waico.NegotiationModel(small(changes), rng=seed)
    model.run_model()
    return model


@pytest.fixture(scope="module")
def model() -> waico.NegotiationModel:
    return finished()


def state(model: waico.NegotiationModel) -> dict[str, Any]:
    """Everything that a run holds in arrays."""
    held = {"terms": model.payoff.terms, "total": model.payoff.total}
    for name, part in (("world", model.world), ("institutions", model.institutions)):
        held |= {f"{name}.{key}": value for key, value in vars(part).items() if isinstance(value, np.ndarray)}
    return copy.deepcopy(held)


def test_the_run_is_left_as_it_was() -> None:
    touched, spared = (waico.NegotiationModel(small(), rng=3) for _ in range(2))
    for run in (touched, spared):
        for _ in range(15):
            run.step()
    before = state(touched)
    stability(touched)
    farsighted_check(touched, "us_coalition")
    after = state(touched)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name], equal_nan=True) for name in before)
    for run in (touched, spared):
        run.run_model()
    pairs = zip(state(touched).values(), state(spared).values(), strict=True)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


def u_without(model: waico.NegotiationModel, i: int, j: int) -> float:
    """u of a state if it were outside and all else as it is, from a payoff made afresh."""
    world = copy.deepcopy(model.world)
    world.status[i, j] = OUTSIDE
    payoff = Payoff(world, model.institutions, model.payoff.coefficients)
    assert model.round is not None
    payoff.update(model.round.end)
    return float(payoff.total[i, j])


RUNS = [(1, -2.0), (3, -5.0), (7, -5.0)]   # seed and intercept: with a quick pace and a slow one


@pytest.mark.parametrize(("seed", "b0"), RUNS)
@pytest.mark.parametrize("j", [0, 1])
def test_destabilizers_are_those_whose_payoff_says_so(seed: int, b0: float, j: int) -> None:
    model = finished(seed, {"decision.b0": b0})
    codes, body = model.world.setting.codes, model.world.setting.bodies[j]
    told = stability(model, body)
    free = model.world.setting.at_risk[:, j] & model.world.invited[:, j] & (model.world.status[:, j] >= 0)
    u = {code: u_without(model, i, j) for i, code in enumerate(codes) if free[i]}
    inside = {code: bool(model.world.status[i, j] >= ENDORSED) for i, code in enumerate(codes)}
    assert told.members == tuple(code for code in codes if inside[code])
    leavers = sorted((code for code in u if inside[code] and u[code] < 0), key=lambda code: u[code])
    joiners = sorted((code for code in u if not inside[code] and u[code] > 0), key=lambda code: -u[code])
    assert (told.leavers["iso3"].tolist(), told.joiners["iso3"].tolist()) == (leavers, joiners)
    assert (told.internal, told.external) == (not leavers, not joiners)
    for table in (told.leavers, told.joiners):
        assert table["u"].tolist() == pytest.approx([u[code] for code in table["iso3"]], abs=1e-12)


def test_the_cases_above_have_leavers_and_joiners() -> None:
    models = [finished(seed, {"decision.b0": b0}) for seed, b0 in RUNS]
    found = [stability(model, body) for model in models for body in ("waico", "us_coalition")]
    assert {one.internal for one in found} == {True, False}
    assert any(not one.external for one in found)


def test_members_do_not_count_themselves(model: waico.NegotiationModel) -> None:
    game, world, setting, b = Accession(model), model.world, model.world.setting, model.payoff.coefficients
    terms, inside = game.terms(game.inside), game.inside
    i = next(i for i in np.flatnonzero(inside & game.free) if setting.rival_camp[i, 0] > 0)
    others = inside & (np.arange(len(inside)) != i)
    change = game.terms(others)[:, i] - terms[:, i]
    body, rule, partners = setting.scenario.institutions[0], setting.scenario.decision.partner, world.partner[:, 0]
    worth = setting.technology * setting.access[setting.market, i] * (1.0 + rule.synergy * setting.complement @ partners)
    benefit = body.capacity_benefit + rule.technology * float(worth @ partners)
    shared = float(inside.sum()) ** -body.crowding - (1.0 + inside.sum()) ** -body.crowding
    breach = np.array([setting.rival_camp[others, 0].sum(), setting.rival_camp[inside, 0].sum()])
    credible = np.exp(-b["credibility"][0] * breach)
    expected = np.zeros(len(change))
    expected[CAPACITY] = b["b_capacity"][0] * setting.need[i] * benefit * shared
    expected[NETWORK] = -b["b_network"][0] * setting.weight[i]
    expected[PRESSURE] = -b["b_pressure"][0] * model.payoff.pressed[i, 0] * (credible[0] - credible[1])
    np.testing.assert_allclose(change, expected, atol=1e-12)
    assert (expected[[CAPACITY, NETWORK, PRESSURE]] != 0.0).all()


def test_membership_is_judged_on_the_day_after_the_run() -> None:
    run = finished(changes={"decision.b0": -1.5, "institutions.waico.exclusive_from": date(2027, 6, 1)})
    abroad = run.world.status[:, 1] >= SIGNED
    assert abroad.any() and not run.payoff.terms[EXCLUSIVE].any()   # the last round started before that day
    game = Accession(run)
    expected = np.where(abroad, -run.payoff.coefficients["b_exclusive"][0], 0.0)
    assert game.terms(game.inside)[EXCLUSIVE].tolist() == expected.tolist()


def test_the_term_named_weighs_most(model: waico.NegotiationModel) -> None:
    game, told = Accession(model), stability(model)
    for table, pick in ((told.leavers, np.argmin), (told.joiners, np.argmax)):
        for code, term in zip(table["iso3"], table["term"], strict=True):
            i = game.codes.index(code)
            terms = game.terms(game.inside & (np.arange(len(game.codes)) != i))[:, i]
            assert TERMS[int(pick(terms))] == term


@pytest.mark.parametrize(("seed", "b0"), RUNS)
def test_both_ends_are_stable_by_the_same_test(seed: int, b0: float) -> None:
    model = finished(seed, {"decision.b0": b0})
    for body in ("waico", "us_coalition"):
        game, told = Accession(model, body), stability(model, body)
        for end in (told.low, told.high):
            inside = np.isin(game.codes, end.members)
            assert end.cycled == bool(np.any(destabilizers(game.gain, inside, game.free)))
            assert (inside == game.inside)[~game.free].all()


def test_where_only_peers_speak_for_joining_nobody_and_everybody_are_equilibria() -> None:
    silent = [
        "b_align", "b_camp", "b_trade", "b_size", "b_prox", "b_need", "b_network", "b_capacity", "b_market", "b_fit",
    ]  # fmt: skip
    told = stability(finished(changes={
        **{f"decision.{name}": 0.0 for name in silent}, "decision.s_u": 0.0,
        "decision.b_peers": 5.0, "decision.b_cost": 1.0,
        "institutions.waico.rival_pressure": 0.0, "institutions.waico.inducement.budget": 0.0,
        "institutions.us_coalition.proposed": date(2027, 12, 1),   # after the horizon
    }))  # fmt: skip
    assert told.low.members == ("CHN",)
    assert told.high.members == tuple(code for code in STATES if code != "USA")
    assert told.multiple and told.distance == pytest.approx(14 / 15)


def test_only_states_free_to_move_destabilize() -> None:
    forced = {"nations.PAK.forced": {"waico": "out"}, "nations.GBR.forced": {"waico": "signed"}}
    told, free = (Accession(finished(changes=changes)) for changes in (forced, {}))
    row = told.codes.index
    assert free.free[[row("PAK"), row("GBR")]].all()
    assert not told.free[[row(code) for code in ("PAK", "GBR", "CHN", "USA")]].any()
    assert told.inside[row("GBR")] and not told.inside[row("PAK")]
    gated = finished(changes={"institutions.waico.gate": {"kind": "values", "minimum_polyarchy": 0.5}})
    democracies = gated.world.setting.polyarchy >= 0.5
    assert Accession(gated).free.tolist() == (gated.world.setting.at_risk[:, 0] & democracies).tolist()


def test_states_that_withdrew_cannot_come_back() -> None:
    model = finished()
    row = model.world.setting.codes.index("KEN")
    assert Accession(model).free[row]
    model.world.status[row, 0] = WITHDRAWN
    game = Accession(model)
    assert not game.free[row] and not game.inside[row]
    assert "KEN" not in stability(model).high.members


@pytest.mark.parametrize("body", ["unheard", "us_coalition"])
def test_institutions_without_members_are_refused(body: str) -> None:
    model = waico.NegotiationModel(small({"institutions.us_coalition.proposed": date(2027, 1, 1)}))
    model.step()
    with pytest.raises(InputError, match="give one of waico"):
        stability(model, body)
    with pytest.raises(InputError, match="give one of"):
        farsighted_check(model, body)


def end_at(*members: str, cycled: bool = False) -> Equilibrium:
    return Equilibrium(members, 2, cycled, cycled)


def moves(**u: float) -> pd.DataFrame:
    table = pd.DataFrame({"iso3": list(u), "u": list(u.values()), "term": "peers", "weight": 0.1})
    return table.astype({"iso3": str, "u": float})


FOUND = [
    Stability("waico", 0, ("CHN", "KEN"), moves(KEN=-0.5), moves(), end_at("CHN"), end_at("CHN", "PAK", "IND")),
    Stability("waico", 1, ("CHN",), moves(), moves(KEN=0.2, PAK=0.1), end_at("CHN"), end_at("CHN", cycled=True)),
    Stability("other", 1, ("USA",), moves(), moves(), end_at("USA"), end_at("USA")),
]


def test_the_table_has_a_row_per_run_and_institution() -> None:
    table = stability_table(FOUND)
    assert table.columns.tolist() == COLUMNS
    first, second, third = (table.loc[row].to_dict() for row in range(3))
    assert first == {
        "replicate": 0, "institution": "waico", "members": 2, "internal": False, "external": True, "leavers": 1,
        "joiners": 0, "low": 1.0, "high": 3.0, "multiple": True, "distance": pytest.approx(2 / 3),
    }  # fmt: skip
    assert (second["internal"], second["external"], second["joiners"], second["multiple"]) == (True, False, 2, False)
    assert np.isnan(second["high"]) and np.isnan(second["distance"]) and second["low"] == 1.0
    assert (third["internal"], third["external"], third["multiple"], third["distance"]) == (True, True, False, 0.0)
    assert stability_table([]).empty


def test_states_are_ranked_by_how_often_they_destabilize() -> None:
    table = destabilizing_states(FOUND)
    assert table.to_numpy().tolist() == [
        ["waico", "KEN", 0.5, 0.5, 1.0, "peers"],
        ["waico", "PAK", 0.0, 0.5, 0.5, "peers"],
    ]
    assert destabilizing_states(FOUND[2:]).columns.tolist() == table.columns.tolist()


def test_replicates_are_those_of_the_run() -> None:
    found = list(final_stability(small(), seed=3, replicates=2))
    bodies = ("waico", "us_coalition")
    assert [(one.replicate, one.institution) for one in found] == [(run, body) for run in (0, 1) for body in bodies]
    alone = stability(finished(3))
    pd.testing.assert_frame_equal(found[0].leavers, alone.leavers)
    assert found[0].members == alone.members


def test_blocs_cover_whoever_may_move_and_are_few() -> None:
    model = waico.NegotiationModel(waico.load_scenario("waic2025"), rng=1)
    model.step()
    game, setting = Accession(model), model.world.setting
    nine, six, two, one = (blocs_of(model, most=most) for most in (9, 6, 2, 1))
    assert [len(blocs.names) for blocs in (nine, six, two, one)] == [9, 6, 2, 1]
    assert "rival's camp: Europe" in six.names
    for blocs in (nine, six, two, one):
        assert ((blocs.bloc >= 0) == game.free).all()
        assert sorted(set(blocs.bloc[game.free].tolist())) == list(range(len(blocs.names)))
    for row in range(6):   # blocs of six are unions of blocs of nine, and of one camp
        members = six.bloc == row
        assert not np.isin(nine.bloc[game.free & ~members], nine.bloc[members]).any()
        assert len(set((setting.camp[members, 0] < 0).tolist())) == 1


def singletons(game: Accession, codes: list[str]) -> Blocs:
    bloc: NDArray[np.intp] = np.full(len(game.codes), -1)
    bloc[[game.codes.index(code) for code in codes]] = range(len(codes))
    return Blocs(tuple(codes), bloc)


def test_blocs_of_one_state_have_its_payoff(model: waico.NegotiationModel) -> None:
    game, codes = Accession(model), ["IND", "KEN", "PAK", "ZAF"]
    payoff = bloc_payoffs(game, singletons(game, codes))
    for s in range(16):
        for b, code in enumerate(codes):
            others = game.inside.copy()
            for c, other in enumerate(codes):
                others[game.codes.index(other)] = bool(s >> c & 1) and c != b
            expected = game.gain(others)[game.codes.index(code)] if s >> b & 1 else 0.0
            assert payoff[s, b] == pytest.approx(expected, abs=1e-12)


def test_a_bloc_weighs_its_states(model: waico.NegotiationModel) -> None:
    game = Accession(model)
    rows = [game.codes.index(code) for code in ("IND", "KEN")]
    bloc = np.full(len(game.codes), -1)
    bloc[rows] = 0
    inside = game.inside.copy()
    inside[rows] = True
    u = []
    for i in rows:
        others = inside.copy()
        others[i] = False
        u.append(game.gain(others)[i])
    weight = game.weight[rows]
    payoff = bloc_payoffs(game, Blocs(("both",), bloc))
    assert payoff[:, 0].tolist() == pytest.approx([0.0, float(weight @ u / weight.sum())])


def test_the_check_tells_who_would_move(model: waico.NegotiationModel) -> None:
    table = farsighted_check(model)
    blocs = blocs_of(model)
    game = Accession(model)
    payoff = bloc_payoffs(game, blocs)
    assert len(table) == 2 ** len(blocs.names)
    assert table["consistent"].tolist() == farsighted(payoff).tolist()
    assert table["consistent"].any()
    assert ((table["undeterred"] == "") == table["consistent"]).all()
    assert ((table["mover"] == "") == table["myopic"]).all()
    assert table["coalition"].iloc[-1] == "; ".join(blocs.names)
    for s, mover in enumerate(table["mover"]):
        if mover:
            b = blocs.names.index(mover)
            assert payoff[s ^ 1 << b, b] > payoff[s, b]
    everybody = game.inside | game.free
    assert table["members"].iloc[-1] == everybody.sum()
    assert table["distance"].iloc[-1] == pytest.approx((everybody & ~game.inside).sum() / game.free.sum())


def test_a_body_that_has_let_nobody_in_is_a_game_without_players() -> None:
    model = finished(changes={"institutions.waico.gate": {"kind": "invitation", "rate": 0.0}})
    assert not Accession(model).free.any()
    assert stability(model).low.members == stability(model).high.members == ("CHN",)
    table = farsighted_check(model)
    assert table[["coalition", "myopic", "consistent"]].to_numpy().tolist() == [["", True, True]]
