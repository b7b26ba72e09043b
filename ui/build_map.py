"""Build the map of the live page from Natural Earth.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python -m waico.ui.build_map package/countries-50m.json

The file is a TopoJSON: countries are rings of numbered arcs, and neighbours share the arc between them. Arcs are
simplified before rings are put together, so that common borders stay common. States are the 193 of ``nations.csv``,
by their numeric code; Antarctica is left out, and all other land is drawn as nobody's.
"""

from __future__ import annotations

import argparse
import heapq
import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.scenarios.tables import DATA
from waico.ui.world_map import NORTH, SOUTH, WIDTH, project

OUT = Path(__file__).resolve().parent / "data" / "world.json"
SOURCE = "Natural Earth 1:50m countries (public domain), through npm world-atlas 2.0.2; simplified; Equal Earth"

DETAIL = 0.12   # square units: a point of a line stays if its triangle is larger
SPECK = 0.35   # square units: smaller islands and holes are dropped
CLICKABLE = 12.0 * (WIDTH / 700.0) ** 2   # square units: 12 square pixels of a map 700 pixels wide
DOT = 3.2   # radius of a dot, in units
ANTARCTICA = "010"
CONTESTED = {"643": (34.3, 45.3)}   # a place (lon, lat) in the polygon drawn as nobody's: Crimea, which the source draws as Russia

Line = NDArray[np.float64]   # points in rows; longitude and latitude in degrees, or x and y in units of the viewBox


def main() -> None:
    """Read the TopoJSON once and write the map."""
    parser = argparse.ArgumentParser(description="Build ui/data/world.json from world-atlas.")
    parser.add_argument("topology", type=Path, help="countries-50m.json of the npm package world-atlas")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write (default: ui/data/world.json)")
    arguments = parser.parse_args()
    nations = pd.read_csv(DATA / "nations.csv", dtype={"iso3n": str}, keep_default_na=False)
    built = build(json.loads(arguments.topology.read_text(encoding="utf-8")), nations)
    arguments.out.write_text(json.dumps(built, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def build(topology: dict[str, Any], nations: pd.DataFrame) -> dict[str, Any]:
    """The map as it is written, from a TopoJSON of countries and the table of states."""
    codes = dict(zip(nations["iso3n"], nations["iso3"], strict=True))
    land = gather(topology, codes)
    other = land.pop("", [])
    shapes, dots = {}, {}
    for code, lon, lat in nations[["iso3", "capital_lon", "capital_lat"]].sort_values("iso3").itertuples(index=False):
        rings = land.get(code, [])
        if path := draw(rings):
            shapes[code] = path
        largest = max(rings, key=lambda ring: abs(area(ring)), default=None)
        if largest is None:
            x, y = project(lon, lat)
            dots[code] = np.array([x, y])
        elif abs(area(largest)) < CLICKABLE:
            dots[code] = centroid(largest)
    apart = np.round(spread(np.array(list(dots.values())), 2.0 * DOT), 1)
    return {
        "source": SOURCE,
        "width": WIDTH,
        "height": round(float(project(0.0, SOUTH)[1]), 1),
        "sphere": outline(),
        "shapes": shapes,
        "dots": dict(zip(dots, apart.tolist(), strict=True)),
        "other": draw(other),
    }


def gather(topology: dict[str, Any], codes: dict[str, str]) -> dict[str, list[Line]]:
    """Projected rings by code of state; those of other land under an empty one."""
    arcs = [simplify(arc) for arc in decode(topology)]
    land: dict[str, list[Line]] = defaultdict(list)
    for country in topology["objects"]["countries"]["geometries"]:
        number = country.get("id", "")
        if number == ANTARCTICA:
            continue
        for polygon in [country["arcs"]] if country["type"] == "Polygon" else country["arcs"]:
            rings = [join(arcs, ring) for ring in polygon]
            nobodys = number in CONTESTED and encloses(rings[0], *CONTESTED[number])
            land["" if nobodys else codes.get(number, "")] += [piece for ring in rings for piece in cut(ring)]
    return land


# Lines


def decode(topology: dict[str, Any]) -> list[Line]:
    """Arcs of a TopoJSON in degrees; it holds steps on a grid."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    return [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in topology["arcs"]]


def unwrap(line: Line) -> Line:
    """The same line in longitudes that go on beyond 180 instead of jumping."""
    return np.column_stack([np.unwrap(line[:, 0], period=360.0), line[:, 1]])


def simplify(arc: Line) -> Line:
    """Drop points of little area from an arc (Visvalingam & Whyatt 1993), as it looks on the map; ends stay.

    Of an arc that closes on itself at least a triangle stays.
    """
    points = np.column_stack(project(*unwrap(arc).T))
    last = len(points) - 1
    before, after = np.arange(-1, last), np.arange(1, last + 2)
    weight = np.full(last + 1, np.inf)   # infinite at both ends
    weight[1:last] = [triangle(*points[i - 1 : i + 2]) for i in range(1, last)]
    queue = [(float(weight[i]), i) for i in range(1, last)]
    heapq.heapify(queue)
    left, fewest = last + 1, 4 if np.array_equal(arc[0], arc[-1]) else 2
    gone = np.zeros(last + 1, bool)
    while queue and left > fewest:
        size, i = heapq.heappop(queue)
        if gone[i] or size != weight[i]:   # an entry from before a neighbour went
            continue
        if size >= DETAIL:
            break
        gone[i], left = True, left - 1
        a, b = before[i], after[i]
        after[a], before[b] = b, a
        for k in (a, b):
            if 0 < k < last:
                weight[k] = max(size, triangle(points[before[k]], points[k], points[after[k]]))
                heapq.heappush(queue, (float(weight[k]), int(k)))
    return arc[~gone]


def triangle(a: Line, b: Line, c: Line) -> float:
    """The area between three points."""
    return 0.5 * abs(float((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])))


def join(arcs: list[Line], ring: Iterable[int]) -> Line:
    """A closed ring of arcs, each by its number, or by the complement of it if it runs backwards."""
    return np.concatenate([(arcs[i] if i >= 0 else arcs[~i][::-1])[:-1] for i in ring])


def cut(ring: Line) -> list[Line]:
    """A ring of degrees, projected; in two where it crosses the antimeridian, and without what has no area."""
    ring = unwrap(ring)
    pieces = []
    for turn in (-360.0, 0.0, 360.0):
        piece = clip(clip(ring + np.array([turn, 0.0]), 1.0), -1.0)
        if len(piece) >= 3:
            piece = np.column_stack(project(*piece.T))
            if abs(area(piece)) > 1e-6:
                pieces.append(piece)
    return pieces


def clip(ring: Line, side: float) -> Line:
    """What of a ring lies within 180 degrees on one side, +1 east or -1 west (Sutherland & Hodgman 1974)."""
    inside = side * ring[:, 0] <= 180.0
    kept = []
    for i in range(len(ring)):
        a, b = ring[i - 1], ring[i]
        if inside[i - 1] != inside[i]:
            kept.append(a + (b - a) * (side * 180.0 - a[0]) / (b[0] - a[0]))
        if inside[i]:
            kept.append(b)
    return np.array(kept).reshape(-1, 2)


# Shapes


def area(ring: Line) -> float:
    """Signed area of a ring."""
    x, y = (ring - ring[0]).T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def centroid(ring: Line) -> Line:
    """The centre of mass of a ring's area."""
    x, y = (ring - ring[0]).T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    return np.asarray(ring[0] + np.array([np.sum((k + np.roll(k, -1)) * cross) for k in (x, y)]) / (3.0 * np.sum(cross)))


def encloses(ring: Line, x: float, y: float) -> bool:
    """Whether a point lies in a ring: a line from it to the right crosses the ring an odd number of times."""
    a, b = ring, np.roll(ring, -1, axis=0)
    crossed = (a[:, 1] > y) != (b[:, 1] > y)
    a, b = a[crossed], b[crossed]
    return bool(np.sum(a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0]) > x) % 2)


