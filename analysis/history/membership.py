"""Who is a member on the last day of simulated runs, and since when; on which day runs end for that."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents.world import Status
from waico.analysis.history.cases import scored
from waico.negotiation.clock import LAUNCH_DAYS
from waico.runs.run import RunResult
from waico.runs.tables import Trace
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

RANK = {status.name.lower(): int(status) for status in Status}


def end_of(scenario: Scenario, day: date) -> date:
    """Where a run must end that is to count those who join on a day: when that day does, at the latest on the horizon.

    A run up to a day ends when the day begins, before the round that starts with a ceremony on it.
    """
    return min(day + timedelta(days=1), scenario.rounds.horizon)


def launching(scenario: Scenario, body: str, day: date) -> date | None:
    """The day of a launch over whose week accessions to an institution are spread, if some of that week is yet to come."""
    institution = scenario.institution(body)
    endorsement, signature = institution.endorsement, institution.signature
    opens = signature.ceremony if signature.launch else None
    if institution.scored_status == "endorsed" and endorsement is not None:
        opens = endorsement.opens if endorsement.launch else None
    return opens if opens is not None and opens <= day < opens + timedelta(days=LAUNCH_DAYS - 1) else None


def joined_in(result: RunResult, body: str) -> Floats:
    """Start and end of the rounds in which states reached the scored status, (2, R, N); infinite for nonmembers at the end.

    Days are counted from the freeze date; states are in the order of their codes.
    """
    scenario = result.scenario
    status = scenario.institution(body).scored_status
    nations = result.nations[result.nations["institution"] == body]
    rounds = result.rounds.loc[result.rounds["institution"] == body, ["replicate", "round", "date"]]
    ends = (rounds["date"] - pd.Timestamp(scenario.freeze_date)) / pd.Timedelta(days=1)
    rounds = rounds.assign(start=ends.groupby(rounds["replicate"]).shift(fill_value=0.0), end=ends)
    reached = nations.merge(rounds, how="left", left_on=["replicate", f"round_{status}"], right_on=["replicate", "round"])
    member = reached["status"].map(RANK) >= RANK[status]
    table = reached.assign(**{name: reached[name].where(member, np.inf) for name in ("start", "end")})
    days = table.pivot(index="replicate", columns="iso3", values=["start", "end"]).sort_index(axis=1, level="iso3")
    return np.stack([days[name].to_numpy(dtype=float) for name in ("start", "end")])


def members_of(scenario: Scenario, trace: Trace) -> Counts:
    """The number of members of each institution at the end of one run, of the states that are scored, (J,)."""
    needed = np.array([RANK[body.scored_status] for body in scenario.institutions])
    told = np.stack([scored(scenario, trace.codes, body) for body in scenario.institution_ids], axis=1)
    return np.asarray(((trace.status >= needed) & told).sum(axis=0))
