"""A state as a Mesa agent: a view of its row in the arrays of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np
from numpy.typing import NDArray

from waico.agents.world import Status, World

if TYPE_CHECKING:
    from mesa import Model

Floats = NDArray[np.float64]


class Nation(mesa.Agent):
    """A state. Reading and writing its properties reads and writes its row; arrays returned are views.

    Raises:
        KeyError: an institution is named that the scenario does not have.
    """

    def __init__(self, model: Model, world: World, row: int) -> None:
        """Bind the agent to row `row` of `world`."""
        super().__init__(model)
        self.world, self.row = world, row

    @property
    def code(self) -> str:
        """ISO 3166 alpha-3 code."""
        return self.world.setting.codes[self.row]

    @property
    def ideal(self) -> Floats:
        """Ideal points by issue, in [0, 1], shape (K,)."""
        return self.world.ideal[self.row]

    @ideal.setter
    def ideal(self, value: Floats) -> None:
        self.world.ideal[self.row] = value

    @property
    def stated(self) -> Floats:
        """Positions it takes at the table, after lobbying, shape (K,)."""
        return self.world.stated[self.row]

    @property
    def salience(self) -> Floats:
        """Weights of the issues in its loss, summing to 1, shape (K,)."""
        return self.world.salience[self.row]

    @salience.setter
    def salience(self, value: Floats) -> None:
        self.world.salience[self.row] = value

    @property
    def tolerance(self) -> float:
        """Loss that it accepts beyond the status quo before it objects."""
        return float(self.world.tolerance[self.row])

    @tolerance.setter
    def tolerance(self, value: float) -> None:
        self.world.tolerance[self.row] = value

    @property
    def openness(self) -> float:
        """How far full lobbying pressure moves its stated position, in [0, 1]."""
        return float(self.world.openness[self.row])

    @openness.setter
    def openness(self, value: float) -> None:
        self.world.openness[self.row] = value

    @property
    def weight(self) -> float:
        """Capability: share of the world."""
        return float(self.world.setting.weight[self.row])

    def status(self, institution: str) -> Status:
        """What it is to an institution."""
        return Status(int(self.world.status[self.row, _column(self.world, institution)]))


def _column(world: World, institution: str) -> int:
    if institution not in world.setting.bodies:
        raise KeyError(f"no institution '{institution}'; one of {', '.join(world.setting.bodies)}")
    return world.setting.bodies.index(institution)
