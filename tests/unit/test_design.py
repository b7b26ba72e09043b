"""Designs of sweeps: what their files may say, and what samples come of them."""

import os
from dataclasses import replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import waico
from tests.sweeps import SCENARIO, write_design
from waico.runs.design import Range, Values
from waico.runs.plan import Plan, read_plan
from waico.scenarios.errors import InputError
from waico.scenarios.paths import lookup

PRESSURE, TEXT, COUNT = "decision.b_pressure", "institutions.waico.opening.enforcement", "institutions.waico.signature.window_days"
PLAIN: dict[str, Any] = {"scenario": "waic2025", "sampler": "latin_hypercube", "samples": 8, "factors": {PRESSURE: [0.0, 2.0]}}


def planned(**changes: Any) -> Plan:
    return read_plan({key: value for key, value in {**PLAIN, **changes}.items() if value is not None})


def test_a_design_is_read_from_its_file_and_finds_its_scenario_beside_it(tmp_path: Path) -> None:
    plan = read_plan(write_design(tmp_path))
    assert plan.scenario.title == "Fifteen states"
    assert (plan.runs, list(plan.samples)) == (48, list(plan.factors))
    kinds = [PRESSURE, TEXT, "institutions.waico.entry_into_force.ratifications", "bargaining.protocol"]
    assert [plan.samples[name].dtype.kind for name in kinds] == ["f", "f", "i", "O"]


def test_a_design_names_no_scenario_outside_its_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    design = write_design(inner)
    (inner / "small.toml").rename(tmp_path / "small.toml")
    design.write_text(design.read_text().replace('"small.toml"', '"../small.toml"'))
    with pytest.raises(InputError, match=r"scenario: '\.\./small\.toml' lies outside"):
        read_plan(design)


def test_a_pipe_is_no_design(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match="is a pipe or a device"):
        read_plan(tmp_path / "pipe.toml")


def test_paths_may_be_written_without_quotes() -> None:
    nested = {"decision": {"b_pressure": [0.0, 2.0]}, "institutions": {"waico": {"opening": {"enforcement": {"low": 0, "high": 1}}}}}
    assert list(planned(factors=nested).factors) == [PRESSURE, TEXT]


def test_a_latin_hypercube_has_one_point_in_every_stretch() -> None:
    plan = planned(samples=20, factors={PRESSURE: [0.0, 2.0], TEXT: [0.1, 0.3]})
    for path, low, width in ((PRESSURE, 0.0, 2.0), (TEXT, 0.1, 0.2)):
        assert sorted(np.floor((plan.samples[path] - low) / width * 20)) == list(range(20))


def test_samples_depend_on_the_seed_alone() -> None:
    pd.testing.assert_frame_equal(planned(seed=3).samples, planned(seed=3).samples)
    assert not planned(seed=3).samples.equals(planned(seed=4).samples)


def test_a_logarithmic_range_is_even_in_its_logarithm() -> None:
    values = planned(samples=30, factors={PRESSURE: {"low": 0.01, "high": 100, "scale": "log"}}).samples[PRESSURE]
    assert sorted(np.floor((np.log10(values) + 2) / 4 * 30)) == list(range(30))


def test_whole_numbers_are_recognized_and_met_equally_often() -> None:
    counts = planned(samples=60, factors={COUNT: [28, 30]}).samples[COUNT].value_counts()
    assert counts.to_dict() == {28: 20, 29: 20, 30: 20}


def test_several_values_are_met_equally_often() -> None:
    counts = planned(samples=30, factors={"bargaining.protocol": {"values": ["nash", "compromise", "exchange"]}})
    assert counts.samples["bargaining.protocol"].value_counts().to_dict() == {"nash": 10, "compromise": 10, "exchange": 10}


def test_a_grid_holds_all_combinations_the_last_factor_fastest() -> None:
    plan = planned(sampler="grid", samples=3, factors={PRESSURE: [0.0, 2.0], "bargaining.protocol": {"values": ["nash", "compromise"]}})
    assert list(plan.changes(0, 6)) == [
        {PRESSURE: x, "bargaining.protocol": name} for x in (0.0, 1.0, 2.0) for name in ("nash", "compromise")
    ]


def test_a_grid_of_values_alone_needs_no_number_of_samples() -> None:
    assert len(planned(sampler="grid", samples=None, factors={PRESSURE: {"values": [0.0, 1.5]}}).samples) == 2


def test_a_grid_over_few_whole_numbers_names_each_once() -> None:
    assert planned(sampler="grid", samples=9, factors={COUNT: [28, 30]}).samples[COUNT].tolist() == [28, 29, 30]


