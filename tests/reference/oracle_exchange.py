"""Reference implementation of the protocol `exchange`: every candidate is looked at anew after each trade."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, permutations

from waico.negotiation import Table

TIE = 1e-12
TOUCH = 1e-9


@dataclass
class Actor:
    """Participants that are alike in everything, with their joint weight."""

    rows: list[int]
    weight: float
    ideal: list[float]
    position: list[float]
    salience: list[float]
    floor: list[float]
    ceiling: list[float]
    free: list[bool]


@dataclass
class Deal:
    """Actor i yields on issue a by a change da of the outcome, j on b by db."""

    i: int
    j: int
    a: int
    b: int
    da: float
    db: float
    gain: float
    shifts: list[float] = field(default_factory=list)
    effects: list[dict[int, float]] = field(default_factory=list)   # on third parties, of each of the shifts


def exchanges(table: Table, min_gain: float = 1e-6) -> tuple[list[list[float]], list[Deal], list[Actor]]:
    """Positions after all trades, the trades in their order, and who made them."""
    actors, deals = actors_of(table), list[Deal]()
    issues = range(len(table.text))
    while True:
        outcome = [outcome_of(actors, k) for k in issues]
        chosen = best(candidates(actors, outcome, min_gain), actors)
        if not chosen:
            break
        share_out(chosen, actors, outcome)
        for deal in chosen:
            carry_out(deal, actors, outcome, table)
        deals += chosen
    position = table.position.tolist()
    for actor in actors:
        for row in actor.rows:
            position[row] = actor.position
    return position, deals, actors


def actors_of(table: Table) -> list[Actor]:
    actors = list[Actor]()
    traits = [
        [
            *table.position[i] - table.conceded[i], *table.conceded[i], *table.salience[i], *table.floor[i],
            *table.ceiling[i],
        ]
        for i in range(len(table.weight))
    ]
    for i, own in enumerate(traits):
        if table.weight[i] <= 0:
            continue
        for actor in actors:
            if all(abs(x - y) <= TOUCH for x, y in zip(own, traits[actor.rows[0]], strict=True)):
                actor.rows.append(i)
                actor.weight += table.weight[i]
                break
        else:
            actors.append(Actor(
                [i], table.weight[i], (table.position[i] - table.conceded[i]).tolist(), table.position[i].tolist(),
                table.salience[i].tolist(), table.floor[i].tolist(), table.ceiling[i].tolist(),
                (table.conceded[i] == 0).tolist(),
            ))  # fmt: skip
    return actors


def pull(actors: list[Actor], k: int) -> float:
    return sum(actor.weight * actor.salience[k] for actor in actors)


def outcome_of(actors: list[Actor], k: int) -> float:
    total = pull(actors, k)
    return sum(x.weight * x.salience[k] * x.position[k] for x in actors) / total if total else 0.0


def side(actor: Actor, k: int, outcome: list[float]) -> int:
    away = actor.ideal[k] - outcome[k]
    return 0 if abs(away) <= TOUCH else 1 if away > 0 else -1


def farthest(mover: Actor, partner: Actor, k: int, actors: list[Actor], outcome: list[float]) -> float:
    """Largest change of the outcome on k that the mover can bring about for its partner."""
    start, end = mover.ideal[k], partner.ideal[k]
    path = min(end, mover.ceiling[k]) - start if end > start else start - max(end, mover.floor[k])
    return min(max(path, 0.0) * mover.weight * mover.salience[k] / pull(actors, k), abs(end - outcome[k]))


def candidates(actors: list[Actor], outcome: list[float], min_gain: float) -> list[Deal]:
    found = []
    for (m, i), (n, j) in combinations(enumerate(actors), 2):
        for a, b in permutations(range(len(outcome)), 2):
            opposed = all(side(i, k, outcome) * side(j, k, outcome) == -1 for k in (a, b))
            cares_less = i.salience[b] * j.salience[a] > i.salience[a] * j.salience[b]
            if not (opposed and cares_less and i.free[a] and j.free[b]):
                continue
            rate = (i.salience[a] + j.salience[a]) / (i.salience[b] + j.salience[b])
            da = min(farthest(i, j, a, actors, outcome), farthest(j, i, b, actors, outcome) / rate)
            gain = i.salience[b] * rate * da - i.salience[a] * da
            if gain > min_gain:
                found.append(Deal(m, n, a, b, side(j, a, outcome) * da, side(i, b, outcome) * rate * da, gain))
    return found


def best(deals: list[Deal], actors: list[Actor]) -> list[Deal]:
    """Those that gain most; of these, those that take the smallest shifts."""
    most = max((deal.gain for deal in deals), default=0.0)
    deals = [deal for deal in deals if deal.gain >= most - TIE]
    shifts = [abs(shift(d.da, actors, d.i, d.a)) + abs(shift(d.db, actors, d.j, d.b)) for d in deals]
    return [deal for deal, total in zip(deals, shifts, strict=True) if total <= min(shifts) + TOUCH]


def shift(change: float, actors: list[Actor], mover: int, k: int) -> float:
    """Shift of a mover that changes the outcome by so much."""
    return change * pull(actors, k) / (actors[mover].weight * actors[mover].salience[k])


def share_out(deals: list[Deal], actors: list[Actor], outcome: list[float]) -> None:
    """Tied trades at once: positions that several want are shared, and no outcome moves too far."""
    wanted = [(deal.i, deal.a) for deal in deals] + [(deal.j, deal.b) for deal in deals]
    for deal in deals:
        share = 1 / max(wanted.count((deal.i, deal.a)), wanted.count((deal.j, deal.b)))
        deal.da, deal.db, deal.gain = share * deal.da, share * deal.db, share * deal.gain
    moved = [sum(d.da for d in deals if d.a == k) + sum(d.db for d in deals if d.b == k) for k in range(len(outcome))]
    cut = 1.0
    for deal in deals:
        for beneficiary, k in ((actors[deal.j], deal.a), (actors[deal.i], deal.b)):
            room = beneficiary.ideal[k] - outcome[k]
            if moved[k] * room > room * room:
                cut = min(cut, room / moved[k])
    for deal in deals:
        deal.da, deal.db, deal.gain = cut * deal.da, cut * deal.db, cut * deal.gain


def carry_out(deal: Deal, actors: list[Actor], outcome: list[float], table: Table) -> None:
    shifts: list[float] = []
    effects: list[dict[int, float]] = []
    two = actors[deal.i].rows + actors[deal.j].rows
    for mover, k, change in ((deal.i, deal.a, deal.da), (deal.j, deal.b, deal.db)):
        shifts.append(shift(change, actors, mover, k))
        actors[mover].position[k] += shifts[-1]
        actors[mover].free[k] = False
        effects.append({})
        for t in range(len(table.weight)):
            if t not in two:
                ideal = table.position[t, k] - table.conceded[t, k]
                after = abs(ideal - outcome[k] - change)
                effects[-1][t] = table.salience[t, k] * (abs(ideal - outcome[k]) - after)
    deal.shifts, deal.effects = shifts, effects
