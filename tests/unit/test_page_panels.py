"""What the panels of the live page are given, held against the tables by plain loops: map, charter, curves, network, feed, and the map of the world."""

import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from waico.agents.world import ENDORSED, OUTSIDE, RATIFIED, SIGNED, WITHDRAWN
from waico.negotiation.events import KIND_NAMES
from waico.negotiation.terms import TERMS
from waico.scenarios.facts import load_facts
from waico.scenarios.load import load_scenario
from waico.ui.levers import levers
from waico.ui.network import STATES, network
from waico.ui.sentences import FEED, GROUP_OF, GROUPS, NEAREST, TERM_WORDS, sentences
from waico.ui.session import Session, Source
from waico.ui.watched import LATER, Watched
from waico.ui.world_map import EQUAL_EARTH, equal_earth, project, world_map

BODIES = ("waico", "us_coalition")


@pytest.fixture(scope="module")
def watched() -> Watched:
    session = Session(Source("waic2025"), seed=6)
    while not session.ended:
        session.step()
    return session.watched


def rounds_of(watched: Watched) -> list[int]:
    last = len(watched.days) - 1
    return [0, 1, 7, last // 2, last]


def test_status_is_that_of_the_latest_step_up_to_the_round(watched: Watched) -> None:
    steps = (("round_endorsed", ENDORSED), ("round_signed", SIGNED), ("round_ratified", RATIFIED), ("round_withdrawn", WITHDRAWN))
    seen = set()
    for number in rounds_of(watched):
        shown = watched.map(number)
        for row in watched.result.nations.to_dict("records"):
            expected = OUTSIDE
            for column, status in steps:
                if not pd.isna(row[column]) and row[column] <= number:
                    expected = status
            assert shown[row["institution"]][watched.setting.codes.index(row["iso3"])] == expected
            seen.add(expected)
    assert seen >= {OUTSIDE, ENDORSED, SIGNED, RATIFIED}


def test_the_last_map_agrees_with_the_curves(watched: Watched) -> None:
    last = len(watched.days) - 1
    for number in rounds_of(watched):
        for j, body in enumerate(BODIES):
            at_risk = watched.setting.at_risk[:, j]
            signed = int((np.array(watched.map(number)[body])[at_risk] >= SIGNED).sum())
            curve = watched.curves(number, body)["members"][body]["signed"]
            assert len(curve) == number + 1
            assert curve[-1] >= signed   # curves count what was ever signed; those that left are no members on the map
    assert watched.curves(last, "waico")["members"]["us_coalition"]["signed"][-1] > 0


def test_measures_are_drawn_only_once_there_is_a_text(watched: Watched) -> None:
    own = watched.result.rounds[watched.result.rounds["institution"] == "us_coalition"]
    drawn = watched.curves(len(watched.days) - 1, "us_coalition")["measures"]
    assert drawn["agreement"][0] is None
    for stage, value, found in zip(own["stage"], own["agreement"], drawn["agreement"][1:], strict=True):
        assert found is None if stage == "idea" or pd.isna(value) else found == pytest.approx(value, abs=6e-4)


def test_the_charter_follows_the_texts(watched: Watched) -> None:
    texts = watched.result.texts
    for number in rounds_of(watched):
        for issue in watched.charter(number, "waico"):
            rows = texts[(texts["institution"] == "waico") & (texts["issue"] == issue["id"]) & (texts["round"] <= number)]
            opening = watched.result.scenario.institution("waico").opening[issue["id"]]
            assert issue["path"] == pytest.approx([opening, *rows["value"]], abs=6e-4)
            assert issue["text"] == pytest.approx(issue["path"][-1], abs=6e-4)
            assert all(low <= high for low, high in pairwise(issue["spread"]))
            assert issue["of_round"] == number


def test_partners_are_firms_that_have_joined_by_then(watched: Watched) -> None:
    for number in rounds_of(watched):
        expected: dict[str, list[str]] = {}
        for row in watched.result.firms.to_dict("records"):
            if not pd.isna(row["round_partner"]) and row["round_partner"] <= number:
                expected.setdefault(row["firm"], []).append(row["institution"])
        assert watched.partners(number) == {firm: ", ".join(bodies) for firm, bodies in expected.items()}
    assert watched.partners(len(watched.days) - 1)


def test_alliances_become_active_by_their_shocks(watched: Watched) -> None:
    events = watched.result.events
    shocks = events[(events["kind"] == "shock") & events["detail"].str.contains("alliances")]
    assert len(shocks)
    first = int(shocks["round"].min())
    assert set(watched.alliances(first)) - set(watched.alliances(first - 1))


def test_the_headline_tells_an_adopted_text_from_one_under_negotiation(watched: Watched) -> None:
    events, j = watched.result.events, watched.row("us_coalition")
    adopted = int(events.loc[(events["kind"] == "adopted") & (events["institution"] == "us_coalition"), "round"].iloc[0])
    talks = [number for number in range(len(watched.stages)) if watched.stages[number, j] == "negotiating"]
    assert any(number < adopted for number in talks) and any(number >= adopted for number in talks)
    for number in talks:
        words = "text adopted, not yet open for signature" if number >= adopted else "under negotiation"
        assert watched.headline(number, "us_coalition", False).startswith(f"us_coalition: {words}; ")


def test_the_headline_names_the_outcome_only_at_the_end(watched: Watched) -> None:
    last = len(watched.days) - 1
    assert watched.headline(last, "waico", True).startswith(f"Outcome: {watched.outcome}. waico: ")
    assert "Outcome" not in watched.headline(last, "waico", False)
    assert watched.headline(0, "waico", False) == "waico: not tabled yet"


def test_steps_to_look_back_at_are_those_before_the_round(watched: Watched) -> None:
    i = next(i for i in range(193) if watched.since["signed"][i, 0] < LATER and watched.since["endorsed"][i, 0] < watched.since["signed"][i, 0])
    code, endorsed, signed = watched.setting.codes[i], int(watched.since["endorsed"][i, 0]), int(watched.since["signed"][i, 0])
    assert watched.steps(code, "waico", signed) == [endorsed]
    assert set(watched.steps(code, "waico", LATER - 1)) >= {endorsed, signed}
    assert f"signed in round {signed}" in watched.status_words(code, signed)[0]


# the feed


def test_every_kind_of_event_and_every_term_has_its_words() -> None:
    assert set(GROUP_OF) == set(KIND_NAMES)
    assert set(TERM_WORDS) >= set(TERMS)


def test_the_feed_tells_the_latest_rounds_whole_and_the_last_first(watched: Watched) -> None:
    last = len(watched.days) - 1
    told = sentences(watched, last)
    rounds = [entry["round"] for entry in told]
    assert rounds == sorted(rounds, reverse=True) and len(told) >= FEED
    earliest = rounds[-1]
    assert len([entry for entry in told if entry["round"] > earliest]) < FEED
    for number in set(rounds):
        assert [e for e in told if e["round"] == number] == [e for e in sentences(watched, number) if e["round"] == number]


@pytest.mark.parametrize("group", GROUPS)
def test_the_filter_lets_through_its_group_alone(watched: Watched, group: str) -> None:
    told = sentences(watched, len(watched.days) - 1, (group,))
    assert told and {entry["group"] for entry in told} == {group}


def test_every_state_that_signs_is_told_of_by_name_or_number(watched: Watched) -> None:
    events = watched.result.events
    signed = events[events["kind"] == "signed"]
    for (number, body), rows in signed.groupby(["round", "institution"]):
        told = [entry["text"] for entry in sentences(watched, int(str(number)), ("members",)) if entry["round"] == number]
        lines = [text for text in told if f" signs {body}" in text or f" sign {body}" in text]
        if len(rows) >= 5:
            assert len([line for line in lines if line.startswith(f"{len(rows)} states sign {body}")]) == 1
        else:
            assert {line.split(f" signs {body}")[0] for line in lines} == {watched.names[code] for code in rows["actor"]}


def test_neighbours_inside_are_counted_as_by_hand(watched: Watched) -> None:
    events, codes, checked = watched.result.events, watched.setting.codes, 0
    table = watched.result.nations.set_index(["iso3", "institution"])
    for row in events[events["kind"] == "signed"].to_dict("records"):
        entry = next((e for e in sentences(watched, row["round"], ("members",)) if e["state"] == row["actor"] and " signs " in e["text"]), None)
        if entry is None or entry["round"] != row["round"] or f"signs {row['institution']};" not in entry["text"]:
            continue   # told together with others
        ties = watched.setting.ties[codes.index(row["actor"])]
        nearest = sorted(range(len(codes)), key=lambda i: -ties[i])[:NEAREST]
        inside = 0
        for i in nearest:
            steps = table.loc[(codes[i], row["institution"])]
            since = min((steps[name] for name in ("round_endorsed", "round_signed") if not pd.isna(steps[name])), default=LATER)
            inside += bool(since < row["round"] and pd.isna(steps["round_withdrawn"]))
        words = f"and {inside} neighbour{'s' if inside != 1 else ''} inside" if inside else ""
        assert entry["text"].endswith(words) and ("neighbour" in entry["text"]) == bool(inside)
        checked += 1
    assert checked > 3


# network and levers


def test_the_network_has_principals_the_heaviest_states_and_no_loose_ends() -> None:
    scenario = load_scenario("waic2025")
    session = Session(Source("waic2025"))
    setting, facts = session.watched.setting, load_facts(scenario)
    net = network(setting, facts, 0)
    codes = [node["code"] for node in net["nodes"]]
    assert len(codes) == len(set(codes)) == STATES and {"CHN", "USA"} <= set(codes)
    lightest = min(setting.weight[setting.codes.index(code)] for code in codes if code not in ("CHN", "USA"))
    assert all(setting.weight[i] <= lightest + 1e-12 for i, code in enumerate(setting.codes) if code not in codes)
    assert all({edge["a"], edge["b"]} <= set(codes) for edge in net["edges"])
    assert all(-0.1 <= point[axis] <= 1.1 for point in (*net["nodes"], *net["firms"]) for axis in "xy")
    ids = {firm["id"] for firm in net["firms"]}
    assert all({pair["a"], pair["b"]} <= ids for pair in net["alliances"]) and net["alliances"]
    assert network(setting, facts, 0) == net   # laid out the same each time
    camps = {node["code"]: node["camp"] for node in net["nodes"]}
    other = {node["code"]: node["camp"] for node in network(setting, facts, 1)["nodes"]}
    assert (camps["CHN"], camps["USA"]) == (1, -1) == (-other["CHN"], -other["USA"])


@pytest.mark.parametrize("name", ["waic2025", "gpai", "military_ai_declaration", "binding_charter"])
def test_every_lever_of_every_institution_can_be_pulled(name: str) -> None:
    session = Session(Source(name))
    for body in session.live.base.institution_ids:
        session.choose(body)
        for lever, value, _, _ in session.levers():
            choice: Any = {"slider": lever.high, "switch": True}.get(lever.kind) if lever.kind != "select" else lever.choices[-1]
            session.pull(lever.path, choice)
            assert not session.problem, (body, lever.path, session.problem)
            assert next(now for other, now, _, _ in session.levers() if other.path == lever.path) == choice, (lever.path, value)
    assert len(levers(session.live.base, session.institution)) == 6


# the world


def test_every_state_can_be_clicked_and_lies_on_the_map() -> None:
    world = world_map()
    nations = load_facts(load_scenario("waic2025")).nations
    assert set(nations.index) <= set(world.shapes) | set(world.dots)
    for x, y in world.dots.values():
        assert 0 <= x <= world.width and 0 <= y <= world.height
    for code, path in world.shapes.items():
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", path)]
        assert path.startswith("M") and min(numbers) >= -1.0 and max(numbers) <= world.width + 1.0, code
    for code in ("BRA", "KEN", "NZL", "ISL", "JPN"):
        lon, lat = (float(nations[name].astype(float).to_dict()[code]) for name in ("capital_lon", "capital_lat"))
        x, y = (float(v) for v in project(lon, lat))
        found = np.array([float(n) for n in re.findall(r"-?\d+\.?\d*", world.shapes[code])])
        assert np.abs(found - x).min() < 60 and np.abs(found - y).min() < 60, code


def test_equal_earth_keeps_areas() -> None:
    """The Jacobian of the projection is the cosine of the latitude, times the squared radius, wherever it is looked at."""
    step = 1e-4
    for lon in (-150.0, -20.0, 70.0):
        for lat in (-70.0, -30.0, 0.0, 45.0, 80.0):
            (x1, y1), (x2, y2) = equal_earth(lon - step, lat), equal_earth(lon + step, lat)
            (x3, y3), (x4, y4) = equal_earth(lon, lat - step), equal_earth(lon, lat + step)
            area = ((x2 - x1) * (y4 - y3) - (x4 - x3) * (y2 - y1)) / np.radians(2 * step) ** 2
            assert area == pytest.approx(np.cos(np.radians(lat)), rel=1e-5)


def test_equal_earth_at_its_edges() -> None:
    """The pole is a line 0.59 times as long as the equator, as Savric, Patterson & Jenny (2018) describe it."""
    equator, pole = float(equal_earth(180.0, 0.0)[0]), float(equal_earth(180.0, 90.0)[0])
    assert pole / equator == pytest.approx(0.59, abs=0.01)
    assert equator == pytest.approx(2.0 * np.sqrt(3.0) * np.pi / (3.0 * EQUAL_EARTH[0]))
