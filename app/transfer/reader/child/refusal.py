"""What the child says when it will not read a file: a code and facts, worded for people by the parent."""

from __future__ import annotations


class Refusal(Exception):
    """The file is not read, for the reason ``code``; ``facts`` fill the words (limits, sheet and cell names)."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts
