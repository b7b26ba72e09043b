"""Scenario discovery: planted boxes are found, noise is not believed, and what cannot be told is said."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

if find_spec("ema_workbench") is None:   # its import would take seconds from every run of the tests
    pytest.skip("needs the extra `analysis`", allow_module_level=True)

from tests.planted import WORDS, A, B, C, Columns, planted
from waico.analysis import discovery
from waico.analysis.discovery import cart_rules, prim_box
from waico.analysis.outputs import carried_out, indicator
from waico.analysis.regions import Halves, Restriction
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError, NeedsExtra

pytestmark = pytest.mark.extra
CUBE: dict[str, Any] = {A: [0.0, 1.0], B: [0.0, 1.0], C: [0.0, 1.0]}
KINDS = {"values": ["nash", "compromise", "exchange"]}


def regime(where: Callable[[Columns, int], bool]) -> Callable[[Columns, int], Columns]:
    return lambda x, replicate: {"outcome": "binding_regime" if where(x, replicate) else "no_text"}


def make(folder: Path, where: Callable[[Columns, int], bool], samples: int = 600, **design: Any) -> Sweep:
    return planted(folder, {"sampler": "latin_hypercube", "samples": samples, "factors": CUBE, **design}, regime(where))


def corner(x: Columns, replicate: int) -> bool:
    return bool(x[A] < 0.4 and x[B] > 0.5)


def noise(x: Columns, replicate: int) -> bool:
    """A coin that falls on one side in 3 of 10 cases, whatever the factors."""
    key = [int(value * 2**40) for value in x.values() if isinstance(value, float)]
    return bool(np.random.default_rng([*key, replicate]).random() < 0.3)


def test_a_planted_box_is_found(tmp_path: Path) -> None:
    box = prim_box(make(tmp_path, corner), "binding_regime")
    limits: Any = box.limits.set_index("factor")
    assert set(limits.index) == {A, B}
    assert limits.loc[A, "high"] == pytest.approx(0.4, abs=0.03)
    assert limits.loc[B, "low"] == pytest.approx(0.5, abs=0.03)
    assert limits.loc[A, "low"] == -np.inf
    assert limits.loc[B, "high"] == np.inf
    assert (limits["p_value"] < 1e-6).all()
    assert limits.loc[A, "quasi_p_high"] < 1e-6
    assert np.isnan(limits.loc[A, "quasi_p_low"])
    assert min(box.coverage, box.density, box.held_out_density) > 0.95
    assert box.held_out_coverage > 0.85
    assert box.held_out_mass == pytest.approx(0.2, abs=0.06)
    assert box.share == pytest.approx(0.2, abs=0.01)
    assert box.p_value < 1e-6
    high, low = limits.loc[A, "high"], limits.loc[B, "low"]
    assert box.words == f"decision b_need below {high:.3g} and decision b_size above {low:.3g}"
    assert box.note == ""


def test_the_trajectory_goes_from_all_of_the_space_to_the_choice(tmp_path: Path) -> None:
    box = prim_box(make(tmp_path, corner), "binding_regime")
    table: Any = box.trajectory
    assert list(table.columns) == discovery.TRAJECTORY
    first = table.iloc[0]
    assert (first["coverage"], first["mass"], first["dimensions"], first["phi"]) == (1.0, 1.0, 0, 0.0)
    chosen = table.loc[table["chosen"], ["coverage", "density", "held_out_density"]]
    assert chosen.to_numpy().tolist() == [[box.coverage, box.density, box.held_out_density]]
    share, mass = first["density"], table["mass"][1:]
    phi = share * (table["coverage"][1:] - mass) / np.sqrt(share * (1 - share) * mass * (1 - mass))
    np.testing.assert_allclose(table["phi"][1:], phi)


def test_a_box_of_words_and_of_few_numbers(tmp_path: Path) -> None:
    def where(x: Columns, replicate: int) -> bool:
        return bool(x[WORDS] != "nash" and x[A] > 0.3)

    sweep = make(tmp_path, where, factors={A: [0.0, 1.0], WORDS: KINDS, B: {"values": [1, 2, 3]}})
    limits: Any = prim_box(sweep, "binding_regime").limits.set_index("factor")
    assert set(limits.index) == {A, WORDS}
    assert set(limits.loc[WORDS, "values"]) == {"compromise", "exchange"}
    assert limits.loc[A, "low"] == pytest.approx(0.3, abs=0.03)
    rule: Any = cart_rules(sweep, "binding_regime").table.iloc[0]
    assert rule["words"].startswith("decision b_need above ")
    assert rule["words"].count("bargaining protocol is ") == 1
    assert "nash" not in rule["words"]
    assert min(rule["density"], rule["held_out_density"]) > 0.9


def test_rules_of_a_tree(tmp_path: Path) -> None:
    rules = cart_rules(make(tmp_path, corner), "binding_regime")
    assert list(rules.table.columns) == discovery.RULES
    best: Any = rules.table.iloc[0]
    assert best["dimensions"] == 2
    assert min(best[["coverage", "density", "held_out_coverage", "held_out_density"]]) > 0.9
    assert best["p_value"] < 1e-6
    assert rules.note == ""


def test_one_word_of_three_by_a_tree(tmp_path: Path) -> None:
    sweep = make(tmp_path, lambda x, _: x[WORDS] == "exchange", samples=120, factors={A: [0.0, 1.0], WORDS: KINDS})
    table: Any = cart_rules(sweep, "binding_regime").table
    assert table["words"].tolist() == ["bargaining protocol is exchange"]
    assert table.loc[0, ["coverage", "density", "held_out_coverage", "held_out_density"]].tolist() == [1.0] * 4


def test_noise_is_not_believed(tmp_path: Path) -> None:
    """Twenty splits of a sweep of pure noise.

    The search shows a density above the base rate on its own half, but on the other one none: on the mean of the boxes
    found it is within 0.03, and of 400 samples a single one is within 0.07 (three standard errors). At 5% each, five
    boxes or more are confirmed in 3 of 1,000 such tests.
    """
    sweep = make(tmp_path, noise, samples=800)
    boxes = [prim_box(sweep, "binding_regime", seed=seed) for seed in range(20)]
    found = [box for box in boxes if box.words]
    assert sum(box.note == "" for box in boxes) <= 4
    doubted = [box for box in boxes if box.p_value > 0.05 or not box.words]
    assert all(box.note.startswith(("no box does better", "not confirmed")) for box in doubted)
    assert len(found) > 5
    assert all(box.density > box.trajectory["density"][0] for box in found)
    excess = [box.held_out_density - box.held_out_share for box in found]
    assert abs(np.mean(excess)) < 0.03
    assert np.max(np.abs(excess)) < 0.07


def test_replicates_stay_with_their_sample_and_common_draws_are_no_noise(tmp_path: Path) -> None:
    """Half of the draws never let it happen; in the other half it does where the box is."""
    sweep = make(tmp_path, lambda x, replicate: replicate % 2 == 0 and x[A] < 0.5, samples=100, replicates=4)
    halves = Halves.of(sweep, sweep.runs, indicator(sweep.runs, "binding_regime"), seed=0)
    assert set(halves.sample[halves.first]).isdisjoint(halves.sample[~halves.first])
    assert halves.first.sum() == 200
    box = prim_box(sweep, "binding_regime")
    assert box.limits["factor"].tolist() == [A]
    assert box.density == pytest.approx(0.5, abs=0.03)
    assert box.p_value < 1e-6


def test_samples_drawn_together_stay_together(tmp_path: Path) -> None:
    sweep = make(tmp_path, corner, sampler="sobol", samples=16)
    halves = Halves.of(sweep, sweep.runs, indicator(sweep.runs, "binding_regime"), seed=0)
    assert {each.all() or not each.any() for each in halves.first.reshape(16, 5)} == {True}
    assert halves.first.sum() == 40


def test_test_on_samples_agrees_with_fisher(tmp_path: Path) -> None:
    """For one replicate the test is one of a table of two by two; Fisher's is exact, and a little more careful."""
    sweep = make(tmp_path, noise, samples=400)
    halves = Halves.of(sweep, sweep.runs, indicator(sweep.runs, "binding_regime"), seed=0)
    region = [Restriction(A, high=0.35)]
    inside, y = halves.inside(region)[~halves.first], halves.y[~halves.first]
    table: Any = [[(inside & y).sum(), (inside & ~y).sum()], [(~inside & y).sum(), (~inside & ~y).sum()]]
    exact = fisher_exact(table, alternative="greater")
    assert halves.p_value(region, held_out=True) == pytest.approx(exact.pvalue, abs=0.06)


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    def first(x: Columns, replicate: int) -> bool:
        return replicate == 0

    one: Any = {"samples": 50, "replicates": 2, "factors": {A: {"values": [1]}}}
    notes = {
        "no_text always happens": (make(tmp_path / "always", lambda *_: False, samples=50), "no_text"),
        "binding_regime never happens": (make(tmp_path / "never", lambda *_: False, samples=50), "binding_regime"),
        "too few samples: 20 are needed to find and 20 to check": (make(tmp_path / "few", corner, 30), "no_text"),
        "no factor varies": (make(tmp_path / "one", first, **one), "no_text"),
        "no box does better than all of the space": (make(tmp_path / "flat", first, 50, replicates=2), "no_text"),
    }  # fmt: skip
    for note, (sweep, outcome) in notes.items():
        box, rules = prim_box(sweep, outcome), cart_rules(sweep, outcome)
        assert box.note == note
        assert rules.note == note.replace("box", "leaf")
        assert (box.words, len(box.limits), len(rules.table)) == ("", 0, 0)
        assert np.isnan([box.coverage, box.density, box.mass, box.held_out_density, box.p_value]).all()
        assert 0.0 <= box.share <= 1.0


