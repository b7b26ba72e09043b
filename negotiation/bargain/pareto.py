"""Efficient texts of spatial bargaining (the contract set), and how far a text is from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

Floats = NDArray[np.float64]

EFFICIENT = 1e-9
STEPS = 200
SHARES = np.linspace(0.1, 0.9, 9)
"""Shares of the first of two actors at which the contract curve of each pair is looked at."""


def pareto_distance(position: Floats, salience: Floats, text: Floats) -> float:
    """Euclidean distance of a text (K,) to `nearest_pareto_text`, in units of positions; 0 if it is efficient."""
    distance = float(np.linalg.norm(nearest_pareto_text(position, salience, text) - text))
    return distance if distance > EFFICIENT else 0.0


def nearest_pareto_text(position: Floats, salience: Floats, text: Floats) -> Floats:
    """The efficient text nearest to `text`.

    A text is efficient if no other makes somebody better off and nobody worse off. Under the losses sum_k s_ik (x_ik -
    y_k)^2 these are the weighted means y_k = sum_i l_i s_ik x_ik / sum_i l_i s_ik with weights l > 0, and their limits
    (Geoffrion 1968): the convex hull of positions if all have the same salience. An issue that nobody cares about
    stays as it is.

    Whether a text is efficient is decided within 1e-9, by non-negative least squares. Otherwise the nearest efficient
    text is found for one issue, for one actor and for equal saliences; where saliences differ the set is not convex,
    and it is the best of the local minima reached by Gauss-Newton steps on l from three starts: the least-squares
    weights, equal weights, and the nearest point of those tried on the contract curves of pairs. The distance is then
    never too small.

    Args:
        position: ideal points in [0, 1], shape (n, K).
        salience: weights of issues, not negative, shape (n, K); the scale of a row does not matter.
        text: shape (K,).

    Returns:
        The nearest efficient text, shape (K,).
    """
    return np.asarray(text + _step(position - text, salience))


def _step(offset: Floats, salience: Floats) -> Floats:
    """The shortest step (k,) to an efficient text, from a text to which positions have the offset (n, k)."""
    actors, issues = (salience > 0).any(axis=1), (salience > 0).any(axis=0)
    step = np.zeros(offset.shape[1])
    if issues.any():
        step[issues] = _shortest(offset[np.ix_(actors, issues)], salience[np.ix_(actors, issues)])
    return step


def _shortest(offset: Floats, salience: Floats) -> Floats:
    """`_step` where everybody cares about some issue, and somebody about every issue."""
    if offset.shape[1] == 1:
        return np.clip(np.zeros(1), offset.min(axis=0), offset.max(axis=0))
    weight = salience / salience.max(axis=1, keepdims=True)
    weight = weight / weight.max(axis=0)   # means do not depend on the scale of an issue
    step = _from(offset, weight, _nearest_in_hull((weight * offset).T))
    if np.linalg.norm(step) <= EFFICIENT or len(offset) == 1:
        return step
    starts = [np.full(len(offset), 1.0 / len(offset)), _best_pair(offset, weight)]
    steps = [step, *(_from(offset, weight, start) for start in starts)]
    return min(steps, key=lambda found: round(float(np.linalg.norm(found)), 12))


def _from(offset: Floats, weight: Floats, share: Floats) -> Floats:
    """The shortest step near the efficient text of the actors' shares (n,).

    Where shares leave an issue to nobody who cares about it, those who do may divide it among themselves by shares of
    a lower order, without a say of theirs on the others: two problems apart.
    """
    free = share @ weight == 0.0
    strict = ~weight[:, free].any(axis=1)
    step = np.empty(len(free))
    step[~free] = _descend(offset[np.ix_(strict, ~free)], weight[np.ix_(strict, ~free)], share[strict])
    if free.any():
        step[free] = _step(offset[:, free], weight[:, free])
    return step


def _descend(offset: Floats, weight: Floats, share: Floats) -> Floats:
    """Gauss-Newton on the length of the mean step (k,), over shares (m,) that leave no issue to nobody."""
    step = _mean(offset, weight, share)
    for _ in range(STEPS):
        towards = _nearest_in_hull(step[:, None] + (weight * (offset - step) / (share @ weight)).T)
        before = _square(step)
        share, step = _along(offset, weight, share, step, towards)
        if before - _square(step) <= 1e-13 * before:
            break
    return step


def _along(offset: Floats, weight: Floats, share: Floats, step: Floats, towards: Floats) -> tuple[Floats, Floats]:
    """Shares and step, shorter than `step`, the whole way to `towards` or half of it, and so on; else as they were."""
    for halved in range(30):
        mixed = share + 0.5**halved * (towards - share)
        if (mixed @ weight).min() > 0.0 and _square(trial := _mean(offset, weight, mixed)) < _square(step):
            return mixed, trial
    return share, step


def _square(step: Floats) -> float:
    return float(step @ step)


def _mean(offset: Floats, weight: Floats, share: Floats) -> Floats:
    """The step to the efficient text of the shares: the mean of offsets (k,), by share times salience."""
    return share @ (weight * offset) / (share @ weight)


def _nearest_in_hull(points: Floats) -> Floats:
    """Shares (n,), sum 1, of the point nearest to 0 in the convex hull of columns (k, n); few are not 0.

    By non-negative least squares on the points with a row of ones below (Lawson & Hanson 1974, chapter 23).
    """
    shares, _ = nnls(np.vstack([points, np.ones(points.shape[1])]), np.eye(len(points) + 1)[-1])
    shares[shares <= 1e-14 * shares.max()] = 0.0
    return shares / shares.sum()


def _best_pair(offset: Floats, weight: Floats) -> Floats:
    """Shares (n,) of the shortest step among those tried to the contract curves of two actors."""
    pull, best, shares = weight * offset, np.inf, np.zeros(len(offset))
    for share in SHARES:
        total = share * weight[:, None] + (1.0 - share) * weight
        summed = share * pull[:, None] + (1.0 - share) * pull
        length = (np.divide(summed, total, out=np.zeros_like(total), where=total > 0.0) ** 2).sum(axis=2)
        if length.min() < best - 1e-12:
            i, j = np.unravel_index(np.argmin(length), length.shape)
            best, shares = length.min(), np.zeros(len(offset))
            shares[i] += share
            shares[j] += 1.0 - share
    return shares
