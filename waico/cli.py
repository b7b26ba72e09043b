"""The `waico` command: one function per command. It reads options, calls, and prints; it decides nothing."""

from __future__ import annotations

import json as json_module
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from waico.scenarios.errors import InputError, one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from waico.negotiation.bargain import Negotiation
    from waico.runs.run import RunResult
    from waico.scenarios.schema import Scenario

UsageError = typer.BadParameter.__base__   # click's, or that of the copy of click inside newer typer

app = typer.Typer(
    help="Simulate states and firms negotiating over a Shanghai-hosted AI-governance body.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help="a bundled scenario, or a .toml file")]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="folder made by waico run --out")]
SeedOption = Annotated[int, typer.Option(min=0, help="seed of the random draws, a whole number from 0")]
ReplicatesOption = Annotated[int, typer.Option(min=1, max=1_000_000, help="number of runs with other random draws")]
SetOption = Annotated[
    list[str], typer.Option("--set", metavar="PATH=VALUE", help="change one value of the scenario; may be repeated")
]
WorkersOption = Annotated[int, typer.Option(min=1, max=256, help="processes")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="no progress bar")]


def main() -> None:
    """Run the command line; every ending has its exit code and at most one line of complaint."""
    sys.exit(_run(sys.argv[1:] or ["--help"]))


def _run(arguments: list[str]) -> int:
    try:
        code = app(arguments, prog_name="waico", standalone_mode=False)
    except InputError as error:
        return _complain(str(error), 2)
    except (KeyboardInterrupt, typer.Abort) as error:
        return _complain(str(error) or "interrupted", 130)
    except BrokenPipeError:   # the reader of our output has left, as `head` does
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 (the last stand: a traceback tells a user nothing)
        if isinstance(error, UsageError or ()):
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "waico"
            return _complain(f"{command}: {error.format_message()} (see {command} --help)", 2)   # type: ignore[attr-defined]
        return _complain(f"waico failed: {type(error).__name__}: {error}", 1)
    if code == 130:   # newer typer turns Ctrl-C into an exit code and says nothing
        return _complain("interrupted", 130)
    return code if isinstance(code, int) else 0


def _complain(line: str, code: int) -> int:
    sys.stderr.write(one_line(line) + "\n")
    return code


@app.command()
def scenarios(json: JsonOption = False) -> None:
    """List the bundled scenarios."""
    from waico.agents import Setting
    from waico.negotiation.clock import planned_rounds
    from waico.scenarios.load import bundled_scenarios, load_scenario

    rows = []
    for name in bundled_scenarios():
        scenario = load_scenario(name)
        rows.append({
            "name": name,
            "freeze_date": scenario.freeze_date.isoformat(),
            "rounds": planned_rounds(Setting.of(scenario)),
            "institutions": scenario.institution_ids,
            "title": scenario.title,
        })
    if json:
        _print_json(rows)
        return
    table = _table("name", "freeze date", "rounds", "institutions", "title")
    for row in rows:
        table.add_row(*(", ".join(cell) if isinstance(cell, list) else str(cell) for cell in row.values()))
    _print(table)


