"""Scenarios written to a file load as what was written, and whatever is uploaded loads or is refused in a line."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario, Shock
from waico.scenarios.uploaded import LARGEST, read_uploaded
from waico.scenarios.written import to_toml

NAMES = ["waic2025", "binding_charter", "early_defector", "us_engages"]
UNIT = st.floats(0.0, 1.0)
CHANGES = st.fixed_dictionaries({}, optional={
    "institutions.waico.opening.enforcement": UNIT, "institutions.us_coalition.rival_pressure": st.floats(0.0, 3.0),
    "institutions.waico.adoption.rule": st.sampled_from(["consensus", "supermajority"]), "institutions.waico.exclusive_from": st.dates(),
    "institutions.waico.inducement.budget": st.floats(0.0, 0.2), "bargaining.protocol": st.sampled_from(["nash", "challenge", "exchange"]),
    "decision.b_pressure": st.floats(-5.0, 5.0), "decision.endorse.b0": st.floats(-5.0, 0.0), "nations.GBR.tolerance": UNIT, "nations.KEN.ideal.enforcement": UNIT,
    "issues.seat.salience": st.floats(0.1, 2.0), "firms.alliances.model_chip.active": st.booleans(), "title": st.text("ab\"\\é 'x", min_size=1, max_size=9),
    "shocks.model_chip.value": st.booleans(), "coefficients": st.sampled_from(["history"]),
})  # fmt: skip
SHOCKS = st.lists(st.one_of(
    st.builds(Shock, round=st.integers(1, 40), path=st.just("institutions.waico.rival_pressure"), value=st.floats(0.0, 3.0)),
    st.builds(Shock, round=st.integers(1, 40), path=st.just("bargaining.protocol"), value=st.sampled_from(["nash", "compromise"])),
), max_size=3)  # fmt: skip


def loaded(name: str, changes: dict[str, Any], shocks: list[Shock]) -> Scenario | None:
    """What the file should give; None if the changes are refused."""
    try:
        base = load_scenario(name, changes)
    except InputError:
        return None
    return replace(base, {"shocks": [shock.model_dump() for shock in (*base.shocks, *shocks)]})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(NAMES), changes=CHANGES, shocks=SHOCKS)
def test_a_file_loads_as_the_scenario_it_was_written_from(name: str, changes: dict[str, Any], shocks: list[Shock]) -> None:
    expected = loaded(name, changes, shocks)
    if expected is None:
        with pytest.raises(InputError):
            to_toml(name, changes, shocks)
        return
    text = to_toml(name, changes, shocks)
    assert read_uploaded(f"{name}.toml", text.encode()) == expected
    again = to_toml("x.toml", {}, content=text.encode())
    assert read_uploaded(f"{name}.toml", again.encode()) == expected


@settings(max_examples=30, deadline=None)
@given(first=CHANGES, second=CHANGES)
def test_changes_of_an_uploaded_file_are_laid_over_it(first: dict[str, Any], second: dict[str, Any]) -> None:
    if loaded("waic2025", first, []) is None:
        return
    content = to_toml("waic2025", first).encode()
    try:
        expected = read_uploaded("mine.toml", content, second)
    except InputError:
        return
    assert read_uploaded("mine.toml", to_toml("mine.toml", second, content=content).encode()) == expected


@pytest.mark.parametrize(("content", "told"), [
    (b'extends = "../../etc/passwd"', "does not exist"), (b'extends = "/etc/passwd"', "does not exist"),
    (b'extends = "/etc/passwd.toml"', "outside"), (b'extends = "../other.toml"', "outside"), (b'extends = "beside.toml"', "does not exist"),
    (b'extends = "some.toml"', "circle"), (b'extends = "waic2025"\ncoefficients = "/etc/passwd.toml"', "outside"),
    (b'extends = "waic2025"\ncoefficients = "/etc/passwd"', "no set"), (b'extends = "waic2025"\n[nations]\ntable = "/etc/passwd"', "nations.table"),
    (b'extends = "waic2025"\n[firms]\ntable = "../x.csv"', "outside"), (b"\xff\xfe", "UTF-8"), (b" " * (LARGEST + 1), "200 kB"),
])  # fmt: skip
def test_a_file_can_name_nothing_on_this_machine(content: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_uploaded("some.toml", content)


@pytest.mark.parametrize("name", ["x.csv", "", "..", ".toml", "x" * 300 + ".toml", "a\nb.toml", "a\0.toml", "../../x.exe"])
def test_a_file_needs_the_name_of_a_scenario(name: str) -> None:
    with pytest.raises(InputError):
        read_uploaded(name, b'extends = "waic2025"')


def test_folders_in_a_name_are_left_behind() -> None:
    for name in ("../../mine.toml", "C:\\files\\mine.toml", "/etc/mine.toml"):
        assert read_uploaded(name, b'extends = "waic2025"').name == "mine"
