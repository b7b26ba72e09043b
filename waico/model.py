"""The negotiation as a Mesa model: one step is one round, written as the list of its stages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import mesa
from mesa.agent import AgentSet

from waico.agents import Firm, Institutions, Nation, World
from waico.agents.draws import Draws
from waico.agents.institution import FAILED
from waico.agents.world import ENDORSED
from waico.negotiation.adopt import adopt
from waico.negotiation.bargain import bargain
from waico.negotiation.clock import Round, next_round
from waico.negotiation.coefficients import draw_coefficients
from waico.negotiation.course import Changes, Course
from waico.negotiation.decide import Decided, decide
from waico.negotiation.events import NOBODY, Events, Kind, Names, NoEvents
from waico.negotiation.gate import admit
from waico.negotiation.history import History
from waico.negotiation.lobby import lobby
from waico.negotiation.measure import Axis, measure
from waico.negotiation.offer import offer
from waico.negotiation.payoff import Payoff
from waico.negotiation.propose import propose
from waico.negotiation.prospects import Prospects, assess, doubts
from waico.scenarios.load import check_change
from waico.scenarios.schema import Scenario, Shock


class NegotiationModel(mesa.Model):
    """States and firms negotiating over the institutions of a scenario.

    `model.step()` runs one round, `model.run_model()` all. `NegotiationModel(s, rng=1)` equals replicate 0 of
    `waico.run(s, seed=1)`.

    Attributes:
        world: state of all states and firms. institutions: state of all institutions.
        history: snapshots of the rounds so far. events: what happened.
        payoff: terms of the payoff of joining, as of the start of the last round.
        prospects: what everybody expected at the start of the last round; None before the first.
        decided: what was open for decision in the last round; None before the first.
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
        course: Course | None = None,
        recorded: bool = True,
    ) -> None:
        """Set up a run at the scenario's freeze date.

        Args:
            scenario: what to run.
            rng: seed, a whole number.
            replicate: which replicate of that seed, from 0.
            until: last day simulated, if that is before the scenario's horizon.
            course: the scenario's course if it was made before, to share it among replicates.
            recorded: whether every round is measured and its events are kept; without, the end is measured alone, which
                takes a sixth less time.

        Raises:
            InputError: the scenario asks for data or rules that do not exist.
        """
        super().__init__(rng=rng)
        self.course = course if course is not None else Course(scenario)
        self.chapter = self.course.chapter()
        self._pending = list(scenario.shocks)
        self._changes: Changes = ()
        self._until = until
        setting = self.chapter.setting
        self.draws = Draws(int(rng), replicate)
        self.world = World(setting, self.draws)
        self.institutions = Institutions(setting)
        self.payoff = Payoff(self.world, self.institutions, draw_coefficients(setting, self.draws))
        self.history = History()
        self.axis = Axis(setting)
        self.recorded = recorded
        self.events = Events(Names(setting)) if recorded else NoEvents(Names(setting))
        self.prospects: Prospects | None = None
        self.running = True
        self.decided: Decided | None = None
        self.round: Round | None = None
        self._last_day = self._horizon()

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
        for _ in self.stages():
            pass

    def stages(self) -> Iterator[None]:
        """The next round, one stage each time that it is asked to go on; nothing once the run has ended.

        Models that run abreast take turns here: a processor that does the same for several is faster at it.
        """
        if not self.running:
            return
        world, institutions, events = self.world, self.institutions, self.events
        now = self.next_round()
        if self._pending:
            self._take_shocks(now)
        yield
        admit(world, institutions, self.chapter.gates, now, events)
        yield
        self.payoff.update(now.start)
        yield
        self.prospects = prospects = assess(world, institutions, self.payoff, now)
        yield
        propose(world, institutions, prospects, now, events)
        undecided = doubts(prospects, institutions)
        yield
        lobby(world, undecided, now, events)
        yield
        tables = bargain(world, institutions, prospects, self.chapter.protocol, self.chapter.adoption, now, events)
        yield
        offer(world, institutions, self.payoff, undecided, now, events)
        yield
        adopt(world, institutions, tables, self.chapter.adoption, now, events)
        yield
        self.decided = decide(world, institutions, self.payoff, prospects, now, events)
        yield
        self.round = now
        failed = all(stage == FAILED for stage in institutions.stage.tolist())
        self.running = now.end < self._last_day and not failed
        asked = self.recorded or not self.running
        self.history.record(institutions, measure(world, institutions, self.axis) if asked else None, now)

    def intervene(self, changes: Mapping[str, Any]) -> None:
        """Change the scenario from the next round on, as a shock does; logged as one.

        Raises:
            InputError: a path does not exist or its value is refused.
        """
        number = self.round.number + 1 if self.round else 1
        planned = tuple((shock.path, shock.value) for shock in self._pending if shock.round == number)
        for path in changes:
            check_change(self.chapter.setting.scenario, path)
        self.course.chapter(self._changes + planned + tuple(changes.items()))   # refuses what cannot be carried out
        self._pending += [Shock(round=number, path=path, value=value) for path, value in changes.items()]

    def measures(self) -> dict[str, Any]:
        """All measures of the rounds measured so far, each an array of shape (rounds, institutions)."""
        return self.history.measures()

    def next_round(self) -> Round:
        """The round that `step` would run."""
        number, start = (self.round.number + 1, self.round.end) if self.round else (1, 0.0)
        return next_round(number, start, self.institutions, self.chapter.setting.scenario.rounds, self._last_day)

    def _take_shocks(self, now: Round) -> None:
        """Turn to the chapter after the shocks that act in this round, in the order of their days."""
        due = sorted((day, order) for order, shock in enumerate(self._pending) if (day := self._day(shock, now)) < now.end)
        if not due:
            return
        shocks = [self._pending[order] for _, order in due]
        self._pending = [shock for shock in self._pending if not any(shock is taken for taken in shocks)]
        self._changes += tuple((shock.path, shock.value) for shock in shocks)
        before = self.chapter.setting.scenario.institutions
        self.chapter = self.course.chapter(self._changes)
        setting = self.chapter.setting
        for j, body in enumerate(setting.scenario.institutions):
            if body.gate != before[j].gate:   # a new gate admits anew whoever is not inside yet
                self.world.invited[:, j] &= self.world.status[:, j] >= ENDORSED
        self.world.change(setting)
        self.institutions.schedule(setting)
        self.payoff = Payoff(self.world, self.institutions, draw_coefficients(setting, self.draws))
        self._last_day = self._horizon()
        for shock in shocks:
            amount = float(shock.value) if isinstance(shock.value, int | float) else float("nan")
            self.events.add(now.number, Kind.SHOCK, -1, NOBODY, self.events.names.number(shock.path), amount)

    def _day(self, shock: Shock, now: Round) -> float:
        """Day on which a shock acts; those set for a later round act on none of this one."""
        if shock.date is not None:
            return self.course.scenario.day(shock.date)
        assert shock.round is not None   # the schema demands one of the two
        return now.start if now.number >= shock.round else math.inf

    def _horizon(self) -> float:
        """Last day simulated, in days after the freeze date."""
        scenario = self.chapter.setting.scenario
        return scenario.day(min(self._until, scenario.rounds.horizon) if self._until else scenario.rounds.horizon)
