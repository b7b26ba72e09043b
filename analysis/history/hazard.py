"""Penalized maximum likelihood of the discrete-time hazard of accession, with history given.

In round r state i joins with probability 1 - exp(-Lambda_ir), Lambda_ir = exp(b0 + x_ir b + offset_ir) months_r, the complementary
log-log model of grouped durations (Prentice & Gloeckler 1978). A state known to have joined within a span of rounds
contributes the probability of surviving to its start and not to its end; one that has not joined, that of surviving all.
Priors are normal and enter as penalties, so that the estimate is the mode of the posterior; its spread is that of the
normal approximation there (Laplace). Bodies have intercepts of their own, normal around a common mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize, minimize_scalar

from waico.analysis.history.episodes import Episodes

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

SPREAD_PRIOR = (3.0, 2.0)   # degrees of freedom and scale of the scaled inverse chi-squared prior of the spread of intercepts
STEPS = 20   # of the iteration between intercepts and their spread; it settles within a few


@dataclass(frozen=True)
class Normal:
    """Priors of K coefficients: mean, standard deviation and lower bound (-inf for none), (K,) each."""

    mean: Floats
    sd: Floats
    lower: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates from J cases.

    Attributes:
        mean, sd: of the K coefficients, (K,). covariance: of them and of the common intercept, which comes last, (K + 1, K + 1).
        intercepts: of each case, (J,).
        intercept: their common mean. spread: standard deviation of intercepts around it.
        intercept_se: standard error of the common mean.
        log_likelihood: of each case at the estimate, (J,).
    """

    mean: Floats
    sd: Floats
    covariance: Floats
    intercepts: Floats
    intercept: float
    intercept_se: float
    spread: float
    log_likelihood: Floats


def log_likelihood(data: Episodes, intercept: float, b: Floats) -> tuple[float, Floats]:
    """Log-likelihood of a case and its gradient in (intercept, b), (K + 1,)."""
    parts = _parts(data, intercept, b)
    value = -(parts.hazard * parts.before).sum() + np.log(-np.expm1(-parts.summed)).sum()
    odds = np.zeros(len(data.joined))
    odds[data.joined] = parts.odds
    share = parts.hazard * (parts.within * odds - parts.before)
    return float(value), np.append(share.sum(), np.tensordot(share, data.covariates, 2))


def curvature(data: Episodes, intercept: float, b: Floats) -> Floats:
    """Hessian of the log-likelihood of a case in (intercept, b), (K + 1, K + 1)."""
    parts = _parts(data, intercept, b)
    rounds, n, k = data.covariates.shape
    x = np.concatenate([np.ones((rounds, n, 1)), data.covariates], axis=2)
    odds = np.zeros(n)
    odds[data.joined] = parts.odds
    share = (parts.hazard * (parts.within * odds - parts.before)).reshape(-1, 1)
    flat = x.reshape(-1, k + 1)
    slope = np.einsum("rn,rnk->nk", parts.hazard * parts.within, x)[data.joined]   # derivative of the summed hazard
    return np.asarray(flat.T @ (flat * share) - slope.T @ (slope * (parts.odds * (1.0 + parts.odds))[:, None]))


class _Parts(NamedTuple):
    """What value, gradient and Hessian share.

    Attributes:
        hazard: (R, n). before, within: whether a round lies before, or within, the span in which the state joined, (R, n).
        summed: hazard over the span, of those that joined. odds: derivative of log(1 - exp(-summed)).
    """

    hazard: Floats
    before: Flags
    within: Flags
    summed: Floats
    odds: Floats


def _parts(data: Episodes, intercept: float, b: Floats) -> _Parts:
    hazard = np.exp(intercept + data.covariates @ b + data.offset) * data.months[:, None]
    number = np.arange(len(data.months))[:, None]
    before = np.where(data.joined, number < data.first, True)
    within = (number >= data.first) & (number <= data.last) & data.joined
    summed = (hazard * within).sum(axis=0)[data.joined]
    return _Parts(hazard, before, within, summed, 1.0 / np.expm1(summed))


def cumulated(data: Episodes, intercept: float, b: Floats) -> Floats:
    """Hazard of each state summed over all rounds, (n,)."""
    return np.asarray((np.exp(intercept + data.covariates @ b + data.offset) * data.months[:, None]).sum(axis=0))


