"""Why a state decided as it did: the terms of its payoff, the peers that moved, and what would have flipped it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from waico.agents.institution import NEVER
from waico.agents.world import OUTSIDE, SIGNED, Status
from waico.analysis.bodies import row_of
from waico.model import NegotiationModel
from waico.negotiation.payoff import BASE_EXPOSURE
from waico.negotiation.terms import (
    CAPACITY,
    COST,
    EXCLUSIVE,
    FIT,
    MARKET,
    NATION,
    NETWORK,
    OFFER,
    PEERS,
    PRESSURE,
    TERMS,
)
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import Scenario

NEIGHBOURS = 12   # how many of the closest peers are named


@dataclass(frozen=True)
class Flip:
    """The change of one term alone that would have turned the decision of the round.

    Attributes:
        term: its name. now, needed: its value in the round, and the value at which the decision turns.
        reachable: whether the term can take that value at all, as far as its range is bounded.
    """

    term: str
    now: float
    needed: float
    reachable: bool


@dataclass(frozen=True)
class Explanation:
    """Why a state did, or did not, take the next step in one round.

    Attributes:
        nation, institution, round, date: whose decision, when (the date is the round's last day). replicate: in which run.
        before, after: status at the start and at the end of the round.
        bloc: whether it is a member of a bloc that decides as one, by majority of its weight.
        step: the step it faced: `endorse` or `sign`, or "none" where nothing was open to it, with `reason`.
        terms: additive parts of v by name, intercept and time first; they add up to `v`.
        v: log hazard per 30 days. hazard: probability of the step in this round.
        summed, threshold: hazard summed to the end of the round, and the threshold drawn for this step.
        peers: neighbours by closeness: code, tie, status at the round's start, and the round in which each came inside.
        flips: for every term of the payoff what it would have had to be, the smallest change within its range first.
    """

    nation: str
    institution: str
    round: int
    replicate: int
    date: str
    before: str
    after: str
    bloc: bool
    step: str
    reason: str
    terms: dict[str, float]
    v: float
    hazard: float
    summed: float
    threshold: float
    peers: list[dict[str, Any]]
    flips: list[Flip]

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    def in_words(self) -> str:
        """A page of text for the terminal."""
        place = f"{self.nation} and {self.institution}, round {self.round} (to {self.date})"
        lines = [f"{place}: {self.before} at the start, {self.after} at the end"]
        if self.step == "none":
            return "\n".join([*lines, f"No decision: {self.reason}."])
        lines += ["", f"Log hazard of the step to {self.step}, per 30 days"]
        parts = sorted(self.terms.items(), key=lambda item: -abs(item[1]))
        lines += [f"  {name:<12}{value:+8.3f}" for name, value in parts if round(value, 3) != 0.0]
        lines += [
            f"  {'v':<12}{self.v:+8.3f}   probability in this round {self.hazard:.3f}",
            "",
            f"Hazard summed {self.summed:.3f} against a threshold of {self.threshold:.3f}: {self.verdict}",
        ]
        reachable = [flip for flip in self.flips if flip.reachable]
        if reachable:
            flip = reachable[0]
            change = f"{flip.term} at {flip.needed:+.3f} in place of {flip.now:+.3f}"
            lines.append(f"Smallest change of one term that would have turned it: {change}")
        elif self.flips:
            lines.append("No single term could have turned it within its range")
        inside = [peer for peer in self.peers if peer["inside_since_round"] is not None]
        lines += ["", f"Of its {len(self.peers)} closest neighbours {len(inside)} were inside before:"]
        lines += [
            f"  {peer['nation']}  tie {peer['tie']:.3f}  {peer['status']}, inside since round {peer['inside_since_round']}"
            for peer in inside
        ]
        return "\n".join(lines)

    @property
    def verdict(self) -> str:
        """Whether it takes the step, or its bloc does for it."""
        wants, moved = self.summed >= self.threshold, self.after != self.before
        if self.bloc and wants != moved:
            return "its bloc takes the step without its wish" if moved else "it would, but its bloc lacks the majority"
        return "it takes the step" if moved else "it does not"


def explain(
    scenario: Scenario,
    nation: str,
    *,
    institution: str | None = None,
    round_number: int | None = None,
    seed: int = 0,
    replicate: int = 0,
    until: date | None = None,
) -> Explanation:
    """Simulate again up to a round and take the decision of one state apart.

    Args:
        scenario: what was run.
        nation: ISO3 code.
        institution: its id; the first one if not given.
        round_number: the round; if not given, that of the state's last step, or the last round.
        seed: of the run.
        replicate: of the run.
        until: last day of the run, if it was cut short.

    Raises:
        InputError: there is no such state, institution or round.
    """
    model = NegotiationModel(scenario, rng=seed, replicate=replicate, until=until)
    i, j = _place(model, nation, institution)
    if round_number is None:
        round_number = _last_step(scenario, i, j, seed, replicate, until)
    while model.running and len(model.history) < round_number - 1:
        model.step()
    before, peers = int(model.world.status[i, j]), _peers(model, i, j)
    sums = float(model.world.endorse_sum[i, j]), float(model.world.sign_sum[i, j])
    if model.running:
        model.step()
    if model.round is None or model.round.number != round_number:
        last = model.round.number if model.round else 0
        raise InputError(scenario.name, "--round", f"there is no round {round_number}", f"give 1 to {last}")
    return replace(_take_apart(model, i, j, before, sums), peers=peers)


def _place(model: NegotiationModel, nation: str, institution: str | None) -> tuple[int, int]:
    setting = model.world.setting
    if nation not in setting.codes:
        close = nearest(nation.upper(), setting.codes)
        instead = close if close.endswith("?") else "give an ISO3 code, such as KEN"
        raise InputError(setting.scenario.name, "--nation", f"there is no state '{nation}'", instead)
    return setting.codes.index(nation), row_of(setting, institution, "--institution")


def _last_step(scenario: Scenario, i: int, j: int, seed: int, replicate: int, until: date | None) -> int:
    """The round in which the state signed, else endorsed; the last round if it did neither."""
    model = NegotiationModel(scenario, rng=seed, replicate=replicate, until=until)
    model.run_model()
    world = model.world
    steps = [int(rounds[i, j]) for rounds in (world.round_signed, world.round_endorsed)]
    return next((step for step in steps if step != NEVER), len(model.history))


def _take_apart(model: NegotiationModel, i: int, j: int, before: int, sums: tuple[float, float]) -> Explanation:
    world, setting, now, prospects, decided = (
        model.world, model.world.setting, model.round, model.prospects, model.decided,
    )  # fmt: skip
    assert now is not None and prospects is not None and decided is not None
    step, reason = _step_at(model, i, j, before)
    endorsing, bloc = step == "endorse", setting.blocs[j]
    factor = float((decided.endorse_factor if endorsing else decided.sign_factor)[j])
    rate = float((prospects.endorse_rate if endorsing else prospects.sign_rate)[i, j])
    terms = _terms(model, i, j, endorsing, factor)
    months = now.days / 30.0
    added = rate * factor * months if step != "none" else 0.0
    threshold = float((world.endorse_at if endorsing else world.sign_at)[i, j])
    summed = sums[0 if endorsing else 1] + added
    return Explanation(
        nation=setting.codes[i], institution=setting.bodies[j], round=now.number,
        replicate=model.draws.replicate, date=model.institutions.date_of(now.end).isoformat(),
        before=Status(before).name.lower(), after=Status(int(world.status[i, j])).name.lower(),
        bloc=bloc is not None and i in bloc, step=step, reason=reason, terms=terms, v=math.fsum(terms.values()),
        hazard=-math.expm1(-added), summed=summed, threshold=threshold, peers=[],
        flips=_flips(model, i, j, terms, threshold - (summed - added), months) if step != "none" else [],
    )  # fmt: skip


def _step_at(model: NegotiationModel, i: int, j: int, before: int) -> tuple[str, str]:
    """The step that was open to the state in the round, or why none was."""
    setting, prospects, decided = model.world.setting, model.prospects, model.decided
    assert prospects is not None and decided is not None
    if not setting.at_risk[i, j]:
        return "none", "sponsor and rival do not decide on joining"
    if before >= SIGNED:
        return "none", _after_signature(model, i, j)
    if before < OUTSIDE:
        return "none", "it had withdrawn for good"
    if not prospects.may[i, j]:
        return "none", "it was kept out, or not let in by the gate"
    if before == OUTSIDE and setting.staged[j]:
        return ("endorse", "") if decided.endorse_factor[j] > 0 else ("none", "endorsement was not open")
    if decided.sign_factor[j] > 0:
        return "sign", ""
    return "none", "no text was open for signature" + (", and it had endorsed already" if before > OUTSIDE else "")


def _after_signature(model: NegotiationModel, i: int, j: int) -> str:
    """What happened to a signatory in the round: it left, it ratified when its lag was over, or nothing."""
    world, number = model.world, model.round.number if model.round else 0
    if world.round_withdrawn[i, j] == number:
        rule = world.setting.scenario.decision.withdraw
        u = model.payoff.total[i, j]
        if u >= -rule.margin:
            there = world.setting.bodies[world.setting.rival_body[j]]
            return f"it withdrew: it had to choose, and {there} had been worth more to it for {rule.days} days"
        return f"it withdrew: its payoff, {u:+.2f}, had been below {-rule.margin:+.2f} for {rule.days} days"
    if world.round_ratified[i, j] == number:
        return f"it ratified: its lag of {world.ratify_lag[i, j]:.0f} days from signature was over"
    return "it had signed already"


def _terms(model: NegotiationModel, i: int, j: int, endorsing: bool, factor: float) -> dict[str, float]:
    """Additive parts of v: the intercept, what time adds, and the terms of the payoff as they count for the step."""
    differs = model.world.setting.scenario.decision.endorse
    b0 = float(model.payoff.coefficients["b0"][j]) + (differs.b0 if endorsing else 0.0)
    terms = {"intercept": b0, "time": math.log(factor) if factor > 0 else 0.0}
    for row, name in enumerate(TERMS):
        counts = 1.0
        if endorsing and row in (FIT, COST):
            counts = differs.fit_share if row == FIT else differs.cost_share
        terms[name] = counts * float(model.payoff.terms[row, i, j])
    return terms


def _peers(model: NegotiationModel, i: int, j: int) -> list[dict[str, Any]]:
    """The closest neighbours, and since when they were inside, as things stand now."""
    world, setting = model.world, model.world.setting
    ties = setting.ties[i] * setting.at_risk[:, j]
    peers = []
    for row in np.argsort(-ties, kind="stable")[:NEIGHBOURS]:
        status = Status(int(world.status[row, j]))
        since = int(world.round_endorsed[row, j]) if status >= Status.ENDORSED else None
        peers.append({
            "nation": setting.codes[row], "tie": float(ties[row]), "status": status.name.lower(),
            "inside_since_round": since,
        })  # fmt: skip
    return peers


def _flips(
    model: NegotiationModel, i: int, j: int, terms: dict[str, float], missing: float, months: float
) -> list[Flip]:
    """For every term of the payoff the value at which the state would just have turned, the smallest change first.

    The step is taken when exp(v) * months reaches what was missing at the round's start, so that every term alone
    would have to change by the same amount; a change counts as small if the term varies more than that among states.
    Intercept and time are left out: they belong to the institution and the calendar, not to the state.
    """
    if missing <= 0 or math.isinf(missing):
        return []
    change = math.log(missing / months) - math.fsum(terms.values())
    flips = []
    for name in TERMS:
        value = terms[name]
        low, high = _range(model, name, i, j, value)
        flips.append(Flip(name, value, value + change, low - 1e-12 <= value + change <= high + 1e-12))
    spread = {name: float(model.payoff.terms[row, :, j].std()) or 1.0 for row, name in enumerate(TERMS)}
    return sorted(flips, key=lambda flip: (not flip.reachable, abs(change) / spread[flip.term]))


def _range(model: NegotiationModel, name: str, i: int, j: int, value: float) -> tuple[float, float]:
    """What values a term can take for this state, with the coefficients as drawn.

    Terms of standing facts are bounded by what they are for other states, the nation effect by three standard deviations;
    a term that is on or off cannot take a value between.
    """
    b, payoff, row = model.payoff.coefficients, model.payoff, TERMS.index(name)
    if row in (PEERS, NETWORK):
        bound = float(abs(b["b_peers" if row == PEERS else "b_network"][j]))
        return -bound, bound
    if row == PRESSURE:
        return -float(abs(b["b_pressure"][j] * payoff.pressed[i, j])), 0.0
    if row in (OFFER, CAPACITY, MARKET):
        return 0.0, math.inf
    if row == COST:
        deepest = float(b["b_cost"][j] * (BASE_EXPOSURE + model.world.setting.scale[i]))
        return (min(-deepest, 0.0), 0.0) if value != 0.0 else (0.0, 0.0)
    if row == EXCLUSIVE:
        return value, value
    if row == NATION:
        far = 3.0 * model.world.setting.scenario.decision.s_u
        return -far, far
    others = payoff.terms[row, :, j]
    return float(others.min()), float(others.max())
