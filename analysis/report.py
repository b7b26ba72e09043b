"""A report: sections with a finding, figures and tables, as one HTML file that needs no network, and its tables as CSV.

What the sections say is made elsewhere (`waico.analysis.sweep_report`); this module writes them down. Needs the extra
`analysis`.
"""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup, escape

from waico.analysis.factors import is_numeric
from waico.analysis.plots import VL_VERSION, Chart, title_in_words
from waico.analysis.wording import cell
from waico.runs.folders import LOCK, PART, clear_parts, lock, unwritable, write_whole
from waico.scenarios.errors import InputError, NeedsExtra

TEMPLATE = "report.html.j2"
MARK = re.compile(r'<meta name="generator" content="waico [^"]*">\n<meta name="waico-tables" content="([^"]*)">')
HEAD = 2000   # letters of a file in which the mark is looked for
BEGUN = ".begun"   # in the folder of tables while a report is written: which ones
NAME = re.compile(r"[a-z0-9_]+")
BREAKS = re.compile(r"(?<=\w)([._])(?=[A-Za-z])")   # where a path may be broken


@dataclass(frozen=True)
class Figure:
    """A chart under a name that is its own in the report: small letters, digits and underscores."""

    name: str
    chart: Chart


@dataclass(frozen=True)
class Table:
    """A table, whole in its CSV; the page shows its first rows.

    Attributes:
        name: of its CSV without the ending: small letters, digits and underscores.
        caption: what a row is, with units.
        rows: the numbers as computed.
        shown: rows in the page; with none the page has only a link to it.
    """

    name: str
    caption: str
    rows: pd.DataFrame
    shown: int = 12

    @property
    def file(self) -> str:
        """Name of its CSV."""
        return f"{self.name}.csv"

    @property
    def numeric(self) -> list[bool]:
        """Whether each column holds numbers."""
        return [is_numeric(column) for _, column in self.rows.items()]

    @property
    def cells(self) -> list[list[str]]:
        """The first rows, as they are read."""
        return [[cell(value) for value in row] for row in self.rows.head(self.shown).itertuples(index=False)]


@dataclass(frozen=True)
class Section:
    """One question and its answer.

    Attributes:
        title: the question.
        finding: the answer in one plain sentence, with numbers from the tables; where there is none, why.
        reading: how to read figure and table, in one line.
        figures, tables: what the finding stands on; a section may lack both.
    """

    title: str
    finding: str
    reading: str = ""
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def section_of(title: str, make: Callable[[str], Section]) -> Section:
    """A section, or one that says why there is none.

    Raises:
        NeedsExtra: a package is missing.
    """
    try:
        return make(title)
    except NeedsExtra:
        raise
    except InputError as error:
        return Section(title, f"Nothing can be said here: {error.what} ({error.instead}).")


@dataclass(frozen=True)
class Report:
    """What is written down.

    Attributes:
        title, subtitle: over all.
        warnings: what a reader must know before the first number, such as that runs are missing.
        sections: in order.
        origin: what the numbers were made from, by name: versions, hashes, seeds.
    """

    title: str
    subtitle: str
    warnings: Sequence[str]
    sections: Sequence[Section]
    origin: dict[str, str]

    @property
    def tables(self) -> list[Table]:
        """All tables, in order."""
        return [table for section in self.sections for table in section.tables]

    @property
    def figures(self) -> list[Figure]:
        """All figures, in order."""
        return [figure for section in self.sections for figure in section.figures]

    def table(self, name: str) -> pd.DataFrame:
        """The rows of a table.

        Raises:
            KeyError: there is none of that name.
        """
        return {table.name: table.rows for table in self.tables}[name]


