"""Run the notebooks in place, keep what they print and draw, and gather their figures in docs/gallery.md.

    python docs/make_gallery.py            all of them
    python docs/make_gallery.py first_run  one or some, by name

Needs the extra `analysis`. Run it again after every change that moves results or figures.
"""

from __future__ import annotations

import base64
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "analysis" / "notebooks"
PAGE = ROOT / "docs" / "gallery.md"
FIGURES = ROOT / "docs" / "figures" / "gallery"
ORDER = ("first_run", "when_consensus_forms", "when_it_fails", "who_decides", "history", "sensitivity", "protocols")
MINUTES = 20   # that a cell may take at most
HEAD = """\
# Figures of the notebooks

Made by `python docs/make_gallery.py` from [the notebooks](../analysis/notebooks), one per question. Every title is computed from what is drawn.
"""


class Figure(NamedTuple):
    """A picture of a notebook: its file's name, its title, and what the file holds."""

    name: str
    title: str
    png: bytes


def path_of(name: str) -> Path:
    """The file of a notebook."""
    return NOTEBOOKS / f"{name}.ipynb"


def read(name: str) -> NotebookNode:
    """A notebook as it is kept."""
    return nbformat.read(path_of(name), as_version=4)


def executed(name: str) -> NotebookNode:
    """A notebook run from start to end in a fresh kernel and an empty folder, without what differs from one time to the next."""
    notebook = read(name)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(notebook, timeout=60 * MINUTES, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{name}-{number}"
        cell.metadata = NotebookNode()
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"}, language_info={"name": "python"}
    )
    return notebook


def texts(notebook: NotebookNode) -> list[str]:
    """All that a notebook says in words and tables, in order: its claims."""
    return [text for output in _outputs(notebook) for text in _texts_of(output)]


def figures(name: str, notebook: NotebookNode) -> list[Figure]:
    """Its pictures, in order."""
    shown = [output.data for output in _outputs(notebook) if "image/png" in output.get("data", {})]
    return [
        Figure(f"{name}_{number}.png", data["text/plain"], base64.b64decode(data["image/png"])) for number, data in enumerate(shown, 1)
    ]


def page(notebooks: dict[str, NotebookNode]) -> str:
    """The gallery as Markdown."""
    return "\n".join([HEAD, *(_section(name, notebook) for name, notebook in notebooks.items())])


def gather() -> None:
    """Write the gallery and its figures anew from the notebooks as they are kept."""
    notebooks = {name: read(name) for name in ORDER}
    FIGURES.mkdir(parents=True, exist_ok=True)
    for old in FIGURES.glob("*.png"):
        old.unlink()
    for name, notebook in notebooks.items():
        for figure in figures(name, notebook):
            (FIGURES / figure.name).write_bytes(figure.png)
    PAGE.write_text(page(notebooks), encoding="utf-8")


def main(names: list[str]) -> None:
    """Run, keep and gather."""
    for name in names or ORDER:
        started = time.monotonic()
        nbformat.write(executed(name), path_of(name))
        sys.stderr.write(f"{name}: {time.monotonic() - started:.0f} s\n")
    gather()


def _outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    return (output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs)


def _texts_of(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield output.text
    for kind in ("text/markdown", "text/plain"):
        if kind in output.get("data", {}):
            yield output.data[kind]
            return


def _section(name: str, notebook: NotebookNode) -> str:
    """Heading and question of a notebook, then its figures under their titles."""
    heading, _, question = notebook.cells[0].source.partition("\n\n")
    title = heading.removeprefix("# ")
    parts = [f"## [{title}](../analysis/notebooks/{name}.ipynb)", question.strip()]
    parts += [f"![{_escaped(figure.title)}](figures/gallery/{figure.name})" for figure in figures(name, notebook)]
    return "\n\n".join(parts) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]])", r"\\\1", text)


if __name__ == "__main__":
    main(sys.argv[1:])
