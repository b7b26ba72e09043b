"""Stage 1, propose: a sponsor tables its charter on a date, in answer to another, or because it expects to gain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.institution import IDEA, NEGOTIATING, PROPOSED
from waico.agents.world import ENDORSED
from waico.negotiation.clock import Round
from waico.negotiation.events import NOBODY, Events, Kind
from waico.negotiation.prospects import Prospects

Floats = NDArray[np.float64]


def propose(world: World, institutions: Institutions, prospects: Prospects, now: Round, events: Events) -> None:
    """Table charters whose time has come, and open talks on those tabled in the round before.

    Reads positions, weights, P; writes stage and dates of institutions, status of sponsors.
    """
    setting = world.setting
    for j, stage in enumerate(institutions.stage.tolist()):
        if stage == PROPOSED:
            institutions.stage[j] = NEGOTIATING
        if stage != IDEA or not _may_be_tabled(world, institutions, j, now.start):
            continue
        gain = expected_gain(world, institutions, prospects, j)
        if gain > 0 or setting.scenario.institutions[j].proposed is not None:
            institutions.stage[j] = PROPOSED
            institutions.proposed[j] = now.start
            institutions.plan(j, now.start)
            sponsor = setting.sponsor[j]
            world.status[sponsor, j] = ENDORSED
            world.round_endorsed[sponsor, j] = now.number
            events.add(now.number, Kind.PROPOSED, j, sponsor + events.names.nations, NOBODY, gain)


def expected_gain(world: World, institutions: Institutions, prospects: Prospects, j: int) -> float:
    """Loss at the status quo minus loss at the text to expect, times the weight share expected to join, minus cost.

    The text to expect is the compromise between the sponsor, by its agenda power, and those likely to join.
    """
    setting, body = world.setting, world.setting.scenario.institutions[j]
    joining = setting.weight * prospects.probability[:, j] * setting.at_risk[:, j]
    sponsor = setting.sponsor[j]
    position, salience = world.stated[sponsor], world.salience[sponsor]
    pull = joining[:, None] * world.salience
    total = pull.sum(axis=0)
    others = np.divide((pull * world.stated).sum(axis=0), total, out=position.copy(), where=total > 0)
    text = body.agenda_power * position + (1.0 - body.agenda_power) * others
    gain = (salience * ((position - setting.status_quo[j]) ** 2 - (position - text) ** 2)).sum()
    share = joining.sum() / setting.weight[setting.at_risk[:, j]].sum()
    return float(gain * share - body.tabling_cost)


def _may_be_tabled(world: World, institutions: Institutions, j: int, day: float) -> bool:
    """A charter with a date waits for it, an answer for the other's momentum; all others wait for nothing but a gain."""
    body = world.setting.scenario.institutions[j]
    if body.proposed is not None:
        return bool(institutions.proposed[j] <= day)
    return body.answers is None or momentum(world, world.setting.bodies.index(body.answers.to)) >= body.answers.momentum


def momentum(world: World, j: int) -> float:
    """Weight share of the states at risk that have endorsed institution `j` or more."""
    setting = world.setting
    inside = (world.status[:, j] >= ENDORSED).astype(float)
    return float(setting.weight_at_risk[j].dot(inside)) / setting.at_risk_total[j]
