"""Runs equal those stored, to 1e-9: results move only on purpose (`python tests/golden/update.py`)."""

import json
from typing import Any

import pytest

from tests.golden.update import CASES, FOLDER, measured


def flat(tree: Any, path: str = "") -> dict[str, Any]:
    """Leaves of a tree of dicts and lists by path."""
    if isinstance(tree, dict | list):
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {key: leaf for name, branch in items for key, leaf in flat(branch, f"{path}/{name}").items()}
    return {path: tree}


@pytest.mark.parametrize("name", CASES)
def test_runs_equal_the_stored_ones(name: str) -> None:
    stored = flat(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
    now = flat(measured(name))
    assert now.keys() == stored.keys()
    for path, value in stored.items():
        assert now[path] == (pytest.approx(value, abs=1e-9) if isinstance(value, float) else value), path
