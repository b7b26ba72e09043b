"""The report of one run: how it ends, what the text says, who joins, and why votes failed.

Needs the extra `analysis`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pandas as pd

from waico.analysis import actor_plots, course_plots, failure_plots, plots, text_plots
from waico.analysis.bridges import bridge_states
from waico.analysis.plots import title_in_words
from waico.analysis.report import Figure, Report, Section, Table, section_of
from waico.analysis.wording import count, day_of, value_of
from waico.runs.record import versions
from waico.runs.run import RunResult

PACKAGES = ("altair", "vl-convert-python", "pandas")
LIKELY = 25   # states drawn
FEW = 20   # replicates below which a reader is warned


def run_report(result: RunResult, made_with: dict[str, str | None] | None = None) -> Report:
    """All sections of the report of a run.

    Args:
        result: of `waico.run`, or read back by `waico.runs.record.read_run`.
        made_with: versions that the run was made with, if not those of now.
    """
    told, scenario = RunSections(result), result.scenario
    makers: dict[str, Callable[[str], Section]] = {
        "What was run": told.ran,
        "How the runs end": told.endings,
        "What the text says": told.text,
        "Who joins, and when": told.members,
        "How the talks go": told.course,
        "Why votes failed": told.objections,
        "Who is in both bodies": told.bridges,
    }
    warnings = [f"With {count(result.replicates, 'run')} chance has a large part in every number: take more replicates."]
    return Report(
        title=f"Report of a run: {scenario.title}",
        subtitle=f"The scenario {scenario.name}, as of {day_of(scenario.freeze_date)}. {scenario.question}".strip(),
        warnings=warnings if result.replicates < FEW else [],
        sections=[section_of(title, make) for title, make in makers.items()],
        origin=_origin(result, made_with or versions()),
    )


@dataclass(frozen=True)
class RunSections:
    """A run, and its sections; of the first institution where one is meant."""

    result: RunResult

    @property
    def body(self) -> str:
        """The first institution."""
        return self.result.scenario.institution_ids[0]

    def ran(self, title: str) -> Section:
        """Replicates, changes and assumptions."""
        result, scenario = self.result, self.result.scenario
        changes = pd.DataFrame([{"value": path, "changed to": value_of(value)} for path, value in result.overrides.items()], columns=["value", "changed to"])
        assumed = pd.DataFrame(list(scenario.assumptions.items()), columns=["value", "why it was assumed"])
        finding = (
            f"{count(result.replicates, 'run')} that differ by their random draws, seed {result.seed}, each to {day_of(result.until or scenario.rounds.horizon)}"
            f"{' at most' if not result.until else ''}; {count(len(changes), 'value')} changed on the command line, {count(len(assumed), 'assumption')} noted in the scenario."
        )
        tables = [Table("changes", "Values that were changed on the command line.", changes, shown=20)] if len(changes) else []
        tables += [Table("assumptions", "What the scenario assumes, since nobody knows it.", assumed, shown=40)] if len(assumed) else []
        return Section(title, finding, "an assumption is worth changing: waico compare tells what that does.", tables=tables)

    def endings(self, title: str) -> Section:
        """Outcome shares."""
        chart = plots.outcome_shares(self.result)
        tables = [
            Table("outcomes", "Share of runs by outcome class, with 95% Wilson interval.", plots.shares_by_outcome(self.result)),
            Table("runs", "", self.result.outcomes, shown=0),
        ]
        return Section(title, _says(chart), "bars run from no text at the top to a binding regime.", [Figure("outcomes", chart)], tables)

    def text(self, title: str) -> Section:
        """The text by issue."""
        chart = text_plots.charter(self.result)
        table = Table("text", "Where the text began and ended, by issue, from its low end (0) to its high end (1).", text_plots.text_table(self.result))
        reading = "a dot far from the diamond is an issue on which the sponsor gave way, or was carried further."
        return Section(title, _says(chart), reading, [Figure("text", chart)], [table])

    def members(self, title: str) -> Section:
        """Members over time, and the likeliest."""
        curves, likely = plots.membership_curves(self.result), plots.likely_members(self.result, self.body, LIKELY)
        table = Table("members", "Probability of each status by institution and state.", self.result.members, shown=0)
        return Section(
            title, f"{_says(curves)} {_says(likely)}", "bands hold 90% of the runs; dots are shares of runs with 95% intervals.",
            [Figure("members_over_time", curves), Figure("likely_members", likely)], [table],
        )  # fmt: skip

    def course(self, title: str) -> Section:
        """Agreement, fault line, depth and display gap."""
        results = {self.result.scenario.name: self.result}
        chart = course_plots.measures_over_time(results)
        table = Table("measures", "", course_plots.measure_courses(results), shown=0)
        reading = "agreement is how close the text is to the positions at the table; the fault line is what of their variance lies between the camps."
        return Section(title, _says(chart), reading, [Figure("measures", chart)], [table])

    def objections(self, title: str) -> Section:
        """Issues behind failed votes."""
        table = failure_plots.objection_table(self.result)
        if table.empty:
            return Section(title, "No vote failed: the rule needs no consent, or nobody objected.")
        chart = failure_plots.objections(self.result)
        rows = Table("objections", "How often each issue made a vote fail, and who objected.", table)
        return Section(title, _says(chart), "in a failed vote every objector loses most on some issue.", [Figure("objections", chart)], [rows])

    def bridges(self, title: str) -> Section:
        """States between the bodies."""
        table = bridge_states(self.result)
        bodies = (self.body, next(body for body in self.result.scenario.institution_ids if body != self.body))
        chart = actor_plots.bridges(table, bodies)
        rows = Table("bridges", "Share of runs in which a state ends in both bodies, in one alone, or in none.", table)
        return Section(title, _says(chart), "larger dots weigh more; those named are most often in both, or weigh most.", [Figure("bridges", chart)], [rows])


def _says(chart: Any) -> str:
    """The title of a figure as a sentence."""
    return f"{title_in_words(chart.to_dict())}."


def _origin(result: RunResult, made_with: dict[str, str | None]) -> dict[str, str]:
    """What the numbers were made from."""
    return {
        "scenario": result.scenario.name,
        "seed": str(result.seed),
        "replicates": str(result.replicates),
        **{f"run made with: {name}": str(value) for name, value in made_with.items() if value is not None},
        **{f"report made with: {name}": version(name) for name in ("waico", *PACKAGES)},
    }
