"""Patterns on the bank of 2014: P3 deadline, P4 breach of pressure, P5 benefit beside alignment, P8 stages apart in time."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.analysis.history.cases import CASES, accessions
from waico.analysis.history.membership import end_of
from waico.analysis.history.timing import share_late
from waico.analysis.patterns.arms import estimate, mean, models
from waico.negotiation.terms import ALIGNMENT, PROXIMITY, REGION, SIZE
from waico.scenarios.coefficients import coefficients_of_case
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario, Shock

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEADLINE = CASES["aiib"].until
DEFECTORS = {"large ally": "GBR", "small ally": "LUX", "large non-ally": "IND"}


def deadline_clusters(replicates: int = 100) -> pd.DataFrame:
    """P3: share of the applications to the AIIB by 31 March 2015 that fall in its last 20 days.

    With the coefficients that the AIIB has of its own in the fit on all cases; and with those of a body not seen before, from
    the other cases, which had no deadline, so that the term of one is only its prior. Each with and without the term.
    Columns: fitted_on, arm, applied (mean), last_20_days (share of the applications of all replicates) and its standard
    error; history in the first row, without China.
    """
    applied = accessions(CASES["aiib"]).drop(index="CHN")["last"]
    days = np.asarray((applied - pd.Timestamp(DEADLINE)).dt.days, dtype=np.float64)
    late = share_late(days, days + 1.0, day=0.0)
    rows: list[dict[str, Any]] = [
        {"fitted_on": "-", "arm": "history", "applied": len(days), "last_20_days": late, "se": np.nan}
    ]
    own = {f"decision.{name}": value for name, value in coefficients_of_case("history", "aiib").items()}
    fits: dict[str, dict[str, Any]] = {"all cases": own, "the other cases": {}}
    for told, fitted in fits.items():
        for arm, changes in (("deadline", {}), ("none", {"decision.b_deadline": 0.0})):
            counts = _applications(load_scenario("aiib2014", {**fitted, **changes}), replicates)
            share, se = estimate(lambda both: both[:, 1].sum() / both[:, 0].sum(), counts)
            rows.append({"fitted_on": told, "arm": arm, "applied": counts[:, 0].mean(), "last_20_days": share, "se": se})
    return pd.DataFrame(rows)


def _applications(scenario: Scenario, replicates: int) -> Floats:
    """Applications by the deadline, and those of them in the last 20 days, (R, 2)."""
    rows = []
    for model in models(scenario, replicates, until=end_of(scenario, DEADLINE)):
        since, days = model.world.round_endorsed[:, 0], np.array([0.0, *model.history.end])
        rounds = since[(since > 0) & model.world.setting.at_risk[:, 0]]
        late = share_late(days[rounds - 1], days[rounds], scenario.day(DEADLINE)) or 0.0
        rows.append((len(rounds), late * len(rounds)))
    return np.array(rows, dtype=float)


def breach_lowers_pressure(replicates: int = 100) -> pd.DataFrame:
    """P4: a large ally of the rival that joins draws in others of its camp; a small ally or a non-ally does not.

    An experiment: the AIIB with strong pressure and no other route of influence (peers and critical mass off), states joining
    evenly over the five months (launch and deadline off). With a launch as strong as the estimated one, the allies that are to
    come do so in the first week, the pressure is broken before the defector moves, and there is nothing to draw. That is seen
    in the last arm, "as fitted": the coefficients of all cases as they are, and the defector on the day on which Britain
    applied. Columns: arm, defector, state, others (mean change of the number of other allies that apply by 31 March
    2015), se.
    """
    experiment = {
        "decision.b0": -3.0, "decision.b_pressure": 3.0, "decision.b_peers": 0.0, "decision.b_network": 0.0,
        "decision.b_launch": 0.0, "decision.b_deadline": 0.0,
    }  # fmt: skip
    midway, britain = date(2014, 12, 1), date(2015, 3, 12)
    arms: dict[str, tuple[dict[str, Any], date]] = {
        "experiment": ({**experiment, "decision.credibility": 8.0}, midway),
        "no credibility": ({**experiment, "decision.credibility": 0.0}, midway),
        "as fitted": ({"coefficients": "history"}, britain),
    }
    rows = []
    for arm, (changes, day) in arms.items():
        base = load_scenario("aiib2014", changes)
        without = _allies_inside(base, replicates)
        for kind, code in DEFECTORS.items():
            shock = Shock(date=day, path=f"nations.{code}.forced.aiib", value="endorsed")
            with_shock = _allies_inside(base.model_copy(update={"shocks": [shock]}), replicates)
            others, se = mean((with_shock - without).drop(columns=code, errors="ignore").sum(axis=1).to_numpy())
            rows.append({"arm": arm, "defector": kind, "state": code, "others": others, "se": se})
    return pd.DataFrame(rows)


def _allies_inside(scenario: Scenario, replicates: int) -> pd.DataFrame:
    """Which of the rival's allies have applied by 31 March 2015: one row per replicate, one column per ally."""
    rows = []
    for model in models(scenario, replicates, until=DEADLINE):
        setting = model.world.setting
        allies = np.flatnonzero(setting.rival_camp[:, 0] > 0)
        rows.append({setting.codes[i]: float(model.world.status[i, 0] >= 1) for i in allies})
    return pd.DataFrame(rows)


