"""The notebooks: run from start to end they say what they are kept saying, hide no logic, and type in no number."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("altair")

pytestmark = pytest.mark.extra

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "first_run", "when_consensus_forms", "when_it_fails", "who_decides", "history", "sensitivity", "protocols",
]  # fmt: skip
LINES = 14   # of a cell of code at most
LOGIC = (ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.If, ast.IfExp, ast.Try, ast.With)
NUMBER = re.compile(r"\d|\b(three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b", re.IGNORECASE)
YEAR = re.compile(r"\b(19|20)\d\d\b")
CODE = re.compile(r"`[^`]*`|\]\([^)]*\)")   # names of things, and addresses


@pytest.fixture(name="gallery")
def _gallery(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "docs")
    return importlib.import_module("make_gallery")


def test_these_are_all(gallery: Any) -> None:
    assert list(gallery.ORDER) == NAMES
    assert sorted(path.stem for path in gallery.NOTEBOOKS.glob("*.ipynb")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_reads_well_without_running(name: str, gallery: Any) -> None:
    """Run from start to end before it was kept, with pictures and without a complaint, and opened by its question."""
    notebook = gallery.read(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    assert len(gallery.figures(name, notebook)) >= 3
    heading, _, question = notebook.cells[0].source.partition("\n\n")
    assert heading.startswith("# ")
    assert question.strip()
    assert notebook.cells[-1].cell_type == "markdown"


@pytest.mark.parametrize("name", NAMES)
def test_cells_only_call(name: str, gallery: Any) -> None:
    for cell in gallery.read(name).cells:
        if cell.cell_type == "code":
            assert cell.source.count("\n") < LINES, cell.source
            logic = [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, LOGIC)]
            assert not logic, f"{logic} in:\n{cell.source}"


@pytest.mark.parametrize("name", NAMES)
def test_no_number_is_typed_in(name: str, gallery: Any) -> None:
    for cell in gallery.read(name).cells:
        if cell.cell_type == "markdown":
            prose = YEAR.sub("", CODE.sub("", cell.source))
            assert not NUMBER.search(prose), cell.source


def test_the_gallery_shows_what_the_notebooks_show(gallery: Any) -> None:
    """After a notebook was changed: python docs/make_gallery.py."""
    notebooks = {name: gallery.read(name) for name in NAMES}
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page(notebooks)
    shown = {figure.name: figure.png for name, notebook in notebooks.items() for figure in gallery.figures(name, notebook)}
    assert {path.name: path.read_bytes() for path in gallery.FIGURES.iterdir()} == shown


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_run_again_it_says_the_same(name: str, gallery: Any) -> None:
    assert gallery.texts(gallery.executed(name)) == gallery.texts(gallery.read(name))
