"""Benchmarks: rows become the table that they should, and the fit finds the power that is there. Nothing is timed."""

from functools import partial

import numpy as np
import pytest

from benchmarks.__main__ import NAMES, main, page_of
from benchmarks.rows import HEAD, Goal, Point, Row, Spread, exponent, growth, number, table
from benchmarks.timing import in_turns


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()]


def test_a_row_becomes_a_line_of_the_table() -> None:
    row = Row("speed", "a run", Spread.of([9.0, 3.0, 4.0]), "ms", Spread.of([2.0, 1.0, 3.0]), "another", Goal(10, aim=4))
    head, rule, line = cells(table([row]))
    assert head == list(HEAD)
    assert all(set(cell) <= {"-", ":"} for cell in rule)
    assert line == ["speed", "a run", "4.00", "3.00 to 9.00", "ms", "2.00 (1.00 to 3.00)", "another", "< 10, aim 4", "met"]


def test_what_a_row_lacks_stays_empty() -> None:
    *_, line = cells(table([Row("page", "once", Spread.of(1234.5), "MB")]))
    assert line == ["page", "once", "1,234", "", "MB", "", "", "", ""]


def test_all_lines_of_a_table_are_as_long() -> None:
    rows = [Row("a", "short", Spread.of(1.0), "s"), Row("longer", "much longer than that", Spread.of([1e-6, 2e3]), "ms")]
    assert len({len(line) for line in table(rows).splitlines()}) == 1


@pytest.mark.parametrize(("median", "verdict"), [(3.9, "met"), (4.0, "met"), (4.1, "met, aim missed"), (10.0, "missed"), (11.0, "missed")])
def test_a_goal_is_held_against_the_median(median: float, verdict: str) -> None:
    assert Goal(10, aim=4).verdict(median) == verdict


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (0.0123, "0.0123"), (1.0, "1.00"), (99.94, "99.9"), (1234.0, "1,234"), (6e-13, "6.0e-13"), (-0.05, "-0.0500")])
def test_numbers_have_three_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 2.0])
def test_the_fit_finds_the_power(power: float) -> None:
    sizes = np.array([3.0, 10.0, 40.0, 160.0])
    assert exponent(sizes, 7.0 * sizes**power) == pytest.approx(power)


def test_the_fit_leaves_out_a_size_of_nothing() -> None:
    assert exponent([0, 10, 100], [123.0, 10.0, 1000.0]) == pytest.approx(2.0)


def test_growth_has_a_row_per_size_and_the_spread_of_the_exponents() -> None:
    turns = {10.0: np.array([1.0, 1.0, 1.0]), 100.0: np.array([1.0, 10.0, 100.0])}
    *sizes, fit = growth("states", turns, "ms", line="fast", of="a run")
    assert [row.point for row in sizes] == [Point("states", 10.0, "fast"), Point("states", 100.0, "fast")]
    assert sizes[1].ratio == Spread(10.0, 1.0, 100.0)
    assert (sizes[1].what, sizes[1].yardstick) == ("a run, states = 100, fast", "states = 10")
    assert (fit.value.median, fit.value.low, fit.value.high) == pytest.approx((1.0, 0.0, 2.0))
    assert fit.point == Point("states", None, "fast")


def test_tasks_take_turns_after_one_to_warm_up() -> None:
    order: list[str] = []
    times = in_turns({name: partial(order.append, name) for name in "ab"}, 3)
    assert order == list("ab" * 4)
    assert {name: len(taken) for name, taken in times.items()} == {"a": 3, "b": 3}


def test_the_page_holds_the_table_and_says_what_to_trust() -> None:
    rows = [Row("speed", "a run", Spread.of([9.0, 3.0, 4.0]), "ms")]
    page = page_of(rows, 1.5, 90.0)
    assert table(rows) in page
    for said in ("What to trust are the ratios", "load 1.5", "1.5 minutes", np.__version__):
        assert said in page


def test_an_unknown_benchmark_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sped"])
    assert "there is no benchmark sped" in capsys.readouterr().err
    assert "speed" in NAMES


@pytest.mark.extra
def test_the_chart_draws_every_size_but_nothing() -> None:
    pytest.importorskip("altair")
    from benchmarks.chart import growth_chart
    from tests.charts import data_of

    rows = growth("firms", {size: np.array([2.0, 3.0]) + size for size in (0.0, 10.0, 40.0)}, "ms", of="a run")
    drawn = data_of(growth_chart(rows), "high")
    assert {row["size"] for row in drawn} == {10.0, 40.0}
