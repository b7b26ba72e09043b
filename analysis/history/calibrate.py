"""Estimate the coefficients of the decision to join from historical accessions, and write them for scenarios to use."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
from numpy.typing import NDArray

from waico.analysis.history.cases import CASES, Case
from waico.analysis.history.episodes import ESTIMATED, Episodes, episodes
from waico.analysis.history.hazard import Fit, Normal, cumulated, fit, null_log_likelihood
from waico.analysis.history.scores import scores
from waico.runs.record import versions
from waico.scenarios.coefficients import FOLDER
from waico.scenarios.errors import InputError, nearest
from waico.scenarios.schema import Decision, Prior
from waico.scenarios.tables import DATA

Floats = NDArray[np.float64]

NAMES = (*ESTIMATED, "b0")
DIGITS = 4   # more would be noise: standard errors are a few per cent of a unit at best
CERTAIN = 1e-6   # no probability is nearer to 0 or 1, so that log scores stay finite
WORTH_TELLING = 0.02   # correlations below this are left out


@dataclass(frozen=True, eq=False)
class Calibration:
    """Coefficients estimated on some cases.

    Attributes:
        cases: fitted on, in the order of `CASES`.
        found: the estimates, coefficients in the order of `ESTIMATED`.
        prior: what they were before the cases.
        skill: in sample, by case with its own coefficients: n at risk, joined, deviance (share of the null deviance that is
            explained with the history given), auc and brier of who joins from what stood on the first day.
        until: last day of the history used. data: SHA-256 of the table of accessions.
    """

    cases: tuple[str, ...]
    found: Fit
    prior: Normal
    skill: Mapping[str, Mapping[str, float]]
    until: date
    data: str

    def priors(self) -> dict[str, dict[str, float]]:
        """Coefficients as a scenario draws them for a body not seen before: by name, mean, sd and lower bound."""
        found, lower = self.found, np.append(self.prior.lower, -np.inf)
        sd = np.sqrt(np.diag(found.of_a_new_body))
        return {name: _prior(*row) for name, *row in zip(NAMES, self.means, sd, lower, strict=True)}

    def of_case(self, name: str) -> dict[str, float]:
        """Coefficients of a case itself, by name."""
        return dict(zip(NAMES, self.found.bodies[self.cases.index(name)].tolist(), strict=True))

    def correlation(self) -> dict[str, dict[str, float]]:
        """Correlations of the draws by pairs of names; how bodies differ is independent, and damps those of the errors."""
        covariance = self.found.of_a_new_body
        sd = np.sqrt(np.diag(covariance))
        matrix, pairs = covariance / np.outer(sd, sd), {}
        for row, name in enumerate(NAMES):
            told = {NAMES[k]: round(float(matrix[row, k]), 3) for k in range(row) if abs(matrix[row, k]) >= WORTH_TELLING}
            if told:
                pairs[name] = told
        return pairs

    @property
    def means(self) -> Floats:
        """Means over bodies, in the order of `NAMES`."""
        return np.append(self.found.mean, self.found.intercept)

    def as_dict(self) -> dict[str, Any]:
        """What the file holds, without the day on which it is written."""
        decision, found = Decision(), self.found
        before = {name: getattr(decision, name) for name in NAMES}
        return {
            "title": f"Coefficients of the decision to join, fitted on {', '.join(self.cases)}",
            "cases": list(self.cases),
            "until": self.until,
            "waico": versions()["waico"],
            "accessions_sha256": self.data,
            "standard_error": _named(found.error),
            "spread_over_bodies": _named(found.spread),
            "of_cases": {case: _named(row) for case, row in zip(self.cases, found.bodies, strict=True)},
            "before": {name: {"mean": prior.mean, "sd": prior.sd} for name, prior in before.items()},
            "skill": {name: dict(row) for name, row in self.skill.items()},
            "decision": {**self.priors(), "correlation": self.correlation()},
        }

    def to_toml(self, made: date | None = None) -> str:
        """The file that a scenario may name as its `coefficients`; `made` is the day on which it is written."""
        content = self.as_dict() if made is None else {**self.as_dict(), "made": made}
        ordered = {key: content[key] for key in sorted(content, key=lambda key: isinstance(content[key], dict))}
        return tomli_w.dumps(ordered)


def calibrate(names: Iterable[str] = tuple(CASES), on_progress: Callable[[int], None] = lambda finished: None) -> Calibration:
    """Fit the hazard of accession to cases of history.

    Args:
        names: of cases, at least one.
        on_progress: called with 1 as each case has been run through the model.

    Raises:
        InputError: there is no such case, or none is named.
    """
    cases = _cases(names)
    data = []
    for case in cases:
        data.append(history(case))
        on_progress(1)
    return estimate(data)


@cache
def history(case: Case) -> Episodes:
    """The episodes of a bundled case, made once."""
    return episodes(case)


def estimate(data: list[Episodes], prior: Normal | None = None) -> Calibration:
    """Fit the hazard of accession to cases that have been run through the model; from the schema's priors if none are given."""
    prior = starting_priors() if prior is None else prior
    intercept = Decision().b0
    assert isinstance(intercept, Prior)   # as the schema has it
    found = fit(data, prior, (intercept.mean, intercept.sd))
    rows = zip(data, found.bodies, found.log_likelihood, strict=True)
    return Calibration(
        cases=tuple(each.case.name for each in data), found=found, prior=prior,
        skill={each.case.name: _skill(each, own, float(value)) for each, own, value in rows},
        until=max(each.case.until for each in data),
        data=hashlib.sha256((DATA / "accessions.csv").read_bytes()).hexdigest(),
    )  # fmt: skip


