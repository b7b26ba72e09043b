"""The `waico` command: one function per command. It reads options, calls, and prints; it decides nothing.

The file is long because it is a catalogue: the options of every command, each with its help.
"""

from __future__ import annotations

import json as json_module
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment

from waico import show
from waico.scenarios.errors import InputError, Stopped, extra, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from waico.scenarios.schema import Scenario

UsageError = typer.BadParameter.__base__   # click's, or that of the copy of click inside newer typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ScenarioArgument = Annotated[str, typer.Argument(metavar="SCENARIO", help="a bundled scenario, or a .toml file")]
RunArgument = Annotated[Path, typer.Argument(metavar="DIR", help="folder made by waico run --out")]
RecordArgument = Annotated[Path, typer.Argument(metavar="DIR", help="folder made by waico run --out or waico forecast --out")]
SeedOption = Annotated[int, typer.Option(min=0, help="seed of the random draws, a whole number from 0")]
ReplicatesOption = Annotated[int, typer.Option(min=1, max=1_000_000, help="number of runs with other random draws")]
SetOption = Annotated[
    list[str], typer.Option("--set", metavar="PATH=VALUE", help="change one value of the scenario; may be repeated")
]
WorkersOption = Annotated[int, typer.Option(min=1, max=256, help="processes")]
JsonOption = Annotated[bool, typer.Option("--json", help="print JSON")]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="REPORT.html",
        help="the report, with its tables as CSV in REPORT_tables/ beside it; DIR/report.html if not given. A report that waico "
        "made is replaced, with its tables; no other file is",
    ),
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="no progress bar")]


def _tell_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"waico {version('waico')}\n")
        raise typer.Exit


@app.callback()
def _before_any_command(
    told: Annotated[bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="print the version and leave")] = False,
) -> None:
    """Simulate states and firms negotiating over a Shanghai-hosted AI-governance body."""


def main() -> None:
    """Run the command line; every ending has its exit code and at most one line of complaint."""
    sys.exit(_run(sys.argv[1:] or ["--help"]))


