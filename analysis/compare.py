"""Two scenarios under common random numbers: how outcomes, members and texts differ, paired by replicate.

Replicate r of both is run with the same draws for the same states, firms and institutions, so that what differs is due
to what was changed, and intervals are those of differences within pairs (Kleijnen 1974 on common random numbers).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents.institution import Stage
from waico.analysis.endings import MEMBER
from waico.analysis.intervals import paired
from waico.negotiation.measure import OUTCOMES
from waico.runs.run import RunResult, run
from waico.scenarios.schema import Prior, Scenario

Floats = NDArray[np.float64]
Bodies = list[tuple[str, str, str]]   # label, institution in A, institution in B

MEASURES = (
    "endorsed", "signed", "ratified", "firms", "breadth_weight", "agreement", "objection_weight", "depth", "fault_line",
    "display_gap", "hedgers", "overlap",
)  # fmt: skip
OF_A_TEXT = ("agreement", "objection_weight", "depth", "display_gap")
IDEA = Stage.IDEA.name.lower()
IN_FORCE = Stage.IN_FORCE.name.lower()
NOT_COMPARED = ("name", "title", "question", "assumptions")
PRIOR = set(Prior.model_fields)


@dataclass(frozen=True)
class Comparison:
    """How scenario B differs from scenario A. Differences are B less A, with standard error and 95% interval.

    All tables share the columns a, b, difference, se, low, high, pairs, changed, missing_a and missing_b (see
    `waico.analysis.intervals.Paired`). What is not defined is missing.

    Attributes:
        a, b, seed, replicates: what was run.
        changes: values that differ between the scenarios by path, A's and B's; None where one has no such value.
        outcomes: by outcome class of the first institution (`outcome`).
        measures: by `institution` and `measure` at the end of the run: adopted and in_force (shares of runs), and the
            measures of `rounds`. Those of a text are missing in replicates in which none was tabled.
        texts: by `institution` and `issue`, the last text; missing in replicates in which none was tabled.
        states: by `institution` and `iso3`, whether the state ended as signed or more; also only_a and only_b, the
            replicates in which it did so in one arm alone. Largest difference first. Sponsors and rivals are left out.
            Each interval is that of one state by itself, not of the whole list.

    Institutions are those that both scenarios have, and the first of A with the first of B.
    """

    a: Scenario
    b: Scenario
    seed: int
    replicates: int
    changes: dict[str, tuple[Any, Any]]
    outcomes: pd.DataFrame
    measures: pd.DataFrame
    texts: pd.DataFrame
    states: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with None for what is missing; tables as lists of rows."""
        return {
            "a": self.a.name,
            "b": self.b.name,
            "seed": self.seed,
            "replicates": self.replicates,
            "changes": {path: list(values) for path, values in self.changes.items()},
            **{name: _records(getattr(self, name)) for name in ("outcomes", "measures", "texts", "states")},
        }


