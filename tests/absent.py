"""A package of an extra that is not installed, for tests of what is said then."""

import sys
from types import ModuleType

import pytest


def make_absent(monkeypatch: pytest.MonkeyPatch, package: str, users: str) -> None:
    """
    Until the test ends importing `package` fails, and so does what it holds; modules whose names begin with `users` are loaded anew.

    What the parents of those modules call them is put back as well: else a later test would patch another copy than is imported.
    """
    names = sorted(name for name in sys.modules if name.startswith(users) or name.partition(".")[0] == package)
    for name in names:
        parent, _, leaf = name.rpartition(".")
        module = sys.modules[name]
        if isinstance(module, ModuleType) and hasattr(sys.modules.get(parent), leaf):
            monkeypatch.setattr(sys.modules[parent], leaf, module)
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
