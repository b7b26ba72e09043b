"""The page on architecture says what is there: modules in the order that import-linter enforces, folders and files that exist."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = re.findall(r"^\| `(waico\.\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)


def test_the_map_has_the_layers_in_their_order() -> None:
    (contract,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    assert [name for name, _ in MODULES] == contract["layers"][::-1]


def test_every_package_and_folder_of_code_is_on_the_map() -> None:
    packages = {name for name in PROJECT["tool"]["setuptools"]["packages"] if name.count(".") == 1}
    assert packages <= {name for name, _ in MODULES}
    folders = PROJECT["tool"]["setuptools"]["package-dir"]
    for name, place in MODULES:
        assert (ROOT / place).exists(), place
        assert name not in folders or folders[name] == place.rstrip("/")


def test_places_to_change_exist() -> None:
    table = PAGE.partition("| to change | one place |")[2]
    places = re.findall(r"`([^`]+)`", "\n".join(line.split("|")[2] for line in table.splitlines() if line.count("|") == 3 and "---" not in line))
    assert len(places) > 12
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_it_is_one_screen() -> None:
    assert len(PAGE.splitlines()) <= 60
