"""Stage 6, decide: states endorse, sign, ratify and withdraw; firms become partners; bodies come into force."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, World
from waico.agents.compiled import compiled
from waico.agents.institution import IN_FORCE, OPEN_FOR_SIGNATURE
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
    signing = OPEN_FOR_SIGNATURE, IN_FORCE
    stages, opens = institutions.stage.tolist(), institutions.opens.tolist()
    open_now = np.array([stage in signing and day <= now.start for stage, day in zip(stages, opens, strict=True)])
    anything_open = bool(open_now.any())
    if anything_open:
        partner(world, institutions, open_now, now, events)
        exclusive = institutions.exclusive_from <= now.start
        withdraw_or_ratify(world, payoff, status, exclusive, now, events)
    active = is_active(institutions)
    endorse(world, payoff, prospects, status, active, now, events)
    if anything_open:
        sign(world, payoff, prospects, status, open_now, now, events)
        enter_into_force(world, institutions, open_now, now, events)
    return Decided(prospects.endorse_factor * active, prospects.sign_factor * open_now)


def endorse(
    world: World, payoff: Payoff, prospects: Prospects, status: Statuses, active: Flags, now: Round, events: Events
) -> None:
    """Outside -> endorsed, where the institution has such a stage and is on the table (`active`, (J,))."""
    factor = prospects.endorse_factor * active * (now.days / 30.0)
    may, passed = np.zeros((2, *status.shape), dtype=bool)
    lowest = np.full(len(active), OUTSIDE)
    count = _accumulate(
        world.endorse_sum, world.endorse_at, prospects.endorse_rate, factor, prospects.may, status, lowest, OUTSIDE,
        may, passed,
    )  # fmt: skip
    for j in range(len(count)):
        if count[j] or (factor[j] > 0 and world.setting.blocs[j] is not None):
            _step_up(world, payoff, passed[:, j], may[:, j], j, ENDORSED, now, events)


def sign(
    world: World, payoff: Payoff, prospects: Prospects, status: Statuses, open_now: Flags, now: Round, events: Events
) -> None:
    """Endorsed -> signed, once a text is open; without a stage of endorsement, outside -> endorsed and signed.

    Sponsors sign in the first open round. `status` is that of the round's start; `open_now`: institutions, (J,).
    """
    factor = prospects.sign_factor * open_now * (now.days / 30.0)
    may, passed = np.zeros((2, *status.shape), dtype=bool)
    lowest = np.where(world.setting.staged, ENDORSED, OUTSIDE)
    count = _accumulate(
        world.sign_sum, world.sign_at, prospects.sign_rate, factor, prospects.may, status, lowest, ENDORSED,
        may, passed,
    )  # fmt: skip
    for j in range(len(open_now)):
        sponsor = world.setting.sponsor[j]
        if open_now[j] and status[sponsor, j] == ENDORSED:
            passed[sponsor, j] = True
            count[j] += 1
        if count[j] or (factor[j] > 0 and world.setting.blocs[j] is not None):
            _step_up(world, payoff, passed[:, j], may[:, j], j, SIGNED, now, events)


@compiled
def _accumulate(
    sums: Floats, at: Floats, rate: Floats, factor: Floats, free: Flags, status: Statuses, lowest: Indices,
    highest: int, may: Flags, passed: Flags,
) -> Indices:  # fmt: skip
    """Add rate * factor for states free to move between two statuses, mark those that pass their threshold, count."""
    count = np.zeros(len(factor), np.intp)
    for j in range(len(factor)):
        if factor[j] > 0.0:
            for i in range(len(sums)):
                if free[i, j] and lowest[j] <= status[i, j] <= highest:
                    may[i, j] = True
                    sums[i, j] += rate[i, j] * factor[j]
                    if sums[i, j] >= at[i, j]:
                        passed[i, j] = True
                        count[j] += 1
    return count


def _step_up(
    world: World, payoff: Payoff, passed: Flags, may: Flags, j: int, to: int, now: Round, events: Events
) -> None:
    """Raise the status of those that passed; a bloc moves as one, when members of most of its weight want to."""
    setting, bloc = world.setting, world.setting.blocs[j]
    if bloc is not None:
        wants = passed[bloc] | (world.status[bloc, j] >= to)
        majority = setting.weight[bloc][wants].sum() > 0.5 * setting.weight[bloc].sum()
        passed = np.where(may & np.isin(np.arange(len(passed)), bloc), majority, passed)
    rows = np.flatnonzero(passed)
    if len(rows) == 0:
        return
    if to == SIGNED:
        world.round_endorsed[rows[world.status[rows, j] == OUTSIDE], j] = now.number
        world.round_signed[rows, j] = now.number
        world.signed_day[rows, j] = now.end
    else:
        world.round_endorsed[rows, j] = now.number
    world.status[rows, j] = to
    decisive = payoff.terms[:, rows, j].argmax(axis=0) + events.names.terms
    kind = Kind.SIGNED if to == SIGNED else Kind.ENDORSED
    events.add(now.number, kind, j, rows + events.names.nations, decisive, payoff.total[rows, j])


def withdraw_or_ratify(
    world: World, payoff: Payoff, status: Statuses, exclusive: Flags, now: Round, events: Events
) -> None:
    """Members leave for good when their payoff stays low for long enough; signatories ratify once their lag is over.

    Low is below the margin; for members of two bodies of which one is `exclusive` by now, (J,), it is also what is below
    their payoff in the other: they have to choose. It must last for so many days in a row.
    """
    rule, names = world.setting.scenario.decision.withdraw, events.names
    leaving, ratifying = np.zeros((2, *status.shape), dtype=bool)
    left, ratified = _leave_or_ratify(
        status, payoff.total, world.setting.at_risk, world.setting.rival_body, exclusive, world.low_days, now.days,
        rule.margin, rule.days,
        world.signed_day, world.ratify_lag, now.end, leaving, ratifying,
    )  # fmt: skip
    for j in np.flatnonzero(left).tolist():
        rows = np.flatnonzero(leaving[:, j])
        worst = np.where(payoff.total[rows, j] < -rule.margin, payoff.terms[:, rows, j].argmin(axis=0), EXCLUSIVE)
        world.status[rows, j] = WITHDRAWN
        world.round_withdrawn[rows, j] = now.number
        events.add(now.number, Kind.WITHDREW, j, rows + names.nations, worst + names.terms, payoff.total[rows, j])
    for j in np.flatnonzero(ratified).tolist():
        rows = np.flatnonzero(ratifying[:, j])
        world.status[rows, j] = RATIFIED
        world.round_ratified[rows, j] = now.number
        events.add(now.number, Kind.RATIFIED, j, rows + names.nations)


@compiled
def _leave_or_ratify(
    status: Statuses, u: Floats, at_risk: Flags, rival_body: Indices, exclusive: Flags, low_days: Floats, days: float,
    margin: float, limit: float, signed_day: Floats, lag: Floats, end: float, leaving: Flags, ratifying: Flags,
) -> tuple[Indices, Indices]:  # fmt: skip
    """Count low days, mark who leaves and who ratifies, and count both by institution."""
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
                leaving[i, j] = True
                left[j] += 1
            elif status[i, j] == SIGNED and signed_day[i, j] + lag[i, j] <= end:
                ratifying[i, j] = True
                ratified[j] += 1
    return left, ratified


def partner(world: World, institutions: Institutions, open_now: Flags, now: Round, events: Events) -> None:
    """Firms become partners of bodies open for signature: markets among members, cost, their home, their allies."""
    setting = world.setting
    rule = setting.scenario.decision.partner
    base = rule.b0 - rule.b_cost * (institutions.text @ setting.depth_mask)
    before = world.partner.copy()
    joined = _partner(
        rule.b_market, rule.b_home, rule.b_allied, base, now.days / 30.0, open_now, setting.markets, setting.market,
        setting.allied, setting.firm_home, setting.rival, setting.rival_body, world.status, before,
        world.partner_sum, world.partner_at, world.partner,
    )  # fmt: skip
    if joined:
        for j in np.flatnonzero((world.partner != before).any(axis=0)).tolist():
            rows = np.flatnonzero(world.partner[:, j] & ~before[:, j])
            world.round_partner[rows, j] = now.number
            events.add(now.number, Kind.PARTNERED, j, rows + events.names.firms)


@compiled
def _partner(
    b_market: float, b_home: float, b_allied: float, base: Floats, months: float, open_now: Flags, markets: Floats,
    market: Indices, allied: Floats, home: Indices, rival: Indices, rival_body: Indices, status: Statuses,
    before: Flags, sums: Floats, at: Floats, partners: Flags,
) -> int:  # fmt: skip
    """Add this round's hazards of firms that are no partners yet, mark those that pass, and count them."""
    joined = 0
    for j in range(len(open_now)):
        if not open_now[j]:
            continue
        access = np.zeros(len(markets))
        for h in range(len(markets)):
            for i in range(len(status)):
                if status[i, j] >= ENDORSED:
                    access[h] += markets[h, i]
        for f in range(len(market)):
            if before[f, j]:
                continue
            v = base[j] + b_market * access[market[f]]
            v += b_home * _home_stance(home[f], j, rival[j], rival_body[j], status)
            for g in range(len(market)):
                if before[g, j]:
                    v += b_allied * allied[f, g]
            sums[f, j] += np.exp(v) * months
            if sums[f, j] >= at[f, j]:
                partners[f, j] = True
                joined += 1
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
