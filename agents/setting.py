"""What a scenario fixes: every array that is the same in all replicates, computed once and shared read-only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from waico.agents import covariates
from waico.agents.industry import industry
from waico.agents.kept import fix
from waico.scenarios.facts import Facts, load_facts
from waico.scenarios.schema import COEFFICIENTS, Decision, Institution, Prior, Scenario, Weight

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Setting:
    """Arrays of a scenario. N states (sorted by ISO3 code), K issues, J institutions, F firms (sorted by id).

    Attributes:
        scenario: where all of it comes from.
        codes, issues, bodies, firms: names of the rows.
        ideal, salience, floor, ceiling: (N, K); ideal points before the replicate's noise, salience summing to 1.
        tolerance, openness: (N,).
        weight, gdp, population: shares of the world, (N,).
        need, scale, polyarchy: indices in [0, 1], (N,); scale is ln GDP from the smallest to the largest state.
        standing: covariates that do not change in a run, (7, N, J); see `covariates.standing`.
        leverage: how far the rival can press each state, (N, J).
        rival_camp: share of each state in the weight of the rival's allies, (N, J); columns sum to 1 or 0.
        camp: +1 sponsor's, -1 rival's, 0 neither, (N, J).
        ties: row-normalized networks, (N, N).
        quota: capital quota for entry into force, (N, J).
        sponsor, rival: rows of the two principals, (J,).
        rival_body: the institution whose sponsor is the rival, or -1, (J,).
        at_risk: states that decide on joining: neither sponsor nor rival, (N, J).
        text_0, status_quo: (J, K).
        staged: whether endorsing is a stage of its own, (J,).
        endorse_launch, sign_launch: whether endorsement and signature open with a ceremony, (J,).
        endorse_from: first day of endorsement if the scenario fixes it, else -inf, (J,).
        after_days: days from tabling to ceremony, NaN where the date is fixed, (J,). window_days: (J,).
        depth_mask, fit_mask: which issues bind, which count in fit, (K,).
        blocs: per institution the rows that decide as one, or None.
        markets: distinct rows of exposure of firms to states, (H, N); market: the row of each firm, (F,).
        asked: per market the sum over its firms of budget * (salience, salience * position), (H, 2 K).
        access: share of what firms of a market deliver that reaches each state, for export controls, (H, N).
        firm_position: (F, K). budget: (F,). firm_home: (F,), -1 outside the agents.
        technology: what a firm adds to what membership is worth; sums to 1 without controls and open models, (F,).
        allied: row-normalized alliances among firms, (F, F). complement: the same among allies of other layers, (F, F).
        mixing: what makes draws of coefficients correlated, a Cholesky factor, (C, C). C coefficients, of `COEFFICIENTS`.
        price_factor: what controls and open models make of the price of goodwill, (N, J).
    """

    scenario: Scenario
    codes: tuple[str, ...]
    issues: tuple[str, ...]
    bodies: tuple[str, ...]
    firms: tuple[str, ...]
    ideal: Floats
    salience: Floats
    floor: Floats
    ceiling: Floats
    tolerance: Floats
    openness: Floats
    weight: Floats
    gdp: Floats
    population: Floats
    need: Floats
    scale: Floats
    polyarchy: Floats
    standing: Floats
    leverage: Floats
    rival_camp: Floats
    camp: NDArray[np.int8]
    ties: Floats
    quota: Floats
    sponsor: Indices
    rival: Indices
    rival_body: Indices
    at_risk: Flags
    text_0: Floats
    status_quo: Floats
    staged: Flags
    endorse_launch: Flags
    sign_launch: Flags
    endorse_from: Floats
    after_days: Floats
    window_days: Floats
    depth_mask: Floats
    fit_mask: Floats
    blocs: tuple[Indices | None, ...]
    markets: Floats
    market: Indices
    asked: Floats
    access: Floats
    firm_position: Floats
    budget: Floats
    technology: Floats
    firm_home: Indices
    allied: Floats
    complement: Floats
    price_factor: Floats
    mixing: Floats

    @classmethod
    def of(cls, scenario: Scenario) -> Setting:
        """Compute the arrays of a scenario.

        Raises:
            InputError: the scenario asks for data that do not exist or were not public.
        """
        facts = load_facts(scenario)
        ideal = covariates.ideal_points(facts, scenario)
        setting = cls(
            scenario=scenario,
            codes=facts.codes,
            issues=tuple(scenario.issue_ids),
            bodies=tuple(scenario.institution_ids),
            firms=tuple(facts.firms.index),
            ideal=ideal,
            **_judgements(scenario, facts.nations.index, ideal),
            weight=covariates.capability(facts, scenario.nations.weight),
            gdp=covariates.share(facts, "gdp"),
            population=covariates.share(facts, "population"),
            need=covariates.need(facts),
            scale=covariates.capability_scale(facts),
            polyarchy=covariates.figures(facts, "polyarchy"),
            ties=covariates.ties(facts, scenario.nations.ties),
            **_principals(scenario, facts),
            text_0=_texts(scenario, "opening"),
            status_quo=_texts(scenario, "status_quo"),
            **_calendar(scenario),
            depth_mask=_mean_mask([issue.binding for issue in scenario.issues]),
            fit_mask=np.array([float(issue.in_fit) for issue in scenario.issues]),
            **industry(facts, scenario, ideal),
            mixing=_mixing(scenario.decision),
        )
        fix(tuple(vars(setting).values()))
        return setting

    @cached_property
    def priors(self) -> Floats:
        """Mean, standard deviation and probability below the bound of every coefficient's normal prior, (3, C, 1)."""
        values = [getattr(self.scenario.decision, name) for name in COEFFICIENTS]
        mean, sd, lower = np.array([_prior(value) for value in values]).T
        with np.errstate(divide="ignore", invalid="ignore"):
            below = ndtr(np.where(sd > 0, (lower - mean) / sd, -np.inf))
        priors = np.stack([mean, sd, below])[:, :, None]
        priors.flags.writeable = False
        return priors

    @cached_property
    def weight_at_risk(self) -> Floats:
        """Weights of the states that decide on joining, 0 for the others, a row per institution, (J, N)."""
        weights = np.array([self.weight * at_risk for at_risk in self.at_risk.T])
        weights.flags.writeable = False
        return weights

    @cached_property
    def at_risk_total(self) -> list[float]:
        """Weight of all states that decide on joining, by institution."""
        return [float(weights.sum()) for weights in self.weight_at_risk]

    @cached_property
    def seats(self) -> Flags:
        """States that negotiate whether or not they are engaged, the sponsor always, a row per institution, (J, N)."""
        seats = np.zeros(self.at_risk.T.shape, dtype=bool)
        for seated, sponsor, body in zip(seats, self.sponsor, self.scenario.institutions, strict=True):
            listed = frozenset(body.named if body.participants == "engaged" else body.participants)
            seated[:] = body.participants == "all" or [code in listed for code in self.codes]
            seated[sponsor] = True
        seats.flags.writeable = False
        return seats


