"""What leaving out data does, how factors work together, and sweeps of notebooks."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")
pytest.importorskip("SALib", reason="needs the extra `analysis`")

from tests.charts import titled
from tests.planted import A, B, planted
from waico.analysis import interaction_plots, notebook, robustness_plots
from waico.analysis.binned import binned_pairs
from waico.analysis.factors import short_names
from waico.analysis.plots import title_in_words
from waico.analysis.robustness import NOTHING, SOURCES, Robustness, robustness, without
from waico.analysis.sensitivity import indices
from waico.runs.run import run
from waico.runs.sweep import read_sweep, sweep
from waico.scenarios.errors import InputError
from waico.scenarios.facts import load_facts
from waico.scenarios.load import load_scenario

pytestmark = pytest.mark.extra
BASE = load_scenario("waic2025")
SOBOL = {"sampler": "sobol", "samples": 256, "replicates": 1, "factors": {A: [-1.0, 1.0], B: [-1.0, 1.0]}}
NAMES = short_names([A, B])


def product(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """Neither factor does anything alone: S1 is 0 and ST is 1 for both."""
    return {"outcome": "thin_body", "depth": changes[A] * changes[B]}


def total(changes: dict[str, Any], replicate: int) -> dict[str, Any]:
    """Each factor works alone: S1 and ST are 0.8 and 0.2."""
    return {"outcome": "thin_body", "depth": 2.0 * changes[A] + changes[B]}


# --- interactions


def test_what_works_only_together_is_told_from_what_works_alone(tmp_path: Path) -> None:
    both = interaction_plots.interactions(indices(planted(tmp_path / "both", SOBOL, product), ["depth"])).set_index("factor")
    assert both["together"].to_dict() == pytest.approx({A: 1.0, B: 1.0}, abs=0.15)
    alone = interaction_plots.interactions(indices(planted(tmp_path / "alone", SOBOL, total), ["depth"])).set_index("factor")
    assert alone["alone"].to_dict() == pytest.approx({A: 0.8, B: 0.2}, abs=0.1)
    assert alone["together"].abs().max() < 0.05
    assert ((alone["low"] < 0) & (alone["high"] > 0)).all()
    assert titled(interaction_plots.interaction_bars(both.reset_index(), NAMES, "depth")).startswith("Only together with others: ")
    assert titled(interaction_plots.interaction_bars(alone.reset_index(), NAMES, "depth")) == "No interaction can be told from noise for depth"


def test_pairs_of_classes_hold_the_means_of_their_runs(tmp_path: Path) -> None:
    made = planted(tmp_path, SOBOL, product)
    cells = binned_pairs(made, A, B, "depth", count=2)
    assert len(cells) == 4
    assert cells["runs"].sum() == len(made.runs)
    signs = made.runs.groupby([made.runs[A] > made.runs[A].median(), made.runs[B] > made.runs[B].median()])["depth"].mean()
    assert sorted(cells["mean"]) == pytest.approx(sorted(signs))
    mean = cells["mean"].to_numpy()
    assert mean[[0, 3]].min() > 0 > mean[[1, 2]].max()   # high where both are high, or both low
    with pytest.raises(InputError, match="does not exist"):
        binned_pairs(made, A, B, "width")
    title = titled(interaction_plots.interaction_map(cells, "the one", "the other", "depth"))
    assert title.startswith(f"Depth: {cells['mean'].max():.2f} where the one is ")


# --- data left out


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_can_be_left_out_and_then_is(source: str) -> None:
    left = without(BASE, source)
    facts, known = load_facts(left), load_facts(BASE)
    apart = ~np.eye(len(facts.codes), dtype=bool)
    gone = {
        "trade": np.ptp(facts.trade[apart]) < 1e-15 < np.ptp(known.trade),
        "unga": facts.nations["unga"].nunique() == 1 < known.nations["unga"].nunique(),
        "stances": not left.nations.stances and BASE.nations.stances,
        "affiliations": facts.affiliations.empty and not known.affiliations.empty,
        "firms": facts.firms.empty and not known.firms.empty,
    }
    assert [name for name, is_gone in gone.items() if is_gone] == [source]


def test_an_unknown_source_is_one_line() -> None:
    with pytest.raises(InputError, match="there is no 'trades'; did you mean 'trade'"):
        without(BASE, "trades")


@pytest.fixture(scope="module")
def found() -> Robustness:
    return robustness(BASE, ["trade", "unga"], seed=1, replicates=8)


def test_differences_are_those_of_paired_runs(found: Robustness) -> None:
    a, b = (run(scenario, seed=1, replicates=8).outcomes for scenario in (BASE, without(BASE, "unga")))
    rows = found.differences.set_index(["source", "quantity"])["difference"]
    assert rows["UN votes", "depth"] == pytest.approx((b["depth"] - a["depth"]).mean())
    assert rows["UN votes", "breadth_states"] == pytest.approx((b["breadth_states"] - a["breadth_states"]).mean())
    assert rows["UN votes", "in_force"] == pytest.approx(b["round_in_force"].notna().mean() - a["round_in_force"].notna().mean())


def test_ranks_are_compared_with_other_draws(found: Robustness) -> None:
    ranks = found.ranks.set_index("source")["correlation"]
    assert list(ranks.index) == ["trade", "UN votes", NOTHING]
    assert ranks.between(-1.0, 1.0).all()
    assert ranks["UN votes"] < ranks["trade"]   # alignment is what ranks most states
    assert f"rank the states alike by {ranks[NOTHING]:.2f}" in found.in_words()


def test_the_figure_draws_every_source_and_quantity(found: Robustness) -> None:
    spec = robustness_plots.data_left_out(found, 8).to_dict()
    drawn = [row for data in spec["datasets"].values() for row in data if "quantity" in row]
    assert {(row["source"], row["quantity"]) for row in drawn} == {
        (source, quantity) for source in ("trade", "UN votes") for quantity in robustness_plots.QUANTITIES
    }
    assert title_in_words(spec)


# --- notebooks


def test_a_sweep_of_a_notebook_is_that_of_a_folder_and_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    design = {"scenario": "waic2025", "seed": 3, "sampler": "grid", "replicates": 2,
              "factors": {"bargaining.protocol": {"values": ["compromise", "nash"]}}}  # fmt: skip
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    made = notebook.swept(design, workers=1)
    assert list((tmp_path / "scratch").iterdir()) == []
    sweep(design, tmp_path / "kept")
    assert made.runs.equals(read_sweep(tmp_path / "kept"))
    with pytest.raises(InputError, match="sampler"):
        notebook.swept({**design, "sampler": "gird"}, workers=1)
    assert list((tmp_path / "scratch").iterdir()) == []


def change(quantity: str, difference: float, se: float) -> dict[str, Any]:
    return {"source": "trade", "quantity": quantity, "difference": difference, "se": se, "low": difference - 2 * se, "high": difference + 2 * se, "pairs": 40}


@pytest.mark.parametrize(("rows", "told"), [
    ([("in_force", 0.1, 0.08), ("depth", 0.01, 0.02)],
     "With 40 pairs of runs no change can be told from chance; the largest is share of runs in force without trade (+0.10, 95% interval -0.06 to +0.26)"),
    ([("in_force", -0.1, 0.08), ("depth", 0.2, 0.01)],
     ("With 40 pairs of runs no change in whether a body forms can be told from chance; the largest is share of runs in force without trade "
      "(-0.10, 95% interval -0.26 to +0.06). Beyond chance: depth of the text without trade (+0.20)")),
    ([("in_force", -0.3, 0.01), ("depth", 0.2, 0.01)], "Most moved: share of runs in force without trade (-0.30)"),
])  # fmt: skip
def test_what_is_not_told_from_chance_is_not_said_to_have_no_effect(rows: list[tuple[str, float, float]], told: str) -> None:
    table = pd.DataFrame([change(*row) for row in rows])
    assert titled(robustness_plots.data_left_out(Robustness(table, pd.DataFrame()), 40)) == told


def test_a_figure_of_a_notebook_is_a_picture_with_its_title(found: Robustness, monkeypatch: pytest.MonkeyPatch) -> None:
    import altair as alt
    import pandas as pd

    before, options = alt.renderers.active, [pd.get_option(name) for name in ("display.precision", "display.max_rows")]
    try:
        notebook.set_up()
        chart: Any = robustness_plots.data_left_out(found, 8)
        shown = chart._repr_mimebundle_()
        data = shown[0] if isinstance(shown, tuple) else shown
        assert data["text/plain"] == titled(chart)
        assert data["image/png"].startswith("iVBORw0KGgo")   # a PNG, as base64
    finally:
        alt.renderers.enable(before)
        pd.set_option("display.precision", options[0])
        pd.set_option("display.max_rows", options[1])