def benefit_beside_alignment(replicates: int = 100) -> pd.DataFrame:
    """P5: correlation of applying to the AIIB, held out, with size (ln GDP), proximity and alignment, also by region.

    Arms: as is; no benefit (market, region and proximity off); partisan (membership takes sides altogether). Columns: arm,
    states, covariate, observed (correlation of who applied), simulated (of the probability of applying) and se, change (paired
    difference to the arm as is) and change_se.
    """
    arms: dict[str, dict[str, Any]] = {
        "as is": {},
        "no benefit": {"decision.b_market": 0.0, "decision.b_region": 0.0, "decision.b_prox": 0.0},
        "partisan": {"institutions.aiib.partisanship": 1.0},
    }
    rows = []
    as_is: Flags | None = None
    for arm, changes in arms.items():
        runs = list(models(load_scenario("aiib2014", changes), replicates, until=DEADLINE))
        setting = runs[0].world.setting
        applied = np.array([model.world.status[:, 0] >= 1 for model in runs])
        as_is = applied if as_is is None else as_is
        history = np.isin(setting.codes, accessions(CASES["aiib"]).index)[None, :]
        for states, covariate, among, x in _covariates(setting.standing[:, :, 0], setting.at_risk[:, 0]):
            told = _correlations(history[:, among], applied[:, among], as_is[:, among], x[among])
            rows.append({"arm": arm, "states": states, "covariate": covariate, **told})
    return pd.DataFrame(rows)


def _covariates(standing: Floats, at_risk: Flags) -> list[tuple[str, str, Flags, Floats]]:
    """What is correlated: which states, which covariate, rows of the states, values."""
    regional = standing[REGION] > 0
    return [
        ("all", "size", at_risk, standing[SIZE]),
        ("all", "proximity", at_risk, standing[PROXIMITY]),
        ("all", "alignment", at_risk, standing[ALIGNMENT]),
        ("regional", "alignment", at_risk & regional, standing[ALIGNMENT]),
        ("other", "alignment", at_risk & ~regional, standing[ALIGNMENT]),
    ]


def _correlations(history: Flags, applied: Flags, as_is: Flags, x: Floats) -> dict[str, float]:
    """Correlations with a covariate (n,) of who applied, and of the share of replicates in which states apply, (R, n)."""

    def r(who: Flags) -> float:
        return float(np.corrcoef(who.mean(axis=0), x)[0, 1])

    simulated, se = estimate(r, applied)
    change, change_se = estimate(lambda one, other: r(one) - r(other), applied, as_is)
    return {"observed": r(history), "simulated": simulated, "se": se, "change": change, "change_se": change_se}


def stages_apart(replicates: int = 60) -> pd.DataFrame:
    """P8: application, signature, ratification and entry into force of the AIIB are apart in time.

    History: 50 of 57 applicants signed on 29 June 2015, in force on 25 December 2015 (179 days later). Columns: arm
    (lag as is; without a lag), signed_90_days (share of final signatories that signed within 90 days of the ceremony),
    ratification_days (median lag from signature), force_days (median from the ceremony; inf if never), with standard errors.
    """
    rows = []
    for arm, changes in (("lag", {}), ("no lag", {"decision.ratify.median_days": 1.0, "decision.ratify.spread": 0.0})):
        signed, lags, force = _stages(load_scenario("aiib2014", changes), replicates)
        early, early_se = estimate(lambda days: (days <= 90).sum() / np.isfinite(days).sum(), signed)
        lag, lag_se = estimate(np.nanmedian, lags)
        until_force, force_se = estimate(np.median, force)
        rows.append({
            "arm": arm, "signed_90_days": early, "signed_se": early_se, "ratification_days": lag, "ratification_se": lag_se,
            "force_days": until_force, "force_se": force_se,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _stages(scenario: Scenario, replicates: int) -> tuple[Floats, Floats, Floats]:
    """Days from the ceremony to signature and from signature to ratification, (R, N), NaN where a state did not; to force, (R,)."""
    ceremony = scenario.institutions[0].signature.ceremony
    assert ceremony is not None
    opening = scenario.day(ceremony)
    signatures, lags, force = [], [], []
    for model in models(scenario, replicates):
        world, end = model.world, np.array([0.0, *model.history.end])
        rounds = np.stack([world.round_signed[:, 0], world.round_ratified[:, 0]])
        signed, ratified = np.where(rounds > 0, end[rounds], np.nan)
        signatures.append(signed - opening)
        lags.append(ratified - signed)
        in_force = model.institutions.round_in_force[0]
        force.append(end[in_force] - opening if in_force > 0 else np.inf)
    return np.array(signatures), np.array(lags), np.array(force)
