"""Compromise: the text moves towards a weighted mean of positions."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.protocol import BargainingProtocol, protocols
from waico.negotiation.table import Table
from waico.scenarios.schema import param

Floats = NDArray[np.float64]


@protocols.register("compromise")
class Compromise(BargainingProtocol):
    """Exponential approach to `a * sponsor + (1 - a) * sum(b s x) / sum(b s)`, issue by issue.

    The weighted mean is the compromise model of Van den Bos (1991), an approximation of the Nash solution (Achen
    2006); it was the best single predictor of European Union outcomes (Thomson & Hosli 2006). In continuous time the
    text closes the share 1 - exp(-rate days / 30) of its distance, so that two half rounds make one.
    """

    rate: float = param(0.25, "speed of the approach", unit="1 per 30 days", gt=0, le=50)

    def move(self, table: Table, weight: Floats, days: float) -> Floats:
        """One step of the approach; a table at which nobody cares leaves the text as it is."""
        pull = weight[:, None] * table.salience
        total = pull.sum(axis=0)
        mean = np.divide((pull * table.position).sum(axis=0), total, out=table.text.copy(), where=total > 0)
        if table.sponsor >= 0:
            mean = table.agenda_power * table.position[table.sponsor] + (1.0 - table.agenda_power) * mean
        return np.asarray(table.text + (1.0 - math.exp(-self.rate * days / 30.0)) * (mean - table.text))
