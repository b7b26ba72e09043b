"""Reference implementation: the stages bargain, adopt and offer, from section 3.4 of docs/odd.md alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.generators import plain_table
from tests.reference.oracle_challenge import Issue as IssueTalks
from tests.reference.oracle_challenge import Reading, median
from tests.reference.oracle_exchange import exchanges
from tests.reference.oracle_payoff import Stage, Status, price, undecided
from tests.reference.oracle_world import expit

if TYPE_CHECKING:
    from tests.reference.oracle import Oracle

RULES: dict[str, dict[str, Any]] = {
    "consensus": {"veto_share": 0.005, "epsilon": 0.01, "walkout": False},
    "supermajority": {"share": 2 / 3, "epsilon": 0.01},
    "weighted_majority": {"share": 0.5},
    "coalition_of_the_willing": {"states": 10},
}
ROUNDING = 1e-12
PROTOCOLS: dict[str, dict[str, Any]] = {
    "compromise": {"rate": 0.25},
    "exchange": {"rate": 0.25, "min_gain": 1e-6},
    "challenge": {"rate": 0.25, "round_days": 30.0, "risk": True},
}


def at_table(oracle: Oracle, i: int, j: int) -> list[float]:
    """What state i stands for in the talks over institution j."""
    both = zip(oracle.stated[i], oracle.progress[j].conceded[i], strict=True)
    return [min(1.0, max(0.0, x + conceded)) for x, conceded in both]


def participants(oracle: Oracle, j: int) -> list[int]:
    body, standings = oracle.world.bodies[j], oracle.progress[j].standings
    chosen = []
    for i, state in enumerate(oracle.world.states):
        rule = body.spec.participants
        takes_part = (
            i == body.sponsor
            or rule == "all"
            or (rule == "engaged" and (standings[i].status >= Status.ENDORSED or state.code in body.spec.named))
            or (isinstance(rule, list) and state.code in rule)
        )
        if takes_part and not standings[i].walked_out:
            chosen.append(i)
    return chosen


def capability(oracle: Oracle, among: list[int]) -> dict[int, float]:
    total = sum(oracle.world.states[i].weight for i in among)
    return {i: oracle.world.states[i].weight / total for i in among}


def excess(oracle: Oracle, i: int, j: int, text: list[float]) -> float:
    """Loss beyond the status quo and what the state tolerates."""
    state, x, q = oracle.world.states[i], at_table(oracle, i, j), oracle.world.bodies[j].status_quo
    worse = sum(s * ((x[k] - text[k]) ** 2 - (x[k] - q[k]) ** 2) for k, s in enumerate(state.salience))
    return worse - state.tolerance


def objects(oracle: Oracle, i: int, j: int, text: list[float]) -> bool:
    crossed = any(
        (line.floor is not None and text[k] < line.floor) or (line.ceiling is not None and text[k] > line.ceiling)
        for k, line in oracle.world.states[i].red_lines.items()
    )
    return crossed or excess(oracle, i, j, text) > 0


def rule_of(oracle: Oracle, j: int) -> tuple[str, dict[str, Any]]:
    adoption = oracle.world.bodies[j].spec.adoption
    return adoption.rule, {**RULES[adoption.rule], **adoption.parameters}


def bargaining_weight(oracle: Oracle, i: int, j: int, v: float, text: list[float]) -> float:
    adoption, rule = rule_of(oracle, j)
    o = expit(excess(oracle, i, j, text) / oracle.scenario.decision.smoothness)
    if adoption == "consensus":
        return float(v * (rule["epsilon"] + o))
    if adoption == "supermajority":
        return float(rule["epsilon"] + o)
    return v if adoption == "weighted_majority" else v * undecided(oracle, i, j)


def negotiating(oracle: Oracle, j: int) -> bool:
    return oracle.progress[j].stage == Stage.NEGOTIATING and not oracle.progress[j].adopted


def bargain(oracle: Oracle, j: int, s: int, e: int) -> None:
    """The text moves towards a compromise of those at the table."""
    if not negotiating(oracle, j):
        return
    progress, chosen = oracle.progress[j], oracle.scenario.bargaining
    rule = {**PROTOCOLS[chosen.protocol], **chosen.parameters}
    shares = capability(oracle, participants(oracle, j))
    weights = {i: bargaining_weight(oracle, i, j, v, progress.text) for i, v in shares.items()}
    if chosen.protocol != "compromise":
        concede(oracle, j, deal(oracle, j, weights, chosen.protocol, rule, e - s))
    step, a = 1 - math.exp(-rule["rate"] * (e - s) / 30), agenda(oracle, j, s)
    sponsor = at_table(oracle, oracle.world.bodies[j].sponsor, j)
    moved = []
    for k, y in enumerate(progress.text):
        pulls = [b * oracle.world.states[i].salience[k] for i, b in weights.items()]
        places = [at_table(oracle, i, j)[k] for i in weights]
        middle = y
        if sum(pulls) > 0 and chosen.protocol == "challenge":
            middle = median(places, pulls)
        elif sum(pulls) > 0:
            middle = sum(pull * x for pull, x in zip(pulls, places, strict=True)) / sum(pulls)
        moved.append(y + step * (a * sponsor[k] + (1 - a) * middle - y))
    progress.text = moved


def deal(
    oracle: Oracle, j: int, weights: dict[int, float], protocol: str, rule: dict[str, Any], length: int
) -> dict[int, list[float]]:
    """Where participants stand after they have dealt with each other in pairs; nobody where there was no deal."""
    rows = list(weights)
    places = [at_table(oracle, i, j) for i in rows]
    if protocol == "exchange":
        states = [oracle.world.states[i] for i in rows]
        lines = [[state.red_lines.get(k) for k in range(len(places[0]))] for state in states]
        after, made, _ = exchanges(
            plain_table(
                places, [state.salience for state in states], weight=np.array(list(weights.values())),
                conceded=np.array(places) - np.array([oracle.stated[i] for i in rows]),
                floor=np.array([[line.floor or 0.0 if line else 0.0 for line in own] for own in lines]),
                ceiling=np.array(
                    [[1.0 if line is None or line.ceiling is None else line.ceiling for line in own] for own in lines]
                ),
            ),
            rule["min_gain"],
        )
        if not made:
            return {}
    else:
        columns = [challenged(oracle, j, rows, list(weights.values()), k, rule, length) for k in range(len(places[0]))]
        after = [list(row) for row in zip(*columns, strict=True)]
    return dict(zip(rows, after, strict=True))


def challenged(
    oracle: Oracle, j: int, rows: list[int], power: list[float], k: int, rule: dict[str, Any], length: int
) -> list[float]:
    """Positions on one issue after a round of challenges."""
    x = [at_table(oracle, i, j)[k] for i in rows]
    before = [oracle.stated[i][k] for i in rows]
    full = max(s for i in rows for s in oracle.world.states[i].salience)
    attention = [min(1.0, oracle.world.states[i].salience[k] / full) for i in rows]
    reading = Reading(risk="present" if rule["risk"] else "none")
    targets = IssueTalks(list(x), attention, power, max(x + before) - min(x + before), reading).targets()
    part = min(1.0, length / rule["round_days"])
    return [(1 - part) * here + part * target for here, target in zip(x, targets, strict=True)]


def concede(oracle: Oracle, j: int, after: dict[int, list[float]]) -> None:
    for i, places in after.items():
        oracle.progress[j].conceded[i] = [new - stated for new, stated in zip(places, oracle.stated[i], strict=True)]


def agenda(oracle: Oracle, j: int, s: int) -> float:
    """The sponsor's hold on the agenda, which runs out at the planned ceremony."""
    planned, proposed = oracle.progress[j].dates.planned, oracle.progress[j].dates.proposed
    assert planned is not None
    assert proposed is not None
    if planned <= proposed:
        return 0.0
    return oracle.world.bodies[j].spec.agenda_power * min(1.0, max(0.0, (planned - s) / (planned - proposed)))


