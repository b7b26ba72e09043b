"""Axiomatic solutions of spatial bargaining: the texts of Nash and of Kalai and Smorodinsky, and how far a text is off.

Actor i loses L_i(y) = sum_k s_ik (x_ik - y_k)^2 by a text y and gains g_i(y) = L_i(q) - L_i(y) over the status quo q.
In steps d = y - q this is g_i = b_i . d - s_i . d^2 with b_ik = 2 s_ik (x_ik - q_k): concave, and exact near q.
Both solutions leave out whoever cares about no issue (it gains nothing by any text, so it can block none), keep the
status quo on issues that nobody whose consent is needed cares about, and lie in the box spanned by positions and q.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from waico.negotiation.bargain.interior_point import interior_point
from waico.negotiation.bargain.pareto import pareto_distance

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

LEAST_GAIN = 1e-9
"""No text is agreed if it cannot give everybody more than this share of the loss that the status quo costs them."""


class Distances(NamedTuple):
    """Euclidean distances of a text to three solutions, in units of positions; NaN where a solution does not exist."""

    nash: float
    kalai_smorodinsky: float
    pareto: float


class _Gains(NamedTuple):
    """Gains of the actors that count, g = linear . d - square . d^2, as shares of L_i(q)."""

    linear: Floats   # (m, k), of the m actors and k issues that count
    square: Floats   # (m, k), not negative
    actors: Mask   # (n,), which ones count
    issues: Mask   # (K,), which ones somebody among them cares about

    def at(self, step: Floats) -> Floats:
        """Gains (m,) of a step (k,) from the status quo."""
        return self.linear @ step - self.square @ step**2

    def text(self, status_quo: Floats, step: Floats) -> Floats:
        """The text (K,) one step (k,) from the status quo."""
        text = status_quo.astype(np.float64)
        text[self.issues] += step
        return text


def nash_text(
    position: Floats,
    salience: Floats,
    status_quo: Floats,
    power: Floats,
    consent: Mask,
    start: Floats | None = None,
) -> Floats | None:
    """The asymmetric Nash bargaining solution, with the status quo as disagreement.

    Maximizes sum_i a_i log g_i(y) over those whose consent is needed, subject to g_i(y) > 0 (Nash 1950; with powers
    a_i Harsanyi & Selten 1972, Kalai 1977). Who has consent but no power keeps its veto: the solution is the limit as
    such powers vanish together, so that g_i(y) >= 0; if nobody has power, all have the same. Accurate to 1e-8.

    Args:
        position: ideal points in [0, 1], shape (n, K).
        salience: weights of issues, not negative, shape (n, K); the scale of a row does not matter.
        status_quo: what holds without a text, shape (K,).
        power: bargaining power, not negative, shape (n,); the scale does not matter.
        consent: whose consent is needed, shape (n,); the others do not count.
        start: a text near the solution, shape (K,), which saves time and changes nothing.

    Returns:
        The text, shape (K,), or None if no text gives all of them more than `LEAST_GAIN` of L_i(q), as when one of
        them has all it wants already, or if there is nobody to agree.
    """
    if (agreeable := _agreeable(position, salience, status_quo, consent, start)) is None:
        return None
    gains, inside = agreeable
    strength = power[gains.actors]
    return gains.text(status_quo, _nash_step(gains, strength if strength.any() else np.ones(len(strength)), inside))


def kalai_smorodinsky_text(
    position: Floats, salience: Floats, status_quo: Floats, consent: Mask
) -> Floats | None:
    """The Kalai-Smorodinsky solution (Kalai & Smorodinsky 1975): equal shares, as large as possible, of ideal gains.

    Maximizes the least of g_i(y) / ideal_i over those whose consent is needed, where ideal_i is the largest gain of i
    among the texts by which none of them loses. With three or more actors the largest least share may leave room to
    some: the text is then weakly efficient, the analytic centre of those that reach it, and not the lexicographic
    solution (Imai 1983).

    Args:
        position: ideal points in [0, 1], shape (n, K).
        salience: weights of issues, not negative, shape (n, K); the scale of a row does not matter.
        status_quo: what holds without a text, shape (K,).
        consent: whose consent is needed, shape (n,); the others do not count.

    Returns:
        The text, shape (K,), or None where `nash_text` is None.
    """
    if (agreeable := _agreeable(position, salience, status_quo, consent)) is None:
        return None
    gains, inside = agreeable
    ideal = np.array([gains.at(_nash_step(gains, alone, inside)) for alone in np.eye(len(gains.linear))]).diagonal()
    shares = gains._replace(linear=gains.linear / ideal[:, None], square=gains.square / ideal[:, None])
    return gains.text(status_quo, _largest_least(shares, inside))


def distances(
    position: Floats, salience: Floats, status_quo: Floats, power: Floats, consent: Mask, text: Floats
) -> Distances:
    """How far a text (K,) is from the two solutions, and from the texts efficient for all actors, consent or not.

    The arguments are those of `nash_text`.
    """
    nash = nash_text(position, salience, status_quo, power, consent)
    equal = None if nash is None else kalai_smorodinsky_text(position, salience, status_quo, consent)
    return Distances(_distance(text, nash), _distance(text, equal), pareto_distance(position, salience, text))


def _distance(text: Floats, solution: Floats | None) -> float:
    return float("nan") if solution is None else float(np.linalg.norm(text - solution))


def _agreeable(
    position: Floats, salience: Floats, status_quo: Floats, consent: Mask, start: Floats | None = None
) -> tuple[_Gains, Floats] | None:
    """Gains of those who count and a step by which all gain: the start if it will do, else the largest least gain."""
    if (gains := _gains(position, salience, status_quo, consent)) is None:
        return None
    step = np.zeros(gains.linear.shape[1]) if start is None else (start - status_quo)[gains.issues]
    if gains.at(step).min() > 1e3 * LEAST_GAIN:   # well inside, so that Newton steps are few
        return gains, step
    step = _largest_least(gains, step)
    return (gains, step) if gains.at(step).min() > LEAST_GAIN else None


def _gains(position: Floats, salience: Floats, status_quo: Floats, consent: Mask) -> _Gains | None:
    """Gains of those who count; None if there is nobody, or somebody stands at the status quo (within 1e-9)."""
    actors: Mask = consent & np.asarray((salience > 0).any(axis=1))
    if not actors.any():
        return None
    issues: Mask = np.asarray((salience[actors] > 0).any(axis=0))
    offset = (position - status_quo)[np.ix_(actors, issues)]
    weight = salience[np.ix_(actors, issues)]
    weight = weight / weight.max(axis=1, keepdims=True)
    loss = (weight * offset**2).sum(axis=1, keepdims=True)
    if loss.min() <= 1e-18:
        return None
    return _Gains(2.0 * weight * offset / loss, weight / loss, actors, issues)


def _nash_step(gains: _Gains, power: Floats, inside: Floats) -> Floats:
    """The step that maximizes sum power log g, from a step `inside`, by which everybody gains."""
    return interior_point(gains.linear, gains.square, np.zeros(len(inside)), power / power.sum(), inside)


def _largest_least(gains: _Gains, step: Floats) -> Floats:
    """The step with the largest least gain t: maximizes t subject to g - t >= 0, from any step."""
    linear = np.column_stack([gains.linear, -np.ones(len(gains.linear))])
    square = np.column_stack([gains.square, np.zeros(len(gains.linear))])
    level = gains.at(step).min() - 1.0
    goal = np.eye(len(step) + 1)[-1]
    return interior_point(linear, square, goal, np.zeros(len(linear)), np.append(step, level))[:-1]
