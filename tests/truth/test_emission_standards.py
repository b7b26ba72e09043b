"""The published case of the challenge model: emission standards of the European Community (Bueno de Mesquita 1994).

The published forecasts after each round are not reproduced: docs/emission_standards.md has the readings that were tried.
The rows pinned here are its rows; they change only if the rule does.
"""

from dataclasses import replace

import numpy as np
import pytest

from tests.generators import plain_table
from tests.reference.oracle_challenge import Reading, median
from tests.truth.emission_readings import case, deviations, line, medians, variants
from waico.analysis.published_case import PUBLISHED
from waico.negotiation import Table
from waico.negotiation.bargain import Challenge
from waico.negotiation.bargain.protocol import mean_position, median_position

DEFAULT = [6.81, 6.81, 8.36, 8.36, 9.09, 8.61, 9.00, 8.96]
ROWS = {
    Reading(): (DEFAULT, 3.09, 1.33),
    Reading(risk="hypothetical"): ([10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 9.44, 9.34], 2.60, 0.69),
    Reading(choice="least"): ([7.0] * 8, 2.90, 2.23),
    Reading(q=0.5, better=1.0, risk="hypothetical"): ([10.0, 10.0, 10.0, 10.0, 9.36, 8.20, 8.89, 9.36], 1.60, 0.45),
}


def table() -> Table:
    """The ten member states, positions as shares of the range from year 4 to year 10."""
    position, attention, power = case()
    return plain_table(
        (np.array([position]).T - 4.0) / 6.0, np.array([attention]).T, weight=np.array(power), full_salience=1.0
    )  # fmt: skip


def test_the_start_is_as_published() -> None:
    assert 4.0 + 6.0 * median_position(table())[0] == pytest.approx(7.0, abs=1e-12)
    assert 4.0 + 6.0 * mean_position(table())[0] == pytest.approx(7.39, abs=0.005)


def test_the_start_is_a_knife_edge() -> None:
    position, attention, power = case()
    weight = [100 * p * s for p, s in zip(power, attention, strict=True)]
    assert sum(weight) == pytest.approx(67.7)
    assert sum(w for x, w in zip(position, weight, strict=True) if x <= 7) == pytest.approx(34.1)
    assert median(position, weight) == 7.0


def test_the_forecasts_are_those_of_the_documented_table() -> None:
    now, row = table(), []
    for _ in PUBLISHED:
        moves = Challenge().negotiate(now, 30.0)
        now = replace(now, position=moves.position, conceded=now.conceded + moves.position - now.position)
        row.append(4.0 + 6.0 * median_position(now)[0])
    assert row == pytest.approx(DEFAULT, abs=0.005)
    assert row == pytest.approx(medians(Reading()), abs=1e-8)


@pytest.mark.parametrize("reading", ROWS)
def test_rows_and_deviations_of_readings(reading: Reading) -> None:
    row, greatest, mean = ROWS[reading]
    assert medians(reading) == pytest.approx(row, abs=0.005)
    away = deviations(medians(reading))
    assert (max(away), sum(away) / len(away)) == pytest.approx((greatest, mean), abs=0.005)


def test_the_documented_table_has_the_rows_of_these_and_of_all_that_differ_in_one_respect(
    pytestconfig: pytest.Config,
) -> None:
    page = (pytestconfig.rootpath / "docs" / "emission_standards.md").read_text(encoding="utf-8").splitlines()
    rows = [line(reading, medians(reading)) for reading in [*ROWS, *variants()]]
    assert [row for row in rows if row not in page] == []
