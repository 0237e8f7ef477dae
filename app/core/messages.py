"""Words for people: labels and error texts, Chinese in the source, translated when printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def _untranslated(msgid: str) -> str:
    return msgid


#: The translator of the running application (flask_babel.gettext); identity where there is none.
translate: Callable[[str], str] = _untranslated


class Message:
    """A lazily translated text with named placeholders; ``str()`` gives it in the reader's language."""

    __slots__ = ("msgid", "params")

    def __init__(self, msgid: str, params: dict[str, Any] | None = None) -> None:
        self.msgid = msgid
        self.params = params or {}

    def __str__(self) -> str:
        text = translate(self.msgid) if self.msgid else ""
        return text.format(**self.params) if self.params else text

    def __repr__(self) -> str:
        return f"Message({str(self)!r})"

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Message):
            return self.msgid == other.msgid and self.params == other.params
        return str(self) == other

    def __hash__(self) -> int:
        return hash(self.msgid)

    def __len__(self) -> int:
        return len(str(self))


def N_(msgid: str, /, **params: Any) -> Message:  # noqa: N802 - the usual name of the mark
    """Mark ``msgid`` for translation; ``params`` fill its ``{name}`` placeholders."""
    return Message(msgid, params)


#: What stands between words that are listed.
COMMA = N_("、")


def joined(words: Iterable[Any], mark: Message = COMMA) -> str:
    """The words one after the other, between them the mark as the reader's language writes it."""
    return str(mark).join(str(word) for word in words)
