"""Stage 5, adopt: rules by which a text is adopted. Whose consent a rule needs also shapes the text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.institution import FAILED, NEGOTIATING, OPEN_FOR_SIGNATURE
from waico.negotiation.clock import Round
from waico.negotiation.events import Events, Kind
from waico.negotiation.registry import Registry, Rule
from waico.negotiation.table import Table
from waico.scenarios.schema import Adoption, param

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

ROUNDING = 1e-12   # shares are sums of floats: those that make up the whole may miss it by as little


@dataclass(frozen=True)
class Verdict:
    """Whether a text is adopted, and which participant (row of the table) leaves so that it can be, if any."""

    adopted: bool
    walks_out: int | None = None


class AdoptionRule(Rule, ABC):
    """How a text is adopted. Subclass, declare parameters as fields, implement `weight` and `decide`, register a name."""

    needs_consent: ClassVar[bool] = True   # whether objections are votes that can fail

    @abstractmethod
    def weight(self, table: Table) -> Floats:
        """Bargaining weights of the participants, shape (n,): those whose consent is needed pull harder."""

    def consent(self, table: Table) -> Flags:
        """Participants without whose consent no text can be adopted, as things stand, shape (n,); at first, all."""
        return np.ones(len(table.capability), dtype=bool)

    @abstractmethod
    def decide(self, table: Table, ceremony: bool) -> Verdict:
        """Whether the text on the table is adopted; `ceremony` says that the day of the ceremony is reached."""


adoption_rules: Registry[AdoptionRule] = Registry("adoption rule")


def easiest_to_win(table: Table, votes: Floats, needed: float) -> Flags:
    """The smallest set that carries a vote: the sponsor, then those whom the text costs least, shape (n,).

    Those whom it costs the same stand or fall together. All of them, if even they do not hold the votes needed.
    `votes`: of each participant, (n,).
    """
    cost = np.round(table.excess(), 12)
    if table.sponsor >= 0:
        cost[table.sponsor] = -np.inf
    order = np.argsort(cost, kind="stable")
    before = np.cumsum(votes[order]) - votes[order]
    last = max(int(np.count_nonzero(before < needed - ROUNDING)) - 1, 0)   # the sponsor is always among them
    return np.asarray(cost <= cost[order[last]])


@adoption_rules.register("consensus")
class Consensus(AdoptionRule):
    """Nobody of weight objects. A lone objector may walk out instead of blocking."""

    veto_share: float = param(0.005, "objectors up to this share of capability cannot block", ge=0, le=1)
    epsilon: float = param(0.01, "pull of a participant without objection, against 1 of a firm objector", gt=0, le=1)
    walkout: bool = param(False, "whether a lone objector leaves instead of blocking", unit="-")

    def weight(self, table: Table) -> Floats:
        """Capability times smooth objection: the text moves towards those who would block it."""
        return np.asarray(table.capability * (self.epsilon + table.objection()))

    def consent(self, table: Table) -> Flags:
        """Everybody who can block."""
        return np.asarray(table.capability > self.veto_share)

    def decide(self, table: Table, ceremony: bool) -> Verdict:
        """Adopted without an objector above the veto share."""
        blocking = np.flatnonzero(table.objects() & self.consent(table))
        if len(blocking) == 0:
            return Verdict(True)
        if self.walkout and len(blocking) == 1 and blocking[0] != table.sponsor:
            return Verdict(True, int(blocking[0]))
        return Verdict(False)


@adoption_rules.register("supermajority")
class Supermajority(AdoptionRule):
    """A share of the participants, one vote each, does not object."""

    share: float = param(2 / 3, "share of the participants that must not object", ge=0, le=1)
    epsilon: float = param(0.01, "pull of a participant without objection, against 1 of a firm objector", gt=0, le=1)

    def weight(self, table: Table) -> Floats:
        """Equal votes, objectors first."""
        return np.asarray(self.epsilon + table.objection())

    def consent(self, table: Table) -> Flags:
        """The majority that is easiest to win."""
        return easiest_to_win(table, np.full(len(table.capability), 1.0 / len(table.capability)), self.share)

    def decide(self, table: Table, ceremony: bool) -> Verdict:
        """Adopted when few enough object."""
        return Verdict(bool(table.objects().mean() <= 1.0 - self.share + ROUNDING))


@adoption_rules.register("weighted_majority")
class WeightedMajority(AdoptionRule):
    """A share of capability does not object."""

    share: float = param(0.5, "share of capability that must not object", ge=0, le=1)

    def weight(self, table: Table) -> Floats:
        """Capability."""
        return table.capability

    def consent(self, table: Table) -> Flags:
        """The majority that is easiest to win."""
        return easiest_to_win(table, table.capability, self.share)

    def decide(self, table: Table, ceremony: bool) -> Verdict:
        """Adopted when enough weight does not object."""
        return Verdict(bool(table.capability[table.objects()].sum() <= 1.0 - self.share + ROUNDING))


@adoption_rules.register("coalition_of_the_willing")
class CoalitionOfTheWilling(AdoptionRule):
    """Those willing to sign go ahead: as soon as enough of them are expected, at the latest on the ceremony's day."""

    needs_consent: ClassVar[bool] = False
    states: int = param(10, "signatories expected at the ceremony at which the text is adopted", unit="states", ge=1)

    def weight(self, table: Table) -> Floats:
        """Capability of those who are undecided: the text is written for those whom it can still win."""
        return np.asarray(table.capability * table.undecided)

    def consent(self, table: Table) -> Flags:
        """The founders that are easiest to win: as many as are needed, beside the sponsor."""
        return easiest_to_win(table, np.ones(len(table.capability)), self.states + 1.0)

    def decide(self, table: Table, ceremony: bool) -> Verdict:
        """Adopted when enough are expected, or the ceremony is reached."""
        return Verdict(ceremony or table.expected >= self.states)


