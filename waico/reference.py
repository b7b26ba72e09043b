"""Make the reference of parameters: `python -m waico.reference` in a checkout rewrites the pages that hold it."""

from __future__ import annotations

import sys
from inspect import cleandoc
from pathlib import Path

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


def pages(root: Path) -> dict[Path, str]:
    """The pages that hold the reference, as they should be."""
    odd = root / "docs" / "odd.md"
    before = odd.read_text(encoding="utf-8").partition(MARKER)[0]
    return {
        root / "docs" / "reference" / "scenario.md": f"{HEAD}{parameter_table()}\n{rule_table()}",
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