def test_a_table_gives_its_rows_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SCENARIO)
    (tmp_path / "points.csv").write_text(
        f"{PRESSURE},bargaining.protocol,institutions.waico.signature.ceremony,institutions.waico.signature.launch\n"
        "0.5,nash,2026-08-01,true\n2,compromise,2026-09-01,false\n"
    )
    path = tmp_path / "table.toml"
    path.write_text('scenario = "small.toml"\nsampler = "table"\ntable = "points.csv"\n')
    plan = read_plan(path)
    assert list(plan.changes(0, 2)) == [
        {PRESSURE: 0.5, "bargaining.protocol": "nash", "institutions.waico.signature.ceremony": date(2026, 8, 1),
         "institutions.waico.signature.launch": True},
        {PRESSURE: 2.0, "bargaining.protocol": "compromise", "institutions.waico.signature.ceremony": date(2026, 9, 1),
         "institutions.waico.signature.launch": False},
    ]  # fmt: skip
    assert plan.factors[PRESSURE] == Range(low=0.5, high=2.0)
    assert plan.factors["bargaining.protocol"] == Values(values=["nash", "compromise"])


@pytest.mark.parametrize("given, words", [
    ({"factors": {"decision.b_presure": [0, 1]}}, "factors.decision.b_presure: there is no 'b_presure'; did you mean 'b_pressure'?"),
    ({"factors": {PRESSURE: [1, 0]}}, f"factors.{PRESSURE}: goes from 1 to 0; give the smaller number first"),
    ({"factors": {PRESSURE: [0, 1, 2]}}, f"factors.{PRESSURE}: is [0, 1, 2]; give [low, high]"),
    ({"factors": {PRESSURE: 3}}, f"factors.{PRESSURE}: is 3; give [low, high]"),
    ({"factors": {PRESSURE: {"low": 1}}}, f"factors.{PRESSURE}.high: is missing; add it"),
    ({"factors": {PRESSURE: {"low": 0, "high": 1, "scale": "log"}}}, "has low = 0 on a logarithmic scale; give a number above 0"),
    ({"factors": {PRESSURE: {"low": 1, "high": 2, "scale": "sqrt"}}}, "scale: is 'sqrt'; it should be 'linear' or 'log'"),
    ({"factors": {PRESSURE: {"low": 1, "high": 2, "step": 1}}}, "step: unknown key"),
    ({"factors": {PRESSURE: {"values": []}}}, "values: is []; give at least 1 entry"),
    ({"factors": {PRESSURE: {"values": [1, "x"]}}}, "mixes kinds of values: [1, 'x']; give values of one kind"),
    ({"factors": {PRESSURE: {"values": [1, 1.0]}}}, "has a value twice: [1, 1.0]; name each once"),
    ({"factors": {PRESSURE: [0, 5000]}}, f"factors.{PRESSURE}: is 5000.0; it should be at most 1000"),
    ({"factors": {COUNT: [0, 3]}}, f"factors.{COUNT}: is 0; it should be at least 1"),
    ({"factors": {"bargaining.protocol": {"values": ["x"]}}}, "there is no protocol 'x'; one of challenge, compromise"),
    ({"factors": {"institutions.waico.bloc": {"values": ["zz"]}}}, "factors.institutions.waico.bloc: variable 'zz' does not exist"),
    ({"factors": {"nations.gbr.tolerance": [0, 1]}}, "there is no 'gbr'; did you mean 'GBR'?"),
    ({"factors": {PRESSURE: [0, 1], "decision": {"b_pressure": [0, 2]}}}, f"factors.{PRESSURE}: is given 2 times; keep one of them"),
    ({"factors": {PRESSURE: [-1e308, 1e308]}}, f"factors.{PRESSURE}: goes from -1e+308 to 1e+308; give a range that can be counted"),
    ({"factors": {}}, "factors: names no factor"),
    ({"sampler": "sobl"}, "sampler: is 'sobl'; it should be 'grid', 'latin_hypercube', 'sobol', 'morris' or 'table'"),
    ({"samples": None}, "samples: is missing; give a whole number: rows of the design"),
    ({"samples": None, "sampler": "grid"}, "samples: is missing; give a whole number: points on every range"),
    ({"samples": 0}, "samples: is 0; it should be at least 1"),
    ({"sample": 3}, "sample: unknown key; did you mean 'samples'?"),
    ({"sampler": "grid", "samples": 10_000, "factors": {PRESSURE: [0, 1], TEXT: [0, 1]}}, "makes 100,000,000 samples; give fewer"),
    ({"seed": -1}, "seed: is -1; it should be at least 0"),
    ({"replicates": 1.5}, "replicates: is 1.5; give a whole number"),
    ({"scenario": "waic"}, "waic: does not exist; did you mean 'waic2025'?"),
    ({"sampler": "table"}, "table: is missing; name the .csv that has a column per factor"),
    ({"sampler": "table", "table": "nowhere.csv", "factors": None}, "leave it out: the table has them"),
    ({"sampler": "table", "table": "nowhere.csv", "factors": None, "samples": None}, "table: there is no file 'nowhere.csv'"),
    ({"sampler": "table", "samples": None, "table": "points.csv"}, "factors: do not go with sampler = 'table'; leave them out: the columns of the table are the factors"),
    ({"table": "points.csv"}, "table: does not go with sampler = 'latin_hypercube'; write sampler = 'table'"),
])  # fmt: skip
def test_what_is_wrong_with_a_design_is_told_in_one_line(given: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        planned(**given)
    assert words in str(caught.value)


@pytest.mark.parametrize("text, words", [
    ("", "has no rows"),
    ("0.5\n", "points.csv has nothing for bargaining.protocol in line 2; fill every cell"),
    ("0.5,nash\nhigh,nash\n", f"points.csv mixes kinds of values under {PRESSURE}; give values of one kind"),
    ("0.5,nash\n0.7,nsh\n", "there is no protocol 'nsh'"),
    *[(f'0.5,nash\n{cell},nash\n', f"points.csv has {shown} for {PRESSURE} in line 3; give a finite number, a word, a date, or true or")
      for cell, shown in [("nan", "nan"), ("-inf", "-inf"), ("2025-07-26T00:00:00", "2025-07-26T00:00:00"), ("10:00:00", "10:00:00"),
                          ('"{ mean = 1, sd = 1 }"', "{ mean = 1, sd = 1 }"), ("[1]", "[1]")]],
])  # fmt: skip
def test_what_is_wrong_with_a_table_is_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "points.csv").write_text(f"{PRESSURE},bargaining.protocol\n{text}")
    (tmp_path / "table.toml").write_text('scenario = "waic2025"\nsampler = "table"\ntable = "points.csv"\n')
    with pytest.raises(InputError) as caught:
        read_plan(tmp_path / "table.toml")
    assert words in str(caught.value)


