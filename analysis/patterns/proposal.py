"""Patterns on the proposal of July 2025: P1 display without content, P2 costly texts divide, P6 overlap of memberships."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.patterns.arms import estimate, mean, models
from waico.model import NegotiationModel
from waico.negotiation.adopt import Consensus
from waico.negotiation.table import Table
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]

BINDING = ("enforcement", "mandate", "timetable")
EXCLUSIVE_FROM = date(2027, 1, 1)


class ConsensusOfEquals(Consensus):
    """Consensus in which consent does not shape the text: all participants pull alike. The ablation of P1."""

    def weight(self, table: Table) -> Floats:
        """One each."""
        return np.ones(len(table.capability))


def display_without_content(replicates: int = 20) -> pd.DataFrame:
    """P1: under consensus a deep opening text loses depth, and camps stay further apart than chance would have it.

    Columns: arm, depth_start and depth_end (means), below_030 (share of runs), adopted (share), kept (paired difference of
    depth_end to consensus), camp_distance (mean) and beyond (mean of what it exceeds the 95th percentile by that it has with
    positions dealt out at random), with standard errors.
    """
    changes: dict[str, Any] = {
        "freeze_date": date(2025, 6, 30),
        "institutions.waico.participants": "all",
        "institutions.waico.adoption.rule": "consensus",
        "institutions.waico.adoption.earliest": date(2026, 7, 26),   # talks go on up to the conference
        **{f"institutions.waico.opening.{issue}": 0.6 for issue in BINDING},
    }
    rows, thinned = [], np.zeros(replicates)
    for arm, rule in (("consensus", Consensus()), ("equal pull", ConsensusOfEquals())):
        ends = [_ending(model) for model in models(load_scenario("waic2025", changes), replicates, rule=rule)]
        start, end, distance, chance, adopted = np.array(ends).T
        thinned = end if arm == "consensus" else thinned
        (depth_end, depth_se), (kept, kept_se), (beyond, beyond_se) = mean(end), mean(end - thinned), mean(distance - chance)
        rows.append({
            "arm": arm, "depth_start": start.mean(), "depth_end": depth_end, "depth_se": depth_se,
            "below_030": (end < 0.3).mean(), "adopted": adopted.mean(), "kept": kept, "kept_se": kept_se,
            "camp_distance": distance.mean(), "beyond": beyond, "beyond_se": beyond_se,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _ending(model: NegotiationModel) -> tuple[float, ...]:
    """Depth at the start and at the end, distance of the camps, what it is by chance, and whether a text was adopted."""
    measures = model.measures()
    depth, distance = measures["depth"][:, 0], measures["camp_distance"][-1, 0]
    return depth[0], depth[-1], distance, _permuted_distance(model), float(model.institutions.adopted(0))


def _permuted_distance(model: NegotiationModel, draws: int = 200) -> float:
    """95th percentile of the distance of the camps when stated positions are dealt out to states at random."""
    rng = np.random.default_rng(0)
    place = model.world.stated @ model.axis.direction[:, 0]
    camp = model.axis.camp[:, 0]
    shuffled = [rng.permutation(place) for _ in range(draws)]
    return float(np.quantile([abs(p[camp > 0].mean() - p[camp < 0].mean()) for p in shuffled], 0.95))


def costly_texts_divide(replicates: int = 80) -> pd.DataFrame:
    """P2: at the same gate a deeper text, and at the same depth a closed gate, gather fewer members.

    Columns: b_cost (prior or 0), gate, depth, members (mean), deeper (paired difference to the shallow text at the same
    gate), closed (to the open gate at the same depth), with standard errors.
    """
    rows, none = [], np.full(replicates, np.nan)
    for cost in ("prior", 0.0):
        members: dict[tuple[str, float], Floats] = {}
        for gate in ("open", "values"):
            for depth in (0.1, 0.9):
                here = members[gate, depth] = _members(cost, gate, depth, replicates)
                deeper, deeper_se = mean(here - members[gate, 0.1] if depth > 0.1 else none)
                closed, closed_se = mean(here - members["open", depth] if gate == "values" else none)
                rows.append({
                    "b_cost": cost, "gate": gate, "depth": depth, "members": here.mean(),
                    "deeper": deeper, "deeper_se": deeper_se, "closed": closed, "closed_se": closed_se,
                })  # fmt: skip
    return pd.DataFrame(rows)


def _members(cost: str | float, gate: str, depth: float, replicates: int) -> Floats:
    """Signatories at the end, by replicate."""
    changes: dict[str, Any] = {
        "bargaining.rate": 1e-6,   # the text stays as it was opened
        "institutions.waico.gate.kind": gate,
        **{f"institutions.waico.opening.{issue}": depth for issue in BINDING},
        **({} if cost == "prior" else {"decision.b_cost": cost}),
    }
    return np.array([model.measures()["signed"][-1, 0] for model in models(load_scenario("waic2025", changes), replicates)])


def overlap_of_memberships(replicates: int = 60) -> pd.DataFrame:
    """P6: memberships overlap more when some states join things; exclusivity cuts the overlap from its date on.

    Two open bodies proposed on one day. Columns: arm, hedgers (signed both, mean at the end), expected (product of
    the margins over the number of states), ratio of the two, change (paired difference of the ratio to the arm above), with
    standard errors, and hedgers_before (mean at the date of exclusivity).
    """
    both = {
        "institutions.us_coalition.gate.kind": "open",
        "institutions.us_coalition.proposed": date(2025, 7, 26),
    }
    arms: dict[str, dict[str, Any]] = {
        "no nation effect": {"decision.s_u": 0.0},
        "nation effect": {"decision.s_u": 1.5},
        "exclusive": {"decision.s_u": 1.5, "institutions.waico.exclusive_from": EXCLUSIVE_FROM},
    }
    rows: list[dict[str, Any]] = []
    above: Floats | None = None
    for arm, changes in arms.items():
        here = _overlap(load_scenario("waic2025", {**both, **changes}), replicates)
        ratio, se = estimate(_ratio, here)
        change, change_se = (np.nan, np.nan) if above is None else estimate(lambda one, other: _ratio(one) - _ratio(other), here, above)
        above = here
        hedgers, expected, before = here.mean(axis=0)
        rows.append({
            "arm": arm, "hedgers": hedgers, "expected": expected, "ratio": ratio, "se": se, "change": change,
            "change_se": change_se, "hedgers_before": before,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _ratio(overlap: Floats) -> float:
    """Hedgers over what the margins give, of all replicates together."""
    return float(overlap[:, 0].sum() / overlap[:, 1].sum())


def _overlap(scenario: Scenario, replicates: int) -> Floats:
    """Hedgers at the end, those expected, and hedgers at the date of exclusivity, (R, 3)."""
    switch = scenario.day(EXCLUSIVE_FROM)
    rows = []
    for model in models(scenario, replicates):
        signed, hedgers = model.measures()["signed"], model.measures()["hedgers"][:, 0]
        expected = signed[-1].prod() / model.world.setting.at_risk[:, 0].sum()
        rows.append((hedgers[-1], expected, hedgers[np.array(model.history.end) <= switch][-1]))
    return np.array(rows)
