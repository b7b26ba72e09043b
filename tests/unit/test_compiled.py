"""Compiled code is kept under a name that changes with any source that may be built into it."""

from pathlib import Path

import pytest

from waico.agents import compiled


def test_an_edit_of_any_source_changes_the_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = compiled._cache_folder()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "clock.py" else b""))
    assert compiled._cache_folder() != before == compiled.CACHE_FOLDER
