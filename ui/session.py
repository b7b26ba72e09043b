"""What one visitor of the live page is looking at, without any page: a scenario with changes, a run of it, and a round."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from waico.analysis.explain import Explanation, explain
from waico.runs.record import TABLES, save
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import check_change, load_scenario
from waico.scenarios.paths import parse_assignment
from waico.scenarios.schema import Shock
from waico.ui.levers import Lever, closed, levers, value_for, value_of
from waico.ui.live_run import LiveRun
from waico.ui.sentences import GROUPS, sentences
from waico.ui.watched import Watched

START = "waic2025"
MOST_CHANGES = 60   # in a link
MOST_ROUNDS = 2000
SHOWN_AT_FIRST = tuple(group for group in GROUPS if group != "pressure and offers")


class Session:
    """The state of the live view of one visitor; every method leaves it whole, also when it refuses.

    Attributes:
        source: name of the bundled scenario. changes: made to it before the start, by path.
        waiting: changes that act at the next reset, by path.
        live: the run. institution: the one that the panels show. state: the state whose decision is open, or empty.
        begun: how many runs were begun, which tells one from the next. groups: of events in the feed. problem: what was refused last, in a line; empty if nothing was.
    """

    def __init__(self, source: str = START, *, seed: int = 1, replicate: int = 0, changes: Mapping[str, Any] | None = None) -> None:
        """Open a bundled scenario at its start.

        Raises:
            InputError: there is no such scenario, or a change of it is refused.
        """
        self.source, self.changes = source, dict(changes or {})
        self.waiting: dict[str, Any] = {}
        self.live = LiveRun(load_scenario(source, self.changes, changed_by="the link"), seed=seed, replicate=replicate)
        self.institution = self.live.base.institution_ids[0]
        self.state, self.problem, self.begun = "", "", 1
        self.groups: tuple[str, ...] = SHOWN_AT_FIRST
        self._watched: Watched | None = None

    @classmethod
    def from_query(cls, query: str, source: str = START) -> Session:
        """What a link asks for; where it is wrong, the scenario at its start with the complaint as `problem`."""
        try:
            return cls._from_query(query, source)
        except InputError as error:
            session = cls(source)
            session.problem = str(error)
            return session

    @classmethod
    def _from_query(cls, query: str, source: str) -> Session:
        asked = parse_qs(query, max_num_fields=2 * MOST_CHANGES)
        one = {key: values[-1] for key, values in asked.items()}
        changes = dict(parse_assignment(text, "the link") for text in asked.get("set", []))
        seed, replicate, shown = (_number(one, key, least) for key, least in (("seed", 1), ("replicate", 0), ("round", 0)))
        session = cls(one.get("scenario", source), seed=seed, replicate=replicate, changes=changes)
        shocks = [_shock(text) for text in asked.get("shock", [])]
        if shocks or shown:
            session.live = LiveRun(session.live.base, seed=seed, replicate=replicate, shocks=shocks, shown=min(shown, MOST_ROUNDS))
        if "institution" in one:
            session.choose(one["institution"])
        if "state" in one:
            session.open_state(one["state"])
        return session

    def link(self) -> str:
        """The query that restores what is looked at."""
        live = self.live
        pairs = [("scenario", self.source), ("seed", str(live.seed))]
        pairs += [("replicate", str(live.replicate))] if live.replicate else []
        pairs += [("set", f"{path}={_text(value)}") for path, value in self.changes.items()]
        pairs += [("shock", f"{shock.round}:{shock.path}={_text(shock.value)}") for shock in live.shocks]
        pairs += [("round", str(live.shown))] if live.shown else []
        pairs += [("institution", self.institution)] if self.institution != live.base.institution_ids[0] else []
        pairs += [("state", self.state)] if self.state else []
        return urlencode(pairs)

    @property
    def watched(self) -> Watched:
        """The tables of the run so far, for panels."""
        if self._watched is None:
            self._watched = Watched.of(self.live.result(), self.live.spread())
        return self._watched

    def open(self, source: str) -> None:
        """Turn to another bundled scenario, from its start and as it is."""
        self._attempt(lambda: self._take(Session(source, seed=self.live.seed)))

    def restart(self, *, seed: int | None = None, replicate: int | None = None) -> None:
        """The scenario from its start, with what waits for that, without the shocks made since; perhaps with other draws."""
        live = self.live

        def begin() -> None:
            self._begin(
                {**self.changes, **self.waiting}, live.seed if seed is None else seed, live.replicate if replicate is None else replicate
            )

        self._attempt(begin)

    def reseed(self, text: str) -> None:
        """The scenario from its start with another seed, as it was typed."""
        self._attempt(lambda: self._begin({**self.changes, **self.waiting}, _number({"seed": text}, "seed", 0), self.live.replicate))

    def step(self) -> None:
        """Look at the next round."""
        self._attempt(self.live.step)

    def show(self, number: int) -> None:
        """Look at a round that has been run."""
        self._attempt(lambda: self.live.show(int(number)))

    def choose(self, institution: str) -> None:
        """Let the panels show another institution."""
        if institution in self.live.base.institution_ids:
            self.institution = institution

    def open_state(self, code: str) -> None:
        """Open the decision of a state, or none if the code is empty or unknown."""
        self.state = code if code in self.watched.setting.codes else ""

    def show_groups(self, groups: list[str]) -> None:
        """Filter the feed."""
        self.groups = tuple(group for group in GROUPS if group in groups)

    def levers(self) -> list[tuple[Lever, Any, str, bool]]:
        """Every lever with the value it stands at, what the page says of it, and whether a change of it waits for a reset."""
        live, told = self.live, []
        now, day = live.scenario_now(), self.watched.days[live.shown]
        for lever in levers(live.base, self.institution):
            why = closed(live, lever, self.institution)
            waits = lever.path in self.waiting
            value = value_of(now, lever, day)
            if waits:
                waiting = self.waiting[lever.path]
                value = bool(str(waiting) <= day) if lever.kind == "switch" else waiting
                note = "waits for Reset"
            elif live.shown == 0:
                note = "acts from the start"
            else:
                note = f"acts at the next reset: {why}" if why else f"acts now, from round {live.shown + 1}"
            told.append((lever, value, note, waits))
        return told

    def pull(self, path: str, chosen: Any) -> None:
        """Change what a lever stands at: the scenario before the first round, else by a shock, else at the next reset."""
        lever = next((lever for lever in levers(self.live.base, self.institution) if lever.path == path), None)
        if lever is None:
            self.problem = f"there is no lever {path}"
            return
        self._attempt(lambda: self._change(path, value_for(self.live.base, lever, chosen), wait=bool(closed(self.live, lever, self.institution))))

    def assign(self, text: str) -> None:
        """Change any value of the scenario, written as path=value; what cannot change during a run waits for the next reset."""

        def change() -> None:
            path, value = parse_assignment(text, "change")
            if self.live.shown == 0 or self._acts(path):
                self._change(path, value, wait=False)
            else:
                load_scenario(self.source, {**self.changes, **self.waiting, path: value})   # refuses what is wrong, before it waits
                self.waiting[path] = value

        self._attempt(change)

    def made(self) -> list[str]:
        """Everything that was changed, a line each: before the start, during the run, and what waits."""
        return [
            *(f"from the start: {path} = {_text(value)}" for path, value in self.changes.items()),
            *(f"from round {shock.round}: {shock.path} = {_text(shock.value)}" for shock in self.live.shocks),
            *(f"at the next reset: {path} = {_text(value)}" for path, value in self.waiting.items()),
        ]

    def feed(self) -> list[dict[str, Any]]:
        """Events so far, the last first."""
        return sentences(self.watched, self.live.shown, self.groups)

    def explanation(self) -> Explanation | None:
        """The decision of the open state in the round looked at; None if no state is open or no round has been run."""
        live = self.live
        if not self.state or live.shown == 0:
            return None
        return explain(
            live.scenario, self.state, institution=self.institution, round_number=live.shown, seed=live.seed, replicate=live.replicate
        )

    def whole_run(self) -> RunResult:
        """The run to its end as `waico run` makes it; it goes on from the round looked at as if nobody touched it."""
        live = self.live
        result = run(live.scenario, seed=live.seed, replicates=live.replicate + 1, overrides=self.changes)
        return result

    def folder(self) -> bytes:
        """The folder of the run as a ZIP file, for `waico replay`, `explain` and `report`."""
        with tempfile.TemporaryDirectory() as place:
            there = Path(place) / "run"
            save(self.whole_run(), there)
            return _zipped({path.name: path.read_bytes() for path in sorted(there.iterdir())})

    def tables(self) -> bytes:
        """The tables of the rounds run so far as CSV files in a ZIP file."""
        result = self.watched.result
        return _zipped({f"{name}.csv": getattr(result, name).to_csv(index=False, lineterminator="\n").encode() for name in TABLES})

    def _acts(self, path: str) -> bool:
        """Whether a change of a path can act during a run."""
        try:
            check_change(self.live.scenario, path)
        except InputError:
            return False
        return True

    def _change(self, path: str, value: Any, *, wait: bool) -> None:
        if wait:
            self.waiting[path] = value
        elif self.live.shown == 0:
            self._begin({**self.changes, path: value}, self.live.seed, self.live.replicate)
        else:
            self.live.shake({path: value})

    def _begin(self, changes: dict[str, Any], seed: int, replicate: int) -> None:
        self.live = LiveRun(load_scenario(self.source, changes, changed_by="change"), seed=seed, replicate=replicate)
        self.changes, self.waiting, self.begun = changes, {}, self.begun + 1

    def _take(self, other: Session) -> None:
        """Become what another session is."""
        self.__dict__.update(other.__dict__, groups=self.groups, begun=self.begun + 1)

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do something, or keep everything as it is and say why it was refused."""
        self.problem = ""
        try:
            act()
        except InputError as error:
            self.problem = str(error)
        self._watched = None


def _number(asked: Mapping[str, str], key: str, default: int) -> int:
    """A whole number that was asked for, from 0 to a million.

    Raises:
        InputError: it is none.
    """
    text = asked.get(key, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= 1_000_000):
        raise InputError("the page", key, f"is '{text[:20]}'", "give a whole number from 0 to 1000000")
    return int(text)


def _shock(text: str) -> Shock:
    """A shock of a link, such as 7:institutions.waico.rival_pressure=2.

    Raises:
        InputError: it is none.
    """
    number, _, change = text.partition(":")
    path, value = parse_assignment(change, "the link")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= MOST_ROUNDS) or not isinstance(value, bool | int | float | str | date):
        raise InputError("the link", "shock", f"is '{text[:60]}'", "write round:path=value, such as 7:institutions.waico.rival_pressure=2")
    return Shock(round=int(number), path=path, value=value)


def _text(value: Any) -> str:
    """A value as TOML, on one line."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """Files in a ZIP archive."""
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place.getvalue()
