"""What the panels of the page show of one run at one of its rounds, as plain data made from the run's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents import Setting
from waico.agents.world import ENDORSED, OUTSIDE, RATIFIED, SIGNED, WITHDRAWN
from waico.runs.run import RunResult
from waico.scenarios.facts import Facts, load_facts

Array = NDArray[Any]

STEPS = {"endorsed": ENDORSED, "signed": SIGNED, "ratified": RATIFIED, "withdrawn": WITHDRAWN}   # what a later one makes of a state
STATUS_WORDS = {OUTSIDE: "outside", ENDORSED: "endorsed", SIGNED: "signed", RATIFIED: "ratified", WITHDRAWN: "withdrew"}
CURVES = {   # measures drawn from 0 to 1: caption and what 1 means
    "agreement": "agreement",
    "depth": "depth of the text",
    "fault_line": "fault line",
    "display_gap": "display gap",
}
LATER = np.iinfo(np.int16).max   # the round of what never happens


@dataclass(frozen=True, eq=False)
class Watched:
    """A run of one replicate, for panels to show any of its rounds.

    Attributes:
        result: its tables. setting: what the scenario fixed at the start.
        spread: positions at the tables, as `LiveRun.spread`, of all rounds or of the opening alone.
    """

    result: RunResult
    setting: Setting
    spread: pd.DataFrame

    @classmethod
    def of(cls, result: RunResult, spread: pd.DataFrame) -> Watched:
        """Watch a run."""
        return cls(result, Setting.of(result.scenario), spread)

    @cached_property
    def facts(self) -> Facts:
        """What the scenario knows of its states."""
        return load_facts(self.result.scenario)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of states by code."""
        return {str(code): str(name) for code, name in self.facts.nations["name"].items()}

    @cached_property
    def since(self) -> dict[str, Array]:
        """Rounds in which each state took each step towards each institution, LATER if never, (N, J)."""
        shape = len(self.setting.codes), len(self.setting.bodies)
        nations = self.result.nations
        return {step: nations[f"round_{step}"].fillna(LATER).to_numpy(dtype=np.int64).reshape(shape) for step in STEPS}

    @cached_property
    def days(self) -> list[str]:
        """Last day of every round from round 0 on, in ISO form."""
        rounds = self.result.rounds.drop_duplicates("round")
        return [self.result.scenario.freeze_date.isoformat(), *(stamp.date().isoformat() for stamp in rounds["date"])]

    @cached_property
    def texts(self) -> Array:
        """Text by round from 0 on, institution and issue, (T + 1, J, K)."""
        setting = self.setting
        run = self.result.texts["value"].to_numpy().reshape(-1, len(setting.bodies), len(setting.issues))
        return np.concatenate([setting.text_0[None], run])

    @cached_property
    def stages(self) -> Array:
        """Stage of every institution by round from 0 on, in words, (T + 1, J)."""
        run = self.result.rounds["stage"].to_numpy().reshape(-1, len(self.setting.bodies))
        return np.concatenate([np.full((1, len(self.setting.bodies)), "idea", dtype=object), run])

    @cached_property
    def adopted(self) -> dict[str, int]:
        """Rounds in which texts were adopted, by institution; those without an adopted text are left out."""
        events = self.result.events
        rows = events[events["kind"] == "adopted"]
        return dict(zip(rows["institution"], rows["round"], strict=True))

    def row(self, institution: str) -> int:
        """Number of an institution."""
        return self.setting.bodies.index(institution)

    def status(self, shown: int) -> Array:
        """Status of every state to every institution at the end of a round, (N, J)."""
        status = np.full(self.since["signed"].shape, OUTSIDE)
        for step, reached in STEPS.items():
            status[self.since[step] <= shown] = reached
        return status

    def map(self, shown: int) -> dict[str, Any]:
        """Status of every state to every institution, for the map: lists of numbers by institution, in the order of the codes."""
        status = self.status(shown)
        return {body: status[:, j].tolist() for j, body in enumerate(self.setting.bodies)}

    def places(self) -> list[dict[str, Any]]:
        """What the map tells of every state that does not change: code, name, share of world GDP, and the camp it is in by institution."""
        setting = self.setting
        return [
            {
                "code": code, "name": self.names[code], "gdp": round(float(setting.gdp[i]), 5),
                "camps": [self._camp(i, j) for j in range(len(setting.bodies))],
            }
            for i, code in enumerate(setting.codes)
        ]  # fmt: skip

    def _camp(self, i: int, j: int) -> str:
        """How a state stands to the principals of an institution."""
        setting = self.setting
        if i == setting.sponsor[j]:
            return "sponsor"
        if i == setting.rival[j]:
            return "rival"
        return {1: "sponsor's camp", -1: "rival's camp", 0: "neither camp"}[int(setting.camp[i, j])]

    def charter(self, shown: int, institution: str) -> list[dict[str, Any]]:
        """The text of an institution issue by issue: where it began, where it is, how it came there, and who stands where."""
        setting, j = self.setting, self.row(institution)
        spread = self.spread[(self.spread["institution"] == institution) & (self.spread["round"] <= shown)]
        last = spread[spread["round"] == spread["round"].max()].set_index("issue")
        path = self.texts[: shown + 1, j]
        rows = []
        for k, issue in enumerate(self.result.scenario.issues):
            rows.append({
                "id": issue.id, "low": issue.low, "high": issue.high, "binding": issue.binding,
                "opening": float(setting.text_0[j, k]), "status_quo": float(setting.status_quo[j, k]),
                "text": float(path[-1, k]), "path": _rounded(path[:, k]), "tabled": bool(self.stages[shown, j] != "idea"),
                "spread": _rounded(last.loc[issue.id, ["q05", "q25", "q50", "q75", "q95"]]),
                "of_round": int(last["round"].iloc[0]),
                "sponsor": float(setting.ideal[setting.sponsor[j], k]), "rival": float(setting.ideal[setting.rival[j], k]),
            })  # fmt: skip
        return rows

    def curves(self, shown: int, institution: str) -> dict[str, Any]:
        """Members of all institutions and the measures of one, by round up to the one shown; None where not defined."""
        rounds = self.result.rounds[self.result.rounds["round"] <= shown]
        members = {
            body: {kind: [0, *rounds.loc[rounds["institution"] == body, kind].tolist()] for kind in ("signed", "ratified")}
            for body in self.setting.bodies
        }
        own = rounds[rounds["institution"] == institution]
        tabled = (own["stage"] != "idea").to_numpy()
        measures = {
            name: [None, *(_or_none(value) if there else None for value, there in zip(own[name], tabled, strict=True))]
            for name in CURVES
        }
        return {"members": members, "measures": measures, "days": self.days[: shown + 1]}

    def partners(self, shown: int) -> dict[str, str]:
        """Firms that are partners after a round, with the institutions that they are partners of."""
        firms = self.result.firms
        inside = firms[firms["round_partner"].fillna(LATER) <= shown]
        return {str(firm): ", ".join(rows["institution"]) for firm, rows in inside.groupby("firm", sort=False)}

    def alliances(self, shown: int) -> list[str]:
        """Ids of the alliances of firms that are active after a round."""
        firms = self.result.scenario.firms
        active = {alliance.id: alliance.active for alliance in firms.alliances} if firms else {}
        events = self.result.events
        for path, amount in events.loc[(events["kind"] == "shock") & (events["round"] <= shown), ["detail", "amount"]].itertuples(index=False):
            table, _, rest = str(path).partition("alliances.")
            name, _, field = rest.partition(".")
            if table == "firms." and field == "active" and name in active:
                active[name] = amount > 0.0
        return [name for name, on in active.items() if on]

    def headline(self, shown: int, institution: str, ended: bool) -> str:
        """How things stand with an institution after a round, in a sentence; the outcome of the run if it has ended."""
        j = self.row(institution)
        counts = self.status(shown)[:, j][self.setting.at_risk[:, j]]
        signed, endorsed = int((counts >= SIGNED).sum()), int((counts >= ENDORSED).sum())
        stage = self.stages[shown, j].replace("_", " ")
        talks = "text adopted, not yet open for signature" if self.adopted.get(institution, LATER) <= shown else "under negotiation"
        where = {
            "idea": "not tabled yet", "proposed": f"tabled; {_states(endorsed)} endorse it", "negotiating": f"{talks}; {_states(endorsed)} endorse it",
            "open for signature": f"open for signature; {_states(signed)} signed", "in force": f"in force; {_states(signed)} signed",
            "failed": "failed: no text was adopted",
        }[stage]  # fmt: skip
        end = f"Outcome: {self.outcome}. " if ended else ""
        return f"{end}{institution}: {where}"

    @property
    def outcome(self) -> str:
        """Class of the first institution at the end of the tables, in words."""
        return str(self.result.outcomes["outcome"].iloc[0]).replace("_", " ")

    def horizon(self) -> str:
        """Last day that the scenario allows for, in ISO form."""
        return self.result.scenario.rounds.horizon.isoformat()

    def status_words(self, code: str, shown: int) -> list[str]:
        """What a state is to each institution after a round, a line each."""
        i = self.setting.codes.index(code)
        status, lines = self.status(shown), []
        for j, body in enumerate(self.setting.bodies):
            now = int(status[i, j])
            steps = [f"{step} in round {self.since[step][i, j]}" for step in STEPS if self.since[step][i, j] <= shown]
            camp = self._camp(i, j)
            role = f" ({camp})" if camp in ("sponsor", "rival") else ""
            lines.append(f"{body}{role}: {STATUS_WORDS[now]}" + (f"; {', '.join(steps)}" if steps else ""))
        return lines

    def steps(self, code: str, institution: str, shown: int) -> list[int]:
        """Rounds before the one shown in which a state took a step towards an institution, or away from it, in order."""
        i, j = self.setting.codes.index(code), self.row(institution)
        return sorted({int(rounds[i, j]) for rounds in self.since.values() if rounds[i, j] < shown})


def _states(number: int) -> str:
    return "1 state" if number == 1 else f"{number} states"


def _rounded(values: Array | pd.Series | Sequence[float]) -> list[float]:
    """Three digits: what a pixel can show."""
    return [round(float(value), 3) for value in values]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)