def draw(rings: list[Line]) -> str:
    """A path of rings, without specks; if all of them are specks, of the largest."""
    seen = [ring for ring in rings if abs(area(ring)) >= SPECK]
    return "".join(path(ring) for ring in seen or sorted(rings, key=lambda ring: -abs(area(ring)))[:1])


def path(ring: Line) -> str:
    """A closed path to a tenth of a unit; empty if nothing of the ring is left at that."""
    points = np.round(ring, 1) + 0.0
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    if len(points) < 3 or abs(area(points)) < 1e-6:
        return ""
    return "M" + "L".join(f"{x:g},{y:g}" for x, y in points) + "Z"


def outline() -> str:
    """The path around what is shown of the globe."""
    lat = np.linspace(SOUTH, NORTH, 71)
    west, east = (np.column_stack(project(np.full(len(lat), lon), lat)) for lon in (-180.0, 180.0))
    return path(np.concatenate([west, east[::-1]]))


def spread(points: Line, apart: float) -> Line:
    """Move points by as little as need be until each two are some units apart."""
    points = points.copy()
    for _ in range(10_000):
        step = points[:, None] - points[None]
        distance = np.hypot(step[..., 0], step[..., 1])
        np.fill_diagonal(distance, np.inf)
        if distance.min() >= apart:
            return points
        push = np.maximum(apart + 0.01 - distance, 0.0) / 2.0   # the hundredth makes it end
        points += np.sum(push[..., None] * step / distance[..., None], axis=1) / 2.0   # halves, as pushes of many add up
    raise ValueError("the dots do not come apart")


if __name__ == "__main__":
    main()
