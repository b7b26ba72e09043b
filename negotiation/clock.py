"""Time: rounds, the windows in which things are open, and how launch and deadline raise a hazard."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import NamedTuple

import numpy as np

from waico.agents import Institutions, Setting
from waico.agents.compiled import compiled
from waico.agents.institution import NEVER
from waico.scenarios.schema import Rounds

HALVING_DAYS = 14.0   # the pull of a deadline doubles with every fortnight that passes
LAUNCH_DAYS = 7.0   # how long a ceremony draws: the rounds after the ceremonies of history were weeks
PROSPECT_DAYS = 360.0   # how far states look ahead where no deadline lies before them


class Round(NamedTuple):
    """Round `number` runs from day `start` to day `end` after the freeze date."""

    number: int
    start: float
    end: float

    @property
    def days(self) -> float:
        """Length in days."""
        return self.end - self.start


class Pull(NamedTuple):
    """Coefficients of time, on the log hazard: at a launch, towards a deadline, after it."""

    launch: float
    deadline: float
    late: float


class Window(NamedTuple):
    """When something is open: from `opens`, at first until `closes`, later at another rate.

    `ceremony` says whether the opening is a launch.
    """

    opens: float
    closes: float
    ceremony: bool


def next_round(number: int, start: float, institutions: Institutions, rounds: Rounds, last: float) -> Round:
    """The round that starts at day `start`, cut short at the first day on which something opens or closes."""
    length = rounds.days
    windows = zip(*(dates.tolist() for dates in (institutions.round_adopted, institutions.opens, institutions.closes)), strict=True)
    if any(adopted != NEVER and opens <= start < closes for adopted, opens, closes in windows):
        length = rounds.window_days
    milestones = institutions.milestones()
    ahead = bisect_right(milestones, start)
    return Round(number, start, min(start + length, last, *milestones[ahead : ahead + 1]))


@compiled
def closeness(start: float, end: float, deadline: float) -> float:
    """Mean over a round of 2^(-days left / 14), in [0, 1]; 0 once the deadline has passed or without one."""
    if end > deadline or math.isinf(deadline):
        return 0.0
    rate = math.log(2.0) / HALVING_DAYS
    return (math.exp(-rate * (deadline - end)) - math.exp(-rate * (deadline - start))) / (rate * (end - start))


@compiled
def launch_share(window: Window, start: float, end: float) -> float:
    """Share of a round that lies within the week of a launch, in [0, 1]; 0 without one."""
    if not window.ceremony or math.isinf(window.opens):
        return 0.0
    return max(0.0, min(end, window.opens + LAUNCH_DAYS) - max(start, window.opens)) / (end - start)


@compiled
def time_factor(window: Window, start: float, end: float, pull: Pull) -> float:
    """What time multiplies a hazard by in a round; 0 before the window opens."""
    if start < window.opens:
        return 0.0
    if start >= window.closes:
        return math.exp(pull.late)
    share = launch_share(window, start, end)
    launch = 1.0 + share * math.expm1(pull.launch)   # mean of the factor over the days of the round
    return launch * math.exp(pull.deadline * closeness(start, end, window.closes))


@compiled
def exposure(window: Window, day: float, step: float, pull: Pull) -> float:
    """Sum of time factor * days / 30 over the rounds to come until the window closes; over a year if that is past.

    0 while nobody knows when it opens.
    """
    start = max(day, window.opens)
    if math.isinf(start):
        return 0.0
    if start >= window.closes:
        return math.exp(pull.late) * PROSPECT_DAYS / 30.0
    end = start + PROSPECT_DAYS if math.isinf(window.closes) else window.closes
    total = 0.0
    while start < end:
        stop = min(start + step, end)
        total += time_factor(window, start, stop, pull) * (stop - start) / 30.0
        start = stop
    return total


@compiled
def exposure_at_ceremony(window: Window, step: float, pull: Pull) -> float:
    """Time factor * days / 30 of the round of the ceremony alone; 0 while its day is unknown."""
    if math.isinf(window.opens):
        return 0.0
    end = min(window.opens + step, window.closes)
    return time_factor(window, window.opens, end, pull) * (end - window.opens) / 30.0


def late_shocks(setting: Setting) -> list[str]:
    """What is odd about shocks of a scenario: those that come after its last day, or its last planned round."""
    scenario, planned = setting.scenario, planned_rounds(setting)
    said = []
    for number, shock in enumerate(scenario.shocks, 1):
        if shock.date is not None and shock.date > scenario.rounds.horizon:
            said.append(f"note: shocks.{number}: {shock.date} lies after the horizon, {scenario.rounds.horizon}, so that it never acts")
        if shock.round is not None and shock.round > planned:
            said.append(f"note: shocks.{number}: round {shock.round} lies after the {planned} that are planned, so that it hardly ever acts")
    return said


def planned_rounds(setting: Setting) -> int:
    """Number of rounds up to the horizon if every text with a fixed date opens on it."""
    institutions = Institutions(setting)
    institutions.round_adopted[np.isfinite(institutions.opens)] = 0
    rounds = setting.scenario.rounds
    last = setting.scenario.day(rounds.horizon)
    number, day = 0, 0.0
    while day < last:
        number, day = number + 1, next_round(number + 1, day, institutions, rounds, last).end
    return number
