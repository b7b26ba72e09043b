"""What a run remembers of its rounds: one small snapshot each, measures included."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions
from waico.negotiation.clock import Round
from waico.negotiation.measure import MEASURES

Floats = NDArray[np.float64]


@dataclass
class History:
    """Snapshots at the end of each round; every list has one entry per round, but for rounds that were not measured.

    Attributes:
        end: day on which the round ended. stage: (J,). text: (J, K). measured: (M, J), in the order of `MEASURES`.
    """

    end: list[float] = field(default_factory=list)
    stage: list[NDArray[np.int8]] = field(default_factory=list)
    text: list[Floats] = field(default_factory=list)
    measured: list[Floats] = field(default_factory=list)

    def record(self, institutions: Institutions, measured: Floats | None, now: Round) -> None:
        """Take the snapshot of a round; None if it was not measured."""
        self.end.append(now.end)
        self.stage.append(institutions.stage.copy())
        self.text.append(institutions.text.copy())
        if measured is not None:
            self.measured.append(measured)

    def measures(self) -> dict[str, Floats]:
        """Measures by name, each over the rounds measured and institutions, (T, J)."""
        table = np.array(self.measured)
        return {name: table[:, row] for row, name in enumerate(MEASURES)}

    def __len__(self) -> int:
        return len(self.end)
