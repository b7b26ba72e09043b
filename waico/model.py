"""The negotiation as a Mesa model: one step is one round, written as the list of its stages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any

import mesa
from mesa.agent import AgentSet

from waico.agents import Firm, Institutions, Nation, Stage, World
from waico.agents.draws import Draws
from waico.negotiation.adopt import adopt
from waico.negotiation.bargain import bargain
from waico.negotiation.clock import Round, next_round
from waico.negotiation.coefficients import draw_coefficients
from waico.negotiation.course import Chapter, course_of
from waico.negotiation.decide import decide
from waico.negotiation.events import NOBODY, Events, Kind, Names
from waico.negotiation.gate import admit
from waico.negotiation.history import History
from waico.negotiation.lobby import lobby
from waico.negotiation.measure import Axis, measure
from waico.negotiation.offer import offer
from waico.negotiation.payoff import Payoff
from waico.negotiation.propose import propose
from waico.negotiation.prospects import Prospects, assess, is_active
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario


class NegotiationModel(mesa.Model):
    """States and firms negotiating over the institutions of a scenario.

    `model.step()` runs one round, `model.run_model()` all. `NegotiationModel(s, rng=1)` equals replicate 0 of
    `waico.run(s, seed=1)`.

    Attributes:
        world: state of all states and firms. institutions: state of all institutions.
        history: snapshots of the rounds so far. events: what happened.
        payoff: terms of the payoff of joining, as of the start of the last round.
        prospects: what everybody expected at the start of the last round; None before the first.
        round: the last round; None before the first.
        running: whether another round is to come.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        rng: int = 0,
        replicate: int = 0,
        until: date | None = None,
        course: list[Chapter] | None = None,
    ) -> None:
        """Set up a run at the scenario's freeze date.

        Args:
            scenario: what to run.
            rng: seed, a whole number.
            replicate: which replicate of that seed, from 0.
            until: last day simulated, if that is before the scenario's horizon.
            course: the scenario's course if it was made before, to share it among replicates.

        Raises:
            InputError: the scenario asks for data or rules that do not exist.
        """
        super().__init__(rng=rng)
        self._pending = list(course if course is not None else course_of(scenario))
        self.chapter = self._pending.pop(0)
        setting = self.chapter.setting
        self.draws = Draws(int(rng), replicate)
        self.world = World(setting, self.draws)
        self.institutions = Institutions(setting)
        self.payoff = Payoff(self.world, self.institutions, draw_coefficients(setting, self.draws))
        self.history = History()
        self.axis = Axis(setting)
        self.events = Events(Names(setting))
        self.prospects: Prospects | None = None
        self.running = True
        self.round: Round | None = None
        horizon = min(until, scenario.rounds.horizon) if until else scenario.rounds.horizon
        self._last_day = float((horizon - scenario.freeze_date).days)

    @cached_property
    def nations(self) -> AgentSet:
        """The states as agents, in the order of their codes. Made when first asked for: runs in bulk need no views."""
        return AgentSet([Nation(self, self.world, row) for row in range(len(self.world.setting.codes))], self.random)

    @cached_property
    def firms(self) -> AgentSet:
        """The firms as agents, in the order of their codes."""
        return AgentSet([Firm(self, self.world, row) for row in range(len(self.world.setting.firms))], self.random)

    @property
    def agents(self) -> AgentSet:
        """All agents: states, then firms."""
        assert self.nations is not None and self.firms is not None   # makes them, if nobody has asked before
        return super().agents

    def step(self) -> None:
        """Run one round; does nothing once the run has ended."""
        if not self.running:
            return
        world, institutions, events = self.world, self.institutions, self.events
        now = self._next_round()
        if self._pending:
            self._take_shocks(now)
        admit(world, institutions, self.chapter.gates, now, events)
        self.payoff.update(now.start)
        self.prospects = prospects = assess(world, institutions, self.payoff, now)
        propose(world, institutions, prospects, now, events)
        undecided = prospects.undecided * is_active(institutions)
        lobby(world, undecided, now, events)
        tables = bargain(world, institutions, prospects, self.chapter.protocol, self.chapter.adoption, now, events)
        offer(world, institutions, self.payoff, undecided, now, events)
        adopt(world, institutions, tables, self.chapter.adoption, now, events)
        decide(world, institutions, self.payoff, prospects, now, events)
        self.history.record(institutions, measure(world, institutions, self.axis), now)
        self.round = now
        self.running = now.end < self._last_day and bool((institutions.stage != Stage.FAILED).any())

    def intervene(self, changes: Mapping[str, Any]) -> None:
        """Change the scenario from the next round on, as a shock does; logged as one.

        Raises:
            InputError: a path does not exist or its value is refused.
        """
        scenario = self._pending[-1].setting.scenario if self._pending else self.chapter.setting.scenario
        number = self.round.number + 1 if self.round else 1
        for path, value in changes.items():
            scenario = replace(scenario, {path: value})
            self._pending.append(Chapter.of(scenario, number=number, path=path, value=value))

    def measures(self) -> dict[str, Any]:
        """All measures of all rounds so far, each an array of shape (rounds, institutions)."""
        return self.history.measures()

    def _next_round(self) -> Round:
        number, start = (self.round.number + 1, self.round.end) if self.round else (1, 0.0)
        return next_round(number, start, self.institutions, self.chapter.setting.scenario.rounds, self._last_day)

    def _take_shocks(self, now: Round) -> None:
        """Turn to the chapters that begin in this round; the last of them holds what all of them changed."""
        begun = [chapter for chapter in self._pending if chapter.begins(now)]
        if not begun:
            return
        self._pending = [chapter for chapter in self._pending if chapter not in begun]
        self.chapter = begun[-1]
        setting = self.chapter.setting
        self.world.change(setting)
        self.institutions.schedule(setting)
        self.payoff = Payoff(self.world, self.institutions, draw_coefficients(setting, self.draws))
        for chapter in begun:
            amount = float(chapter.value) if isinstance(chapter.value, int | float) else float("nan")
            self.events.add(now.number, Kind.SHOCK, -1, NOBODY, self.events.names.number(chapter.path), amount)
