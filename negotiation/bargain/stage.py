"""The bargaining stage: who sits at which table, with what weight, and where the protocol moves the text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import first_largest
from waico.agents.institution import NEGOTIATING
from waico.agents.world import ENDORSED
from waico.negotiation.adopt import AdoptionRule
from waico.negotiation.bargain.protocol import NO_PARTNER, BargainingProtocol, Moves
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind
from waico.negotiation.prospects import Prospects
from waico.negotiation.table import Table

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


def bargain(
    world: World,
    institutions: Institutions,
    prospects: Prospects,
    protocol: BargainingProtocol,
    rules: list[AdoptionRule],
    now: Round,
    events: Events,
) -> dict[int, tuple[Indices, Table]]:
    """Move positions and the text of every institution under negotiation; those adopted stand.

    Reads stated positions and P; writes text and conceded of institutions.

    Returns:
        Participants (rows) and table by institution, with the new text, for the stage of adoption.
    """
    tables = {}
    for j in range(len(institutions)):
        if institutions.stage[j] != NEGOTIATING or institutions.adopted(j):
            continue
        rows = participants(world, institutions, j)
        table = table_of(world, institutions, prospects, j, rows, now.start)
        consent = rules[j].consent(table) if protocol.asks_consent else table.consent
        table = replace(table, weight=rules[j].weight(table), consent=consent)
        after, moves = protocol.play(table, now.days)
        if moves is not None:
            institutions.conceded[j, rows] = after.conceded
            _log_concessions(events, now, j, rows, table, moves)
        _log_amendment(events, now, j, rows, after, table.text)
        institutions.text[j] = after.text
        tables[j] = rows, after
    return tables


def participants(world: World, institutions: Institutions, j: int) -> Indices:
    """Rows of the states that negotiate: all, a list, or those engaged; the sponsor always, those that left never."""
    seated = world.setting.seats[j]
    if world.setting.scenario.institutions[j].participants == "engaged":
        seated = seated | (world.status[:, j] >= ENDORSED)
    return np.flatnonzero(seated & ~institutions.walked_out[:, j])


def table_of(
    world: World, institutions: Institutions, prospects: Prospects, j: int, rows: Indices, day: float
) -> Table:
    """The table of institution `j` with the participants in `rows`; weight and consent wait for its adoption rule."""
    setting, salience = world.setting, world.salience[rows]
    capability = setting.weight[rows]
    capability /= capability.sum()
    stated = world.stated[rows]
    position = (stated + institutions.conceded[j, rows]).clip(0.0, 1.0)
    return Table(
        position=position,
        conceded=position - stated,
        salience=salience,
        full_salience=float(salience.max()),
        capability=capability,
        weight=capability,
        consent=np.ones(len(rows), dtype=bool),
        tolerance=world.tolerance[rows],
        floor=world.floor[rows],
        ceiling=world.ceiling[rows],
        text=institutions.text[j],
        status_quo=setting.status_quo[j],
        undecided=prospects.undecided[rows, j],
        expected=float(prospects.at_ceremony[j]),
        sponsor=int(np.searchsorted(rows, setting.sponsor[j])),
        agenda_power=agenda_power(institutions, j, day),
        smoothness=setting.scenario.decision.smoothness,
    )


def agenda_power(institutions: Institutions, j: int, day: float) -> float:
    """The sponsor's share in the text: full at tabling, nil at the planned ceremony, linear between."""
    body = institutions.setting.scenario.institutions[j]
    planned, proposed = institutions.planned[j], institutions.proposed[j]
    left = (planned - day) / (planned - proposed) if planned > proposed else 0.0
    return float(body.agenda_power * min(max(left, 0.0), 1.0))


def _log_concessions(events: Events, now: Round, j: int, rows: Indices, table: Table, moves: Moves) -> None:
    """One event per issue: the participant whose move counts most, and in whose favour it moves."""
    count = np.abs(moves.position - table.position) * table.weight[:, None] * table.salience
    for k in np.flatnonzero((moves.partner != NO_PARTNER).any(axis=0)).tolist():
        i = first_largest(count[:, k])
        actor, partner = rows[i] + events.names.nations, rows[moves.partner[i, k]] + events.names.nations
        if moves.partner[i, k] != NO_PARTNER:
            events.add(now.number, Kind.CONCEDED, j, actor, partner, moves.position[i, k] - table.position[i, k])


def _log_amendment(events: Events, now: Round, j: int, rows: Indices, table: Table, before: Floats) -> None:
    """One event: the issue on which the text moved most from `before`, and who pulled it there hardest."""
    change = table.text - before
    k = first_largest(np.abs(change))
    if change[k] == 0.0:
        return
    pull = table.weight * table.salience[:, k] * (table.position[:, k] - before[k]) * np.sign(change[k])
    actor = rows[first_largest(pull)]
    events.add(now.number, Kind.AMENDED, j, actor + events.names.nations, k + events.names.issues, change[k])
