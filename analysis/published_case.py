"""The published case that bargaining protocols are held against: emission standards of the European Community.

In how many years emission standards for passenger cars would be introduced, by ten member states (Bueno de Mesquita 1994, table 1, as given by
Scholz, Calbert & Smith 2011). docs/emission_standards.md tells how the protocol `challenge` stands against it, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from waico.negotiation.bargain import bargain_alone, protocols
from waico.scenarios.actors import ActorTable, read_actors

TABLE = Path(__file__).with_name("emission_standards.csv")
PUBLISHED = (8.4, 9.9, 9.9, 9.9, 9.9, 7.4, 8.8, 9.6)   # years: the forecast after each round
STATUS_QUO = 10.0   # years: without an agreement the latest that anybody asks for, which `nash` has to know


def actors() -> ActorTable:
    """Positions in years, saliences and capabilities of the ten states."""
    return read_actors(TABLE)


def medians_by_protocol(names: Sequence[str] = ("challenge", "compromise", "nash", "exchange")) -> pd.DataFrame:
    """Weighted median of positions after each round, and what is predicted from the last, as published and by each protocol.

    Returns:
        Columns: source ("published", or the name of a protocol), round (0 is the start, which is not published), median (years), outcome (years: what is
        predicted from the last positions, the same in all rows of a source; missing if they allow for none), and remark (what is odd
        about it, such as that one issue leaves nothing to exchange).

    Raises:
        InputError: there is no such protocol.
    """
    tables = [pd.DataFrame({"source": "published", "round": range(1, len(PUBLISHED) + 1), "median": PUBLISHED,
                            "outcome": PUBLISHED[-1], "remark": ""})]  # fmt: skip
    for name in names:
        protocol = protocols.make(name, {}, "names", "")
        issue = actors().issues[0]
        found = bargain_alone(actors(), protocol, rounds=len(PUBLISHED), status_quo={issue: STATUS_QUO} if name == "nash" else None)
        tables.append(pd.DataFrame({
            "source": name, "round": range(len(PUBLISHED) + 1), "median": found.medians[:, 0], 
            "outcome": float("nan") if found.outcome is None else float(found.outcome[0]), "remark": "; ".join(found.remarks),
        }))  # fmt: skip
    return pd.concat(tables, ignore_index=True)
