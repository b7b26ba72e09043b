"""The documentation does what it says: its blocks are run, its outputs compared, its links followed.

A page is a script: its blocks run in order, in an empty folder. Fences tell what they are:

- `python` is executed, all blocks of a page in one namespace;
- `sh` holds `waico` commands, one a line, each of which must end with exit code 0;
- `text` right after either is what it printed; seconds may differ;
- a comment line before a fence says what else to know: `<!-- file: NAME -->` writes the block to a file,
  `<!-- not run here: WHY -->` skips it, `<!-- needs MODULE -->` skips it where that module is not installed.

After a change that moves results, `python tests/end_to_end/test_docs.py` writes the new outputs into the pages.
"""

import contextlib
import importlib.util
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/tutorial.md", *sorted(f"docs/how-to/{path.name}" for path in (ROOT / "docs/how-to").glob("*.md"))]
QUICK = {"README.md", "docs/how-to/read_the_files.md", "docs/how-to/add_a_protocol.md"}   # the others take half a minute each
FENCE = re.compile(r"(?:^<!-- (?P<note>[^\n]*) -->\n)?^```(?P<kind>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SECONDS = re.compile(r"\b\d+\.\d s\b")
WAICO = Path(sys.executable).with_name("waico")


@dataclass(frozen=True)
class Block:
    """A fenced block, where its code stands in the page, and the output that the page shows for it."""

    kind: str
    code: str
    note: str
    span: tuple[int, int]
    shown: "Block | None" = None

    @property
    def skipped(self) -> bool:
        if self.note.startswith("needs "):
            return importlib.util.find_spec(self.note.removeprefix("needs ")) is None
        return self.note.startswith("not run here: ")


def blocks(text: str) -> list[Block]:
    """The blocks of a page that are run or written, with their outputs."""
    matches = list(FENCE.finditer(text))
    plain = [Block(match["kind"], match["code"], match["note"] or "", match.span("code")) for match in matches]
    found = []
    for number, block in enumerate(plain):
        after = plain[number + 1] if number + 1 < len(plain) else None
        adjoins = after is not None and after.kind == "text" and not text[matches[number].end() : matches[number + 1].start()].strip()
        if block.kind in ("python", "sh") or block.note.startswith("file: "):
            found.append(Block(block.kind, block.code, block.note, block.span, after if adjoins else None))
    return found


def run_page(page: Path) -> list[str]:
    """Run the blocks of a page in the current folder; what each printed, nothing for those skipped or written."""
    names: dict[str, object] = {"__name__": "__page__"}
    sys.path.insert(0, str(Path.cwd()))
    return [run_block(block, names) for block in blocks(page.read_text(encoding="utf-8"))]


def run_block(block: Block, names: dict[str, object]) -> str:
    if block.skipped:
        return ""
    if block.note.startswith("file: "):
        Path(block.note.removeprefix("file: ")).write_text(block.code, encoding="utf-8")
        return ""
    if block.kind == "sh":
        return "".join(run_line(line) for line in block.code.splitlines())
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block.code, block.code.splitlines()[0], "exec"), names)   # noqa: S102 (our own pages)
    return printed.getvalue()


def run_line(line: str) -> str:
    command, *arguments = shlex.split(line)
    assert command == "waico", f"'{line}' is not a waico command; mark the block with `not run here`"
    done = subprocess.run([WAICO, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def printed_by(page: str, folder: Path) -> list[str]:
    """Run a page in a process of its own, so that rules it registers stay there."""
    done = subprocess.run(
        [sys.executable, __file__, "--run", str(ROOT / page)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    printed: list[str] = json.loads(done.stdout)
    return printed


def plain(text: str) -> str:
    """Without what may differ: seconds, and blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in SECONDS.sub("0.0 s", text).strip("\n").splitlines())


@pytest.mark.extra
@pytest.mark.parametrize("page", [page if page in QUICK else pytest.param(page, marks=pytest.mark.slow) for page in PAGES])
def test_blocks_run_and_print_what_the_page_shows(page: str, tmp_path: Path) -> None:
    if not WAICO.exists():
        pytest.fail("the waico command is not installed beside this Python; run pip install .")
    pairs = zip(blocks((ROOT / page).read_text(encoding="utf-8")), printed_by(page, tmp_path), strict=True)
    for block, printed in pairs:
        if block.shown is not None and not block.skipped:
            assert plain(printed) == plain(block.shown.code), "run python tests/end_to_end/test_docs.py"


@pytest.mark.parametrize("page", [str(path.relative_to(ROOT)) for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]])
def test_links_lead_somewhere(page: str) -> None:
    for target in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        there = (ROOT / page).parent / path if path else ROOT / page
        assert there.exists(), f"{page} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page} links to {target}"


def anchors(page: Path) -> set[str]:
    """What a link may point to within a page: its headings, as they are rendered on the web."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_column_is_described() -> None:
    import waico

    page = (ROOT / "docs/how-to/read_the_files.md").read_text(encoding="utf-8")
    result = waico.run(waico.load_scenario("waic2025"), replicates=1)
    for table in ("outcomes", "rounds", "texts", "nations", "firms", "events", "members"):
        section = page.partition(f"## {table}.")[2].partition("\n## ")[0]
        missing = [name for name in getattr(result, table).columns if f"`{name}`" not in section]
        assert not missing, f"{table}: {missing}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 80


def refresh() -> None:
    """Run all pages and write what they printed into them."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            printed = printed_by(page, Path(folder))
        for block, output in reversed(list(zip(blocks(text), printed, strict=True))):
            if block.shown is not None and not block.skipped and plain(output) != plain(block.shown.code):
                start, end = block.shown.span
                lines = [line.rstrip() for line in output.strip("\n").splitlines()]
                text = "\n".join([text[:start] + lines[0], *lines[1:], text[end:]])
        (ROOT / page).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        os.environ["COLUMNS"] = "120"
        sys.stdout.write(json.dumps(run_page(Path(sys.argv[2]))))
    else:
        refresh()
