"""What every bargaining protocol is: a rule with parameters that moves positions, the text, or both."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

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

    rate: float = param(0.25, "speed at which the text approaches what positions imply", unit="1 per 30 days", gt=0, le=50)

    def negotiate(self, table: Table, days: float) -> Moves | None:
        """Positions after a round of `days` days; None if nobody moves."""
        return None

    @abstractmethod
    def outcome(self, table: Table) -> Floats | None:
        """The text that the positions on the table imply, shape (K,); None if they allow for none."""

    def play(self, table: Table, days: float) -> tuple[Table, Moves | None]:
        """One round: participants negotiate, then the text closes a share of its distance to the outcome.

        The sponsor has a share in the outcome, its agenda power. In continuous time the approach closes the share
        1 - exp(-rate days / 30), so that two half rounds make one. Without an outcome the text stays.
        """
        moves = self.negotiate(table, days)
        if moves is not None:
            table = replace(table, position=moves.position, conceded=table.conceded + moves.position - table.position)
        outcome = self.outcome(table)
        if outcome is None:
            return table, moves
        if table.sponsor >= 0:
            outcome = table.agenda_power * table.position[table.sponsor] + (1.0 - table.agenda_power) * outcome
        closed = 1.0 - math.exp(-self.rate * days / 30.0)
        return replace(table, text=table.text + closed * (outcome - table.text)), moves


protocols: Registry[BargainingProtocol] = Registry("protocol")


def weighted_mean(table: Table) -> Floats:
    """Mean position by weight and salience, sum(b s x) / sum(b s), shape (K,); the text where nobody cares."""
    pull = table.weight[:, None] * table.salience
    total = pull.sum(axis=0)
    return np.divide((pull * table.position).sum(axis=0), total, out=table.text.copy(), where=total > 0)


def weighted_median(table: Table) -> Floats:
    """Median position by weight and salience, shape (K,); the text where nobody cares.

    It has at most half of b s on either side (Black 1948). Where exactly half lies up to one position, every point up
    to the next will do: their middle is taken, so that a scale turned round has the same median.
    """
    pull = table.weight[:, None] * table.salience
    order = np.argsort(table.position, axis=0, kind="stable")
    position = np.take_along_axis(table.position, order, axis=0)
    reached = np.cumsum(np.take_along_axis(pull, order, axis=0), axis=0)
    total = reached[-1]
    first = [(reached >= half * total).argmax(axis=0) for half in (0.5 - 1e-9, 0.5 + 1e-9)]
    lower, upper = np.take_along_axis(position, np.array(first), axis=0)
    return np.where(total > 0, 0.5 * (lower + upper), table.text)
