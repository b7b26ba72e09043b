"""Covariates of states and of pairs state - institution, computed once from the facts of a scenario.

Shapes: N states, K issues, J institutions. `standardize` is taken over the states at risk of joining.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from waico.scenarios.facts import Facts
from waico.scenarios.schema import Institution, Scenario, Ties

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

EARTH_RADIUS_KM = 6371.0
NEAR_KM = 500.0   # below this distance nearness adds nothing
CLUBS = ["us_ally", "nato", "eu", "oecd", "sco", "brics"]
DEPENDENCE_SHARE = 0.5   # a trade share with the rival from which a state counts as fully dependent
STANCE_STEP = 0.2   # ++ + 0 - -- stand for positions .9 .7 .5 .3 .1


def row_of(index: pd.Index, name: str) -> int:
    """Position of a name in an index without repetitions."""
    return list(index).index(name)


def standardize(values: Floats, at_risk: Flags) -> Floats:
    """Mean 0 and standard deviation 1 over the states at risk, shape (N,); all 0 where nothing varies."""
    inside = values[at_risk]
    spread = inside.std() if len(inside) else 0.0
    if spread < 1e-12:
        return np.zeros_like(values)
    return np.asarray((values - inside.mean()) / spread)


def need(facts: Facts) -> Floats:
    """1 minus the percentile of GDP per head, in [0, 1], shape (N,)."""
    per_head = facts.nations["gdp"] / facts.nations["population"]
    return 1.0 - (per_head.rank().to_numpy(dtype=float) - 1.0) / (len(per_head) - 1)


def capability_scale(facts: Facts) -> Floats:
    """Ln GDP scaled to [0, 1] over the states, shape (N,)."""
    log_gdp = np.log(facts.nations["gdp"].to_numpy(dtype=float))
    spread = log_gdp.max() - log_gdp.min()
    return np.asarray((log_gdp - log_gdp.min()) / spread) if spread > 0 else np.full_like(log_gdp, 0.5)


def capability(facts: Facts, scenario: Scenario) -> Floats:
    """Weight of every state: a mean of its share of GDP and of notable AI models, sums to 1, shape (N,)."""
    gdp = facts.nations["gdp"].to_numpy(dtype=float)
    models = facts.nations["ai_models"].to_numpy(dtype=float)
    share = scenario.nations.weight
    if models.sum() <= 0:   # not published yet, or nobody in this world has any
        return np.asarray(gdp / gdp.sum())
    weight = share.gdp * gdp / gdp.sum() + share.ai_models * models / models.sum()
    return np.asarray(weight / (share.gdp + share.ai_models))


def unga_position(facts: Facts) -> Floats:
    """Position in UN votes from China (0) to the United States (1), not clipped, shape (N,)."""
    east, west = facts.poles
    return np.asarray((facts.nations["unga"].to_numpy(dtype=float) - east) / (west - east))


def features(facts: Facts) -> dict[str, Floats]:
    """What ideal points may depend on, by the names used in `issues.*.ideal`, each of shape (N,)."""
    g = unga_position(facts)
    democracy = facts.nations["polyarchy"].to_numpy(dtype=float)
    union = facts.nations["eu"].to_numpy(dtype=float)
    return {
        "constant": np.ones_like(g),
        "g": g,
        "g_west": (g > 0.95).astype(float),
        "dem": democracy,
        "eu": union,
        "dem_eu": democracy * union,
        "need": need(facts),
        "cap": capability_scale(facts),
        "ally": facts.nations["us_ally"].to_numpy(dtype=float),
    }


def stance_positions(stances: pd.DataFrame, stance: dict[str, int]) -> Floats:
    """Mean position over the stances that speak to an issue; NaN for actors without any, shape (actors,)."""
    levels = [0.5 + sign * STANCE_STEP * stances[name].to_numpy(dtype=float) for name, sign in stance.items()]
    if not levels:
        return np.full(len(stances), np.nan)
    stack = np.array(levels)
    known = np.isfinite(stack)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, stack, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def ideal_points(facts: Facts, scenario: Scenario) -> Floats:
    """Ideal points before noise: the logit mapping, replaced by stances, replaced by overrides, shape (N, K)."""
    known = features(facts)
    ideal = np.empty((len(facts.nations), len(scenario.issues)))
    for k, issue in enumerate(scenario.issues):
        ideal[:, k] = expit(sum((b * known[name] for name, b in issue.ideal.items()), np.zeros(len(ideal))))
        if scenario.nations.stances:
            read = stance_positions(facts.stances, {str(name): int(sign) for name, sign in issue.stance.items()})
            ideal[:, k] = np.where(np.isfinite(read), read, ideal[:, k])
        for code, nation in scenario.nations.overrides.items():
            if issue.id in nation.ideal:
                ideal[row_of(facts.nations.index, code), k] = nation.ideal[issue.id]
    return ideal


def alignment(facts: Facts, sponsor: int, rival: int) -> Floats:
    """UNGA position projected on the axis of sponsor (+1) and rival (-1), not clipped, shape (N,)."""
    unga = facts.nations["unga"].to_numpy(dtype=float)
    half = (unga[sponsor] - unga[rival]) / 2.0
    return np.asarray((unga - (unga[sponsor] + unga[rival]) / 2.0) / half) if half else np.zeros_like(unga)


def affiliation(facts: Facts, sponsor: str, role: str) -> Floats:
    """Weighted share of a sponsor's clubs (role `camp`) or alliances (role `alliance`) a state is in, shape (N,)."""
    rows = facts.affiliations
    rows = rows[(rows["sponsor"] == sponsor) & (rows["role"] == role) & rows["column"].isin(facts.nations.columns)]
    if rows.empty:
        return np.zeros(len(facts.nations))
    weights = rows["weight"].to_numpy(dtype=float)
    return np.asarray(facts.nations[list(rows["column"])].to_numpy(dtype=float) @ weights / np.abs(weights).sum())


