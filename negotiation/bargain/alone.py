"""A negotiation alone: one protocol on an actor table, without the world around it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from waico.agents.compiled import first_largest
from waico.negotiation.bargain.medians import weighted_median
from waico.negotiation.bargain.pareto import pareto_distance
from waico.negotiation.bargain.protocol import NO_PARTNER, BargainingProtocol, Moves, protocols
from waico.negotiation.bargain.solutions import Distances, distances
from waico.negotiation.table import Table
from waico.scenarios.actors import ActorTable, known
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Decision, Institution

Floats = NDArray[np.float64]

DAYS = 30.0   # of a round
AGENDA_POWER: float = Institution.model_fields["agenda_power"].default
SMOOTHNESS: float = Decision.model_fields["smoothness"].default


@dataclass(frozen=True, eq=False)
class Negotiation:
    """What came of a negotiation of n actors over K issues; methods answer in the units of the file.

    Attributes:
        protocol, actors: what was run, on whom.
        given: issues whose status quo was given, (K,).
        low, span: of each issue's scale in the file: it runs from low (0) to low + span (1) on the tables, (K,).
        tables: at the start and after each round.
        moves: of each round; None where nobody can move.
        outcome: what the protocol predicts from the last positions, (K,); None if they allow for none.
        remarks: what a user should know, a line each.
    """

    protocol: BargainingProtocol
    actors: ActorTable
    given: NDArray[np.bool_]
    low: Floats
    span: Floats
    tables: tuple[Table, ...]
    moves: tuple[Moves | None, ...]
    outcome: Floats | None
    remarks: tuple[str, ...]

    def positions(self, t: int) -> Floats:
        """Where actors stand after round t, 0 for the start; NaN where one takes no part, (n, K)."""
        now, start = self.tables[t].position, self.tables[0].position
        moved = np.where(np.isnan(self.actors.position), np.nan, self.low + self.span * now)
        return np.where(now == start, self.actors.position, moved)   # who has not moved stands where the file says

    def text(self, t: int) -> Floats:
        """The text after round t, (K,)."""
        return self.low + self.span * self.tables[t].text

    @cached_property
    def means(self) -> Floats:
        """Mean position by capability and salience, at the start and after each round, (T + 1, K)."""
        pull = _pull(self.actors)
        sums = [np.nansum(pull * self.positions(t), axis=0) for t in range(len(self.tables))]
        return np.array(sums) / pull.sum(axis=0)

    @cached_property
    def medians(self) -> Floats:
        """Median position by capability and salience, at the start and after each round, (T + 1, K)."""
        pull, present = _pull(self.actors), ~np.isnan(self.actors.position)
        return np.array([
            [weighted_median(x[seated], weight[seated]) for x, weight, seated in zip(at.T, pull.T, present.T, strict=True)]
            for at in map(self.positions, range(len(self.tables)))
        ])

    @cached_property
    def distances(self) -> Distances:
        """How far the outcome is from the solutions of Nash, of Kalai and Smorodinsky, and from any efficient text.

        By the positions at the start, on scales from 0 to 1; NaN without an outcome, the first two also without a status
        quo on every issue.
        """
        if self.outcome is None:
            return Distances(math.nan, math.nan, math.nan)
        start, text = self.tables[0], (self.outcome - self.low) / self.span
        if not self.given.all():
            return Distances(math.nan, math.nan, pareto_distance(start.position, start.salience, text))
        return distances(start.position, start.salience, start.status_quo, start.weight, start.consent, text)

    def moved_most(self, k: int) -> int | None:
        """The actor that ends farthest from where it began on issue k, the first by name of several; None if none."""
        distance = np.nan_to_num(np.abs(self.positions(-1) - self.positions(0))[:, k] / self.span[k])
        return first_largest(distance) if distance.max() > 1e-9 else None

    def as_dict(self) -> dict[str, Any]:
        """Plain data: `protocol`, `distances`, and `issues` by name with their outcome, start and rounds."""
        return {
            "protocol": protocols.name_of(self.protocol),
            "distances": {
                name: None if math.isnan(value) else value for name, value in self.distances._asdict().items()
            },
            "issues": {issue: self._issue(k) for k, issue in enumerate(self.actors.issues)},
        }

    def _issue(self, k: int) -> dict[str, Any]:
        return {
            "outcome": None if self.outcome is None else float(self.outcome[k]),
            "initial_mean": float(self.means[0, k]),
            "initial_median": float(self.medians[0, k]),
            "initial_text": float(self.text(0)[k]),
            "rounds": [self._round(t, k) for t in range(1, len(self.tables))],
        }

    def _round(self, t: int, k: int) -> dict[str, Any]:
        position = self.positions(t)[:, k].tolist()
        return {
            "median": float(self.medians[t, k]),
            "mean": float(self.means[t, k]),
            "text": float(self.text(t)[k]),
            "positions": {
                name: x for name, x in zip(self.actors.actors, position, strict=True) if not math.isnan(x)
            },
            "moves": self.concessions(t, k),
        }

    def concessions(self, t: int, k: int) -> list[dict[str, Any]]:
        """Who moved in whose favour in round t; the externality is the protocol's, on scales from 0 to 1."""
        moves, names = self.moves[t - 1], self.actors.actors
        if moves is None:
            return []
        before, after = self.positions(t - 1)[:, k], self.positions(t)[:, k]
        return [
            {
                "actor": names[i],
                "partner": names[moves.partner[i, k]],
                "from": float(before[i]),
                "to": float(after[i]),
                "externality": float(moves.externality[i, k]),
            }
            for i in np.flatnonzero((moves.partner[:, k] != NO_PARTNER) & ~np.isnan(after)).tolist()
        ]


