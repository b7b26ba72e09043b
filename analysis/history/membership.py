"""Who is a member on the last day of simulated runs, and since when."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents.world import Status
from waico.analysis.history.cases import scored
from waico.runs.run import RunResult
from waico.runs.tables import Trace
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RANK = {status.name.lower(): int(status) for status in Status}


def joined_on(result: RunResult, body: str) -> Floats:
    """Days on which states reached the scored status, infinite if they do not have it at the end, (R, N).

    Days are counted from the freeze date; states are in the order of their codes.
    """
    scenario = result.scenario
    status = scenario.institutions[scenario.institution_ids.index(body)].scored_status
    nations = result.nations[result.nations["institution"] == body]
    ends = result.rounds.loc[result.rounds["institution"] == body, ["replicate", "round", "date"]]
    reached = nations.merge(ends, how="left", left_on=["replicate", f"round_{status}"], right_on=["replicate", "round"])
    days = (reached["date"] - pd.Timestamp(scenario.freeze_date)) / pd.Timedelta(days=1)
    member = reached["status"].map(RANK) >= RANK[status]
    table = reached.assign(day=days.where(member, np.inf))
    return table.pivot(index="replicate", columns="iso3", values="day").sort_index(axis=1).to_numpy(dtype=float)


def members_of(scenario: Scenario, trace: Trace) -> Counts:
    """The number of members of each institution at the end of one run, of the states that are scored, (J,)."""
    needed = np.array([RANK[body.scored_status] for body in scenario.institutions])
    told = np.stack([scored(scenario, trace.codes, body) for body in scenario.institution_ids], axis=1)
    return np.asarray(((trace.status >= needed) & told).sum(axis=0))
