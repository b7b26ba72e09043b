"""Coefficients: draws that hang together as stated, and sets of them that scenarios name."""

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest, norm, spearmanr, truncnorm

import waico
from waico.agents import Setting
from waico.agents.draws import Draws
from waico.cli import _run
from waico.negotiation.coefficients import draw_coefficients
from waico.scenarios.coefficients import FOLDER, bundled_coefficients, read_coefficients
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import COEFFICIENTS, Decision, Prior, Scenario

REPLICATES = 4000
BOUND = 4.0 / math.sqrt(REPLICATES)   # four standard errors of the correlation of independent draws
STARTING = {"coefficients": "", "nations.subset": ["CHN", "DEU", "KEN", "KOR", "USA"], "institutions.waico.named": []}
UNCUT = {f"decision.{name}": {"mean": 0.0, "sd": 1.0} for name in ("b_align", "b_camp", "b_fit", "b_peers", "b_network")}


def drawn(changes: dict[str, Any], replicates: int = REPLICATES) -> dict[str, np.ndarray]:
    """Draws of the first institution by coefficient, (replicates,), from the starting priors and these changes."""
    setting = Setting.of(load_scenario("waic2025", {**STARTING, **changes}))
    rows = [draw_coefficients(setting, Draws(3, replicate)) for replicate in range(replicates)]
    return {name: np.array([row[name][0] for row in rows]) for name in COEFFICIENTS}


# Draws


def test_correlations_of_draws_are_those_stated() -> None:
    stated = {"b_fit": {"b_align": 0.8, "b_camp": -0.5}, "b_align": {"b_peers": 0.3}}
    found = drawn({**UNCUT, "decision.correlation": stated})
    pairs = [("b_fit", "b_align", 0.8), ("b_fit", "b_camp", -0.5), ("b_align", "b_peers", 0.3), ("b_camp", "b_network", 0.0)]
    for first, second, r in pairs:
        error = BOUND * (1.0 - r**2)   # of a sample correlation around r (Fisher 1915)
        assert np.corrcoef(found[first], found[second])[0, 1] == pytest.approx(r, abs=error), (first, second)


def test_correlation_is_that_of_the_normals_below_the_bounds() -> None:
    """The copula's: rank correlation is 6/pi asin(r/2) whatever the bounds (Kruskal 1958)."""
    cut = {"mean": 0.0, "sd": 1.0, "lower": 0.5}
    found = drawn({"decision.b_fit": cut, "decision.b_align": cut, "decision.correlation": {"b_fit": {"b_align": 0.7}}})
    ranks = spearmanr(found["b_fit"], found["b_align"]).statistic
    assert ranks == pytest.approx(6 / math.pi * math.asin(0.35), abs=BOUND)
    assert min(found["b_fit"].min(), found["b_align"].min()) > 0.5


@pytest.mark.parametrize("r", [0.0, 0.9])
def test_each_draw_keeps_the_distribution_of_its_prior(r: float) -> None:
    priors = {"decision.b_fit": {"mean": 0.2, "sd": 0.3, "lower": 0.0}, "decision.b_align": {"mean": 1.0, "sd": 0.5}}
    found = drawn({**priors, "decision.correlation": {"b_fit": {"b_align": r}} if r else {}})
    assert kstest(found["b_fit"], truncnorm(-0.2 / 0.3, np.inf, 0.2, 0.3).cdf).pvalue > 0.001
    assert kstest(found["b_align"], norm(1.0, 0.5).cdf).pvalue > 0.001
    assert found["b_fit"].min() > 0.0


def test_without_correlation_a_draw_is_its_prior_at_its_own_number() -> None:
    found = drawn({}, 5)
    for name in ("b_fit", "b_align"):
        prior = getattr(Decision(), name)
        for replicate in range(5):
            u = Draws(3, replicate).uniform("coefficient", [name], "waico")[0]
            below = 0.0 if prior.lower is None else norm.cdf((prior.lower - prior.mean) / prior.sd)
            expected = prior.mean + prior.sd * norm.ppf(below + (1.0 - below) * u)
            assert found[name][replicate] == pytest.approx(expected, abs=1e-12)


def test_a_correlation_moves_only_the_later_of_its_two_coefficients() -> None:
    before, after = (drawn({"decision.correlation": given}, 5) for given in ({}, {"b_align": {"b_fit": 0.6}}))
    assert [name for name in COEFFICIENTS if (before[name] != after[name]).any()] == ["b_fit"]


def test_a_number_stays_what_it_is() -> None:
    found = drawn({"decision.b_fit": 0.25, "decision.correlation": {"b_fit": {"b_align": 0.9}}}, 20)
    assert set(found["b_fit"]) == {0.25}
    assert set(drawn({"decision.b_fit": {"mean": 0.3, "sd": 0.0, "lower": 0.0}}, 20)["b_fit"]) == {0.3}


