"""The map of the world that the live page draws: read from `data/world.json`, which `build_map.py` makes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

WIDTH = 960.0   # of the viewBox, which the equator spans
SOUTH, NORTH = -56.0, 84.0   # degrees: what is shown, from Cape Horn to the north of Greenland
EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)   # A1 .. A4 of the paper


@dataclass(frozen=True)
class WorldMap:
    """States and other land as SVG, in units of a viewBox `0 0 width height`.

    Land and borders are Natural Earth's, 1:50m, in the public domain; they state nothing on whose land it is.

    Attributes:
        source: where the geometry comes from.
        width: of the viewBox.
        height: of the viewBox.
        sphere: path of the outline of what is shown of the globe.
        shapes: path of each state by ISO3 code; a state missing here has a dot.
        dots: centres (x, y), by ISO3 code, of the dots of radius 3.2 that stand for states too small to be clicked; most have a shape too.
        other: path of the land that is no agent of the model.
    """

    source: str
    width: float
    height: float
    sphere: str
    shapes: dict[str, str]
    dots: dict[str, tuple[float, float]]
    other: str

    def as_dict(self) -> dict[str, Any]:
        """The attributes by name, for the page."""
        return dict(vars(self))


@cache
def world_map() -> WorldMap:
    """Read the map that comes with the package."""
    read = json.loads((files("waico.ui") / "data" / "world.json").read_text(encoding="utf-8"))
    return WorldMap(**read | {"dots": {code: (x, y) for code, (x, y) in read["dots"].items()}})


def equal_earth(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project by Equal Earth (Savric, Patterson & Jenny 2018, doi:10.1080/13658816.2018.1504949), which keeps areas.

    Args:
        lon: degrees east; beyond 180 it goes on over the edge of the map.
        lat: degrees north.

    Returns:
        x to the east and y to the north of 0, 0, in radii of the globe.
    """
    a1, a2, a3, a4 = EQUAL_EARTH
    theta = np.arcsin(np.sqrt(3.0) / 2.0 * np.sin(np.radians(lat)))
    slope = a1 + 3.0 * a2 * theta**2 + 7.0 * a3 * theta**6 + 9.0 * a4 * theta**8
    x = 2.0 * np.sqrt(3.0) * np.radians(lon) * np.cos(theta) / (3.0 * slope)
    y = a1 * theta + a2 * theta**3 + a3 * theta**7 + a4 * theta**9
    return np.asarray(x), np.asarray(y)


def project(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where places stand on the map.

    Args:
        lon: degrees east.
        lat: degrees north.

    Returns:
        x to the right and y downwards, in units of the viewBox.
    """
    x, y = equal_earth(lon, lat)
    edge, top = float(equal_earth(180.0, 0.0)[0]), float(equal_earth(0.0, NORTH)[1])
    radius = WIDTH / (2.0 * edge)
    return (x + edge) * radius, (top - y) * radius
