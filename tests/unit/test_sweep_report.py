"""The section of the consensus frontier, and which factors the command line may name for it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

for package in ("altair", "adaptive", "lifelines", "SALib", "ema_workbench", "sklearn"):
    pytest.importorskip(package, reason="needs the extra `analysis`")

from tests.planted import A, B, planted
from waico.analysis.frontier import Asked, Axis, Frontier, locate
from waico.analysis.sweep_report import axes_of, sweep_report
from waico.runs.design import Range
from waico.runs.sweep import Sweep
from waico.scenarios.errors import InputError

pytestmark = pytest.mark.extra
REPLICATES = 20


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    """A sweep in which nothing differs, so that its report is made soon."""
    design = {
        "sampler": "grid",
        "samples": 3,
        "factors": {
            A: [-1.0, 1.0],
            B: {"low": 0.1, "high": 10.0, "scale": "log"},
            "bargaining.protocol": {"values": ["nash"]},
        },
    }
    return planted(
        tmp_path_factory.mktemp("sweeps") / "made",
        design,
        lambda changes, replicate: {
            "outcome": "no_text",
            "day_failed": 9.0,
            "day_ended": 9.0,
            "depth": 0.0,
            "breadth_states": 0.0,
            "signed": 0,
            "ratified": 0,
        },
    )


def found(line: float) -> Frontier:
    """The frontier of an outcome whose share falls along both factors and is 1/2 where they add up to `line`."""
    asked = Asked(
        "made",
        Axis(A, Range(low=-1.0, high=1.0)),
        Axis(B, Range(low=0.0, high=1.0)),
        "in_force",
        0.5,
        1,
        REPLICATES,
        0.1,
        60,
    )

    def evaluate(places: Any) -> Any:
        shares = [1.0 / (1.0 + np.exp(8.0 * (x + y - line))) for x, y in places]
        return [(np.arange(REPLICATES) + 0.5 < share * REPLICATES).tolist() for share in shares]

    return locate(asked, evaluate)


def test_a_frontier_is_told_with_its_errors(sweep: Sweep) -> None:
    frontier = found(0.4)
    section = sweep_report(sweep, frontier=frontier).sections[-1]
    assert section.title == "The consensus frontier"
    assert (
        f"crosses 50% on a curve in the plane of decision b_need and decision b_size, bracketed to {frontier.resolution:.1%} of the ranges"
        in section.finding
    )
    assert f"by {frontier.runs:,} runs at {len(frontier.points)} points" in section.finding
    assert {table.name: len(table.rows) for table in section.tables} == {
        "frontier_points": len(frontier.points), "frontier_curve": len(frontier.curve), "frontier_band": len(frontier.band),
    }  # fmt: skip


@pytest.mark.parametrize(("line", "side"), [(5.0, "above"), (-5.0, "below")])
def test_a_level_that_is_not_crossed_is_told(sweep: Sweep, line: float, side: str) -> None:
    section = sweep_report(sweep, frontier=found(line)).sections[-1]
    assert f"is {side} 50% at all" in section.finding
    assert len(section.figures) == 1


def test_axes_are_factors_with_a_range(sweep: Sweep) -> None:
    assert axes_of(sweep, f"{A}, {B}") == ((A, Range(low=-1.0, high=1.0)), (B, Range(low=0.1, high=10.0, scale="log")))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (A, "does not name two"),
        (f"{A},{B},{A}", "does not name two"),
        (f"{A},x", "is no factor"),
        (f"bargaining.protocol,{A}", "has no range"),
    ],
)
def test_other_axes_are_refused(sweep: Sweep, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        axes_of(sweep, text)


def test_the_origin_traces_the_numbers(sweep: Sweep, tmp_path: Path) -> None:
    origin = sweep_report(sweep).origin
    assert origin["seed"] == "7"
    assert len(origin["hash of the samples"]) == 64
    assert {
        "runs made with: waico",
        "runs made with: sources",
        "analysed with: altair",
        "analysed with: SALib",
    } <= origin.keys()
    assert str(sweep.folder) not in str(origin)
