"""The one error a user meets when an input is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches


class InputError(ValueError):
    """An input is wrong: which file, which field, what is wrong, what would be right.

    The command line prints it as one line and leaves with exit code 2.
    """

    def __init__(self, file: str, field: str, what: str, instead: str) -> None:
        self.file, self.field, self.what, self.instead = file, field, what, instead
        super().__init__(file, field, what, instead)

    def __str__(self) -> str:
        parts = [part for part in (self.file, self.field, self.what) if part]
        return one_line(f"{': '.join(parts)}; {self.instead}")


class NeedsExtra(InputError):
    """What was asked for needs a package that the plain install does not bring."""

    def __init__(self, asked: str, package: str, extra: str) -> None:
        super().__init__(asked, "", f"needs {package}", f"pip install '.[{extra}]' in a checkout of waico")

    def __str__(self) -> str:
        return f"{self.file}: {self.what} ({self.instead})"


EXTRAS = {   # the package and the extra that bring what is imported
    "SALib": ("SALib", "analysis"), "adaptive": ("adaptive", "analysis"), "altair": ("altair", "analysis"),
    "distributed": ("Dask", "cluster"), "ema_workbench": ("ema_workbench", "analysis"), "jinja2": ("altair", "analysis"),
    "lifelines": ("lifelines", "analysis"), "scoringrules": ("scoringrules", "analysis"), "sklearn": ("scikit-learn", "analysis"),
    "solara": ("Solara", "ui"), "threadpoolctl": ("scikit-learn", "analysis"), "vl_convert": ("vl-convert-python", "analysis"),
}  # fmt: skip


@contextmanager
def extra(asked: str) -> Iterator[None]:
    """Import packages of an extra within; `asked` says what for.

    Raises:
        NeedsExtra: one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        needed = EXTRAS.get((error.name or "").partition(".")[0])
        if needed is None:
            raise
        raise NeedsExtra(asked, *needed) from None


class Stopped(RuntimeError):
    """Work could not go on for a reason outside the inputs; the message says what is kept. Exit code 1."""


def one_line(text: str) -> str:
    """A text for a terminal: no line breaks, and no control characters that a file might smuggle in."""
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    """A text in which `?` stands for control characters, which could steer a terminal; line breaks stay."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)


def wrong(what: str, instead: str, place: str = "") -> InputError:
    """The complaint of a part of a scenario that does not know its file; whoever reads the file adds the rest."""
    return InputError("", place, what, instead)


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice on a name that does not exist: the known one that comes closest, else all of them."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"did you mean '{close[0]}'?" if close else f"one of {', '.join(names)}"
