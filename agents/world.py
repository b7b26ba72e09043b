"""State of all states and firms in one run, one array per attribute. Agents are views of its rows."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from waico.agents.draws import Draws
from waico.agents.institution import NEVER
from waico.agents.setting import Setting

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
OWN = ("salience", "floor", "ceiling", "tolerance", "openness")   # judgements that a user may change agent by agent


class Status(IntEnum):
    """What a state is to an institution. Firms know OUTSIDE and PARTNER only."""

    WITHDRAWN = -1
    OUTSIDE = 0
    ENDORSED = 1
    SIGNED = 2
    RATIFIED = 3


WITHDRAWN, OUTSIDE, ENDORSED, SIGNED, RATIFIED = (int(status) for status in Status)   # NumPy is slow with enums


class World:
    """Arrays of a run: N states, K issues, J institutions, F firms.

    Attributes:
        setting: what the scenario fixes.
        ideal: ideal points with the replicate's noise, (N, K). stated: positions after lobbying, (N, K).
        salience, floor, ceiling: (N, K). tolerance, openness: (N,). The run's own copies; may be written.
        nation_effect: u_i, (N,).
        status: a `Status`, (N, J). invited: let in by the gate, (N, J).
        round_endorsed, round_signed, round_ratified, round_withdrawn: NEVER if not, (N, J).
        endorse_sum, sign_sum, invite_sum: hazards summed so far, (N, J).
        endorse_at, sign_at, invite_at: Exp(1) thresholds at which the transition happens, (N, J).
        ratify_lag: days from signature to ratification, (N, J). signed_day: (N, J).
        low_days: days in a row below the withdrawal margin, (N, J).
        offer: inducements offered so far, (N, J). courted: those of the last round, (N, J).
        partner, partner_sum, partner_at, round_partner, spent: firms, (F, J).
    """

    def __init__(self, setting: Setting, draws: Draws) -> None:
        """Start of a replicate: nobody has joined anything, thresholds drawn."""
        self.draws = draws
        n, j, f = len(setting.codes), len(setting.bodies), len(setting.firms)
        self.status = np.zeros((n, j), dtype=np.int8)
        self.invited = np.zeros((n, j), dtype=bool)
        self.round_endorsed, self.round_signed, self.round_ratified, self.round_withdrawn = (
            np.full((n, j), NEVER, dtype=np.int16) for _ in range(4)
        )
        self.endorse_sum, self.sign_sum, self.invite_sum = (np.zeros((n, j)) for _ in range(3))
        self.signed_day = np.full((n, j), np.inf)
        self.low_days = np.zeros((n, j))
        self.offer, self.courted = np.zeros((n, j)), np.zeros((n, j))
        self.partner = np.zeros((f, j), dtype=bool)
        self.round_partner = np.full((f, j), NEVER, dtype=np.int16)
        self.partner_sum, self.spent = np.zeros((f, j)), np.zeros((f, j))
        self.nation_effect = draws.normal("nation", setting.codes)
        self._noise = draws.normals("ideal", setting.codes, setting.issues)
        self._drawn = [draws.exponentials(step, setting.codes, setting.bodies) for step in ("endorse", "sign")]
        self.invite_at = draws.exponentials("invite", setting.codes, setting.bodies)
        self.partner_at = draws.exponentials("partner", setting.firms, setting.bodies)
        self._hesitation = draws.normals("ratify", setting.codes, setting.bodies)
        self.ideal = self._ideal_of(setting)
        self.stated = self.ideal.copy()
        self._place(setting)
        for name in OWN:
            setattr(self, name, getattr(setting, name).copy())
        self.salience: Floats
        self.floor: Floats
        self.ceiling: Floats
        self.tolerance: Floats
        self.openness: Floats

    def change(self, setting: Setting) -> None:
        """Go on under a changed scenario: what it changed takes effect, all else stays as the run has it."""
        before = self.setting
        for name in OWN:
            changed = getattr(setting, name) != getattr(before, name)
            getattr(self, name)[changed] = getattr(setting, name)[changed]
        ideal = self._ideal_of(setting)
        moved = ideal != self._ideal_of(before)
        if moved.any():
            self.ideal[moved] = ideal[moved]
            self.stated = self.ideal.copy()
        self._place(setting)

    def _ideal_of(self, setting: Setting) -> Floats:
        """Ideal points of a setting with this replicate's noise, (N, K)."""
        return np.clip(setting.ideal + setting.scenario.nations.sigma_ideal * self._noise, 0.0, 1.0)

    def _place(self, setting: Setting) -> None:
        self.setting = setting
        ratify = setting.scenario.decision.ratify
        stretch = ratify.median_days * (1.0 + ratify.veto_players * setting.polyarchy[:, None])
        self.ratify_lag = stretch * np.exp(ratify.spread * self._hesitation)   # lognormal, stretched by veto players
        self.endorse_at, self.sign_at = (thresholds.copy() for thresholds in self._drawn)
        for code, nation in setting.scenario.nations.overrides.items():
            for body, status in nation.forced.items():
                self._force(setting.codes.index(code), setting.bodies.index(body), status)

    def _force(self, i: int, j: int, status: str) -> None:
        """Keep a state out, or make it endorse or sign as soon as that is possible: its thresholds move."""
        self.endorse_at[i, j] = np.inf if status == "out" else 0.0
        if status != "endorsed":
            self.sign_at[i, j] = np.inf if status == "out" else 0.0

    def signatories(self) -> Flags:
        """States that have signed or more and not withdrawn, (N, J)."""
        return np.asarray(self.status >= SIGNED)
