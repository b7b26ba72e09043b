"""What happened, in plain sentences: one per event of a run, and how they are grouped for the filter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from waico.ui.watched import LATER, Watched

GROUPS = {   # what the filter of the feed offers, and the kinds of events in each
    "members": ("invited", "endorsed", "signed", "ratified", "withdrew"),
    "talks": ("proposed", "conceded", "amended", "objected", "walked_out", "adopted", "lapsed", "in_force"),
    "pressure and offers": ("offered", "pressured"),
    "firms": ("lobbied", "partnered"),
    "shocks": ("shock",),
}
GROUP_OF = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
TERM_WORDS = {   # terms of the payoff of joining as a reader says them
    "alignment": "its alignment in UN votes", "camp": "its camp", "trade": "trade with the sponsor", "size": "its size",
    "proximity": "closeness to the seat", "need": "its need of capacity", "region": "its region", "nation": "what is its own",
    "peers": "its neighbours", "pressure": "pressure", "fit": "a text that suits it", "capacity": "capacity benefits",
    "market": "market benefits", "network": "the members so far", "offer": "what it was offered", "cost": "the cost of a deep text",
    "exclusive": "having to choose one body",
}  # fmt: skip
NEAREST = 12   # peers that count as neighbours, as in `waico explain`
MANY = 5   # from how many events alike in a round on they are told in one sentence
NAMED = 8   # of them
FEED = 120   # entries, more than anybody scrolls through


def sentences(watched: Watched, shown: int, groups: tuple[str, ...] = tuple(GROUPS)) -> list[dict[str, Any]]:
    """The latest events up to a round, the last first: round, group, text, and the code of the state it is about or an empty text.

    Events of one kind towards one institution are told together from five a round on; lobbying always is. Whole rounds are told, back to
    the one that fills the feed.
    """
    events = watched.result.events
    chosen = events[(events["round"] <= shown) & events["kind"].map(GROUP_OF).isin(groups)]
    told: list[dict[str, Any]] = []
    for number in sorted(chosen["round"].unique(), reverse=True):
        told += _of_round(watched, int(number), chosen[chosen["round"] == number])[::-1]
        if len(told) >= FEED:
            break
    return told


def _of_round(watched: Watched, number: int, events: pd.DataFrame) -> list[dict[str, Any]]:
    """The events of a round, the first first."""
    told: list[dict[str, Any]] = []
    for key, rows in events.groupby(["kind", "institution"], sort=False):
        kind, institution = map(str, key)
        records: list[dict[str, Any]] = rows.to_dict("records")   # type: ignore[assignment]
        if kind == "lobbied":
            told.append(_entry(number, kind, _lobbying(watched, records), ""))
        elif kind in TOGETHER and len(records) >= MANY:
            told.append(_entry(number, kind, _together(watched, kind, institution, records), ""))
        else:
            told += [_entry(number, kind, _sentence(watched, kind, row), _state_of(watched, row)) for row in records]
    return told


def _entry(number: int, kind: str, text: str, state: str) -> dict[str, Any]:
    return {"round": number, "group": GROUP_OF[kind], "text": text, "state": state}


def _state_of(watched: Watched, row: Mapping[str, Any]) -> str:
    """The state that the event opens when it is clicked."""
    return str(row["actor"]) if row["actor"] in watched.names else ""


def _sentence(watched: Watched, kind: str, row: Mapping[str, Any]) -> str:
    """One event."""
    who, body, detail, amount = _name(watched, row["actor"]), row["institution"], row["detail"], float(row["amount"])
    match kind:
        case "signed" | "endorsed":
            verb = "signs" if kind == "signed" else "endorses"
            return f"{who} {verb} {body}; decisive: {TERM_WORDS[detail]}{_neighbours(watched, row)}"
        case "withdrew":
            return f"{who} leaves {body}; what weighs against it: {TERM_WORDS[detail]}"
        case "ratified":
            return f"{who} ratifies {body}"
        case "invited":
            return f"{body} lets {who} in"
        case "proposed":
            return f"{who} tables {body}"
        case "adopted":
            return f"The text of {body} is adopted"
        case "lapsed":
            return f"The talks on {body} end without a text"
        case "in_force":
            return f"{body} comes into force with {amount:.0f} ratifications"
        case "amended":
            return f"{who} moves {detail} of {body} {'up' if amount > 0 else 'down'} by {abs(amount):.2f}"
        case "conceded":
            return f"{who} gives way to {_name(watched, detail)} over {body}, by {abs(amount):.2f}"
        case "objected":
            return f"{who} objects to {body} over {detail}" if detail else f"{who} objects to {body}"
        case "walked_out":
            return f"{who} walks out of the talks on {body}"
        case "offered":
            return f"{who} offers {_name(watched, detail)} most for joining {body}"
        case "pressured":
            return f"{who} presses {_name(watched, detail)} hardest against {body}"
        case "partnered":
            return f"{who} becomes a partner of {body}"
        case _:
            value = "" if np.isnan(amount) else f" to {amount:g}"
            return f"Shock: {detail} changes{value}"


TOGETHER = {   # kinds of which many may happen in one round: how many of them are told at once
    "invited": "{body} lets in {count} states: {who}", "endorsed": "{count} states endorse {body}: {who}", "signed": "{count} states sign {body}: {who}",
    "ratified": "{count} states ratify {body}: {who}", "withdrew": "{count} states leave {body}: {who}", "objected": "{count} states object to {body}: {who}",
    "conceded": "{count} states give way over {body}: {who}", "partnered": "{count} firms become partners of {body}: {who}",
}  # fmt: skip


def _together(watched: Watched, kind: str, body: str, rows: list[dict[str, Any]]) -> str:
    """Many events alike, those of the heaviest states named, and what was decisive for most of them."""
    weight = dict(zip(watched.setting.codes, watched.setting.weight.tolist(), strict=True))
    actors = list(dict.fromkeys(str(row["actor"]) for row in sorted(rows, key=lambda row: -weight.get(str(row["actor"]), 0.0))))
    who = ", ".join(_name(watched, actor) for actor in actors[:NAMED]) + (f" and {len(actors) - NAMED} more" if len(actors) > NAMED else "")
    text = TOGETHER[kind].format(body=body, count=len(actors), who=who)
    if kind not in ("signed", "endorsed"):
        return text
    terms = [str(row["detail"]) for row in rows]
    most = max(dict.fromkeys(terms), key=terms.count)
    return f"{text}; decisive for {terms.count(most)} of them: {TERM_WORDS[most]}"


def _lobbying(watched: Watched, rows: list[dict[str, Any]]) -> str:
    """All firms of a round: how many, and whom most of the money went to."""
    spent: dict[str, float] = {}
    for row in rows:
        spent[str(row["detail"])] = spent.get(str(row["detail"]), 0.0) + float(row["amount"])
    target = max(spent, key=lambda code: spent[code])
    largest = max(rows, key=lambda row: float(row["amount"]))
    firms = "1 firm lobbies" if len(rows) == 1 else f"{len(rows)} firms lobby"
    return f"{firms}; most goes to {_name(watched, target)}; {_name(watched, largest['actor'])} spends most, on {_name(watched, largest['detail'])}"


def _neighbours(watched: Watched, row: Mapping[str, Any]) -> str:
    """How many of a state's closest neighbours were inside before it."""
    setting = watched.setting
    i, j = setting.codes.index(str(row["actor"])), watched.row(str(row["institution"]))
    nearest = np.argsort(-setting.ties[i], kind="stable")[:NEAREST]
    before = np.minimum(watched.since["endorsed"][nearest, j], watched.since["signed"][nearest, j]) < int(row["round"])
    gone = watched.since["withdrawn"][nearest, j] < LATER
    inside = int((before & ~gone).sum())
    return "" if not inside else f" and {inside} neighbour{'s' if inside > 1 else ''} inside"


def _name(watched: Watched, code: str) -> str:
    return watched.names.get(str(code), str(code).replace("_", " "))
