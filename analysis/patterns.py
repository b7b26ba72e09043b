"""The patterns that the model is held against, each with the ablation that must break it (Grimm et al. 2005).

Every function runs a scenario made for its pattern under common random numbers and returns figures, one row per arm.
`tests/truth/test_patterns.py` states what they must show; `python -m waico.analysis.patterns` prints them all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.model import NegotiationModel
from waico.negotiation.adopt import AdoptionRule, Consensus
from waico.negotiation.course import Chapter, Course
from waico.negotiation.table import Table
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario, Shock

Floats = NDArray[np.float64]

SEED = 1
BINDING = ("enforcement", "mandate", "timetable")


class ConsensusOfEquals(Consensus):
    """Consensus in which consent does not shape the text: all participants pull alike. The ablation of P1."""

    def weight(self, table: Table) -> Floats:
        """One each."""
        return np.ones(len(table.capability))


def models(
    scenario: Scenario, replicates: int, until: date | None = None, rule: AdoptionRule | None = None
) -> Iterable[NegotiationModel]:
    """Finished runs of a scenario, one per replicate; `rule` replaces the adoption rule of the first institution."""

    def adapt(chapter: Chapter) -> Chapter:
        return chapter if rule is None else replace(chapter, adoption=[rule, *chapter.adoption[1:]])

    course = Course(scenario, adapt)
    for replicate in range(replicates):
        model = NegotiationModel(scenario, rng=SEED, replicate=replicate, until=until, course=course)
        model.run_model()
        yield model


def display_without_content(replicates: int = 20) -> pd.DataFrame:
    """P1: under consensus a deep opening text loses depth, and camps stay further apart than chance would have it.

    Columns: arm, depth_start, depth_end and camp_distance (means), below_030 (share of runs), adopted (share),
    permuted (95th percentile of camp_distance with positions dealt out at random).
    """
    changes: dict[str, Any] = {
        "freeze_date": date(2025, 6, 30),
        "institutions.waico.participants": "all",
        "institutions.waico.adoption.rule": "consensus",
        "institutions.waico.adoption.earliest": date(2026, 7, 26),   # talks go on up to the conference
        **{f"institutions.waico.opening.{issue}": 0.6 for issue in BINDING},
    }
    rows = []
    for arm, rule in (("consensus", Consensus()), ("equal pull", ConsensusOfEquals())):
        depth, distance, permuted, adopted = [], [], [], []
        for model in models(load_scenario("waic2025", changes), replicates, rule=rule):
            measures = model.measures()
            depth.append((measures["depth"][0, 0], measures["depth"][-1, 0]))
            distance.append(measures["camp_distance"][-1, 0])
            permuted.append(_permuted_distance(model))
            adopted.append(model.institutions.adopted(0))
        start, end = np.array(depth).T
        rows.append({
            "arm": arm, "depth_start": start.mean(), "depth_end": end.mean(), "below_030": (end < 0.3).mean(),
            "adopted": np.mean(adopted), "camp_distance": np.mean(distance), "permuted": np.mean(permuted),
        })  # fmt: skip
    return pd.DataFrame(rows)


def _permuted_distance(model: NegotiationModel, draws: int = 200) -> float:
    """95th percentile of the distance of the camps when stated positions are dealt out to states at random."""
    rng = np.random.default_rng(0)
    place = model.world.stated @ model.axis.direction[:, 0]
    camp = model.axis.camp[:, 0]
    shuffled = [rng.permutation(place) for _ in range(draws)]
    return float(np.quantile([abs(p[camp > 0].mean() - p[camp < 0].mean()) for p in shuffled], 0.95))


def costly_texts_divide(replicates: int = 20) -> pd.DataFrame:
    """P2: at the same gate a deeper text, and at the same depth a closed gate, gather fewer members.

    Columns: b_cost (prior or 0), gate, depth, members (mean), and se of the paired difference to the shallow text.
    """
    rows = []
    for cost in ("prior", 0.0):
        for gate in ("open", "values"):
            shallow: Floats | None = None
            for depth in (0.1, 0.9):
                changes: dict[str, Any] = {
                    "bargaining.rate": 1e-6,   # the text stays as it was opened
                    "institutions.waico.gate.kind": gate,
                    **{f"institutions.waico.opening.{issue}": depth for issue in BINDING},
                    **({} if cost == "prior" else {"decision.b_cost": cost}),
                }
                scenario = load_scenario("waic2025", changes)
                members = np.array([model.measures()["signed"][-1, 0] for model in models(scenario, replicates)])
                difference = np.zeros_like(members) if shallow is None else members - shallow
                shallow = members if shallow is None else shallow
                rows.append({
                    "b_cost": cost, "gate": gate, "depth": depth, "members": members.mean(),
                    "difference": difference.mean(), "se": difference.std(ddof=1) / np.sqrt(replicates),
                })  # fmt: skip
    return pd.DataFrame(rows)


def deadline_clusters(replicates: int = 40) -> pd.DataFrame:
    """P3 (reported): share of the applications to the AIIB by 31 March 2015 that fall in its last 20 days.

    History: 30 of 57. Columns: arm (with and without the deadline term), applied (mean), last_20_days (share).
    """
    rows = []
    for arm, changes in (("deadline", {}), ("none", {"decision.b_deadline": 0.0})):
        applied, late = [], []
        for model in models(load_scenario("aiib2014", changes), replicates, until=date(2015, 3, 31)):
            since, end = model.world.round_endorsed[:, 0], np.array([0.0, *model.history.end])
            days = end[since[(since > 0) & model.world.setting.at_risk[:, 0]]]
            applied.append(len(days))
            late.append((days > end[-1] - 20).sum())
        rows.append({"arm": arm, "applied": np.mean(applied), "last_20_days": np.sum(late) / max(np.sum(applied), 1)})
    return pd.DataFrame(rows)


DEFECTORS = {"large ally": "GBR", "small ally": "LUX", "large non-ally": "IND"}


def breach_lowers_pressure(replicates: int = 60) -> pd.DataFrame:
    """P4: a large ally of the rival that joins draws in others of its camp; a small ally or a non-ally does not.

    The scenario is the AIIB with a strong pressure term and no other route of influence (peers and critical mass off).
    Columns: credibility, defector, others (mean change of the number of other allies that apply by 31 March 2015), se.
    """
    fixed = {
        "decision.b0": -3.0, "decision.b_pressure": 3.0, "decision.b_peers": 0.0, "decision.b_network": 0.0,
    }  # fmt: skip
    rows = []
    for credibility in (8.0, 0.0):
        base = load_scenario("aiib2014", {**fixed, "decision.credibility": credibility})
        without = _allies_inside(base, replicates)
        for kind, code in DEFECTORS.items():
            shock = Shock(date=date(2014, 12, 1), path=f"nations.{code}.forced.aiib", value="endorsed")
            with_shock = _allies_inside(base.model_copy(update={"shocks": [shock]}), replicates)
            change = with_shock.drop(columns=code, errors="ignore") - without.drop(columns=code, errors="ignore")
            others = change.sum(axis=1)
            rows.append({
                "credibility": credibility, "defector": kind, "state": code, "others": others.mean(),
                "se": others.std(ddof=1) / np.sqrt(replicates),
            })  # fmt: skip
    return pd.DataFrame(rows)


def _allies_inside(scenario: Scenario, replicates: int) -> pd.DataFrame:
    """Which of the rival's allies have applied by 31 March 2015: one row per replicate, one column per ally."""
    rows = []
    for model in models(scenario, replicates, until=date(2015, 3, 31)):
        setting = model.world.setting
        allies = np.flatnonzero(setting.rival_camp[:, 0] > 0)
        rows.append({setting.codes[i]: float(model.world.status[i, 0] >= 1) for i in allies})
    return pd.DataFrame(rows)