def _run(arguments: list[str]) -> int:
    try:
        code = app(arguments, prog_name="waico", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        return _complain(str(error), 2)
    except (KeyboardInterrupt, typer.Abort) as error:
        return _complain(str(error) or "interrupted", 130)
    except Stopped as error:
        return _complain(str(error), 1)
    except BrokenPipeError:   # the reader of our output has left, as `head` does
        sys.stderr.close()
        return 0
    except OSError as error:
        with suppress(OSError):   # else Python tries again to print, and complains, on its way out
            sys.stdout.close()
        return _complain(f"{error.filename or 'the output'} cannot be written or read: {error.strerror or error}", 1)
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
    with suppress(OSError):   # there may be no place for complaints either
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
    table = show.plain_table("name", "freeze date", "rounds", "institutions", "title")
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
    from waico.runs.folders import claimed
    from waico.runs.record import save
    from waico.runs.run import run as run_scenario
    from waico.scenarios.load import blame

    overrides, loaded = _load(scenario, changes)
    last = _date("--until", until, loaded)
    if last is not None and last > loaded.rounds.horizon:
        sys.stderr.write(f"--until: the scenario ends on its horizon, {loaded.rounds.horizon}\n")
    with nullcontext() if out is None else claimed(out):
        with blame(scenario, overrides, "--set"), _progress(replicates, quiet) as advance:
            result = run_scenario(
                loaded, seed=seed, replicates=replicates, workers=workers, until=last, on_progress=advance
            )
        if out is not None:
            save(replace(result, overrides=overrides), out)
    if json:
        _print_json(result.summary())
    else:
        _print_all(show.summary(result))
    if result.interrupted:
        raise typer.Abort(f"interrupted: {result.replicates} of {replicates} replicates were finished and are kept")


@app.command()
def compare(
    a: Annotated[str, typer.Argument(metavar="A", help="a bundled scenario, or a .toml file")],
    b: Annotated[
        str | None, typer.Argument(metavar="[B]", help="the scenario to hold against it; A itself, changed by --set-b, if not given")
    ] = None,
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

    if b is None and not changes_b:
        raise InputError("waico compare", "", "there is nothing to hold against it", "give a second scenario, or a change by --set-b")
    against = a if b is None else b
    both = dict(parse_assignment(change) for change in changes)
    alone = dict(parse_assignment(change, "--set-b") for change in changes_b)
    first, second = (_checked(source, both, "--set") for source in (a, against))
    if alone:
        second = _checked(against, both | alone, "--set-b")   # what `both` does to B is right, so this is to blame for the rest
    with _progress(2 * replicates, quiet) as advance:
        comparison = compare_scenarios(
            first, second, seed=seed, replicates=replicates, workers=workers, on_progress=advance
        )
    if json:
        _print_json(comparison.as_dict())
    else:
        _print_all(show.comparison(comparison))


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
    from waico.agents import Setting
    from waico.negotiation.clock import late_shocks
    from waico.scenarios.paths import parse_assignment

    loaded = _checked(scenario, dict(parse_assignment(change) for change in changes), "--set")
    _print_json(loaded.model_dump(mode="json"))
    sys.stderr.write(
        f"{loaded.name}: valid; {len(loaded.issues)} issues, institutions {', '.join(loaded.institution_ids)}, "
        f"{len(loaded.assumptions)} assumptions marked\n"
    )
    for note in late_shocks(Setting.of(loaded)):
        sys.stderr.write(f"{note}\n")


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
        _print_all(show.negotiation(result))


@app.command()
def hindcast(
    scenario: ScenarioArgument,
    observed: Annotated[
        Path, typer.Option(metavar="FILE.csv", help="who joined when: columns institution, iso3, date; a row per member")
    ],
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="day on which members are compared; the last in FILE if not given")
    ] = None,
    seed: SeedOption = 0,
    replicates: ReplicatesOption = 200,
    changes: SetOption = [],  # noqa: B006 (typer copies it)
    workers: WorkersOption = 1,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Simulate forward from the freeze date and score who is a member on a later day."""
    with extra("waico hindcast"):
        from waico.analysis.history.hindcast import hindcast as run_hindcast
    from waico.analysis.history.observed import read_observed
    from waico.scenarios.load import blame

    overrides, loaded = _load(scenario, changes)
    last = _date("--until", until, loaded)
    with blame(scenario, overrides, "--set"), _progress(replicates, quiet) as advance:
        members = read_observed(observed, loaded)
        found = run_hindcast(
            loaded, members, until=last, replicates=replicates, seed=seed, workers=workers, on_progress=advance
        )
    for note in found.notes:
        sys.stderr.write(one_line(note) + "\n")
    if json:
        _print_json(found.as_dict())
    else:
        _print_all(show.hindcast(found))


@app.command()
def forecast(
    scenario: ScenarioArgument,
    until: Annotated[str, typer.Option(metavar="DATE", help="day on which it is told who is a member")],
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="folder for the forecast and its seal")] = None,
    seed: SeedOption = 0,
    replicates: ReplicatesOption = 200,
    changes: SetOption = [],  # noqa: B006 (typer copies it)
    workers: WorkersOption = 1,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tell who will be a member on a day to come, from what was known on the freeze date; sealed with --out."""
    with extra("waico forecast"):
        from waico.analysis.history.forecast import forecast as make_forecast
        from waico.analysis.history.forecast import runs_of, source_of
        from waico.analysis.history.seal import write
    from waico.runs.folders import claimed
    from waico.scenarios.load import blame

    overrides, loaded = _load(scenario, changes)
    day = _date("--until", until, loaded)
    assert day is not None   # the option must be given
    source_of(loaded)   # refuses hindsight before any time is spent
    with nullcontext() if out is None else claimed(out):
        with blame(scenario, overrides, "--set"), _progress(runs_of(loaded, replicates), quiet, "runs") as advance:
            found = make_forecast(
                loaded, until=day, seed=seed, replicates=replicates, workers=workers, on_progress=advance
            )
        seal = None if out is None else write(found, out, overrides, date.today())
    if json:
        _print_json(found.as_dict() | {"seal": seal})
        return
    _print_all(show.forecast(found))
    if seal is not None:
        _print(f"\nsealed in {out}: {seal}")


@app.command()
def sweep(
    design: Annotated[Path, typer.Argument(metavar="DESIGN.toml", help="scenario, sampler, factors: see docs/how-to/sweep.md")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="folder for the design and the results")],
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="processes; as many as there are cores if not given")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="a Dask scheduler, such as tcp://10.0.0.1:8786, or local")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="go on with what is in the folder, if anything is")] = False,
    quiet: QuietOption = False,
) -> None:
    """Run a design of many runs; it can be stopped at any moment and resumed."""
    from waico.runs.engines import cores
    from waico.runs.plan import read_plan
    from waico.runs.sweep import sweep as run_sweep

    if workers is not None and dask not in (None, "local"):
        raise InputError("--workers", str(workers), f"does not go with --dask {dask}", "leave it out: the cluster has its own")
    plan = read_plan(design)
    for note in plan.notes:
        sys.stderr.write(one_line(note) + "\n")
    with show.sweep_progress(plan.runs, quiet) as report:
        done = run_sweep(plan, out, workers=workers or cores(), dask=dask, resume=resume, on_progress=report)
    if done.interrupted:
        raise typer.Abort(f"interrupted: {done.kept}")
    _print_all(show.sweep(done))


