"""What everybody expects: how likely each state is to sign by the deadline, at the rates of today."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled
from waico.agents.institution import FAILED, IDEA, Stage
from waico.agents.world import ENDORSED, OUTSIDE, SIGNED
from waico.negotiation.clock import Pull, Round, Window, exposure, exposure_at_ceremony, time_factor
from waico.negotiation.payoff import Payoff
from waico.negotiation.terms import COST, FIT

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


_ACTIVE = np.array([stage not in (IDEA, FAILED) for stage in Stage])
CERTAIN = 1e-6   # below this, 4 P (1 - P) has lost its digits; a budget must not be split over rounding noise


class Prospects(NamedTuple):
    """Rates and expectations at the start of a round.

    Attributes:
        sign_rate, endorse_rate: exp(v) per 30 days without the factors of time, (N, J); 0 where the step is not ahead.
        sign_factor, endorse_factor: factors of launch, deadline and lateness in this round, 0 if not open, (J,).
        may: states free to join: at risk, let in by the gate, not kept out, not withdrawn, (N, J).
        probability: P, of having signed by the deadline (within a year where none lies ahead), (N, J).
        undecided: 4 P (1 - P): 1 where signing is a toss-up, 0 where it is certain either way, (N, J).
        at_ceremony: expected number of signatories at the ceremony, principals left out, (J,).
    """

    sign_rate: Floats
    endorse_rate: Floats
    sign_factor: Floats
    endorse_factor: Floats
    may: Flags
    probability: Floats
    undecided: Floats
    at_ceremony: Floats


def assess(world: World, institutions: Institutions, payoff: Payoff, now: Round) -> Prospects:
    """Rates from the payoff, and what they imply by the deadline. Reads everything, writes nothing."""
    setting, b, (n, bodies) = world.setting, payoff.coefficients, world.status.shape
    sign_rate, endorse_rate, probability, undecided = np.empty((4, n, bodies))
    sign_factor, endorse_factor, at_ceremony = np.zeros((3, bodies))
    may = np.empty((n, bodies), dtype=bool)
    out = Prospects(sign_rate, endorse_rate, sign_factor, endorse_factor, may, probability, undecided, at_ceremony)
    known = (
        institutions.opens, institutions.closes, institutions.endorse_opens, institutions.endorse_closes,
        setting.endorse_from, setting.after_days, setting.window_days, setting.staged, setting.endorse_launch,
        setting.sign_launch,
    )  # fmt: skip
    differs = setting.scenario.decision.endorse
    _assess(
        now.start, now.end, float(setting.scenario.rounds.window_days), known, b["b_launch"], b["b_deadline"],
        b["b_late"], payoff.total, payoff.terms, world.status, setting.at_risk, world.invited, world.endorse_at,
        world.sign_at, institutions.stage, b["b0"], differs.b0, 1.0 - differs.fit_share, 1.0 - differs.cost_share, tuple(out),
    )  # fmt: skip
    return out


class Dates(NamedTuple):
    """What is known of the windows of all institutions, (J,) each."""

    opens: Floats
    closes: Floats
    endorse_opens: Floats
    endorse_closes: Floats
    endorse_from: Floats
    after_days: Floats
    window_days: Floats
    staged: Flags
    endorse_launch: Flags
    sign_launch: Flags


@compiled
def _assess(
    day: float, end: float, step: float, known: tuple[Any, ...], b_launch: Floats, b_deadline: Floats, b_late: Floats,
    u: Floats, terms: Floats, status: NDArray[np.int8], at_risk: Flags, invited: Flags,
    endorse_at: Floats, sign_at: Floats, stage: NDArray[np.int8], b0: Floats, b0_endorse: float,
    without_fit: float, without_cost: float, empty: tuple[Any, ...],
) -> None:  # fmt: skip
    """Fill the arrays of `Prospects`, state by state; these and `Dates` come as plain tuples, for speed."""
    dates, out = Dates(*known), Prospects(*empty)
    n, bodies = u.shape
    for j in range(bodies):
        pull = Pull(b_launch[j], b_deadline[j], b_late[j])
        signing = _signing_window(dates, j, day)
        to_sign = exposure(signing, day, step, pull)
        to_ceremony = exposure_at_ceremony(signing, step, pull)
        to_endorse, by_ceremony = 0.0, 0.0   # of no account without such a stage, where signing is endorsing
        out.sign_factor[j] = time_factor(signing, day, end, pull)
        out.endorse_factor[j] = 0.0
        if dates.staged[j]:
            endorsing = _endorsing_window(dates, j, day)
            out.endorse_factor[j] = time_factor(endorsing, day, end, pull)
            if np.isinf(endorsing.closes) and day < signing.closes and not np.isinf(signing.closes):
                first = max(day, endorsing.opens)
                to_endorse = max(0.0, signing.closes - first) / 30.0
                by_ceremony = max(0.0, signing.opens - first) / 30.0
            else:
                to_endorse = by_ceremony = exposure(endorsing, day, step, pull)
        for i in range(n):
            out.sign_rate[i, j] = out.endorse_rate[i, j] = out.probability[i, j] = out.undecided[i, j] = 0.0
            out.may[i, j] = False
            if status[i, j] >= SIGNED:
                out.probability[i, j] = 1.0
                continue
            kept_out = np.isinf(endorse_at[i, j]) or np.isinf(sign_at[i, j])
            asked = invited[i, j] or stage[j] == IDEA   # before tabling, a sponsor reckons with all it might invite
            if not at_risk[i, j] or status[i, j] < OUTSIDE or kept_out or not asked:
                continue
            out.may[i, j] = invited[i, j]
            v = b0[j] + u[i, j]
            out.sign_rate[i, j] = np.exp(v)
            engaged, engaged_by_ceremony = 1.0, 1.0
            if status[i, j] < ENDORSED and dates.staged[j]:
                differs = b0_endorse - without_fit * terms[FIT, i, j] - without_cost * terms[COST, i, j]
                out.endorse_rate[i, j] = np.exp(v + differs)
                engaged = -np.expm1(-out.endorse_rate[i, j] * to_endorse)
                engaged_by_ceremony = engaged
                if by_ceremony != to_endorse:
                    engaged_by_ceremony = -np.expm1(-out.endorse_rate[i, j] * by_ceremony)
            p = engaged * -np.expm1(-out.sign_rate[i, j] * to_sign)
            if engaged_by_ceremony > 0.0:
                out.at_ceremony[j] += engaged_by_ceremony * -np.expm1(-out.sign_rate[i, j] * to_ceremony)
            doubt = 4.0 * p * (1.0 - p)
            out.probability[i, j] = p
            out.undecided[i, j] = doubt if doubt > CERTAIN else 0.0


@compiled
def _signing_window(dates: Dates, j: int, day: float) -> Window:
    """The window of original signatories, as planned from `day` on if nothing is tabled yet."""
    if np.isinf(dates.opens[j]) and not np.isnan(dates.after_days[j]):
        opens = day + dates.after_days[j]
        return Window(opens, opens + dates.window_days[j], dates.sign_launch[j])
    return Window(dates.opens[j], dates.closes[j], dates.sign_launch[j])


@compiled
def _endorsing_window(dates: Dates, j: int, day: float) -> Window:
    """The window of endorsement; before tabling, as if the body were tabled today."""
    opens = max(day, dates.endorse_from[j]) if np.isinf(dates.endorse_opens[j]) else dates.endorse_opens[j]
    return Window(opens, dates.endorse_closes[j], dates.endorse_launch[j])


def doubts(prospects: Prospects, institutions: Institutions) -> Floats:
    """How undecided states are about institutions on the table or in force, 0 for all others, (N, J)."""
    active = is_active(institutions)
    if active.all():
        return prospects.undecided
    return np.where(active, prospects.undecided, 0.0)


def is_active(institutions: Institutions) -> Flags:
    """Institutions that are on the table or in force, (J,)."""
    return np.asarray(_ACTIVE[institutions.stage])
