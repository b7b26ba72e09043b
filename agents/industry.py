"""What a scenario fixes about firms: positions, budgets, markets, technology, alliances, and what controls do to them.

Shapes: F firms (sorted by id), H markets (firms with the same exposure share one), N states, K issues, J institutions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import covariates
from waico.agents.covariates import rows_to_one
from waico.scenarios.facts import Facts
from waico.scenarios.schema import Control, Firms, Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

SIZE_FACTOR = {"small": 0.5, "medium": 1.0, "large": 2.0}
LOWEST_FACTOR = 0.01   # goodwill is never free: a price of 0 would draw the whole budget


def industry(facts: Facts, scenario: Scenario, ideal: Floats) -> dict[str, Any]:
    """The arrays of `Setting` that are about firms, by name; `ideal`: positions of states before noise, (N, K)."""
    table, codes = facts.firms, facts.nations.index
    if scenario.firms is None or table.empty:
        return _without_firms(len(codes), len(scenario.issues), len(scenario.institutions))
    home = np.array([covariates.row_of(codes, code) if code in codes else -1 for code in table["home"]], dtype=np.intp)
    controls = [control for control in scenario.firms.controls if control.active]
    bound = np.array([_is_bound(table, control) for control in controls], dtype=bool).reshape(len(controls), len(table))
    open_models = np.where(table["o"].fillna(0.0).to_numpy(dtype=float) > 0, scenario.firms.open_models, 0.0)
    markets, market, access = _markets(facts, scenario.firms, home, controls, bound, open_models)
    budget = _shares(facts, "budget") * scenario.firms.total_lobbying
    position, salience = _positions(facts, scenario, ideal, home), _salience(scenario)
    asked = np.zeros((len(markets), 2 * len(salience)))
    each = np.concatenate([np.broadcast_to(salience, position.shape), salience * position], axis=1)
    np.add.at(asked, market, budget[:, None] * each)
    allied = _allied(table, scenario.firms)
    other_layer = table["layer"].to_numpy()[:, None] != table["layer"].to_numpy()[None, :]
    technology = _shares(facts, "technology")
    made = technology * _unhindered(table, controls)
    return {
        "markets": markets, "market": market, "access": access, "asked": asked, "firm_position": position,
        "budget": budget, "firm_home": home, "technology": made * (1.0 - open_models),
        "allied": rows_to_one(allied), "complement": rows_to_one(allied * other_layer),
        "price_factor": _price_factor(scenario, codes, home, technology, made, open_models, access[market]),
    }  # fmt: skip


def _without_firms(n: int, k: int, j: int) -> dict[str, Any]:
    nobody = np.zeros(0, dtype=np.intp)
    return {
        "markets": np.zeros((0, n)), "market": nobody, "access": np.zeros((0, n)), "asked": np.zeros((0, 2 * k)),
        "firm_position": np.zeros((0, k)), "budget": np.zeros(0), "firm_home": nobody, "technology": np.zeros(0),
        "allied": np.zeros((0, 0)), "complement": np.zeros((0, 0)), "price_factor": np.ones((n, j)),
    }  # fmt: skip


def _salience(scenario: Scenario) -> Floats:
    salience = np.array([issue.salience for issue in scenario.issues], dtype=float)
    return np.asarray(salience / salience.sum())


def _positions(facts: Facts, scenario: Scenario, ideal: Floats, home: Indices) -> Floats:
    """A stance if one is known, else the position of the home, else the middle, (F, K)."""
    positions = np.where(home[:, None] >= 0, ideal[home], 0.5)
    for k, issue in enumerate(scenario.issues):
        stance = tuple((name, sign) for name, sign in covariates.signs(issue) if name in facts.firms)
        read = covariates.stance_positions(facts.firms, stance)
        positions[:, k] = np.where(np.isfinite(read), read, positions[:, k])
    return positions


def _shares(facts: Facts, column: str) -> Floats:
    """Budget or technology by layer and size, as shares of the sum over firms, (F,)."""
    by_layer = facts.layers[column].reindex(facts.firms["layer"]).to_numpy(dtype=float)
    values = by_layer * facts.firms["size_class"].map(SIZE_FACTOR).to_numpy(dtype=float)
    return np.asarray(values / values.sum())


def _is_bound(table: pd.DataFrame, control: Control) -> Flags:
    """Firms whose deliveries a control stops, (F,)."""
    return np.asarray(table["home"].isin(control.by) & table["layer"].isin(control.layers))


def _unhindered(table: pd.DataFrame, controls: list[Control]) -> Floats:
    """Share of its technology that each firm keeps when its home is kept from what it builds on, (F,)."""
    kept = np.ones(len(table))
    for control in controls:
        kept *= np.where(table["home"].isin(control.on), 1.0 - control.strength * control.dependence, 1.0)
    return kept


def _markets(
    facts: Facts, firms: Firms, home: Indices, controls: list[Control], bound: Flags, open_models: Floats
) -> tuple[Floats, Indices, Floats]:
    """Where firms have their markets, and how much of what they deliver gets there.

    Part of a market is at home, the rest follows the home's trade; open models are used abroad as at home, and controls
    cut a market off. Firms alike in all this share a row.

    Returns:
        Exposure by market, rows summing to 1 or 0, (H, N); the market of each firm, (F,); access, (H, N).
    """
    codes, table = facts.nations.index, facts.firms
    kinds = [
        (code, *(bool(flag) for flag in flags), share)
        for code, flags, share in zip(table["home"], bound.T, open_models.tolist(), strict=True)
    ]
    distinct = sorted(set(kinds))
    exposure, access = np.zeros((len(distinct), len(codes))), np.ones((len(distinct), len(codes)))
    for h, kind in enumerate(distinct):
        f = kinds.index(kind)
        for control, binds in zip(controls, bound[:, f], strict=True):
            if binds:
                access[h, codes.isin(control.on)] *= 1.0 - control.strength
        trade = facts.firm_trade.loc[table["home"].iloc[f]].to_numpy(dtype=float)
        trade = trade / trade.sum() if trade.sum() > 0 else trade
        at_home = firms.home_exposure * (1.0 - open_models[f]) if home[f] >= 0 else 0.0
        exposure[h] = (1.0 - at_home) * trade
        if home[f] >= 0:
            exposure[h, home[f]] += at_home
        reached = exposure[h] * access[h]
        exposure[h] = reached * exposure[h].sum() / reached.sum() if reached.sum() > 0 else reached
    return exposure, np.array([distinct.index(kind) for kind in kinds], dtype=np.intp), access


def _price_factor(
    scenario: Scenario, codes: pd.Index, home: Indices, technology: Floats, made: Floats, open_models: Floats,
    access: Floats,
) -> Floats:  # fmt: skip
    """What controls and open models make of the price of goodwill, (N, J); 1 for sponsors without firms.

    A sponsor offers what its firms have: offers get dearer by what they cannot make or deliver, and cheaper by the part
    that costs nothing to copy. `access`: of each firm to each state, (F, N).
    """
    factor = np.ones((len(codes), len(scenario.institutions)))
    for j, body in enumerate(scenario.institutions):
        own = home == covariates.row_of(codes, body.sponsor)
        total = technology[own].sum()
        if total > 0:
            delivered = made[own] @ access[own] / total
            factor[:, j] = (1.0 - technology[own] @ open_models[own] / total) / delivered
    return np.maximum(factor, LOWEST_FACTOR)


def _allied(table: pd.DataFrame, firms: Firms) -> Floats:
    """1.0 for firms that share one of the table's standing alliances or the scenario's active ones, (F, F)."""
    allied = np.zeros((len(table), len(table)))
    groups: dict[str, list[int]] = {}
    for row, names in enumerate(table["alliances"]):
        for name in filter(None, names.split(";")):
            groups.setdefault(name, []).append(row)
    for alliance in firms.alliances:
        if alliance.active:
            groups[alliance.id] = [covariates.row_of(table.index, firm) for firm in alliance.members]
    for members in groups.values():
        allied[np.ix_(members, members)] = 1.0
    np.fill_diagonal(allied, 0.0)
    return allied