def test_institutions_draw_their_own() -> None:
    setting = Setting.of(load_scenario("waic2025", STARTING))
    b0 = np.array([draw_coefficients(setting, Draws(0, replicate))["b0"] for replicate in range(REPLICATES)])
    assert b0.mean(axis=0) == pytest.approx([-4.5, -4.5], abs=4 * 2.0 / math.sqrt(REPLICATES))
    assert abs(np.corrcoef(b0.T)[0, 1]) < BOUND


# Correlations as they are written


@pytest.mark.parametrize(
    ("correlation", "complaint"),
    [
        ({"b_aling": {"b_fit": 0.1}}, "decision.correlation: there is no coefficient 'b_aling'; did you mean 'b_align'?"),
        ({"b_fit": {"s_u": 0.1}}, "decision.correlation.b_fit: there is no coefficient 's_u'; "),
        ({"b_fit": {"b_fit": 1.0}}, "decision.correlation.b_fit.b_fit: is the coefficient itself; give each pair once"),
        (
            {"b_fit": {"b_camp": 0.1}, "b_camp": {"b_fit": 0.2}},
            "decision.correlation.b_fit.b_camp: is given the other way round, too: b_camp.b_fit; give each pair once",
        ),
        ({"b_fit": {"b_camp": 1.5}}, "decision.correlation.b_fit.b_camp: is 1.5; it should be at most 1"),
        (
            {"b_fit": {"b_camp": 0.9, "b_align": 0.9}, "b_camp": {"b_align": -0.9}},
            "decision.correlation: holds pairs that cannot go together; give correlations that one distribution can have",
        ),
        ({"b_fit": {"b_camp": 1.0}}, "decision.correlation: holds pairs that cannot go together"),
    ],
)
def test_correlations_that_cannot_be_are_refused(correlation: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("waic2025", {"decision.correlation": correlation})
    assert str(caught.value).startswith(f"changes: {complaint}")


def test_one_correlation_has_a_path() -> None:
    scenario = load_scenario("waic2025", {"decision.correlation.b_fit.b_align": 0.0, "decision.correlation.b_offer.b_cost": 0.5})
    matrix = scenario.decision.correlation_matrix()
    fit, align, offer, cost = (COEFFICIENTS.index(name) for name in ("b_fit", "b_align", "b_offer", "b_cost"))
    assert (matrix[fit, align], matrix[cost, offer], matrix[offer, cost]) == (0.0, 0.5, 0.5)
    np.testing.assert_array_equal(matrix, matrix.T)


# Sets


PRIOR = "b_fit = { mean = 2.0, sd = 0.5 }"
SET = f"until = 2024-01-31\n[decision]\n{PRIOR}\n"


def own(folder: Path, text: str = "", fitted: str = SET, coefficients: str = "mine.toml") -> Path:
    """A scenario that names a set of coefficients beside it."""
    (folder / "mine.toml").write_text(fitted, encoding="utf-8")
    path = folder / "own.toml"
    path.write_text(f'extends = "waic2025"\ntitle = "own"\ncoefficients = "{coefficients}"\n{text}', encoding="utf-8")
    return path


def complaint(path: Path, changes: dict[str, Any] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        load_scenario(path, changes)
    return str(caught.value)


def priors(scenario: Scenario) -> dict[str, Any]:
    return {name: getattr(scenario.decision, name) for name in COEFFICIENTS}


@pytest.mark.parametrize("name", bundled_coefficients())
def test_bundled_sets_lie_below_the_scenario_and_above_the_schema(name: str) -> None:
    tree, until = read_coefficients(name, "here")
    assert until <= date(2025, 2, 28)
    given = Decision.model_validate(tree["decision"])
    scenario = load_scenario("waic2025", {"coefficients": name})
    assert priors(scenario) == {key: getattr(given, key) for key in COEFFICIENTS}
    assert scenario.decision.correlation == given.correlation != {}
    assert (scenario.decision.b_cost, scenario.decision.s_u) == (Decision().b_cost, Decision().s_u)   # assumed, not estimated


def test_the_bundled_scenario_uses_all_of_history() -> None:
    assert load_scenario("waic2025") == load_scenario("waic2025", {"coefficients": "history"})
    assert load_scenario("waic2025").decision != load_scenario("waic2025", {"coefficients": "without_aiib"}).decision


def test_without_a_set_the_starting_priors_hold() -> None:
    assert load_scenario("waic2025", {"coefficients": ""}).decision == Decision()


def test_a_file_beside_the_scenario_is_a_set(tmp_path: Path) -> None:
    scenario = load_scenario(own(tmp_path))
    assert scenario.decision.b_fit == Prior(mean=2.0, sd=0.5)
    assert scenario.decision.b_align == Decision().b_align   # the set of the scenario that it extends is not mixed in
    assert Path(scenario.coefficients) == tmp_path / "mine.toml"   # so that whoever extends it elsewhere finds it


def test_what_the_scenario_says_itself_lies_above_the_set(tmp_path: Path) -> None:
    above = load_scenario(own(tmp_path, "[decision]\nb_fit = { sd = 0.1 }\nb_cost = 3.0\n"))
    assert (above.decision.b_fit, above.decision.b_cost) == (Prior(mean=2.0, sd=0.1), 3.0)
    child = tmp_path / "child.toml"
    child.write_text('extends = "own.toml"\ntitle = "child"\ncoefficients = "without_aiib"\n')
    assert load_scenario(child).decision.b_cost == 3.0   # said by the scenario that it extends
    assert load_scenario(child, {"decision.b_cost": 4.0}).decision.b_cost == 4.0


def test_a_set_on_the_command_line_replaces_that_of_the_file(tmp_path: Path) -> None:
    path = own(tmp_path)
    assert load_scenario(path, {"coefficients": "history"}).decision == load_scenario("waic2025").decision
    (tmp_path / "other.toml").write_text(SET.replace("2.0", "3.0"))
    assert load_scenario(path, {"coefficients": "other.toml"}).decision.b_fit == Prior(mean=3.0, sd=0.5)


def test_set_works_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["validate", "waic2025", "--set", "coefficients=without_aiib"]) == 0
    assert '"coefficients": "without_aiib"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fitted", "expected"),
    [
        (f"[decision]\n{PRIOR}\n", "mine.toml: until: is missing or no date; give a file that waico calibrate made"),
        (SET.replace("31", "31T08:00:00"), "mine.toml: until: is missing or no date; give a file that waico calibrate made"),
        ("until = 2024-01-31\n", "mine.toml: decision: is missing or no table; give a file that waico calibrate made"),
        ("until = 2024-01-31\ndecision = 3\n", "mine.toml: decision: is missing or no table; give a file that waico calibrate made"),
        (SET.replace("b_fit", "b_fti"), "mine.toml: decision.b_fti: unknown key; did you mean 'b_fit'?"),
        (SET.replace("0.5", "-0.5"), "mine.toml: decision.b_fit.sd: is -0.5; it should be at least 0"),
        ("until = ", "mine.toml: is not valid TOML: Invalid value (at end of document); mend the line"),
    ],
)
def test_a_file_that_is_no_set_is_refused(tmp_path: Path, fitted: str, expected: str) -> None:
    assert complaint(own(tmp_path, fitted=fitted)) == expected


