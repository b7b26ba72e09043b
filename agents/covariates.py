"""Covariates of states and of pairs state - institution, computed once from the facts of a scenario.

Shapes: N states, K issues, J institutions. `standardize` is taken over the states at risk of joining.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from waico.agents.kept import kept
from waico.scenarios.facts import Facts
from waico.scenarios.schema import Scenario, Ties, Weight

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]
Table = tuple[tuple[str, float], ...]   # names and their coefficients or signs

EARTH_RADIUS_KM = 6371.0
NEAR_KM = 500.0   # below this distance nearness adds nothing
CLUBS = ["us_ally", "nato", "eu", "oecd", "sco", "brics"]
DEPENDENCE_SHARE = 0.5   # a trade share with the rival from which a state counts as fully dependent
STANCE_STEP = 0.2   # ++ + 0 - -- stand for positions .9 .7 .5 .3 .1


def row_of(index: pd.Index, name: str) -> int:
    """Position of a name in an index without repetitions."""
    row = index.get_loc(name)
    assert isinstance(row, int)
    return row


def rows_of(facts: Facts, codes: Sequence[str]) -> Indices:
    """Rows of some states."""
    return np.array([row_of(facts.nations.index, code) for code in codes], dtype=np.intp)


@kept(maxsize=256)
def figures(facts: Facts, variable: str) -> Floats:
    """A variable of the states, shape (N,)."""
    return facts.nations[variable].to_numpy(dtype=float, copy=True)


@kept(maxsize=32)
def share(facts: Facts, variable: str) -> Floats:
    """Share of every state in the sum of a variable, shape (N,)."""
    known = figures(facts, variable)
    return np.asarray(known / known.sum())


@kept(maxsize=32)
def members(facts: Facts, variable: str) -> Indices:
    """Rows of the states of a group, by its 0/1 variable."""
    return np.flatnonzero(figures(facts, variable) > 0)


def standardize(values: Floats, at_risk: Flags) -> Floats:
    """Mean 0 and standard deviation 1 over the states at risk, shape (N,); all 0 where nothing varies."""
    inside = values[at_risk]
    spread = inside.std() if len(inside) else 0.0
    if spread < 1e-12:
        return np.zeros_like(values)
    return np.asarray((values - inside.mean()) / spread)


@kept(maxsize=16)
def need(facts: Facts) -> Floats:
    """1 minus the percentile of GDP per head, in [0, 1], shape (N,)."""
    per_head = facts.nations["gdp"] / facts.nations["population"]
    return 1.0 - (per_head.rank().to_numpy(dtype=float) - 1.0) / (len(per_head) - 1)


@kept(maxsize=16)
def capability_scale(facts: Facts) -> Floats:
    """Ln GDP scaled to [0, 1] over the states, shape (N,)."""
    log_gdp = np.log(figures(facts, "gdp"))
    spread = log_gdp.max() - log_gdp.min()
    return np.asarray((log_gdp - log_gdp.min()) / spread) if spread > 0 else np.full_like(log_gdp, 0.5)


@kept(maxsize=8)
def capability(facts: Facts, mean: Weight) -> Floats:
    """Weight of every state: the `mean` of its share of GDP and of notable AI models, sums to 1, shape (N,)."""
    gdp, models = figures(facts, "gdp"), figures(facts, "ai_models")
    if models.sum() <= 0:   # not published yet, or nobody in this world has any
        return np.asarray(gdp / gdp.sum())
    weight = mean.gdp * gdp / gdp.sum() + mean.ai_models * models / models.sum()
    return np.asarray(weight / (mean.gdp + mean.ai_models))


def unga_position(facts: Facts) -> Floats:
    """Position in UN votes from China (0) to the United States (1), not clipped, shape (N,)."""
    east, west = facts.poles
    return np.asarray((figures(facts, "unga") - east) / (west - east))


def features(facts: Facts) -> dict[str, Floats]:
    """What ideal points may depend on, by the names used in `issues.*.ideal`, each of shape (N,)."""
    g = unga_position(facts)
    democracy, union = figures(facts, "polyarchy"), figures(facts, "eu")
    return {
        "constant": np.ones_like(g),
        "g": g,
        "g_west": (g > 0.95).astype(float),
        "dem": democracy,
        "eu": union,
        "dem_eu": democracy * union,
        "need": need(facts),
        "cap": capability_scale(facts),
        "ally": figures(facts, "us_ally"),
    }


def stance_positions(stances: pd.DataFrame, stance: Table) -> Floats:
    """Mean position over the stances that speak to an issue; NaN for actors without any, shape (actors,)."""
    levels = [0.5 + sign * STANCE_STEP * stances[name].to_numpy(dtype=float) for name, sign in stance]
    if not levels:
        return np.full(len(stances), np.nan)
    stack = np.array(levels)
    known = np.isfinite(stack)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, stack, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


@kept(maxsize=128)
def mapped(facts: Facts, ideal: Table, stance: Table) -> Floats:
    """Ideal points on one issue: the logit mapping, replaced by the stances that speak to it, shape (N,)."""
    known = features(facts)
    points = expit(sum((b * known[name] for name, b in ideal), np.zeros(len(facts.nations))))
    read = stance_positions(facts.stances, stance)
    return np.where(np.isfinite(read), read, points)


def ideal_points(facts: Facts, scenario: Scenario) -> Floats:
    """Ideal points before noise: the logit mapping, replaced by stances, replaced by overrides, shape (N, K)."""
    ideal = np.empty((len(facts.nations), len(scenario.issues)))
    for k, issue in enumerate(scenario.issues):
        stance = tuple(issue.stance.items()) if scenario.nations.stances else ()
        ideal[:, k] = mapped(facts, tuple(issue.ideal.items()), stance)
    issues = scenario.issue_ids
    for code, nation in scenario.nations.overrides.items():
        for name, point in nation.ideal.items():
            ideal[row_of(facts.nations.index, code), issues.index(name)] = point
    return ideal


def alignment(facts: Facts, sponsor: int, rival: int) -> Floats:
    """UNGA position projected on the axis of sponsor (+1) and rival (-1), not clipped, shape (N,)."""
    unga = figures(facts, "unga")
    half = (unga[sponsor] - unga[rival]) / 2.0
    return np.asarray((unga - (unga[sponsor] + unga[rival]) / 2.0) / half) if half else np.zeros_like(unga)


@kept(maxsize=64)
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
    lat_1, lon_1 = np.radians(figures(facts, "capital_lat")), np.radians(figures(facts, "capital_lon"))
    lat_2, lon_2 = np.radians(lat), np.radians(lon)
    half = np.sin((lat_2 - lat_1) / 2) ** 2 + np.cos(lat_1) * np.cos(lat_2) * np.sin((lon_2 - lon_1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)))


def camp(facts: Facts, sponsor: str, rival: str) -> Floats:
    """Affiliation with the sponsor less that with the rival, shape (N,)."""
    return affiliation(facts, sponsor, "camp") - affiliation(facts, rival, "camp")


@kept(maxsize=32)
def side(facts: Facts, sponsor: str, rival: str) -> NDArray[np.int8]:
    """+1 in the sponsor's camp, -1 in the rival's, 0 in neither, shape (N,)."""
    return np.sign(np.round(camp(facts, sponsor, rival), 9)).astype(np.int8)


@kept(maxsize=32)
def others(facts: Facts, sponsor: str, rival: str) -> Flags:
    """States that decide on joining: neither sponsor nor rival, shape (N,)."""
    return ~facts.nations.index.isin([sponsor, rival])


@kept(maxsize=32)
def standing(facts: Facts, sponsor: str, rival: str, lat: float, lon: float, region: str | None) -> Floats:
    """The covariates that do not change in a run, standardized over the states at risk, shape (7, N).

    In the order of `waico.negotiation.payoff.TERMS`: alignment, camp, trade, size, proximity to the seat, need, region.
    Region is 0 or 1, not standardized: it is 0 for all where the body is for the whole world.
    """
    codes, at_risk = facts.nations.index, others(facts, sponsor, rival)
    row, opposite = row_of(codes, sponsor), row_of(codes, rival)
    aligned = alignment(facts, row, opposite)
    raw = [
        aligned,
        orthogonal(camp(facts, sponsor, rival), aligned, at_risk),
        facts.trade[:, row] - facts.trade[:, opposite],
        np.log(figures(facts, "gdp")),
        -np.log(np.maximum(distance_km(facts, lat, lon), NEAR_KM)),
        need(facts),
    ]
    inside = figures(facts, region) if region else np.zeros(len(codes))
    return np.array([*(standardize(covariate, at_risk) for covariate in raw), inside])


@kept(maxsize=32)
def leverage(facts: Facts, rival: str) -> Floats:
    """How far a rival can press each state, in [0, 1]: allies fully, others by trade dependence, shape (N,)."""
    ally = affiliation(facts, rival, "alliance")
    traded = facts.trade[:, row_of(facts.nations.index, rival)]
    return np.asarray(ally + (1.0 - ally) * np.minimum(1.0, traded / DEPENDENCE_SHARE))


@kept(maxsize=16)
def rival_camp(facts: Facts, rival: str, mean: Weight) -> Floats:
    """Share of each state in the weight of the rival's allies; sums to 1, or 0 without any, shape (N,)."""
    allies = affiliation(facts, rival, "alliance") * capability(facts, mean)
    allies[row_of(facts.nations.index, rival)] = 0.0
    return allies / allies.sum() if allies.sum() > 0 else allies


