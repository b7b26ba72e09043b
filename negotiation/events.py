"""What happened, as columns: a round, a kind, an actor, an institution, a detail and an amount per event."""

from __future__ import annotations

from array import array
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from waico.agents import Setting
from waico.negotiation.terms import TERMS

Numbers = NDArray[np.intp]
Floats = NDArray[np.float64]
Column: TypeAlias = "array[Any]"
NOBODY = 0


class Kind(IntEnum):
    """Kinds of events."""

    SHOCK = 0
    PROPOSED = 1
    INVITED = 2
    LOBBIED = 3
    CONCEDED = 4
    AMENDED = 5
    OFFERED = 6
    PRESSURED = 7
    OBJECTED = 8
    WALKED_OUT = 9
    ADOPTED = 10
    LAPSED = 11
    ENDORSED = 12
    SIGNED = 13
    RATIFIED = 14
    WITHDREW = 15
    PARTNERED = 16
    IN_FORCE = 17


KIND_NAMES = tuple(kind.name.lower() for kind in Kind)


class Names:
    """One list of all names that events refer to by number: nobody, states, firms, issues, terms, bodies, shocks."""

    def __init__(self, setting: Setting) -> None:
        """Number the names of a scenario."""
        shocks = tuple(dict.fromkeys(shock.path for shock in setting.scenario.shocks))
        groups = [("",), setting.codes, setting.firms, setting.issues, TERMS, setting.bodies, shocks]
        starts = np.concatenate([[0], np.cumsum([len(group) for group in groups])])
        _, self.nations, self.firms, self.issues, self.terms, self.bodies, self.shocks, _ = (int(s) for s in starts)
        self.all: list[str] = [name for group in groups for name in group]

    def number(self, name: str) -> int:
        """The number of a name, added at the end if it is new."""
        if name not in self.all[self.shocks :]:
            self.all.append(name)
        return self.all.index(name, self.shocks)


def _extend(column: Column, values: float | Numbers | Floats, size: int) -> None:
    """Append an array, or one value `size` times."""
    if isinstance(values, np.ndarray):
        column.frombytes(values.astype(column.typecode, copy=False).tobytes())
    else:
        column.extend([values] * size)


class Events:
    """The events of one run. Actors and details are numbers in `names.all`; institutions are 0 .. J-1 or -1."""

    def __init__(self, names: Names) -> None:
        """Start empty."""
        self.names = names
        self._heads: list[tuple[int, int, int, int]] = []
        self._actors: Column = array("q")
        self._details: Column = array("q")
        self._amounts: Column = array("d")

    def add(
        self,
        round_number: int,
        kind: Kind,
        institution: int,
        actors: int | Numbers,
        details: int | Numbers = NOBODY,
        amounts: float | Floats = 0.0,
    ) -> None:
        """Log events of one kind: one actor with its detail and amount, or many; one detail or amount may serve all."""
        if isinstance(actors, np.ndarray):
            size = len(actors)
            _extend(self._actors, actors, size)
            _extend(self._details, details, size)
            _extend(self._amounts, amounts, size)
        else:
            size = 1
            self._actors.append(actors)
            self._details.append(int(details))
            self._amounts.append(float(amounts))
        self._heads.append((round_number, kind, institution, size))

    def columns(self) -> dict[str, NDArray[Any]]:
        """All events in order of time, one array per column: round, kind, institution, actor, detail, amount."""
        heads = np.array(self._heads, dtype=np.int32).reshape(-1, 4)
        rounds, kinds, institutions = heads[:, :3].repeat(heads[:, 3], axis=0).T
        return {
            "round": rounds,
            "kind": kinds,
            "institution": institutions,
            "actor": np.array(self._actors, dtype=np.int32),
            "detail": np.array(self._details, dtype=np.int32),
            "amount": np.array(self._amounts),
        }
