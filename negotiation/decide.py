"""Stage 6, decide: states endorse, sign, ratify and withdraw; firms become partners; bodies come into force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled
from waico.agents.institution import IN_FORCE, OPEN_FOR_SIGNATURE, Stage
from waico.agents.world import ENDORSED, OUTSIDE, RATIFIED, SIGNED, WITHDRAWN
from waico.negotiation.clock import Round
from waico.negotiation.events import NOBODY, Events, Kind
from waico.negotiation.payoff import Payoff
from waico.negotiation.prospects import Prospects, is_active
from waico.negotiation.terms import EXCLUSIVE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]
Statuses = NDArray[np.int8]
Rounds = NDArray[np.int16]

_SIGNING = np.array([stage in (OPEN_FOR_SIGNATURE, IN_FORCE) for stage in Stage])


class Decided(NamedTuple):
    """What was open in a round: factors of time on the hazards, 0 where a step could not be taken, (J,) each."""

    endorse_factor: Floats
    sign_factor: Floats


def decide(
    world: World, institutions: Institutions, payoff: Payoff, prospects: Prospects, now: Round, events: Events
) -> Decided:
    """Let every transition happen whose summed hazard passes its threshold, from the values at the round's start.

    Reads payoff and prospects; writes status, rounds and sums of world, and stage of institutions.
    """
    status = world.status.copy()
    open_now = _SIGNING[institutions.stage] & (institutions.opens <= now.start)
    decided = Decided(prospects.endorse_factor * is_active(institutions), prospects.sign_factor * open_now)
    anything_open = any(open_now.tolist())
    if anything_open:
        partner(world, institutions, open_now, now, events)
        exclusive = institutions.exclusive_from <= now.start
        withdraw_or_ratify(world, payoff, status, exclusive, now, events)
    endorse(world, payoff, prospects, status, decided.endorse_factor, now, events)
    if anything_open:
        sign(world, payoff, prospects, status, decided.sign_factor, open_now, now, events)
        enter_into_force(world, institutions, open_now, now, events)
    return decided


def endorse(
    world: World, payoff: Payoff, prospects: Prospects, status: Statuses, factor: Floats, now: Round, events: Events
) -> None:
    """Outside -> endorsed, where the institution has such a stage and is on the table; else its `factor`, (J,), is 0."""
    may, passed = np.zeros((2, *status.shape), dtype=bool)
    count = _accumulate(
        world.endorse_sum, world.endorse_at, prospects.endorse_rate, factor, now.days / 30.0, prospects.may, status,
        OUTSIDE, world.setting.staged, may, passed,
    )  # fmt: skip
    _step_up(world, payoff, passed, may, count.tolist(), ENDORSED, now, events)


def sign(
    world: World, payoff: Payoff, prospects: Prospects, status: Statuses, factor: Floats, open_now: Flags, now: Round,
    events: Events,
) -> None:  # fmt: skip
    """Endorsed -> signed, once a text is open; without a stage of endorsement, outside -> endorsed and signed.

    Sponsors sign in the first open round. `status` is that of the round's start; `open_now`: institutions, (J,).
    """
    may, passed = np.zeros((2, *status.shape), dtype=bool)
    count = _accumulate(
        world.sign_sum, world.sign_at, prospects.sign_rate, factor, now.days / 30.0, prospects.may, status,
        ENDORSED, world.setting.staged, may, passed,
    )  # fmt: skip
    wanting = count.tolist()
    for j, sponsor in enumerate(world.setting.sponsor.tolist()):
        if open_now[j] and status[sponsor, j] == ENDORSED:
            passed[sponsor, j] = True
            wanting[j] += 1
    _step_up(world, payoff, passed, may, wanting, SIGNED, now, events)


@compiled
def _accumulate(
    sums: Floats, at: Floats, rate: Floats, factor: Floats, months: float, free: Flags, status: Statuses,
    previous: int, staged: Flags, may: Flags, passed: Flags,
) -> Indices:  # fmt: skip
    """Add rate * factor * months for states free to move, mark those that pass their threshold, and count them.

    States move from status `previous`; where endorsing is no stage of its own, from outside as well.
    """
    count = np.zeros(len(factor), np.intp)
    for j in range(len(factor)):
        exposure = factor[j] * months
        if exposure > 0.0:
            for i in range(len(sums)):
                ready = status[i, j] == previous or (status[i, j] == OUTSIDE and not staged[j])
                if free[i, j] and ready:
                    may[i, j] = True
                    sums[i, j] += rate[i, j] * exposure
                    if sums[i, j] >= at[i, j]:
                        passed[i, j] = True
                        count[j] += 1
    return count


def _step_up(
    world: World, payoff: Payoff, passed: Flags, may: Flags, count: list[int], to: int, now: Round, events: Events
) -> None:
    """Raise the status of those that passed, `count` of them in each institution; a bloc moves as one."""
    kind = Kind.SIGNED if to == SIGNED else Kind.ENDORSED
    for j, bloc in enumerate(world.setting.blocs):
        if bloc is not None:
            _bind(world, passed[:, j], may[:, j], bloc, j, to)
        elif not count[j]:
            continue
        rows, decisive, u = _raise(
            passed, j, to, now.number, now.end, world.status, world.round_endorsed, world.round_signed,
            world.signed_day, payoff.terms, payoff.total,
        )  # fmt: skip
        if len(rows):
            events.add(now.number, kind, j, rows + events.names.nations, decisive + events.names.terms, u)


def _bind(world: World, passed: Flags, may: Flags, bloc: Indices, j: int, to: int) -> None:
    """Let all members of a bloc that may move pass when members of most of its weight want to, else none of them."""
    weight = world.setting.weight[bloc]
    wants = passed[bloc] | (world.status[bloc, j] >= to)
    moving = bloc[may[bloc]]
    passed[moving] = weight[wants].sum() > 0.5 * weight.sum()


@compiled
def _raise(
    passed: Flags, j: int, to: int, number: int, day: float, status: Statuses, round_endorsed: Rounds,
    round_signed: Rounds, signed_day: Floats, terms: Floats, total: Floats,
) -> tuple[Indices, Indices, Floats]:  # fmt: skip
    """Raise the status of those that passed in institution `j`, with what goes with it.

    Returns:
        Their rows, the largest term in the payoff of each, and the payoff.
    """
    rows = np.flatnonzero(passed[:, j])
    decisive, u = np.empty(len(rows), np.intp), np.empty(len(rows))
    for m, i in enumerate(rows):
        if to == ENDORSED or status[i, j] == OUTSIDE:
            round_endorsed[i, j] = number
        if to == SIGNED:
            round_signed[i, j] = number
            signed_day[i, j] = day
        status[i, j] = to
        decisive[m] = np.argmax(terms[:, i, j])
        u[m] = total[i, j]
    return rows, decisive, u


def withdraw_or_ratify(
    world: World, payoff: Payoff, status: Statuses, exclusive: Flags, now: Round, events: Events
) -> None:
    """Members leave for good when their payoff stays low for long enough; signatories ratify once their lag is over.

    Low is below the margin; for members of two bodies of which one is `exclusive` by now, (J,), it is also what is below
    their payoff in the other: they have to choose. It must last for so many days in a row.
    """
    rule, names = world.setting.scenario.decision.withdraw, events.names
    left, ratified = _leave_or_ratify(
        status, payoff.total, world.setting.at_risk, world.setting.rival_body, exclusive, world.low_days, now.days,
        rule.margin, rule.days, world.signed_day, world.ratify_lag, now.number, now.end, world.status,
        world.round_withdrawn, world.round_ratified,
    )  # fmt: skip
    for j, rows in _by_institution(left, world.round_withdrawn, now):
        worst = np.where(payoff.total[rows, j] < -rule.margin, payoff.terms[:, rows, j].argmin(axis=0), EXCLUSIVE)
        events.add(now.number, Kind.WITHDREW, j, rows + names.nations, worst + names.terms, payoff.total[rows, j])
    for j, rows in _by_institution(ratified, world.round_ratified, now):
        events.add(now.number, Kind.RATIFIED, j, rows + names.nations)


def _by_institution(count: Indices, rounds: Rounds, now: Round) -> Iterator[tuple[int, Indices]]:
    """Institutions with a count above 0, and the rows to which it happened in this round."""
    for j, happened in enumerate(count.tolist()):
        if happened:
            yield j, np.flatnonzero(rounds[:, j] == now.number)


@compiled
def _leave_or_ratify(
    status: Statuses, u: Floats, at_risk: Flags, rival_body: Indices, exclusive: Flags, low_days: Floats, days: float,
    margin: float, limit: float, signed_day: Floats, lag: Floats, number: int, end: float, after: Statuses,
    round_withdrawn: Rounds, round_ratified: Rounds,
) -> tuple[Indices, Indices]:  # fmt: skip
    """Count low days, write who leaves and who ratifies to status `after` and rounds, and count both by institution."""
    n, bodies = status.shape
    left, ratified = np.zeros(bodies, np.intp), np.zeros(bodies, np.intp)
    for j in range(bodies):
        r = rival_body[j]
        bound = r >= 0 and (exclusive[j] or exclusive[r])
        for i in range(n):
            torn = bound and status[i, r] >= SIGNED and u[i, j] < u[i, r]
            is_low = status[i, j] >= SIGNED and at_risk[i, j] and (u[i, j] < -margin or torn)
            low_days[i, j] = low_days[i, j] + days if is_low else 0.0
            if low_days[i, j] >= limit:
                after[i, j], round_withdrawn[i, j] = WITHDRAWN, number
                left[j] += 1
            elif status[i, j] == SIGNED and signed_day[i, j] + lag[i, j] <= end:
                after[i, j], round_ratified[i, j] = RATIFIED, number
                ratified[j] += 1
    return left, ratified


def partner(world: World, institutions: Institutions, open_now: Flags, now: Round, events: Events) -> None:
    """Firms become partners of bodies open for signature: markets among members, cost, their home, their allies."""
    setting = world.setting
    rule = setting.scenario.decision.partner
    base = rule.b0 - rule.b_cost * (institutions.text @ setting.depth_mask)
    joined = _partner(
        rule.b_market, rule.b_home, rule.b_allied, base, now.number, now.days / 30.0, open_now, setting.markets,
        setting.market, setting.allied, setting.firm_home, setting.rival, setting.rival_body, world.status,
        world.partner_sum, world.partner_at, world.partner, world.round_partner,
    )  # fmt: skip
    for j, rows in _by_institution(joined, world.round_partner, now):
        events.add(now.number, Kind.PARTNERED, j, rows + events.names.firms)


@compiled
def _partner(
    b_market: float, b_home: float, b_allied: float, base: Floats, number: int, months: float, open_now: Flags,
    markets: Floats, market: Indices, allied: Floats, home: Indices, rival: Indices, rival_body: Indices,
    status: Statuses, sums: Floats, at: Floats, partners: Flags, round_partner: Rounds,
) -> Indices:  # fmt: skip
    """Add this round's hazards of firms that are no partners yet, write which of them pass, and count these."""
    joined = np.zeros(len(open_now), np.intp)
    for j in range(len(open_now)):
        before = partners[:, j].copy()
        if not open_now[j] or before.all():
            continue
        access = np.zeros(len(markets))
        for i in range(len(status)):
            if status[i, j] >= ENDORSED:
                for h in range(len(markets)):
                    access[h] += markets[h, i]
        for f in range(len(market)):
            if before[f]:
                continue
            v = base[j] + b_market * access[market[f]]
            v += b_home * _home_stance(home[f], j, rival[j], rival_body[j], status)
            for g in range(len(market)):
                if before[g]:
                    v += b_allied * allied[f, g]
            sums[f, j] += np.exp(v) * months
            if sums[f, j] >= at[f, j]:
                partners[f, j], round_partner[f, j] = True, number
                joined[j] += 1
    return joined


