"""The one error a user meets when an input is wrong."""


class InputError(ValueError):
    """An input is wrong: which file, which field, what is wrong, what would be right.

    The command line prints it as one line and leaves with exit code 2.
    """

    def __init__(self, file: str, field: str, what: str, instead: str) -> None:
        self.file, self.field, self.what, self.instead = file, field, what, instead
        super().__init__(file, field, what, instead)

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.field) if part)
        line = f"{place}: {self.what}; {self.instead}"
        return " ".join(line.split())
