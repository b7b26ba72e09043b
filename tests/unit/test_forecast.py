"""Forecasts: worked numbers of what they are made from, and what must hold of any."""

import hashlib
import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

pytest.importorskip("sklearn", reason="needs the extra `analysis`")

from waico.analysis.history.attribution import Arm, arms, counted, mean_of, owed, share_of_variance
from waico.analysis.history.episodes import ASSUMED, ESTIMATED
from waico.analysis.history.forecast import Forecast, forecast, jeffreys, runs_of, source_of
from waico.analysis.history.seal import read, replay, verify, write
from waico.runs.run import run
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import Prior, Scenario

pytestmark = pytest.mark.extra

DAY = date(2026, 8, 31)
STATES = ["BRA", "CHN", "DEU", "FRA", "IND", "JPN", "KEN", "KOR", "QAT", "RUS", "USA", "ZAF"]


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("waic2025", {"nations.subset": STATES})


@pytest.fixture(scope="module")
def found(scenario: Scenario) -> Forecast:
    return forecast(scenario, until=DAY, seed=1, replicates=6, term_replicates=2)


def test_mean_of_what_is_drawn() -> None:
    """The half normal has mean sqrt(2 / pi)."""
    assert mean_of(Prior(mean=0.0, sd=1.0, lower=0.0)) == pytest.approx(math.sqrt(2 / math.pi))
    assert mean_of(Prior(mean=0.3, sd=1.0)) == 0.3
    assert mean_of(Prior(mean=0.3, sd=0.0, lower=0.0)) == 0.3
    assert mean_of(2) == 2.0


def test_every_term_is_moved_and_dropped_but_the_intercept_only_moved(scenario: Scenario) -> None:
    changes: dict[str, list[str]] = {}
    for arm in arms(scenario):
        changes.setdefault(arm.coefficient, []).append(arm.change)
    assert changes[""] == ["fixed", "other_noise"]
    assert changes["b0"] == ["up", "down"]
    fixed = {"s_u", "credibility"}   # numbers, which have no sd to be moved by
    assert all(changes[name] == ["dropped"] for name in fixed)
    assert "b_size" not in changes   # 0 as it is
    assert all(changes[name] == ["up", "down", "dropped"] for name in {*ESTIMATED, *ASSUMED} - fixed - {"b_size"})


def test_arms_differ_from_the_scenario_in_one_coefficient(scenario: Scenario) -> None:
    before = scenario.decision.b_need
    assert isinstance(before, Prior)
    told = {arm.change: arm.scenario for arm in arms(scenario) if arm.coefficient == "b_need"}
    up, down = told["up"].decision.b_need, told["down"].decision.b_need
    assert isinstance(up, Prior)
    assert isinstance(down, Prior)
    assert (up.mean - before.mean, before.mean - down.mean) == pytest.approx((before.sd, before.sd))
    assert told["dropped"].decision.b_need == 0.0
    for changed in told.values():
        assert replace(changed, {"decision.b_need": before.model_dump()}) == scenario


def test_what_is_dropped_already_or_fixed_is_not_moved(scenario: Scenario) -> None:
    plain = replace(scenario, {"decision.b_need": 0.0, "decision.b_trade": 0.2})
    changes = {(arm.coefficient, arm.change) for arm in arms(plain)}
    assert "b_need" not in {name for name, _ in changes}
    assert {change for name, change in changes if name == "b_trade"} == {"dropped"}


def test_differences_are_paired() -> None:
    base, changed = np.array([[1, 0], [3, 0]]), np.array([[2, 0], [6, 0]])
    fitted = load_scenario("waic2025")
    told = list(owed([Arm("", "fixed", fitted), Arm("b_need", "up", fitted), Arm("s_u", "dropped", fitted)], [base, changed, base], base, 0))
    assert told[0] == {"coefficient": "b_need", "kind": "estimated", "change": "up", "difference": 2.0, "se": pytest.approx(1.0)}
    assert told[1] == {"coefficient": "s_u", "kind": "assumed", "change": "dropped", "difference": 0.0, "se": 0.0}
    assert len(told) == 2