def test_a_table_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(f"{PRESSURE},{PRESSURE}\n1,2\n")
    with pytest.raises(InputError, match=f"points.csv has two columns {PRESSURE}; keep one of them"):
        read_plan({"scenario": "waic2025", "sampler": "table", "table": str(tmp_path / "points.csv")})


def test_ranges_may_be_tuples_and_numbers_of_numpy() -> None:
    given = {PRESSURE: (0, 2), TEXT: [np.float64(0.0), np.float64(0.5)]}
    assert planned(factors=given).factors == {PRESSURE: Range(low=0, high=2), TEXT: Range(low=0, high=0.5)}


def test_a_table_of_states_is_named_from_the_folder_of_the_design(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    data = Path(str(resources.files("waico.scenarios"))) / "data" / "nations.csv"
    (own / "mine.csv").write_bytes(data.read_bytes())
    path = own / "design.toml"
    path.write_text('scenario = "waic2025"\nsampler = "grid"\n[factors]\n"nations.table" = { values = ["mine.csv"] }\n')
    monkeypatch.chdir(tmp_path)
    assert read_plan(path).samples["nations.table"].tolist() == [str(own / "mine.csv")]


def test_a_shock_to_a_factor_is_told() -> None:
    path = next(shock.path for shock in waico.load_scenario("waic2025").shocks)
    value = lookup(waico.load_scenario("waic2025"), path)
    assert planned(sampler="grid", samples=None, factors={path: {"values": [value]}}).notes == [
        f"note: a shock sets {path} too, so that the factor {path} may count only until then"
    ]
    assert planned().notes == []


@pytest.mark.extra
@pytest.mark.parametrize("values", [2, 3, 4, 5])
def test_a_morris_design_meets_all_values_equally_often(values: int) -> None:
    """On the grid of its levels; of the trajectories, drawn at random, each is met."""
    pytest.importorskip("SALib")
    factors = {PRESSURE: {"values": [float(value) for value in range(values)]}, TEXT: [0.0, 0.9]}
    plan = planned(sampler="morris", samples=40, factors=factors)
    levels = plan.design.levels
    every = plan.factors[PRESSURE].at(np.linspace(0.0, 1.0, levels))
    assert np.unique(every, return_counts=True)[1].tolist() == [levels // values] * values
    assert set(plan.samples[PRESSURE]) == set(map(float, range(values)))
    steps = np.abs(np.diff(plan.unit.reshape(40, 3, 2), axis=1)).max(axis=2)
    assert np.allclose(steps, levels / (2 * (levels - 1)))


@pytest.mark.extra
def test_points_of_other_versions_are_refused() -> None:
    pytest.importorskip("SALib")
    plan = planned(sampler="sobol")
    changed = replace(plan, samples=plan.samples * 0.999)
    with pytest.raises(InputError, match="were drawn by another version of SciPy or SALib"):
        _ = changed.unit


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(ends=st.tuples(numbers, numbers).filter(lambda ends: ends[0] < ends[1]), unit=st.lists(st.floats(0, 1), min_size=1))
def test_values_lie_in_their_range(ends: tuple[float, float], unit: list[float]) -> None:
    found = Range(low=ends[0], high=ends[1]).at(np.array(unit))
    assert ((found >= ends[0]) & (found <= ends[1])).all()


@given(low=st.integers(1, 50), size=st.integers(1, 50), scale=st.sampled_from(["linear", "log"]), unit=st.floats(0, 1))
def test_whole_numbers_stay_whole_and_in_range(low: int, size: int, scale: Any, unit: float) -> None:
    found = Range(low=low, high=low + size, scale=scale).at(np.array([0.0, unit, 1.0]), whole=True)
    assert found.dtype == np.int64
    assert (found[0], found[2]) == (low, low + size)
    assert low <= found[1] <= low + size
