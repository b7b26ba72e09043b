"""Coefficients from history: what the file holds, that scenarios draw from it, and that the bundled sets are up to date."""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scoringrules", reason="needs the extra `analysis`")

from waico.agents import Setting
from waico.agents.draws import Draws
from waico.analysis.history.calibrate import Calibration, bundled_sets, calibrate
from waico.analysis.history.cases import CASES
from waico.analysis.history.episodes import ESTIMATED
from waico.negotiation.coefficients import draw_coefficients
from waico.scenarios.coefficients import FOLDER, bundled_coefficients
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import COEFFICIENTS

pytestmark = pytest.mark.extra


@cache
def fitted(name: str) -> Calibration:
    return calibrate(bundled_sets()[name])


def stored(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def test_there_is_a_set_of_all_cases_and_one_without_each() -> None:
    assert bundled_coefficients() == sorted(["history", *(f"without_{name}" for name in CASES)])


@pytest.mark.parametrize(
    "name", ["history", *(pytest.param(f"without_{name}", marks=pytest.mark.slow) for name in CASES)]
)
def test_bundled_sets_are_up_to_date(name: str) -> None:
    """Made by `python -m waico.analysis.history.calibrate`; other versions of NumPy may move the last digits."""
    now, then = tomllib.loads(fitted(name).to_toml()), stored(name)
    assert then.pop("made") <= date.today()
    assert now.keys() == then.keys()
    for key in ("cases", "until", "accessions_sha256", "before"):
        assert now[key] == then[key]
    for coefficient, prior in then["decision"].items():
        if coefficient != "correlation":
            assert now["decision"][coefficient] == pytest.approx(prior, abs=0.02)
    for body, skill in then["skill"].items():
        assert now["skill"][body] == pytest.approx(skill, abs=0.02)


def test_a_scenario_draws_what_was_estimated() -> None:
    """Means over 4000 draws lie within 4 standard errors of the estimate where no bound cuts them: 1 in 1000 for ten of them."""
    content = stored("history")["decision"]
    setting = Setting.of(load_scenario("waic2025"))
    drawn = [draw_coefficients(setting, Draws(1, replicate)) for replicate in range(4000)]
    for name in ("b0", *ESTIMATED):
        if "lower" not in content[name]:
            values = np.array([each[name][0] for each in drawn])
            assert abs(values.mean() - content[name]["mean"]) < 4 * content[name]["sd"] / np.sqrt(4000), name
            assert values.std() == pytest.approx(content[name]["sd"], rel=0.06), name
    pair = np.corrcoef([each["b_capacity"][0] for each in drawn], [each["b_need"][0] for each in drawn])[0, 1]
    assert pair == pytest.approx(content["correlation"]["b_capacity"]["b_need"], abs=0.05)


def test_a_new_body_differs_from_the_mean_as_bodies_do() -> None:
    found = fitted("history").found
    for place, name in enumerate((*ESTIMATED, "b0")):
        both = np.hypot(found.spread[place], found.error[place])
        assert fitted("history").priors()[name]["sd"] == pytest.approx(both, abs=1e-3)


def test_correlations_go_together() -> None:
    for name in bundled_coefficients():
        decision = load_scenario("waic2025", {"coefficients": name} if name == "history" else None).decision
        assert np.linalg.eigvalsh(decision.correlation_matrix()).min() > 0
        assert set(stored(name)["decision"]["correlation"]) <= set(COEFFICIENTS)


def test_every_estimate_is_surer_than_its_prior() -> None:
    content = stored("history")
    assert all(content["standard_error"][name] < before["sd"] for name, before in content["before"].items())


def test_a_case_left_out_changes_nothing_it_should_not() -> None:
    assert fitted("without_aiib").cases == tuple(name for name in CASES if name != "aiib")
    deadline = fitted("without_aiib").priors()["b_deadline"]
    assert deadline == pytest.approx({"mean": 2.0, "sd": np.hypot(2.0, 1.0)}, abs=0.05)   # no other case has a deadline


@pytest.mark.parametrize(("names", "said"), [
    (["aib"], "--cases: there is no case 'aib'; did you mean 'aiib'?"),
    ([], "--cases: names no case; give some of aiib, belt_and_road, military_ai_declaration, gpai, coe_ai_convention"),
])  # fmt: skip
def test_wrong_cases_are_refused(names: list[str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        calibrate(names)
    assert str(caught.value) == said


def test_a_file_made_by_hand_of_one_case_serves_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(calibrate(["coe_ai_convention"]).to_toml(date(2026, 1, 1)), encoding="utf-8")
    (tmp_path / "study.toml").write_text('extends = "waic2025"\ntitle = "t"\ncoefficients = "mine.toml"\n', encoding="utf-8")
    scenario = load_scenario(tmp_path / "study.toml")
    assert scenario.decision.b_align != load_scenario("waic2025").decision.b_align
    assert scenario.coefficients.endswith("mine.toml")
