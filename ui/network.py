"""The ties between the states that matter, and the firms at home in them: laid out once, coloured anew each round."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from waico.agents import Setting
from waico.scenarios.facts import Facts

STATES = 26   # as many as can be told apart in the panel
TIES = 3   # strongest of each state that are drawn
FIRMS = 16
RING = 0.09   # radius on which firms stand around their home, in units of the panel


def network(setting: Setting, facts: Facts, institution: int) -> dict[str, Any]:
    """Nodes and edges of the panel, in the unit square.

    States are the principals of all institutions and those of most weight; each is tied to the three that take the most of its
    trade, and to its allies: the states in the same alliance of a principal. The layout is that of Fruchterman & Reingold
    (1991) from a fixed start; firms stand around their homes.

    Returns:
        `nodes` (code, name, x, y, r: radius as a share of the largest, camp of -1, 0 or 1), `edges` (a, b: codes, kind: trade or
        alliance, strength in [0, 1]), `firms` (id, home, x, y) and `alliances` (alliance, a, b: its id and those of two members).
    """
    codes = setting.codes
    principals = sorted({int(row) for row in (*setting.sponsor, *setting.rival)})
    order = [int(i) for i in np.argsort(-setting.weight, kind="stable")]
    chosen = sorted([*principals, *[i for i in order if i not in principals][: max(0, STATES - len(principals))]])
    trade = facts.trade[np.ix_(chosen, chosen)]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(chosen)))
    edges = []
    for a in range(len(chosen)):
        for b in np.argsort(-trade[a], kind="stable")[:TIES].tolist():
            if trade[a, b] > 0.0:
                _tie(graph, a, b, "trade", float(trade[a, b]))
    for a, b in _allies(facts, chosen):
        _tie(graph, a, b, "alliance", 1.0)
    place = _layout(graph, len(chosen))
    largest = float(np.sqrt(setting.weight[chosen].max()))
    for a, b, data in sorted(graph.edges(data=True)):
        edges.append({"a": codes[chosen[a]], "b": codes[chosen[b]], "kind": data["kind"], "strength": round(data["strength"], 3)})
    nodes = [
        {
            "code": codes[i], "name": str(facts.nations["name"].iloc[i]), "x": round(float(place[n, 0]), 4), "y": round(float(place[n, 1]), 4),
            "r": round(float(np.sqrt(setting.weight[i])) / largest, 3), "camp": _camp(setting, i, institution),
        }
        for n, i in enumerate(chosen)
    ]  # fmt: skip
    firms, alliances = _firms(setting, chosen, place)
    return {"nodes": nodes, "edges": edges, "firms": firms, "alliances": alliances}


def _camp(setting: Setting, i: int, j: int) -> int:
    """+1 for the sponsor and its camp, -1 for the rival and its camp, 0 for neither."""
    if i == setting.sponsor[j]:
        return 1
    if i == setting.rival[j]:
        return -1
    return int(setting.camp[i, j])


def _tie(graph: nx.Graph, a: int, b: int, kind: str, strength: float) -> None:
    """Add a tie; one of alliance takes the place of one of trade."""
    if kind == "alliance" or not graph.has_edge(a, b):
        graph.add_edge(a, b, kind=kind, strength=strength)


def _allies(facts: Facts, chosen: list[int]) -> list[tuple[int, int]]:
    """Principals and the states in an alliance with them, as the table of affiliations has it; with at most one tie a pair."""
    rows = facts.affiliations[facts.affiliations["role"] == "alliance"]
    here = {facts.codes[i]: n for n, i in enumerate(chosen)}
    pairs = []
    for sponsor, column in rows[["sponsor", "column"]].itertuples(index=False):
        if sponsor not in here or column not in facts.nations:
            continue
        inside = facts.nations[column].to_numpy()
        pairs += [(here[sponsor], n) for n, i in enumerate(chosen) if inside[i] >= 1.0 and n != here[sponsor]]
    return list(dict.fromkeys((min(pair), max(pair)) for pair in pairs))


def _layout(graph: nx.Graph, size: int) -> NDArray[np.float64]:
    """Places in the unit square with a margin, the same for the same graph."""
    weights = {(a, b): 0.15 + data["strength"] for a, b, data in graph.edges(data=True)}
    nx.set_edge_attributes(graph, weights, "weight")
    start = {n: (np.cos(2 * np.pi * n / size), np.sin(2 * np.pi * n / size)) for n in range(size)}
    found = nx.spring_layout(graph, pos=start, k=2.2 / np.sqrt(size), iterations=200, weight="weight", seed=1)
    place = np.array([found[n] for n in range(size)])
    low, high = place.min(axis=0), place.max(axis=0)
    place = (place - low) / np.where(high > low, high - low, 1.0)
    ranks = np.argsort(np.argsort(place, axis=0, kind="stable"), axis=0, kind="stable") / max(size - 1, 1)
    return np.asarray(0.5 * place + 0.5 * ranks)   # ranks spread the middle out, where names would overlap


def _firms(setting: Setting, chosen: list[int], place: NDArray[np.float64]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Allied firms and those of the largest budgets, where their homes are drawn, on a ring around these; and pairs of allies."""
    here = {i: n for n, i in enumerate(chosen)}
    homes = setting.firm_home.tolist()
    alliances = setting.scenario.firms.alliances if setting.scenario.firms else []
    allied = list(dict.fromkeys(setting.firms.index(firm) for alliance in alliances for firm in alliance.members))
    order = [*allied, *np.argsort(-setting.budget, kind="stable").tolist()]
    shown = sorted([f for f in dict.fromkeys(order) if homes[f] in here][:FIRMS])
    firms = []
    for home in dict.fromkeys(homes[f] for f in shown):
        ring = [f for f in shown if homes[f] == home]
        for turn, f in enumerate(ring):
            angle = 2.0 * np.pi * (turn + 0.5) / len(ring)
            x, y = place[here[home]] + RING * np.array([np.cos(angle), np.sin(angle)])
            firms.append({"id": setting.firms[f], "home": setting.codes[home], "x": round(float(x), 4), "y": round(float(y), 4)})
    ids = {firm["id"] for firm in firms}
    pairs = [
        {"alliance": alliance.id, "a": a, "b": b}
        for alliance in alliances for a, b in combinations(alliance.members, 2) if a in ids and b in ids
    ]  # fmt: skip
    return firms, pairs
