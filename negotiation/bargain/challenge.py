"""Challenge: participants challenge each other in pairs, and give way to those who can expect to win."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.challenge_kernels import challenge_issues
from waico.negotiation.bargain.protocol import BargainingProtocol, Moves, median_position, protocols
from waico.negotiation.table import Table
from waico.scenarios.schema import param

Floats = NDArray[np.float64]


@protocols.register("challenge")
class Challenge(BargainingProtocol):
    """Expected-utility challenges in pairs, issue by issue; the outcome is the median by `b s`.

    A challenge succeeds with the share of the votes, weighted by power and attention, that third parties cast for the
    challenger; each participant weighs challenges by its own attitude to risk, which follows from how much the others
    stand to gain by challenging it; of the offers it cannot refuse it takes the best enforced one (Bueno de Mesquita
    1994, 1997; Scholz, Calbert & Smith 2011). Whoever pays no attention to an issue takes no part in it.
    """

    exact_in_time = False

    round_days: float = param(
        30.0, "time in which an accepted offer is carried out; a shorter round carries out its share", unit="days",
        gt=0, le=3660,
    )  # fmt: skip
    risk: bool = param(True, "attitudes to risk follow from danger; if false, everybody is neutral")

    def negotiate(self, table: Table, days: float) -> Moves:
        """Positions after every participant has given way to the challenge it takes, at the same time."""
        attention = table.attention()
        span = ranges(table, attention > 0.0)
        share, partner = challenge_issues(table.position, attention, table.weight, span, self.risk)
        share *= min(1.0, days / self.round_days)
        there = np.take_along_axis(table.position, np.where(partner >= 0, partner, 0), axis=0)
        position = (1.0 - share) * table.position + share * there   # exactly the partner's where the share is 1
        return Moves(position, partner, np.zeros(position.shape))

    def outcome(self, table: Table) -> Floats:
        """The weighted median; the text where nobody cares."""
        return median_position(table)


def ranges(table: Table, takes_part: NDArray[np.bool_]) -> Floats:
    """Range of each issue over its participants, with and without what they have conceded so far, (K,); 0 for none.

    What was said before any concession counts, so that the range stays as it is while positions close up.
    """
    stated = table.position - table.conceded
    high = np.where(takes_part, np.maximum(table.position, stated), -np.inf).max(axis=0)
    low = np.where(takes_part, np.minimum(table.position, stated), np.inf).min(axis=0)
    return np.where(takes_part.any(axis=0), high - low, 0.0)
