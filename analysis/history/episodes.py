"""History as the model sees it: covariates, exposure and accession of every state at risk, round by round.

A case is run through the model with its accessions imposed, so that peers, breaches and all that follows from them are
those of history, computed by the same code as in a simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np
from numpy.typing import NDArray

from waico.analysis.history.cases import Case, accessions, scored
from waico.model import NegotiationModel
from waico.negotiation.clock import Round, Window, closeness, launch_share
from waico.negotiation.terms import (
    ALIGNMENT,
    CAMP,
    CAPACITY,
    COST,
    FIT,
    MARKET,
    NEED,
    PEERS,
    PRESSURE,
    PROXIMITY,
    REGION,
    TRADE,
)  # fmt: skip
from waico.scenarios.load import load_scenario
from waico.scenarios.paths import replace
from waico.scenarios.schema import COEFFICIENTS, Prior, Scenario

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

PAYOFF = {   # estimated coefficients of terms of the payoff, and the rows of those terms
    "b_align": ALIGNMENT, "b_camp": CAMP, "b_trade": TRADE, "b_prox": PROXIMITY, "b_need": NEED, "b_region": REGION,
    "b_market": MARKET, "b_capacity": CAPACITY, "b_fit": FIT, "b_peers": PEERS, "b_pressure": PRESSURE,
}  # fmt: skip
TIME = ("b_launch", "b_deadline")
ESTIMATED = (*PAYOFF, *TIME)   # and the intercept
ASSUMED = (*(name for name in COEFFICIENTS if name not in (*ESTIMATED, "b0")), "s_u")   # what the cases cannot tell
LONGEST_SPAN = 366.0   # days
LATER = 1e300   # a threshold that no hazard reaches, while the state may still join for all that others know


@dataclass(frozen=True, eq=False)
class Episodes:
    """A case as person-period data: R rounds in which joining was open, n states at risk, K covariates.

    Attributes:
        case: whose. codes: of the states, (n,).
        months: length of rounds in units of 30 days, (R,).
        covariates: in the order of `ESTIMATED`, so that the log hazard is b0 + covariates @ b + offset, (R, n, K).
        offset: terms whose coefficients are assumed, at the means of their priors, (R, n).
        first, last: rounds between which a state joined, as indices into the rounds, -1 where it did not, (n,).
    """

    case: Case
    codes: tuple[str, ...]
    months: Floats
    covariates: Floats
    offset: Floats
    first: Indices
    last: Indices

    @property
    def joined(self) -> NDArray[np.bool_]:
        """Who joined, (n,)."""
        return np.asarray(self.first >= 0)

    def from_the_start(self) -> Episodes:
        """The same case if nothing but time had moved since its first round."""
        time = [ESTIMATED.index(name) for name in TIME]
        covariates = np.repeat(self.covariates[:1], len(self.months), axis=0)
        covariates[:, :, time] = self.covariates[:, :, time]
        return replace_fields(self, covariates=covariates, offset=np.repeat(self.offset[:1], len(self.months), axis=0))


def episodes(case: Case, scenario: Scenario | None = None) -> Episodes:
    """Run a case with its history imposed and take down what each state at risk faced in every round.

    Others see a state inside from the day on which it joined, or from the middle of the span in which it did, or, where that
    is longer than a year and says nothing of who saw whom, from its end. What the state itself faced is kept as it was when
    it came inside: later rounds of its span already hold what its own accession did.

    Args:
        case: one of `CASES`.
        scenario: in place of the bundled scenario of the case, for a study that changes one of its assumptions. The
            bundled one is taken with the starting priors of the schema, lest an estimate depend on the one before it.
    """
    before = load_scenario(case.scenario, {"coefficients": ""}) if scenario is None else scenario
    plain = with_fixed_coefficients(before)
    model = NegotiationModel(plain, until=case.until)
    world, j = model.world, plain.institution_ids.index(case.name)
    rows = np.flatnonzero(scored(plain, world.setting.codes, case.name))
    codes = tuple(world.setting.codes[i] for i in rows)
    days = _days(case, plain, codes)
    known = days[:, 1] - days[:, 0] <= LONGEST_SPAN
    visible = np.where(known, days.mean(axis=1), days[:, 1])
    at = world.endorse_at if case.status == "endorsed" else world.sign_at
    months: list[float] = []
    covariates: list[Floats] = []
    offset: list[Floats] = []
    first, last, seen = (np.full(len(rows), -1, dtype=np.intp) for _ in range(3))
    while model.running:
        now = model.next_round()
        at[rows, j] = np.where(visible < now.end, 0.0, LATER)
        model.step()
        assert model.decided is not None
        factors = model.decided.endorse_factor if case.status == "endorsed" else model.decided.sign_factor
        if factors[j] <= 0.0:
            continue
        overlaps = (days[:, 0] < now.end) & (days[:, 1] >= now.start)
        first[overlaps & (first < 0)] = len(months)
        last[overlaps] = len(months)
        seen[(visible < now.end) & (seen < 0)] = len(months)
        months.append(now.days / 30.0)
        x, rest = _row(model, case, j, now)
        covariates.append(x[rows])
        offset.append(rest[rows])
    assert ((first >= 0) == np.isfinite(days[:, 0])).all()   # whoever joined did so while joining was open
    faced = np.minimum(np.arange(len(months))[:, None], np.where(seen >= 0, seen, len(months)))
    own, payoff = np.arange(len(rows)), len(PAYOFF)
    x = np.array(covariates)
    x[:, :, :payoff] = x[faced, own, :payoff]
    return Episodes(case, codes, np.array(months), x, np.array(offset)[faced, own], first, last)


def _days(case: Case, scenario: Scenario, codes: tuple[str, ...]) -> Floats:
    """First and last day on which each state may have joined, after the freeze date, NaN for those that did not, (n, 2).

    Days are rounds' own: one on which a round ends belongs to the next, but for the last, on which joining closes.
    """
    history = accessions(case).reindex(list(codes)) - np.datetime64(scenario.freeze_date, "D")
    days = history.apply(lambda column: column.dt.days).to_numpy(dtype=float)
    return np.minimum(days, scenario.day(case.until) - 0.5)


def _row(model: NegotiationModel, case: Case, j: int, now: Round) -> tuple[Floats, Floats]:
    """Covariates (N, K) and offset (N,) of the round that the model has just run."""
    terms = model.payoff.terms[:, :, j]
    setting, bodies = model.world.setting, model.institutions
    endorsing = case.status == "endorsed"
    opens, closes = (bodies.endorse_opens, bodies.endorse_closes) if endorsing else (bodies.opens, bodies.closes)
    launched = bool((setting.endorse_launch if endorsing else setting.sign_launch)[j])
    launch = launch_share(Window(opens[j], closes[j], launched), now.start, now.end)
    assert launch in (0.0, 1.0)   # a round that is a launch in part has no log hazard that is linear in the coefficient
    near = closeness(now.start, now.end, closes[j])
    n = terms.shape[1]
    columns = [*_covariates(model, j, PAYOFF), np.full(n, launch), np.full(n, near)]
    rest = terms.sum(axis=0) - terms[list(PAYOFF.values())].sum(axis=0)
    if endorsing:
        differs = setting.scenario.decision.endorse
        columns[list(PAYOFF).index("b_fit")] *= differs.fit_share
        rest = rest + differs.b0 - (1 - differs.cost_share) * terms[COST]
    return np.stack(columns, axis=1), rest


def at_start(scenario: Scenario, institution: str) -> Floats:
    """Covariates of all states on the freeze date, those that only a course of events moves left out, (N, T)."""
    model = NegotiationModel(with_fixed_coefficients(scenario))
    model.payoff.update(0.0)
    static = {name: row for name, row in PAYOFF.items() if row != PEERS}
    return np.stack(_covariates(model, scenario.institution_ids.index(institution), static), axis=1)


def _covariates(model: NegotiationModel, j: int, terms: Mapping[str, int]) -> list[Floats]:
    """What stands beside each coefficient: the term over its coefficient."""
    return [model.payoff.terms[row, :, j] / model.payoff.coefficients[name][j] for name, row in terms.items()]


def with_fixed_coefficients(scenario: Scenario) -> Scenario:
    """Every coefficient at the mean of its prior, and no nation effect: history, not chance, is to drive the run.

    Those of covariates are 1 where they are 0, lest the term be 0 and hide the covariate.
    """
    values = {name: getattr(scenario.decision, name) for name in COEFFICIENTS}
    means = {name: value.mean if isinstance(value, Prior) else value for name, value in values.items()}
    fixed = {f"decision.{name}": 1.0 if name in PAYOFF and mean == 0.0 else mean for name, mean in means.items()}
    return replace(scenario, {**fixed, "decision.s_u": 0.0, "nations.sigma_ideal": 0.0})