def adopt(oracle: Oracle, j: int, e: int) -> None:
    body, progress, dates = oracle.world.bodies[j], oracle.progress[j], oracle.progress[j].dates
    if negotiating(oracle, j):
        assert dates.planned is not None
        earliest = oracle.world.day(body.spec.adoption.earliest)
        if (earliest is None or e >= earliest) and vote(oracle, j, e):
            progress.adopted, progress.round_adopted = True, oracle.round
            if dates.opens is None or dates.opens < e:
                dates.opens, dates.closes = e, e + body.spec.signature.window_days
        elif e >= dates.planned + body.spec.adoption.lapse_days:
            progress.stage = Stage.FAILED
    if progress.adopted and progress.stage == Stage.NEGOTIATING and dates.opens is not None and dates.opens <= e:
        progress.stage = Stage.OPEN


def vote(oracle: Oracle, j: int, e: int) -> bool:
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    adoption, rule = rule_of(oracle, j)
    v = capability(oracle, participants(oracle, j))
    against = [i for i in v if objects(oracle, i, j, progress.text)]
    if adoption == "consensus":
        vetoes = [i for i in against if v[i] > rule["veto_share"]]
        if rule["walkout"] and len(vetoes) == 1 and vetoes[0] != body.sponsor:
            progress.standings[vetoes[0]].walked_out = True
            return True
        return not vetoes
    if adoption == "supermajority":
        return bool((len(v) - len(against)) / len(v) >= rule["share"])
    if adoption == "weighted_majority":
        return bool(sum(share for i, share in v.items() if i not in against) >= rule["share"] - ROUNDING)
    planned = progress.dates.planned
    return bool(progress.expected >= rule["states"] or (planned is not None and e >= planned))


