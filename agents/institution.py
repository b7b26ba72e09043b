"""Institutions of a run: text, stage and dates. Who has joined them stands in the arrays of `World`."""

from __future__ import annotations

from datetime import date, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from waico.agents.setting import Setting

Floats = NDArray[np.float64]
NEVER = -1
UNKNOWN = np.inf   # a date that nothing has fixed yet


class Stage(IntEnum):
    """How far an institution has come; FAILED means talks ended without a text."""

    IDEA = 0
    PROPOSED = 1
    NEGOTIATING = 2
    OPEN_FOR_SIGNATURE = 3
    IN_FORCE = 4
    FAILED = 5


IDEA, PROPOSED, NEGOTIATING, OPEN_FOR_SIGNATURE, IN_FORCE, FAILED = (int(stage) for stage in Stage)   # as for Status


class Institutions:
    """State of all J institutions in one run, as arrays with institutions first.

    Attributes:
        text: the text on the table, (J, K).
        conceded: how far each state has moved at the table from what it states, (J, N, K).
        stage: a `Stage`, (J,).
        proposed, opens, closes: days after the freeze date of tabling, ceremony and deadline, (J,); inf if unknown.
        endorse_opens, endorse_closes: the same for endorsement; closes is inf without a deadline.
        planned: the ceremony as planned at tabling; talks lapse some time after it.
        exclusive_from: day from which members may not join the rival body; inf if never, (J,).
        walked_out: states that left the talks, (N, J).
        round_adopted, round_in_force: rounds, NEVER if not (yet), (J,).
    """

    def __init__(self, setting: Setting) -> None:
        """Start from the opening texts, nothing tabled."""
        self.setting = setting
        j = len(setting.bodies)
        self.text = setting.text_0.copy()
        self.conceded = np.zeros((j, *setting.ideal.shape))
        self.stage = np.zeros(j, dtype=np.int8)
        self.round_adopted = np.full(j, NEVER, dtype=np.int16)
        self.round_in_force = np.full(j, NEVER, dtype=np.int16)
        self.proposed = np.full(j, UNKNOWN)
        self.opens, self.closes, self.planned = (np.full(j, UNKNOWN) for _ in range(3))
        self.endorse_opens, self.endorse_closes = np.full(j, UNKNOWN), np.full(j, UNKNOWN)
        self.exclusive_from = np.full(j, UNKNOWN)
        self.walked_out = np.zeros((len(setting.codes), j), dtype=bool)
        self._milestones: list[float] | None = None
        self.schedule(setting)

    def __len__(self) -> int:
        return len(self.stage)

    def schedule(self, setting: Setting) -> None:
        """Take the dates that the scenario fixes; those already past stay as they were."""
        self.setting = setting
        self._milestones = None
        for j, body in enumerate(setting.scenario.institutions):
            self.exclusive_from[j] = self._day(body.exclusive_from)
            if self.stage[j] == IDEA:
                self.proposed[j] = self._day(body.proposed)
                self.text[j] = setting.text_0[j]
            if self.round_adopted[j] == NEVER:
                self.plan(j, self.proposed[j])

    def plan(self, j: int, proposed: float) -> None:
        """Fix the dates that follow from the day of tabling."""
        self._milestones = None
        body = self.setting.scenario.institutions[j]
        ceremony = body.signature.ceremony
        after = body.signature.after_days
        self.opens[j] = self.planned[j] = self._day(ceremony) if after is None else proposed + after
        self.closes[j] = self.opens[j] + body.signature.window_days
        if body.endorsement is not None:
            opens = body.endorsement.opens
            self.endorse_opens[j] = proposed if opens is None else max(self._day(opens), proposed)
            self.endorse_closes[j] = self._day(body.endorsement.closes)

    def open_late(self, j: int, day: float) -> None:
        """A text adopted after its planned ceremony opens for signature at once."""
        self._milestones = None
        self.opens[j] = max(self.opens[j], day)
        self.closes[j] = self.opens[j] + self.setting.scenario.institutions[j].signature.window_days

    def milestones(self) -> list[float]:
        """Days on which something opens or closes, sorted; a round ends there. Unknown days are left out."""
        if self._milestones is None:
            days = np.concatenate([self.proposed, self.endorse_opens, self.endorse_closes, self.opens, self.closes])
            self._milestones = sorted(set(days[np.isfinite(days)].tolist()))
        return self._milestones

    def positions(self, stated: Floats, j: int) -> Floats:
        """What states stand for at the table of institution `j`: stated positions (N, K), and what they conceded."""
        return np.clip(stated + self.conceded[j], 0.0, 1.0)

    def adopted(self, j: int) -> bool:
        """Whether the text stands."""
        return bool(self.round_adopted[j] != NEVER)

    def _day(self, when: date | None) -> float:
        return UNKNOWN if when is None else self.setting.scenario.day(when)

    def date_of(self, day: float) -> date:
        """Calendar date of a day after the freeze date."""
        return self.setting.scenario.freeze_date + timedelta(days=int(day))