@app.command()
def calibrate(
    cases: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="cases to fit on, by id of the institution; all if not given")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="file for the coefficients")] = None,
    quiet: QuietOption = False,
) -> None:
    """Estimate the coefficients of the decision to join from historical accessions."""
    with extra("waico calibrate"):
        from waico.analysis.history.calibrate import calibrate as fit_cases
    from waico.analysis.history.cases import CASES
    from waico.runs.folders import check_free_file, write_file

    names = list(CASES) if cases is None else [name.strip() for name in cases.strip().removesuffix(",").split(",")]
    if out is not None:
        check_free_file(out, ".toml")
    with _progress(len(names), quiet, "cases") as advance:
        found = fit_cases(names, advance)
    if out is not None:
        write_file(out, found.to_toml(date.today()))
    _print_all(show.calibration(found))


@app.command()
def analyze(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="folder made by waico sweep --out")],
    out: ReportOption = None,
    outcome: Annotated[
        str, typer.Option(metavar="OUTCOME", help="what counts as consensus: in_force, or an outcome class such as binding_regime")
    ] = "in_force",
    frontier: Annotated[
        str | None,
        typer.Option(
            metavar="X_PATH,Y_PATH",
            help="find where OUTCOME comes in half of the runs in the plane of two factors, by up to 4,000 more runs",
        ),
    ] = None,
    workers: WorkersOption = 1,
    quiet: QuietOption = False,
) -> None:
    """Consensus report of a sweep: when consensus forms and fails, which factors matter, and where; one HTML file."""
    with extra("waico analyze"):
        from waico.analysis.frontier import frontier as find_frontier
        from waico.analysis.report import check_place, table_folder, write
        from waico.analysis.sweep_report import FRONTIER_RUNS, axes_of, sweep_report
    from waico.runs.sweep import open_sweep

    made, place = open_sweep(folder), out or folder / "report.html"
    check_place(place)
    found = None
    if frontier is not None:
        axes, plan = axes_of(made, frontier), made.plan
        with _progress(FRONTIER_RUNS, quiet, "runs, at most") as advance:
            found = find_frontier(
                plan.scenario, *axes, outcome=outcome, seed=plan.design.seed, workers=workers, on_progress=advance
            )
    report = sweep_report(made, outcome, found)
    write(report, place)
    _print_all(show.analysis(report, place, table_folder(place)))


@app.command()
def report(
    folder: RunArgument,
    out: ReportOption = None,
) -> None:
    """Report of a run: how it ends, the text, who joins, why votes failed; one HTML file."""
    with extra("waico report"):
        from waico.analysis.report import check_place, table_folder, write
        from waico.analysis.run_report import run_report
    from waico.runs.record import read_record, read_run

    made, place = read_run(folder), out or folder / "report.html"
    check_place(place)
    found = run_report(made, read_record(folder)["versions"])
    write(found, place)
    _print_all(show.analysis(found, place, table_folder(place)))


