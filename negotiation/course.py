"""The course of a scenario: its settings and rules at the start and after each shock, made once for all replicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waico.agents import Setting
from waico.negotiation.adopt import AdoptionRule, adoption_rules
from waico.negotiation.bargain import BargainingProtocol, protocols
from waico.negotiation.clock import Round
from waico.negotiation.gate import GateRule, gates
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario


@dataclass(frozen=True, eq=False)
class Chapter:
    """A stretch of a run under one scenario: what it fixes, and the rules it chose.

    Attributes:
        day, number: the day or round at which it begins (the other is None); both None for the start.
        path, value: the shock that began it; empty for the start.
    """

    setting: Setting
    protocol: BargainingProtocol
    adoption: list[AdoptionRule]
    gates: list[GateRule]
    day: float | None = None
    number: int | None = None
    path: str = ""
    value: Any = None

    @classmethod
    def of(cls, scenario: Scenario, **when: Any) -> Chapter:
        """Compute the arrays and make the rules.

        Raises:
            InputError: a rule or a parameter of it does not exist or is refused.
        """
        name = scenario.name
        return cls(
            setting=Setting.of(scenario),
            protocol=protocols.make(
                scenario.bargaining.protocol, scenario.bargaining.parameters, name, "bargaining.protocol"
            ),
            adoption=[
                adoption_rules.make(
                    body.adoption.rule, body.adoption.parameters, name, f"institutions.{body.id}.adoption.rule"
                )
                for body in scenario.institutions
            ],
            gates=[
                gates.make(body.gate.kind, body.gate.parameters, name, f"institutions.{body.id}.gate.kind")
                for body in scenario.institutions
            ],
            **when,
        )

    def begins(self, now: Round) -> bool:
        """Whether it begins in this round: at its round, or in the round that contains its day."""
        if self.number is not None:
            return now.number >= self.number
        return self.day is not None and self.day < now.end


def course_of(scenario: Scenario) -> list[Chapter]:
    """The start and one chapter per shock, in the order in which they act; shocks add up.

    Raises:
        InputError: the scenario or one of its shocks cannot be carried out.
    """
    chapters = [Chapter.of(scenario)]
    timed = [((shock.date - scenario.freeze_date).days if shock.date else None, shock) for shock in scenario.shocks]
    for day, shock in sorted(timed, key=lambda entry: (entry[0] is None, entry[0] or 0, entry[1].round or 0)):
        scenario = replace(scenario, {shock.path: shock.value})
        chapters.append(Chapter.of(scenario, day=day, number=shock.round, path=shock.path, value=shock.value))
    return chapters
