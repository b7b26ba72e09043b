"""A protocol alone on an actor table: closed forms, what carries through to the units of the file, what does not matter."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from waico.negotiation import BargainingProtocol, Table, protocols
from waico.negotiation.bargain import NO_PARTNER, Compromise, Moves, Negotiation, bargain_alone
from waico.negotiation.bargain.alone import AGENDA_POWER
from waico.negotiation.bargain.medians import weighted_median
from waico.negotiation.bargain.protocol import mean_position
from waico.scenarios.actors import ActorTable, read_actors
from waico.scenarios.errors import InputError

Floats = NDArray[np.float64]
Row = tuple[str, str, float, float, float]

REGISTERED = sorted(name for name, _ in protocols)
quick = settings(max_examples=25, deadline=None, derandomize=True)

# Introduction of emission standards in the European Community, year (Bueno de Mesquita & Stokman 1994)
EMISSIONS: list[Row] = [
    ("Netherlands", "year", 4, 80, 0.08), ("Belgium", "year", 7, 40, 0.08), ("Luxembourg", "year", 4, 20, 0.03),
    ("Germany", "year", 4, 80, 0.16), ("France", "year", 10, 60, 0.16), ("Italy", "year", 10, 60, 0.16),
    ("United Kingdom", "year", 10, 90, 0.16), ("Ireland", "year", 7, 10, 0.05), ("Denmark", "year", 4, 100, 0.05),
    ("Greece", "year", 7, 70, 0.08),
]  # fmt: skip


class Halfway(BargainingProtocol):
    """Everybody but the first moves half of the way to the first; a remark on who that is."""

    def negotiate(self, table: Table, days: float) -> Moves:
        partner = np.zeros(table.position.shape, dtype=np.intp)
        partner[0] = NO_PARTNER
        position = 0.5 * (table.position + table.position[0])
        return Moves(position, partner, np.full(position.shape, -0.25))

    def outcome(self, table: Table) -> Floats:
        return mean_position(table)

    def remarks(self, table: Table) -> list[str]:
        return [f"{len(table.capability)} actors follow the first"]


class Deadlock(BargainingProtocol):
    """Allows for no text, and wants to know the status quo."""

    needs_status_quo: ClassVar[bool] = True

    def outcome(self, table: Table) -> None:
        return None


def actors(rows: list[Row]) -> ActorTable:
    """A table from rows of actor, issue, position, salience in percent, capability."""
    names, issues = sorted({row[0] for row in rows}), sorted({row[1] for row in rows})
    position = np.full((len(names), len(issues)), np.nan)
    salience, capability = np.zeros_like(position), np.zeros(len(names))
    for name, issue, x, s, c in rows:
        i, k = names.index(name), issues.index(issue)
        position[i, k], salience[i, k], capability[i] = x, s / 100, c
    return ActorTable("t.csv", tuple(names), tuple(issues), position, salience, capability)


def two(low: float = 0.0, high: float = 10.0) -> ActorTable:
    """A and B, capability 1 and 3, alike in salience."""
    return actors([("A", "x", low, 50, 1), ("B", "x", high, 50, 3)])


# Weighted median


def test_the_median_of_the_emission_standards_is_seven() -> None:
    # up to 7 lie 34.1 of 67.7, half is 33.85
    values, weights = (np.array([row[c] for row in EMISSIONS], dtype=float) for c in (2, 3))
    assert weighted_median(values, weights * [row[4] for row in EMISSIONS]) == 7.0


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([3.0], [2.0], 3.0),
        ([0.0, 1.0], [1.0, 1.0], 0.5),
        ([0.0, 1.0], [1.0, 1.1], 1.0),
        ([5.0, 1.0, 3.0], [1.0, 1.0, 1.0], 3.0),
        ([0.0, 9.0, 1.0], [1.0, 0.0, 1.0], 0.5),
        ([0.0, 0.5, 1.0], [1.0, 0.0, 1.0], 0.5),
        ([0.0, 0.2, 1.0], [1.0, 0.0, 1.0], 0.5),
        ([0.0, 1.0, 2.0, 3.0], [0.1, 0.2, 0.1 + 0.1 + 0.1, 0.0], 1.5),   # a tie up to rounding
        ([2.0, 2.0, 0.0], [1.0, 1.0, 2.0], 1.0),
    ],
)
def test_median_is_where_half_is_reached(values: list[float], weights: list[float], expected: float) -> None:
    assert weighted_median(np.array(values), np.array(weights)) == expected


@quick
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 4)), min_size=1, max_size=8))
def test_median_is_that_of_values_repeated_by_their_weights(pairs: list[tuple[int, int]]) -> None:
    repeated = [value for value, weight in pairs for _ in range(weight)]
    if repeated:
        values, weights = np.array(pairs, dtype=float).T
        assert weighted_median(values, weights) == np.median(repeated)


# Closed forms


def test_the_emission_standards_by_compromise() -> None:
    result = bargain_alone(actors(EMISSIONS), Compromise())
    issue = result.as_dict()["issues"]["year"]
    assert issue["initial_median"] == 7.0
    # 24.8 of the weight at 4, 9.3 at 7, 33.6 at 10
    assert issue["initial_mean"] == pytest.approx(500.3 / 67.7, abs=1e-12)
    assert issue["outcome"] == pytest.approx(500.3 / 67.7, abs=1e-12)
    assert len(issue["rounds"]) == 10
    assert issue["rounds"][-1]["positions"] == {name: x for name, _, x, _, _ in sorted(EMISSIONS)}
    assert result.moved_most(0) is None


def test_the_text_starts_at_the_weighted_mean_without_sponsor_and_status_quo() -> None:
    issue = bargain_alone(two(), Compromise()).as_dict()["issues"]["x"]
    assert issue["initial_text"] == pytest.approx(7.5)
    assert [at["text"] for at in issue["rounds"]] == pytest.approx([7.5] * 10)


def test_the_text_starts_from_the_status_quo_which_may_lie_beyond_all_positions() -> None:
    issue = bargain_alone(two(), Compromise(rate=0.5), rounds=2, status_quo={"x": -20.0}).as_dict()["issues"]["x"]
    assert issue["initial_text"] == pytest.approx(-20.0)
    left = [math.exp(-0.5), math.exp(-1.0)]
    assert [at["text"] for at in issue["rounds"]] == pytest.approx([7.5 - 27.5 * share for share in left])
    assert issue["outcome"] == pytest.approx(7.5)


def test_a_sponsor_opens_and_has_its_share_in_the_outcome() -> None:
    issue = bargain_alone(two(), Compromise(), sponsor="A").as_dict()["issues"]["x"]
    assert issue["initial_text"] == 0.0
    assert issue["outcome"] == pytest.approx((1 - AGENDA_POWER) * 7.5)


@pytest.mark.parametrize("name", ["compromise", "challenge", "exchange"])
def test_units_of_capability_may_be_minute(name: str) -> None:
    tiny = actors([("A", "x", 0.0, 1e-200, 1e-200), ("B", "x", 1.0, 1e-200, 3e-200)])
    result = bargain_alone(tiny, protocols.make(name, {}, "", ""), rounds=1)
    assert result.means[0] == pytest.approx([0.75])
    assert result.medians[0] == pytest.approx([1.0])


def test_who_agrees_on_everything_has_agreed() -> None:
    issue = bargain_alone(two(-3.0, -3.0), Compromise()).as_dict()["issues"]["x"]
    assert (issue["outcome"], issue["initial_median"], issue["rounds"][0]["text"]) == (-3.0, -3.0, -3.0)


def test_who_has_no_row_on_an_issue_takes_no_part_in_it() -> None:
    rows: list[Row] = [("A", "x", 0, 50, 1), ("B", "x", 4, 50, 1), ("C", "y", 9, 50, 8), ("A", "y", 0, 50, 1)]
    issues = bargain_alone(actors(rows), Compromise(), rounds=1).as_dict()["issues"]
    assert issues["x"]["rounds"][0]["positions"] == {"A": 0.0, "B": 4.0}
    assert (issues["x"]["outcome"], issues["x"]["initial_median"]) == (pytest.approx(2.0), 2.0)
    assert issues["y"]["outcome"] == pytest.approx(8.0)


def test_moves_are_told_in_the_units_of_the_file() -> None:
    rows: list[Row] = [("A", "x", 100, 50, 1), ("B", "x", 140, 50, 1), ("C", "x", 180, 50, 2)]
    result = bargain_alone(actors(rows), Halfway(), rounds=2)
    issue = result.as_dict()["issues"]["x"]
    assert [at["positions"] for at in issue["rounds"]] == [
        {"A": 100.0, "B": 120.0, "C": 140.0}, {"A": 100.0, "B": 110.0, "C": 120.0},
    ]  # fmt: skip
    assert [(at["median"], at["mean"]) for at in issue["rounds"]] == [(130.0, 125.0), (115.0, 112.5)]
    assert issue["rounds"][1]["moves"] == [
        {"actor": "B", "partner": "A", "from": 120.0, "to": 110.0, "externality": -0.25},
        {"actor": "C", "partner": "A", "from": 140.0, "to": 120.0, "externality": -0.25},
    ]
    assert issue["outcome"] == pytest.approx(112.5)   # from the last positions, not the first
    assert result.moved_most(0) == 2
    assert result.remarks == ("3 actors follow the first",)


def test_a_protocol_without_an_outcome_says_so() -> None:
    result = bargain_alone(two(), Deadlock(), status_quo={"x": 1.0})
    assert result.as_dict()["issues"]["x"]["outcome"] is None
    assert result.remarks == ("the last positions allow for no outcome",)
    assert result.text(10).item() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("protocol", "options", "expected"),
    [
        (Compromise(), {"sponsor": "b"}, "t.csv: sponsor: there is no actor 'b'; one of A, B"),
        (Compromise(), {"status_quo": {"tax": 1.0}}, "t.csv: status quo: there is no issue 'tax'; one of x, y"),
        (
            Compromise(), {"sponsor": "B"},
            "t.csv: sponsor: 'B' has no position on 'y'; give it a row there, or name another sponsor",
        ),
        (
            Deadlock(), {"status_quo": {"x": 1.0}},
            "t.csv: status quo: 'Deadlock' needs to know what holds without agreement on 'y'; add --status-quo y=NUMBER",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_table(protocol: BargainingProtocol, options: dict[str, Any], expected: str) -> None:
    table = actors([("A", "x", 0, 50, 1), ("B", "x", 1, 50, 1), ("A", "y", 0, 50, 1)])
    with pytest.raises(InputError) as error:
        bargain_alone(table, protocol, **options)
    assert str(error.value) == expected


def test_a_wrong_name_does_not_list_a_thousand_others() -> None:
    table = actors([(f"state{n:03}", "x", n, 50, 1) for n in range(20)])
    with pytest.raises(InputError) as error:
        bargain_alone(table, Compromise(), sponsor="France")
    assert str(error.value) == "t.csv: sponsor: there is no actor 'France'; name an actor of the table"


# What carries through, and what does not matter, under every protocol


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows of three to six actors on one to three issues, from 0 to 8, where some take no part in some."""
    rows: list[Row] = []
    issues = ["x", "y", "z"][: draw(st.integers(1, 3))]
    for i in range(draw(st.integers(3, 6))):
        capability = float(draw(st.integers(1, 9)))
        for issue in issues:
            ends = {0: 0, 1: 8}   # so that units of the table are exact in binary
            x, s = ends.get(i, draw(st.integers(0, 8))), draw(st.integers(2, 100))
            if i < 2 or draw(st.integers(0, 3)):
                rows.append((f"N{i}", issue, float(x), float(s), capability))
    return rows


