"""How far the text of a run is from what bargaining theory singles out."""

from __future__ import annotations

from waico.analysis.bodies import row_of
from waico.model import NegotiationModel
from waico.negotiation.bargain.solutions import Distances, distances
from waico.negotiation.bargain.stage import participants, table_of
from waico.scenarios.errors import InputError


def text_distances(model: NegotiationModel, institution: str | None = None) -> Distances:
    """Distances of an institution's text to the solutions of Nash and of Kalai and Smorodinsky, and to efficient texts.

    Among those that sit, or would sit, at its table as the run stands, by what they state before any concession; with the
    weights and the consent that its adoption rule asks for. About half a second with all 193 states.

    Args:
        model: a run after at least one round, under any protocol.
        institution: its id; the first one if not given.

    Returns:
        Euclidean distances on scales from 0 to 1; NaN where a solution does not exist.

    Raises:
        InputError: there is no such institution, or the run has not begun.
    """
    setting, prospects = model.world.setting, model.prospects
    j = row_of(setting, institution)
    if prospects is None or model.round is None:
        raise InputError(setting.scenario.name, "run", "has not begun", "call model.step() first")
    rows = participants(model.world, model.institutions, j)
    table, rule = table_of(model.world, model.institutions, prospects, j, rows, model.round.end), model.chapter.adoption[j]
    interests = table.position - table.conceded
    return distances(interests, table.salience, table.status_quo, rule.weight(table), rule.consent(table), table.text)
