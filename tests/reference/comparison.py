"""Holds a run of the reference implementation against a run of the model: discrete results exactly, others to 1e-9.

In some worlds offers feed back on themselves, and rounding doubles from one round to the next; that takes a wider margin.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import waico
from tests.reference.oracle import Oracle
from tests.reference.oracle_payoff import Standing
from waico.negotiation import measure
from waico.scenarios.schema import Scenario

PRECISION = 1e-9
NEVER = -1
ROUNDS = ("round_endorsed", "round_signed", "round_ratified", "round_withdrawn")
TERMS = (
    "alignment", "camp", "trade", "size", "proximity", "need", "region", "nation", "peers", "pressure", "fit", "capacity",
    "market", "network", "offer", "cost", "exclusive",
)  # fmt: skip


def compare(scenario: Scenario, seed: int, replicate: int = 0, margin: float = PRECISION) -> Oracle:
    """Run both and fail on the first difference; returns the reference's run."""
    oracle = Oracle(scenario, seed, replicate).run()
    model = waico.NegotiationModel(scenario, rng=seed, replicate=replicate)
    model.run_model()
    compare_rounds(oracle, model, margin)
    compare_states(oracle, model, margin)
    compare_firms(oracle, model, margin)
    same("round_adopted", [number(p.round_adopted) for p in oracle.progress], model.institutions.round_adopted)
    same("round_in_force", [number(p.round_in_force) for p in oracle.progress], model.institutions.round_in_force)
    near("polarization", oracle.polarization, call(measure.polarization, model, j=0), margin)
    assert oracle.outcome == str(call(measure.outcome, model))
    return oracle


def compare_rounds(oracle: Oracle, model: Any, margin: float) -> None:
    same("end", [record.end for record in oracle.history], model.history.end)
    same("stage", [record.stages for record in oracle.history], model.history.stage)
    near("text", [record.texts for record in oracle.history], model.history.text, margin)
    measured = model.measures()
    assert set(measured) == set(oracle.history[0].measures[0])
    for name, values in measured.items():
        near(name, [[body[name] for body in record.measures] for record in oracle.history], values, margin)


def compare_states(oracle: Oracle, model: Any, margin: float) -> None:
    def table(of: Callable[[Standing], Any]) -> list[list[Any]]:
        return [[of(progress.standings[i]) for progress in oracle.progress] for i in range(len(oracle.stated))]

    for name in ROUNDS:
        same(name, table(lambda standing, name=name: number(getattr(standing, name))), getattr(model.world, name))  # type: ignore[misc]
    same("status", table(lambda standing: standing.status), model.world.status)
    near("stated", oracle.stated, model.world.stated, margin)
    near("offer", table(lambda standing: standing.offer), model.world.offer, margin)
    near("probability", table(lambda standing: standing.probability), model.prospects.probability, margin)
    for row, name in enumerate(TERMS):
        near(name, table(lambda standing, name=name: standing.terms[name]), model.payoff.terms[row], margin)  # type: ignore[misc]


def compare_firms(oracle: Oracle, model: Any, margin: float) -> None:
    for f in range(len(oracle.world.firms)):
        since = [number(progress.partner_since[f]) for progress in oracle.progress]
        same(f"partner {f}", since, model.world.round_partner[f])
        near(f"spent {f}", [progress.spent[f] for progress in oracle.progress], model.world.spent[f], margin)


def number(value: int | None) -> int:
    return NEVER if value is None else value


def same(name: str, expected: Any, found: Any) -> None:
    np.testing.assert_array_equal(np.asarray(found), np.asarray(expected), err_msg=name)


def near(name: str, expected: Any, found: Any, margin: float) -> None:
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=margin, atol=margin,
        equal_nan=True, err_msg=name,
    )  # fmt: skip


def call(function: Callable[..., Any], model: Any, **given: Any) -> Any:
    """Call a measure of the model with what it asks for by name."""
    known = {
        "history": model.history, "institutions": model.institutions, "world": model.world, "axis": model.axis,
        "measures": model.measures(), **given,
    }  # fmt: skip
    asked = [name for name, p in inspect.signature(function).parameters.items() if p.default is p.empty]
    return function(**{name: known[name] for name in asked})
