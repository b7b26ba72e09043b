"""Who decides and why votes fail: bridges, courtship, objections, rescues, pivots and destabilizers, as tables and figures."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("altair", reason="needs the extra `analysis`")

from tests.charts import data_of, titled
from waico.analysis import actor_plots, failure_plots
from waico.analysis.bridges import bridge_states, courtship
from waico.analysis.counterfactuals import counterfactuals
from waico.analysis.objections import failed_votes
from waico.analysis.pivotality import pivotality
from waico.analysis.stability import final_stability
from waico.model import NegotiationModel
from waico.runs.run import RunResult, run
from waico.scenarios.errors import InputError
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace

pytestmark = pytest.mark.extra
STATES = ["BRA", "CHN", "DEU", "FRA", "GBR", "IND", "JPN", "KAZ", "KEN", "KOR", "PAK", "QAT", "RUS", "USA", "ZAF"]
SMALL = load_scenario("waic2025", {"nations.subset": STATES})
CHARTER = load_scenario("binding_charter")


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run(SMALL, seed=2, replicates=10)


@pytest.fixture(scope="module")
def charter() -> RunResult:
    return run(CHARTER, seed=1, replicates=6)


# --- bridges


def test_shares_of_a_state_add_up_to_one(result: RunResult) -> None:
    table = bridge_states(result)
    assert np.allclose(table[["both", "first", "rival", "neither"]].sum(axis=1), 1.0)
    assert set(table["iso3"]) == set(STATES) - {"CHN", "USA"}
    assert table["both"].is_monotonic_decreasing
    assert ((table["low"] <= table["both"]) & (table["both"] <= table["high"])).all()


def test_bridges_are_counted_by_hand(result: RunResult) -> None:
    status = result.nations.pivot(index=["replicate", "iso3"], columns="institution", values="status").isin(["signed", "ratified"])
    both = (status["waico"] & status["us_coalition"]).groupby("iso3").mean()
    table = bridge_states(result).set_index("iso3")
    assert table["both"].to_dict() == pytest.approx(both[table.index].to_dict())
    assert (status["waico"] & ~status["us_coalition"]).groupby("iso3").mean()["KEN"] == pytest.approx(table.loc["KEN", "first"])


def test_one_body_alone_has_no_bridges() -> None:
    with pytest.raises(InputError, match="has no body of the rival"):
        bridge_states(run(load_scenario("aiib2014"), replicates=1))


def test_the_figure_names_the_first_bridge(result: RunResult) -> None:
    table = bridge_states(result)
    chart = actor_plots.bridges(table, ("waico", "us_coalition"))
    assert titled(chart).startswith(f"{table['name'].iloc[0]} is most often in both ({table['both'].iloc[0]:.0%})")
    sides = table.head(3).assign(both=[0.5, 0.3, 0.2], alignment=[1.0, -1.0, -2.0])
    assert titled(actor_plots.bridges(sides, ("a", "b"))).endswith(
        "50% are of states nearer the sponsor than the mean state, 50% of states nearer the rival"
    )
    assert titled(actor_plots.bridges(table.assign(both=0.0), ("a", "b"))) == "No state ever ends in both bodies"


# --- courtship


def test_the_worth_of_offers_is_what_they_add_to_the_payoff() -> None:
    table = courtship(SMALL, seed=2, replicates=2).set_index("iso3")
    alone = replace(SMALL, {"institutions.us_coalition.inducement.budget": 0.0})
    for column, scenario in (("b", SMALL), ("a", alone)):
        worth = []
        for replicate in range(2):
            model = NegotiationModel(scenario, rng=2, replicate=replicate)
            model.run_model()
            worth.append(np.log(1.0 + model.world.offer[:, 0] / model.payoff.price[:, 0]))
        mean = dict(zip(model.world.setting.codes, np.mean(worth, axis=0), strict=True))
        assert {code: table.loc[code, column] for code in ("KEN", "IND")} == pytest.approx({code: mean[code] for code in ("KEN", "IND")})
    assert table["difference"].iloc[0] == pytest.approx(table["difference"].iloc[1:].mean())   # the first row is the mean of all
    assert table["difference"].iloc[1:].round(12).is_monotonic_decreasing


def test_a_suitor_without_a_budget_is_none() -> None:
    poor = replace(SMALL, {"institutions.us_coalition.inducement.budget": 0.0})
    table = courtship(poor, seed=2, replicates=2)
    assert (table[["difference", "courted", "rival"]] == 0.0).all(axis=None)
    assert titled(actor_plots.courted(table, 2)).startswith("A second suitor changes the offers to the mean state by nothing")


# --- failed votes


def test_objections_are_shares_of_the_failed_votes_of_a_run(charter: RunResult) -> None:
    table = failure_plots.objection_table(charter).set_index("issue")
    votes = failed_votes(charter)
    per_run = votes.groupby("replicate")["round"].nunique()
    of_issue = votes[votes["issue"] == "enforcement"].groupby("replicate")["round"].nunique().reindex(per_run.index, fill_value=0)
    assert table.loc["enforcement", "share"] == pytest.approx((of_issue / per_run).mean())
    assert table["blocked"].sum() == (charter.outcomes["outcome"] == "no_text").sum()
    assert table["low"].dropna().between(0.0, 1.0).all()
    assert "China" in str(table.loc["enforcement", "states"])


def test_the_figure_says_which_issue_blocks(charter: RunResult, result: RunResult) -> None:
    failed = (charter.outcomes["outcome"] == "no_text").sum()
    assert titled(failure_plots.objections(charter)).startswith("Runs without a text are blocked most often on enforcement")
    assert titled(failure_plots.objections(charter)).endswith(f"of {failed}")
    assert titled(failure_plots.objections(result)) == "No vote failed"


def test_rescues_name_the_best_change_and_its_price() -> None:
    changes = {"nothing": {}, "no red line": {"nations.CHN.red_lines.enforcement.floor": 0.0}}
    table = counterfactuals(CHARTER, changes, seed=1, replicates=12)
    row = table.set_index("change").loc["no red line"]
    chart = failure_plots.rescues(table)
    told = f"{int(row['saved'])} of {int(row['failed'])} runs without it have it"
    assert titled(chart) == f"Whether the body comes into force changes most by 'no red line' (depth {row['depth']:+.2f}): {told}"
    assert titled(failure_plots.rescues(table.head(1))) == "No change stands out in whether the body comes into force"
    twice = pd.concat([table, table.tail(1).assign(change="the same again", depth=np.nan)], ignore_index=True)
    assert "(depth" in titled(failure_plots.rescues(twice))
    assert ", tied with 'the same again': " in titled(failure_plots.rescues(twice))
    undone = table.assign(difference=-table["difference"], lost=table["saved"], saved=0, failed=12 - table["failed"])
    assert titled(failure_plots.rescues(undone)).endswith(f"{int(row['saved'])} of {int(row['failed'])} runs with it lose it")
    drawn = {(row["change"], row["what"]): row["difference"] for row in data_of(chart, "what")}
    assert drawn["no red line", "depth of the last text"] == pytest.approx(row["depth"])
    assert drawn["no red line", "share of runs with the outcome"] == pytest.approx(row["difference"])


# --- pivots and destabilizers


def test_pivots_show_three_quantities_of_every_state() -> None:
    table = pivotality(SMALL, ["IND", "KEN"], seed=2, replicates=4)
    drawn = data_of(actor_plots.pivots(table, SMALL, 4), "state")
    assert {(row["state"], row["quantity"]) for row in drawn} == {
        (state, quantity) for state in ("India", "Kenya") for quantity in actor_plots.QUANTITIES
    }
    swing = table[(table["contrast"] == "swing") & (table["quantity"] == "depth")].set_index("iso3")["difference"]
    assert {row["state"]: row["difference"] for row in drawn if row["quantity"] == "depth"} == pytest.approx(
        {"India": swing["IND"], "Kenya": swing["KEN"]}
    )


def test_destabilizers_say_how_often_a_membership_lasts() -> None:
    found = list(final_stability(SMALL, seed=2, replicates=3))
    stable = pd.Series([one.internal for one in found if one.institution == "waico"])
    title = titled(actor_plots.destabilizers(found, SMALL, "waico"))
    assert title.startswith(f"The membership of waico is internally stable in {stable.mean():.0%} of {len(stable)} runs")
    drawn = data_of(actor_plots.destabilizers(found, SMALL, "waico"), "share")
    of_body = [one for one in found if one.institution == "waico"]
    moves = Counter((code, kind) for one in of_body for kind, rows in (("leaves", one.leavers), ("joins", one.joiners)) for code in rows["iso3"])
    assert moves
    assert {(row["iso3"], kind): row[kind] for row in drawn for kind in ("leaves", "joins") if row[kind]} == pytest.approx(
        {move: number / len(of_body) for move, number in moves.items()}
    )
    assert all(not (row["leaves"] and row["joins"]) for row in drawn)   # in a panel of its own
    assert titled(actor_plots.destabilizers([], SMALL, "waico")) == "waico never stands at the end of a run"
