"""The level set of a function known at scattered points of a plane: linear between them, on a triangulation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, depth_first_order
from scipy.spatial import KDTree

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.integer[Any]]

SIDES = np.array([[0, 1], [1, 2], [2, 0]])   # of a triangle, by its corners


class LevelSet(NamedTuple):
    """The level set of a function on S triangles.

    Attributes:
        triangles: which they are, (S,).
        sides: sides of the triangle through which the level passes, each by its two corners in rising order, (S, 2, 2). Both
            are the same where the function is unknown at the third corner.
        ends: where it passes through them, (S, 2, 2): ends of a straight piece, and coordinates.
    """

    triangles: Numbers
    sides: Numbers
    ends: Floats


def level_set(places: Floats, triangles: Numbers, values: Floats, level: float) -> LevelSet:
    """Where values that are linear on each triangle pass through a level. Values at the level count as above it.

    Args:
        places: points, (n, 2).
        triangles: their corners, (T, 3).
        values: at the points, (n,); NaN where unknown.
        level: the value looked for.
    """
    sides = np.sort(triangles[:, SIDES], axis=2)
    above: Flags = np.asarray(values >= level)[sides]   # neither above nor below, where NaN
    below: Flags = np.asarray(values < level)[sides]
    crossed: Flags = np.asarray(above.any(axis=2) & below.any(axis=2))
    rows = np.flatnonzero(crossed.any(axis=1))
    first, last = crossed[rows].argmax(axis=1), 2 - crossed[rows, ::-1].argmax(axis=1)
    chosen = sides[rows[:, None], np.stack([first, last], axis=1)]
    start, stop = chosen[..., 0], chosen[..., 1]
    share = (level - values[start]) / (values[stop] - values[start])
    return LevelSet(rows, chosen, places[start] + share[..., None] * (places[stop] - places[start]))


def bracket(found: LevelSet, places: Floats, values: Floats, level: float) -> Floats:
    """How near to each piece of a level set the points known on either side are, (S,).

    From no point of a piece is a known point above the level, and one below it, farther than this. A continuous function
    passes through the level between the two, and so within the same distance.
    """
    farthest = np.zeros(len(found.ends))
    if not len(found.ends):
        return farthest
    middle = found.ends.mean(axis=1)
    for side in (values >= level, values < level):
        nearest = places[side][KDTree(places[side]).query(middle)[1]]
        distance = np.linalg.norm(found.ends - nearest[:, None], axis=2).max(axis=1)   # largest at an end: distance is convex
        farthest = np.maximum(farthest, distance)
    return farthest


def lines(found: LevelSet) -> list[Floats]:
    """The pieces of a level set joined into lines, (points, 2) each; a closed one ends where it starts."""
    whole = (found.sides[:, 0] != found.sides[:, 1]).any(axis=1)
    if not whole.any():
        return []
    nodes, numbers = np.unique(found.sides[whole].reshape(-1, 2), axis=0, return_inverse=True)
    links = numbers.reshape(-1, 2)
    places = np.empty((len(nodes), 2))
    places[links] = found.ends[whole]
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(len(nodes), len(nodes))).tocsr()
    single = np.bincount(links.ravel()) == 1
    count, line = connected_components(graph, directed=False)
    joined = [_joined(graph, np.flatnonzero(line == number), single) for number in range(count)]
    distinct = [_distinct(places[order]) for order in joined]
    return [line for line in distinct if len(line) > 1]


def _joined(graph: csr_array, members: Numbers, single: Flags) -> Numbers:
    """The nodes of a line in order, from an end if it has one."""
    ends = members[single[members]]
    start = ends[0] if len(ends) else members[0]
    order = np.asarray(depth_first_order(graph, start, directed=False, return_predecessors=False))
    return order if len(ends) else np.append(order, start)


def _distinct(line: Floats) -> Floats:
    """A line without points that repeat the one before, as there are where a value is at the level."""
    return line[np.append(True, (np.diff(line, axis=0) != 0.0).any(axis=1))]


def distances(points: Floats, found: LevelSet) -> Floats:
    """Distance of each of some points, (k, 2), from a level set; infinite if that is empty."""
    start, along = found.ends[:, 0], found.ends[:, 1] - found.ends[:, 0]
    squared = (along**2).sum(axis=1)
    offset = points[:, None] - start
    share = np.clip((offset * along).sum(axis=2) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
    return np.linalg.norm(offset - share[..., None] * along, axis=2).min(axis=1, initial=np.inf)
