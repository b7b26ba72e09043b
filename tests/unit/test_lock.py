"""requirements.lock pins what pyproject.toml asks for, and each with hashes."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = re.findall(r"^([\w.\-]+)==([\w.]+)(?: ; [^\\\n]*)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


def test_every_requirement_is_pinned_within_its_range_with_hashes() -> None:
    asked = [Requirement(line) for line in [*PROJECT["dependencies"], *(line for extra in PROJECT["optional-dependencies"].values() for line in extra)]]
    pinned: dict[str, list[str]] = {}
    for name, version, _ in PINS:
        pinned.setdefault(canonicalize_name(name), []).append(version)
    assert len(PINS) > 100
    for requirement in asked:
        if requirement.name != PROJECT["name"]:
            versions = pinned[canonicalize_name(requirement.name)]
            assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_nothing_is_named_without_hashes() -> None:
    named = re.findall(r"^[\w.\-]+==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert len(named) == len(PINS)
