"""From the arrays of runs to the tables that users read, one row per thing that the table is about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from waico.agents import Stage
from waico.agents.institution import FAILED, NEVER
from waico.agents.world import Status
from waico.model import NegotiationModel
from waico.negotiation.events import KIND_NAMES
from waico.negotiation.measure import MEASURES, outcome, polarization
from waico.scenarios.schema import Scenario

Array = NDArray[Any]

STAGES = np.array([stage.name.lower() for stage in Stage], dtype=object)
STATUSES = np.array([status.name.lower() for status in Status], dtype=object)   # from withdrawn (-1) upwards
PROBABLE = ("endorsed", "signed", "ratified")
COUNTS = ("endorsed", "signed", "ratified", "firms", "hedgers")
MILESTONES = ("adopted", "in_force", "failed")   # of the first institution; failed: talks ended without a text
OUTCOME_FIELDS = (   # columns of the outcome table, for those who write it in parts
    ("replicate", pa.int64()), ("seed", pa.int64()), ("outcome", pa.string()),
    *((f"round_{name}", pa.int16()) for name in MILESTONES), ("rounds", pa.int64()),
    *((f"day_{name}", pa.float64()) for name in (*MILESTONES, "ended")),
    *((name, pa.int64() if name in COUNTS else pa.float64()) for name in MEASURES), ("polarization", pa.float64()),
)  # fmt: skip


@dataclass
class Ending:
    """How one replicate ended for the first institution: what a row of the outcome table is made from.

    Attributes:
        rounds: of the run. milestones: rounds of `MILESTONES`, or NEVER. days: ends of these rounds and of the run, NaN for
            never. measured: (M,), at the end.
    """

    replicate: int
    outcome: str
    polarization: float
    rounds: int
    milestones: tuple[int, int, int]
    days: tuple[float, ...]
    measured: Array

    @classmethod
    def of(cls, model: NegotiationModel, replicate: int) -> Ending:
        """Look at a finished run."""
        bodies, history = model.institutions, model.history
        failed = next((number for number, stage in enumerate(history.stage, 1) if stage[0] == FAILED), NEVER)
        milestones = int(bodies.round_adopted[0]), int(bodies.round_in_force[0]), failed
        days = tuple(math.nan if number == NEVER else history.end[number - 1] for number in milestones)
        return cls(
            replicate, outcome(history, bodies), polarization(model.world, bodies, model.axis, 0), len(history), milestones,
            (*days, history.end[-1]), history.measured[-1][:, 0].copy(),
        )  # fmt: skip


@dataclass
class Trace:
    """What one replicate leaves behind: plain arrays, small enough to travel between processes.

    T rounds, N states, J institutions, K issues, F firms. `names` are those that events refer to by number.
    """

    ending: Ending
    codes: tuple[str, ...]
    firms: tuple[str, ...]
    names: list[str]
    end: Array
    stage: Array
    text: Array
    measured: Array
    status: Array
    since: Array
    partner: Array
    round_partner: Array
    spent: Array
    events: dict[str, Array]

    @classmethod
    def of(cls, model: NegotiationModel, replicate: int) -> Trace:
        """Take what the tables need from a finished run, which must have been recorded."""
        world, history = model.world, model.history
        return cls(
            Ending.of(model, replicate), world.setting.codes, world.setting.firms, model.events.names.all,
            np.array(history.end), np.array(history.stage), np.array(history.text), np.array(history.measured),
            world.status,
            np.stack([world.round_endorsed, world.round_signed, world.round_ratified, world.round_withdrawn]),
            world.partner, world.round_partner, world.spent, model.events.columns(),
        )  # fmt: skip


def tables_of(scenario: Scenario, seed: int, traces: list[Trace]) -> dict[str, pd.DataFrame]:
    """All tables of a run, sorted by replicate."""
    bodies = np.array(scenario.institution_ids, dtype=object)
    return {
        "outcomes": outcome_table(seed, [trace.ending for trace in traces]),
        "rounds": _rounds(scenario.freeze_date, bodies, traces),
        "texts": _texts(bodies, np.array(scenario.issue_ids, dtype=object), traces),
        "nations": _nations(bodies, traces),
        "firms": _firms(bodies, traces),
        "events": _events(bodies, traces),
    }


def outcome_table(seed: int, endings: list[Ending]) -> pd.DataFrame:
    """One row per replicate: how it ended, for the first institution."""
    rounds, days = (np.array([getattr(ending, name) for ending in endings]).T for name in ("milestones", "days"))
    table = pd.DataFrame({
        "replicate": [ending.replicate for ending in endings],
        "seed": seed,
        "outcome": [ending.outcome for ending in endings],
        **{f"round_{name}": _rounds_or_never(numbers) for name, numbers in zip(MILESTONES, rounds, strict=True)},
        "rounds": [ending.rounds for ending in endings],
        **{f"day_{name}": numbers for name, numbers in zip((*MILESTONES, "ended"), days, strict=True)},
    })
    table = table.assign(**_measure_columns(np.array([ending.measured for ending in endings])))
    table["polarization"] = [ending.polarization for ending in endings]
    return table


def _measure_columns(measured: Array) -> dict[str, Array]:
    """Measures (rows, M) as columns by name, counts as whole numbers."""
    return {
        name: measured[:, column].astype(int) if name in COUNTS else measured[:, column]
        for column, name in enumerate(MEASURES)
    }


def _rounds(freeze: date, bodies: Array, traces: list[Trace]) -> pd.DataFrame:
    """One row per replicate, round and institution: date, stage and measures at the end of the round."""
    j = len(bodies)
    lengths = [len(trace.end) for trace in traces]
    end = np.concatenate([trace.end for trace in traces])
    measured = np.concatenate([trace.measured.transpose(0, 2, 1).reshape(-1, len(MEASURES)) for trace in traces])
    table = pd.DataFrame({
        "replicate": np.repeat([trace.ending.replicate for trace in traces], np.array(lengths) * j),
        "round": np.repeat(np.concatenate([np.arange(1, length + 1) for length in lengths]), j),
        "institution": np.tile(bodies, len(end)),
        "date": np.repeat(np.datetime64(freeze, "s") + (end * 86400).astype("timedelta64[s]"), j),
        "stage": STAGES[np.concatenate([trace.stage.ravel() for trace in traces])],
    })
    return table.assign(**_measure_columns(measured))


def _texts(bodies: Array, issues: Array, traces: list[Trace]) -> pd.DataFrame:
    """One row per replicate, round, institution and issue: the text on the table."""
    lengths = np.array([len(trace.end) for trace in traces])
    cells = len(bodies) * len(issues)
    return pd.DataFrame({
        "replicate": np.repeat([trace.ending.replicate for trace in traces], lengths * cells),
        "round": np.repeat(np.concatenate([np.arange(1, length + 1) for length in lengths]), cells),
        "institution": np.tile(np.repeat(bodies, len(issues)), lengths.sum()),
        "issue": np.tile(issues, lengths.sum() * len(bodies)),
        "value": np.concatenate([trace.text.ravel() for trace in traces]),
    })


def _nations(bodies: Array, traces: list[Trace]) -> pd.DataFrame:
    """One row per replicate, state and institution: status at the end, and since which rounds."""
    codes = np.array(traces[0].codes, dtype=object)
    cells = len(codes) * len(bodies)
    since = np.concatenate([trace.since.reshape(4, -1) for trace in traces], axis=1)
    return pd.DataFrame({
        "replicate": np.repeat([trace.ending.replicate for trace in traces], cells),
        "iso3": np.tile(np.repeat(codes, len(bodies)), len(traces)),
        "institution": np.tile(bodies, len(codes) * len(traces)),
        "status": STATUSES[np.concatenate([trace.status.ravel() for trace in traces]) - int(Status.WITHDRAWN)],
        "round_endorsed": _rounds_or_never(since[0]),
        "round_signed": _rounds_or_never(since[1]),
        "round_ratified": _rounds_or_never(since[2]),
        "round_withdrawn": _rounds_or_never(since[3]),
    })


def _firms(bodies: Array, traces: list[Trace]) -> pd.DataFrame:
    """One row per replicate, firm and institution: whether it is a partner, since when, and what it spent."""
    firms = np.array(traces[0].firms, dtype=object)
    partner = np.concatenate([trace.partner.ravel() for trace in traces])
    return pd.DataFrame({
        "replicate": np.repeat([trace.ending.replicate for trace in traces], len(firms) * len(bodies)),
        "firm": np.tile(np.repeat(firms, len(bodies)), len(traces)),
        "institution": np.tile(bodies, len(firms) * len(traces)),
        "status": np.where(partner, "partner", "outside").astype(object),
        "round_partner": _rounds_or_never(np.concatenate([trace.round_partner.ravel() for trace in traces])),
        "lobbying_spent": np.concatenate([trace.spent.ravel() for trace in traces]),
    })


def _events(bodies: Array, traces: list[Trace]) -> pd.DataFrame:
    """One row per event, in order of time within a replicate."""
    columns = {
        name: np.concatenate([trace.events[name] for trace in traces]) for name in traces[0].events
    }
    names = np.array(traces[0].names, dtype=object)
    return pd.DataFrame({
        "replicate": np.repeat([t.ending.replicate for t in traces], [len(t.events["round"]) for t in traces]),
        "round": columns["round"].astype(int),
        "kind": np.array(KIND_NAMES, dtype=object)[columns["kind"]],
        "actor": names[columns["actor"]],
        "institution": np.append(bodies, "")[columns["institution"]],
        "detail": names[columns["detail"]],
        "amount": columns["amount"],
    })


def _rounds_or_never(rounds: Any) -> Any:
    """Rounds as whole numbers; missing where it never happened."""
    values = np.asarray(rounds, dtype=np.int16)
    return pd.arrays.IntegerArray(values, values == NEVER)


def member_table(nations: pd.DataFrame) -> pd.DataFrame:
    """Share of replicates in which each state ended with a status or more, and when it signed in the median."""
    rank = nations["status"].map({name: order for order, name in enumerate(STATUSES)})
    held = {f"p_{name}": rank >= order for order, name in enumerate(STATUSES) if name in PROBABLE}
    signed = nations["round_signed"].astype(float).fillna(np.inf)
    table = nations[["institution", "iso3"]].assign(**held, round_signed_median=signed)
    how = dict.fromkeys(held, "mean") | {"round_signed_median": "median"}
    members = table.groupby(["institution", "iso3"], sort=False).agg(how)
    return members.replace({"round_signed_median": {np.inf: np.nan}}).reset_index()
