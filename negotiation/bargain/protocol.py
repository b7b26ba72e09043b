"""What every bargaining protocol is: a rule with parameters that moves positions, the text, or both."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.medians import weighted_median
from waico.negotiation.registry import Registry, Rule
from waico.negotiation.table import Table
from waico.scenarios.schema import param

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
NO_PARTNER = -1


class Moves(NamedTuple):
    """Where participants stand after they have dealt with each other in pairs.

    Attributes:
        position: (n, K).
        partner: the participant in whose favour each has moved on an issue, NO_PARTNER if it has not, (n, K).
        externality: what third parties gain by that move (a loss if negative), summed over them; 0 where a protocol
            knows none, (n, K).
    """

    position: Floats
    partner: Indices
    externality: Floats


class BargainingProtocol(Rule, ABC):
    """How a negotiation goes on in one round: positions may move, and the text follows what they imply.

    Subclass, declare parameters as fields, implement `outcome` (and `negotiate` where participants deal in pairs),
    register a name. A protocol knows the `Table` and nothing else; neither method may depend on the order of
    participants.
    """

    exact_in_time: ClassVar[bool] = True   # whether two rounds of half the length do what one does
    asks_consent: ClassVar[bool] = False   # whether the outcome hangs on whose consent is needed
    needs_status_quo: ClassVar[bool] = False   # whether the outcome hangs on what holds without agreement

    rate: float = param(0.25, "speed at which the text approaches what positions imply", unit="1 per 30 days", gt=0, le=50)

    def negotiate(self, table: Table, days: float) -> Moves | None:
        """Positions after a round of `days` days; None if nobody moves."""
        return None

    @abstractmethod
    def outcome(self, table: Table) -> Floats | None:
        """The text that the positions on the table imply, shape (K,); None if they allow for none."""

    def target(self, table: Table) -> Floats | None:
        """Where the text is heading, shape (K,): the outcome, in which the sponsor has a share, its agenda power."""
        outcome = self.outcome(table)
        if outcome is None or table.sponsor < 0:
            return outcome
        return table.agenda_power * table.position[table.sponsor] + (1.0 - table.agenda_power) * outcome

    def remarks(self, table: Table) -> list[str]:
        """What a user should know of this protocol at this table, a line each, such as that nobody can move."""
        return []

    def play(self, table: Table, days: float) -> tuple[Table, Moves | None]:
        """One round: participants negotiate, then the text closes a share of its distance to where it is heading.

        In continuous time the approach closes the share 1 - exp(-rate days / 30), so that two half rounds make one.
        Without an outcome the text stays.
        """
        moves = self.negotiate(table, days)
        if moves is not None:
            table = replace(table, position=moves.position, conceded=table.conceded + moves.position - table.position)
        target = self.target(table)
        if target is None:
            return table, moves
        closed = 1.0 - math.exp(-self.rate * days / 30.0)
        return replace(table, text=table.text + closed * (target - table.text)), moves


protocols: Registry[BargainingProtocol] = Registry("protocol")


def mean_position(table: Table) -> Floats:
    """Mean position by weight and salience, sum(b s x) / sum(b s), shape (K,); the text where nobody cares."""
    pull = table.weight[:, None] * table.salience
    total = pull.sum(axis=0)
    return np.divide((pull * table.position).sum(axis=0), total, out=table.text.copy(), where=total > 0)


def median_position(table: Table) -> Floats:
    """Median position by weight and salience, shape (K,); the text where nobody cares."""
    pull = table.weight[:, None] * table.salience
    columns = zip(table.position.T, pull.T, table.text, strict=True)
    return np.array([weighted_median(x, weight) if weight.any() else text for x, weight, text in columns])
