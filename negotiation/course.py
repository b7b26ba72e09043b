"""The course of a scenario: its settings and rules at the start and after changes, made once for all replicates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from waico.agents import Setting
from waico.negotiation.adopt import AdoptionRule, adoption_rules
from waico.negotiation.bargain import BargainingProtocol, protocols
from waico.negotiation.gate import GateRule, gates
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

Changes = tuple[tuple[str, Any], ...]   # path and new value of every shock so far, in the order in which they acted


@dataclass(frozen=True, eq=False)
class Chapter:
    """A stretch of a run under one scenario: what it fixes, and the rules it chose."""

    setting: Setting
    protocol: BargainingProtocol
    adoption: list[AdoptionRule]
    gates: list[GateRule]

    @classmethod
    def of(cls, scenario: Scenario) -> Chapter:
        """Compute the arrays and make the rules.

        Raises:
            InputError: a rule or a parameter of it does not exist or is refused.
        """
        name, bargaining = scenario.name, scenario.bargaining
        adoption, admission = [], []
        for body in scenario.institutions:
            place = f"institutions.{body.id}"
            adoption.append(
                adoption_rules.make(body.adoption.rule, body.adoption.parameters, name, f"{place}.adoption.rule")
            )
            admission.append(gates.make(body.gate.kind, body.gate.parameters, name, f"{place}.gate.kind"))
        protocol = protocols.make(bargaining.protocol, bargaining.parameters, name, "bargaining.protocol")
        return cls(Setting.of(scenario), protocol, adoption, admission)


class Course:
    """A scenario with a chapter for every sequence of changes that a run may go through."""

    def __init__(self, scenario: Scenario, adapt: Callable[[Chapter], Chapter] = lambda chapter: chapter) -> None:
        """Make the first chapter, and check that all shocks can be carried out.

        Args:
            scenario: what is to be run.
            adapt: applied to every chapter; lets a study put in a rule that no scenario offers.

        Raises:
            InputError: the scenario or one of its shocks cannot be carried out.
        """
        self.scenario, self._adapt = scenario, adapt
        self._chapters: dict[Changes, Chapter] = {(): adapt(Chapter.of(scenario))}
        self.chapter(tuple((shock.path, shock.value) for shock in scenario.shocks))

    def chapter(self, changes: Changes = ()) -> Chapter:
        """The chapter after some changes; made when first asked for.

        Raises:
            InputError: a change cannot be carried out.
        """
        if changes not in self._chapters:
            scenario = self.chapter(changes[:-1]).setting.scenario
            self._chapters[changes] = self._adapt(Chapter.of(replace(scenario, dict(changes[-1:]))))
        return self._chapters[changes]
