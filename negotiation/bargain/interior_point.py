"""A primal-dual interior-point method for the convex problems behind the axiomatic bargaining solutions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]

LEAST_POWER = 1e-12
STEPS = 200


def interior_point(linear: Floats, square: Floats, goal: Floats, power: Floats, inside: Floats) -> Floats:
    """Maximize goal . z + sum_i p_i log h_i(z) with h_i(z) = linear_i . z - square_i . z^2 and p = max(power, 1e-12).

    An actor without power is thereby a constraint h_i >= 0, met to about 1e-12: the point returned is that on the
    central path, which is unique, also where the constrained problem leaves some directions open. Newton steps on
    goal + sum_i w_i grad h_i = 0, w_i u_i = p_i, h_i(z) = u_i with u, w > 0, and p raised while far from the solution
    (Boyd & Vandenberghe 2004, section 11.7); about 12 to 20 of them for 200 actors.

    Args:
        linear: slopes at 0, shape (n, k).
        square: curvatures, not negative, shape (n, k); every column is curved for somebody or has a goal.
        goal: shape (k,).
        power: not negative, shape (n,), of the order of 1.
        inside: a point with h > 0, shape (k,).

    Returns:
        The solution, shape (k,).

    Raises:
        RuntimeError: no convergence in 200 steps, as for numbers that are not finite.
    """
    least = np.maximum(power, LEAST_POWER)
    z, u = inside, linear @ inside - square @ inside**2
    w = np.maximum(power, 1.0 / len(power)) / u
    for _ in range(STEPS):
        excess = 0.1 * float(np.abs(w * u - least).mean())
        dz, du, dw = _newton(linear, square, goal, np.maximum(least, excess), z, u, w)
        stride = 1.0 / max(1.0, float((-du / u).max()) / 0.99, float((-dw / w).max()) / 0.99)
        z, u, w = z + stride * dz, u + stride * du, w + stride * dw
        if stride == 1.0 and excess <= LEAST_POWER and np.abs(dz).max() < 1e-10:
            return z
    raise RuntimeError(f"no convergence in {STEPS} steps")


def _newton(
    linear: Floats, square: Floats, goal: Floats, target: Floats, z: Floats, u: Floats, w: Floats
) -> tuple[Floats, Floats, Floats]:
    """The Newton step in z (k,), u (n,), w (n,) towards w u = target.

    It solves A'A dz = goal + A'b by A = QR. A'A is not formed: where hardly anything is to be gained, A has singular values
    so far apart that their squares are lost to rounding.
    """
    slope = linear - 2.0 * square * z
    gap = linear @ z - square @ z**2 - u
    weight = np.sqrt(w / u)
    rows = np.vstack([slope * weight[:, None], np.diag(np.sqrt(2.0 * (w @ square)))])
    scale = 1.0 / np.linalg.norm(rows, axis=0)   # issues may matter by very different orders
    q, r = np.linalg.qr(rows * scale)
    pull = q[: len(u)].T @ ((target - w * gap) / (u * weight))
    inner = pull + solve_triangular(r, scale * goal, trans="T", check_finite=False)
    dz = scale * solve_triangular(r, inner, check_finite=False)
    du = slope @ dz + gap
    return dz, du, (target - w * du) / u - w
