"""Rules chosen by name in a scenario: protocols, adoption rules, gates. One class each; registering it is all it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from waico.scenarios.complaints import first_complaint
from waico.scenarios.errors import InputError, nearest


class Rule(BaseModel):
    """Base of everything that a scenario chooses by name: its fields are its parameters, validated and documented."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


R = TypeVar("R", bound=Rule)


class Registry(Generic[R]):
    """Named classes of one kind of rule."""

    def __init__(self, kind: str) -> None:
        """Start empty; `kind` is what messages call an entry, such as "protocol"."""
        self.kind = kind
        self._classes: dict[str, type[R]] = {}

    def register(self, name: str) -> Callable[[type[R]], type[R]]:
        """Class decorator that makes a rule known under a name; a later class of that name replaces it."""

        def add(rule: type[R]) -> type[R]:
            self._classes[name] = rule
            return rule

        return add

    def make(self, name: str, parameters: dict[str, Any], file: str, field: str) -> R:
        """The rule of that name with its parameters.

        Raises:
            InputError: there is no such rule, or a parameter is unknown or refused.
        """
        rule = self.find(name, file, field)
        try:
            return rule.model_validate(parameters)
        except ValidationError as error:
            complaint = first_complaint(error, parameters, file)
            what, instead = complaint.what, complaint.instead
            if any(item["type"] == "extra_forbidden" for item in error.errors()):
                what = f"'{name}' has no such parameter"
                instead = f"its parameters: {', '.join(rule.model_fields) or 'none'}"
            place = ".".join(filter(None, [field.rpartition(".")[0], complaint.field]))
            raise InputError(file, place, what, instead) from None

    def find(self, name: str, file: str, field: str) -> type[R]:
        """The class of that name.

        Raises:
            InputError: there is none.
        """
        if name not in self._classes:
            raise InputError(file, field, f"there is no {self.kind} '{name}'", nearest(name, self._classes))
        return self._classes[name]

    def name_of(self, rule: R) -> str:
        """The name under which the class of a rule is registered, else that of the class."""
        return next((name for name, known in self if known is type(rule)), type(rule).__name__)

    def __iter__(self) -> Iterator[tuple[str, type[R]]]:
        yield from self._classes.items()

    def modules(self) -> list[str]:
        """Modules outside this package that registered a rule; worker processes import them too."""
        return sorted({rule.__module__ for rule in self._classes.values() if not rule.__module__.startswith("waico.")})
