"""Which institution a question is about."""

from __future__ import annotations

from waico.agents import Setting
from waico.scenarios.errors import InputError


def row_of(setting: Setting, institution: str | None, asked: str = "institution") -> int:
    """Row of an institution by its id; of the first one if none is given.

    Args:
        setting: of the run.
        institution: its id.
        asked: what the message calls the place where it was named.

    Raises:
        InputError: there is no such institution.
    """
    body = setting.bodies[0] if institution is None else institution
    if body not in setting.bodies:
        raise InputError(setting.scenario.name, asked, f"there is no '{body}'", f"give one of {', '.join(setting.bodies)}")
    return setting.bodies.index(body)
