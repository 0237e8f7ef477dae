"""Messages as a row keeps them, so that everybody reads them in his own language."""

from __future__ import annotations

from typing import Any

from app.core.messages import Message


def kept(words: Any) -> Any:
    """The message as JSON: its text before translation and what fills it. Anything else as its own text."""
    if words is None or isinstance(words, str | int | float | bool):
        return words
    if isinstance(words, Message):
        return {"m": words.msgid, "p": {name: kept(each) for name, each in words.params.items()}}
    return str(words)


def read(stored: Any) -> Any:
    """What was kept: a message again, or the plain value."""
    if isinstance(stored, dict):
        return Message(stored["m"], {name: read(each) for name, each in stored.get("p", {}).items()})
    return stored