def test_an_unknown_set_is_refused(tmp_path: Path) -> None:
    near = complaint(own(tmp_path, coefficients="histroy"))
    assert near == "own.toml: coefficients: there is no set 'histroy'; did you mean 'history'?"
    none = complaint(own(tmp_path), {"coefficients": 5})
    assert none == f"changes: coefficients: there is no set 5; give one of {', '.join(bundled_coefficients())}"


def test_hindsight_has_to_be_owned_up_to(tmp_path: Path) -> None:
    early = "freeze_date = 2024-01-30\n"
    assert complaint(own(tmp_path, early)) == (
        "own.toml: coefficients: 'mine.toml' was fitted on history up to 2024-01-31, after freeze_date 2024-01-30; "
        "give an earlier fit, or say why under [assumptions]"
    )
    owned = f'{early}[assumptions]\n"coefficients" = "a test by institution"\n'
    assert load_scenario(own(tmp_path, owned)).freeze_date == date(2024, 1, 30)
    on_the_day = load_scenario(own(tmp_path, "freeze_date = 2024-01-31\n"))
    assert on_the_day.decision.b_fit == Prior(mean=2.0, sd=0.5)
    changed = complaint(own(tmp_path), {"freeze_date": date(2024, 1, 30)})
    assert "was fitted on history up to 2024-01-31" in changed   # a change of the date does not go past the check


def test_a_loaded_scenario_takes_no_other_set() -> None:
    with pytest.raises(InputError) as caught:
        replace(load_scenario("waic2025"), {"coefficients": "without_aiib"})
    assert str(caught.value) == (
        "waic2025: coefficients: name the set that was read when the scenario was loaded; give it to load_scenario, or with --set"
    )


def test_every_case_of_history_is_told_by_a_set_without_it() -> None:
    for name in waico.bundled_scenarios():
        scenario = load_scenario(name)
        ids = [each for each in scenario.institution_ids if (FOLDER / f"without_{each}.toml").exists()]
        assert scenario.coefficients == (f"without_{ids[0]}" if ids else "history"), name
