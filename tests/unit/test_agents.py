"""Agents as views: what a user writes takes effect, and stays when something else changes."""

from datetime import date

import numpy as np
import pytest

import waico


def test_agents_are_views_of_their_rows() -> None:
    model = waico.NegotiationModel(waico.load_scenario("waic2025"), rng=1)
    assert (len(model.nations), len(model.firms)) == (193, 32)
    assert len(model.agents) == 225
    kenya = next(nation for nation in model.nations if nation.code == "KEN")
    assert kenya.ideal.base is model.world.ideal
    kenya.tolerance = 0.5
    assert model.world.tolerance[kenya.row] == 0.5
    assert kenya.status("waico").name == "OUTSIDE"
    with pytest.raises(KeyError, match="one of waico, us_coalition"):
        kenya.status("nobody")
    huawei = next(firm for firm in model.firms if firm.code == "huawei")
    assert huawei.home == "CHN"
    assert next(firm for firm in model.firms if firm.code == "tsmc").home is None
    model.run_model()
    assert kenya.status("waico") == model.world.status[kenya.row, 0]
    assert [firm.partner_of("waico") for firm in model.firms] == model.world.partner[:, 0].tolist()
    assert any(firm.partner_of("waico") for firm in model.firms)


@pytest.mark.parametrize("name", ["waic2025", "aiib2014"])
def test_ideal_points_written_by_a_user_reach_the_table(name: str) -> None:
    texts = []
    for value in (None, 0.0):
        model = waico.NegotiationModel(waico.load_scenario(name), rng=1, until=date(2026, 1, 1))
        for nation in model.nations:
            if value is not None:
                nation.ideal = np.full_like(nation.ideal, value)
        model.run_model()
        texts.append(model.institutions.text[0].copy())
    assert (texts[1] < texts[0]).all()


def test_a_change_for_one_state_keeps_what_was_written_for_others() -> None:
    model = waico.NegotiationModel(waico.load_scenario("waic2025"), rng=1)
    model.world.tolerance[0] = 0.5
    model.intervene({"nations.GBR.tolerance": 0.3})
    model.step()
    assert model.world.tolerance[0] == 0.5
    assert model.world.tolerance[model.world.setting.codes.index("GBR")] == 0.3


def test_a_gate_that_closes_shuts_out_those_not_inside() -> None:
    signed = []
    for closes in (False, True):
        model = waico.NegotiationModel(waico.load_scenario("waic2025"), rng=1)
        model.step()
        if closes:
            model.intervene({"institutions.waico.gate.kind": "values"})
        model.run_model()
        signed.append(model.measures()["signed"][-1, 0])
    assert signed[1] < signed[0]


def test_interventions_obey_the_rules_for_shocks() -> None:
    model = waico.NegotiationModel(waico.load_scenario("waic2025"), rng=1)
    with pytest.raises(waico.InputError, match="cannot change during a run"):
        model.intervene({"institutions.waico.sponsor": "IND"})
