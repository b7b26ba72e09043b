"""Whether probabilities mean what they say: bins and recalibration against cases of which the truth is known."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")
pytest.importorskip("statsmodels", reason="needs the extra `analysis`")

from waico.analysis.history import plots
from waico.analysis.history.hindcast import Hindcast
from waico.analysis.history.leave_out import held_out, skill_table
from waico.analysis.history.reliability import ALL, recalibration, reliability
from waico.analysis.history.sealed import EARLIER, LATER, Sealed, against, read_sealed
from waico.analysis.plots import title_in_words
from waico.scenarios.errors import InputError

pytestmark = pytest.mark.extra


def told(p: Any, joined: Any) -> Hindcast:
    """A hindcast of which only the states matter."""
    states = pd.DataFrame({"iso3": [f"S{number}" for number in range(len(p))], "probability": p, "observed": joined})
    return cast("Hindcast", SimpleNamespace(states=states, until=date(2020, 1, 1)))


def drawn(slope: float, intercept: float, n: int = 4000) -> Hindcast:
    """States that join with a probability whose logit is a stretched and shifted one of that which is told."""
    rng = np.random.default_rng(5)
    logit = rng.normal(0.0, 1.5, n)
    return told(1.0 / (1.0 + np.exp(-logit)), rng.random(n) < 1.0 / (1.0 + np.exp(-(intercept + slope * logit))))


def shifted(rng: np.random.Generator, level: float, n: int) -> Hindcast:
    """States of a case of which more or fewer join than was told."""
    logit = rng.normal(0.0, 1.0, n)
    return told(1.0 / (1.0 + np.exp(-logit)), rng.random(n) < 1.0 / (1.0 + np.exp(-(level + logit))))


def test_bins_are_counted_by_hand() -> None:
    found = {"a": told([0.05, 0.05, 0.95, 1.0], [False, True, True, True])}
    table = reliability(found)
    one = table[table["case"] == "a"]
    assert one[["n", "predicted", "observed"]].to_numpy().tolist() == [[2, 0.05, 0.5], [2, pytest.approx(0.975), 1.0]]
    assert one["low"].tolist() == pytest.approx([0.0945, 0.3424], abs=1e-4)   # Wilson's interval of 1 and 2 of 2
    assert table[table["case"] == ALL]["n"].sum() == 4


@pytest.mark.parametrize(("slope", "intercept"), [(1.0, 0.0), (1.6, -0.5), (0.6, 0.4)])
def test_recalibration_finds_how_predictions_were_bent(slope: float, intercept: float) -> None:
    """4,000 states and a fixed seed; a correct 95% interval would miss in one of twenty."""
    row = recalibration({"a": drawn(slope, intercept)}).iloc[0]
    assert row["slope_low"] < slope < row["slope_high"]
    assert row["slope"] == pytest.approx(slope, abs=0.12)


def test_the_level_is_that_shift_of_log_odds_with_which_the_numbers_agree() -> None:
    """By hand: from odds of 1 to odds of 3 for three of four that joined; its error is 1 / sqrt(n p (1 - p)), with the correction n / (n - 1)."""
    row = recalibration({"a": told([0.5] * 8, [True] * 6 + [False] * 2)}).iloc[0]
    assert row["large"] == pytest.approx(np.log(3.0))
    assert row["large_high"] - row["large"] == pytest.approx(1.959964 / np.sqrt(8 * 0.75 * 0.25) * np.sqrt(8 / 7))
    assert np.isnan(row["slope"])


def test_probabilities_stretched_about_one_half_have_the_right_level() -> None:
    """As many join as were expected, though probabilities are too timid."""
    row = recalibration({"a": drawn(1.6, 0.0)}).iloc[0]
    assert row["slope_low"] > 1.0
    assert row["large_low"] < 0.0 < row["large_high"]


def test_clustered_errors_are_those_of_statsmodels() -> None:
    """Its correction has a factor (n - 1) / (n - k) besides that for clusters."""
    import statsmodels.api as sm
    from scipy.stats import t as student

    rng = np.random.default_rng(2)
    found = {name: shifted(rng, level, 300) for name, level in zip("abcde", rng.normal(0.0, 0.7, 5), strict=True)}
    states = pd.concat([one.states.assign(case=name) for name, one in found.items()])
    p = states["probability"].to_numpy(dtype=float)
    logit = np.log(p / (1.0 - p))
    groups = np.column_stack([pd.factorize(states[name])[0] for name in ("iso3", "case")])
    fit = sm.Logit(states["observed"].astype(float).to_numpy(), sm.add_constant(logit)).fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    row = recalibration(found).set_index("case").loc[ALL]
    n = len(states)
    expected = student.ppf(0.975, 4) * fit.bse[1] / np.sqrt((n - 1) / (n - 2))
    assert row["slope_high"] - row["slope"] == pytest.approx(expected, rel=0.01)


def test_intervals_over_cases_that_differ_in_level_hold_the_truth() -> None:
    """Five cases whose levels are draws with sd 1: of 100 such histories, 95% intervals hold their mean of 0 in about 95."""
    rng = np.random.default_rng(11)
    held = []
    for _ in range(100):
        row = recalibration({name: shifted(rng, level, 100) for name, level in zip("abcde", rng.normal(0.0, 1.0, 5), strict=True)}).iloc[-1]
        held.append(row["large_low"] < 0.0 < row["large_high"])
    assert 85 <= sum(held) <= 100


def test_states_that_recur_do_not_narrow_the_error() -> None:
    """Two cases alike: the same error as of one, by Student's t with one degree of freedom."""
    one = drawn(1.0, 0.0, 300)
    table = recalibration({"a": one, "b": one}).set_index("case")
    width = table["slope_high"] - table["slope_low"]
    assert width[ALL] / 12.7062 == pytest.approx(width["a"] / 1.959964, rel=0.02)


