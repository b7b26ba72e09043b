"""Hypothesis strategies shared by the property tests: bargaining tables and small worlds."""

from datetime import date
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import waico
from waico.negotiation import Table
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]

OTHERS = [
    "AUS", "BRA", "DEU", "EGY", "ETH", "FRA", "GBR", "IDN", "IND", "JPN", "KEN", "KOR", "LUX", "MEX", "PAK", "RUS",
    "SAU", "SGP", "SRB", "THA", "ZAF", "ZMB",
]  # fmt: skip
unit = st.floats(0.0, 1.0, allow_nan=False)


def matrix(draw: st.DrawFn, rows: int, columns: int, low: float = 0.0, high: float = 1.0) -> Floats:
    """A matrix of numbers in [low, high]."""
    cell = st.floats(low, high, allow_nan=False)
    values = draw(st.lists(cell, min_size=rows * columns, max_size=rows * columns))
    return np.array(values).reshape(rows, columns)


def plain_table(position: Any, salience: Any = None, capability: Any = None, **changes: Any) -> Table:
    """A table where everything that is not given is plain: equal capability, no sponsor, no tolerance, status quo 0."""
    position = np.asarray(position, dtype=float)
    n, k = position.shape
    salience = np.full((n, k), 1.0 / k) if salience is None else np.asarray(salience, dtype=float)
    capability = np.full(n, 1.0 / n) if capability is None else np.asarray(capability, dtype=float)
    usual: dict[str, Any] = {
        "position": position, "conceded": np.zeros((n, k)), "salience": salience, "full_salience": float(salience.max()),
        "capability": capability, "weight": capability, "consent": np.ones(n, dtype=bool), "tolerance": np.zeros(n),
        "floor": np.zeros((n, k)), "ceiling": np.ones((n, k)), "text": np.full(k, 0.5), "status_quo": np.zeros(k),
        "undecided": np.ones(n), "expected": 0.0, "sponsor": -1, "agenda_power": 0.0, "smoothness": 0.02,
    }  # fmt: skip
    return Table(**{**usual, **changes})


@st.composite
def tables(draw: st.DrawFn, min_actors: int = 2, max_actors: int = 8) -> Table:
    """A table of a few participants and issues; the sponsor may be absent."""
    n, k = draw(st.integers(min_actors, max_actors)), draw(st.integers(1, 4))
    salience = matrix(draw, n, k, 0.05, 1.0)
    capability = matrix(draw, n, 1, 0.01, 1.0)[:, 0]
    return plain_table(
        matrix(draw, n, k), salience / salience.sum(axis=1, keepdims=True), capability / capability.sum(),
        tolerance=matrix(draw, n, 1, 0.0, 0.2)[:, 0], text=matrix(draw, 1, k)[0], status_quo=matrix(draw, 1, k)[0],
        undecided=matrix(draw, n, 1)[:, 0], expected=draw(st.floats(0, 50)), sponsor=draw(st.integers(-1, n - 1)),
        agenda_power=draw(unit),
    )  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, /, **changes: Any) -> Scenario:
    """waic2025 on a handful of states over fifteen months, with some of its rules varied."""
    states = draw(st.lists(st.sampled_from(OTHERS), min_size=4, max_size=10, unique=True))
    rule = draw(st.sampled_from(["coalition_of_the_willing", "consensus", "supermajority", "weighted_majority"]))
    return waico.load_scenario(
        "waic2025",
        {
            "nations.subset": ["CHN", "USA", *states],
            "institutions.waico.named": [],
            "institutions.waico.participants": draw(st.sampled_from(["all", "engaged"])),
            "institutions.waico.adoption.rule": rule,
            "institutions.waico.adoption.earliest": date(2025, 10, 1),
            "institutions.waico.signature.ceremony": date(2026, 2, 1),
            "institutions.waico.entry_into_force.ratifications": draw(st.integers(1, 4)),
            "institutions.us_coalition.gate.kind": draw(st.sampled_from(["open", "invitation", "values"])),
            "decision.b0": draw(st.floats(-4, 0)),
            "decision.ratify.median_days": draw(st.floats(20, 200)),
            "decision.withdraw.margin": draw(st.floats(0.0, 3.0)),
            "rounds.days": draw(st.integers(10, 45)),
            "rounds.horizon": date(2026, 11, 1),
            **changes,
        },
    )
