"""A negotiation that is stepped by hand, shaken while it runs, and looked back on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from waico.agents.institution import IDEA
from waico.model import NegotiationModel
from waico.runs.run import RunResult
from waico.runs.tables import Trace, tables_of
from waico.scenarios.load import check, check_change
from waico.scenarios.paths import replace
from waico.scenarios.schema import Scenario, Shock

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)   # of the spread of positions
LEVEL_NAMES = ("q05", "q25", "q50", "q75", "q95")


class LiveRun:
    """One replicate of a scenario, run round by round as it is asked for.

    What the user does to it while it runs is written into its scenario as shocks, so that `scenario` with `seed` and
    `replicate`, run headless, gives the same tables.

    Attributes:
        base: the scenario as it stood at the start. shocks: what was done to it since, in order.
        seed, replicate: which run.
        shown: the round that is looked at; 0 before the first.
    """

    def __init__(self, base: Scenario, *, seed: int = 0, replicate: int = 0, shocks: Sequence[Shock] = (), shown: int = 0) -> None:
        """Start, and run to the round to be shown, or to the end if that comes before.

        Raises:
            InputError: the scenario or a shock asks for what does not exist.
        """
        self.base, self.seed, self.replicate = base, seed, replicate
        self._begin(tuple(shocks), shown)

    @property
    def scenario(self) -> Scenario:
        """What is run: the scenario as it stood at the start with all shocks since."""
        return self.model.course.scenario

    @property
    def ended(self) -> bool:
        """Whether the round that is looked at is the last one of the run."""
        return self.shown == len(self.model.history) and not self.model.running

    def step(self) -> None:
        """Look at the next round, and run it if it has not been; nothing once the run has ended."""
        if not self.ended:
            self._run_to(self.shown + 1)

    def show(self, number: int) -> None:
        """Look at a round that has been run; the nearest if it has not."""
        self.shown = min(max(number, 0), self.reached)

    @property
    def reached(self) -> int:
        """The last round that anybody has looked at; what comes after is not known yet."""
        return self._reached

    def shake(self, changes: Mapping[str, Any]) -> None:
        """Change the scenario from the round after the one looked at; rounds that were run beyond it are forgotten.

        Raises:
            InputError: a path does not exist, its value is refused, or it cannot change during a run. Nothing is changed then.
        """
        for path in changes:
            check_change(self.scenario, path)
        kept = [shock for shock in self.shocks if shock.round is not None and shock.round <= self.shown + 1]
        again = [shock for shock in kept if not (shock.round == self.shown + 1 and shock.path in changes)]
        made = [Shock(round=self.shown + 1, path=path, value=value) for path, value in changes.items()]
        other = LiveRun(self.base, seed=self.seed, replicate=self.replicate, shocks=(*again, *made), shown=self.shown)
        self.__dict__.update(other.__dict__)   # only now that nothing was refused

    def result(self) -> RunResult:
        """The tables of the run so far, as `waico.run` gives them, to the last round that was run."""
        tables: dict[str, Any] = tables_of(self.scenario, self.seed, [Trace.of(self.model, self.replicate)])
        return RunResult(scenario=self.scenario, seed=self.seed, replicates=1, until=None, **tables, started=time.time(), seconds=0.0)

    def spread(self) -> pd.DataFrame:
        """How positions at the table are spread: a row per round, institution and issue, with quantiles `LEVEL_NAMES` over states."""
        return pd.concat(self._spreads, ignore_index=True)

    def scenario_now(self) -> Scenario:
        """The scenario as it stands in the round looked at, with the shocks that have acted and those about to."""
        about = {shock.path: shock.value for shock in self.shocks if shock.round == self.shown + 1}
        return replace(self._scenarios[self.shown], about)

    def tabled(self, institution: str) -> bool:
        """Whether the text of an institution lies on the table at the end of the round looked at."""
        row = self.model.world.setting.bodies.index(institution)
        return self.shown > 0 and bool(self.model.history.stage[self.shown - 1][row] != IDEA)

    def adopted(self, institution: str) -> bool:
        """Whether the text of an institution had been adopted by the round looked at."""
        row = self.model.world.setting.bodies.index(institution)
        return 0 < int(self.model.institutions.round_adopted[row]) <= self.shown

    def _begin(self, shocks: tuple[Shock, ...], shown: int) -> None:
        scenario = with_shocks(self.base, shocks)
        model = NegotiationModel(scenario, rng=self.seed, replicate=self.replicate)
        self.shocks, self.model = shocks, model
        self._spreads = [_spread(model, 0)]
        self._scenarios = [self.base]
        self._reached = 0
        self._run_to(shown)

    def _run_to(self, number: int) -> None:
        """Run until a round has been run, and at least the first: there are no tables of a run without rounds."""
        while self.model.running and len(self.model.history) < max(number, 1):
            self.model.step()
            self._spreads.append(_spread(self.model, len(self.model.history)))
            self._scenarios.append(self.model.chapter.setting.scenario)
        self.shown = min(number, len(self.model.history))
        self._reached = max(self._reached, self.shown)


def opening_spread(scenario: Scenario, seed: int, replicate: int) -> pd.DataFrame:
    """Positions before the first round, as a row of `LiveRun.spread` per institution and issue; nothing is simulated."""
    return _spread(NegotiationModel(scenario, rng=seed, replicate=replicate), 0)


def with_shocks(base: Scenario, shocks: Sequence[Shock]) -> Scenario:
    """The scenario with more shocks after its own.

    Raises:
        InputError: one of them asks for what does not exist or cannot change during a run.
    """
    if not shocks:
        return base
    scenario = replace(base, {"shocks": [shock.model_dump() for shock in (*base.shocks, *shocks)]})
    check(scenario)
    return scenario


def _spread(model: NegotiationModel, number: int) -> pd.DataFrame:
    """Quantiles of positions at the tables as they are now."""
    setting = model.world.setting
    found = np.stack([
        np.quantile(model.institutions.positions(model.world.stated, j), LEVELS, axis=0).T for j in range(len(setting.bodies))
    ])   # (J, K, 5)
    rows = found.reshape(-1, len(LEVELS))
    return pd.DataFrame({
        "round": number,
        "institution": np.repeat(np.array(setting.bodies, dtype=object), len(setting.issues)),
        "issue": np.tile(np.array(setting.issues, dtype=object), len(setting.bodies)),
        **dict(zip(LEVEL_NAMES, rows.T, strict=True)),
    })  # fmt: skip
