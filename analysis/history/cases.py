"""The five accessions of history that the model is calibrated on and held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.scenarios.schema import Scenario
from waico.scenarios.tables import DATA

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """An institution whose accession is known.

    Attributes:
        name: id of the institution in its scenario and in accessions.csv.
        scenario: name of the bundled scenario that starts on its freeze date.
        status: what counts as membership.
        until: last day up to which accession is known.
        timed: whether the days of accession are known well enough to score them.
    """

    name: str
    scenario: str
    status: str
    until: date
    timed: bool = False


CASES: Mapping[str, Case] = {
    case.name: case
    for case in (
        Case("aiib", "aiib2014", "endorsed", date(2015, 3, 31), timed=True),
        Case("belt_and_road", "belt_and_road", "signed", date(2023, 12, 31), timed=True),
        Case("military_ai_declaration", "military_ai_declaration", "signed", date(2024, 11, 27)),
        Case("gpai", "gpai", "signed", date(2022, 12, 31)),
        Case("coe_ai_convention", "coe_ai_convention", "signed", date(2025, 2, 28)),
    )
}


def accessions(case: Case) -> pd.DataFrame:
    """Who joined up to the last day of a case: columns `first` and `last` (days between which it happened), by ISO3."""
    table = pd.read_csv(DATA / "accessions.csv", parse_dates=["first", "last"])
    rows = table[(table["institution"] == case.name) & (table["status"] == case.status)]
    rows = rows[rows["last"] <= pd.Timestamp(case.until)]
    return rows.set_index("iso3")[["first", "last"]].sort_index()


def scored(scenario: Scenario, codes: tuple[str, ...], institution: str) -> Flags:
    """States whose accession is to be told: neither principal nor fixed by the scenario, in the order of `codes`, (N,)."""
    return ~np.isin(codes, [*scenario.institution(institution).principals, *scenario.forced(institution)])
