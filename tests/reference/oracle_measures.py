"""Reference implementation: measures, polarization and the outcome, from section 3.5 of docs/odd.md alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tests.reference.oracle_payoff import Stage, Status, depth_of
from tests.reference.oracle_talks import at_table, objects

if TYPE_CHECKING:
    from tests.reference.oracle import Oracle


def measure(oracle: Oracle, j: int) -> dict[str, float]:
    """All measures of institution j at the end of a round."""
    body, progress = oracle.world.bodies[j], oracle.progress[j]
    status = {i: progress.standings[i].status for i in body.others}
    signed = [i for i in body.others if status[i] >= Status.SIGNED]
    depth = depth_of(oracle, progress.text)
    endorsed = sum(value >= Status.ENDORSED for value in status.values())
    ratified = sum(value >= Status.RATIFIED for value in status.values())
    hedgers, overlap = rivalry(oracle, j, signed)
    fault_line, camp_distance = camps(oracle, j)
    return {
        "endorsed": endorsed,
        "signed": len(signed),
        "ratified": ratified,
        "firms": sum(since is not None for since in progress.partner_since),
        "agreement": agreement(oracle, j),
        "objection_weight": sum(
            state.weight for i, state in enumerate(oracle.world.states) if objects(oracle, i, j, progress.text)
        ),
        "depth": depth,
        **breadth(oracle, j, signed),
        "hedgers": hedgers,
        "overlap": overlap,
        "fault_line": fault_line,
        "camp_distance": camp_distance,
        "display_gap": (endorsed - depth * ratified) / len(body.others),
    }


def agreement(oracle: Oracle, j: int) -> float:
    text = oracle.progress[j].text
    apart = 0.0
    for i, state in enumerate(oracle.world.states):
        x = at_table(oracle, i, j)
        apart += state.weight * sum(s * abs(x[k] - text[k]) for k, s in enumerate(state.salience))
    return 1 - apart


def breadth(oracle: Oracle, j: int, signed: list[int]) -> dict[str, float]:
    """The share of the states at risk that has signed, counted in four ways."""
    states, others = oracle.world.states, oracle.world.bodies[j].others
    size = {
        "breadth_states": [1.0 for _ in states],
        "breadth_gdp": [state.row["gdp"] for state in states],
        "breadth_population": [state.row["population"] for state in states],
        "breadth_weight": [state.weight for state in states],
    }
    return {name: sum(of[i] for i in signed) / sum(of[i] for i in others) for name, of in size.items()}


def rivalry(oracle: Oracle, j: int, signed: list[int]) -> tuple[int, float]:
    """Hedgers, and the Jaccard index of the two bodies."""
    r = oracle.world.bodies[j].rival_body
    there = set()
    if r is not None:
        standings = oracle.progress[r].standings
        there = {i for i in oracle.world.bodies[j].others if standings[i].status >= Status.SIGNED}
    both, either = there & set(signed), there | set(signed)
    return len(both), len(both) / len(either) if either else math.nan


def projected(oracle: Oracle, j: int) -> list[float]:
    """Positions at the table on the axis from the sponsor (0) to the rival (1) as they stood at the start."""
    body, places = oracle.world.bodies[j], [at_table(oracle, i, j) for i in range(len(oracle.stated))]
    origin, end = oracle.start_ideals[body.sponsor], oracle.start_ideals[body.rival]
    axis = [b - a for a, b in zip(origin, end, strict=True)]
    length = sum(part * part for part in axis)
    if length == 0:
        return [0.0 for _ in oracle.stated]
    return [sum((x[k] - origin[k]) * part for k, part in enumerate(axis)) / length for x in places]


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def camps(oracle: Oracle, j: int) -> tuple[float, float]:
    """The part of the variance that lies between the camps, and how far their means are apart."""
    body, place = oracle.world.bodies[j], projected(oracle, j)
    near = [place[i] for i in body.others if body.side[i] > 0]
    far = [place[i] for i in body.others if body.side[i] < 0]
    if len(near) < 2 or len(far) < 2:
        return math.nan, math.nan
    middle = mean(near + far)
    whole = sum((p - middle) ** 2 for p in near + far)
    between = len(near) * (mean(near) - middle) ** 2 + len(far) * (mean(far) - middle) ** 2
    return between / whole if whole > 0 else math.nan, abs(mean(near) - mean(far))


def polarization(oracle: Oracle, j: int) -> float:
    """Duclos, Esteban & Ray with alpha 1/2: identification f^alpha times alienation."""
    place, weight = projected(oracle, j), [state.weight for state in oracle.world.states]
    middle = sum(w * p for w, p in zip(weight, place, strict=True))
    deviation = math.sqrt(sum(w * (p - middle) ** 2 for w, p in zip(weight, place, strict=True)))
    if deviation < 1e-12:
        return 0.0
    width = 1.06 * deviation * len(place) ** -0.2
    total = 0.0
    for a, own in zip(place, weight, strict=True):
        density = sum(w * math.exp(-(((a - b) / width) ** 2) / 2) for b, w in zip(place, weight, strict=True))
        density /= width * math.sqrt(2 * math.pi)
        alienation = sum(w * abs(a - b) for b, w in zip(place, weight, strict=True))
        total += own * math.sqrt(density) * alienation
    return total


def outcome(oracle: Oracle) -> str:
    """The class of the first institution; the first that fits."""
    rule, progress = oracle.scenario.outcome, oracle.progress[0]
    last, r = oracle.history[-1].measures, oracle.world.bodies[0].rival_body
    here = last[0]
    if not progress.adopted:
        return "no_text"
    assert progress.dates.closes is not None
    if progress.in_force_on is None or progress.in_force_on > progress.dates.closes + rule.force_days:
        return "declaration" if here["depth"] < rule.declaration_depth else "unratified"
    if (
        r is not None
        and oracle.progress[r].stage == Stage.IN_FORCE
        and min(here["breadth_states"], last[r]["breadth_states"]) >= rule.bloc_share
        and here["overlap"] < rule.bloc_overlap
    ):
        return "rival_blocs"
    if here["depth"] < rule.thin_depth:
        return "thin_body"
    if here["breadth_states"] < rule.club_states or here["breadth_weight"] < rule.club_weight:
        return "narrow_club"
    return "binding_regime"
