"""waico: states and firms negotiating over a Shanghai-hosted AI-governance body."""

from waico.model import NegotiationModel
from waico.runs.run import RunResult, run
from waico.runs.sweep import SweepSummary, read_sweep, sweep
from waico.scenarios.errors import InputError
from waico.scenarios.load import bundled_scenarios, load_scenario

__all__ = [
    "InputError", "NegotiationModel", "RunResult", "SweepSummary", "bundled_scenarios", "load_scenario", "read_sweep", "run", "sweep",
]  # fmt: skip