def test_share_of_variance_by_hand() -> None:
    """Pairs alike: all of it. Every pair of {0, 2} once: none. Of {0, 0}, {2, 2}, {0, 2}, {2, 0} with the first two twice: a third."""
    y = np.array([0, 0, 2, 2])
    assert share_of_variance(y, y, 0)["share"] == 1.0
    assert share_of_variance(y, np.array([0, 2, 0, 2]), 0)["share"] == pytest.approx(0.0)
    third = share_of_variance(np.array([0, 2, 0, 2, 0, 2]), np.array([0, 2, 0, 2, 2, 0]), 0)
    assert third["share"] == pytest.approx(1 / 3)
    assert share_of_variance(np.array([3, 3]), np.array([3, 3]), 0) == {"share": None, "low": None, "high": None}


def test_share_of_variance_finds_the_truth() -> None:
    """A shared part with variance 9 and parts of their own with variance 1: 0.9."""
    rng = np.random.default_rng(1)
    shared, one, other = 3000 * rng.normal(size=4000), *(1000 * rng.normal(size=(2, 4000)))
    told = share_of_variance((shared + one).astype(int), (shared + other).astype(int), 2)
    assert told["share"] == pytest.approx(0.9, abs=0.02)
    assert told["low"] is not None
    assert told["high"] is not None
    assert told["low"] < 0.9 < told["high"]


def test_other_noise_is_that_of_another_replicate(scenario: Scenario) -> None:
    """Where nothing is drawn of coefficients, replicate r with other noise is replicate R + r."""
    fixed = next(arm.scenario for arm in arms(scenario) if arm.change == "fixed")
    shifted = counted([Arm("", "other_noise", fixed)], 1, 3, DAY, 1, None)[0]
    plain = counted([Arm("", "fixed", fixed)], 1, 6, DAY, 1, None)[0]
    assert (shifted == plain[3:]).all()
    assert (plain[:3] != plain[3:]).any()


def test_other_noise_keeps_the_coefficients(scenario: Scenario) -> None:
    """With intercepts far apart, coefficients alone decide who joins."""
    wide = replace(scenario, {"decision.b0": {"mean": -5.0, "sd": 40.0}, "decision.correlation": {}})
    same, other = counted([Arm("", "fixed", wide), Arm("", "other_noise", wide)], 1, 30, DAY, 1, None)
    share = share_of_variance(same[:, 0], other[:, 0], 0)["share"]
    assert share is not None
    assert share > 0.9


def test_counts_are_those_of_the_run(scenario: Scenario, found: Forecast) -> None:
    nations = run(scenario, seed=1, replicates=6, until=DAY).nations
    for body in scenario.institutions:
        rows = nations[(nations["institution"] == body.id) & ~nations["iso3"].isin(["CHN", "USA"])]
        member = rows["status"].isin(["signed", "ratified"])
        counts = member.groupby(rows["replicate"]).sum()
        told = found.institutions[body.id]
        assert (told["states"], told["mean"], told["none"]) == (10, counts.mean(), (counts == 0).mean())
        assert told["distribution"] == {str(n): often for n, often in sorted(counts.value_counts().items())}
        again = counted([Arm("", "fixed", scenario)], 1, 6, DAY, 1, None)[0][:, scenario.institution_ids.index(body.id)]
        assert again.tolist() == counts.tolist()
        states = found.states[found.states["institution"] == body.id].set_index("iso3")["probability"]
        expected = (member.groupby(rows["iso3"]).sum() + 0.5) / 7
        assert states.to_dict() == pytest.approx(expected.to_dict(), abs=1e-6)
        assert states.is_monotonic_decreasing


def test_expected_scores_are_those_against_its_own_runs(scenario: Scenario, found: Forecast) -> None:
    nations = run(scenario, seed=1, replicates=6, until=DAY).nations
    rows = nations[(nations["institution"] == "waico") & ~nations["iso3"].isin(["CHN", "USA"])]
    member = rows.assign(member=rows["status"].isin(["signed", "ratified"])).pivot(index="replicate", columns="iso3", values="member")
    p = found.states[found.states["institution"] == "waico"].set_index("iso3")["probability"]
    brier = ((p.reindex(member.columns) - member) ** 2).mean(axis=1)
    expected = found.institutions["waico"]["expected"]
    assert expected["brier"] == pytest.approx({"median": brier.median(), "q05": brier.quantile(0.05), "q95": brier.quantile(0.95)})
    assert expected["likeliest"]["states"] == p.index.tolist()   # only ten states are told, fewer than twenty
    assert expected["likeliest"]["members"]["median"] == found.institutions["waico"]["median"]