@app.command()
def run(
    scenario: ScenarioArgument,
    seed: SeedOption = 0,
    replicates: ReplicatesOption = 1,
    changes: SetOption = [],  # noqa: B006 (typer copies it)
    until: Annotated[str | None, typer.Option(metavar="DATE", help="last day simulated")] = None,
    workers: WorkersOption = 1,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="folder for the tables of the run")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a scenario headless: outcome shares, and members, text and dates of each institution."""
    from waico.runs.record import check_free, save
    from waico.runs.run import run as run_scenario
    from waico.scenarios.load import blame

    if out is not None:
        check_free(out)
    overrides, loaded = _load(scenario, changes)
    last = _date("--until", until, loaded)
    with blame(scenario, overrides, "--set"), _progress(replicates, quiet) as advance:
        result = run_scenario(
            loaded, seed=seed, replicates=replicates, workers=workers, until=last, overrides=overrides,
            on_progress=advance,
        )  # fmt: skip
    if out is not None:
        save(result, out)
    if json:
        _print_json(result.summary())
    else:
        _print_summary(result)
    if result.interrupted:
        raise typer.Abort(f"interrupted: {result.replicates} of {replicates} replicates were finished and are kept")


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="a bundled scenario, or a .toml file")],
    b: Annotated[str, typer.Argument(metavar="B", help="the scenario to hold against it, which may be the same")],
    seed: SeedOption = 0,
    replicates: ReplicatesOption = 100,
    changes: Annotated[
        list[str], typer.Option("--set", metavar="PATH=VALUE", help="change one value of both; may be repeated")
    ] = [],  # noqa: B006 (typer copies it)
    changes_b: Annotated[
        list[str], typer.Option("--set-b", metavar="PATH=VALUE", help="change one value of B alone; may be repeated")
    ] = [],  # noqa: B006
    workers: WorkersOption = 1,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run two scenarios with the same random draws: differences with 95% intervals."""
    from waico.analysis.compare import compare as compare_scenarios
    from waico.scenarios.paths import parse_assignment
    from waico.show import shown

    both = dict(parse_assignment(change) for change in changes)
    alone = dict(parse_assignment(change, "--set-b") for change in changes_b)
    first, second = (_checked(source, both, "--set") for source in (a, b))
    if alone:
        second = _checked(b, both | alone, "--set-b")   # what `both` does to B is right, so this is to blame for the rest
    with _progress(2 * replicates, quiet) as advance:
        comparison = compare_scenarios(
            first, second, seed=seed, replicates=replicates, workers=workers, on_progress=advance
        )
    if json:
        _print_json(comparison.as_dict())
    else:
        for part in shown(comparison):
            _print(part)


@app.command()
def explain(
    folder: RunArgument,
    nation: Annotated[str, typer.Option(metavar="ISO3", help="the state")],
    institution: Annotated[str | None, typer.Option(metavar="ID", help="the institution; the first if not given")] = None,
    round_number: Annotated[
        int | None, typer.Option("--round", min=1, help="the round; that of its last step if not given")
    ] = None,
    replicate: Annotated[int, typer.Option(min=0, help="the replicate")] = 0,
    json: JsonOption = False,
) -> None:
    """Why a state decided as it did: the terms of its payoff, its peers, what would have flipped it."""
    from waico.analysis.explain import explain as explain_decision
    from waico.runs.record import read_record

    record = read_record(folder)
    if replicate >= record["replicates"]:
        last = record["replicates"] - 1
        choice = f"give 0 to {last}" if last else "give 0"
        raise InputError(str(folder), "--replicate", f"there is no replicate {replicate}", choice)
    explanation = explain_decision(
        record["scenario"], nation, institution=institution, round_number=round_number, seed=record["seed"],
        replicate=replicate, until=record["until"],
    )  # fmt: skip
    if json:
        _print_json(explanation.as_dict())
    else:
        sys.stdout.write(explanation.in_words() + "\n")


@app.command()
def validate(scenario: ScenarioArgument, changes: SetOption = []) -> None:  # noqa: B006 (typer copies it)
    """Check a scenario file and print what it resolves to."""
    from waico.scenarios.paths import parse_assignment

    loaded = _checked(scenario, dict(parse_assignment(change) for change in changes), "--set")
    _print_json(loaded.model_dump(mode="json"))
    sys.stderr.write(
        f"{loaded.name}: valid; {len(loaded.issues)} issues, institutions {', '.join(loaded.institution_ids)}, "
        f"{len(loaded.assumptions)} assumptions marked\n"
    )


