"""What every bargaining protocol is: a rule with parameters and one method."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.registry import Registry, Rule
from waico.negotiation.table import Table

Floats = NDArray[np.float64]


class BargainingProtocol(Rule, ABC):
    """How a text moves in one round. Subclass, declare parameters as fields, implement `move`, register a name."""

    @abstractmethod
    def move(self, table: Table, weight: Floats, days: float) -> Floats:
        """The text at the end of a round.

        Args:
            table: participants, positions, text and status quo.
            weight: bargaining weights from the adoption rule, whose consent is needed counts more, shape (n,).
            days: length of the round; rates are per 30 days.

        Returns:
            The new text, shape (K,), within the convex hull of positions and the old text.
        """


protocols: Registry[BargainingProtocol] = Registry("protocol")
