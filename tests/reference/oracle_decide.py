"""Reference implementation: the stage decide, from section 3.4 of docs/odd.md alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.reference.oracle_payoff import Stage, Standing, Status, depth_of, eligible, excluded, time_factor

if TYPE_CHECKING:
    from tests.reference.oracle import Oracle


def decide(oracle: Oracle, s: int, e: int) -> None:
    statuses = [[standing.status for standing in progress.standings] for progress in oracle.progress]
    for j, progress in enumerate(oracle.progress):
        if not progress.active:
            continue
        opens = progress.dates.opens
        is_open = progress.stage in (Stage.OPEN, Stage.IN_FORCE) and opens is not None and opens <= s
        can = {i for i in oracle.world.bodies[j].others if eligible(oracle, i, j)}
        if is_open:
            partner(oracle, j, statuses, e - s)
        withdraw(oracle, j, statuses, s, e)
        ratify(oracle, j, statuses[j], e)
        endorse(oracle, j, statuses[j], can, s, e)
        if is_open:
            sign(oracle, j, statuses[j], can, s, e)
        enter_into_force(oracle, j, s, e)


def partner(oracle: Oracle, j: int, statuses: list[list[Status]], length: int) -> None:
    progress, body, b = oracle.progress[j], oracle.world.bodies[j], oracle.scenario.decision.partner
    r = body.rival_body
    already = [since is not None for since in progress.partner_since]
    for f, firm in enumerate(oracle.world.firms):
        market = sum(share for i, share in enumerate(firm.market) if statuses[j][i] >= Status.ENDORSED)
        home = 0
        if firm.home is not None:
            home = int(statuses[j][firm.home] >= Status.ENDORSED)
            home -= int(r is not None and statuses[r][firm.home] >= Status.ENDORSED)
            home = -1 if firm.home == body.rival else home
        allied = sum(share for g, share in firm.allies if already[g])
        depth = depth_of(oracle, progress.text)
        hazard = math.exp(b.b0 + b.b_market * market - b.b_cost * depth + b.b_home * home + b.b_allied * allied)
        if not already[f]:
            progress.partner_sum[f] += hazard * length / 30
            if progress.partner_sum[f] >= body.partner_at[f]:
                progress.partner_since[f] = oracle.round


def withdraw(oracle: Oracle, j: int, statuses: list[list[Status]], s: int, e: int) -> None:
    """Leave what is worth too little, or the worse of two bodies of which one is exclusive."""
    rule, r = oracle.scenario.decision.withdraw, oracle.world.bodies[j].rival_body
    for i in oracle.world.bodies[j].others:
        standing = oracle.progress[j].standings[i]
        below = standing.payoff < -rule.margin
        if r is not None and excluded(oracle, i, j, s, statuses[r][i]):
            below = below or standing.payoff < oracle.progress[r].standings[i].payoff
        below = below and statuses[j][i] >= Status.SIGNED
        standing.days_below = standing.days_below + e - s if below else 0
        if below and standing.days_below >= rule.days:
            standing.status, standing.round_withdrawn = Status.WITHDRAWN, oracle.round


def ratify(oracle: Oracle, j: int, start: list[Status], e: int) -> None:
    rule, body = oracle.scenario.decision.ratify, oracle.world.bodies[j]
    for i, standing in enumerate(oracle.progress[j].standings):
        if start[i] != Status.SIGNED or standing.status == Status.WITHDRAWN:
            continue
        assert standing.signed_on is not None
        veto = 1 + rule.veto_players * oracle.world.states[i].row["polyarchy"]
        if e >= standing.signed_on + rule.median_days * veto * math.exp(rule.spread * body.lag[i]):
            standing.status, standing.round_ratified = Status.RATIFIED, oracle.round


def endorse(oracle: Oracle, j: int, start: list[Status], can: set[int], s: int, e: int) -> None:
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    dates, stage = progress.dates, body.spec.endorsement
    if stage is None:
        return
    factor = time_factor(body.coefficients, dates.endorse_opens, dates.endorse_closes, s, e, stage.launch)
    passed, free = set(), {i for i in can if start[i] == Status.OUTSIDE}
    for i in free:
        standing = progress.standings[i]
        standing.endorse_sum += standing.endorse_rate * factor * (e - s) / 30
        if standing.endorse_sum >= body.endorse_at[i]:
            passed.add(i)
    if factor > 0:
        for i in moving(oracle, j, passed, free, {i for i, status in enumerate(start) if status >= Status.ENDORSED}):
            progress.standings[i].status, progress.standings[i].round_endorsed = Status.ENDORSED, oracle.round


def sign(oracle: Oracle, j: int, start: list[Status], can: set[int], s: int, e: int) -> None:
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    launch = body.spec.signature.launch
    factor = time_factor(body.coefficients, progress.dates.opens, progress.dates.closes, s, e, launch)
    direct = body.spec.endorsement is None
    passed, free = set(), {i for i in can if start[i] == Status.ENDORSED or (direct and start[i] == Status.OUTSIDE)}
    for i in free:
        standing = progress.standings[i]
        standing.sign_sum += standing.sign_rate * factor * (e - s) / 30
        if standing.sign_sum >= body.sign_at[i]:
            passed.add(i)
    if start[body.sponsor] == Status.ENDORSED:
        passed.add(body.sponsor)
        sign_one(oracle, progress.standings[body.sponsor], e)
    for i in moving(oracle, j, passed, free, {i for i, status in enumerate(start) if status >= Status.SIGNED}):
        sign_one(oracle, progress.standings[i], e)


def sign_one(oracle: Oracle, standing: Standing, e: int) -> None:
    standing.status, standing.round_signed, standing.signed_on = Status.SIGNED, oracle.round, e
    if standing.round_endorsed is None:
        standing.round_endorsed = oracle.round


def moving(oracle: Oracle, j: int, passed: set[int], free: set[int], there: set[int]) -> set[int]:
    """Those free to move that do: each one that passed, but the members of a bloc all or none."""
    weight = [state.weight for state in oracle.world.states]
    bloc = {i for i, member in enumerate(oracle.world.bodies[j].bloc) if member}
    agreed = sum(weight[i] for i in bloc & (passed | there))
    if agreed > sum(weight[i] for i in bloc) / 2:
        return free & (passed | bloc)
    return free & (passed - bloc)


def enter_into_force(oracle: Oracle, j: int, s: int, e: int) -> None:
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    rule, opens = body.spec.entry_into_force, progress.dates.opens
    if progress.stage != Stage.OPEN or opens is None or opens > s:
        return
    ratified = [q for q, st in zip(body.quota, progress.standings, strict=True) if st.status == Status.RATIFIED]
    signed = [q for q, st in zip(body.quota, progress.standings, strict=True) if st.status >= Status.SIGNED]
    if len(ratified) >= rule.ratifications and sum(ratified) >= rule.quota_share * sum(signed):
        progress.stage, progress.round_in_force, progress.in_force_on = Stage.IN_FORCE, oracle.round, e
