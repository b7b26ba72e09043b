"""What a visitor looks at in a run, live or saved: one of its institutions, perhaps one of its states, and some of its events."""

from __future__ import annotations

import io
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import pandas as pd

from waico.analysis.explain import Explanation, explain
from waico.runs.folders import TABLES
from waico.ui.sentences import GROUPS, sentences
from waico.ui.watched import Watched

SHOWN_AT_FIRST = tuple(group for group in GROUPS if group != "pressure and offers")


class Viewer(ABC):
    """A look at one replicate of a run.

    Attributes:
        institution: the one that the panels show. state: the state whose decision is open, or empty.
        groups: of events in the feed.
    """

    def __init__(self, institution: str) -> None:
        """Look at an institution, with no state open."""
        self.institution, self.state = institution, ""
        self.groups: tuple[str, ...] = SHOWN_AT_FIRST

    @property
    @abstractmethod
    def watched(self) -> Watched:
        """The tables of the run, for panels."""

    @property
    @abstractmethod
    def shown(self) -> int:
        """The round that is looked at; 0 before the first."""

    @abstractmethod
    def show(self, number: int) -> None:
        """Look at a round that has been run; the nearest if it has not."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether that round is the last one of the run."""

    @property
    @abstractmethod
    def replicate(self) -> int:
        """Number of the replicate within its run."""

    def choose(self, institution: str) -> None:
        """Let the panels show another institution."""
        if institution in self.watched.setting.bodies:
            self.institution = institution

    def open_state(self, code: str) -> None:
        """Open the decision of a state, or none if the code is empty or unknown."""
        self.state = code if code in self.watched.setting.codes else ""

    def show_groups(self, groups: list[str]) -> None:
        """Filter the feed."""
        self.groups = tuple(group for group in GROUPS if group in groups)

    def feed(self) -> list[dict[str, Any]]:
        """Events so far, the last first."""
        return sentences(self.watched, self.shown, self.groups)

    def headline(self) -> str:
        """How things stand, in a sentence."""
        return self.watched.headline(self.shown, self.institution, self.ended)

    def explanation(self) -> Explanation | None:
        """The decision of the open state in the round looked at; None if no state is open or no round has been run."""
        if not self.state or self.shown == 0:
            return None
        result = self.watched.result
        return explain(
            result.scenario, self.state, institution=self.institution, round_number=self.shown, seed=result.seed, replicate=self.replicate,
            until=result.until,
        )  # fmt: skip

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of the run by name."""
        return {name: getattr(self.watched.result, name) for name in TABLES}


def csv(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as CSV files in a ZIP archive."""
    return zipped({f"{name}.csv": table.to_csv(index=False, lineterminator="\n").encode() for name, table in tables.items()})


def parquet(tables: Mapping[str, pd.DataFrame]) -> bytes:
    """Tables as Parquet files in a ZIP archive."""
    return zipped({f"{name}.parquet": table.to_parquet(index=False) for name, table in tables.items()})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Files in a ZIP archive."""
    place = io.BytesIO()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return place.getvalue()