def quota(facts: Facts, group: str | None, group_share: float) -> Floats:
    """Capital quota: by GDP, with a fixed part for the states of a group if the body has one. Sums to 1, shape (N,)."""
    if group is None:
        return share(facts, "gdp")
    gdp, inside = figures(facts, "gdp"), figures(facts, group) > 0
    total, rest = gdp[inside].sum(), gdp[~inside].sum()
    parts = np.zeros_like(gdp)
    parts[inside] = group_share * gdp[inside] / total if total > 0 else 0.0
    parts[~inside] = (1.0 - group_share) * gdp[~inside] / rest if rest > 0 else 0.0
    return np.asarray(parts / parts.sum())


@kept(maxsize=4)
def networks(facts: Facts) -> tuple[Floats, Floats, Floats]:
    """Trade, subregion, and shared clubs: how much each state (row) has to do with each other one, rows summing to 1 or 0."""
    subregion = facts.nations["subregion"].to_numpy()
    clubs = facts.nations[CLUBS].to_numpy(dtype=float)
    found = facts.trade.copy(), (subregion[:, None] == subregion[None, :]).astype(float), clubs @ clubs.T
    for network in found:
        np.fill_diagonal(network, 0.0)
    trade, region, alliance = (rows_to_one(network) for network in found)
    return trade, region, alliance


@kept(maxsize=4)
def ties(facts: Facts, weights: Ties) -> Floats:
    """How much each state (row) looks at each other one (column); rows sum to 1, or 0 without any tie, shape (N, N)."""
    total = np.zeros_like(facts.trade)
    for weight, network in zip((weights.trade, weights.region, weights.alliance), networks(facts), strict=True):
        total += weight * network
    return rows_to_one(total)


def rows_to_one(matrix: Floats) -> Floats:
    """Each row as shares of its sum; rows without anything stay 0."""
    sums = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, sums, out=np.zeros_like(matrix), where=sums > 0)
