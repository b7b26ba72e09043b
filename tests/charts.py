"""What a chart says and draws, for tests of figures."""

from typing import Any

from waico.analysis.plots import title_in_words


def titled(chart: Any) -> str:
    """Its title, as one line."""
    return title_in_words(chart.to_dict())


def data_of(chart: Any, column: str) -> list[dict[str, Any]]:
    """Rows of all its data sets that have a column."""
    return [row for data in chart.to_dict()["datasets"].values() for row in data if column in row]
