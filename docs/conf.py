"""The documentation as a site: `python -m sphinx -W --keep-going -n -b html docs SITE`. The pages read as well where they lie."""

import re
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import waico.model  # noqa: F401 (docstrings are read from what is installed)

DOCS = Path(__file__).parent
OUTSIDE = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]*)(?:#[^)\s]*)?\)")

project = "waico"
author = "The waico authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
nitpick_ignore_regex = [("py:.*", r".*")]   # annotations name NumPy, pandas and Mesa, whose pages need a network; other links are checked
html_theme = "furo"
html_title = "waico"
html_static_path: list[str] = []
html_show_sphinx = False


def lead_outside(app: Sphinx, page: str, source: list[str]) -> None:
    """Links that leave docs/ work in a checkout; in the site a file comes with it, and a folder is named."""

    def replaced(link: re.Match[str]) -> str:
        text, target = link.groups()
        there = ((DOCS / page).parent / target).resolve()
        if there.is_relative_to(DOCS):
            return link[0]
        plain = text.replace("`", "")
        in_heading = link.string[link.string.rfind("\n", 0, link.start()) + 1] == "#"   # a table of contents cannot hold files
        return f"{{download}}`{plain} <{target}>`" if there.is_file() and not in_heading else text

    source[0] = OUTSIDE.sub(replaced, source[0])


def setup(app: Sphinx) -> None:
    """What Sphinx calls."""
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", lead_outside)
