"""Compromise: the text moves towards a weighted mean of positions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.protocol import BargainingProtocol, mean_position, protocols
from waico.negotiation.table import Table

Floats = NDArray[np.float64]


@protocols.register("compromise")
class Compromise(BargainingProtocol):
    """The outcome is `sum(b s x) / sum(b s)`, issue by issue; positions stay where they are.

    The weighted mean is the compromise model of Van den Bos (1991), an approximation of the Nash solution (Achen
    2006); it was the best single predictor of European Union outcomes (Thomson & Hosli 2006).
    """

    def outcome(self, table: Table) -> Floats:
        """The weighted mean."""
        return mean_position(table)