def benefit_beside_alignment(replicates: int = 40) -> pd.DataFrame:
    """P5 (reported): correlation of the probability of applying to the AIIB with size, nearness and alignment.

    Columns: arm (as is; size and proximity off), and one correlation each.
    """
    rows = []
    for arm, changes in (("as is", {}), ("size and proximity off", {"decision.b_size": 0.0, "decision.b_prox": 0.0})):
        applied = []
        for model in models(load_scenario("aiib2014", changes), replicates, until=date(2015, 3, 31)):
            applied.append(model.world.status[:, 0] >= 1)
        setting = model.world.setting
        at_risk, share = setting.at_risk[:, 0], np.mean(applied, axis=0)
        rows.append({"arm": arm} | {
            name: np.corrcoef(share[at_risk], setting.standing[row, at_risk, 0])[0, 1]
            for name, row in (("size", 3), ("proximity", 4), ("alignment", 0))
        })
    return pd.DataFrame(rows)


EXCLUSIVE_FROM = date(2027, 1, 1)


def overlap_of_memberships(replicates: int = 20) -> pd.DataFrame:
    """P6: memberships overlap more when some states join things; exclusivity cuts the overlap from its date on.

    Two open bodies proposed on one day. Columns: arm, hedgers (signed both, mean at the end), expected (product of
    the margins over the number of states), ratio, and hedgers_before (mean at the date of exclusivity).
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
    rows = []
    for arm, changes in arms.items():
        scenario = load_scenario("waic2025", {**both, **changes})
        switch = scenario.day(EXCLUSIVE_FROM)
        last, before = [], []
        for model in models(scenario, replicates):
            signed, hedgers = model.measures()["signed"], model.measures()["hedgers"][:, 0]
            last.append((hedgers[-1], signed[-1].prod() / model.world.setting.at_risk[:, 0].sum()))
            before.append(hedgers[np.array(model.history.end) <= switch][-1])
        observed, expected = np.array(last).T
        rows.append({
            "arm": arm, "hedgers": observed.mean(), "expected": expected.mean(),
            "ratio": observed.sum() / expected.sum(), "hedgers_before": np.mean(before),
        })  # fmt: skip
    return pd.DataFrame(rows)


def stages_apart(replicates: int = 40) -> pd.DataFrame:
    """P8: application, signature, ratification and entry into force of the AIIB are apart in time.

    History: 50 of 57 applicants signed on 29 June 2015, in force on 25 December 2015 (179 days later). Columns: arm
    (lag as is; without a lag), signed_90_days (share of final signatories that signed within 90 days of the ceremony),
    ratification_days (median lag from signature), force_days (median from the ceremony; inf if never).
    """
    rows = []
    for arm, changes in (("lag", {}), ("no lag", {"decision.ratify.median_days": 1.0, "decision.ratify.spread": 0.0})):
        scenario = load_scenario("aiib2014", changes)
        ceremony = scenario.institutions[0].signature.ceremony
        assert ceremony is not None
        opening = scenario.day(ceremony)
        early: list[bool] = []
        lags: list[float] = []
        force: list[float] = []
        for model in models(scenario, replicates):
            world, end = model.world, np.array([0.0, *model.history.end])
            signed, ratified = world.round_signed[:, 0], world.round_ratified[:, 0]
            early.extend(end[signed[signed > 0]] - opening <= 90)
            both = (signed > 0) & (ratified > 0)
            lags.extend(end[ratified[both]] - end[signed[both]])
            in_force = model.institutions.round_in_force[0]
            force.append(end[in_force] - opening if in_force > 0 else np.inf)
        rows.append({
            "arm": arm, "signed_90_days": np.mean(early), "ratification_days": np.median(lags),
            "force_days": np.median(force),
        })  # fmt: skip
    return pd.DataFrame(rows)


PATTERNS = {
    "P1": display_without_content, "P2": costly_texts_divide, "P3": deadline_clusters, "P4": breach_lowers_pressure,
    "P5": benefit_beside_alignment, "P6": overlap_of_memberships, "P8": stages_apart,
}  # fmt: skip


def main() -> None:
    """Print all patterns."""
    for pattern in PATTERNS.values():
        title = (pattern.__doc__ or "").splitlines()[0]
        sys.stdout.write(f"{title}\n{pattern().round(3).to_string(index=False)}\n\n")


if __name__ == "__main__":
    main()
