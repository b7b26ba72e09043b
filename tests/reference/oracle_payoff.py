"""Reference implementation: what a state thinks of joining a body (payoff, time factors, expectations).

Written from section 3.4 of docs/odd.md alone. The functions read an `Oracle` and write to its standings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.reference.oracle import Oracle


class Status(IntEnum):
    WITHDRAWN = -1
    OUTSIDE = 0
    ENDORSED = 1
    SIGNED = 2
    RATIFIED = 3


class Stage(IntEnum):
    IDEA = 0
    PROPOSED = 1
    NEGOTIATING = 2
    OPEN = 3
    IN_FORCE = 4
    FAILED = 5


COVARIATE_TERMS = {
    "alignment": "b_align", "camp": "b_camp", "trade": "b_trade", "size": "b_size", "proximity": "b_prox",
    "need": "b_need", "region": "b_region",
}  # fmt: skip
HALF_LIFE = 14
LAUNCH_DAYS = 7
OPEN_ENDED = 360


@dataclass
class Standing:
    """What one state is to one institution at the moment."""

    status: Status = Status.OUTSIDE
    let_in: bool = False
    walked_out: bool = False
    invite_sum: float = 0.0
    endorse_sum: float = 0.0
    sign_sum: float = 0.0
    offer: float = 0.0
    courted: float = 0.0
    days_below: int = 0
    signed_on: int | None = None
    round_endorsed: int | None = None
    round_signed: int | None = None
    round_ratified: int | None = None
    round_withdrawn: int | None = None
    terms: dict[str, float] = field(default_factory=dict)
    endorse_rate: float = 0.0
    sign_rate: float = 0.0
    endorse_probability: float = 0.0
    probability: float = 0.0

    @property
    def payoff(self) -> float:
        return sum(self.terms.values())


@dataclass
class Dates:
    """The dates of an institution, as far as they are known, in days from the freeze date."""

    proposed: int | None = None
    endorse_opens: int | None = None
    endorse_closes: int | None = None
    opens: int | None = None
    closes: int | None = None
    planned: int | None = None


@dataclass
class Progress:
    """How far one institution has come."""

    text: list[float]
    standings: list[Standing]
    partner_since: list[int | None]
    partner_sum: list[float]
    spent: list[float]
    conceded: list[list[float]]
    stage: Stage = Stage.IDEA
    adopted: bool = False
    round_adopted: int | None = None
    round_in_force: int | None = None
    in_force_on: int | None = None
    dates: Dates = field(default_factory=Dates)
    expected: float = 0.0

    @property
    def active(self) -> bool:
        return self.stage not in (Stage.IDEA, Stage.FAILED)


@dataclass
class Inside:
    """One institution as everybody sees it at the start of a round."""

    members: list[bool]
    count: int
    weight: float
    depth: float
    breach: float
    partners: list[int]


def depth_of(oracle: Oracle, text: list[float]) -> float:
    binding = oracle.world.binding
    return sum(text[k] for k in binding) / len(binding) if binding else 0.0


def survey(oracle: Oracle, j: int) -> Inside:
    progress, body = oracle.progress[j], oracle.world.bodies[j]
    members = [standing.status >= Status.ENDORSED for standing in progress.standings]
    return Inside(
        members,
        count=sum(members),
        weight=sum(state.weight for state, inside in zip(oracle.world.states, members, strict=True) if inside),
        depth=depth_of(oracle, progress.text),
        breach=sum(share for share, inside in zip(body.rival_camp, members, strict=True) if inside),
        partners=[f for f, since in enumerate(progress.partner_since) if since is not None],
    )


def technology_for(oracle: Oracle, i: int, partners: list[int]) -> float:
    """What the technology of partner firms is worth to state i as a member."""
    total = 0.0
    for f in partners:
        firm = oracle.world.firms[f]
        completed = sum(share for g, share in firm.completed_by if g in partners)
        synergy = 1 + oracle.scenario.decision.partner.synergy * completed
        total += firm.made * (1 - firm.opened) * firm.access[i] * synergy
    return total


# Payoff


def take_payoffs(oracle: Oracle, s: int) -> None:
    surveys = [survey(oracle, j) for j in range(len(oracle.progress))]
    for j, body in enumerate(oracle.world.bodies):
        there = None if body.rival_body is None else surveys[body.rival_body]
        for i, standing in enumerate(oracle.progress[j].standings):
            standing.terms = payoff(oracle, i, j, surveys[j], there, s)
            set_rates(oracle, j, standing)


def payoff(oracle: Oracle, i: int, j: int, here: Inside, there: Inside | None, s: int) -> dict[str, float]:
    """The seventeen terms of the payoff of state i for institution j."""
    body, state = oracle.world.bodies[j], oracle.world.states[i]
    spec, b, decision = body.spec, body.coefficients, oracle.scenario.decision
    crowd = (1 + here.count) ** (-spec.crowding)
    capacity = spec.capacity_benefit + decision.partner.technology * technology_for(oracle, i, here.partners)
    terms = {name: b[key] * body.covariates[name][i] for name, key in COVARIATE_TERMS.items()}
    terms["alignment"] *= spec.partisanship
    terms["camp"] *= spec.partisanship
    terms["nation"] = decision.s_u * state.effect
    terms["peers"] = b["b_peers"] * peers(oracle, i, j, here, there)
    terms["pressure"] = (
        -b["b_pressure"] * spec.rival_pressure * body.leverage[i] * math.exp(-b["credibility"] * here.breach)
    )
    terms["fit"] = b["b_fit"] * here.depth * fit(oracle, i, j) / decision.fit_scale
    terms["capacity"] = b["b_capacity"] * state.need * capacity * crowd
    terms["market"] = b["b_market"] * spec.market_benefit * body.covariates["size"][i]
    terms["network"] = b["b_network"] * (here.weight - (there.weight if there else 0.0))
    terms["offer"] = b["b_offer"] * math.log(1 + oracle.progress[j].standings[i].offer / price(oracle, i, j))
    terms["cost"] = -b["b_cost"] * here.depth * (0.5 + state.size)
    terms["exclusive"] = -b["b_exclusive"] if excluded(oracle, i, j, s) else 0.0
    return terms


def peers(oracle: Oracle, i: int, j: int, here: Inside, there: Inside | None) -> float:
    """The lead of j over its rival among the neighbours that could be inside."""
    lead = total = 0.0
    body = oracle.world.bodies[j]
    for h, tie in oracle.world.states[i].ties:
        if h not in (body.sponsor, body.rival) and oracle.progress[j].standings[h].let_in:
            total += tie
            lead += tie * (here.members[h] - (there.members[h] if there else 0))
    return lead / total if total > 1e-12 else 0.0


def fit(oracle: Oracle, i: int, j: int) -> float:
    """How much nearer the text is than the status quo, on the issues that count."""
    state, x = oracle.world.states[i], oracle.stated[i]
    q, y = oracle.world.bodies[j].status_quo, oracle.progress[j].text
    return sum(state.salience[k] * ((x[k] - q[k]) ** 2 - (x[k] - y[k]) ** 2) for k in oracle.world.in_fit)


def price(oracle: Oracle, i: int, j: int) -> float:
    """What a unit of goodwill costs the sponsor, dearer by what its firms cannot deliver, cheaper by what is open."""
    body = oracle.world.bodies[j]
    own = [firm for firm in oracle.world.firms if firm.home == body.sponsor]
    factor = 1.0
    if own:
        total = sum(firm.technology for firm in own)
        delivered = sum(firm.made * firm.access[i] for firm in own) / total
        factor = max(0.01, (1 - sum(firm.technology * firm.opened for firm in own) / total) / delivered)
    return body.spec.inducement.price * math.sqrt(oracle.world.states[i].gdp_share) * factor


def excluded(oracle: Oracle, i: int, j: int, s: int, there: Status | None = None) -> bool:
    """Whether the state has signed the rival body and one of the two is exclusive by now.

    `there`: its status in the rival body, if not that of the moment.
    """
    bodies = oracle.world.bodies
    r = bodies[j].rival_body
    if r is None:
        return False
    if (oracle.progress[r].standings[i].status if there is None else there) < Status.SIGNED:
        return False
    days = [oracle.world.day(bodies[k].spec.exclusive_from) for k in (j, r)]
    return any(day is not None and day <= s for day in days)


def set_rates(oracle: Oracle, j: int, standing: Standing) -> None:
    b, endorse = oracle.world.bodies[j].coefficients, oracle.scenario.decision.endorse
    u, terms = standing.payoff, standing.terms
    standing.sign_rate = math.exp(b["b0"] + u)
    standing.endorse_rate = math.exp(
        b["b0"] + endorse.b0 + u - (1 - endorse.fit_share) * terms["fit"] - (1 - endorse.cost_share) * terms["cost"]
    )


# Time factors


def nearness(closes: int, s: int, e: int) -> float:
    """The mean of 2^(-days left / 14) from s to e, as an integral."""
    rate = math.log(2) / HALF_LIFE
    return (math.exp(-rate * (closes - e)) - math.exp(-rate * (closes - s))) / (rate * (e - s))


def time_factor(b: dict[str, float], opens: int | None, closes: int | None, s: int, e: int, launch: bool) -> float:
    if opens is None or s < opens:
        return 0.0
    if closes is not None and s >= closes:
        return math.exp(b["b_late"])
    z = 0.0 if closes is None or e > closes else nearness(closes, s, e)
    drawn = max(0, min(e, opens + LAUNCH_DAYS) - s) / (e - s) if launch else 0.0
    return (1 - drawn + drawn * math.exp(b["b_launch"])) * math.exp(b["b_deadline"] * z)


def mass(b: dict[str, float], opens: int | None, closes: int | None, today: int, length: int, launch: bool) -> float:
    """The time factors still to come in a window, in units of 30 days."""
    if opens is None:
        return 0.0
    start = max(today, opens)
    if closes is not None and start >= closes:
        return math.exp(b["b_late"]) * OPEN_ENDED / 30
    end = start + OPEN_ENDED if closes is None else closes
    total = 0.0
    while start < end:
        stop = min(start + length, end)
        total += time_factor(b, opens, closes, start, stop, launch) * (stop - start) / 30
        start = stop
    return total


# Expectations


def take_expectations(oracle: Oracle, s: int) -> None:
    for j, progress in enumerate(oracle.progress):
        opens, closes = signature_window(oracle, j, s)
        launch = oracle.world.bodies[j].spec.signature.launch
        b, length = oracle.world.bodies[j].coefficients, oracle.scenario.rounds.window_days
        endorse_mass = mass_of_endorsement(oracle, j, s, closes, closes)
        mass_by_ceremony = mass_of_endorsement(oracle, j, s, closes, opens)
        sign_mass = mass(b, opens, closes, s, length, launch)
        first_mass = 0.0
        if opens is not None and closes is not None:
            stop = min(opens + length, closes)
            first_mass = time_factor(b, opens, closes, opens, stop, launch) * (stop - opens) / 30
        progress.expected = 0.0
        for i, standing in enumerate(progress.standings):
            expect(oracle, i, j, endorse_mass, sign_mass)
            if eligible(oracle, i, j):
                by_ceremony = 1.0 if is_sure(oracle, i, j) else -math.expm1(-standing.endorse_rate * mass_by_ceremony)
                progress.expected += by_ceremony * -math.expm1(-standing.sign_rate * first_mass)


def signature_window(oracle: Oracle, j: int, s: int) -> tuple[int | None, int | None]:
    """The window of signature; before there is a date for tabling, as if tabled today."""
    dates, signature = oracle.progress[j].dates, oracle.world.bodies[j].spec.signature
    if dates.opens is None and signature.after_days is not None:
        opens = s + signature.after_days
        return opens, opens + signature.window_days
    return dates.opens, dates.closes


def mass_of_endorsement(oracle: Oracle, j: int, s: int, sign_closes: int | None, until: int | None) -> float:
    endorsement, dates = oracle.world.bodies[j].spec.endorsement, oracle.progress[j].dates
    if endorsement is None:
        return 0.0
    opens = dates.endorse_opens
    if opens is None:
        fixed = endorsement.opens
        opens = s if fixed is None else max(s, (fixed - oracle.scenario.freeze_date).days)
    if dates.endorse_closes is None and sign_closes is not None and sign_closes > s and until is not None:
        return max(0, until - max(s, opens)) / 30
    length = oracle.scenario.rounds.window_days
    b = oracle.world.bodies[j].coefficients
    return mass(b, opens, dates.endorse_closes, s, length, endorsement.launch)


def expect(oracle: Oracle, i: int, j: int, endorse_mass: float, sign_mass: float) -> None:
    standing = oracle.progress[j].standings[i]
    standing.endorse_probability = 1.0 if is_sure(oracle, i, j) else -math.expm1(-standing.endorse_rate * endorse_mass)
    standing.probability = 0.0
    if standing.status >= Status.SIGNED:
        standing.probability = 1.0
    elif eligible(oracle, i, j):
        standing.probability = standing.endorse_probability * -math.expm1(-standing.sign_rate * sign_mass)


def is_sure(oracle: Oracle, i: int, j: int) -> bool:
    """Whether the state need not endorse any more before it can sign."""
    ended = oracle.progress[j].standings[i].status >= Status.ENDORSED
    return ended or oracle.world.bodies[j].spec.endorsement is None


def eligible(oracle: Oracle, i: int, j: int) -> bool:
    """At risk, let in (anyone before tabling), not kept out, not withdrawn."""
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    standing = progress.standings[i]
    at_risk = i not in (body.sponsor, body.rival)
    kept_out = math.isinf(body.endorse_at[i]) or math.isinf(body.sign_at[i])
    return at_risk and (standing.let_in or progress.stage == Stage.IDEA) and not kept_out and standing.status != Status.WITHDRAWN


def undecided(oracle: Oracle, i: int, j: int) -> float:
    """How open the choice of a state is; 0 for institutions not on the table."""
    p = oracle.progress[j].standings[i].probability
    doubt = 4 * p * (1 - p)
    return doubt if oracle.progress[j].active and doubt > 1e-6 else 0.0
