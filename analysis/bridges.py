"""Bridge states, which belong to both bodies, and what it is worth to a state to be courted by two sponsors rather than one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import Setting
from waico.analysis.endings import MEMBER
from waico.analysis.intervals import paired, wilson
from waico.model import NegotiationModel
from waico.negotiation.course import Course
from waico.negotiation.terms import ALIGNMENT
from waico.runs.run import RunResult
from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]


def bridge_states(result: RunResult) -> pd.DataFrame:
    """Where states end between the first institution and the body of its rival, those most often in both first.

    Returns:
        One row per state that decides on both. Columns: iso3, name, both, low, high (share of the runs in which it is a
        signatory of both at the end, with 95% Wilson interval), first, rival, neither (shares in which it is in one alone, or in none; the
        four shares add up to 1), alignment (with the first institution's sponsor rather than the rival, in UN votes, in
        standard deviations from the mean of the states), weight (capability, share of all states').

    Raises:
        InputError: the scenario has no body of the rival.
    """
    setting = Setting.of(result.scenario)
    j, other = 0, _rival_body(setting)
    signed = [_signed(result, setting.bodies[body]) for body in (j, other)]
    rows = np.flatnonzero(setting.at_risk[:, j] & setting.at_risk[:, other])
    here, there = (flags[:, rows] for flags in signed)
    both = (here & there).sum(axis=0)
    low, high = wilson(both, result.replicates)
    codes = [setting.codes[row] for row in rows]
    table = pd.DataFrame({
        "iso3": codes, "name": load_facts(result.scenario).nations["name"].loc[codes].to_numpy(),
        "both": both / result.replicates, "low": low, "high": high,
        "first": (here & ~there).mean(axis=0), "rival": (there & ~here).mean(axis=0), "neither": (~here & ~there).mean(axis=0),
        "alignment": setting.standing[ALIGNMENT, rows, j], "weight": setting.weight[rows],
    })  # fmt: skip
    return table.sort_values(["both", "iso3"], ascending=[False, True], ignore_index=True)


def courtship(scenario: Scenario, *, seed: int = 0, replicates: int = 20) -> pd.DataFrame:
    """What a second suitor is worth: inducements that the first institution's sponsor offers, with and without a rival that offers too.

    Every replicate is run twice with the same draws: as the scenario is, and with the budget of the rival's body at 0. What a state has
    been offered by the end of a run is worth log(1 + offer/price), which times `decision.b_offer` is its part in the log hazard of joining (the
    price of a unit of goodwill grows with the root of GDP). The rival's budget moves offers by two ways: sponsors answer each other's
    offers (`inducement.counter`), and money goes where states are still undecided.

    Returns:
        First the mean over all states, then one row per state that decides on joining, the largest gain first. Columns: iso3, name, courted (share of the runs, as the scenario is,
        in which both sponsors have offered it something), rival (mean worth of the rival's offers, in the same unit), and a, b, difference, se, low, high, pairs,
        changed, missing_a, missing_b of `waico.analysis.intervals.Paired` for the worth of the sponsor's offers (a: one suitor, b: two).

    Raises:
        InputError: the scenario has no body of the rival.
    """
    setting = Setting.of(scenario)
    j, other = 0, _rival_body(setting)
    alone = replace(scenario, {f"institutions.{setting.bodies[other]}.inducement.budget": 0.0})
    two = np.array(list(_worth(scenario, seed, replicates)))
    one = np.array(list(_worth(alone, seed, replicates)))
    names, rows = load_facts(scenario).nations["name"], np.flatnonzero(setting.at_risk[:, j])
    courted = (two[:, :, j] > 0.0) & (two[:, :, other] > 0.0)
    table = pd.DataFrame([
        {"iso3": setting.codes[i], "name": names[setting.codes[i]], "courted": float(courted[:, i].mean()), "rival": float(two[:, i, other].mean())}
        | paired(one[:, i, j], two[:, i, j])._asdict()
        for i in rows
    ])  # fmt: skip
    table = table.sort_values("difference", key=lambda gain: -gain.round(12), kind="stable")
    mean = {"iso3": "", "name": "mean of all states", "courted": float(courted[:, rows].mean()), "rival": float(two[:, rows, other].mean())}
    mean |= paired(one[:, rows, j].mean(axis=1), two[:, rows, j].mean(axis=1))._asdict()
    return pd.concat([pd.DataFrame([mean]), table], ignore_index=True)


def _worth(scenario: Scenario, seed: int, replicates: int) -> Iterator[Floats]:
    """Worth of the offers at the end of every replicate, (N, J)."""
    course = Course(scenario)
    for replicate in range(replicates):
        model = NegotiationModel(scenario, rng=seed, replicate=replicate, course=course)
        model.run_model()
        yield np.log1p(model.world.offer / model.payoff.price)


def _rival_body(setting: Setting) -> int:
    """Row of the body that competes with the first institution."""
    row = int(setting.rival_body[0])
    if row < 0:
        raise InputError(setting.scenario.name, "institutions", "has no body of the rival", "take a scenario with two, such as waic2025")
    return row


def _signed(result: RunResult, body: str) -> NDArray[np.bool_]:
    """Who is a signatory at the end, (R, N)."""
    status = result.nations.loc[result.nations["institution"] == body, "status"]
    return status.isin(MEMBER).to_numpy().reshape(result.replicates, -1)