def test_jeffreys_interval() -> None:
    k = np.arange(51)
    low, high = jeffreys(k, 50)
    assert (low[0], high[50]) == (0.0, 1.0)
    assert low == pytest.approx(1.0 - high[::-1])
    truths = np.linspace(0.05, 0.95, 181)
    covered = [binom.pmf(k, 50, p)[(low <= p) & (p <= high)].sum() for p in truths]
    assert np.mean(covered) == pytest.approx(0.9, abs=0.01)


def test_hindsight_is_refused() -> None:
    with pytest.raises(InputError, match=r"fitted on history up to 2025-02-28, after freeze_date 2014-10-23: that is hindsight"):
        source_of(load_scenario("aiib2014"))


def test_the_source_is_named(scenario: Scenario) -> None:
    source = source_of(scenario)
    assert source is not None
    file = Path(__file__).resolve().parents[2] / "scenarios/fitted/history.toml"
    assert (source.name, source.until <= scenario.freeze_date) == ("history", True)
    assert source.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_before_any_case_there_is_no_baseline() -> None:
    """In 2014 no case of history was over; then coefficients can only be the priors of the model."""
    early = load_scenario("aiib2014", {"coefficients": "", "nations.subset": [*STATES, "GBR"]})
    told = forecast(early, until=date(2015, 3, 31), replicates=2)
    assert told.source is None
    assert told.states["static_logit"].isna().all()
    assert told.as_dict()["institutions"]["aiib"]["probabilities"][0]["static_logit"] is None
    assert {row["kind"] for row in told.institutions["aiib"]["terms"]} == {"assumed"}


def test_the_day_of_a_ceremony_counts_to_its_end() -> None:
    """Signatures open with that day; the runs behind the terms end with it, too."""
    convention = load_scenario("coe_ai_convention", {"coefficients": "", "decision.b0": 5.0})
    told = forecast(convention, until=date(2024, 9, 5), replicates=2).institutions["coe_ai_convention"]
    assert told["mean"] > 0.0
    assert told["fixed"]["mean"] > 0.0


def test_progress_counts_all_runs(scenario: Scenario) -> None:
    seen: list[int] = []
    forecast(scenario, until=DAY, replicates=1, on_progress=seen.append)
    assert sum(seen) == runs_of(scenario, 1)


def test_seal_can_be_checked_by_other_means_and_covers_every_byte(found: Forecast, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "forecast"
    seal = write(found, folder, {}, date(2025, 7, 27))
    lines = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in ("forecast.json", "states.csv"))
    assert seal == hashlib.sha256(lines.encode()).hexdigest()
    assert (folder / "SEAL").read_text() == f"{seal}\n"
    assert sorted(path.name for path in folder.iterdir()) == ["SEAL", "forecast.json", "states.csv"]
    assert verify(folder)
    for path in folder.iterdir():
        before = path.read_bytes()
        for position in (0, len(before) // 2, len(before) - 1):
            path.write_bytes(before[:position] + bytes([before[position] ^ 1]) + before[position + 1 :])
            assert not verify(folder)
        path.write_bytes(before + b"\n")
        assert not verify(folder)
        path.unlink()
        assert not verify(folder)
        path.write_bytes(before)
    assert verify(folder)


def test_running_again_finds_what_was_sealed_anew(found: Forecast, tmp_path: Path) -> None:
    write(found, tmp_path, {"rounds.horizon": date(2028, 1, 1)}, date(2025, 7, 27))
    record = read(tmp_path)
    assert record.scenario == found.scenario
    states = tmp_path / "states.csv"
    states.write_text(states.read_text().replace("BRA", "ARG", 1))
    assert replay(tmp_path, record) == {"forecast.json": True, "states.csv": False}


def test_figure_shows_all_runs_and_the_likeliest_states(found: Forecast, tmp_path: Path) -> None:
    pytest.importorskip("altair")
    from waico.analysis.forecast_plots import forecast_figure

    write(found, tmp_path, {}, date(2025, 7, 27))
    spec = forecast_figure(json.loads((tmp_path / "forecast.json").read_text()), found.states, 4).to_dict()
    data = [rows for rows in spec["datasets"].values() if rows]
    shares = [sum(row["share"] for row in rows) for rows in data if "share" in rows[0]]
    assert shares == pytest.approx([1.0, 1.0])
    shown = [[row["iso3"] for row in rows] for rows in data if "iso3" in rows[0]]
    likeliest = [found.institutions[body]["expected"]["likeliest"]["states"][:4] for body in ("waico", "us_coalition")]
    assert sorted(shown) == sorted(likeliest)