def check_place(out: Path) -> None:
    """Refuse a place for a report before any time is spent. Only a report that waico made before is replaced, with its tables.

    Raises:
        InputError: the name does not end in .html; another file is there; the folder of tables holds something else.
    """
    if out.suffix != ".html":
        raise InputError("--out", str(out), "does not end in .html", "give the name of a .html file")
    if not out.absolute().parent.is_dir():
        raise InputError("--out", str(out), "lies in a folder that does not exist", "make the folder first")
    if not os.access(out.absolute().parent, os.W_OK | os.X_OK):
        raise unwritable(out, "no permission")
    made = _tables_before(out)
    folder = table_folder(out)
    for path in (out, folder):
        if path.is_symlink():
            raise InputError("--out", str(path), "is a link to another place", "remove the link, or give a new name")
    if folder.exists() and not folder.is_dir():
        raise InputError("--out", str(folder), "is a file where the folder of tables would be", "give a new name")
    ours = {*made, *_begun(folder), LOCK, BEGUN}
    others = [path.name for path in sorted(folder.glob("*")) if path.name not in ours and not PART.fullmatch(path.name)]
    if others:
        raise InputError(
            "--out", str(folder), f"holds '{others[0]}', which no report made", "give a new name, or move it"
        )


def table_folder(out: Path) -> Path:
    """The folder beside a report that has its tables: NAME_tables for NAME.html."""
    return out.with_name(f"{out.stem}_tables")


def write(report: Report, out: Path) -> None:
    """Write the tables, then the page. A report that was there is replaced, and tables that it alone had are removed.

    Raises:
        InputError: see `check_place`; or the place cannot be written.
    """
    check_place(out)
    folder, before = table_folder(out), _tables_before(out)
    page = render(report, folder.name)
    with lock(folder):
        try:
            clear_parts(folder)
            names = " ".join(table.file for table in report.tables)
            write_whole(folder / BEGUN, partial(_write_text, text=names))   # were we killed, these would not be taken for a user's
            for table in report.tables:
                text = table.rows.to_csv(index=False, lineterminator="\n")
                write_whole(folder / table.file, partial(_write_text, text=text))
            write_whole(out, partial(_write_text, text=page))
            for name in {*before, BEGUN} - {table.file for table in report.tables}:
                (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(out, error.strerror or str(error)) from None


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def render(report: Report, folder: str) -> str:
    """The page, with links to the tables in a folder beside it. The same report gives the same text."""
    return _template().render(
        report=report,
        folder=folder,
        generator=f"waico {version('waico')}",
        script=Markup(_script()),
    )


@cache
def _template() -> jinja2.Template:
    text = files("waico.analysis").joinpath(TEMPLATE).read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"breakable": _breakable, "spec": _spec, "picture": _picture, "words_in": _words_in}
    return environment.from_string(text)


@cache
def _script() -> str:
    """vega-embed with all that it needs, which vl_convert carries."""
    return vl_convert.javascript_bundle(None, vl_version=VL_VERSION)  # type: ignore[arg-type]   # its stub lacks the default


def _spec(chart: Chart) -> Markup:
    """A chart as JSON that may stand in a script element."""
    return jinja2.utils.htmlsafe_json_dumps(chart.to_dict(), sort_keys=False)


def _picture(chart: Chart) -> str:
    """The same as an address that is the picture itself, for readers without JavaScript."""
    svg = vl_convert.vegalite_to_svg(json.dumps(chart.to_dict()), vl_version=VL_VERSION)
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _words_in(chart: Chart) -> str:
    """The title of a chart as one line, which says in words what it shows."""
    return title_in_words(chart.to_dict())


def _breakable(text: str) -> Markup:
    """A text in which a path may be broken after its dots and underscores."""
    return Markup(BREAKS.sub(r"\1<wbr>", str(escape(text))))


def _begun(folder: Path) -> set[str]:
    """Names of the CSVs that a report was writing when it was killed."""
    try:
        return set((folder / BEGUN).read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return set()


def _tables_before(out: Path) -> set[str]:
    """Names of the CSVs of the report that is there.

    Raises:
        InputError: what is there is none that waico made.
    """
    if not out.exists():
        return set()
    try:
        with out.open(encoding="utf-8", errors="replace") as file:
            found = MARK.search(file.read(HEAD))
    except OSError as error:
        raise unwritable(out, error.strerror or str(error)) from None
    if found is None:
        raise InputError("--out", str(out), "exists already and is no report that waico made", "give a new name")
    return {f"{name}.csv" for name in found[1].split() if NAME.fullmatch(name)}
