"""A negotiation alone: outcome, who moved, and the rounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.table import Table

from waico.scenarios.errors import one_line
from waico.show.tables import plain_table

if TYPE_CHECKING:
    from waico.negotiation.bargain import Negotiation

MOVES_SHOWN = 3


def negotiation(result: Negotiation) -> Iterator[str | Table]:
    """Per issue: outcome, who moved most, and the rounds up to the last in which anything changed."""
    actors, rounds, sponsor = result.actors, len(result.moves), result.tables[0].sponsor
    who = f"sponsor {actors.actors[sponsor]}" if sponsor >= 0 else "no sponsor"
    rule = result.as_dict()["protocol"]
    yield one_line(f"{rule}: {len(actors.actors)} actors, {who}; rounds of 30 days: {rounds}")
    for k, issue in enumerate(actors.issues):
        digits = max(0, 3 - round(math.log10(result.span[k])))
        columns = [(result.medians[t, k], result.means[t, k], result.text(t)[k]) for t in range(rounds + 1)]
        lines = [[f"{value:.{digits}f}" for value in column] for column in columns]
        last = max(t for t in range(rounds + 1) if t == 0 or lines[t] != lines[t - 1])
        yield f"\n{one_line(issue)}"
        yield f"  outcome     {'none' if result.outcome is None else f'{result.outcome[k]:.{digits}f}'}"
        yield f"  moved most  {_farthest(result, k, digits)}"
        table = plain_table("  round", "median", "mean", "text")
        for column in table.columns[1:]:
            column.justify = "right"
        for t in range(last + 1):
            table.add_row(f"  {t or 'start'}", *lines[t])
        yield table
        yield from _concessions(result, k, digits)
        if last < rounds:
            yield f"  no change after {f'round {last}' if last else 'the start'}"
    yield from _distances(result)
    yield "\nMedian and mean weigh positions by capability times salience. Units are those of the file."
    if any(moves is not None and moves.externality.any() for moves in result.moves):
        yield "What third parties gain or lose by a move is in saliences times distances on scales from 0 to 1."
    if sponsor >= 0:
        share = result.tables[0].agenda_power
        yield f"The sponsor's position has a share of {share:g} in outcome and text."


def _distances(result: Negotiation) -> Iterator[str]:
    """How far the outcome is from the axiomatic solutions that exist."""
    found = result.distances._asdict()
    known = [f"{name.replace('_', '-')} {value:.3f}" for name, value in found.items() if not math.isnan(value)]
    if known:
        yield f"\nDistance of the outcome to the solutions, on scales from 0 to 1: {', '.join(known)}"
    if math.isnan(found["nash"]) and not result.given.all():
        yield "Give the status quo of every issue (--status-quo) to compare with Nash and Kalai-Smorodinsky."


def _concessions(result: Negotiation, k: int, digits: int) -> Iterator[str]:
    """The largest moves on an issue, in whose favour, and what third parties gain or lose where the protocol knows."""
    moves = [(t, move) for t in range(1, len(result.tables)) for move in result.concessions(t, k)]
    moves.sort(key=lambda entry: -abs(entry[1]["to"] - entry[1]["from"]))   # stable: equals stay in order
    for t, move in moves[:MOVES_SHOWN]:
        actor, partner = one_line(move["actor"]), one_line(move["partner"])
        others = f"; third parties {move['externality']:+.3f}" if move["externality"] else ""
        yield f"  round {t}: {actor} from {move['from']:.{digits}f} to {move['to']:.{digits}f}, towards {partner}{others}"
    if len(moves) > MOVES_SHOWN:
        yield f"  and {len(moves) - MOVES_SHOWN} smaller moves"


def _farthest(result: Negotiation, k: int, digits: int) -> str:
    """The actor that moved most on an issue, from where to where."""
    i = result.moved_most(k)
    if i is None:
        return "nobody moved"
    start, end = result.positions(0)[i, k], result.positions(-1)[i, k]
    return f"{one_line(result.actors.actors[i])}, from {start:.{digits}f} to {end:.{digits}f}"