def adopt(
    world: World,
    institutions: Institutions,
    tables: dict[int, tuple[Indices, Table]],
    rules: list[AdoptionRule],
    now: Round,
    events: Events,
) -> None:
    """Adopt the texts that pass, end talks that have lapsed, and open adopted texts on the day of their ceremony.

    Reads tables; writes stage, dates and round_adopted of institutions, and who walked out.
    """
    for j, (rows, table) in tables.items():
        choice = world.setting.scenario.institutions[j].adoption
        verdict = Verdict(False)
        if now.end >= _earliest(institutions, choice):
            verdict = rules[j].decide(table, ceremony=bool(now.end >= institutions.planned[j]))
            if not verdict.adopted:
                _log_objections(events, now, j, rows, table, rules[j])
        if verdict.walks_out is not None:
            leaver = rows[verdict.walks_out]
            institutions.walked_out[leaver, j] = True
            events.add(now.number, Kind.WALKED_OUT, j, leaver + events.names.nations)
        if verdict.adopted:
            institutions.round_adopted[j] = now.number
            institutions.open_late(j, now.end)
            events.add(now.number, Kind.ADOPTED, j, world.setting.sponsor[j] + events.names.nations)
        elif now.end >= institutions.planned[j] + choice.lapse_days:
            institutions.stage[j] = FAILED
            events.add(now.number, Kind.LAPSED, j, world.setting.sponsor[j] + events.names.nations)
    for j in range(len(institutions)):
        waiting = institutions.stage[j] == NEGOTIATING and institutions.adopted(j)
        if waiting and institutions.opens[j] <= now.end:
            institutions.stage[j] = OPEN_FOR_SIGNATURE


def _earliest(institutions: Institutions, choice: Adoption) -> float:
    """First day on which the text may be adopted, in days after the freeze date."""
    return -np.inf if choice.earliest is None else institutions.setting.scenario.day(choice.earliest)


def _log_objections(events: Events, now: Round, j: int, rows: Indices, table: Table, rule: AdoptionRule) -> None:
    """One event per objector of a failed vote, with the issue on which it loses most."""
    objectors = np.flatnonzero(table.objects())
    if not rule.needs_consent or len(objectors) == 0:
        return
    position, salience = table.position[objectors], table.salience[objectors]
    losses = salience * ((position - table.text) ** 2 - (position - table.status_quo) ** 2)
    crossed = (table.text < table.floor[objectors]) | (table.text > table.ceiling[objectors])
    worst = np.argmax(np.round(losses + 10.0 * crossed, 12), axis=1)
    excess = table.excess()[objectors]
    events.add(
        now.number, Kind.OBJECTED, j, rows[objectors] + events.names.nations, worst + events.names.issues, excess
    )