def everything(result: Negotiation) -> list[Floats]:
    """All that a negotiation came to, in the units of its file, an array whose last axis is the issues each."""
    outcome = [] if result.outcome is None else [result.outcome]
    rounds = range(len(result.tables))
    return [*outcome, result.means, result.medians, *map(result.text, rounds), *map(result.positions, rounds)]


def agree(one: list[Floats], other: list[Floats], across: Callable[[Floats], Floats] = np.asarray) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(across(a), b, atol=1e-6)


def run(name: str, rows: list[Row], across: Callable[[float], float] = float) -> Negotiation:
    """Two rounds by a registered protocol from a status quo of 2."""
    status_quo = dict.fromkeys({row[1] for row in rows}, across(2.0))
    return bargain_alone(actors(rows), protocols.find(name, "", "")(), rounds=2, status_quo=status_quo)


@pytest.mark.parametrize("name", REGISTERED)
@pytest.mark.parametrize(("a", "b"), [(3.0, -7.0), (0.25, 100.0), (-1.0, 0.0), (-2.0, 5.0)])
@quick
@given(rows=tables())
def test_another_scale_carries_through(name: str, a: float, b: float, rows: list[Row]) -> None:
    turned: list[Row] = [(i, k, a * x + b, s, c) for i, k, x, s, c in rows]
    other = run(name, turned, lambda x: a * x + b)
    agree(everything(run(name, rows)), everything(other), lambda x: a * x + b)