@app.command()
def bargain(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="actor, issue, position, salience, capability")],
    protocol: Annotated[str, typer.Option(metavar="P", help="name of the protocol, such as compromise")],
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="number of rounds of 30 days")] = 10,
    sponsor: Annotated[
        str | None, typer.Option(metavar="ACTOR", help="who has agenda power; nobody if not given")
    ] = None,
    status_quo: Annotated[
        list[str],
        typer.Option(metavar="ISSUE=VALUE", help="what holds on an issue without agreement; may be repeated"),
    ] = [],  # noqa: B006 (typer copies it)
    changes: Annotated[
        list[str],
        typer.Option("--set", metavar="NAME=VALUE", help="change a parameter of the protocol; may be repeated"),
    ] = [],  # noqa: B006 (typer copies it)
    json: JsonOption = False,
) -> None:
    """Let the actors of a table bargain by one protocol, alone: medians, means and outcome by issue."""
    from waico.negotiation.bargain import bargain_alone, protocols
    from waico.scenarios.actors import parse_status_quo, read_actors
    from waico.scenarios.paths import parse_assignment

    protocols.find(protocol, "--protocol", "")
    parameters = dict(parse_assignment(change, form="name=value, such as rate=0.5") for change in changes)
    rule = protocols.make(protocol, parameters, "--set", "")
    result = bargain_alone(
        read_actors(file), rule, rounds=rounds, sponsor=sponsor, status_quo=parse_status_quo(status_quo)
    )
    for remark in result.remarks:
        sys.stderr.write(one_line(f"{protocol}: {remark}") + "\n")
    if json:
        _print_json(result.as_dict())
    else:
        _print_negotiation(result)


@app.command()
def replay(folder: RunArgument, quiet: QuietOption = False) -> int:
    """Run again from the record and say whether the result is identical."""
    from waico.runs.record import read_record, versions
    from waico.runs.record import replay as replay_run

    record = read_record(folder)
    with _progress(record["replicates"], quiet) as advance:
        same = replay_run(folder, record, advance)
    if all(same.values()):
        sys.stdout.write(f"identical: all {len(same)} files came out byte for byte the same\n")
        return 0
    now = versions()
    changed = [f"{name} {then} -> {now[name]}" for name, then in record["versions"].items() if now.get(name) != then]
    reason = f" (versions differ: {', '.join(changed)})" if changed else ""
    sys.stdout.write(f"different: {', '.join(name for name, equal in same.items() if not equal)}{reason}\n")
    return 1


def _load(source: str, changes: list[str]) -> tuple[dict[str, Any], Scenario]:
    from waico.scenarios.load import load_scenario
    from waico.scenarios.paths import parse_assignment

    overrides = dict(parse_assignment(change) for change in changes)
    return overrides, load_scenario(source, overrides, changed_by="--set")


def _checked(source: str, overrides: dict[str, Any], changed_by: str) -> Scenario:
    """A scenario that can be carried out: also what only shows when it is about to run is checked."""
    from waico.negotiation.course import Course
    from waico.scenarios.load import blame, load_scenario

    loaded = load_scenario(source, overrides, changed_by=changed_by)
    with blame(source, overrides, changed_by):
        Course(loaded)
    return loaded


def _date(option: str, text: str | None, scenario: Scenario) -> date | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise InputError(option, "", f"'{text}' is no date", "write it as 2026-07-26") from None
    if day <= scenario.freeze_date:
        raise InputError(option, "", f"{day} is not after the freeze date {scenario.freeze_date}", "give a later day")
    return day