@app.command()
def replay(folder: RecordArgument, quiet: QuietOption = False) -> int:
    """Run again from the record of a run or a forecast and say whether the result is identical."""
    from waico.runs.record import is_forecast, read_record
    from waico.runs.record import replay as replay_run

    if is_forecast(folder):
        return _replay_forecast(folder, quiet)
    record = read_record(folder)
    with _progress(record["replicates"], quiet) as advance:
        same = replay_run(folder, record, advance)
    return _say_whether(same, record["versions"], f"all {len(same)} files came out byte for byte the same")


def _replay_forecast(folder: Path, quiet: bool) -> int:
    with extra("waico replay"):
        from waico.analysis.history.forecast import runs_of
        from waico.analysis.history.seal import read, verify
        from waico.analysis.history.seal import replay as replay_forecast

    if not verify(folder):
        sys.stdout.write("the seal is broken: the files are not those that were sealed\n")
        return 1
    sys.stdout.write("the seal holds\n")
    record = read(folder)
    total = runs_of(record.scenario, record.replicates, record.term_replicates)
    with _progress(total, quiet, "runs") as advance:
        same = replay_forecast(folder, record, on_progress=advance)
    return _say_whether(same, record.versions, "all probabilities, numbers and terms came out the same")


def _say_whether(same: dict[str, bool], then: dict[str, str | None], identical: str) -> int:
    """Say that all is identical, or which files came out otherwise, and by which versions that may be."""
    from waico.runs.record import versions

    if all(same.values()):
        sys.stdout.write(f"identical: {identical}\n")
        return 0
    now = versions()
    changed = [f"{name} {before} -> {now[name]}" for name, before in then.items() if now.get(name) != before]
    reason = f" (versions differ: {', '.join(changed)})" if changed else ""
    sys.stdout.write(f"different: {', '.join(name for name, equal in same.items() if not equal)}{reason}\n")
    return 1


@app.command()
def ui(
    scenario: Annotated[str, typer.Option(metavar="SCENARIO", help="what the page opens with: a bundled scenario, or a .toml file")] = "waic2025",
    port: Annotated[int, typer.Option(min=0, max=65535, help="port; 0 takes a free one")] = 8765,
    host: Annotated[str, typer.Option(help="address; others than 127.0.0.1 let other machines in")] = "127.0.0.1",
) -> None:
    """Open the live page: watch a negotiation, shake it, compare, explore sweeps, replay runs."""
    from waico.ui.server import application, listen, serve

    _checked(scenario, {}, "--scenario")
    with listen(host, port) as at:
        with extra("waico ui"):
            app = application(scenario)
        name, number = at.getsockname()[:2]
        sys.stdout.write(f"http://{f'[{name}]' if ':' in name else name}:{number} (Ctrl-C ends it)\n")
        sys.stdout.flush()
        serve(app, at)


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
def _progress(total: int, quiet: bool, what: str = "replicates") -> Iterator[Callable[[int], None]]:
    """A bar on stderr if that is a terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda finished: progress.advance(task, finished)


def _print_json(data: Any) -> None:
    _write(json_module.dumps(data, indent=1) + "\n")


class _Printer(Console):
    def render(self, *arguments: Any, **options: Any) -> Iterator[Segment]:
        for segment in super().render(*arguments, **options):   # titles and names are a user's, or of a file from elsewhere
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def _print_all(parts: Iterable[Any]) -> None:
    for part in parts:
        _print(part)


def _print(what: Any) -> None:
    width = None if sys.stdout.isatty() else 120
    console = _Printer(file=sys.stdout, width=width, markup=False, emoji=False)   # names are a user's, in any letters
    with console.capture() as printed:
        console.print(what, soft_wrap=isinstance(what, str))
    _write("".join(f"{line.rstrip()}\n" for line in printed.get().splitlines()))   # tables are padded with blanks


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise BrokenPipeError from None   # without a number, by which click would know it and end with an error
