"""Benchmarks, without any timing: rows become the table right, turns alternate, and a fit finds the slope that is there."""

import pytest

from benchmarks.measure import Row, exponent, growth, in_turns, table


def test_a_row_has_the_median_and_the_median_of_ratios_turn_by_turn() -> None:
    row = Row.of("g", "w", [0.002, 0.030, 0.004], times=("y", [0.001, 0.010, 0.004]), goal=5.0)
    assert (row.median, row.least, row.most) == pytest.approx((4.0, 2.0, 30.0))
    assert row.ratio == pytest.approx(2.0)   # of 2, 3 and 1; medians would give 1
    assert row.met is True


def test_a_goal_is_missed_at_its_figure_and_other_units_are_kept() -> None:
    assert Row.of("g", "w", [5.0], "MB", goal=5.0).met is False
    assert Row.of("g", "w", [5.0], "MB").met is None


def test_measurements_in_unequal_numbers_of_turns_are_not_compared() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Row.of("g", "w", [1.0, 2.0], times=("y", [1.0]))


def test_rows_become_a_table() -> None:
    rows = [
        Row.of("speed", "a run", [0.0123456], goal=10.0),
        Row.of("sweep", "rate", [12345.6], "runs a second", times=("bare", [10000.0]), goal=20000.0),
    ]
    assert table(rows) == (
        "| group | what  | median |  least |   most | unit          | times | what of | goal     | met    |\n"
        "| ----- | ----- | -----: | -----: | -----: | ------------- | ----: | ------- | -------- | ------ |\n"
        "| speed | a run |   12.3 |   12.3 |   12.3 | ms            |       |         | < 10     | **no** |\n"
        "| sweep | rate  | 12,346 | 12,346 | 12,346 | runs a second |  1.23 | bare    | < 20,000 | yes    |"
    )


def test_small_figures_keep_their_digits() -> None:
    cells = [Row.of("g", "w", [value], "").cells[2] for value in (0.0, 2.2e-16, 0.00123, 0.5, 999.4)]
    assert cells == ["0", "2e-16", "0.00123", "0.5", "999"]


@pytest.mark.parametrize("warm", [False, True])
def test_measurements_alternate_and_what_warms_up_is_thrown_away(warm: bool) -> None:
    calls: list[str] = []

    def figure(name: str) -> float:
        calls.append(name)
        return float(len(calls))

    taken = in_turns({"a": lambda: figure("a"), "b": lambda: figure("b")}, 2, warm=warm)
    assert "".join(calls) == ("abab" if warm else "ababab")
    assert taken == ({"a": [1.0, 3.0], "b": [2.0, 4.0]} if warm else {"a": [3.0, 5.0], "b": [4.0, 6.0]})


def test_the_exponent_is_the_slope_on_log_log_axes() -> None:
    sizes = [10, 20, 40, 80]
    assert exponent(sizes, [3.0 * size**1.7 for size in sizes]) == pytest.approx(1.7)


def test_growth_compares_with_the_smallest_and_fits_every_turn() -> None:
    small, large, fitted = growth("g", "states", {10: [1.0, 2.0, 1.0], 100: [10.0, 20.0, 100.0]}, per=", a run")
    assert (small.what, small.ratio) == ("10 states, a run", 1.0)
    assert (large.what, large.ratio, large.yardstick) == ("100 states, a run", 10.0, "10 states")
    assert fitted.what == "grows with states to the power of"
    assert (fitted.median, fitted.least, fitted.most) == pytest.approx((1.0, 1.0, 2.0))
