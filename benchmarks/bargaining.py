"""How fast protocols bargain, on one core."""

from __future__ import annotations

from functools import partial

import numba
import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row, growth, in_turns, seconds
from tests.generators import plain_table
from waico.negotiation import BargainingProtocol, Table
from waico.negotiation.bargain import Challenge, Compromise, Exchange, Nash, challenge_kernels, trades

Floats = NDArray[np.float64]
PROTOCOLS: tuple[BargainingProtocol, ...] = (Compromise(), Nash(), Challenge(), Exchange())
TABLES = ((50, 6), (193, 8))
NEGOTIATIONS = ((193, 6, 60, None), (50, 6, 36, 30.0), (50, 1, 36, 30.0))   # actors, issues, rounds, goal in milliseconds
SIZES = (25, 50, 100, 200, 400)
VOTERS = 193


def random_table(actors: int, issues: int, seed: int = 0) -> Table:
    """Positions all distinct, weights as unequal as those of states."""
    draws = np.random.default_rng(seed)
    salience = draws.random((actors, issues))
    weight = draws.pareto(1.0, actors) + 0.1
    return plain_table(
        draws.random((actors, issues)), salience / salience.sum(axis=1, keepdims=True), weight / weight.sum()
    )  # fmt: skip


def rounds(protocol: BargainingProtocol, table: Table, number: int) -> Table:
    """Play a number of rounds."""
    for _ in range(number):
        table, _ = protocol.play(table, 30.0)
    return table


def unmoved(protocol: BargainingProtocol, table: Table, number: int) -> None:
    """Play the same first round over and over: nobody has joined another yet, so that no position is shared."""
    for _ in range(number):
        protocol.play(table, 30.0)


def by_protocol(actors: int, issues: int) -> list[Row]:
    """The first two rounds of every protocol beside those of compromise, and how many trades exchange finds in them."""
    table, group = random_table(actors, issues), f"bargaining: {actors} actors x {issues} issues"
    rows = []
    for number, ordinal in enumerate(("first", "second")):
        tables = {protocol: rounds(protocol, table, number) for protocol in PROTOCOLS}
        taken = in_turns({protocol: partial(seconds, partial(protocol.play, now, 30.0)) for protocol, now in tables.items()}, 15)
        usual = (f"compromise, {ordinal} round", taken[PROTOCOLS[0]])
        rows += [Row.of(group, f"{type(protocol).__name__.lower()}, {ordinal} round", taken[protocol], times=usual) for protocol in PROTOCOLS]
        rows.append(Row.of(group, f"exchange, {ordinal} round", [len(trades(tables[PROTOCOLS[-1]]))], "trades"))
    return rows


@numba.njit
def counted(position: Floats, weight: Floats, risk: Floats) -> Floats:
    """Probabilities by counting every vote: pairs times voters."""
    n = len(position)
    chance = np.full((n, n), 0.5)
    for i in range(n):
        for j in range(n):
            won = cast = 0.0
            for k in range(n):
                from_i, from_j = abs(position[k] - position[i]), abs(position[k] - position[j])
                vote = weight[k] * (from_j ** risk[k] - from_i ** risk[k])
                won += max(vote, 0.0)
                cast += abs(vote)
            if cast > 0.0:
                chance[i, j] = won / cast
    return chance


def by_sums() -> list[Row]:
    """Fast sums over voters against counting every vote, compiled too."""
    draws = np.random.default_rng(1)
    position, weight, risk = np.sort(draws.random(VOTERS)), draws.random(VOTERS), draws.uniform(0.5, 2.0, VOTERS)
    fast = partial(challenge_kernels.probabilities, *challenge_kernels.places(position), weight, risk)
    plain = partial(counted, position, weight, risk)
    taken = in_turns({"fast": partial(seconds, fast), "plain": partial(seconds, plain)}, 5)
    group = f"challenge: votes of {VOTERS} on each other"
    return [
        Row.of(group, "fast sums", taken["fast"]),
        Row.of(group, "every vote counted", taken["plain"], times=("fast sums", taken["fast"])),
        Row.of(group, "largest difference of a probability", [abs(fast() - plain()).max()], ""),
    ]


def by_negotiation() -> list[Row]:
    """Whole negotiations by challenge, and those in which no two ever stand at one position, which is the worst case."""
    challenge, rows = Challenge(), []
    for actors, issues, number, goal in NEGOTIATIONS:
        table = random_table(actors, issues)
        tasks = {"usual": partial(rounds, challenge, table, number), "worst": partial(unmoved, challenge, table, number)}
        taken = in_turns({name: partial(seconds, task) for name, task in tasks.items()}, 5)
        what = f"{actors} actors x {issues} issue{'s' if issues > 1 else ''} x {number} rounds"
        rows += [
            Row.of("challenge", what, taken["usual"], goal=goal),
            Row.of("challenge", f"{what}, no position shared", taken["worst"], times=(what, taken["usual"])),
        ]
    return rows


def by_actors() -> list[Row]:
    """A round of one issue by challenge, all actors at positions of their own."""
    tasks = {size: partial(Challenge().play, random_table(size, 1), 30.0) for size in SIZES}
    taken = in_turns({size: partial(seconds, task) for size, task in tasks.items()}, 21)
    *rows, over_all = growth("challenge: a round of one issue", "actors", taken)
    *_, over_large = growth("challenge: a round of one issue", f"actors from {SIZES[2]} on", {size: taken[size] for size in SIZES[2:]})
    return [*rows, over_all, over_large]


def measure() -> list[Row]:
    """Rows of all protocols, and more of challenge, the slowest by theory."""
    return [*(row for table in TABLES for row in by_protocol(*table)), *by_negotiation(), *by_actors(), *by_sums()]
