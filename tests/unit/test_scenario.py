"""Scenarios: how files are merged, how paths address values, which facts are known, and what the library holds."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import BaseModel

import waico
from waico.agents.covariates import features
from waico.analysis.history.cases import CASES
from waico.negotiation.course import Course
from waico.scenarios.errors import InputError
from waico.scenarios.facts import REQUIRED, load_facts
from waico.scenarios.layers import LIBRARY
from waico.scenarios.load import bundled_scenarios, check, load_scenario, merge
from waico.scenarios.paths import lookup, parse_assignment, replace
from waico.scenarios.schema import FEATURES, STANCES, Outcome, Prior, Scenario, Shock
from waico.scenarios.tables import DATA, dictionary

BASE = load_scenario("waic2025")
NAMES = bundled_scenarios()


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


# Merging


def test_tables_merge_and_single_values_are_replaced() -> None:
    below = {"title": "a", "rounds": {"days": 30, "window_days": 7}, "decision": {"endorse": {"b0": 0.5}}}
    above = {"title": "b", "rounds": {"days": 10}, "decision": {"endorse": {"fit_share": 0.1}, "s_u": 1.0}}
    assert merge(below, above) == {
        "title": "b",
        "rounds": {"days": 10, "window_days": 7},
        "decision": {"endorse": {"b0": 0.5, "fit_share": 0.1}, "s_u": 1.0},
    }


def test_lists_with_ids_merge_by_id_and_keep_their_order() -> None:
    below = {"issues": [{"id": "a", "salience": 1.0, "ideal": {"g": 1.0}}, {"id": "b", "salience": 2.0}]}
    above = {"issues": [{"id": "c", "salience": 3.0}, {"id": "a", "ideal": {"dem": 2.0}}]}
    assert merge(below, above)["issues"] == [
        {"id": "a", "salience": 1.0, "ideal": {"g": 1.0, "dem": 2.0}},
        {"id": "b", "salience": 2.0},
        {"id": "c", "salience": 3.0},
    ]


def test_other_lists_are_replaced() -> None:
    below = {"named": ["DEU", "QAT"], "shocks": [{"round": 1}, {"round": 2}], "issues": [{"id": "a"}]}
    assert merge(below, {"named": ["KEN"]})["named"] == ["KEN"]
    assert merge(below, {"shocks": [{"round": 3}]})["shocks"] == [{"round": 3}]
    assert merge(below, {"shocks": []})["shocks"] == []
    assert merge(below, {"issues": []})["issues"] == []


def test_merging_leaves_both_sides_alone() -> None:
    below: dict[str, Any] = {"a": {"x": 1}, "issues": [{"id": "a", "b": {"c": 1}}]}
    above: dict[str, Any] = {"a": {"y": 2}, "issues": [{"id": "a", "b": {"d": 2}}]}
    merge(below, above)
    assert below == {"a": {"x": 1}, "issues": [{"id": "a", "b": {"c": 1}}]}
    assert above == {"a": {"y": 2}, "issues": [{"id": "a", "b": {"d": 2}}]}


def test_another_rule_leaves_the_parameters_of_the_old_one_behind() -> None:
    below = {"adoption": {"rule": "consensus", "veto_share": 0.1, "earliest": date(2026, 1, 1), "lapse_days": 9}}
    other = merge(below, {"adoption": {"rule": "supermajority", "share": 0.6}})["adoption"]
    assert other == {"rule": "supermajority", "share": 0.6, "earliest": date(2026, 1, 1), "lapse_days": 9}
    same = merge(below, {"adoption": {"rule": "consensus", "walkout": True}})["adoption"]
    assert same["veto_share"] == 0.1
    gate = merge({"gate": {"kind": "invitation", "rate": 0.1}}, {"gate": {"kind": "open"}})["gate"]
    assert gate == {"kind": "open"}
    protocol = merge({"bargaining": {"protocol": "a", "rate": 0.1}}, {"bargaining": {"protocol": "b"}})["bargaining"]
    assert protocol == {"protocol": "b"}


def test_one_way_to_fix_the_ceremony_takes_the_place_of_the_other(tmp_path: Path) -> None:
    text = 'extends = "waic2025"\n[[institutions]]\nid = "waico"\nsignature = { after_days = 200 }\n'
    signature = load_scenario(write(tmp_path, text)).institutions[0].signature
    assert (signature.ceremony, signature.after_days, signature.window_days) == (None, 200, 31)
    dated = replace(BASE, {"institutions.us_coalition.signature.ceremony": date(2026, 3, 1)}).institutions[1].signature
    assert (dated.ceremony, dated.after_days) == (date(2026, 3, 1), None)


def test_extending_takes_everything_over_but_the_name(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, 'extends = "waic2025"\n', "child"))
    assert scenario.name == "child"
    assert scenario.model_copy(update={"name": "waic2025"}) == BASE


def test_extending_in_steps(tmp_path: Path) -> None:
    write(tmp_path, 'extends = "waic2025"\ntitle = "base"\n[nations.GBR]\ntolerance = 0.3\nopenness = 0.1\n', "base")
    top = 'extends = "base.toml"\n[nations.GBR]\ntolerance = 0.4\n[firms]\ntotal_lobbying = 2.0\n'
    scenario = load_scenario(write(tmp_path, top, "top"))
    assert scenario.title == "base"
    assert scenario.nations.overrides["GBR"].tolerance == 0.4
    assert scenario.nations.overrides["GBR"].openness == 0.1
    assert scenario.firms is not None
    assert scenario.firms.total_lobbying == 2.0
    assert [alliance.id for alliance in scenario.firms.alliances] == ["model_chip", "shanghai_chamber"]


def test_a_new_institution_joins_the_others(tmp_path: Path) -> None:
    text = f"""
