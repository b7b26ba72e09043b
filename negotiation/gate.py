"""Who may join: gates, chosen by name in the scenario."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled
from waico.agents.institution import IDEA
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind
from waico.negotiation.registry import Registry, Rule
from waico.negotiation.terms import ALIGNMENT, SIZE
from waico.scenarios.schema import param

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


class GateRule(Rule, ABC):
    """Decides round by round which states are let in. A state once let in stays so."""

    @abstractmethod
    def admit(self, world: World, j: int, days: float) -> Flags:
        """States that institution `j` lets in during a round of `days` days, shape (N,)."""


gates: Registry[GateRule] = Registry("gate")


@gates.register("open")
class OpenGate(GateRule):
    """Any state may join."""

    def admit(self, world: World, j: int, days: float) -> Flags:
        """All."""
        return np.ones(len(world.status), dtype=bool)


@gates.register("values")
class ValuesGate(GateRule):
    """States whose electoral democracy index passes a bar."""

    minimum_polyarchy: float = param(0.5, "lowest electoral democracy index let in", unit="V-Dem index", ge=0, le=1)

    def admit(self, world: World, j: int, days: float) -> Flags:
        """Those that pass."""
        return np.asarray(world.setting.polyarchy >= self.minimum_polyarchy)


@gates.register("invitation")
class InvitationGate(GateRule):
    """The sponsor invites, sooner those that are close to it and large: a hazard like every other transition."""

    rate: float = param(0.05, "hazard of a state of mean alignment and size", unit="per 30 days", ge=0, le=100)
    b_align: float = param(1.0, "alignment with the sponsor, standardized", unit="log hazard", ge=-10, le=10)
    b_size: float = param(0.5, "ln GDP, standardized", unit="log hazard", ge=-10, le=10)

    def admit(self, world: World, j: int, days: float) -> Flags:
        """Those whose summed hazard passes their threshold; adds this round's share to the sums."""
        rate = self.rate * days / 30.0
        return _invite(world.invite_sum, world.invite_at, world.setting.standing, j, rate, self.b_align, self.b_size)


@compiled
def _invite(
    sums: Floats, at: Floats, standing: Floats, j: int, rate: float, b_align: float, b_size: float
) -> Flags:
    """Add this round's hazards to the sums, and say whose sum has reached its threshold, (N,)."""
    let_in = np.zeros(len(sums), np.bool_)
    for i in range(len(sums)):
        sums[i, j] += rate * np.exp(b_align * standing[ALIGNMENT, i, j] + b_size * standing[SIZE, i, j])
        let_in[i] = sums[i, j] >= at[i, j]
    return let_in


def admit(world: World, institutions: Institutions, rules: list[GateRule], now: Round, events: Events) -> None:
    """Let states in. Reads the gates of active institutions; writes world.invited."""
    for j, (gate, stage) in enumerate(zip(rules, institutions.stage.tolist(), strict=True)):
        if isinstance(gate, OpenGate):
            world.invited[:, j] = True
        elif stage != IDEA:
            rows = _let_in(gate.admit(world, j, now.days), world.setting.at_risk, world.invited, j)
            if len(rows):
                events.add(now.number, Kind.INVITED, j, rows + events.names.nations)


@compiled
def _let_in(admitted: Flags, at_risk: Flags, invited: Flags, j: int) -> Indices:
    """Let in whom the gate of institution `j` admits; rows of those who were not in before."""
    new = np.flatnonzero(admitted & at_risk[:, j] & ~invited[:, j])
    for i in new:
        invited[i, j] = True
    return new
