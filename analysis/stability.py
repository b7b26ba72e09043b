"""Who would leave the final membership of an institution, who would join it, and where such moves would end."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from waico.agents.world import ENDORSED, OUTSIDE
from waico.analysis.bodies import row_of
from waico.analysis.coalition import Rest, best_responses, destabilizers, worth
from waico.model import NegotiationModel
from waico.negotiation.course import Course
from waico.negotiation.payoff import Payoff
from waico.negotiation.prospects import is_active
from waico.negotiation.terms import TERMS
from waico.scenarios.errors import InputError
from waico.scenarios.schema import Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Accession:
    """The game of joining one institution, as a run has left it: text, offers, partners and other bodies stand still.

    The payoff of being in is the model's u, that of being out 0; the intercepts only set the pace of joining. Three
    terms of u count who is inside, the state itself included: the breach of the rival's camp, crowding and the weight
    inside. (Ties to oneself are 0, so that peers do not, and exclusivity looks at the other body.) Hence `gain` must be
    read, as `waico.analysis.coalition` does, for states that are outside the coalition it is asked about. Inside is who
    has endorsed or more, as for every term of u.

    Attributes:
        codes, weight: ISO3 codes, and shares of the world, (N,).
        inside: who is inside as the run stands, (N,).
        free: who may come and go, (N,): at risk, let in by the gate, not withdrawn, and neither kept out nor forced in.
    """

    def __init__(self, model: NegotiationModel, institution: str | None = None) -> None:
        """Copy what the payoff reads; the model stays as it is.

        Args:
            model: a run, usually one that has ended.
            institution: its id; the first one if not given.

        Raises:
            InputError: there is no such institution, or it is not on the table or in force.
        """
        setting = model.world.setting
        self._j = j = _active_row(model, institution)
        self.institution = setting.bodies[j]
        self._world = copy.copy(model.world)
        self._world.status = model.world.status.copy()
        self._payoff = Payoff(self._world, model.institutions, model.payoff.coefficients)
        self._day = model.round.end if model.round else 0.0
        self.codes, self.weight = setting.codes, setting.weight
        self.inside = model.world.status[:, j] >= ENDORSED
        thresholds = np.stack([model.world.endorse_at[:, j], model.world.sign_at[:, j]])
        forced = (thresholds[0] == 0.0) | np.isinf(thresholds).any(axis=0)   # no draw is 0 or infinite
        may = setting.at_risk[:, j] & model.world.invited[:, j]
        self.free = may & (model.world.status[:, j] >= OUTSIDE) & ~forced

    def gain(self, inside: Flags) -> Floats:
        """The payoff u of every state if those `inside` were the members, (N,)."""
        self._update(inside)
        return self._payoff.total[:, self._j].copy()

    def terms(self, inside: Flags) -> Floats:
        """Terms of u if those `inside` were the members, (T, N)."""
        self._update(inside)
        return self._payoff.terms[:, :, self._j].copy()

    def _update(self, inside: Flags) -> None:
        self._world.status[:, self._j] = np.where(inside, ENDORSED, OUTSIDE)
        self._payoff.update(self._day)


def _active_row(model: NegotiationModel, institution: str | None) -> int:
    setting = model.world.setting
    row = row_of(setting, institution)
    if not is_active(model.institutions)[row]:
        active = [body for body, on in zip(setting.bodies, is_active(model.institutions), strict=True) if on]
        what = f"'{setting.bodies[row]}' has no members, as it was not tabled or its talks failed"
        raise InputError(setting.scenario.name, "institution", what, f"give one of {', '.join(active) or 'none'}")
    return row


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """Where the moves of states end, from nobody or everybody inside.

    Attributes:
        members: codes of the states inside, the sponsor included.
        rounds: rounds of moves. in_turn: whether states had to move one after another.
        cycled: whether moves went round in a circle even so; then `members` is a coalition on it and no equilibrium.
    """

    members: tuple[str, ...]
    rounds: int
    in_turn: bool
    cycled: bool


@dataclass(frozen=True, eq=False)
class Stability:
    """Whether the membership of an institution at the end of a run would last, and who would change it.

    Attributes:
        institution, replicate: whose, and in which run.
        members: codes of the states inside (endorsed or more), the sponsor included.
        leavers: members that gain by leaving, alone, the keenest first. Columns: iso3, u (payoff of staying, below 0),
            term (the one that weighs most against staying), weight (share of the world).
        joiners: outsiders that gain by joining, likewise: u above 0, and the term that speaks most for it.
        low, high: where moves end from nobody free inside, and from everybody free.
    """

    institution: str
    replicate: int
    members: tuple[str, ...]
    leavers: pd.DataFrame
    joiners: pd.DataFrame
    low: Equilibrium
    high: Equilibrium

    @property
    def internal(self) -> bool:
        """No member gains by leaving."""
        return self.leavers.empty

    @property
    def external(self) -> bool:
        """No outsider gains by joining."""
        return self.joiners.empty

    @property
    def multiple(self) -> bool:
        """Whether two different equilibria were found. Where members crowd each other, there may be more."""
        return not (self.low.cycled or self.high.cycled) and self.low.members != self.high.members

    @property
    def distance(self) -> float:
        """Jaccard distance of the memberships at both ends, in [0, 1]; 0 if both are empty."""
        low, high = frozenset(self.low.members), frozenset(self.high.members)
        return 1.0 - len(low & high) / len(low | high) if low | high else 0.0


def stability(model: NegotiationModel, institution: str | None = None) -> Stability:
    """Internal and external stability of a membership as it stands, with the states that would destabilize it.

    After d'Aspremont et al. (1983) and Carraro & Siniscalco (1993): no member gains by leaving, no outsider by joining,
    each taken alone. Both ends of multiple equilibria come from best responses with low and high seeding. Members of a
    bloc that decides as one are asked one by one too. The model is not changed.

    Raises:
        InputError: there is no such institution, or it is not on the table or in force.
    """
    game = Accession(model, institution)
    held = game.inside & ~game.free
    leaving, joining = destabilizers(game.gain, game.inside, game.free)
    return Stability(
        institution=game.institution, replicate=model.draws.replicate, members=_names(game, game.inside),
        leavers=_movers(game, leaving), joiners=_movers(game, joining),
        low=_equilibrium(game, best_responses(game.gain, held, game.free)),
        high=_equilibrium(game, best_responses(game.gain, held | game.free, game.free)),
    )  # fmt: skip


def _names(game: Accession, inside: Flags) -> tuple[str, ...]:
    return tuple(game.codes[i] for i in np.flatnonzero(inside))


def _equilibrium(game: Accession, rest: Rest) -> Equilibrium:
    return Equilibrium(_names(game, rest.inside), rest.rounds, rest.in_turn, rest.cycled)


def _movers(game: Accession, movers: Flags) -> pd.DataFrame:
    """States that would move, those that gain most first: payoff of being inside, the term behind it, weight."""
    u = worth(game.gain, game.inside, movers)
    rows = sorted(np.flatnonzero(movers).tolist(), key=lambda i: (-round(abs(float(u[i])), 12), i))
    return pd.DataFrame({
        "iso3": pd.Series([game.codes[i] for i in rows], dtype=str),
        "u": u[rows],
        "term": pd.Series([_decisive(game, i) for i in rows], dtype=str),
        "weight": game.weight[rows],
    })  # fmt: skip


def _decisive(game: Accession, i: int) -> str:
    """The term that weighs most against staying for a member, or for joining for an outsider."""
    others = game.inside.copy()
    others[i] = False
    terms = np.round(game.terms(others)[:, i], 12)
    return TERMS[int(terms.argmin() if game.inside[i] else terms.argmax())]


def final_stability(
    scenario: Scenario, *, seed: int = 0, replicates: int = 1, until: date | None = None
) -> Iterator[Stability]:
    """Stability at the end of every replicate, of every institution that is then on the table or in force.

    Args:
        scenario: what to run.
        seed: whole number.
        replicates: number of runs, from 1.
        until: last day simulated, if that is before the scenario's horizon.

    Raises:
        InputError: the scenario asks for data or rules that do not exist.
    """
    course = Course(scenario)
    for replicate in range(replicates):
        model = NegotiationModel(scenario, rng=seed, replicate=replicate, until=until, course=course)
        model.run_model()
        for j in np.flatnonzero(is_active(model.institutions)).tolist():
            yield stability(model, model.world.setting.bodies[j])


def stability_table(found: list[Stability]) -> pd.DataFrame:
    """One row per replicate and institution.

    Columns: replicate, institution, members, internal, external, leavers and joiners (numbers of states), low and high
    (members at both ends; NaN where moves went round in a circle), multiple, distance (NaN likewise).
    """
    rows = []
    for one in found:
        low, high = (np.nan if end.cycled else float(len(end.members)) for end in (one.low, one.high))
        rows.append({
            "replicate": one.replicate, "institution": one.institution, "members": len(one.members),
            "internal": one.internal, "external": one.external, "leavers": len(one.leavers),
            "joiners": len(one.joiners), "low": low, "high": high, "multiple": one.multiple,
            "distance": one.distance + 0.0 * (low + high),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "replicate", "institution", "members", "internal", "external", "leavers", "joiners", "low", "high", "multiple",
    "distance",
]  # fmt: skip


def destabilizing_states(found: list[Stability]) -> pd.DataFrame:
    """How often each state destabilizes an institution, most often first.

    Columns: institution, iso3, leaves and joins (shares in which the state gains by leaving or by joining, of the
    replicates in which the institution is on the table or in force), share (their sum), term (the most frequent one).
    """
    runs = pd.Series([one.institution for one in found], dtype=str).value_counts()
    moves = [
        table.assign(institution=one.institution, leaves=float(leaves), joins=float(not leaves))
        for one in found
        for table, leaves in ((one.leavers, True), (one.joiners, False))
        if not table.empty
    ]
    columns = ["institution", "iso3", "leaves", "joins", "share", "term"]
    if not moves:
        return pd.DataFrame(columns=columns)
    groups = pd.concat(moves, ignore_index=True).groupby(["institution", "iso3"])
    table = groups[["leaves", "joins"]].sum().reset_index()
    for column in ("leaves", "joins"):
        table[column] /= table["institution"].map(runs)
    table["share"] = table["leaves"] + table["joins"]
    table["term"] = groups["term"].agg(lambda terms: terms.mode().iloc[0]).to_numpy()
    ordered = table.sort_values(["institution", "share", "iso3"], ascending=[True, False, True], ignore_index=True)
    return ordered[columns]
