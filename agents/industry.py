"""What a scenario fixes about firms: positions, budgets, markets, technology, alliances, and what controls do to them.

Shapes: F firms (sorted by id), H markets (firms with the same exposure share one), N states, K issues, J institutions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import covariates
from waico.agents.covariates import Table, rows_to_one
from waico.agents.kept import kept
from waico.scenarios.facts import Facts
from waico.scenarios.schema import Firms, Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.intp]

SIZE_FACTOR = {"small": 0.5, "medium": 1.0, "large": 2.0}
LOWEST_FACTOR = 0.01   # goodwill is never free: a price of 0 would draw the whole budget


class Ban(NamedTuple):
    """Export controls in force; fields as in `waico.scenarios.schema.Control`."""

    by: tuple[str, ...]
    layers: tuple[str, ...]
    on: tuple[str, ...]
    strength: float
    dependence: float


def industry(facts: Facts, scenario: Scenario, ideal: Floats) -> dict[str, Any]:
    """The arrays of `Setting` that are about firms, by name; `ideal`: positions of states before noise, (N, K)."""
    firms, n = scenario.firms, len(facts.nations)
    if firms is None or facts.firms.empty:
        return _without_firms(n, len(scenario.issues), len(scenario.institutions))
    bans = _in_force(firms)
    markets, market, access = _markets(facts, firms.home_exposure, firms.open_models, bans)
    budget = _shares(facts, "budget") * firms.total_lobbying
    position, salience = _positions(facts, scenario, ideal), _salience(scenario)
    asked = np.zeros((len(markets), 2 * len(salience)))
    each = np.concatenate([np.broadcast_to(salience, position.shape), salience * position], axis=1)
    np.add.at(asked, market, budget[:, None] * each)
    sponsors = tuple(body.sponsor for body in scenario.institutions)
    allied, complement = _allied(facts, _standing_alliances(firms))
    return {
        "markets": markets, "market": market, "access": access, "asked": asked, "firm_position": position,
        "budget": budget, "firm_home": _home(facts), "allied": allied, "complement": complement,
        "technology": _made(facts, bans) * (1.0 - _open_models(facts, firms.open_models)),
        "price_factor": _price_factor(facts, sponsors, firms.open_models, bans),
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


def _positions(facts: Facts, scenario: Scenario, ideal: Floats) -> Floats:
    """A stance if one is known, else the position of the home, else the middle, (F, K)."""
    home = _home(facts)
    positions = np.where(home[:, None] >= 0, ideal[home], 0.5)
    read = _stances(facts, tuple(tuple(issue.stance.items()) for issue in scenario.issues))
    return np.where(np.isfinite(read), read, positions)


@kept(maxsize=16)
def _stances(facts: Facts, signs: tuple[Table, ...]) -> Floats:
    """Positions of firms read from their stances, NaN where none is known; `signs`: of the stances on each issue, (F, K)."""
    known = [tuple((name, sign) for name, sign in issue if name in facts.firms) for issue in signs]
    return np.stack([covariates.stance_positions(facts.firms, issue) for issue in known], axis=1)


@kept(maxsize=16)
def _home(facts: Facts) -> Indices:
    """Row of the home of each firm, -1 outside the agents, (F,)."""
    return np.asarray(facts.nations.index.get_indexer(pd.Index(facts.firms["home"])), dtype=np.intp)


@kept(maxsize=32)
def _shares(facts: Facts, column: str) -> Floats:
    """Budget or technology by layer and size, as shares of the sum over firms, (F,)."""
    by_layer = facts.layers[column].reindex(facts.firms["layer"]).to_numpy(dtype=float)
    values = by_layer * facts.firms["size_class"].map(SIZE_FACTOR).to_numpy(dtype=float)
    return np.asarray(values / values.sum())


@kept(maxsize=16)
def _favour_open(facts: Facts) -> Flags:
    """Firms that favour open source, (F,)."""
    return np.asarray(facts.firms["o"].fillna(0.0).to_numpy(dtype=float) > 0)


def _open_models(facts: Facts, share: float) -> Floats:
    """Share of the technology of each firm that anybody may use: `share` for those that favour open source, (F,)."""
    return np.where(_favour_open(facts), share, 0.0)


def _in_force(firms: Firms) -> tuple[Ban, ...]:
    """The active export controls."""
    return tuple(
        Ban(tuple(control.by), tuple(control.layers), tuple(control.on), control.strength, control.dependence)
        for control in firms.controls
        if control.active
    )


@kept(maxsize=32)
def _bound(facts: Facts, by: tuple[str, ...], layers: tuple[str, ...]) -> Flags:
    """Firms of some layers at home in some states, (F,)."""
    return np.asarray(facts.firms["home"].isin(by) & facts.firms["layer"].isin(layers))


@kept(maxsize=32)
def _at_home_in(facts: Facts, states: tuple[str, ...]) -> Flags:
    """Firms at home in some states, (F,)."""
    return np.asarray(facts.firms["home"].isin(states))


@kept(maxsize=8)
def _made(facts: Facts, bans: tuple[Ban, ...]) -> Floats:
    """The technology of each firm, less what it cannot make when its home is kept from what it builds on, (F,)."""
    left = np.ones(len(facts.firms))
    for ban in bans:
        left *= np.where(_at_home_in(facts, ban.on), 1.0 - ban.strength * ban.dependence, 1.0)
    return _shares(facts, "technology") * left


@kept(maxsize=8)
def _access(facts: Facts, bans: tuple[Ban, ...]) -> Floats:
    """Share of what each firm delivers that reaches each state, (F, N)."""
    access = np.ones((len(facts.firms), len(facts.nations)))
    for ban in bans:
        access[np.ix_(_bound(facts, ban.by, ban.layers), facts.nations.index.isin(ban.on))] *= 1.0 - ban.strength
    return access


@kept(maxsize=16)
def _trade(facts: Facts) -> Floats:
    """Trade of the home of each firm with the states, as shares; rows sum to 1 or 0, (F, N)."""
    return rows_to_one(np.ascontiguousarray(facts.firm_trade.loc[facts.firms["home"]].to_numpy(dtype=float)))


@kept(maxsize=4)
def _markets(
    facts: Facts, home_exposure: float, open_share: float, bans: tuple[Ban, ...]
) -> tuple[Floats, Indices, Floats]:
    """Where firms have their markets, and how much of what they deliver gets there.

    Part of a market is at home, the rest follows the home's trade; open models are used abroad as at home, and controls
    cut a market off. Firms alike in all this share a row.

    Returns:
        Exposure by market, rows summing to 1 or 0, (H, N); the market of each firm, (F,); access, (H, N).
    """
    open_models = _open_models(facts, open_share)
    bound = [_bound(facts, ban.by, ban.layers).tolist() for ban in bans]
    kinds = list(zip(facts.firms["home"], *bound, open_models.tolist(), strict=True))
    distinct = sorted(set(kinds))
    first = [kinds.index(kind) for kind in distinct]
    home, access = _home(facts)[first], _access(facts, bans)[first]
    at_home = np.where(home >= 0, home_exposure * (1.0 - open_models[first]), 0.0)
    exposure = (1.0 - at_home)[:, None] * _trade(facts)[first]
    inside = np.flatnonzero(home >= 0)
    exposure[inside, home[inside]] += at_home[inside]
    reached = exposure * access
    asked, left = exposure.sum(axis=1, keepdims=True), reached.sum(axis=1, keepdims=True)
    exposure = np.divide(reached * asked, left, out=reached.copy(), where=left > 0)
    return exposure, np.array([distinct.index(kind) for kind in kinds], dtype=np.intp), access


@kept(maxsize=8)
def _price_factor(facts: Facts, sponsors: tuple[str, ...], open_share: float, bans: tuple[Ban, ...]) -> Floats:
    """What controls and open models make of the price of goodwill, (N, J); 1 for sponsors without firms.

    A sponsor offers what its firms have: offers get dearer by what they cannot make or deliver, and cheaper by the part
    that costs nothing to copy.
    """
    technology, open_models, access = _shares(facts, "technology"), _open_models(facts, open_share), _access(facts, bans)
    factor = np.ones((len(facts.nations), len(sponsors)))
    for j, sponsor in enumerate(covariates.rows_of(facts, sponsors)):
        own = _home(facts) == sponsor
        total = technology[own].sum()
        if total > 0:
            delivered = _made(facts, bans)[own] @ access[own] / total
            factor[:, j] = (1.0 - technology[own] @ open_models[own] / total) / delivered
    return np.maximum(factor, LOWEST_FACTOR)


def _standing_alliances(firms: Firms) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The scenario's active alliances by id, with their members."""
    return tuple((alliance.id, tuple(alliance.members)) for alliance in firms.alliances if alliance.active)


@kept(maxsize=16)
def _allied(facts: Facts, active: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[Floats, Floats]:
    """Firms that share one of the table's standing alliances or the scenario's `active` ones.

    Returns:
        Row-normalized alliances, and the same among allies of other layers, both (F, F).
    """
    table = facts.firms
    allied = np.zeros((len(table), len(table)))
    groups: dict[str, list[int]] = {}
    for row, names in enumerate(table["alliances"]):
        for name in filter(None, names.split(";")):
            groups.setdefault(name, []).append(row)
    for name, firms in active:
        groups[name] = [covariates.row_of(table.index, firm) for firm in firms]
    for members in groups.values():
        allied[np.ix_(members, members)] = 1.0
    np.fill_diagonal(allied, 0.0)
    other_layer = table["layer"].to_numpy()[:, None] != table["layer"].to_numpy()[None, :]
    return rows_to_one(allied), rows_to_one(allied * other_layer)
