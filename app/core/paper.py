"""The sheet of a row that is signed in ink: which fields it shows, in which lines. Pure data of the table."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.messages import Message


@dataclass(frozen=True)
class Parts:
    """The rows that belong to the row, one line of the sheet each.

    While there are none, the lines are the rows of ``otherwise`` that share the field ``by`` with the row, with the
    other columns left free: somebody takes the sheet along and fills it in by hand.
    """

    #: The class of the table, and its columns by field name. The first is what the line is about.
    table: str
    columns: tuple[str, ...]
    otherwise: str = ""
    by: str = ""


@dataclass(frozen=True)
class Paper:
    """A sheet of A4. Fields are named as in the table; ``subject.contact_phone`` is a field of the row referred to."""

    title: Message
    #: Each line holds one field over the whole width, or two beside one another. A choice is a row of boxes to tick.
    lines: tuple[tuple[str, ...], ...]
    #: The field whose value stands above the table as the number of the sheet.
    number: str = ""
    parts: Parts | None = None
    #: What is written by hand under the table, before it is signed: at length, and in a line or two.
    story: tuple[Message, ...] = ()
    notes: tuple[Message, ...] = ()
