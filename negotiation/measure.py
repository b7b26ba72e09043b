"""Stage 7, measure: consensus, depth, breadth, fault lines at the end of a round, and the outcome class of a run.

Counts and breadth leave out both principals and states that withdrew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from waico.agents import Institutions, Setting, World
from waico.agents.compiled import compiled
from waico.agents.institution import IN_FORCE, NEVER
from waico.agents.world import ENDORSED, RATIFIED, SIGNED

if TYPE_CHECKING:
    from waico.negotiation.history import History

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MEASURES = (
    "endorsed", "signed", "ratified", "firms", "breadth_states", "breadth_gdp", "breadth_population", "breadth_weight",
    "agreement", "objection_weight", "depth", "fault_line", "camp_distance", "display_gap", "hedgers", "overlap",
)  # fmt: skip
(
    _ENDORSED, _SIGNED, _RATIFIED, _FIRMS, _STATES, _GDP, _POPULATION, _WEIGHT,
    _AGREEMENT, _OBJECTION, _DEPTH, _FAULT_LINE, _CAMP_DISTANCE, _DISPLAY_GAP, _HEDGERS, _OVERLAP,
) = range(len(MEASURES))  # fmt: skip


def measure(world: World, institutions: Institutions, axis: Axis) -> Floats:
    """All measures at the end of a round, (M, J), in the order of `MEASURES`. Reads everything, writes nothing."""
    setting = world.setting
    measured = np.zeros((len(MEASURES), len(institutions)))
    _measure(
        world.status, world.partner, setting.at_risk, setting.rival_body, setting.gdp, setting.population, setting.weight,
        world.stated, institutions.conceded, world.salience, world.tolerance, world.floor, world.ceiling,
        institutions.text, setting.status_quo, setting.depth_mask, axis.direction, axis.origin, axis.camp, measured,
    )  # fmt: skip
    return measured


class Axis:
    """The line from sponsor to rival on which camps are compared, fixed at the start of a run.

    Attributes:
        direction: positions @ direction is 0 at the sponsor and 1 at the rival, up to the origin, (K, J).
        origin: (J,). camp: +1 sponsor's, -1 rival's camp among the states at risk, (N, J).
    """

    def __init__(self, setting: Setting) -> None:
        """Take the axis from the principals' ideal points without noise, the camps from shared clubs."""
        start = setting.ideal[setting.sponsor]
        line = setting.ideal[setting.rival] - start
        length = (line**2).sum(axis=1, keepdims=True)
        line = np.divide(line, length, out=np.zeros_like(line), where=length > 0)
        self.direction = np.ascontiguousarray(line.T)
        self.origin = (start * line).sum(axis=1)
        self.camp = setting.camp * setting.at_risk


@compiled
def _measure(
    status: NDArray[np.int8], partner: Flags, at_risk: Flags, rival_body: NDArray[np.intp], gdp: Floats, population: Floats,
    weight: Floats, stated: Floats, conceded: Floats, salience: Floats, tolerance: Floats, floor: Floats, ceiling: Floats, text: Floats,
    status_quo: Floats, depth_mask: Floats, direction: Floats, origin: Floats, camp: NDArray[np.int8], out: Floats,
) -> None:  # fmt: skip
    """Fill in the measures of states and texts, institution by institution, from positions at its table."""
    n, bodies = status.shape
    position = np.empty_like(stated)
    for j in range(bodies):
        r = rival_body[j]
        total, either = np.zeros(4), 0
        distance = 0.0
        for f in range(len(partner)):
            out[_FIRMS, j] += partner[f, j]
        for k in range(text.shape[1]):
            out[_DEPTH, j] += depth_mask[k] * text[j, k]
        for i in range(n):
            excess, crossed = -tolerance[i], False
            for k in range(text.shape[1]):
                position[i, k] = min(max(stated[i, k] + conceded[j, i, k], 0.0), 1.0)
                x, y, q, s = position[i, k], text[j, k], status_quo[j, k], salience[i, k]
                distance += weight[i] * s * abs(x - y)
                excess += s * ((x - y) ** 2 - (x - q) ** 2)
                crossed |= y < floor[i, k] or y > ceiling[i, k]
            if excess > 0.0 or crossed:
                out[_OBJECTION, j] += weight[i]
            if not at_risk[i, j]:
                continue
            shares = (1.0, gdp[i], population[i], weight[i])
            for m in range(4):
                total[m] += shares[m]
            out[_ENDORSED, j] += status[i, j] >= ENDORSED
            out[_RATIFIED, j] += status[i, j] >= RATIFIED
            signed = status[i, j] >= SIGNED
            if signed:
                out[_SIGNED, j] += 1.0
                for m in range(4):
                    out[_STATES + m, j] += shares[m]
            in_rival = r >= 0 and status[i, r] >= SIGNED and at_risk[i, r]
            out[_HEDGERS, j] += signed and in_rival
            either += signed or in_rival
        for m in range(4):
            out[_STATES + m, j] /= total[m]
        out[_AGREEMENT, j] = 1.0 - distance
        out[_OVERLAP, j] = out[_HEDGERS, j] / either if either > 0 else np.nan
        out[_DISPLAY_GAP, j] = (out[_ENDORSED, j] - out[_DEPTH, j] * out[_RATIFIED, j]) / total[0]
        out[_FAULT_LINE, j], out[_CAMP_DISTANCE, j] = _fault_line(position, direction[:, j], origin[j], camp[:, j])


