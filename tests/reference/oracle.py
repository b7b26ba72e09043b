"""Reference implementation: the rounds. It stands beside the model only to be compared with it.

The same rules as in the model, written from docs/odd.md (sections 1.3 and 3.4) as plainly as possible: agent by agent,
in loops over lists, with plain floats, slowly. Defaults of rules are those of its section 3.7.
`Oracle(scenario, seed, replicate).run()` leaves its results in `history`, `progress`, `stated`, `polarization` and
`outcome`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tests.reference import oracle_measures as measures
from tests.reference.oracle_decide import decide
from tests.reference.oracle_payoff import (
    Dates,
    Progress,
    Stage,
    Standing,
    Status,
    take_expectations,
    take_payoffs,
    undecided,
)
from tests.reference.oracle_talks import adopt, bargain, offer
from tests.reference.oracle_world import World
from waico.agents.draws import Draws
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

GATES: dict[str, dict[str, Any]] = {
    "open": {},
    "values": {"minimum_polyarchy": 0.5},
    "invitation": {"rate": 0.05, "b_align": 1.0, "b_size": 0.5},
}


@dataclass
class Record:
    """What a round left behind."""

    end: int
    stages: list[int]
    texts: list[list[float]]
    stated: list[list[float]]
    measures: list[dict[str, float]]


class Oracle:
    """One run."""

    def __init__(self, scenario: Scenario, seed: int, replicate: int = 0) -> None:
        self.scenario, self.draws = scenario, Draws(seed, replicate)
        self.world = World(scenario, self.draws)
        self.pending = list(scenario.shocks)
        self.start_ideals = [list(state.plain_ideal) for state in self.world.states]
        self.stated = [list(state.ideal) for state in self.world.states]
        firms = len(self.world.firms)
        self.progress = [
            Progress(
                list(body.opening), [Standing() for _ in self.stated], [None] * firms, [0.0] * firms, [0.0] * firms,
                [[0.0 for _ in x] for x in self.stated],
            )
            for body in self.world.bodies
        ]
        self.day, self.round = 0, 0
        self.history: list[Record] = []
        self.polarization, self.outcome = math.nan, ""
        for j in range(len(self.progress)):
            self.plan(j)

    def run(self) -> Oracle:
        while not self.over():
            self.step()
        self.polarization = measures.polarization(self, 0)
        self.outcome = measures.outcome(self)
        return self

    def over(self) -> bool:
        return self.day >= self.horizon() or all(progress.stage == Stage.FAILED for progress in self.progress)

    def horizon(self) -> int:
        return (self.scenario.rounds.horizon - self.scenario.freeze_date).days

    def step(self) -> None:
        """One round, from day s to day e."""
        self.round += 1
        s = self.day
        e = self.round_end(s)
        self.shocks(s, e)
        self.admit(e - s)
        take_payoffs(self, s)
        take_expectations(self, s)
        self.propose(s)
        self.lobby(e - s)
        for j in range(len(self.progress)):
            bargain(self, j, s, e)
        offer(self, e - s)
        for j in range(len(self.progress)):
            adopt(self, j, e)
        decide(self, s, e)
        self.day = e
        self.record(e)

    def record(self, e: int) -> None:
        self.history.append(
            Record(
                e,
                [progress.stage for progress in self.progress],
                [list(progress.text) for progress in self.progress],
                [list(row) for row in self.stated],
                [measures.measure(self, j) for j in range(len(self.progress))],
            )
        )

    # Time

    def round_end(self, s: int) -> int:
        rounds, length = self.scenario.rounds, self.scenario.rounds.days
        marks = [self.horizon()]
        for progress in self.progress:
            d = progress.dates
            if progress.adopted and d.opens is not None and d.closes is not None and d.opens <= s < d.closes:
                length = rounds.window_days
            marks += [
                m for m in (d.proposed, d.endorse_opens, d.endorse_closes, d.opens, d.closes) if m is not None and m > s
            ]
        return min(s + length, *marks)

    def plan(self, j: int, tabled: int | None = None) -> None:
        """Set the dates that follow from the scenario and, once there is one, the day of tabling."""
        spec, day = self.world.bodies[j].spec, self.world.day
        p = tabled if tabled is not None else day(spec.proposed)
        dates = Dates(proposed=p, opens=day(spec.signature.ceremony))
        if p is not None and spec.signature.after_days is not None:
            dates.opens = p + spec.signature.after_days
        if dates.opens is not None:
            dates.closes = dates.opens + spec.signature.window_days
        if spec.endorsement is not None:
            own = day(spec.endorsement.opens)
            dates.endorse_closes = day(spec.endorsement.closes)
            if p is not None:
                dates.endorse_opens = p if own is None else max(p, own)
        dates.planned = dates.opens
        self.progress[j].dates = dates

    # Shocks and gates

    def shocks(self, s: int, e: int) -> None:
        """Build the world anew from what has changed, positions and texts not yet tabled included."""
        due = [shock for shock in self.pending if self.is_due(shock, e)]
        due.sort(key=lambda shock: s if shock.date is None else (shock.date - self.scenario.freeze_date).days)
        if not due:
            return
        for shock in due:
            self.pending.remove(shock)
            self.scenario = replace(self.scenario, {shock.path: shock.value})
        before = [state.ideal for state in self.world.states]
        gates = [body.spec.gate for body in self.world.bodies]
        self.world = World(self.scenario, self.draws)
        if [state.ideal for state in self.world.states] != before:
            self.stated = [list(state.ideal) for state in self.world.states]
        for j, (body, progress) in enumerate(zip(self.world.bodies, self.progress, strict=True)):
            if body.spec.gate != gates[j]:
                for standing in progress.standings:
                    standing.let_in = standing.let_in and standing.status >= Status.ENDORSED
            if progress.stage == Stage.IDEA:
                progress.text = list(body.opening)
            if not progress.adopted:
                self.plan(j, progress.dates.proposed if progress.stage != Stage.IDEA else None)

    def is_due(self, shock: Any, e: int) -> bool:
        if shock.round is not None:
            return bool(shock.round <= self.round)
        return bool((shock.date - self.scenario.freeze_date).days < e)

    def admit(self, length: int) -> None:
        for body, progress in zip(self.world.bodies, self.progress, strict=True):
            kind = body.spec.gate.kind
            rule = {**GATES[kind], **body.spec.gate.parameters}
            for i in body.others:
                standing = progress.standings[i]
                if kind == "open":
                    standing.let_in = True
                elif progress.stage == Stage.IDEA or standing.let_in:
                    continue
                elif kind == "values":
                    standing.let_in = self.world.states[i].row["polyarchy"] >= rule["minimum_polyarchy"]
                elif kind == "invitation":
                    a, z = body.covariates["alignment"][i], body.covariates["size"][i]
                    standing.invite_sum += rule["rate"] * math.exp(rule["b_align"] * a + rule["b_size"] * z) * length / 30
                    standing.let_in = standing.invite_sum >= body.invite_at[i]

    # Propose

    def propose(self, s: int) -> None:
        for j, progress in enumerate(self.progress):
            if progress.stage == Stage.PROPOSED:
                progress.stage = Stage.NEGOTIATING
            elif progress.stage == Stage.IDEA and self.is_tabled(j, s):
                progress.stage = Stage.PROPOSED
                self.plan(j, s)
                sponsor = progress.standings[self.world.bodies[j].sponsor]
                sponsor.status, sponsor.round_endorsed = Status.ENDORSED, self.round

    def is_tabled(self, j: int, s: int) -> bool:
        proposed = self.progress[j].dates.proposed
        if proposed is not None:
            return s >= proposed
        return self.gain(j) > 0 and self.has_momentum(j)

    def has_momentum(self, j: int) -> bool:
        answers = self.world.bodies[j].spec.answers
        return answers is None or self.momentum(answers.to) >= answers.momentum

    def momentum(self, name: str) -> float:
        """The share of the others' weight that is inside an institution."""
        k = self.scenario.institution_ids.index(name)
        others, standings = self.world.bodies[k].others, self.progress[k].standings
        weight = [state.weight for state in self.world.states]
        inside = sum(weight[i] for i in others if standings[i].status >= Status.ENDORSED)
        return inside / sum(weight[i] for i in others)

    def gain(self, j: int) -> float:
        """What the sponsor expects from tabling."""
        body, standings = self.world.bodies[j], self.progress[j].standings
        sponsor, x_s, a = self.world.states[body.sponsor], self.stated[body.sponsor], body.spec.agenda_power
        joining = {i: self.world.states[i].weight * standings[i].probability for i in body.others}
        better = 0.0
        for k, q in enumerate(body.status_quo):
            total = sum(w * self.world.states[i].salience[k] for i, w in joining.items())
            pull = sum(w * self.world.states[i].salience[k] * self.stated[i][k] for i, w in joining.items())
            y = a * x_s[k] + (1 - a) * pull / total if total > 0 else x_s[k]
            better += sponsor.salience[k] * ((x_s[k] - q) ** 2 - (x_s[k] - y) ** 2)
        share = sum(joining.values()) / sum(self.world.states[i].weight for i in body.others)
        return better * share - body.spec.tabling_cost

    # Lobby

    def lobby(self, length: int) -> None:
        bodies, firms = range(len(self.progress)), self.world.firms
        open_minds = [[undecided(self, i, j) for j in bodies] for i in range(len(self.stated))]
        efforts = []
        for f, firm in enumerate(firms):
            reach = sum(share * sum(minds) for share, minds in zip(firm.market, open_minds, strict=True))
            rate = firm.budget / reach if reach > 1e-12 else 0.0
            efforts.append([rate * share * sum(minds) for share, minds in zip(firm.market, open_minds, strict=True)])
            for j in bodies:
                spread = sum(share * minds[j] for share, minds in zip(firm.market, open_minds, strict=True))
                self.progress[j].spent[f] += rate * length / 30 * spread
        for i in range(len(self.stated)):
            self.state_position(i, [effort[i] for effort in efforts])

    def state_position(self, i: int, efforts: list[float]) -> None:
        state, firms = self.world.states[i], self.world.firms
        for k, ideal in enumerate(state.ideal):
            p = sum(effort * firm.salience[k] for effort, firm in zip(efforts, firms, strict=True))
            pull = sum(effort * firm.salience[k] * firm.position[k] for effort, firm in zip(efforts, firms, strict=True))
            if p > 0 and self.scenario.firms is not None:
                give = state.openness * p / (p + self.scenario.firms.pressure_0 * state.gdp_share)
                self.stated[i][k] = ideal + give * (pull / p - ideal)
            else:
                self.stated[i][k] = ideal
