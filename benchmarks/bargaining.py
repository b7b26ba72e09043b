"""How fast protocols bargain: `python benchmarks/bargaining.py`. Everything is timed once warm, on one core: medians."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.speed import median_seconds
from tests.generators import plain_table
from waico.negotiation import BargainingProtocol, Table
from waico.negotiation.bargain import Challenge, Compromise, Exchange, Nash, challenge_kernels, trades

Floats = NDArray[np.float64]
PROTOCOLS: tuple[BargainingProtocol, ...] = (Compromise(), Nash(), Challenge(), Exchange())
TABLES = ((50, 6), (193, 8))
SIZES = (25, 50, 100, 200, 400)


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


def compare_protocols() -> None:
    """Milliseconds of the first two rounds of every protocol, and how many times as long they take as compromise."""
    print("table    protocol    1st round, ms  times  2nd round, ms  times")
    for actors, issues in TABLES:
        table = random_table(actors, issues)
        usual = per_round(PROTOCOLS[0], table)
        for protocol in PROTOCOLS:
            first, second = per_round(protocol, table)
            taken = "".join(f"{t:15.3f}{t / u:7.0f}" for t, u in zip((first, second), usual, strict=True))
            print(f"{actors:3d} x {issues}  {type(protocol).__name__.lower():10s}{taken}")
        after = rounds(Exchange(), table, 1)
        print(f"trades by exchange: {len(trades(table))} in the first round, {len(trades(after))} in the second")


def per_round(protocol: BargainingProtocol, table: Table) -> tuple[float, float]:
    """Milliseconds of the first and of the second round at a table."""
    first, second = (
        1000 * median_seconds(partial(protocol.play, now, 30.0), 15) for now in (table, rounds(protocol, table, 1))
    )
    return first, second


def unmoved(protocol: BargainingProtocol, table: Table, number: int) -> None:
    """Play the same first round over and over: nobody has joined another yet, so that no position is shared."""
    for _ in range(number):
        protocol.play(table, 30.0)


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


def compare_sums(actors: int) -> None:
    """Fast sums over voters against counting every vote."""
    draws = np.random.default_rng(1)
    position, weight, risk = np.sort(draws.random(actors)), draws.random(actors), draws.uniform(0.5, 2.0, actors)
    spot, place = challenge_kernels.places(position)
    fast = median_seconds(lambda: challenge_kernels.probabilities(spot, place, weight, risk), 5)
    plain = median_seconds(lambda: counted(position, weight, risk), 3)
    apart = abs(challenge_kernels.probabilities(spot, place, weight, risk) - counted(position, weight, risk)).max()
    print(f"votes of {actors} on each other: {1000 * fast:.2f} ms; every vote counted, compiled too: {1000 * plain:.0f} ms, "
          f"{plain / fast:.0f} times as long, {apart:.0e} apart")   # fmt: skip


def time_challenge() -> None:
    """Whole negotiations by challenge, and how a round grows with the number of actors."""
    challenge = Challenge()
    for actors, issues, number in ((193, 6, 60), (50, 6, 36), (50, 1, 36)):
        table = random_table(actors, issues)
        run = median_seconds(partial(rounds, challenge, table, number), 5)
        worst = median_seconds(partial(unmoved, challenge, table, number), 3)
        print(f"challenge, {actors} actors x {issues} issues x {number} rounds: {1000 * run:.0f} ms; "
              f"if no two ever stood at one position: {1000 * worst:.0f} ms")   # fmt: skip
    seconds = [median_seconds(partial(challenge.play, random_table(size, 1), 30.0), 21) for size in SIZES]
    for size, taken in zip(SIZES, seconds, strict=True):
        print(f"challenge, {size:3d} actors at as many positions, a round of one issue: {1000 * taken:.2f} ms")
    exponents = [np.polyfit(np.log(SIZES[a:]), np.log(seconds[a:]), 1)[0] for a in (0, 2)]
    print(f"which grows with actors ^ {exponents[0]:.2f}, from {SIZES[2]} actors on ^ {exponents[1]:.2f}")
    compare_sums(193)


def main() -> None:
    compare_protocols()
    time_challenge()


if __name__ == "__main__":
    main()
