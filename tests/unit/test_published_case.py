"""The published case by every protocol, and distances to what theory singles out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from waico.analysis.published_case import PUBLISHED, actors, medians_by_protocol
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario


def test_the_case_begins_where_the_papers_say() -> None:
    """A weighted median of 7, and a weighted mean of 7.39 (Bueno de Mesquita 1994)."""
    of = dict(list(medians_by_protocol().groupby("source")))
    assert of["challenge"]["median"].iloc[0] == 7.0
    assert of["compromise"]["outcome"].iloc[0] == pytest.approx(7.39, abs=0.005)
    assert of["published"]["median"].tolist() == list(PUBLISHED)
    assert len(actors().actors) == 10


def test_what_is_odd_is_remarked() -> None:
    remarks = medians_by_protocol().groupby("source")["remark"].first()
    assert "no trades" in remarks["exchange"]
    assert "no outcome" in remarks["nash"]
    assert remarks["challenge"] == ""


def test_an_unknown_protocol_is_one_line() -> None:
    with pytest.raises(InputError, match="there is no protocol 'nashh'"):
        medians_by_protocol(["nashh"])


@pytest.mark.extra
def test_the_figure_tells_the_largest_miss() -> None:
    pytest.importorskip("altair", reason="needs the extra `analysis`")
    from waico.analysis.plots import title_in_words
    from waico.analysis.protocol_plots import published_case

    table = medians_by_protocol()
    gaps = np.abs(table[table["source"] == "challenge"]["median"].to_numpy()[1:] - np.array(PUBLISHED))
    title = title_in_words(published_case(table).to_dict())
    assert title == f"Challenge misses the published rounds by {gaps.mean():.2f} years in the mean, by {gaps.max():.2f} at most; a constant 10 by 0.77"


@pytest.mark.extra
def test_distances_to_solutions_are_means_over_runs() -> None:
    pytest.importorskip("altair", reason="needs the extra `analysis`")
    from waico.analysis.efficiency import text_distances
    from waico.analysis.plots import title_in_words
    from waico.analysis.protocol_plots import distances_by_solution, solution_distances
    from waico.model import NegotiationModel

    small = load_scenario("waic2025", {"nations.subset": ["CHN", "DEU", "FRA", "IND", "KEN", "KOR", "QAT", "RUS", "USA", "ZAF"]})
    table = solution_distances({"small": small}, seed=4, replicates=2)
    found: list[Any] = []
    for replicate in range(2):
        model = NegotiationModel(small, rng=4, replicate=replicate)
        model.run_model()
        found.append(text_distances(model).pareto)
    row = table[table["solution"] == "to the nearest efficient text"].iloc[0]
    assert row["distance"] == pytest.approx(np.mean(found))
    assert row["runs"] == 2
    assert title_in_words(distances_by_solution(table).to_dict()).startswith("Nearest to an efficient text: small (")
    for shift, told in ((0.0, "no two can be told apart by 8 runs"), (0.1, "Nearest to an efficient text: a (0.100); farthest: b (0.200)")):
        noise = np.array([-0.03, 0.04, 0.01, -0.02, 0.0, 0.02, -0.05, 0.03])
        each = {"a": np.full(8, 0.1), "b": 0.1 + shift + noise}
        rows = [{"scenario": name, "solution": "to the nearest efficient text", "distance": values.mean(), "low": 0.0, "high": 0.3, "runs": 8, "most": 2.8,
                 "each": values} for name, values in each.items()]  # fmt: skip
        chart = distances_by_solution(pd.DataFrame(rows))
        assert told in title_in_words(chart.to_dict())