extends = "waic2025"
[[institutions]]
id = "third"
sponsor = "FRA"
rival = "RUS"
seat = {{ city = "Paris", lat = 48.86, lon = 2.35 }}
signature = {{ after_days = 100 }}
opening = {{ {', '.join(f'{issue} = 0.5' for issue in BASE.issue_ids)} }}
status_quo = {{ {', '.join(f'{issue} = 0.0' for issue in BASE.issue_ids)} }}
"""
    assert load_scenario(write(tmp_path, text)).institution_ids == ["waico", "us_coalition", "third"]


# Paths


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "another"),
        ("rounds.days", 10),
        ("freeze_date", date(2025, 8, 1)),
        ("institutions.waico.opening.enforcement", 0.7),
        ("institutions.us_coalition.gate.rate", 0.3),
        ("institutions.waico.seat.city", "Beijing"),
        ("issues.seat.salience", 2.5),
        ("issues.seat.ideal.dem", 0.4),
        ("nations.GBR.tolerance", 0.2),
        ("nations.GBR.ideal.seat", 0.1),
        ("nations.GBR.red_lines.enforcement.ceiling", 0.4),
        ("nations.weight.gdp", 0.5),
        ("decision.b_pressure", 0.25),
        ("decision.b_pressure.mean", 0.25),
        ("decision.ratify.median_days", 100.0),
        ("bargaining.rate", 0.5),
        ("firms.alliances.model_chip.active", True),
        ("outcome.thin_depth", 0.3),
    ],
)
def test_what_is_set_at_a_path_is_found_there(path: str, value: Any) -> None:
    changed = replace(BASE, {path: value})
    assert lookup(changed, path) == value
    assert load_scenario("waic2025") == BASE   # scenarios are frozen: only the copy changed
    check(changed)
    Course(changed)


def test_changes_act_in_order_and_touch_nothing_else() -> None:
    changed = replace(BASE, {"decision.b_fit": 1.0, "nations.GBR.tolerance": 0.2})
    prior = BASE.decision.b_fit
    assert isinstance(prior, Prior)
    assert replace(changed, {"decision.b_fit": prior.model_dump(), "nations.overrides": {}}) == BASE
    both = replace(BASE, {"bargaining.rate": 0.9, "bargaining.protocol": "compromise"})
    assert both.bargaining.parameters == {"rate": 0.9}


def test_another_rule_at_a_path_leaves_parameters_behind() -> None:
    rule = replace(BASE, {"institutions.waico.adoption.rule": "consensus"}).institutions[0].adoption
    assert (rule.rule, rule.parameters, rule.earliest) == ("consensus", {}, date(2026, 1, 26))


def test_an_optional_table_is_made_when_a_value_in_it_is_set() -> None:
    staged = replace(BASE, {"institutions.us_coalition.endorsement.launch": True}).institutions[1].endorsement
    assert staged is not None
    assert staged.launch
    firms = replace(load_scenario("aiib2014"), {"firms.total_lobbying": 2.0}).firms
    assert firms is not None
    assert firms.table == "firms"


def test_shocks_with_ids_merge_and_have_paths(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    shock = 'date = 2027-01-20\npath = "decision.b_cost"\nvalue = 0.0\n'
    path.write_text(f'extends = "waic2025"\ntitle = "own"\n[[shocks]]\nid = "own"\n{shock}')
    own = waico.load_scenario(path, {"shocks.own.value": 0.5, "shocks.model_chip.value": False})
    assert [(shock.id, shock.value) for shock in own.shocks] == [
        ("model_chip", False), ("shanghai_chamber", True), ("own", 0.5),
    ]  # fmt: skip
    path.write_text(f'extends = "waic2025"\ntitle = "own"\n[[shocks]]\n{shock}')
    assert [shock.id for shock in waico.load_scenario(path).shocks] == [None]
    with pytest.raises(waico.InputError, match="have no ids"):
        waico.load_scenario(path, {"shocks.own.value": 0.5})
    path.write_text(f'extends = "waic2025"\ntitle = "own"\n[[shocks]]\nid = "a"\n{shock}\n[[shocks]]\nid = "a"\n{shock}')
    with pytest.raises(waico.InputError, match="has 'a' 2 times"):
        waico.load_scenario(path)


def test_dates_may_come_as_text_from_records() -> None:
    assert replace(BASE, {"rounds.horizon": "2027-01-31"}).rounds.horizon == date(2027, 1, 31)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("decision.b_presure", "did you mean 'b_pressure'"),
        ("decison.b_pressure", "did you mean 'decision'"),
        ("institutions.wacio.crowding", "did you mean 'waico'"),
        ("institutions.waico.crowdin", "did you mean 'crowding'"),
        ("institutions.waico", "add the field to change"),
        ("issues.seat.salience.low", "shorten the path"),
        ("decision.b_fit.x.y", "one of lower, mean, sd"),
        ("shocks.1.value", "there is no '1'"),
        ("nations.subset.1", "have no ids"),
        ("", "empty step"),
        ("decision.", "empty step"),
    ],
)
def test_a_wrong_path_is_refused_with_advice(path: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        replace(BASE, {path: 0.5})


def test_what_is_not_there_is_not_found() -> None:
    assert lookup(BASE, "nations.GBR") == {}
    for path in ("decision.b_foo", "institutions.x", "title.x", "nations.GBR.tolerance", "nations.gbr"):
        with pytest.raises(InputError):
            lookup(BASE, path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("decision.b_fit=0", ("decision.b_fit", 0)),
        ("decision.b_fit = -0.5 ", ("decision.b_fit", -0.5)),
        ("a=true", ("a", True)),
        ("a=word", ("a", "word")),
        ("a='7'", ("a", "7")),
        ("a=two words", ("a", "two words")),
        ("a=b=c", ("a", "b=c")),
        ("a=2026-07-26", ("a", date(2026, 7, 26))),
        ("a=2026-02-30", ("a", "2026-02-30")),
        ('a=["CHN", "USA"]', ("a", ["CHN", "USA"])),
        ("a={ mean = 1.0, sd = 0.5 }", ("a", {"mean": 1.0, "sd": 0.5})),
        ("a={ mean = 1.0", ("a", "{ mean = 1.0")),
        ("a=3\nb = 4", ("a", "3\nb = 4")),
        ("a=" + "9" * 5000, ("a", "9" * 5000)),
        ("a=" + "[" * 5000, ("a", "[" * 5000)),
    ],
)
def test_an_assignment_is_read_as_toml_or_as_text(text: str, expected: tuple[str, Any]) -> None:
    assert parse_assignment(text) == expected
    assert type(parse_assignment(text)[1]) is type(expected[1])


@pytest.mark.parametrize("text", ["", "=", "a", "a=", " = 3", "decision.b_fit 3"])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="write path=value"):
        parse_assignment(text)


# What is known on the freeze date


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("waic2025", {"gdp": "gdp_2023", "share": "share_2020", "unga": "unga_2023", "ai_models": "ai_models_2025"}),
        ("aiib2014", {"gdp": "gdp_2013", "share": "share_2013", "unga": "unga_2013", "polyarchy": "polyarchy_2013"}),
        ("military_ai_declaration", {"gdp": "gdp_2022", "share": "share_2020", "unga": "unga_2022", "eu": "eu_2022"}),
    ],
)
def test_the_newest_public_vintage_is_chosen(name: str, expected: dict[str, str]) -> None:
    columns = load_facts(load_scenario(name)).columns
    assert {variable: columns[variable] for variable in expected} == expected
    assert set(REQUIRED) <= set(columns)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_chosen_was_published_after_the_freeze_date(name: str) -> None:
    scenario = load_scenario(name)
    rows = dictionary().dropna(subset=["year"])
    public = rows.set_index(rows["variable"] + "_" + rows["year"].astype(str))["public"]
    for variable, column in load_facts(scenario).columns.items():
        if variable not in scenario.nations.retrospective:
            assert public[column] <= pd.Timestamp(scenario.freeze_date), column


def test_an_earlier_freeze_date_takes_older_vintages() -> None:
    shocks: dict[str, Any] = {"shocks": []}
    columns = load_facts(replace(BASE, {"freeze_date": date(2023, 7, 15), **shocks})).columns
    assert (columns["gdp"], columns["unga"], columns["bri"]) == ("gdp_2022", "unga_2022", "bri_2022")
    assert "ai_models" not in columns
    assert (load_facts(replace(BASE, {"freeze_date": date(2023, 7, 15), **shocks})).nations["ai_models"] == 0.0).all()


def test_a_pinned_vintage_is_the_newest_used() -> None:
    columns = load_facts(replace(BASE, {"nations.vintage": 2019})).columns
    assert (columns["gdp"], columns["polyarchy"], columns["share"]) == ("gdp_2019", "polyarchy_2019", "share_2013")


def test_a_column_published_later_is_refused() -> None:
    aiib = load_scenario("aiib2014")
    with pytest.raises(InputError, match=r"freeze_date: no figures of 'polyarchy' were public by 2014-10-23"):
        load_facts(replace(aiib, {"nations.retrospective": []}))
    with pytest.raises(InputError, match=r"'gdp' is no variable that was coded in retrospect"):
        load_facts(replace(aiib, {"nations.retrospective": ["gdp"]}))


def test_a_retrospective_variable_does_not_reach_beyond_its_use() -> None:
    """Naming a variable that is public by now as well does not set the clock back."""
    assert load_facts(replace(BASE, {"nations.retrospective": ["polyarchy"]})).columns["polyarchy"] == "polyarchy_2023"


def test_stances_read_after_the_freeze_date_are_unknown() -> None:
    early = replace(BASE, {"freeze_date": date(2024, 12, 31), "shocks": []})
    known, later = load_facts(early).stances.notna().sum().sum(), load_facts(BASE).stances.notna().sum().sum()
    assert 0 < known < later
    firms = load_facts(early).firms
    assert firms.loc[["deepseek", "meta"], ["o"]].isna().to_numpy().all()


def test_states_can_be_chosen_and_left_out() -> None:
    some = load_facts(replace(BASE, {"nations.subset": ["USA", "CHN", "KEN", "DEU"], "nations.exclude": ["DEU"]}))
    assert list(some.nations.index) == ["CHN", "KEN", "USA"]
    assert some.trade.shape == (3, 3)


def test_the_order_of_rows_in_a_table_does_not_matter(tmp_path: Path) -> None:
    nations = pd.read_csv(DATA / "nations.csv", dtype=str, keep_default_na=False)
    nations.sample(frac=1.0, random_state=1).to_csv(tmp_path / "mine.csv", index=False)
    scenario = load_scenario(write(tmp_path, 'extends = "waic2025"\n[nations]\ntable = "mine.csv"\n'))
    pd.testing.assert_frame_equal(load_facts(scenario).nations, load_facts(BASE).nations)


# The schema


def models(root: type[BaseModel]) -> set[type[BaseModel]]:
    found, todo = set(), [root]
    while todo:
        model = todo.pop()
        found.add(model)
        for field in model.model_fields.values():
            todo += [inner for inner in inner_models(field.annotation) if inner not in found]
    return found


def inner_models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in inner_models(part)]


def test_every_parameter_is_described_with_unit_and_source() -> None:
    for model in models(Scenario):
        for name, field in model.model_fields.items():
            assert field.description, f"{model.__name__}.{name}"
            assert isinstance(field.json_schema_extra, dict), f"{model.__name__}.{name}"
            assert set(field.json_schema_extra) >= {"unit", "source"}, f"{model.__name__}.{name}"


def test_names_in_the_schema_are_those_of_the_data() -> None:
    assert tuple(features(load_facts(BASE))) == FEATURES
    assert set(STANCES) <= set(pd.read_csv(DATA / "stances.csv", nrows=0).columns)


def test_a_scenario_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(BASE, "title", "another")  # noqa: B010 (type checkers refuse the plain form, as they should)


# The library


@pytest.mark.parametrize("name", NAMES)
def test_every_library_scenario_loads_and_can_be_run(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title
    Course(scenario)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_comes_back_from_json_as_it_was(name: str) -> None:
    scenario = load_scenario(name)
    assert Scenario.model_validate_json(scenario.model_dump_json()) == scenario
    assert Scenario.model_validate(scenario.model_dump()) == scenario


def test_everything_that_can_be_written_comes_back_from_json() -> None:
    shocks = [
        Shock(date=date(2026, 1, 1), path="rounds.horizon", value=date(2027, 1, 1)),
        Shock(round=3, path="decision.b_fit", value=0),
        Shock(round=4, path="decision.b_fit", value=0.5),
        Shock(round=5, path="firms.alliances.model_chip.active", value=True),
        Shock(round=6, path="bargaining.protocol", value="compromise"),
    ]
    changes: dict[str, Any] = {
        "nations.GBR.red_lines.seat.floor": 0.1, "nations.FRA.forced.waico": "out", "nations.KEN.salience.seat": 2,
    }  # fmt: skip
    scenario = replace(BASE, changes).model_copy(update={"shocks": shocks})
    check(scenario)
    again = Scenario.model_validate_json(scenario.model_dump_json())
    assert again == scenario
    assert [type(shock.value) for shock in again.shocks] == [date, int, float, bool, str]


@pytest.mark.parametrize("name", NAMES)
def test_assumptions_refer_to_paths_that_exist(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.assumptions
    for path, why in scenario.assumptions.items():
        lookup(scenario, path)
        assert why


def test_thresholds_of_outcomes_stand_in_the_base_scenario() -> None:
    written = tomllib.loads((LIBRARY / "waic2025.toml").read_text(encoding="utf-8"))["outcome"]
    assert written == Outcome().model_dump()


@pytest.mark.parametrize("name", [name for name in NAMES if name != "waic2025"])
def test_no_other_scenario_changes_them(name: str) -> None:
    tree = tomllib.loads((LIBRARY / f"{name}.toml").read_text(encoding="utf-8"))
    assert "outcome" not in tree
    assert not [shock for shock in tree.get("shocks", []) if shock["path"].startswith("outcome")]
    assert load_scenario(name).outcome == Outcome()


def written(name: str) -> dict[str, Any]:
    return tomllib.loads((LIBRARY / f"{name}.toml").read_text(encoding="utf-8"))


def leaves(tree: Any, path: str = "") -> list[str]:
    """Paths of the values in a file; entries of lists by id, lists without ids as a whole."""
    if isinstance(tree, list) and tree and isinstance(tree[0], dict) and "id" in tree[0]:
        tree = {entry["id"]: entry for entry in tree}
    if not isinstance(tree, dict):
        return [path]
    return [leaf for key, value in tree.items() for leaf in leaves(value, f"{path}.{key}" if path else key)]


WHAT_IFS = [name for name in NAMES if written(name).get("extends") == "waic2025"]


def test_the_library_holds_what_it_promises() -> None:
    assert set(NAMES) == {
        "waic2025", "us_engages", "binding_charter", "un_anchored", "open_models", "export_controls_lifted", "exclusive_blocs",
        "eu_bridge", "global_south_fund", "firms_sit_out", "no_proposer", "early_defector", "aiib2014",
        "military_ai_declaration", "belt_and_road", "gpai", "coe_ai_convention",
    }  # fmt: skip
    assert set(NAMES) - set(WHAT_IFS) == {"waic2025", *(case.scenario for case in CASES.values())}


@pytest.mark.parametrize("name", WHAT_IFS)
def test_what_ifs_pull_levers_and_leave_coefficients_alone(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.question not in ("", BASE.question)
    assert scenario.decision == BASE.decision
    assert not [shock for shock in scenario.shocks if shock.path.startswith("decision")]
    assert (scenario.freeze_date, scenario.rounds.horizon) == (BASE.freeze_date, BASE.rounds.horizon)


@pytest.mark.parametrize("name", WHAT_IFS)
def test_every_lever_has_a_reason(name: str) -> None:
    tree = written(name)
    reasons = tree.pop("assumptions")
    for key in ("extends", "title", "question"):
        del tree[key]
    for path in leaves(tree):
        names_something = path.endswith((".id", ".answers.to"))
        assert names_something or any(f"{path}.".startswith(f"{reason}.") for reason in reasons), path


def test_no_firm_is_left_where_firms_sit_out() -> None:
    scenario = load_scenario("firms_sit_out")
    assert load_facts(scenario).firms.empty
    assert waico.run(scenario, seed=1, replicates=1).firms.empty


def test_the_names_are_public() -> None:
    assert {"waic2025", "aiib2014"} <= set(waico.bundled_scenarios())
    assert waico.load_scenario("waic2025") == BASE
    assert waico.InputError is InputError