def null_log_likelihood(data: Episodes) -> float:
    """The highest log-likelihood of a hazard that is the same for all states at all times."""
    rounds, n, _ = data.covariates.shape
    flat = replace(data, covariates=np.zeros((rounds, n, 0)), offset=np.zeros((rounds, n)))
    found = minimize_scalar(lambda intercept: -log_likelihood(flat, intercept, np.zeros(0))[0], bounds=(-20, 10), method="bounded")
    return -float(found.fun)


def fit(cases: Sequence[Episodes], prior: Normal, intercept: tuple[float, float]) -> Fit:
    """Mode and curvature of the posterior of coefficients and intercepts.

    Args:
        cases: at least one.
        prior: of the coefficients, in the order of the covariates.
        intercept: mean and standard deviation of the prior of the common intercept.

    Raises:
        RuntimeError: the optimizer did not arrive, which no data met so far have brought about.
    """
    k, spread = len(prior.mean), SPREAD_PRIOR[1]
    start = np.concatenate([np.full(len(cases) + 1, intercept[0]), np.maximum(prior.mean, prior.lower)])
    for _ in range(STEPS):
        found = _mode(cases, prior, intercept, spread, start)
        bodies, common = found[: len(cases)], found[len(cases)]
        freedom, scale = SPREAD_PRIOR
        new = float(np.sqrt((freedom * scale**2 + ((bodies - common) ** 2).sum()) / (freedom + len(cases))))
        settled, spread, start = abs(new - spread) < 1e-6, new, found
        if settled:
            break
    covariance = np.linalg.inv(-_curvature(found, cases, prior, intercept, spread))
    keep = [*range(len(cases) + 1, len(found)), len(cases)]   # the coefficients, then the common intercept
    b = found[len(cases) + 1 :]
    each = np.array([log_likelihood(data, a, b)[0] for data, a in zip(cases, bodies, strict=True)])
    covariance = covariance[np.ix_(keep, keep)]
    se = np.sqrt(np.diag(covariance))
    return Fit(b, np.asarray(se[:k]), np.asarray(covariance), bodies, float(common), float(se[k]), spread, each)


def _mode(
    cases: Sequence[Episodes], prior: Normal, intercept: tuple[float, float], spread: float, start: Floats
) -> Floats:
    """Where the posterior density is highest, within the bounds."""

    def negative(theta: Floats) -> tuple[float, Floats]:
        value, gradient = _posterior(theta, cases, prior, intercept, spread)
        return -value, -gradient

    bounds = [(None, None)] * (len(cases) + 1) + [(None if np.isinf(low) else low, None) for low in prior.lower]
    found = minimize(negative, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 2000, "ftol": 1e-13})
    if not found.success:
        raise RuntimeError(f"the likelihood has no maximum that could be found ({found.message})")
    return np.asarray(found.x)


def _posterior(
    theta: Floats, cases: Sequence[Episodes], prior: Normal, intercept: tuple[float, float], spread: float
) -> tuple[float, Floats]:
    """Log posterior density up to a constant, and gradient in (intercepts, common intercept, coefficients)."""
    j = len(cases)
    bodies, common, b = theta[:j], theta[j], theta[j + 1 :]
    apart, off, away = (bodies - common) / spread, (common - intercept[0]) / intercept[1], (b - prior.mean) / prior.sd
    value = -0.5 * (apart @ apart + off**2 + away @ away)
    gradient = -np.concatenate([apart / spread, [off / intercept[1] - (apart / spread).sum()], away / prior.sd])
    for row, data in enumerate(cases):
        own, slope = log_likelihood(data, bodies[row], b)
        value += own
        gradient[_places(row, j, len(theta))] += slope
    return float(value), gradient


def _curvature(
    theta: Floats, cases: Sequence[Episodes], prior: Normal, intercept: tuple[float, float], spread: float
) -> Floats:
    """Hessian of the log posterior density."""
    j = len(cases)
    precision = np.concatenate([np.full(j, spread**-2), [j * spread**-2 + intercept[1] ** -2], prior.sd**-2.0])
    hessian = -np.diag(precision)
    hessian[:j, j] = hessian[j, :j] = spread**-2
    for row, data in enumerate(cases):
        places = _places(row, j, len(theta))
        hessian[np.ix_(places, places)] += curvature(data, theta[row], theta[j + 1 :])
    return hessian


def _places(row: int, cases: int, length: int) -> list[int]:
    """Where the intercept of a case and the coefficients stand among all parameters."""
    return [row, *range(cases + 1, length)]