def bargain_alone(
    actors: ActorTable,
    protocol: BargainingProtocol,
    *,
    rounds: int = 10,
    sponsor: str | None = None,
    status_quo: Mapping[str, float] | None = None,
) -> Negotiation:
    """Let the actors of a table bargain by a protocol, in rounds of 30 days.

    The text starts from the status quo; on an issue without one from the sponsor's position, without a sponsor from the
    weighted mean. Everybody's consent is needed, and weights are capabilities.

    Args:
        actors: the table, from `read_actors`.
        protocol: the rule.
        rounds: number of rounds, from 1.
        sponsor: an actor with agenda power, which is 0.5 throughout; without one nobody has any.
        status_quo: what holds without agreement, by issue, in the units of the table.

    Raises:
        InputError: there is no such actor or issue, the sponsor has no position on an issue, or the protocol needs a
            status quo that is not given.
    """
    row = _row(actors, sponsor)
    given = _given(actors, status_quo or {}, protocol)
    low = np.fmin(np.nanmin(actors.position, axis=0), given)
    span = np.fmax(np.nanmax(actors.position, axis=0), given) - low
    span[span == 0.0] = 1.0   # all agree: any unit will do
    table = _table((actors.position - low) / span, actors, row, (given - low) / span)
    remarks = protocol.remarks(table)
    tables, moves = [table], []
    for _ in range(rounds):
        table, moved = protocol.play(table, DAYS)
        tables.append(table)
        moves.append(moved)
    outcome = protocol.target(table)
    if outcome is None:
        remarks = [*remarks, "the last positions allow for no outcome"]
    predicted = None if outcome is None else low + span * outcome
    return Negotiation(protocol, actors, ~np.isnan(given), low, span, tuple(tables), tuple(moves), predicted, tuple(remarks))


def _pull(actors: ActorTable) -> Floats:
    """Share of capability times salience, (n, K); the unit of capability is a user's, and may be minute."""
    return actors.capability[:, None] / actors.capability.sum() * actors.salience


def _row(actors: ActorTable, sponsor: str | None) -> int:
    """The sponsor's row, -1 without one."""
    if sponsor is None:
        return -1
    row = actors.actors.index(known(sponsor, actors.actors, "actor", actors.file, "sponsor"))
    for issue, x in zip(actors.issues, actors.position[row], strict=True):
        if np.isnan(x):
            what = f"'{sponsor}' has no position on '{issue}'"
            raise InputError(actors.file, "sponsor", what, "give it a row there, or name another sponsor")
    return row


def _given(actors: ActorTable, status_quo: Mapping[str, float], protocol: BargainingProtocol) -> Floats:
    """The status quo by issue, NaN where there is none, (K,)."""
    for issue in status_quo:
        known(issue, actors.issues, "issue", actors.file, "status quo")
    missing = [issue for issue in actors.issues if issue not in status_quo]
    if protocol.needs_status_quo and missing:
        what = f"'{protocols.name_of(protocol)}' needs to know what holds without agreement on '{missing[0]}'"
        raise InputError(actors.file, "status quo", what, f"add --status-quo {missing[0]}=NUMBER")
    return np.array([status_quo.get(issue, np.nan) for issue in actors.issues])


def _table(position: Floats, actors: ActorTable, sponsor: int, given: Floats) -> Table:
    """The table at the start, on scales from 0 to 1. Who takes no part has no salience, and stands at the mean."""
    absent, pull = np.isnan(position), _pull(actors)
    mean = np.nansum(pull * position, axis=0) / pull.sum(axis=0)
    position = np.where(absent, mean, position)
    text = np.where(np.isnan(given), position[sponsor] if sponsor >= 0 else mean, given)
    n, capability = len(position), actors.capability / actors.capability.sum()
    return Table(
        position=position, conceded=np.zeros_like(position), salience=actors.salience, full_salience=1.0,
        capability=capability, weight=capability, consent=np.ones(n, dtype=bool), tolerance=np.zeros(n),
        floor=np.zeros_like(position), ceiling=np.ones_like(position), text=text, status_quo=text,
        undecided=np.ones(n), expected=0.0, sponsor=sponsor, agenda_power=AGENDA_POWER, smoothness=SMOOTHNESS,
    )  # fmt: skip
