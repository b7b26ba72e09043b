"""A sample of a sweep is what it would be alone: what is kept from samples before it changes nothing."""

import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import waico
from tests.generators import unit
from waico.agents import Setting
from waico.scenarios.paths import lookup, replace
from waico.scenarios.schema import Scenario

BASES = {name: waico.load_scenario(name) for name in ("waic2025", "aiib2014")}
FIRST = {"waic2025": "waico", "aiib2014": "aiib"}
FOUR = ["CHN", "GBR", "IND", "KEN", "LUX", "USA"]
flags = st.booleans()
places: dict[str, st.SearchStrategy[Any]] = {
    "freeze_date": st.sampled_from([date(2015, 3, 1), date(2016, 3, 1)]),
    "nations.subset": st.sampled_from([[], FOUR]),
    "nations.exclude": st.sampled_from([[], ["LUX"], ["LUX", "MEX"]]),
    "nations.ignore": st.sampled_from([[], ["bri"], ["nato", "sco"]]),
    "nations.stances": flags,
    "nations.tolerance": unit,
    "nations.extremity": unit,
    "nations.weight.gdp": st.floats(0.1, 1.0),
    "nations.weight.ai_models": unit,
    "nations.ties.trade": st.floats(0.1, 1.0),
    "nations.ties.region": unit,
    "nations.GBR.tolerance": unit,
    "decision.b_pressure": unit,
    "decision.correlation": st.sampled_from([{}, {"b0": {"b_align": 0.3}}, {"b0": {"b_align": -0.3}}]),
    "institutions.{body}.rival": st.sampled_from(["IND", "USA"]),
    "institutions.{body}.rival_pressure": unit,
    "institutions.{body}.market_benefit": unit,
    "institutions.{body}.seat.lat": st.floats(-80, 80),
    "institutions.{body}.seat.lon": st.floats(-170, 170),
    "institutions.{body}.region": st.sampled_from([None, "eu", "brics"]),
    "institutions.{body}.bloc": st.sampled_from([None, "eu"]),
    "institutions.{body}.entry_into_force.quota_group": st.sampled_from([None, "eu", "brics"]),
    "institutions.{body}.entry_into_force.quota_group_share": unit,
    "institutions.{body}.opening.{issue}": unit,
    "issues.{issue}.salience": st.floats(0.1, 3.0),
    "issues.{issue}.ideal": st.sampled_from([{"g": 1.0}, {"need": 1.0, "g": 0.5}, {"dem": 1.0}]),
    "issues.{issue}.stance": st.sampled_from([{}, {"b": 1}, {"b": -1}, {"o": 1, "p": -1}]),
    "nations.GBR.ideal.{issue}": unit,
    "nations.KEN.salience.{issue}": st.floats(0.1, 3.0),
}
industrial: dict[str, st.SearchStrategy[Any]] = {
    "firms.exclude": st.sampled_from([[], ["tsmc"]]),
    "firms.total_lobbying": unit,
    "firms.home_exposure": unit,
    "firms.open_models": unit,
    "firms.controls.chips.active": flags,
    "firms.controls.chips.strength": st.floats(0.0, 0.9),
    "firms.controls.chips.dependence": unit,
    "firms.controls.chips.on": st.sampled_from([["CHN"], ["CHN", "IND"], ["GBR"]]),
    "firms.controls.chips.layers": st.sampled_from([["chip"], ["chip", "supplier"]]),
    "firms.alliances.model_chip.active": flags,
    "firms.alliances.shanghai_chamber.active": flags,
}


@st.composite
def samples(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A scenario and some of its values changed."""
    name = draw(st.sampled_from(sorted(BASES)))
    offered = places if BASES[name].firms is None else {**places, **industrial}
    chosen = draw(st.lists(st.sampled_from(sorted(offered)), min_size=1, max_size=5, unique=True))
    issue = draw(st.sampled_from(BASES[name].issue_ids))
    changes = {path.format(body=FIRST[name], issue=issue): draw(offered[path]) for path in chosen}
    if name == "waic2025":
        changes.pop("freeze_date", None)   # little was public by then
    return name, changes


def caches() -> dict[str, Callable[..., Any]]:
    """What is kept between scenarios: of tables, facts, and arrays of settings."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.startswith(("waico.agents", "waico.scenarios"))]
    named = chain.from_iterable(vars(module).values() for module in modules)
    return {f"{function.__module__}.{function.__name__}": function for function in named if hasattr(function, "cache_clear")}


def alone(scenario: Scenario) -> Setting:
    """The setting of a scenario as the first that is asked for in a process."""
    for cache in caches().values():
        cache.cache_clear()   # type: ignore[attr-defined]
    return Setting.of(scenario)


def arrays(setting: Setting) -> dict[str, Any]:
    """The parts of a setting by name, blocs one by one; without the scenario."""
    parts = {field.name: getattr(setting, field.name) for field in fields(setting) if field.name != "scenario"}
    blocs = {f"bloc {j}": bloc for j, bloc in enumerate(parts.pop("blocs"))}
    return {**parts, **blocs}


@settings(max_examples=20, deadline=None, derandomize=True)
@given(st.lists(samples(), min_size=2, max_size=4))
def test_a_setting_built_after_others_equals_one_built_alone(drawn: list[tuple[str, dict[str, Any]]]) -> None:
    scenarios = [replace(BASES[name], changes) for name, changes in drawn]
    after = [Setting.of(scenario) for scenario in scenarios]
    after_others = [Setting.of(scenario) for scenario in reversed(scenarios)][::-1]
    for scenario, *built in zip(scenarios, after, after_others, strict=True):
        fresh = arrays(alone(scenario))
        for setting in built:
            for name, found in arrays(setting).items():
                _assert_same(found, fresh[name], name)


def _assert_same(found: Any, fresh: Any, name: str) -> None:
    assert type(found) is type(fresh), (name, found, fresh)
    if not isinstance(found, np.ndarray):
        assert found == fresh, name
        return
    assert (found.dtype, found.shape, found.strides) == (fresh.dtype, fresh.shape, fresh.strides), name
    assert found.tobytes() == fresh.tobytes(), name
    assert not found.flags.writeable, name


@settings(max_examples=50, deadline=None, derandomize=True)
@given(samples())
def test_a_changed_scenario_is_valid_as_a_whole_and_leaves_its_base_alone(drawn: tuple[str, dict[str, Any]]) -> None:
    name, changes = drawn
    before = BASES[name].model_dump()
    changed = replace(BASES[name], changes)
    assert Scenario.model_validate(changed.model_dump()) == changed
    assert BASES[name].model_dump() == before
    for path, value in changes.items():
        assert lookup(changed, path) == value


@pytest.mark.parametrize("name", sorted(caches()))
def test_a_sweep_of_any_length_keeps_little(name: str) -> None:
    """But for the tables of the package, of which there are few."""
    info = caches()[name].cache_info()   # type: ignore[attr-defined]
    takes_arguments = name not in ("waico.scenarios.tables.dictionary", "waico.scenarios.tables._bundled")
    assert info.maxsize is not None if takes_arguments else info.currsize <= 1
