"""The reference of parameters: complete, and up to date in both pages."""

from pathlib import Path

import pytest

from waico.reference import RULES, main, pages
from waico.scenarios.reference import Parameter, meaning_of, parameter_table, parameters
from waico.scenarios.schema import Prior, Scenario

ROOT = Path(__file__).parents[2]

OPEN_ENDED = {   # numbers without a bound on one side or both; none may be added
    "nations.vintage", "shocks.*.round", "shocks.*.value", "institutions.*.adoption.lapse_days",
    "institutions.*.adoption.states", "outcome.force_days",
}  # fmt: skip


def everything() -> list[Parameter]:
    found = [*parameters(Scenario), *parameters(Prior, "decision.*.")]
    for _, path, registry in RULES:
        for _, rule in registry:
            if rule.__module__.startswith("waico."):
                found += parameters(rule, f"{path}.")
    return found


@pytest.mark.parametrize("page", ["docs/reference/scenario.md", "docs/reference/commands.md", "docs/odd.md"])
def test_pages_are_up_to_date(page: str) -> None:
    assert (ROOT / page).read_text(encoding="utf-8") == pages(ROOT)[ROOT / page], "run python -m waico.reference"


@pytest.mark.parametrize("part", ["unit", "meaning", "source", "range"])
def test_every_parameter_says_what_it_is(part: str) -> None:
    assert [parameter.path for parameter in everything() if not getattr(parameter, part)] == []


def test_every_number_has_bounds() -> None:
    assert {parameter.path for parameter in everything() if not parameter.bounded} <= OPEN_ENDED


def test_paths_are_unique_within_the_schema() -> None:
    paths = [parameter.path for parameter in parameters(Scenario)]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("path", "default", "range_"),
    [
        ("rounds.days", "30", "1 to 366"),
        ("nations.ISO3.red_lines.*.floor", "none", "0 to 1"),
        ("institutions.*.sponsor", "required", "ISO3 code"),
        ("institutions.*.participants", "all", "all or engaged or list of ISO3 code"),
        ("firms.pressure_0", "1", "above 0 to 1000"),
        ("rounds.horizon", "2028-08-26", "date"),
    ],
)
def test_rows_say_what_the_schema_says(path: str, default: str, range_: str) -> None:
    (found,) = (parameter for parameter in parameters(Scenario) if parameter.path == path)
    assert (found.default, found.range) == (default, range_)


def test_priors_are_shown_with_their_cut() -> None:
    rows = {parameter.path: parameter for parameter in parameters(Scenario)}
    assert rows["decision.b_peers"].default.startswith("N(")
    assert rows["decision.b_peers"].default.endswith(", above 0")


def test_tables_have_six_columns_everywhere() -> None:
    rows = [line for line in parameter_table().splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}


def test_writes_only_in_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="checkout"):
        main()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "odd.md").write_text("# ODD\n<!-- parameters -->\nold\n", encoding="utf-8")
    main()
    odd = (tmp_path / "docs" / "odd.md").read_text(encoding="utf-8")
    assert odd.startswith("# ODD\n<!-- parameters -->\n\n#### ")
    assert "old" not in odd.splitlines()


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("decision.b_pressure", "the rival's pressure (entered with a minus)"),
        ("institutions.waico.rival_pressure", "how hard the rival presses its allies and dependents"),
        ("institutions.waico.opening.enforcement", "the sponsor's opening text by issue"),   # of the table that it stands in
        ("nations.GBR.tolerance", "loss accepted beyond the status quo"),
        ("nonsense.at.all", ""),
    ],
)
def test_a_path_has_the_meaning_of_its_parameter(path: str, meaning: str) -> None:
    assert meaning_of(path) == meaning