def starting_priors() -> Normal:
    """What the schema assumes of the coefficients before any case."""
    given = [getattr(Decision(), name) for name in ESTIMATED]
    return Normal(
        np.array([p.mean for p in given]), np.array([p.sd for p in given]),
        np.array([-np.inf if p.lower is None else p.lower for p in given]),
    )  # fmt: skip


def _cases(names: Iterable[str]) -> list[Case]:
    wanted = list(names)
    for name in wanted:
        if name not in CASES:
            raise InputError("--cases", "", f"there is no case '{name}'", nearest(name, list(CASES)))
    if not wanted:
        raise InputError("--cases", "", "names no case", f"give some of {', '.join(CASES)}")
    return [case for name, case in CASES.items() if name in wanted]


def first_day(data: Episodes, own: Floats) -> Floats:
    """Probability that each state joins, by coefficients with the intercept last, if all stayed as on the first day, (n,)."""
    return np.clip(-np.expm1(-cumulated(data.from_the_start(), own[-1], own[:-1])), CERTAIN, 1.0 - CERTAIN)


def _skill(data: Episodes, own: Floats, log_likelihood: float) -> dict[str, float]:
    """How well the estimates tell who joined, in sample, from what stood on the first day alone."""
    told = scores(first_day(data, own), data.joined)
    return {
        "n": len(data.codes), "joined": int(data.joined.sum()),
        "deviance": _short(1.0 - log_likelihood / null_log_likelihood(data)),
        **{name: _short(told[name] or float("nan")) for name in ("auc", "brier")},
    }  # fmt: skip


def _named(values: Floats) -> dict[str, float]:
    return {name: _short(value) for name, value in zip(NAMES, values, strict=True)}


def _prior(mean: float, sd: float, lower: float = -np.inf) -> dict[str, float]:
    return {"mean": _short(mean), "sd": _short(sd)} | ({} if np.isinf(lower) else {"lower": float(lower)})


def _short(value: float) -> float:
    return round(float(value), DIGITS)


def bundled_sets() -> dict[str, tuple[str, ...]]:
    """The sets of coefficients that come with the package, by name, with the cases that each is fitted on."""
    without = {f"without_{left_out}": tuple(name for name in CASES if name != left_out) for left_out in CASES}
    return {"history": tuple(CASES), **without}


def main() -> None:
    """Rewrite the bundled sets of the checkout below the current folder."""
    folder = Path("scenarios") / FOLDER.name
    if not folder.is_dir():
        sys.exit(f"python -m waico.analysis.history.calibrate: there is no {folder} here; run it in a checkout")
    for name, cases in bundled_sets().items():
        (folder / f"{name}.toml").write_text(calibrate(cases).to_toml(date.today()), encoding="utf-8")


if __name__ == "__main__":
    main()
