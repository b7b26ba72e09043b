"""waico: states and firms negotiating over a Shanghai-hosted AI-governance body."""

from waico.model import NegotiationModel
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import bundled_scenarios, load_scenario

__all__ = ["InputError", "NegotiationModel", "RunResult", "bundled_scenarios", "load_scenario", "run"]
