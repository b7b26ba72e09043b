"""What `waico.run` refuses, and how its result shows itself."""

from datetime import date
from typing import Any

import pytest

import waico

SOON = date(2025, 12, 31)


@pytest.mark.parametrize(("changed", "complaint"), [
    ({"seed": -1}, "waico.run: seed: is -1; give a whole number from 0"),
    ({"replicates": 0}, "waico.run: replicates: is 0; give a whole number from 1"),
    ({"replicates": 2.0}, "waico.run: replicates: is 2.0; give a whole number from 1"),
    ({"workers": True}, "waico.run: workers: is True; give a whole number from 1"),
    ({"until": "2026-07-26"}, "waico.run: until: is '2026-07-26'; give a datetime.date"),
    ({"scenario": "waic2025"}, "waico.run: scenario: is a str; give what waico.load_scenario returns"),
])  # fmt: skip
def test_wrong_arguments_are_refused_before_any_time_is_spent(changed: dict[str, Any], complaint: str) -> None:
    arguments = {"scenario": waico.load_scenario("waic2025"), **changed}
    with pytest.raises(waico.InputError) as refused:
        waico.run(arguments.pop("scenario"), **arguments)
    assert str(refused.value) == complaint


def test_changes_are_made_when_a_scenario_is_loaded_and_not_when_it_is_run() -> None:
    with pytest.raises(TypeError, match="overrides"):
        waico.run(waico.load_scenario("waic2025"), overrides={"decision.b0": 0.0})   # type: ignore[call-arg]


def test_a_result_shows_itself_in_a_line() -> None:
    result = waico.run(waico.load_scenario("waic2025"), seed=2, until=SOON)
    assert repr(result).startswith("<RunResult of waic2025: 1 replicate, seed 2; tables outcomes, ")


def test_the_median_of_members_is_that_of_the_table() -> None:
    result = waico.run(waico.load_scenario("aiib2014"), seed=2, replicates=3)
    last = result.rounds[result.rounds["institution"] == "aiib"].groupby("replicate")["signed"].last()
    assert result.summary()["institutions"]["aiib"]["signed_median"] == last.median()


def test_names_that_the_package_does_not_have() -> None:
    with pytest.raises(AttributeError, match="no attribute 'runn'"):
        _ = waico.runn
    assert set(waico.__all__) <= set(dir(waico))