def test_in_force_failed_runs_and_unknown_outcomes(tmp_path: Path) -> None:
    def run(x: Columns, replicate: int) -> Columns:
        if x[C] > 0.9:
            return {"error": "impossible"}
        return {"outcome": "thin_body", "day_in_force": 9.0 if x[A] < 0.5 else None}

    sweep = planted(tmp_path, {"sampler": "latin_hypercube", "samples": 200, "factors": CUBE}, run)
    assert len(carried_out(sweep)) == 180
    assert prim_box(sweep, "in_force").limits["factor"].tolist() == [A]
    with pytest.raises(InputError, match="outcome: binding: does not exist; did you mean 'binding_regime'"):
        prim_box(sweep, "binding")


def test_same_seed_same_box(tmp_path: Path) -> None:
    sweep = make(tmp_path, lambda x, r: corner(x, r) or noise(x, r), samples=300)
    one, other = prim_box(sweep, "binding_regime", seed=4), prim_box(sweep, "binding_regime", seed=4)
    pd.testing.assert_frame_equal(one.trajectory, other.trajectory)
    pd.testing.assert_frame_equal(one.limits, other.limits)
    pd.testing.assert_frame_equal(
        cart_rules(sweep, "binding_regime", seed=4).table, cart_rules(sweep, "binding_regime", seed=4).table
    )