@compiled
def _fault_line(position: Floats, direction: Floats, origin: float, camp: NDArray[np.int8]) -> tuple[float, float]:
    """How far the two camps stand apart on the axis.

    Returns:
        Between-camp share of the variance (eta squared), and distance of the camps' means; NaN for a camp below two.
    """
    place = np.dot(position, np.ascontiguousarray(direction)) - origin
    size, sums = np.zeros(2), np.zeros(2)
    for i in range(len(camp)):
        if camp[i] != 0:
            side = 0 if camp[i] > 0 else 1
            size[side] += 1.0
            sums[side] += place[i]
    if size.min() < 2.0:
        return np.nan, np.nan
    mean = sums.sum() / size.sum()
    spread = 0.0
    for i in range(len(camp)):
        if camp[i] != 0:
            spread += (place[i] - mean) ** 2
    means = sums / size
    between = (size * (means - mean) ** 2).sum()
    return between / spread if spread > 0.0 else np.nan, abs(means[0] - means[1])


def polarization(world: World, institutions: Institutions, axis: Axis, j: int, alpha: float = 0.5) -> float:
    """Polarization of weighted positions at the table of institution `j`, on its axis (Duclos, Esteban & Ray 2004).

    P = sum_i w_i f(z_i)^alpha a(z_i), with f the kernel density and a(z) the mean distance to all others; the
    bandwidth is Silverman's. 0 where all stand in one place.
    """
    place = institutions.positions(world.stated, j) @ axis.direction[:, j] - axis.origin[j]
    weight = world.setting.weight
    mean = (weight * place).sum()
    spread = float(np.sqrt((weight * (place - mean) ** 2).sum()))
    if spread < 1e-12:
        return 0.0
    width = 1.06 * spread * len(place) ** -0.2
    gap = place[:, None] - place[None, :]   # the largest array of a run: worked on in place
    distance = np.abs(gap, out=gap) @ weight
    gap /= width
    np.square(gap, out=gap)
    gap *= -0.5
    density = np.exp(gap, out=gap) @ weight / (width * np.sqrt(2.0 * np.pi))
    return float((weight * density**alpha * distance).sum())


def outcome(history: History, institutions: Institutions) -> str:
    """Class of the first institution at the end; the first that matches, in the order of the thresholds."""
    setting = institutions.setting
    limits = setting.scenario.outcome
    last = dict(zip(MEASURES, history.measured[-1][:, 0], strict=True))
    if not institutions.adopted(0):
        return "no_text"
    in_force = institutions.round_in_force[0]
    deadline = institutions.closes[0] + limits.force_days
    if in_force == NEVER or history.end[in_force - 1] > deadline:
        return "declaration" if last["depth"] < limits.declaration_depth else "unratified"
    rival = int(setting.rival_body[0])
    if rival >= 0 and institutions.stage[rival] == IN_FORCE:
        shares = last["breadth_states"], history.measured[-1][_STATES, rival]
        if min(shares) >= limits.bloc_share and last["overlap"] < limits.bloc_overlap:
            return "rival_blocs"
    if last["depth"] < limits.thin_depth:
        return "thin_body"
    if last["breadth_states"] < limits.club_states or last["breadth_weight"] < limits.club_weight:
        return "narrow_club"
    return "binding_regime"


OUTCOMES = ("no_text", "declaration", "unratified", "rival_blocs", "thin_body", "narrow_club", "binding_regime")
