"""Results as text and tables for a terminal of 120 columns; each function yields what is to be printed, in order."""

from waico.show.analysis import analysis
from waico.show.calibration import calibration
from waico.show.comparison import comparison
from waico.show.forecast import forecast
from waico.show.hindcast import hindcast
from waico.show.negotiation import negotiation
from waico.show.summary import summary
from waico.show.sweep import sweep, sweep_progress
from waico.show.tables import plain_table

__all__ = [
    "analysis", "calibration", "comparison", "forecast", "hindcast", "negotiation", "plain_table", "summary", "sweep", "sweep_progress",
]  # fmt: skip
