"""Simpler predictions: what they are fitted on, and by hand where that can be done."""

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="needs the extra `analysis`")

from waico.agents import Setting
from waico.analysis.history.baselines import BASELINES, Sample, baselines, samples
from waico.analysis.history.cases import CASES, accessions
from waico.analysis.history.episodes import PAYOFF
from waico.negotiation.terms import ALIGNMENT
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra


def sample(joined: list[int], seed: int = 0) -> Sample:
    """A case with an alignment and three covariates drawn at random."""
    drawn = np.random.default_rng(seed).normal(size=(len(joined), 4))
    return Sample(drawn[:, 0], drawn[:, 1:], np.array(joined, dtype=bool))


def to_tell(alignment: list[float], covariates: list[list[float]]) -> Sample:
    """States whose accession is asked for; that nobody joined is not looked at."""
    return Sample(np.array(alignment), np.array(covariates), np.zeros(len(alignment), dtype=bool))


def test_the_base_rate_is_the_mean_of_the_other_cases() -> None:
    history = {"a": sample([1, 0, 0, 0]), "b": sample([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), "c": sample([1, 1])}
    for name, rate in {"a": (0.3 + 1.0) / 2, "c": (0.25 + 0.3) / 2, "new": (0.25 + 0.3 + 1.0) / 3}.items():
        np.testing.assert_allclose(baselines(name, sample([0] * 5), history)["base_rate"], [rate] * 5)


def test_without_covariates_a_logit_is_the_mean_of_the_log_odds_of_cases_whatever_their_size() -> None:
    """Shares of 1/4 and 1/2 have log odds of -ln 3 and 0: the mean is that of odds of 1 to the root of 3."""
    history = {"a": sample([1, 0, 0, 0]), "b": sample([1, 0] * 50)}
    flat = {
        name: Sample(np.zeros_like(case.alignment), np.zeros_like(case.covariates), case.joined) for name, case in history.items()
    }
    told = baselines("new", to_tell([1.0] * 2, [[1.0] * 3] * 2), flat)
    np.testing.assert_allclose(told["base_rate"], [0.375] * 2)
    for name in ("alignment", "static_logit"):
        np.testing.assert_allclose(told[name], [1.0 / (1.0 + np.sqrt(3.0))] * 2, atol=2e-3, err_msg=name)


def test_a_logit_finds_the_slope_that_made_the_sample() -> None:
    """8000 states join with a slope of 1.5 on the first covariate, -1 on the second; the ridge hardly shrinks it."""
    draws = np.random.default_rng(5)
    x = draws.normal(size=(8000, 3))
    joined = draws.random(8000) < 1.0 / (1.0 + np.exp(-(1.5 * x[:, 0] - x[:, 1])))
    found = baselines("new", to_tell([0.0, 1.0, 0.0], np.eye(3).tolist()), {"a": Sample(-x[:, 0], x, joined)})
    p, by_alignment = found["static_logit"], found["alignment"]
    np.testing.assert_allclose(np.log(p / (1.0 - p)), [1.5, -1.0, 0.0], atol=0.15)
    assert by_alignment[0] == by_alignment[2] > by_alignment[1]


def test_alignment_sees_alignment_alone() -> None:
    history = {"a": sample([1, 0, 1, 1, 0, 0, 1, 0])}
    one, other = (baselines("b", to_tell([0.5], [[0.5, x, -x]]), history) for x in (0.0, 3.0))
    assert one["alignment"] == other["alignment"]
    assert one["static_logit"] != other["static_logit"]


def test_the_case_held_out_does_not_change_its_own_baseline() -> None:
    history = dict(samples())
    told = history["aiib"]
    turned = history | {"aiib": told._replace(joined=~told.joined)}
    own, elsewhere = (baselines("aiib", told, given) for given in (history, turned))
    for name in BASELINES:
        np.testing.assert_array_equal(own[name], elsewhere[name])
        assert (baselines("gpai", told, history)[name] != baselines("gpai", told, turned)[name]).any()


@pytest.mark.parametrize("name", CASES)
def test_samples_are_the_scored_states_of_the_cases(name: str) -> None:
    case, found = CASES[name], samples()[name]
    setting = Setting.of(load_scenario(case.scenario))
    body = setting.scenario.institutions[setting.bodies.index(name)]
    out = {body.sponsor, body.rival} | {
        code for code, nation in setting.scenario.nations.overrides.items() if name in nation.forced
    }
    states = [code for code in setting.codes if code not in out]
    assert found.covariates.shape == (len(states), len(PAYOFF) - 1)   # all but peers, which take a course of events
    aligned = dict(zip(setting.codes, setting.standing[ALIGNMENT, :, setting.bodies.index(name)], strict=True))
    assert found.alignment.tolist() == [aligned[code] for code in states]
    assert {code for code, joined in zip(states, found.joined, strict=True) if joined} == set(accessions(case).index) - out
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
