"""Closed code lists: an identifier for the code, a Chinese label for people, the national code for exchange."""

from __future__ import annotations

from enum import Enum

from app.core.messages import N_, Message

_UNNAMED = N_("")


class Choice(str, Enum):
    """Base of a code list: ``MEMBER = "identifier", N_("标签"), "national code"`` (the code may be left out)."""

    label: Message
    national: str | None

    def __new__(cls, value: str, label: Message = _UNNAMED, national: str | None = None) -> Choice:
        """A member that is its identifier; the type checker needs a label by default, every member gives its own."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.national = national
        return member

    def __str__(self) -> str:
        return str(self.value)
