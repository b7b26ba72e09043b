"""How fast protocols bargain, on one core."""

from __future__ import annotations

from functools import partial

import numba
import numpy as np

from benchmarks.rows import Floats, Goal, Row, Spread, growth
from benchmarks.timing import in_turns
from tests.generators import plain_table
from waico.negotiation import BargainingProtocol, Table
from waico.negotiation.bargain import Challenge, Compromise, Exchange, Nash, challenge_kernels, trades

PROTOCOLS: tuple[BargainingProtocol, ...] = (Compromise(), Nash(), Challenge(), Exchange())
USUAL = "compromise"
TABLES = ((50, 6), (193, 8))
NEGOTIATIONS = ((193, 6, 60, None), (50, 6, 36, Goal(30, aim=5)), (50, 1, 36, Goal(30, aim=5)))
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


def rows() -> list[Row]:
    return [*(row for size in TABLES for row in first_rounds(*size)), *negotiations(), *sums(VOTERS), *challenge_growth()]


def first_rounds(actors: int, issues: int) -> list[Row]:
    """The first two rounds of every protocol, against compromise, and what exchange trades in them."""
    table = random_table(actors, issues)
    found = []
    for which in (0, 1):
        name_of = {type(protocol).__name__.lower(): protocol for protocol in PROTOCOLS}
        tasks = {name: partial(protocol.play, rounds(protocol, table, which), 30.0) for name, protocol in name_of.items()}
        times = in_turns(tasks, 15)
        found += [
            Row("bargaining", f"{name}, {actors} x {issues}, round {which + 1}", Spread.of(1000 * seconds), "ms",
                Spread.of(seconds / times[USUAL]), USUAL)
            for name, seconds in times.items()
        ]  # fmt: skip
        traded = len(trades(rounds(Exchange(), table, which)))
        found.append(Row("bargaining", f"exchange, {actors} x {issues}, round {which + 1}: trades", Spread.of(traded), "trades"))
    return found


def negotiations() -> list[Row]:
    """Whole negotiations by challenge."""
    challenge, found = Challenge(), []
    for actors, issues, number, goal in NEGOTIATIONS:
        table, usual = random_table(actors, issues), f"challenge, {actors} actors x {issues} issues x {number} rounds"
        worst = f"{usual}, no two ever at one position"
        tasks = {usual: partial(rounds, challenge, table, number), worst: partial(unmoved, challenge, table, number)}
        times = in_turns(tasks, 5)
        found += [
            Row("bargaining", usual, Spread.of(1000 * times[usual]), "ms", goal=goal),
            Row("bargaining", worst, Spread.of(1000 * times[worst]), "ms", Spread.of(times[worst] / times[usual]), "as played"),
        ]
    return found


def challenge_growth() -> list[Row]:
    """How a round of challenge on one issue grows with the number of actors, at as many positions."""
    tasks = {float(size): partial(Challenge().play, random_table(size, 1), 30.0) for size in SIZES}
    times = {size: 1000 * seconds for size, seconds in in_turns(tasks, 21).items()}
    return growth("actors", times, "ms", of="a round of challenge on one issue")


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


def sums(actors: int) -> list[Row]:
    """Fast sums over voters against counting every vote."""
    draws = np.random.default_rng(1)
    position, weight, risk = np.sort(draws.random(actors)), draws.random(actors), draws.uniform(0.5, 2.0, actors)
    spot, place = challenge_kernels.places(position)
    fast, plain = partial(challenge_kernels.probabilities, spot, place, weight, risk), partial(counted, position, weight, risk)
    times = in_turns({"fast": fast, "plain": plain}, 5)
    return [
        Row("bargaining", f"votes of {actors} on each other, by fast sums", Spread.of(1000 * times["fast"]), "ms"),
        Row("bargaining", f"votes of {actors} on each other, every vote counted, compiled too", Spread.of(1000 * times["plain"]), "ms",
            Spread.of(times["plain"] / times["fast"]), "by fast sums"),
        Row("bargaining", "how far the two are apart, at most", Spread.of(abs(fast() - plain()).max()), "probability"),
    ]  # fmt: skip