def orthogonal(values: Floats, to: Floats, at_risk: Flags) -> Floats:
    """Residual of a least-squares line on `to`, fitted over the states at risk, shape (N,)."""
    x = to - to[at_risk].mean()
    spread = (x[at_risk] ** 2).sum()
    slope = (x[at_risk] * values[at_risk]).sum() / spread if spread > 1e-12 else 0.0
    return np.asarray(values - slope * x)


def distance_km(facts: Facts, lat: float, lon: float) -> Floats:
    """Great-circle distance from every capital to a place, in km, shape (N,)."""
    lat_1 = np.radians(facts.nations["capital_lat"].to_numpy(dtype=float))
    lon_1 = np.radians(facts.nations["capital_lon"].to_numpy(dtype=float))
    lat_2, lon_2 = np.radians(lat), np.radians(lon)
    half = np.sin((lat_2 - lat_1) / 2) ** 2 + np.cos(lat_1) * np.cos(lat_2) * np.sin((lon_2 - lon_1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def standing(facts: Facts, body: Institution, camp: Floats, at_risk: Flags) -> Floats:
    """The covariates that do not change in a run, standardized over the states at risk, shape (7, N).

    `camp`: affiliation with the sponsor less that with the rival, (N,). In the order of `waico.negotiation.payoff.TERMS`: alignment, camp, trade, size, proximity, need, region.
    Region is 0 or 1, not standardized: it is 0 for all where the body is for the whole world.
    """
    codes = facts.nations.index
    sponsor, rival = row_of(codes, body.sponsor), row_of(codes, body.rival)
    aligned = alignment(facts, sponsor, rival)
    raw = [
        aligned,
        orthogonal(camp, aligned, at_risk),
        facts.trade[:, sponsor] - facts.trade[:, rival],
        np.log(facts.nations["gdp"].to_numpy(dtype=float)),
        -np.log(np.maximum(distance_km(facts, body.seat.lat, body.seat.lon), NEAR_KM)),
        need(facts),
    ]
    region = facts.nations[body.region].to_numpy(dtype=float) if body.region else np.zeros(len(codes))
    return np.array([*(standardize(values, at_risk) for values in raw), region])


def leverage(facts: Facts, rival: str, ally: Floats) -> Floats:
    """How far a rival can press each state, in [0, 1]: allies fully, others by trade dependence, shape (N,).

    `ally`: share of the rival's alliances that a state is in, (N,).
    """
    traded = facts.trade[:, row_of(facts.nations.index, rival)]
    return np.asarray(ally + (1.0 - ally) * np.minimum(1.0, traded / DEPENDENCE_SHARE))


def ties(facts: Facts, weights: Ties) -> Floats:
    """How much each state (row) looks at each other one (column); rows sum to 1, or 0 without any tie, shape (N, N)."""
    subregion = facts.nations["subregion"].to_numpy()
    clubs = facts.nations[CLUBS].to_numpy(dtype=float)
    networks = [
        (weights.trade, facts.trade.copy()),
        (weights.region, (subregion[:, None] == subregion[None, :]).astype(float)),
        (weights.alliance, clubs @ clubs.T),
    ]
    total = np.zeros_like(facts.trade)
    for weight, network in networks:
        np.fill_diagonal(network, 0.0)
        total += weight * rows_to_one(network)
    return rows_to_one(total)


def rows_to_one(matrix: Floats) -> Floats:
    """Each row as shares of its sum; rows without anything stay 0."""
    sums = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)