def _prior(value: float | Prior) -> tuple[float, float, float]:
    """Mean, standard deviation and lower bound of a prior; a number is certain."""
    if isinstance(value, Prior):
        return value.mean, value.sd, -np.inf if value.lower is None else value.lower
    return float(value), 0.0, -np.inf


def _mean_mask(flags: list[bool]) -> Floats:
    """Weights that take the mean over the flagged issues; all 0 if none is flagged."""
    mask = np.array(flags, dtype=float)
    return np.asarray(mask / max(mask.sum(), 1.0))


def _texts(scenario: Scenario, name: str) -> Floats:
    return np.array([[getattr(body, name)[issue] for issue in scenario.issue_ids] for body in scenario.institutions])


def _calendar(scenario: Scenario) -> dict[str, Any]:
    """What of the institutions' dates does not depend on when they are tabled."""
    bodies = scenario.institutions
    opens = [body.endorsement.opens if body.endorsement else None for body in bodies]
    after = [np.nan if body.signature.after_days is None else body.signature.after_days for body in bodies]
    return {
        "staged": np.array([body.endorsement is not None for body in bodies]),
        "endorse_launch": np.array([body.endorsement is not None and body.endorsement.launch for body in bodies]),
        "sign_launch": np.array([body.signature.launch for body in bodies]),
        "endorse_from": np.array([-np.inf if day is None else scenario.day(day) for day in opens]),
        "after_days": np.array(after, dtype=float),
        "window_days": np.array([body.signature.window_days for body in bodies], dtype=float),
    }


