"""The table at which a text is bargained: what protocols and adoption rules may know, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Table:
    """The participants of one negotiation in one round; n participants, K issues.

    Attributes:
        position: what participants stand for at this table, (n, K). conceded: the part of it that is concession, so that
            position - conceded is what they would say without this negotiation, (n, K).
        salience: (n, K). full_salience: the salience of an issue that has an actor's whole attention.
        capability: shares of all participants, sums to 1, (n,).
        weight: bargaining weights by the adoption rule, whose consent is needed counts more, (n,).
        consent: participants whose consent the adoption rule needs, (n,).
        tolerance: loss accepted beyond the status quo, (n,). floor, ceiling: red lines, (n, K).
        text, status_quo: (K,).
        undecided: 4 P (1 - P) with P the probability of signing, (n,).
        expected: number of signatories expected at the ceremony, principals left out.
        sponsor: row of the sponsor, or -1 if it is not at the table.
        agenda_power: the sponsor's share in the text, in [0, 1].
        smoothness: width of the smooth objection.
    """

    position: Floats
    conceded: Floats
    salience: Floats
    full_salience: float
    capability: Floats
    weight: Floats
    consent: Flags
    tolerance: Floats
    floor: Floats
    ceiling: Floats
    text: Floats
    status_quo: Floats
    undecided: Floats
    expected: float
    sponsor: int
    agenda_power: float
    smoothness: float

    def attention(self) -> Floats:
        """Salience as a share of full attention, in [0, 1], shape (n, K)."""
        return np.minimum(self.salience / self.full_salience, 1.0)

    def loss(self, text: Floats) -> Floats:
        """L_i(y) = sum_k salience (x - y)^2, shape (n,)."""
        return np.asarray((self.salience * (self.position - text) ** 2).sum(axis=1))

    def excess(self) -> Floats:
        """Loss at the text beyond what is tolerated over the status quo, shape (n,)."""
        return self.loss(self.text) - self.loss(self.status_quo) - self.tolerance

    def objection(self) -> Floats:
        """Smooth objection expit(excess / smoothness), in (0, 1), shape (n,)."""
        return np.asarray(expit(self.excess() / self.smoothness))

    def objects(self) -> Flags:
        """Participants that reject the text: it costs more than they tolerate, or crosses a red line, shape (n,)."""
        crossed = ((self.text < self.floor) | (self.text > self.ceiling)).any(axis=1)
        return np.asarray((self.excess() > 0) | crossed)