@pytest.mark.parametrize("restriction, words", [
    (Restriction(A, high=0.3123), "need below 0.312"),
    (Restriction(A, low=1.2), "need above 1.2"),
    (Restriction(A, low=1.2, high=3.0), "need between 1.2 and 3"),
    (Restriction(A, values=("nash",)), "need is nash"),
    (Restriction(A, values=("a", "b", "c")), "need is a, b or c"),
    (Restriction(A, values=(True,)), "need is True"),
])  # fmt: skip
def test_restrictions_in_words(restriction: Restriction, words: str) -> None:
    assert restriction.in_words("need") == words


@pytest.mark.slow
def test_import_changes_nothing_global() -> None:
    """In a fresh process with warnings as errors: filters, logging, matplotlib and NumPy stay as they were."""
    script = """
import logging, warnings
import matplotlib, numpy as np
state = lambda: (list(warnings.filters), logging.root.level, logging.root.handlers[:], dict(matplotlib.rcParams),
                 np.geterr(), np.random.get_state()[1].tolist())
from waico.analysis.discovery import _prim
before = state()
_prim()
assert state() == before
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    "package, name", [("ema_workbench.analysis", "ema_workbench"), ("sklearn.tree", "scikit-learn")]
)
def test_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, name: str) -> None:
    sweep = make(tmp_path, corner, samples=100)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NeedsExtra, match=rf"scenario discovery: needs {name} \(pip install '.\[analysis\]' in a checkout of waico\)"):
        (prim_box if name == "ema_workbench" else cart_rules)(sweep, "binding_regime")


def test_p_values_are_exact_for_few_samples() -> None:
    """One of 25 samples is inside and alone has the outcome: one arrangement in 25; replicates do not make it rarer."""
    y = np.zeros(25, dtype=bool)
    y[7] = True
    for replicates in (1, 3):
        x = pd.DataFrame({"a": np.repeat(np.arange(25.0), replicates)})
        sample = np.repeat(np.arange(25), replicates)
        halves = Halves(x, np.repeat(y, replicates), sample, np.zeros(len(sample), dtype=bool))
        assert halves.p_value([Restriction("a", 6.5, 7.5)], held_out=True) == pytest.approx(1 / 25)


def test_p_values_hold_their_level_for_rare_outcomes() -> None:
    """1,000 null sweeps of 60 samples of 3 replicates, base rate 5%: at level 0.05 at most 7% may be found (3 standard errors)."""
    rng = np.random.default_rng(5)
    x, sample = pd.DataFrame({"a": np.repeat(np.arange(60.0), 3)}), np.repeat(np.arange(60), 3)
    found = []
    for _ in range(1000):
        rate = np.repeat(rng.beta(0.1, 1.9, 60), 3)
        halves = Halves(x, rng.random(180) < rate, sample, np.zeros(180, dtype=bool))
        found.append(halves.p_value([Restriction("a", -np.inf, 14.5)], held_out=True) < 0.05)
    assert np.mean(found) <= 0.07


def leaves(*p_values: float) -> discovery.Rules:
    rows = [(f"leaf {number}", 1, *[0.5] * 6, p_value) for number, p_value in enumerate(p_values)]
    return discovery.Rules("no_text", 0.4, 0.4, pd.DataFrame(rows, columns=discovery.RULES), "not confirmed: so it is" if min(p_values) > 0.05 else "")


def test_leaves_that_are_not_confirmed_are_counted_and_not_told() -> None:
    told = leaves(0.001, 0.7).in_words("fail")
    assert "leaf 0" in told
    assert "leaf 1" not in told
    assert told.endswith("1 more leaf was not confirmed on samples held out.")
    assert "leaf 1" not in leaves(0.001, 0.04).in_words("fail")   # 0.04 is not enough for one of two
    assert leaves(0.4, 0.7).in_words("fail") == "No leaf in which more runs fail is confirmed: so it is."
    assert "more lea" not in leaves(0.001, 0.002).in_words("fail")