@contextmanager
def _progress(total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar on stderr if that is a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task("replicates", total=total)
        yield lambda finished: progress.advance(task, finished)


def _print_json(data: Any) -> None:
    sys.stdout.write(json_module.dumps(data, indent=1) + "\n")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _print(what: Any) -> None:
    width = None if sys.stdout.isatty() else 120
    console = Console(file=sys.stdout, width=width, markup=False, emoji=False)   # names are a user's, in any letters
    console.print(what, soft_wrap=isinstance(what, str))


def _print_summary(result: RunResult) -> None:
    """Outcome shares of the first institution, and a table of all institutions."""
    summary = result.summary()
    _print(f"{result.scenario.title}\n{result.replicates} replicates, seed {result.seed}, {summary['seconds']:.1f} s\n")
    outcomes = _table("outcome", "share")
    for name, share in summary["outcomes"].items():
        outcomes.add_row(name, f"{share:.3f}")
    _print(outcomes)
    for name, body in summary["institutions"].items():
        rows = _table("", "")
        rows.show_header = False
        for label, value in _in_words(body).items():
            rows.add_row(f"  {label}", value)
        for number, entry in enumerate(body["objections"]):
            held = f"objectors held {entry['weight']:.1%} of capability"
            on = f"{entry['issue']} in {entry['votes']} votes, {held}: {', '.join(entry['states'])}"
            rows.add_row("" if number else "  votes failed on", on)
        members = ", ".join(f"{code} {share:.2f}" for code, share in result.likeliest_members(name))
        rows.add_row("  likeliest to sign", members)
        _print(f"\n{name}")
        _print(rows)
    if result.until is not None and result.until < result.scenario.rounds.horizon:
        _print(f"\nCut short on {result.until}: outcomes are as things stand then, not as they end.")
    _print("\nCounts are means over replicates with 5% and 95% quantiles, sponsor and rival left out; dates are medians.")


def _in_words(body: dict[str, Any]) -> dict[str, str]:
    """What `summary` says of an institution, by label."""
    adopted, on = body["round_adopted_median"], body["date_adopted_median"]
    force = body["date_in_force_median"]
    text = [f"{issue} {value:.2f}" for issue, value in body["text"].items() if value is not None]
    return {
        "states signed": f"{body['signed_mean']:.1f} ({body['signed_q05']:.0f} to {body['signed_q95']:.0f})",
        "states ratified": f"{body['ratified_mean']:.1f}",
        "text adopted": "in less than half of the runs" if adopted is None else f"{on}, round {adopted:g}",
        "in force": f"in {body['in_force_share']:.0%} of the runs" + (f", {force}" if force else ""),
        "last text": ", ".join(text) or "none tabled",
    }


def _print_negotiation(result: Negotiation) -> None:
    """Per issue: outcome, who moved most, and the rounds up to the last in which anything changed."""
    actors, rounds, sponsor = result.actors, len(result.moves), result.tables[0].sponsor
    who = f"sponsor {actors.actors[sponsor]}" if sponsor >= 0 else "no sponsor"
    rule = result.as_dict()["protocol"]
    _print(one_line(f"{rule}: {len(actors.actors)} actors, {who}; rounds of 30 days: {rounds}"))
    for k, issue in enumerate(actors.issues):
        digits = max(0, 3 - round(math.log10(result.span[k])))
        columns = [(result.medians[t, k], result.means[t, k], result.text(t)[k]) for t in range(rounds + 1)]
        lines = [[f"{value:.{digits}f}" for value in column] for column in columns]
        last = max(t for t in range(rounds + 1) if t == 0 or lines[t] != lines[t - 1])
        _print(f"\n{one_line(issue)}")
        _print(f"  outcome     {'none' if result.outcome is None else f'{result.outcome[k]:.{digits}f}'}")
        _print(f"  moved most  {_farthest(result, k, digits)}")
        table = _table("  round", "median", "mean", "text")
        for column in table.columns[1:]:
            column.justify = "right"
        for t in range(last + 1):
            table.add_row(f"  {t or 'start'}", *lines[t])
        _print(table)
        if last < rounds:
            _print(f"  no change after {f'round {last}' if last else 'the start'}")
    _print("\nMedian and mean weigh positions by capability times salience. Units are those of the file.")
    if sponsor >= 0:
        share = result.tables[0].agenda_power
        _print(f"The sponsor's position has a share of {share:g} in outcome and text.")


def _farthest(result: Negotiation, k: int, digits: int) -> str:
    """The actor that moved most on an issue, from where to where."""
    i = result.moved_most(k)
    if i is None:
        return "nobody moved"
    start, end = result.positions(0)[i, k], result.positions(-1)[i, k]
    return f"{one_line(result.actors.actors[i])}, from {start:.{digits}f} to {end:.{digits}f}"
