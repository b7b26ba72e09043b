"""What a visitor of the live page looks at, without the page: live runs, their shocks and links, saved runs, and folders."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import waico
from waico.analysis.explain import explain
from waico.runs.folders import TABLES
from waico.runs.record import read_run
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.schema import Scenario
from waico.ui.folders import find, resolve
from waico.ui.live_run import LiveRun
from waico.ui.replayed import Replayed
from waico.ui.session import Session, Source
from waico.ui.viewer import Viewer, csv, parquet

PRESSURE = "institutions.waico.rival_pressure"
BUDGET = "institutions.waico.inducement.budget"
ENFORCEMENT = "institutions.waico.opening.enforcement"
RULE = "institutions.waico.adoption.rule"
PROTOCOL = "bargaining.protocol"


def test_no_scenario_but_those_offered_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text('extends = "waic2025"\n')
    session = Session(Source("waic2025"))
    assert session.source_of("gpai").load({}).name == "gpai"
    for name in (str(tmp_path / "secret.toml"), "/etc/passwd", "../waic2025.toml"):
        with pytest.raises(InputError, match="is not here"):
            session.source_of(name)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("waic2025")


def stepped(live: LiveRun, rounds: int) -> LiveRun:
    for _ in range(rounds):
        live.step()
    return live


def to_the_end(live: LiveRun) -> LiveRun:
    while not live.ended:
        live.step()
    return live


def same_tables(one: RunResult, other: RunResult) -> None:
    for name in TABLES:
        pd.testing.assert_frame_equal(in_seconds(getattr(one, name)), in_seconds(getattr(other, name)), obj=name)


def in_seconds(table: pd.DataFrame) -> pd.DataFrame:
    """Days as pandas counts them before they were on disk, where Parquet counts them finer."""
    return table.astype({"date": "datetime64[s]"}) if "date" in table else table


def opened(**options: Any) -> Session:
    return Session(Source("waic2025"), **options)


# a live run and the same run headless


def test_a_live_run_is_the_run_of_the_command_line(scenario: Scenario) -> None:
    same_tables(to_the_end(LiveRun(scenario, seed=3)).result(), run(scenario, seed=3, replicates=1))


def test_a_shaken_run_is_the_headless_run_of_its_scenario(scenario: Scenario) -> None:
    live = stepped(LiveRun(scenario, seed=4), 5)
    live.shake({PRESSURE: 2.5})
    stepped(live, 4).shake({BUDGET: 0.1, "decision.b_pressure": 3.0})
    headless = run(to_the_end(live).scenario, seed=4, replicates=1)
    same_tables(live.result(), headless)
    assert not headless.nations.equals(run(scenario, seed=4, replicates=1).nations)
    acted = headless.events[headless.events["kind"] == "shock"]
    assert set(acted.loc[acted["detail"] == PRESSURE, "round"]) == {6}
    assert set(acted.loc[acted["detail"] == BUDGET, "round"]) == {10}


def test_looking_back_runs_nothing_again_and_a_shock_there_forgets_what_came_after(scenario: Scenario) -> None:
    live = stepped(LiveRun(scenario, seed=1), 12)
    live.show(4)
    assert (live.shown, live.reached, live.ended) == (4, 12, False)
    live.show(40)
    assert live.shown == 12   # what nobody has looked at is not known yet
    live.show(4)
    live.shake({PRESSURE: 0.0})
    assert (live.shown, live.reached) == (4, 4)
    live.shake({PRESSURE: 1.5})
    assert [(shock.round, shock.value) for shock in live.shocks] == [(5, 1.5)]   # the second word of a round counts


def test_a_shock_before_others_drops_those_of_rounds_that_are_forgotten(scenario: Scenario) -> None:
    live = stepped(LiveRun(scenario, seed=1), 3)
    live.shake({PRESSURE: 2.0})
    stepped(live, 5).shake({BUDGET: 0.1})
    live.show(5)
    live.shake({PROTOCOL: "nash"})
    assert [(shock.round, shock.path) for shock in live.shocks] == [(4, PRESSURE), (6, PROTOCOL)]


@pytest.mark.parametrize(("path", "value"), [(PRESSURE, -1.0), ("no.such", 1.0), ("freeze_date", "2026-01-01"), (PROTOCOL, "shouting")])
def test_a_refused_shock_leaves_the_run_as_it_was(scenario: Scenario, path: str, value: Any) -> None:
    live = stepped(LiveRun(scenario, seed=1), 6)
    before = live.result()
    with pytest.raises(InputError):
        live.shake({path: value})
    assert (live.shown, live.reached, live.shocks) == (6, 6, ())
    same_tables(before, live.result())


def test_a_run_ends_where_the_scenario_does_and_another_step_changes_nothing(scenario: Scenario) -> None:
    live = to_the_end(LiveRun(scenario, seed=2))
    rounds = live.shown
    live.step()
    assert (live.shown, live.ended) == (rounds, True)
    live.show(rounds - 1)
    assert not live.ended
    assert live.tabled("waico") and live.adopted("waico")


def test_spreads_are_quantiles_of_positions(scenario: Scenario) -> None:
    spread = stepped(LiveRun(scenario, seed=2), 3).spread()
    assert (spread[["q05", "q25", "q50", "q75", "q95"]].diff(axis=1).iloc[:, 1:] >= 0).to_numpy().all()
    assert len(spread) == 4 * len(scenario.institution_ids) * len(scenario.issue_ids)


# levers


def notes(session: Session) -> dict[str, str]:
    return {lever.path: note for lever, _, note, _ in session.levers()}


def values(session: Session) -> dict[str, Any]:
    return {lever.path: value for lever, value, _, _ in session.levers()}


def test_levers_say_when_they_act() -> None:
    session = opened()
    assert set(notes(session).values()) == {"acts from the start"}
    session.step()
    assert notes(session)[PRESSURE] == "acts now, from round 2"
    assert notes(session)[ENFORCEMENT] == "acts at the next reset: the text is tabled"
    assert notes(session)[RULE] == "acts now, from round 2"
    while not session.live.adopted("waico"):
        session.step()
    assert notes(session)[RULE] == "acts at the next reset: the text is adopted"


def test_a_lever_before_the_start_changes_the_scenario_and_later_is_a_shock() -> None:
    session = opened()
    session.pull(PRESSURE, 2.0)
    assert (session.changes, session.live.shocks, values(session)[PRESSURE]) == ({PRESSURE: 2.0}, (), 2.0)
    session.step()
    session.pull(PRESSURE, 0.5)
    assert [(shock.round, shock.value) for shock in session.live.shocks] == [(2, 0.5)]
    assert values(session)[PRESSURE] == 0.5
    assert session.made() == [f"from the start: {PRESSURE} = 2.0", f"from round 2: {PRESSURE} = 0.5"]


def test_a_lever_that_comes_too_late_waits_for_the_reset() -> None:
    session = opened()
    session.step()
    session.pull(ENFORCEMENT, 0.6)
    assert session.made() == [f"at the next reset: {ENFORCEMENT} = 0.6"]
    assert (notes(session)[ENFORCEMENT], values(session)[ENFORCEMENT]) == ("waits for Reset", 0.6)
    assert session.live.base.institution("waico").opening["enforcement"] != 0.6
    session.restart()
    assert session.live.base.institution("waico").opening["enforcement"] == 0.6
    assert (session.shown, session.waiting) == (0, {})


def test_exclusivity_is_a_switch_both_ways() -> None:
    session, path = opened(), "institutions.waico.exclusive_from"
    for _ in range(3):
        session.step()
    session.pull(path, True)
    assert values(session)[path] is True and not session.problem
    session.step()
    session.pull(path, False)
    assert values(session)[path] is False and not session.problem


def test_any_value_can_be_changed_by_its_path() -> None:
    session = opened()
    session.step()
    session.assign("decision.b_pressure = 0")
    session.assign("outcome.thin_depth=0.1")   # fixed during a run
    assert [line.split(":")[0] for line in session.made()] == ["from round 2", "at the next reset"], session.problem


@pytest.mark.parametrize("text", ["nonsense", "no.such=1", f"{PRESSURE}=-3", "outcome.no=1", "=", f"{PRESSURE}=lots"])
def test_a_wrong_change_is_told_in_one_line_and_nothing_is_lost(text: str) -> None:
    session = opened()
    session.step()
    session.assign(text)
    assert session.problem and "\n" not in session.problem
    assert (session.shown, session.made()) == (1, [])
    session.step()
    assert not session.problem


def test_a_failure_in_the_middle_of_a_run_is_told_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened()
    session.step()
    before = session.watched.result

    def fail(*_: Any) -> None:
        raise FloatingPointError("overflow")

    monkeypatch.setattr(LiveRun, "_run_to", fail)
    session.pull(PRESSURE, 2.0)
    monkeypatch.undo()
    assert session.problem == "the run cannot go on like that: FloatingPointError: overflow"
    same_tables(before, session.watched.result)


def test_another_seed_starts_anew_and_another_scenario_forgets_changes() -> None:
    session = opened()
    session.pull(PRESSURE, 2.0)
    session.step()
    session.reseed("7")
    assert (session.live.seed, session.shown, session.changes) == (7, 0, {PRESSURE: 2.0})
    session.reseed("-1")
    assert "whole number" in session.problem and session.live.seed == 7
    session.open("gpai")
    assert (session.source.name, session.changes, session.institution, session.live.seed) == ("gpai", {}, "gpai", 7)
    session.open("../secrets.toml")
    assert session.problem and session.source.name == "gpai"


# links


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 1_000_000), pressure=st.floats(0.0, 3.0), budget=st.floats(0.0, 0.2), rounds=st.integers(0, 6),
    protocol=st.sampled_from(["compromise", "nash"]), state=st.sampled_from(["", "KEN", "BRA"]), body=st.sampled_from(["waico", "us_coalition"]),
)  # fmt: skip
def test_a_link_restores_what_is_looked_at(seed: int, pressure: float, budget: float, rounds: int, protocol: str, state: str, body: str) -> None:
    session = opened(seed=seed)
    session.pull(PRESSURE, pressure)
    for _ in range(rounds):
        session.step()
    session.pull(BUDGET, budget)
    session.pull(PROTOCOL, protocol)
    session.pull(ENFORCEMENT, 0.55)   # waits for the reset once there is a text
    session.choose(body)
    session.open_state(state)
    again = Session.from_query(session.link())
    assert not again.problem
    assert (again.link(), again.made()) == (session.link(), session.made())
    assert again.live.scenario == session.live.scenario
    same_tables(session.watched.result, again.watched.result)


@pytest.mark.parametrize("query", [
    "scenario=nothing", "scenario=/etc/passwd", "scenario=../x.toml", "seed=-1", "seed=x", "seed=9999999999", "seed=0000000001000001", "replicate=1000", "round=1.5", "set=nonsense", "set=no.such%3D1", "wait=no.such%3D1", "wait=decision.b_pressure%3Dx",
    "shock=0:decision.b_pressure=1", "shock=x", "shock=3:freeze_date=2026-01-01", "&".join(f"set=a{i}%3D1" for i in range(200)),
])  # fmt: skip
def test_a_wrong_link_opens_the_scenario_and_says_what_is_wrong(query: str) -> None:
    session = Session.from_query(query)
    assert session.problem and "\n" not in session.problem
    assert (session.source.name, session.shown, session.made()) == ("waic2025", 0, [])


def test_what_a_link_does_not_know_is_left_out() -> None:
    session = Session.from_query("institution=none&state=XXX&round=3&unknown=1")
    assert (session.institution, session.state, session.shown, session.problem) == ("waico", "", 3, "")


# what is taken along


def shaken() -> Session:
    session = opened(seed=5)
    session.pull(RULE, "supermajority")
    for _ in range(4):
        session.step()
    session.pull(PRESSURE, 2.0)
    session.step()
    return session


def unpacked(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder


def test_a_live_run_saved_and_run_headless_is_the_same(tmp_path: Path) -> None:
    session = shaken()
    folder = unpacked(session.folder(), tmp_path / "run")
    read = read_run(folder)
    to_the_end(session.live)
    same_tables(read, session.live.result())
    same_tables(read, waico.run(read.scenario, seed=5, replicates=1))


def test_the_scenario_saved_gives_the_same_run(tmp_path: Path) -> None:
    session = shaken()
    file = tmp_path / "changed.toml"
    file.write_text(session.toml(), encoding="utf-8")
    headless = run(load_scenario(file), seed=5, replicates=1)
    same_tables(headless, to_the_end(session.live).result())


def test_tables_are_those_of_the_rounds_so_far(tmp_path: Path) -> None:
    session = shaken()
    result = session.watched.result
    commas, columns = unpacked(csv(session.tables()), tmp_path / "csv"), unpacked(parquet(session.tables()), tmp_path / "parquet")
    for name in TABLES:
        pd.testing.assert_frame_equal(in_seconds(pd.read_parquet(columns / f"{name}.parquet")), getattr(result, name))
        assert len(pd.read_csv(commas / f"{name}.csv", keep_default_na=False)) == len(getattr(result, name))


def test_a_file_of_the_visitor_is_opened_changed_and_saved(tmp_path: Path) -> None:
    session = opened()
    session.upload("mine.toml", b'extends = "waic2025"\ntitle = "Mine"\n[institutions_typo]\nx = 1\n')
    assert "institutions_typo" in session.problem and session.source.name == "waic2025"
    session.upload("mine.toml", b'extends = "waic2025"\ntitle = "Mine"\n[decision]\nb0 = -4.0\n')
    assert (session.problem, session.live.base.title, session.link()) == ("", "Mine", "")
    assert session.sources[-1] == "mine.toml"
    session.pull(PRESSURE, 2.0)
    session.step()
    session.pull(BUDGET, 0.1)
    file = tmp_path / "saved.toml"
    file.write_text(session.toml(), encoding="utf-8")
    assert load_scenario(file).model_copy(update={"name": "mine"}) == session.live.scenario
    session.restart()
    assert session.live.base.title == "Mine" and not session.problem


def test_the_decision_of_a_state_is_that_of_waico_explain() -> None:
    session = opened(seed=3)
    session.open_state("KEN")
    assert session.explanation() is None   # no round yet
    for _ in range(4):
        session.step()
    found = session.explanation()
    assert found is not None
    assert found.as_dict() == explain(load_scenario("waic2025"), "KEN", institution="waico", round_number=4, seed=3).as_dict()


# saved runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, scenario: Scenario) -> Path:
    from waico.runs.record import save

    there = tmp_path_factory.mktemp("runs") / "three"
    save(run(scenario, seed=6, replicates=3), there)
    return there


def screens(viewer: Viewer, number: int) -> list[Any]:
    viewer.show(number)
    watched = viewer.watched
    spread = watched.spread[watched.spread["round"] == 0]
    return [
        watched.map(number), watched.curves(number, "waico"), watched.partners(number), watched.alliances(number), watched.days[number], viewer.feed(),
        viewer.headline(), [{k: v for k, v in issue.items() if k not in ("spread", "of_round")} for issue in watched.charter(number, "waico")],
        spread.to_dict("records"),
    ]  # fmt: skip


def test_a_replay_shows_what_the_live_run_showed(folder: Path) -> None:
    replayed, live = Replayed(folder, "three"), Session(Source("waic2025"), seed=6, replicate=2)
    replayed.take(2)
    to_the_end(live.live)
    assert replayed.last == live.live.reached
    for number in (0, 1, 9, replayed.last):
        assert screens(replayed, number) == screens(live, number)
    assert replayed.ended and replayed.headline().startswith("Outcome: ")


def test_a_replay_simulates_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a round was simulated")

    monkeypatch.setattr("waico.model.NegotiationModel.step", refuse)
    replayed = Replayed(folder, "three")
    for _ in range(60):
        replayed.step()
        screens(replayed, replayed.shown)
    assert replayed.ended
    replayed.take(7)
    assert replayed.replicate == 0   # there is no such


def test_folders_below_the_start_are_found_and_no_others_opened(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = tmp_path / "start"
    (start / "deep" / "er").mkdir(parents=True)
    (start / ".hidden").mkdir()
    for place in ("deep/er", ".hidden"):
        (start / place / "run.json").write_text("{}")
    (start / "swept").mkdir()
    (start / "swept" / "manifest.json").write_text("{}")
    (start / "out").symlink_to(folder)
    monkeypatch.chdir(start)
    assert (find("run"), find("sweep")) == (["deep/er"], ["swept"])
    assert resolve("deep/er") == (start / "deep" / "er").resolve()
    for outside in ("..", "../..", "/etc", str(folder), "out", "deep/../../x"):
        with pytest.raises(InputError, match="outside"):
            resolve(outside)
    for missing in ("nothing", "deep/er/run.json", "a\0b", "x" * 5000):
        with pytest.raises(InputError, match="is no folder"):
            resolve(missing)