@pytest.mark.parametrize("joined", [[True] * 4, [False] * 4])
def test_where_all_are_alike_nothing_can_be_fitted(joined: list[bool]) -> None:
    row = recalibration({"a": told([0.2, 0.4, 0.6, 0.8], joined)}).iloc[0]
    assert np.isnan(row[["slope", "large", "slope_low", "large_high"]].astype(float)).all()


@pytest.mark.parametrize(
    ("slope", "intercept", "says"),
    [(1.6, -0.5, r"Over 1 case, probabilities are too timid \(slope .*\) and too high \(log odds off by -"), (0.6, 0.4, r"Over 1 case, probabilities are too extreme \(slope .*\) and too low \(log odds off by 0"),
     (1.0, 0.0, r"Over 1 case, probabilities are neither too timid nor too extreme beyond chance \(.*\) and neither too high nor too low beyond chance \(")],
)  # fmt: skip
def test_the_title_says_how(slope: float, intercept: float, says: str) -> None:
    found = {"a": drawn(slope, intercept)}
    title = title_in_words(plots.calibration(reliability(found), recalibration(found)).to_dict())
    assert re.match(says, title)


def test_skill_needs_no_refit() -> None:
    found = held_out(2)
    table = skill_table(found)
    assert table["case"].tolist() == list(found)
    assert table["observed"].tolist() == [int(one.states["observed"].sum()) for one in found.values()]
    assert title_in_words(plots.skill(table).to_dict()).startswith("Who joins a body the model was not fitted to")


@pytest.mark.parametrize(
    ("gains", "says"),
    [({"aiib": (0.1, 0.2), "gpai": (-0.1, 0.1), "coe_ai_convention": (-0.2, -0.1)},
      "of 3 cases better in 1 (aiib), worse in 1 (coe ai convention), neither in 1"),
     ({"gpai": (-0.1, 0.1)}, "of 1 cases better in 0, worse in 0, neither in 1")],
)  # fmt: skip
def test_the_title_tells_a_gain_from_a_tie_and_a_loss(gains: Any, says: str) -> None:
    low, high = zip(*gains.values(), strict=True)
    known = {"observed": 9, "mean": 8.0, "q05": 1.0, "q95": 20.0, "auc": 0.8, "auc_low": 0.7, "auc_high": 0.9, "auc_static_logit": 0.7, "auc_alignment": 0.6}
    table = pd.DataFrame({"case": list(gains), "gain_low": low, "gain_high": high}).assign(**known)
    assert title_in_words(plots.skill(table).to_dict()).endswith(f"ranked beside a static logit: {says}")


@pytest.mark.parametrize(
    ("made", "until", "says"),
    [("2026-08-30", "2026-08-31", "Made on 2026-08-30, before the day it is for. "),
     ("2026-08-31", "2026-08-31", "Made on 2026-08-31, on the day it is for: what speaks for it is that nothing later than the freeze date went in, "),
     ("2026-09-01", "2026-08-31", "Made on 2026-09-01, after the day it is for: what speaks for it is that nothing later than the freeze date went in, ")],
)  # fmt: skip
def test_a_forecast_says_whether_it_was_made_before_its_day(made: str, until: str, says: str) -> None:
    known = read_sealed(EARLIER)
    assert says in Sealed({**known.record, "made": made, "until": until}, known.states, known.seal, known.superseded).in_words()


def test_seals_that_were_replaced_are_told() -> None:
    earlier, later = read_sealed(EARLIER), read_sealed(LATER)
    assert earlier.superseded["made"].tolist() == ["2026-11-25"]
    assert f"It took the place of `{earlier.superseded['seal'][0]}`, made on 2026-11-25: " in earlier.in_words()
    assert "took the place" not in later.in_words()


def test_a_forecast_without_a_set_or_a_commit_says_what_it_has() -> None:
    known = read_sealed(LATER)
    record = {**known.record, "coefficients": {"set": None}, "versions": {**known.record["versions"], "commit": None}}
    assert "and the priors of its coefficients; 2000 replicates, seed 1, waico 0.1.0. Made" in Sealed(record, known.states, "", known.superseded).in_words()


def test_the_bundled_forecast_is_read_and_says_what_counts_against_it(tmp_path: Any) -> None:
    sealed = read_sealed(LATER)
    assert sealed.seal in sealed.in_words()
    table = against(sealed.record)
    assert list(table.columns) == ["what", *sealed.record["institutions"]]
    for name in ("SEAL", "forecast.json", "states.csv"):
        (tmp_path / name).write_bytes((LATER / name).read_bytes())
    (tmp_path / "states.csv").write_bytes((LATER / "states.csv").read_bytes() + b"\n")
    with pytest.raises(InputError, match="holds no forecast whose seal holds"):
        read_sealed(tmp_path)
