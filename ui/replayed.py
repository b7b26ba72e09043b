"""A saved run that is stepped through; nothing is simulated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from waico.runs.folders import TABLES
from waico.runs.record import read_run
from waico.runs.run import RunResult
from waico.ui.live_run import opening_spread
from waico.ui.viewer import Viewer
from waico.ui.watched import Watched


class Replayed(Viewer):
    """A look at a folder made by `waico run --out` or saved from the live view.

    Attributes:
        folder: as it was asked for. result: the whole run, all replicates.
        outcomes: outcome class by replicate, in words.
    """

    def __init__(self, folder: Path, name: str) -> None:
        """Read a folder and look at its first replicate before the first round.

        Raises:
            InputError: the folder holds no run, or a file is missing, or is not as it was saved.
        """
        self.folder, self.result = name, read_run(folder)
        super().__init__(self.result.scenario.institution_ids[0])
        self.outcomes = {
            int(replicate): str(outcome).replace("_", " ")
            for replicate, outcome in self.result.outcomes[["replicate", "outcome"]].itertuples(index=False)
        }
        self.take(min(self.outcomes))

    @property
    def watched(self) -> Watched:
        """The tables of the replicate."""
        return self._watched

    @property
    def shown(self) -> int:
        """The round that is looked at."""
        return self._shown

    @property
    def ended(self) -> bool:
        """Whether that round is the last."""
        return self._shown == self.last

    @property
    def replicate(self) -> int:
        """The replicate that is looked at."""
        return self._replicate

    @property
    def last(self) -> int:
        """The last round of the replicate."""
        return len(self._watched.days) - 1

    def take(self, replicate: int) -> None:
        """Look at a replicate, before its first round; the same one stays if there is no such."""
        if replicate not in self.outcomes:
            return
        self._replicate, self._shown = replicate, 0
        one = of_replicate(self.result, replicate)
        self._watched = Watched.of(one, opening_spread(one.scenario, one.seed, replicate))

    def step(self) -> None:
        """Look at the next round."""
        self.show(self._shown + 1)

    def show(self, number: int) -> None:
        """Look at a round; the nearest if there is no such."""
        self._shown = min(max(int(number), 0), self.last)


def of_replicate(result: RunResult, replicate: int) -> RunResult:
    """The run with the tables of one replicate alone."""
    tables: dict[str, Any] = {name: getattr(result, name) for name in TABLES}
    alone = {name: table[table["replicate"] == replicate].reset_index(drop=True) for name, table in tables.items()}
    return replace(result, **alone, replicates=1)
