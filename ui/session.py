"""What one visitor of the live page is looking at, without any page: a scenario with changes, a run of it, and a round."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from waico.runs.record import save
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import bundled_scenarios, check_change, load_scenario
from waico.scenarios.paths import parse_assignment
from waico.scenarios.schema import Scenario, Shock
from waico.scenarios.uploaded import read_uploaded
from waico.scenarios.written import to_toml
from waico.ui.levers import Lever, closed, levers, value_for, value_of
from waico.ui.live_run import LiveRun, with_shocks
from waico.ui.viewer import Viewer, zipped
from waico.ui.watched import Watched

START = "waic2025"
MOST_CHANGES = 60   # in a link
MOST_ROUNDS = 2000
MOST = {"seed": 1_000_000, "replicate": 999, "round": 1_000_000}   # the whole run of a replicate has all those before it too


class Source(NamedTuple):
    """Where a scenario comes from.

    Attributes:
        name: a bundled scenario, the one that the page was started with, or the name of a file that the visitor gave.
        content: of that file; None for the others.
    """

    name: str
    content: bytes | None = None

    def load(self, changes: Mapping[str, Any]) -> Scenario:
        """The scenario with changes.

        Raises:
            InputError: it is wrong, or a change of it is refused.
        """
        if self.content is None:
            return load_scenario(self.name, changes, changed_by="change")
        return read_uploaded(self.name, self.content, changes)


class Session(Viewer):
    """The state of the live view of one visitor; every method leaves it whole, also when it refuses.

    Attributes:
        home: the scenario that the page was started with. source: of the one that is looked at.
        changes: made to it before the start, by path.
        waiting: changes that act at the next reset, by path.
        live: the run. begun: how many runs were begun, which tells one from the next.
        problem: what was refused last, in a line; empty if nothing was.
    """

    def __init__(
        self, source: Source, *, home: str = START, seed: int = 1, replicate: int = 0, changes: Mapping[str, Any] | None = None
    ) -> None:
        """Open a scenario at its start.

        Raises:
            InputError: there is no such scenario, or a change of it is refused.
        """
        self.home, self.source, self.changes = home, source, dict(changes or {})
        self.waiting: dict[str, Any] = {}
        self.live = LiveRun(source.load(self.changes), seed=seed, replicate=replicate)
        super().__init__(self.live.base.institution_ids[0])
        self.problem, self.begun = "", 1
        self._watched: Watched | None = None

    @classmethod
    def from_query(cls, query: str, home: str = START) -> Session:
        """What a link asks for; where it is wrong, the scenario at its start with the complaint as `problem`."""
        try:
            return cls._from_query(query, home)
        except InputError as error:
            session = cls(Source(home), home=home)
            session.problem = str(error)
            return session

    @classmethod
    def _from_query(cls, query: str, home: str) -> Session:
        try:
            asked = parse_qs(query, max_num_fields=2 * MOST_CHANGES)
        except ValueError:
            raise InputError("the link", "", f"has more than {2 * MOST_CHANGES} parts", "save the scenario as a file instead") from None
        one = {key: values[-1] for key, values in asked.items()}
        changes = dict(parse_assignment(text, "the link") for text in asked.get("set", []))
        seed, replicate, shown = (_number(one, key, least) for key, least in (("seed", 1), ("replicate", 0), ("round", 0)))
        session = cls(_known(one.get("scenario", home), home), home=home, seed=seed, replicate=replicate, changes=changes)
        shocks = [_shock(text) for text in asked.get("shock", [])]
        if shocks or shown:
            session.live = LiveRun(session.live.base, seed=seed, replicate=replicate, shocks=shocks, shown=min(shown, MOST_ROUNDS))
        session.waiting = dict(parse_assignment(text, "the link") for text in asked.get("wait", []))
        if session.waiting:
            session.source.load({**changes, **session.waiting})   # refuses what is wrong, before it waits
        if "institution" in one:
            session.choose(one["institution"])
        if "state" in one:
            session.open_state(one["state"])
        return session

    @property
    def sources(self) -> list[str]:
        """Names of the scenarios that can be opened, and of the one that is."""
        return list(dict.fromkeys([*bundled_scenarios(), self.home, self.source.name]))

    def link(self) -> str:
        """The query that restores what is looked at; empty for a file of the visitor's, which no link can carry."""
        if self.source.content is not None:
            return ""
        live = self.live
        pairs = [("scenario", self.source.name), ("seed", str(live.seed))]
        pairs += [("replicate", str(live.replicate))] if live.replicate else []
        pairs += [("set", f"{path}={_text(value)}") for path, value in self.changes.items()]
        pairs += [("wait", f"{path}={_text(value)}") for path, value in self.waiting.items()]
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

    @property
    def shown(self) -> int:
        """The round that is looked at."""
        return self.live.shown

    @property
    def ended(self) -> bool:
        """Whether that round is the last of the run."""
        return self.live.ended

    @property
    def replicate(self) -> int:
        """Which replicate is run."""
        return self.live.replicate

    def open(self, name: str) -> None:
        """Turn to another scenario, from its start and as it is."""
        if name != self.source.name:
            self._attempt(lambda: self._take(_known(name, self.home)))

    def source_of(self, name: str) -> Source:
        """The scenario that is watched, one that comes with the package, or the one that the page was started with.

        Raises:
            InputError: it is none of them; no other file of the machine is read.
        """
        return self.source if name == self.source.name else _known(name, self.home)

    def upload(self, name: str, content: bytes) -> None:
        """Turn to a scenario of the visitor's."""
        self._attempt(lambda: self._take(Source(name, content)))

    def go(self, query: str) -> None:
        """Turn to what a link asks for."""
        self._attempt(lambda: self._become(Session._from_query(query, self.home)))

    def restart(self) -> None:
        """The scenario from its start, with what waits for that and without the shocks made since."""
        self._attempt(lambda: self._begin({**self.changes, **self.waiting}, self.live.seed))

    def reseed(self, text: str) -> None:
        """The same with another seed, as it was typed."""
        self._attempt(lambda: self._begin({**self.changes, **self.waiting}, _number({"seed": text}, "seed", 0)))

    def step(self) -> None:
        """Look at the next round."""
        self._attempt(self.live.step)

    def show(self, number: int) -> None:
        """Look at a round that has been run; its tables are there."""
        self.live.show(int(number))

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
                self.source.load({**self.changes, **self.waiting, path: value})   # refuses what is wrong, before it waits
                self.waiting[path] = value

        self._attempt(change)

    def made(self) -> list[str]:
        """Everything that was changed, a line each: before the start, during the run, and what waits."""
        return [
            *(f"from the start: {path} = {_text(value)}" for path, value in self.changes.items()),
            *(f"from round {shock.round}: {shock.path} = {_text(shock.value)}" for shock in self.live.shocks),
            *(f"at the next reset: {path} = {_text(value)}" for path, value in self.waiting.items()),
        ]

    def whole_run(self) -> RunResult:
        """The run to its end as `waico run` makes it; it goes on from the round looked at as if nobody touched it."""
        live = self.live
        return replace(run(live.scenario, seed=live.seed, replicates=live.replicate + 1), overrides=self.changes)

    def scenario_with(self, changes: Mapping[str, Any]) -> Scenario:
        """What is watched, with its shocks, and further changes from the start.

        Raises:
            InputError: one of them is refused.
        """
        base = self.source.load({**self.changes, **changes})
        return with_shocks(base, self.live.shocks)

    def toml(self) -> str:
        """The scenario as a file: what it extends, what was changed before the start, and the shocks since."""
        return to_toml(self.source.name, self.changes, self.live.shocks, content=self.source.content)

    def folder(self) -> bytes:
        """The folder of the run as a ZIP file, for `waico replay`, `explain` and `report`."""
        with tempfile.TemporaryDirectory() as place:
            there = Path(place) / "run"
            save(self.whole_run(), there)
            return zipped({path.name: path.read_bytes() for path in sorted(there.iterdir())})

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
            self._begin({**self.changes, path: value}, self.live.seed)
        else:
            self.live.shake({path: value})

    def _begin(self, changes: dict[str, Any], seed: int) -> None:
        self.live = LiveRun(self.source.load(changes), seed=seed, replicate=self.live.replicate)
        self.changes, self.waiting, self.begun = changes, {}, self.begun + 1

    def _take(self, source: Source) -> None:
        """Turn to another scenario."""
        self._become(Session(source, home=self.home, seed=self.live.seed))

    def _become(self, other: Session) -> None:
        """Become what another session is; the filter of the feed stays."""
        self.__dict__.update(other.__dict__, groups=self.groups, begun=self.begun + 1)

    def _attempt(self, act: Callable[[], None]) -> None:
        """Do something, or keep everything as it is and say why it was refused."""
        self.problem = ""
        try:
            act()
        except InputError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 (values that pass every check may still be too much for the arithmetic of a run)
            self.problem = f"the run cannot go on like that: {type(error).__name__}: {error}"
        self._watched = None


def _known(name: str, home: str) -> Source:
    """A scenario that comes with the package, or the one that the page was started with; no other file of the machine is read.

    Raises:
        InputError: it is neither.
    """
    if name not in (*bundled_scenarios(), home):
        raise InputError("the page", "scenario", f"'{name[:40]}' is not here", f"give one of {', '.join(bundled_scenarios())}")
    return Source(name)


def _number(asked: Mapping[str, str], key: str, default: int) -> int:
    """A whole number that was asked for, from 0 to the most there may be.

    Raises:
        InputError: it is none.
    """
    text = asked.get(key, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= MOST[key]):
        raise InputError("the page", key, f"is '{text[:20]}'", f"give a whole number from 0 to {MOST[key]}")
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
