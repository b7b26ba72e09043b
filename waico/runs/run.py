"""Replicates of a scenario: simulate them, one after another or on several workers, and gather their tables."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import zip_longest
from numbers import Integral
from typing import Any

import pandas as pd

from waico.model import NegotiationModel
from waico.negotiation.course import Course
from waico.negotiation.measure import OUTCOMES
from waico.runs.engines import in_order, run_tasks
from waico.runs.interrupts import interrupts_held
from waico.runs.objections import by_issue, objected
from waico.runs.tables import Ending, Trace, member_table, tables_of
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

CHUNKS_PER_WORKER = 8   # enough for an even load and a moving progress bar, few enough to keep start-up small


@dataclass(repr=False)
class RunResult:
    """Everything that a run of several replicates yields.

    Attributes:
        scenario, seed, replicates, until: what was run; `replicates` is what was finished.
        overrides: changes made to the scenario on the command line, by path.
        outcomes, rounds, texts, nations, firms, events: tables as described in docs/how-to/read_the_files.md.
        started, seconds: wall-clock time, kept out of all tables.
        interrupted: whether some replicates are missing because the user stopped the run.
    """

    scenario: Scenario
    seed: int
    replicates: int
    until: date | None
    outcomes: pd.DataFrame
    rounds: pd.DataFrame
    texts: pd.DataFrame
    nations: pd.DataFrame
    firms: pd.DataFrame
    events: pd.DataFrame
    started: float
    seconds: float
    overrides: Mapping[str, Any] = field(default_factory=dict)
    interrupted: bool = False

    def __repr__(self) -> str:
        runs = f"{self.replicates} replicate{'' if self.replicates == 1 else 's'}, seed {self.seed}"
        return f"<RunResult of {self.scenario.name}: {runs}; tables outcomes, rounds, texts, nations, firms, events, members>"

    @property
    def members(self) -> pd.DataFrame:
        """Probability of each status by institution and state, over the replicates."""
        return member_table(self.nations)

    def summary(self) -> dict[str, Any]:
        """What `waico run --json` prints: outcome shares, and members, text, dates and objections by institution."""
        shares = self.outcomes["outcome"].value_counts(normalize=True)
        objections = objected(self.scenario, self.events)
        bodies = self.scenario.institution_ids
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "replicates": self.replicates,
            "seconds": round(self.seconds, 3),
            "outcomes": {name: float(shares.get(name, 0.0)) for name in OUTCOMES},
            "institutions": {
                body: self._of_institution(body) | {"objections": by_issue(objections, body)} for body in bodies
            },
        }

    def _of_institution(self, body: str) -> dict[str, Any]:
        rounds = self.rounds[self.rounds["institution"] == body]
        last = rounds.groupby("replicate").tail(1)
        tabled = last.loc[last["stage"] != "idea", "replicate"]
        texts = self.texts[(self.texts["institution"] == body) & self.texts["replicate"].isin(tabled)]
        final = texts.groupby(["replicate", "issue"], sort=False)["value"].last().groupby("issue", sort=False).mean()
        adopted, adopted_on = self._median_of("adopted", body)
        _, in_force_on = self._median_of("in_force", body)
        return {
            "signed_mean": float(last["signed"].mean()),
            "signed_median": float(last["signed"].median()),
            "signed_q05": float(last["signed"].quantile(0.05)),
            "signed_q95": float(last["signed"].quantile(0.95)),
            "ratified_mean": float(last["ratified"].mean()),
            "in_force_share": float((last["stage"] == "in_force").mean()),
            "round_adopted_median": adopted,
            "date_adopted_median": adopted_on,
            "date_in_force_median": in_force_on,
            "text": {issue: float(final[issue]) if issue in final else None for issue in self.scenario.issue_ids},
        }

    def _median_of(self, kind: str, body: str) -> tuple[float | None, str | None]:
        """Median round and date of an event that happens once; None where it is never in half of the replicates."""
        events = self.events[(self.events["kind"] == kind) & (self.events["institution"] == body)]
        when = events.merge(
            self.rounds[["replicate", "round", "institution", "date"]], on=["replicate", "round", "institution"]
        ).set_index("replicate")
        day = [float(stamp.toordinal()) for stamp in when["date"]]
        table = pd.DataFrame({"round": when["round"].astype(float), "day": pd.Series(day, when.index, dtype=float)})
        median = table.reindex(range(self.replicates)).fillna(math.inf).median()
        if math.isinf(median["round"]):
            return None, None
        return float(median["round"]), date.fromordinal(int(median["day"])).isoformat()

    def likeliest_members(self, body: str, count: int = 12) -> list[tuple[str, float]]:
        """The states most likely to have signed, with the share of replicates in which they had; principals left out."""
        members = self.members
        members = members[
            (members["institution"] == body) & ~members["iso3"].isin(self.scenario.institution(body).principals)
        ].sort_values(["p_signed", "iso3"], ascending=[False, True])
        return [(str(code), float(p)) for code, p in members[["iso3", "p_signed"]].head(count).to_numpy()]


def _check_arguments(scenario: Any, seed: Any, replicates: Any, workers: Any, until: Any) -> None:
    """Refuse what would fail later with less to say."""
    if not isinstance(scenario, Scenario):
        raise InputError("waico.run", "scenario", f"is a {type(scenario).__name__}", "give what waico.load_scenario returns")
    for name, value, least in (("seed", seed, 0), ("replicates", replicates, 1), ("workers", workers, 1)):
        if isinstance(value, bool) or not isinstance(value, Integral) or value < least:
            raise InputError("waico.run", name, f"is {value!r}", f"give a whole number from {least}")
    if until is not None and not isinstance(until, date):
        raise InputError("waico.run", "until", f"is {until!r}", "give a datetime.date")


def run(
    scenario: Scenario,
    *,
    seed: int = 0,
    replicates: int = 1,
    workers: int = 1,
    until: date | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> RunResult:
    """Simulate a scenario.

    Args:
        scenario: what to run, from `waico.load_scenario`.
        seed: whole number; the same seed gives the same tables on any number of workers.
        replicates: number of runs that differ by their random draws, from 1.
        workers: processes; 1 runs in this one.
        until: last day simulated, if that is before the scenario's horizon.
        on_progress: called with the number of replicates finished since the last call.

    Returns:
        The tables. After Ctrl-C those of the replicates finished by then, and `interrupted` is set.

    Raises:
        InputError: the scenario asks for data or rules that do not exist, or an argument is wrong.
        KeyboardInterrupt: the user stopped before any replicate was finished.
    """
    _check_arguments(scenario, seed, replicates, workers, until)
    started = time.time()
    course = Course(scenario)   # finds what is wrong before any worker starts
    json = scenario.model_dump_json()
    size = max(1, -(-replicates // (workers * CHUNKS_PER_WORKER))) if workers > 1 else 1
    spans = [(start, min(start + size, replicates)) for start in range(0, replicates, size)]
    traces: list[Trace] = []
    interrupted = False
    try:
        if workers == 1:
            for start, stop in spans:
                traces += [simulate(scenario, seed, replicate, until, course) for replicate in range(start, stop)]
                _tell(on_progress, stop - start)
        else:
            tasks = [(json, seed, start, stop, until) for start, stop in spans]
            for part in in_order(run_tasks(_span, tasks, workers)):
                traces += part
                _tell(on_progress, len(part))
    except KeyboardInterrupt:
        if not traces:
            raise
        interrupted = True
    tables: dict[str, Any] = tables_of(scenario, seed, traces)
    return RunResult(
        scenario=scenario, seed=seed, replicates=len(traces), until=until, **tables,
        started=started, seconds=time.time() - started, interrupted=interrupted,
    )  # fmt: skip


def simulate(
    scenario: Scenario, seed: int, replicate: int, until: date | None = None, course: Course | None = None
) -> Trace:
    """Run one replicate to its end and keep what the tables need."""
    model = NegotiationModel(scenario, rng=seed, replicate=replicate, until=until, course=course)
    with interrupts_held():
        model.run_model()
    return Trace.of(model, replicate)


def simulate_endings(seed: int, runs: Iterable[tuple[Course, int]]) -> list[Ending]:
    """Run replicates of courses abreast to their ends, where only these matter: the same numbers in less time.

    All are brought through a stage of their rounds before any is through the next, which keeps its code at hand.
    """
    models = [
        NegotiationModel(course.scenario, rng=seed, replicate=replicate, course=course, recorded=False)
        for course, replicate in runs
    ]
    with interrupts_held():
        while running := [model.stages() for model in models if model.running]:
            for _ in zip_longest(*running):
                pass
    return [Ending.of(model, model.draws.replicate) for model in models]


def _tell(on_progress: Callable[[int], None] | None, finished: int) -> None:
    if on_progress is not None:
        on_progress(finished)


def _span(task: tuple[str, int, int, int, date | None]) -> list[Trace]:
    """Replicates `start` to `stop` in a worker process."""
    json, seed, start, stop, until = task
    scenario, course = resolved(json)
    return [simulate(scenario, seed, replicate, until, course) for replicate in range(start, stop)]


@lru_cache(maxsize=2)
def resolved(json: str) -> tuple[Scenario, Course]:
    """A worker resolves each scenario once."""
    scenario = Scenario.model_validate_json(json)
    return scenario, Course(scenario)