def _judgements(scenario: Scenario, codes: pd.Index, ideal: Floats) -> dict[str, Any]:
    """Salience, red lines, tolerance and openness of every state, with the overrides of single states.

    Actors with extreme positions attach more salience to an issue (Thomson & Stokman 2006), here in proportion to how far
    from the middle they stand.
    """
    n, issues = len(codes), scenario.issue_ids
    usual = np.array([issue.salience for issue in scenario.issues], dtype=float)
    salience = usual * (1.0 + scenario.nations.extremity * np.abs(2.0 * ideal - 1.0))
    floor, ceiling = np.zeros_like(salience), np.ones_like(salience)
    tolerance, openness = np.full(n, scenario.nations.tolerance), np.full(n, scenario.nations.openness)
    for code, nation in scenario.nations.overrides.items():
        row = covariates.row_of(codes, code)
        for issue, value in nation.salience.items():
            salience[row, issues.index(issue)] = value
        for issue, line in nation.red_lines.items():
            floor[row, issues.index(issue)] = 0.0 if line.floor is None else line.floor
            ceiling[row, issues.index(issue)] = 1.0 if line.ceiling is None else line.ceiling
        tolerance[row] = tolerance[row] if nation.tolerance is None else nation.tolerance
        openness[row] = openness[row] if nation.openness is None else nation.openness
    salience /= salience.sum(axis=1, keepdims=True)
    return {"salience": salience, "floor": floor, "ceiling": ceiling, "tolerance": tolerance, "openness": openness}


def _principals(scenario: Scenario, facts: Facts) -> dict[str, Any]:
    """What depends on who sponsors and who opposes each institution."""
    bodies = scenario.institutions
    rows = [_principal_rows(facts, body, scenario.nations.weight) for body in bodies]
    return {
        "sponsor": covariates.rows_of(facts, [body.sponsor for body in bodies]),
        "rival": covariates.rows_of(facts, [body.rival for body in bodies]),
        "rival_body": _rival_body(scenario),
        "blocs": tuple(covariates.members(facts, body.bloc) if body.bloc else None for body in bodies),
        **{name: np.stack([row[name] for row in rows], axis=-1) for name in rows[0]},
    }


def _rival_body(scenario: Scenario) -> Indices:
    sponsors = [body.sponsor for body in scenario.institutions]
    return np.array([sponsors.index(body.rival) if body.rival in sponsors else -1 for body in scenario.institutions])


def _principal_rows(facts: Facts, body: Institution, mean: Weight) -> dict[str, Any]:
    sponsor, rival, force = body.sponsor, body.rival, body.entry_into_force
    return {
        "at_risk": covariates.others(facts, sponsor, rival),
        "standing": covariates.standing(facts, sponsor, rival, body.seat.lat, body.seat.lon, body.region),
        "leverage": covariates.leverage(facts, rival),
        "rival_camp": covariates.rival_camp(facts, rival, mean),
        "camp": covariates.side(facts, sponsor, rival),
        "quota": covariates.quota(facts, force.quota_group, force.quota_group_share),
    }


def _mixing(decision: Decision) -> Floats:
    """Cholesky factor of the correlations among draws of coefficients, (C, C)."""
    return np.asarray(np.linalg.cholesky(decision.correlation_matrix()))
