"""Errors meant for a person. Everything else is a bug, a log entry and a 500."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.messages import N_, Message, joined


class Refused(Exception):
    """The system says no, and says why in the reader's language. ``status`` is the HTTP status of that answer."""

    status = 422

    def __init__(self, message: Message, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return str(self.message)

    @property
    def why(self) -> str:
        """Everything that stood in the way, in one line."""
        return str(self.message)


class NotVisible(Refused):
    """There is no such row, or the viewer may not see it: the answer is the same for both."""

    status = 404

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or N_("没有找到这条记录，或您无权查看"))


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one row: where (field names), what, and by which rule."""

    message: Message
    fields: tuple[str, ...] = ()
    code: str | None = None
    is_warning: bool = False


class Invalid(Refused):
    """A row is not accepted; ``problems`` names each field and rule."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message if problems else N_("数据不符合要求"))
        self.problems = tuple(problems)

    @property
    def why(self) -> str:
        """Every problem, in one line."""
        return joined((each.message for each in self.problems), N_("；")) or super().why


#: What no answer can hold: control signs and half characters.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class BadValue(ValueError):
    """A single value cannot be read as the field's kind. The message may quote it, without what cannot be shown."""

    def __init__(self, message: Message) -> None:
        quoted = {
            name: _UNSEEN.sub("", word) if isinstance(word, str) else word for name, word in message.params.items()
        }
        self.message = Message(message.msgid, quoted)
        super().__init__(self.message)