def offer(oracle: Oracle, length: int) -> None:
    """Sponsors spend their budgets on those undecided when the round began, and on those courted by the other."""
    courted = [[standing.courted for standing in progress.standings] for progress in oracle.progress]
    for j, body in enumerate(oracle.world.bodies):
        standings = oracle.progress[j].standings
        for standing in standings:
            standing.courted = 0.0
        value = {i: oracle.world.states[i].weight * undecided(oracle, i, j) for i in body.others}
        there = None if body.rival_body is None else courted[body.rival_body]
        contested = {i: worth * (there[i] if there else 0.0) for i, worth in value.items()}
        purse = budget(oracle, j) * length / 30
        against = body.spec.inducement.counter * purse if any(worth > 0 for worth in contested.values()) else 0.0
        spend(oracle, j, value, purse - against)
        spend(oracle, j, contested, against)


def budget(oracle: Oracle, j: int) -> float:
    """The sponsor's budget for 30 days, raised by the momentum of the institution that it answers."""
    spec = oracle.world.bodies[j].spec
    if spec.answers is None:
        return spec.inducement.budget
    return spec.inducement.budget * (1 + spec.answers.escalation * oracle.momentum(spec.answers.to))


def spend(oracle: Oracle, j: int, value: dict[int, float], purse: float) -> None:
    value = {i: worth for i, worth in value.items() if worth > 0}
    if not value or purse <= 0:
        return
    standings = oracle.progress[j].standings
    for i, spent in split(value, {i: price(oracle, i, j) + standings[i].offer for i in value}, purse).items():
        standings[i].offer += spent
        standings[i].courted += spent


def split(value: dict[int, float], ground: dict[int, float], purse: float) -> dict[int, float]:
    """The spending s that maximizes sum value ln(1 + s / ground), by bisection on the common marginal return."""
    low = sum(value.values()) / (purse + sum(ground.values()))
    high = max(value[i] / ground[i] for i in value)
    while low < (middle := (low + high) / 2) < high:
        spent = sum(max(0.0, value[i] / middle - ground[i]) for i in value)
        low, high = (middle, high) if spent > purse else (low, middle)
    active = [i for i in value if value[i] / high > ground[i]]
    level = sum(value[i] for i in active) / (purse + sum(ground[i] for i in active)) if active else low
    return {i: max(0.0, value[i] / level - ground[i]) for i in value}
