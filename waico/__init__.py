"""waico: states and firms negotiating over a Shanghai-hosted AI-governance body."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from waico.model import NegotiationModel
    from waico.runs.run import RunResult, run
    from waico.runs.sweep import SweepSummary, read_sweep, sweep
    from waico.scenarios.errors import InputError
    from waico.scenarios.load import bundled_scenarios, load_scenario

__all__ = [
    "InputError", "NegotiationModel", "RunResult", "SweepSummary", "bundled_scenarios", "load_scenario", "read_sweep", "run", "sweep",
]  # fmt: skip

# loaded when first asked for: the command line must be able to answer a Ctrl-C before a second of imports is over
_HOMES = {
    "InputError": "waico.scenarios.errors",
    "NegotiationModel": "waico.model",
    "RunResult": "waico.runs.run",
    "SweepSummary": "waico.runs.sweep",
    "bundled_scenarios": "waico.scenarios.load",
    "load_scenario": "waico.scenarios.load",
    "read_sweep": "waico.runs.sweep",
    "run": "waico.runs.run",
    "sweep": "waico.runs.sweep",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'waico' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
