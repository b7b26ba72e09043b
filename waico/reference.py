"""Make the reference of parameters: `python -m waico.reference` in a checkout rewrites the pages that hold it."""

from __future__ import annotations

import sys
from inspect import Parameter, cleandoc, signature
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.models import OptionInfo

from waico.cli import app
from waico.negotiation import adoption_rules, gates, protocols
from waico.scenarios.reference import parameter_table, parameters, table

MARKER = "<!-- parameters -->\n"
HEAD = """# Scenario reference

Made from the code by `python -m waico.reference`; a test says when it is out of date.

Paths are those of `--set`, shocks and files. `*` stands for an id, `ISO3` for the code of a state: `institutions.*.gate.kind` is
`institutions.waico.gate.kind` in the bundled scenario. A default of none means absent or empty. `N(m, s)` is a normal prior with mean m
and standard deviation s, drawn per replicate and institution. The source of a default is a judgement until it is estimated:
change it, and see what it moves.

How scenario files are written, with `extends`, shocks and own tables: [write a scenario](../how-to/write_a_scenario.md).

"""
COMMANDS = """# Commands

Made from the code by `python -m waico.reference`; a test says when it is out of date. `waico COMMAND --help` says the same.

Results go to standard output, notes and complaints to standard error, a complaint in one line. Exit codes:

| code | meaning |
|---|---|
| 0 | done; a replay came out identical |
| 1 | stopped for a reason outside the inputs, such as a full disk; what was kept is said; or a replay came out different |
| 2 | an input is wrong: file, field, what is wrong, what would be right; nothing was written |
| 130 | interrupted; what was kept is said |
"""
RULES = (
    ("protocol", "bargaining", protocols),
    ("adoption rule", "institutions.*.adoption", adoption_rules),
    ("gate", "institutions.*.gate", gates),
)   # fmt: skip


def rule_table(level: int = 2) -> str:
    """The rules that a scenario chooses by name, with the parameters of each."""
    parts = []
    for kind, path, registry in RULES:
        for name, rule in registry:
            if not rule.__module__.startswith("waico."):
                continue
            rows = list(parameters(rule, f"{path}."))
            heading = f"{'#' * level} {kind.capitalize()} `{name}`\n\n{cleandoc(rule.__doc__ or '').split(chr(10) * 2)[0]}\n"
            parts.append(heading + (f"\n{table(rows)}" if rows else ""))
    return "\n".join(parts)


def command_table() -> str:
    """Every command with its arguments and options, from the signatures that the command line is made of."""
    parts = []
    for command in app.registered_commands:
        function = command.callback
        assert function is not None
        rows = ["| argument or option | default | meaning |", "|---|---|---|"]
        hints = get_type_hints(function, include_extras=True)
        rows += [_option(parameter, hints[name]) for name, parameter in signature(function).parameters.items()]
        parts.append(f"## waico {function.__name__}\n\n{cleandoc(function.__doc__ or '')}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _option(parameter: Parameter, hint: Any) -> str:
    """A row for an argument or an option of a command."""
    kind, info = get_args(hint)[:2]
    named = isinstance(info, OptionInfo)
    given = [info.default] if isinstance(info.default, str) else []   # where typer keeps the name in an Annotated option
    name = (given or [f"--{parameter.name.replace('_', '-')}"])[0] if named else ""
    value = info.metavar or {int: "N", str: "TEXT", bool: ""}.get(kind, "N")
    default = "required" if parameter.default is Parameter.empty else "none" if parameter.default in (None, []) or parameter.default is False else f"`{parameter.default}`"
    return f"| `{' '.join(part for part in (name, value) if part)}` | {default} | {info.help} |"


def pages(root: Path) -> dict[Path, str]:
    """The pages that hold the reference, as they should be."""
    odd = root / "docs" / "odd.md"
    before = odd.read_text(encoding="utf-8").partition(MARKER)[0]
    return {
        root / "docs" / "reference" / "scenario.md": f"{HEAD}{parameter_table()}\n{rule_table()}",
        root / "docs" / "reference" / "commands.md": f"{COMMANDS}\n{command_table()}",
        odd: f"{before}{MARKER}\n{parameter_table(4)}\n{rule_table(4)}",
    }


def main() -> None:
    """Rewrite the pages below the current folder."""
    root = Path.cwd()
    if not (root / "docs" / "odd.md").is_file():
        sys.exit("python -m waico.reference: there is no docs/odd.md here; run it in a checkout")
    for path, text in pages(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