@pytest.mark.parametrize("name", REGISTERED)
@quick
@given(rows=tables())
def test_names_of_actors_do_not_matter(name: str, rows: list[Row]) -> None:
    other = run(name, [(f"M{9 - int(i[1:])}", k, x, s, c) for i, k, x, s, c in rows])   # their order turns round
    rounds = range(len(other.tables))
    outcome = [] if other.outcome is None else [other.outcome]
    turned = [other.positions(t)[::-1] for t in rounds]
    agree(everything(run(name, rows)), [*outcome, other.means, other.medians, *map(other.text, rounds), *turned])


@pytest.mark.parametrize("name", REGISTERED)
@quick
@given(rows=tables(), place=st.integers(0, 8))
def test_it_does_not_matter_where_those_stand_who_take_no_part(name: str, rows: list[Row], place: int) -> None:
    result, rule = run(name, rows), protocols.find(name, "", "")()
    absent, start = np.isnan(result.actors.position), result.tables[0]
    other, _ = rule.play(replace(start, position=np.where(absent, place / 8, start.position)), 30.0)
    np.testing.assert_allclose(other.text, result.tables[1].text, atol=1e-6)
    np.testing.assert_allclose(other.position[~absent], result.tables[1].position[~absent], atol=1e-6)


@quick
@given(rows=tables(), shuffle=st.randoms(use_true_random=False))
def test_order_of_rows_and_percent_do_not_matter(
    rows: list[Row], shuffle: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is read is the same to the last bit, so that what follows from it is."""
    path = tmp_path_factory.mktemp("t") / "t.csv"
    for unit in (1, 100):
        shuffle.shuffle(rows)
        lines = [f"{i},{k},{x},{s / unit},{c}" for i, k, x, s, c in rows]
        path.write_text("\n".join(["actor,issue,position,salience,capability", *lines]))
        read, expected = read_actors(path), actors(rows)
        assert (read.actors, read.issues) == (expected.actors, expected.issues)
        for column in ("position", "salience", "capability"):
            np.testing.assert_array_equal(getattr(read, column), getattr(expected, column))
