"""What docs/scenarios.md says in numbers: the table of all scenarios and the facts under each, from the tables of their runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

import waico
from waico.analysis.history.cases import CASES, Case, accessions, scored
from waico.analysis.scenario_plots import by_outcome, share_table, signed_table
from waico.runs.tables import member_table
from waico.scenarios.facts import load_facts
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario

BASE = "waic2025"
PAST = {case.scenario: case for case in CASES.values()}   # scenarios that are cases of history
LONGEST = 8   # entries of a list that are spelled out
SMALLEST = 0.05   # shares of outcomes that are named
NO_MONEY = {"institutions.waico.inducement.budget": 0.0, "institutions.us_coalition.inducement.budget": 0.0}
WAICO, COALITION = "institutions.waico", "institutions.us_coalition"
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {   # by scenario: what is changed once more, to see which lever does it
    "us_engages": {"Without the red line": {"nations.USA.red_lines.enforcement.ceiling": 1.0}},
    "binding_charter": {
        "With the limit at 0.4": {"nations.CHN.red_lines.enforcement.floor": 0.4},
        "With consensus among those engaged only": {f"{WAICO}.participants": "engaged"},
    },
    "un_anchored": {
        "Without the three red lines": {f"nations.{code}.red_lines.un_role.floor": 0.0 for code in ("BRA", "FRA", "ZAF")},
        "By a vote of two thirds": {f"{WAICO}.adoption.rule": "supermajority"},
    },
    "waic2025": {"Without money on either side": NO_MONEY},
    "open_models": {"Without money on either side": NO_MONEY},
    "export_controls_lifted": {
        "If Washington neither presses nor answers either": {f"{WAICO}.rival_pressure": 0.0, f"{COALITION}.proposed": "2029-01-01"}
    },
    "exclusive_blocs": {"With exclusive bodies alone": {f"{COALITION}.answers.escalation": 2.0}},
    "eu_bridge": {
        "If the three only endorse": {f"nations.{code}.forced.waico": "endorsed" for code in ("DEU", "FRA", "ITA")},
        "With capacity for states in need as in the fund for the Global South": {f"{WAICO}.capacity_benefit": 2.0, f"{WAICO}.crowding": 0.0},
    },
    "global_south_fund": {
        "The fund with the text of the base scenario": {f"{WAICO}.opening.mandate": 0.45, f"{WAICO}.opening.timetable": 0.5},
        "With no more capacity than on the Belt and Road": {f"{WAICO}.capacity_benefit": 1.0},
        "The text without the fund": {
            f"{WAICO}.capacity_benefit": 1.0, f"{WAICO}.crowding": 0.25, f"{WAICO}.inducement.budget": 0.02,
        },
    },
    "early_defector": {
        "Without the memorandum and its deadline": {
            f"{WAICO}.endorsement.opens": None, f"{WAICO}.endorsement.closes": None, f"{WAICO}.endorsement.launch": False,
        },
        "Without the defectors": {f"shocks.{code}_signs.date": "2028-08-20" for code in ("gbr", "deu", "fra", "ita")},
        "If the defection did not weaken the pressure": {"decision.credibility": 0.0},
        "With a coalition in Washington to join instead": {f"{COALITION}.proposed": None},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Library:
    """Runs of all bundled scenarios and of the variants, by name."""

    results: dict[str, waico.RunResult]
    variants: dict[str, dict[str, waico.RunResult]]

    def blocks(self) -> dict[str, str]:
        """The text of every marked block of the page, by marker."""
        facts = {name: "\n".join(_facts(self, name)) for name in self.results}
        return {"table": _table(self), **facts}


def simulate(replicates: int, replicates_of_base: int) -> Library:
    """Run everything that the page is about, with seed 1; in one process, since so many short runs gain little from more."""

    def run(scenario: Scenario) -> waico.RunResult:
        number = replicates_of_base if scenario == scenarios[BASE] else replicates
        return waico.run(scenario, seed=1, replicates=number)

    scenarios = {name: waico.load_scenario(name) for name in waico.bundled_scenarios()}
    results = {name: run(scenario) for name, scenario in scenarios.items()}
    variants = {
        name: {what: run(replace(scenarios[name], changes)) for what, changes in cases.items()}
        for name, cases in VARIANTS.items()
    }
    return Library(results, variants)


def levers(scenario: Scenario, base: Scenario) -> dict[str, tuple[Any, Any]]:
    """Values that a scenario sets otherwise than the base, by path: that of the base, and its own; shocks by path and day."""
    left, right = _leaves(base.model_dump()), _leaves(scenario.model_dump())
    paths = [path for path in right if path.partition(".")[0] not in ("name", "title", "question", "assumptions")]
    return {path.replace("overrides.", ""): (left.get(path), right[path]) for path in paths if left.get(path) != right[path]}


def _leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """Values by path; entries of lists by id, shocks by path and date."""
    if isinstance(tree, list) and tree and isinstance(tree[0], dict):
        tree = {
            f"{entry['path']} on {entry['date']}" if "path" in entry else entry["id"]: entry.get("value", entry) for entry in tree
        }
    if isinstance(tree, dict):
        below = [_leaves(value, f"{path}.{key}" if path else str(key)) for key, value in tree.items()]
        return {name: value for leaves in below for name, value in leaves.items()}
    return {} if tree is None or tree == [] else {path: tree}


def _table(library: Library) -> str:
    """A row per scenario: levers, endings, members, how often in force."""
    signed = signed_table(library.results)
    lines = [
        "| scenario | what it asks | levers | how it ends | states signed | in force |",
        "|---|---|---|---|---|---|",
    ]
    for name in _order(library.results):
        result = library.results[name]
        row = signed.loc[name]
        force = result.outcomes["round_in_force"].notna().mean()
        lines.append(
            f"| [{name}](#{name}) | {result.scenario.question} | {_lever_names(library, name)} | {_endings(result)} | "
            f"{row['median']:.0f} ({row['low']:.0f} to {row['high']:.0f}) | {force:.0%} |"
        )
    return "\n".join(lines)


def _order(results: Mapping[str, waico.RunResult]) -> list[str]:
    """The base first, the cases of the past last."""
    return [BASE, *(name for name in by_outcome(results) if name != BASE and name not in PAST), *PAST]


def _lever_names(library: Library, name: str) -> str:
    if name == BASE:
        return "-"
    if name in PAST:
        return "its own"
    changed = levers(library.results[name].scenario, library.results[BASE].scenario)
    shown = [path.removeprefix("shocks.").partition(" on ")[0].removeprefix(f"{WAICO}.").removeprefix("institutions.") for path in changed]
    return ", ".join(f"`{path}`" for path in dict.fromkeys(shown))


def _facts(library: Library, name: str) -> list[str]:
    """The facts under a scenario."""
    result, base = library.results[name], library.results[BASE]
    if name in PAST:
        return [f"- Ends: {_endings(result)}.", f"- {_count(result, PAST[name])}"]
    facts = [f"Ends: {_endings(result)}.", _text(result), _votes(result), _rival(result)]
    if name != BASE:
        changed = levers(result.scenario, base.scenario).items()
        facts.insert(0, f"Levers: {'; '.join(_lever(path, *values) for path, values in changed)}.")
        facts.append(_movers(result, base) if (result.outcomes["outcome"] != "no_text").mean() > 0.5 else "")
    facts += [f"{what}: {_endings(variant)}." for what, variant in library.variants.get(name, {}).items()]
    return [f"- {fact}" for fact in facts if fact]


def _lever(path: str, before: Any, after: Any) -> str:
    if path.startswith("shocks."):
        what, _, day = path.removeprefix("shocks.").partition(" on ")
        return f"`{what}` {_value(after)} from {day}"
    return f"`{path}` {_value(after)}" + (f" (base {_value(before)})" if before is not None else "")


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) if len(value) <= LONGEST else f"all {len(value)} of the table"
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def _endings(result: waico.RunResult) -> str:
    """Outcomes that are not rare, most frequent first."""
    shares = share_table({"": result}).loc[""]
    shares = shares[shares >= SMALLEST].sort_values(ascending=False, kind="stable")
    return ", ".join(f"{str(name).replace('_', ' ')} {share:.0%}" for name, share in shares.items())


def _text(result: waico.RunResult) -> str:
    """What stands in the text in the end."""
    outcomes, body = result.outcomes, result.scenario.institution_ids[0]
    last = result.texts[result.texts["institution"] == body].groupby(["replicate", "issue"])["value"].last()
    medians = last.groupby("issue").median()
    issues = ", ".join(f"{issue.id.replace('_', ' ')} {medians[issue.id]:.2f}" for issue in result.scenario.issues)
    return (
        f"Text: depth {outcomes['depth'].median():.2f}; {issues}. Fault line between the camps "
        f"{outcomes['fault_line'].median():.2f}, weight that objects at the end {outcomes['objection_weight'].median():.2f}."
    )


def _votes(result: waico.RunResult) -> str:
    """Who makes votes fail, over what."""
    body = result.scenario.institution_ids[0]
    objections = result.events[(result.events["kind"] == "objected") & (result.events["institution"] == body)]
    if objections.empty:
        return ""
    votes = objections[["replicate", "round"]].drop_duplicates().shape[0]
    shares = (objections.groupby("actor").size() / votes).sort_values(ascending=False, kind="stable").head(3)
    names = load_facts(result.scenario).nations["name"]
    said = []
    for code, share in shares[shares >= SMALLEST].items():
        issue = objections.loc[objections["actor"] == code, "detail"].mode().iloc[0].replace("_", " ")
        said.append(f"{names[code]} in {share:.0%} (over {issue})")
    failing = objections["replicate"].nunique() / result.replicates
    return f"Votes fail in {failing:.0%} of the runs. Who objects in the failed votes: {', '.join(said)}."


def _rival(result: waico.RunResult) -> str:
    """What became of the body that answers."""
    if len(result.scenario.institutions) < 2:
        return ""
    rival = result.scenario.institution_ids[1]
    rounds = result.rounds[result.rounds["institution"] == rival].groupby("replicate").last()
    share = (rounds["stage"] == "in_force").mean()
    if (rounds["stage"] == "idea").all():
        return "No coalition answers."
    return f"The coalition that answers: in force in {share:.0%} of the runs, {rounds['signed'].median():.0f} states in the median."


def _movers(result: waico.RunResult, base: waico.RunResult) -> str:
    """The states whose membership differs most from that in the same replicates of the base scenario."""
    here, there = (_probability(run, result.replicates) for run in (result, base))
    change = (here - there).round(12)
    names = load_facts(result.scenario).nations["name"]
    order = change.sort_values(ascending=bool(change.sum() < 0), kind="stable").head(5)
    moved = ", ".join(f"{names[code]} {value * 100:+.0f}" for code, value in order.items())
    return f"Membership against the base scenario, in percentage points of the runs: {moved}."


def _probability(result: waico.RunResult, replicates: int) -> pd.Series[float]:
    """Share of the first replicates in which states sign the first institution, by code."""
    body = result.scenario.institutions[0]
    members = member_table(result.nations[result.nations["replicate"] < replicates])
    members = members[members["institution"] == body.id].set_index("iso3")["p_signed"]
    return members.drop([body.sponsor, body.rival]).sort_index()


def _count(result: waico.RunResult, case: Case) -> str:
    """How many states became members by the last day of a case, beside how many did in fact; principals and forced ones left out."""
    codes = tuple(load_facts(result.scenario).nations.index)
    ours = {code for code, counts in zip(codes, scored(result.scenario, codes, case.name), strict=True) if counts}
    rounds = result.rounds[pd.to_datetime(result.rounds["date"]) <= pd.Timestamp(case.until)]
    last = result.nations["replicate"].map(rounds.groupby("replicate")["round"].max())
    joined = result.nations["iso3"].isin(ours) & (result.nations[f"round_{case.status}"] <= last).fillna(False)
    counts = joined.groupby(result.nations["replicate"]).sum()
    low, median, high = counts.quantile([0.05, 0.5, 0.95])
    return (
        f"States that {case.status} by {case.until.day} {case.until:%B %Y}, of {len(ours)} at risk: {median:.0f} in the median, "
        f"{counts.mean():.0f} in the mean, {low:.0f} to {high:.0f} in 90% of the runs; {accessions(case).index.isin(ours).sum()} did."
    )
