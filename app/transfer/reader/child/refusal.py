"""What the child says when it will not read a file: a code and facts, worded for people by the parent."""

from __future__ import annotations


class Refusal(Exception):
    """The file is not read, for the reason ``code``; ``facts`` fill the words (limits, sheet and cell names)."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class Unfit(Exception):
    """What a cell holds is no value; whoever knows which cell it is makes it a ``Refusal``."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts

    def at(self, sheet: str, row: int, column: int) -> Refusal:
        """Return the refusal that names the cell (row and column from 0)."""
        return Refusal(self.code, sheet=sheet, cell=f"{column_letters(column)}{row + 1}", **self.facts)


def column_letters(number: int) -> str:
    """0 is ``A``, 16383 is ``XFD``."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """``A`` is 0, ``XFD`` is 16383."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
