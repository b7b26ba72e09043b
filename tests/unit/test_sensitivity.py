"""Sensitivity indices: closed forms found again by way of a design, its samples, parts on disk and a sweep read."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

pytest.importorskip("SALib", reason="needs the extra `analysis`")

from tests.planted import WORDS, A, B, C, Columns, planted
from waico.analysis.given_data import Classes
from waico.analysis.sensitivity import MEASURES, indices, replicate_noise
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, NeedsExtra

pytestmark = pytest.mark.extra
CUBE = {A: [-np.pi, np.pi], B: [-np.pi, np.pi], C: [-np.pi, np.pi]}


def ishigami(x: Columns, replicate: int) -> Columns:
    """Ishigami & Homma (1990) with a = 7, b = 0.1."""
    return {"depth": np.sin(x[A]) + 7.0 * np.sin(x[B]) ** 2 + 0.1 * x[C] ** 4 * np.sin(x[A])}


def linear(x: Columns, replicate: int) -> Columns:
    """The same slope in every place; C does nothing."""
    return {"depth": 2.0 * x[A] - 0.5 * x[B]}


def of(sweep: Sweep, measure: str = "depth") -> dict[str, Any]:
    """A table by factor for every index."""
    table = indices(sweep, [measure])
    return {str(name): part.set_index("factor") for name, part in table.groupby("index")}


def test_one_measure_need_not_be_a_list(tmp_path: Path) -> None:
    sweep = planted(tmp_path, {"sampler": "sobol", "samples": 64, "factors": CUBE}, linear)
    pd.testing.assert_frame_equal(indices(sweep, "depth"), indices(sweep, ["depth"]))


def test_ishigami_by_sobol(tmp_path: Path) -> None:
    found = of(planted(tmp_path, {"sampler": "sobol", "samples": 4096, "factors": CUBE}, ishigami))
    for name, truth in {"S1": [0.3139, 0.4424, 0.0], "ST": [0.5576, 0.4424, 0.2437]}.items():
        table = found[name].loc[[A, B, C]]
        np.testing.assert_allclose(table["value"], truth, atol=0.01)
        assert ((table["low"] < truth) & (truth < table["high"])).all()
        assert (table["high"] - table["low"] < 0.2).all()


def test_ishigami_by_given_data(tmp_path: Path) -> None:
    """Near the variance between the means of 12 equal classes, by integration, which is below the closed form."""
    found = of(planted(tmp_path, {"sampler": "latin_hypercube", "samples": 2000, "factors": CUBE}, ishigami))["S1"]
    place = np.linspace(-np.pi, np.pi, 120_001)[:-1]
    curves = (1.0 + 0.1 * np.pi**4 / 5.0) * np.sin(place), 7.0 * np.sin(place) ** 2, np.zeros(120_000)
    total = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2 / 0.3139
    classes = [curve.reshape(12, -1).mean(axis=1).var() / total for curve in curves]
    np.testing.assert_allclose(found.loc[[A, B, C], "value"], classes, atol=0.03)
    np.testing.assert_allclose(found.loc[[A, B, C], "value"], [0.3139, 0.4424, 0.0], atol=0.06)


def test_linear_function_by_morris(tmp_path: Path) -> None:
    """Effects over the whole range 2 pi: the slope times it, wherever; their intervals have no width."""
    found = of(planted(tmp_path, {"sampler": "morris", "samples": 10, "factors": CUBE}, linear))
    truth = np.array([4.0 * np.pi, -np.pi, 0.0])
    np.testing.assert_allclose(found["mu"].loc[[A, B, C], "value"], truth, atol=1e-9)
    for column in ("value", "low", "high"):
        np.testing.assert_allclose(found["mu_star"].loc[[A, B, C], column], abs(truth), atol=1e-9)
    np.testing.assert_allclose(found["sigma"]["value"], 0.0, atol=1e-9)
    assert found["sigma"]["note"].str.contains("no interval").all()


def test_delta_of_a_normal_sum(tmp_path: Path) -> None:
    """Y = 2 X1 + X2 of standard normal factors, for which delta is known by integration (Borgonovo 2007)."""
    def normal_sum(x: Columns, replicate: int) -> Columns:
        return {"depth": 2.0 * norm.ppf(x[A]) + norm.ppf(x[B])}

    unit = {path: [1e-6, 1 - 1e-6] for path in (A, B, C)}
    table = of(planted(tmp_path, {"sampler": "latin_hypercube", "samples": 1500, "factors": unit}, normal_sum))
    y, rng = np.linspace(-15, 15, 3001), np.random.default_rng(0)
    density = norm.pdf(y, scale=5**0.5)
    draws = rng.normal(size=2000).tolist()
    truth = [
        np.mean([np.trapezoid(abs(density - norm.pdf(y, weight * x, other)), y) / 2 for x in draws])
        for weight, other in ((2.0, 1.0), (1.0, 2.0))
    ]
    np.testing.assert_allclose(table["delta"].loc[[A, B], "value"], truth, atol=0.04)
    assert abs(table["delta"].loc[C, "value"]) < 0.06   # what nothing has, see `waico.analysis.given_data`
    np.testing.assert_allclose(table["S1"].loc[[A, B, C], "value"], [0.8, 0.2, 0.0], atol=0.06)


def test_factors_in_words_and_of_few_values(tmp_path: Path) -> None:
    """Every value is a class: equal classes would mix words and give less than the whole variance."""
    worth = {"nash": 0.0, "compromise": 3.0, "exchange": 1.0}
    factors = {WORDS: {"values": ["nash", "compromise", "exchange"]}, A: {"values": [0, 1, 5]}}
    design = {"sampler": "latin_hypercube", "samples": 200, "factors": factors}
    found = of(planted(tmp_path / "words", design, lambda x, _: {"depth": worth[x[WORDS]]}))["S1"]
    assert found.loc[WORDS, "value"] == pytest.approx(1.0)
    assert abs(found.loc[A, "value"]) < 0.05
    found = of(planted(tmp_path / "numbers", design, lambda x, _: {"depth": abs(x[A] - 1.0)}))["S1"]
    assert found.loc[A, "value"] == pytest.approx(1.0)


def test_grids_and_tables_are_given_data(tmp_path: Path) -> None:
    grid = {"sampler": "grid", "samples": 12, "factors": {A: [0.0, 1.0], B: [0.0, 1.0]}}
    found = of(planted(tmp_path / "grid", grid, lambda x, _: {"depth": x[A] + 1e-3 * x[B]}))
    assert found["S1"].loc[[A, B], "value"].tolist() == pytest.approx([1.0, 0.0], abs=0.03)


def test_classes_of_a_factor() -> None:
    x = np.repeat([3.0, 1.0], 10)
    assert Classes.of(x, ordered=True).borders(np.arange(20)).tolist() == [0.0, 10.0, 20.0]
    assert not Classes.of(np.arange(20.0), ordered=True).by_value
    assert Classes.of(np.arange(20.0), ordered=False).by_value
    assert Classes.of(x, ordered=True).any_constant(np.repeat([1.0, 2.0], 10))
    assert not Classes.of(x, ordered=True).any_constant(np.tile([1.0, 2.0], 10))


def test_indicators_and_notes(tmp_path: Path) -> None:
    """Each number that is missing says why."""
    def run(x: Columns, replicate: int) -> Columns:
        regime = x[A] > 0.5
        return {
            "outcome": "binding_regime" if regime else "thin_body", "day_in_force": 9.0 if regime else None,
            "breadth_states": x[B] + replicate * (x[A] - 0.5), "fault_line": None if x[B] < 0.1 else x[B],
            "depth": x[A], "agreement": 1.0, "display_gap": x[B],
        }  # fmt: skip

    unit = {A: [0.0, 1.0], B: [0.0, 1.0]}
    design = {"sampler": "latin_hypercube", "samples": 100, "replicates": 2, "factors": unit}
    table = indices(planted(tmp_path, design, run))
    assert tuple(table["measure"].unique()) == MEASURES
    assert (table["value"].notna() | (table["note"] != "")).all()
    by: Any = table.set_index(["measure", "factor", "index"])
    for measure in ("binding_regime", "in_force"):
        assert by.loc[(measure, A, "S1"), "value"] == pytest.approx(1.0, abs=0.05)   # classes end at 0.5
        assert "50% of the samples share one value" in by.loc[(measure, A, "delta"), "note"]
    assert "does not vary" in by.loc[("no_text", A, "S1"), "note"]
    assert "does not vary" in by.loc[("agreement", A, "S1"), "note"]
    assert "missing in 20 of 200 runs; 10 of 100 samples have no run with it" in by.loc[("fault_line", B, "S1"), "note"]
    assert by.loc[("depth", A, "S1"), "noise"] == pytest.approx(0.0, abs=1e-12)
    assert by.loc[("breadth_states", A, "S1"), "noise"] > 0.01


@pytest.mark.parametrize("sampler", ["sobol", "morris"])
def test_designs_that_need_all_samples_say_so(tmp_path: Path, sampler: str) -> None:
    design = {"sampler": sampler, "samples": 8, "factors": CUBE}
    def with_gaps(x: Columns, replicate: int) -> Columns:
        return {"outcome": "no_text", "fault_line": x[A] if x[A] < 0 else None}

    gaps = planted(tmp_path / "gaps", design, with_gaps)
    table: Any = indices(gaps, ["fault_line", "no_text"]).set_index("measure")
    assert table.loc["fault_line", "note"].str.contains(f"{sampler} needs all samples").all()
    assert table.loc["no_text", "note"].str.startswith("does not vary").all()
    with pytest.raises(InputError, match=f"runs that failed, and indices of a {sampler} design need all"):
        indices(planted(tmp_path / "failed", design, lambda x, _: {"error": "no"} if x[A] < 0 else {"depth": 1.0}))
    with pytest.raises(InputError, match=r"has \d+ of \d+ runs; finish it with waico sweep --resume"):
        indices(planted(tmp_path / "part", design, linear, parts=2))
    single = indices(planted(tmp_path / "one", {**design, "samples": 1}, linear), ["depth"])
    assert single["note"].str.contains("one base point|one trajectory").all()


def test_a_measure_that_varies_only_off_the_base_points(tmp_path: Path) -> None:
    rows, design = iter(range(10**6)), {"sampler": "sobol", "samples": 8, "factors": CUBE}
    sweep = planted(tmp_path, design, lambda x, _: {"depth": float(next(rows) == 1)})
    assert indices(sweep, ["depth"])["note"].str.startswith("does not vary").all()


def test_unknown_measure(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="measure: deapth: does not exist; did you mean 'depth'"):
        indices(planted(tmp_path, {"sampler": "morris", "samples": 2, "factors": CUBE}, linear), ["deapth"])


def test_noise_of_replicates() -> None:
    """Effects of samples with variance 4, of replicates, and noise with variance 1 in 4 replicates: 1/4 of 4 + 1/4.

    Over 2,000 samples the estimate is within 10% of that but in one of 1,000 tests.
    """
    rng = np.random.default_rng(3)
    values = 2.0 * rng.normal(size=(2000, 1)) + 5.0 * rng.normal(size=4) + rng.normal(size=(2000, 4))
    assert replicate_noise(values)[0] == pytest.approx(1 / 17, rel=0.1)
    assert np.isnan(replicate_noise(values[:, :1])[0])


@pytest.mark.parametrize("sampler", ["sobol", "morris", "latin_hypercube"])
def test_same_seed_same_table_and_nothing_global_changes(tmp_path: Path, sampler: str) -> None:
    sweep = planted(tmp_path, {"sampler": sampler, "samples": 32, "factors": CUBE}, ishigami)
    before = _state()
    first = indices(sweep, ["depth"])
    assert _state() == before
    pd.testing.assert_frame_equal(first, indices(sweep, ["depth"]))
    assert not first["low"].equals(indices(sweep, ["depth"], seed=1)["low"])


def _state() -> list[Any]:
    state: Any = np.random.get_state()   # noqa: NPY002 (the point of the test)
    return [list(warnings.filters), warnings.formatwarning, logging.root.level, state[1].tolist()]


def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = planted(tmp_path, {"sampler": "latin_hypercube", "samples": 30, "factors": CUBE}, linear)
    monkeypatch.setitem(__import__("sys").modules, "SALib.analyze.delta", None)
    with pytest.raises(NeedsExtra, match=r"sensitivity indices: needs SALib \(pip install '.\[analysis\]' in a checkout of waico\)"):
        indices(sweep, ["depth"])
