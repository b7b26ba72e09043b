"""Scenario discovery: where in the space of a sweep's factors an outcome is common (Bryant & Lempert 2010)."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from waico.runs.sweep import Sweep


@dataclass(frozen=True)
class Box:
    """A box in the space of factors, found by PRIM on half of the samples and checked on the other half.

    Attributes:
        outcome: an outcome class or `in_force`. share: of all runs (the base rate).
        words: the box in words; empty if there is none.
        limits: a row per restricted factor. Columns: factor, low, high (missing where open), values (of factors in words; a tuple),
            quasi_p_low, quasi_p_high (of the two limits, or of the values in quasi_p_low).
        coverage, density, mass: on the half on which the box was found.
        held_out_coverage, held_out_density, held_out_mass, held_out_share: on the other half, with its base rate.
        p_value: of the held-out density being no higher than outside of the box.
        trajectory: a row per box on the way. Columns: box, coverage, density, mass, dimensions, phi, held_out_coverage,
            held_out_density, chosen.
        note: empty, or why there is no box, or what to be wary of.
    """

    outcome: str
    share: float
    words: str
    limits: pd.DataFrame
    coverage: float
    density: float
    mass: float
    held_out_coverage: float
    held_out_density: float
    held_out_mass: float
    held_out_share: float
    p_value: float
    trajectory: pd.DataFrame
    note: str


@dataclass(frozen=True)
class Rules:
    """The leaves of a classification tree in which an outcome is more common than over all.

    Attributes:
        outcome, share, note: as of a `Box`.
        table: a row per leaf, densest first. Columns: words, dimensions, coverage, density, mass, held_out_coverage,
            held_out_density, held_out_mass.
    """

    outcome: str
    share: float
    table: pd.DataFrame
    note: str


def prim_box(sweep: Sweep, outcome: str, *, seed: int = 0) -> Box:
    """Find a box by the patient rule induction method (Friedman & Fisher 1999)."""
    raise NotImplementedError


def cart_rules(sweep: Sweep, outcome: str, *, seed: int = 0) -> Rules:
    """Find rules by a classification tree (Breiman et al. 1984)."""
    raise NotImplementedError
