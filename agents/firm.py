"""A firm as a Mesa agent: a view of its row in the arrays of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np
from numpy.typing import NDArray

from waico.agents.world import World

if TYPE_CHECKING:
    from mesa import Model


class Firm(mesa.Agent):
    """A firm that lobbies states and may become a partner of institutions."""

    def __init__(self, model: Model, world: World, row: int) -> None:
        """Bind the agent to row `row` of the firms in `world`."""
        super().__init__(model)
        self.world, self.row = world, row

    @property
    def code(self) -> str:
        """Identifier in the firm table."""
        return self.world.setting.firms[self.row]

    @property
    def position(self) -> NDArray[np.float64]:
        """What it asks for by issue, in [0, 1], shape (K,); read-only."""
        return self.world.setting.firm_position[self.row]

    @property
    def budget(self) -> float:
        """Lobbying per 30 days; all budgets sum to `firms.total_lobbying`."""
        return float(self.world.setting.budget[self.row])

    @property
    def home(self) -> str | None:
        """ISO3 code of its home, or None if that is not among the agents."""
        row = int(self.world.setting.firm_home[self.row])
        return None if row < 0 else self.world.setting.codes[row]

    def partner_of(self, institution: str) -> bool:
        """Whether it is a partner of an institution."""
        return bool(self.world.partner[self.row, self.world.setting.bodies.index(institution)])