@compiled
def _home_stance(home: int, j: int, rival: int, rival_body: int, status: Statuses) -> float:
    """+1 if a firm's home is inside, less 1 if it is in the rival body; -1 if it is the rival; 0 if not an agent."""
    if home < 0:
        return 0.0
    if home == rival:
        return -1.0
    stance = 1.0 if status[home, j] >= ENDORSED else 0.0
    if rival_body >= 0 and status[home, rival_body] >= ENDORSED:
        stance -= 1.0
    return stance


def enter_into_force(world: World, institutions: Institutions, open_now: Flags, now: Round, events: Events) -> None:
    """Open texts come into force with enough ratifications by number and by quota."""
    for j in range(len(open_now)):
        if not open_now[j] or institutions.stage[j] != OPEN_FOR_SIGNATURE:
            continue
        rule = world.setting.scenario.institutions[j].entry_into_force
        ratified = world.status[:, j] == RATIFIED
        count = np.count_nonzero(ratified)
        if count < rule.ratifications:
            continue
        quota = world.setting.quota[:, j]
        if quota[ratified].sum() >= rule.quota_share * quota[world.signatories()[:, j]].sum():
            institutions.stage[j] = IN_FORCE
            institutions.round_in_force[j] = now.number
            sponsor = world.setting.sponsor[j] + events.names.nations
            events.add(now.number, Kind.IN_FORCE, j, sponsor, NOBODY, float(count))
