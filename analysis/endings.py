"""How the replicates of several scenarios end under the same draws, for what compares many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.agents import Setting, Stage
from waico.negotiation import adoption_rules
from waico.negotiation.measure import OUTCOMES
from waico.runs.engines import in_order, run_tasks
from waico.runs.run import RunResult, run
from waico.scenarios.schema import Scenario

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Task = tuple[str, str, int, int]   # scenario as JSON, institution, seed, replicates

MEMBER = ("signed", "ratified")


class Ends(NamedTuple):
    """How the replicates of a run ended for one institution: R replicates, N states."""

    outcome: NDArray[Any]   # (R,): outcome class of the first institution
    in_force: Flags         # (R,)
    depth: Floats           # (R,), NaN where no text was tabled
    breadth: Floats         # (R,): share of the states at risk that signed or more
    signed: Flags           # (R, N): signed or more


def possible_outcomes(scenarios: Sequence[Scenario], seen: Sequence[str] = ()) -> list[str]:
    """Outcome classes that some scenario leaves open, in their order: what cannot happen is no finding when it does not.

    Talks fail only where an adoption rule holds votes that can fail, or where a horizon ends them first, which shows in what was `seen`; blocs
    need a body of the rival.
    """
    fails = any(_votes(scenario) for scenario in scenarios)
    rivals = any(Setting.of(scenario).rival_body[0] >= 0 for scenario in scenarios)
    closed = {name for name, may in (("no_text", fails), ("rival_blocs", rivals)) if not may} - set(seen)
    return [name for name in OUTCOMES if name not in closed]


def outcome_definitions(scenario: Scenario) -> str:
    """What the outcome classes of the first institution mean, with a scenario's thresholds, as a table in Markdown; the first that fits counts."""
    at = scenario.outcome
    late = f"adopted, but not in force within {at.force_days:,} days after the window for signature closes"
    meanings = {
        "no_text": "no text is adopted",
        "declaration": f"{late}, and of a depth below {at.declaration_depth:.2g}",
        "unratified": f"{late}, at any greater depth",
        "rival_blocs": f"in force beside the body of the rival: each has {at.bloc_share:.0%} of the other states or more, and few are in both (overlap "
                       f"below {at.bloc_overlap:.0%})",
        "thin_body": f"in force, of a depth below {at.thin_depth:.2g}",
        "narrow_club": f"in force and deeper, with less than {at.club_states:.0%} of the other states or {at.club_weight:.0%} of their weight",
        "binding_regime": "in force, deep and broad: all that is left",
    }  # fmt: skip
    rows = [f"| {name.replace('_', ' ')} | {meanings[name]} |" for name in OUTCOMES]
    return "\n".join(["| outcome | meaning: the first that fits |", "|---|---|", *rows])


def _votes(scenario: Scenario) -> bool:
    """Whether the first text is put to votes that can fail."""
    rule = scenario.institutions[0].adoption.rule
    return adoption_rules.find(rule, scenario.name, "adoption.rule").needs_consent


def ends_of(
    scenarios: Sequence[Scenario],
    institution: str,
    *,
    seed: int = 0,
    replicates: int = 100,
    workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Iterator[Ends]:
    """The ends of every scenario in turn, a scenario per task; replicates of the same number have the same draws.

    Args:
        scenarios: all with the institution.
        institution: its id.
        seed: of all runs.
        replicates: runs of each scenario.
        workers: processes.
        on_progress: called with the number of replicates finished since the last call.

    Raises:
        KeyboardInterrupt: the user stopped it.
    """
    tasks = [(scenario.model_dump_json(), institution, seed, replicates) for scenario in scenarios]
    for ends in in_order(run_tasks(_arm, tasks, workers)):
        if on_progress is not None:
            on_progress(replicates)
        yield ends


def _arm(task: Task) -> Ends:
    json, institution, seed, replicates = task
    result = run(Scenario.model_validate_json(json), seed=seed, replicates=replicates)
    if result.interrupted:
        raise KeyboardInterrupt
    return _read(result, institution)


def _read(result: RunResult, institution: str) -> Ends:
    rounds = result.rounds[result.rounds["institution"] == institution]
    last = rounds.groupby("replicate").tail(1)
    status = result.nations.loc[result.nations["institution"] == institution, "status"]
    return Ends(
        outcome=result.outcomes["outcome"].to_numpy(),
        in_force=(last["stage"] == Stage.IN_FORCE.name.lower()).to_numpy(),
        depth=last["depth"].where(last["stage"] != Stage.IDEA.name.lower()).to_numpy(dtype=float),
        breadth=last["breadth_states"].to_numpy(dtype=float),
        signed=status.isin(MEMBER).to_numpy().reshape(result.replicates, -1),
    )
