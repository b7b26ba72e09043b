"""Penalized maximum likelihood of the discrete-time hazard of accession, with history given.

In round r state i joins with probability 1 - exp(-Lambda_ir), Lambda_ir = exp(b0 + x_ir b + offset_ir) months_r, the complementary
log-log model of grouped durations (Prentice & Gloeckler 1978). A state known to have joined within a span of rounds
contributes the probability of surviving to its start and not to its end; one that has not joined, that of surviving all.
Priors are normal and enter as penalties, so that the estimate is the mode of the posterior; its spread is that of the
normal approximation there (Laplace). Bodies have intercepts and coefficients of their own, normal around common means
(partial pooling; Gelman & Hill 2007).
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

FREEDOM = 3.0   # degrees of freedom of the priors of spreads: what three bodies would tell
SLOPE_SHARE = 0.5   # scale of the prior of a coefficient's spread over bodies, in units of the sd of its own prior
STEPS = 200   # of the iteration between coefficients and their spreads
SETTLED = 1e-3   # relative change of a spread at which it ends


class Normal(NamedTuple):
    """Priors of K coefficients: mean, standard deviation and lower bound (-inf for none), (K,) each."""

    mean: Floats
    sd: Floats
    lower: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """Estimates from J cases: means over bodies of K coefficients and of the intercept, and how bodies differ from them.

    Attributes:
        mean: of the coefficients, (K,). intercept: of the intercepts.
        covariance: of the errors of these means, the intercept last, (K + 1, K + 1).
        spread: standard deviation of the coefficients of bodies around their means, the intercept last, (K + 1,).
        bodies: coefficients of each case, the intercept last, (J, K + 1).
        log_likelihood: of each case at its own coefficients, (J,).
    """

    mean: Floats
    intercept: float
    covariance: Floats
    spread: Floats
    bodies: Floats
    log_likelihood: Floats

    @property
    def error(self) -> Floats:
        """Standard errors of the means, the intercept last, (K + 1,)."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def of_a_new_body(self) -> Floats:
        """Covariance of the coefficients of a body not seen before: errors of the means, and its own difference."""
        return np.asarray(self.covariance + np.diag(self.spread**2))


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
    return _Parts(hazard, before, within, summed, -np.exp(-summed) / np.expm1(-summed))


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
    """Mode and curvature of the posterior; spreads by expectation maximization (Dempster, Laird & Rubin 1977).

    The spread of a coefficient over bodies has a scaled inverse chi-squared prior of 3 degrees of freedom: as much as three
    bodies would tell, with the scale of the prior's sd of the intercept, and half of that of a coefficient.

    Args:
        cases: at least one.
        prior: of the means of coefficients, in the order of the covariates.
        intercept: mean and standard deviation of the prior of the mean intercept.

    Raises:
        RuntimeError: the optimizer did not arrive, or the spreads did not settle, which no data met so far have brought about.
    """
    whole = Normal(
        np.append(prior.mean, intercept[0]), np.append(prior.sd, intercept[1]), np.append(prior.lower, -np.inf)
    )
    j, k = len(cases), len(whole.mean)
    scale = np.append(SLOPE_SHARE * prior.sd, intercept[1])
    spread = scale.copy()
    theta = np.concatenate([np.maximum(whole.mean, whole.lower), np.zeros(j * k)])
    for _ in range(STEPS):
        theta = _mode(theta, cases, whole, spread)
        inverse = np.linalg.inv(-_curvature(theta, cases, whole, spread))
        own = theta[k:] ** 2 + np.diag(inverse)[k:]   # expected square of each body's difference
        before, spread = spread, np.sqrt((FREEDOM * scale**2 + own.reshape(j, k).sum(axis=0)) / (FREEDOM + j))
        if np.abs(spread / before - 1.0).max() < SETTLED:
            break
    else:
        raise RuntimeError("the spreads of coefficients over bodies did not settle")
    mean, bodies = theta[:k], theta[:k] + theta[k:].reshape(j, k)
    told = np.array([log_likelihood(data, own[-1], own[:-1])[0] for data, own in zip(cases, bodies, strict=True)])
    return Fit(mean[:-1], float(mean[-1]), np.asarray(inverse[:k, :k]), spread, bodies, told)


def _mode(theta: Floats, cases: Sequence[Episodes], prior: Normal, spread: Floats) -> Floats:
    """Where the posterior density is highest, within the bounds, from a start."""

    def negative(theta: Floats) -> tuple[float, Floats]:
        value, gradient = _posterior(theta, cases, prior, spread)
        return -value, -gradient

    bounds = [(None if np.isinf(low) else low, None) for low in prior.lower] + [(None, None)] * (len(theta) - len(prior.mean))
    found = minimize(negative, theta, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 5000, "ftol": 1e-12})
    if not found.success:
        raise RuntimeError(f"the likelihood has no maximum that could be found ({found.message})")
    return np.asarray(found.x)


def _posterior(theta: Floats, cases: Sequence[Episodes], prior: Normal, spread: Floats) -> tuple[float, Floats]:
    """Log posterior density up to a constant, and gradient in (means, differences of each body), the intercept last in each."""
    k = len(prior.mean)
    mean, own = theta[:k], theta[k:].reshape(-1, k)
    away, apart = (mean - prior.mean) / prior.sd, own / spread
    value = -0.5 * (away @ away + (apart**2).sum())
    gradient = -np.concatenate([away / prior.sd, (apart / spread).ravel()])
    for row, data in enumerate(cases):
        told, slope = log_likelihood(data, mean[-1] + own[row, -1], mean[:-1] + own[row, :-1])
        slope = np.roll(slope, -1)   # the intercept stands first there
        value += told
        gradient[:k] += slope
        gradient[k * (row + 1) : k * (row + 2)] += slope
    return float(value), gradient


def _curvature(theta: Floats, cases: Sequence[Episodes], prior: Normal, spread: Floats) -> Floats:
    """Hessian of the log posterior density."""
    k = len(prior.mean)
    mean, own = theta[:k], theta[k:].reshape(-1, k)
    hessian = -np.diag(np.concatenate([prior.sd**-2.0, np.tile(spread**-2.0, len(cases))]))
    for row, data in enumerate(cases):
        curve = np.roll(curvature(data, mean[-1] + own[row, -1], mean[:-1] + own[row, :-1]), (-1, -1), axis=(0, 1))
        places = np.concatenate([np.arange(k), np.arange(k * (row + 1), k * (row + 2))])
        hessian[np.ix_(places, places)] += np.tile(curve, (2, 2))
    return hessian
