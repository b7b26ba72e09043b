"""What a sweep does, and has done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from waico.show.tables import number_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from waico.runs.sweep import SweepSummary


def sweep(summary: SweepSummary) -> Iterator[str | Table]:
    """How many runs are there, how they ended, and how many could not be carried out."""
    there = f", {summary.before:,} of them from before" if summary.before else ""
    yield f"{summary.runs:,} of {summary.planned:,} runs are in {summary.folder}{there} ({summary.seconds:.1f} s)\n"
    if summary.runs > summary.failed:
        table = number_table("outcome", "share")
        for name, share in summary.outcomes.items():
            table.add_row(name, f"{share:.3f}")
        yield table
    if summary.failed:
        yield f"\n{summary.failed:,} runs could not be carried out; the column error of the results says why."


@contextmanager
def sweep_progress(total: int, quiet: bool) -> Iterator[Callable[[int, Mapping[str | None, int]], None]]:
    """A bar with the rate and the time left, and below it the outcomes so far, on stderr if that is a terminal."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda done, outcomes: None
        return
    progress = Progress(TextColumn("runs"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(), console=console)
    with Live(progress, console=console, transient=True) as live:

        def report(done: int, outcomes: Mapping[str | None, int]) -> None:
            if not progress.tasks:   # runs from before tell nothing of the rate
                progress.add_task("runs", total=total, completed=done)
            progress.update(progress.tasks[0].id, completed=done)
            live.update(Group(progress, Text(_shares(outcomes), overflow="ellipsis", no_wrap=True)))

        yield report


class _Rate(ProgressColumn):
    """Runs a second, once there is a rate."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:.0f} a second" if task.speed else "")


def _shares(outcomes: Mapping[str | None, int]) -> str:
    """Outcomes so far, the most frequent first."""
    total = sum(outcomes.values())
    frequent = sorted(((count, name or "failed") for name, count in outcomes.items() if count), reverse=True)
    return ", ".join(f"{name} {count / total:.0%}" for count, name in frequent)