def compare(
    a: Scenario,
    b: Scenario,
    *,
    seed: int = 0,
    replicates: int = 100,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Run two scenarios with the same draws and compare them replicate by replicate.

    Args:
        a: a scenario, from `waico.load_scenario`.
        b: the one to hold against it.
        seed: of both.
        replicates: runs of each. With one, differences have neither standard error nor interval.
        workers: processes.
        on_progress: called with the number of replicates finished since the last call; there are twice `replicates`.

    Raises:
        InputError: a scenario asks for data or rules that do not exist.
        KeyboardInterrupt: the user stopped it; half a comparison is none.
    """
    arms = []
    for scenario in (a, b):
        result = run(scenario, seed=seed, replicates=replicates, workers=workers, on_progress=on_progress)
        if result.interrupted:
            raise KeyboardInterrupt
        arms.append(_Arm(result))
    return _compared(*arms)


class _Arm:
    """The end of every replicate of a run, one value per replicate."""

    def __init__(self, result: RunResult) -> None:
        self.scenario, self.seed, self.replicates = result.scenario, result.seed, result.replicates
        self.outcome = result.outcomes["outcome"].to_numpy()
        self._last = result.rounds.groupby(["institution", "replicate"]).tail(1).set_index("institution")
        texts = result.texts.groupby(["institution", "issue", "replicate"], sort=False)["value"].last()
        self._texts = texts.unstack("replicate")
        adopted = result.events[result.events["kind"] == "adopted"]
        self._adopted = {body: group["replicate"].unique() for body, group in adopted.groupby("institution")}
        member = result.nations["status"].isin(MEMBER)
        index = [result.nations[name] for name in ("institution", "iso3", "replicate")]
        self._members = pd.DataFrame(member.set_axis(pd.MultiIndex.from_arrays(index)).unstack("replicate"))

    def tabled(self, body: str) -> NDArray[np.bool_]:
        """Whether the institution came to be proposed at all."""
        return self._last.loc[[body], "stage"].to_numpy() != IDEA

    def adopted(self, body: str) -> Floats:
        """1 where a text was adopted."""
        return np.isin(np.arange(self.replicates), self._adopted.get(body, [])).astype(float)

    def in_force(self, body: str) -> Floats:
        """1 where it is in force."""
        return np.asarray(self._last.loc[[body], "stage"] == IN_FORCE, dtype=float)

    def measure(self, body: str, name: str) -> Floats:
        """A measure; those of a text are NaN without one."""
        values = self._last.loc[[body], name].to_numpy(dtype=float)
        return np.where(self.tabled(body), values, np.nan) if name in OF_A_TEXT else values

    def text(self, body: str, issue: str) -> Floats:
        """The last text on an issue, NaN where none was tabled."""
        values = self._texts.loc[[(body, issue)]].to_numpy(dtype=float)[0]
        return np.where(self.tabled(body), values, np.nan)

    def members(self, body: str) -> pd.DataFrame:
        """Who ended as signed or more, one row per state, one column per replicate; principals left out."""
        institution = self.scenario.institution(body)
        of_body = self._members[self._members.index.get_level_values("institution") == body]
        return of_body.droplevel("institution").drop(list(institution.principals))


def _compared(a: _Arm, b: _Arm) -> Comparison:
    bodies = _bodies(a.scenario, b.scenario)
    issues = [issue for issue in a.scenario.issue_ids if issue in b.scenario.issue_ids]
    outcomes = [{"outcome": name} | _row(a.outcome == name, b.outcome == name, binary=True) for name in OUTCOMES]
    texts = [
        {"institution": label, "issue": issue} | _row(a.text(one, issue), b.text(other, issue))
        for label, one, other in bodies for issue in issues
    ]  # fmt: skip
    return Comparison(
        a=a.scenario, b=b.scenario, seed=a.seed, replicates=a.replicates, changes=changed_values(a.scenario, b.scenario),
        outcomes=pd.DataFrame(outcomes), measures=pd.DataFrame(list(_measures(a, b, bodies))),
        texts=pd.DataFrame(texts, columns=None if texts else ["institution", "issue", *_row([], [])]),
        states=pd.concat([_states(a, b, *body) for body in bodies], ignore_index=True),
    )  # fmt: skip


def _bodies(a: Scenario, b: Scenario) -> Bodies:
    """Which institution of A is held against which of B: the first ones, then those of the same id."""
    first = a.institution_ids[0], b.institution_ids[0]
    same = [(body, body) for body in a.institution_ids if body in b.institution_ids]
    pairs = dict.fromkeys([first, *same])
    return [(one if one == other else f"{one} / {other}", one, other) for one, other in pairs]


def _measures(a: _Arm, b: _Arm, bodies: Bodies) -> Iterator[dict[str, Any]]:
    for label, one, other in bodies:
        head = {"institution": label}
        yield head | {"measure": "adopted"} | _row(a.adopted(one), b.adopted(other), binary=True)
        yield head | {"measure": "in_force"} | _row(a.in_force(one), b.in_force(other), binary=True)
        for name in MEASURES:
            yield head | {"measure": name} | _row(a.measure(one, name), b.measure(other, name))


def _states(a: _Arm, b: _Arm, label: str, one: str, other: str) -> pd.DataFrame:
    """Membership by state, the largest difference first, then by code."""
    in_a, in_b = a.members(one), b.members(other)
    rows = []
    for code in in_a.index.intersection(in_b.index).sort_values():
        is_a, is_b = in_a.loc[code].to_numpy(), in_b.loc[code].to_numpy()
        only = {"only_a": int((is_a & ~is_b).sum()), "only_b": int((is_b & ~is_a).sum())}
        rows.append({"institution": label, "iso3": code} | _row(is_a, is_b, binary=True) | only)
    columns = ["institution", "iso3", *_row([], []), "only_a", "only_b"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("difference", key=lambda x: -x.abs().round(12), kind="stable", ignore_index=True)


def _row(a: Any, b: Any, *, binary: bool = False) -> dict[str, Any]:
    return paired(a, b, binary=binary)._asdict()


def changed_values(a: Scenario, b: Scenario) -> dict[str, tuple[Any, Any]]:
    """Values that differ between two scenarios, by path as in `--set`; names, titles and notes are left out."""
    one, other = (
        dict(_leaves(scenario.model_dump(mode="json", exclude=set(NOT_COMPARED)))) for scenario in (a, b)
    )
    paths = dict.fromkeys([*one, *other])
    return {path: (one.get(path), other.get(path)) for path in paths if one.get(path) != other.get(path)}


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values of a tree by path; entries of lists go by their id, states by their code alone. A prior is one value.

    A list with entries that have no id is one value too, as in `--set`.
    """
    if isinstance(tree, list) and tree and all(isinstance(entry, dict) and entry.get("id") for entry in tree):
        tree = {entry["id"]: entry for entry in tree}
    if isinstance(tree, dict) and set(tree) != PRIOR:
        for key, branch in tree.items():
            below = path if (path, key) == ("nations", "overrides") else f"{path}.{key}" if path else str(key)
            yield from _leaves(branch, below)
    else:
        yield path, tree


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.to_dict("records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in rows]
