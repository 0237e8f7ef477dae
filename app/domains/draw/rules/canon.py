"""The bytes that are hashed: one hash, one way to join parts, one spelling of JSON (SSJ1, 5)."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from app.core.audit import hashes

#: What every file of a record says of its format.
VERSION = "SSJ1"
#: The largest integer that every JSON reader keeps as it is (RFC 8785, RFC 7493).
LARGEST = 2**53 - 1


def digest(alg: str, *parts: bytes) -> bytes:
    """The hash of the parts, one after the other."""
    one = hashes.new(alg)
    for part in parts:
        one.update(part)
    made: bytes = one.digest()
    return made


def lp(part: bytes | str) -> bytes:
    """A part with its length before it, so that no two lists of parts are the same bytes."""
    raw = part.encode() if isinstance(part, str) else part
    return len(raw).to_bytes(8, "big") + raw


def canonical(value: Any) -> bytes:
    """The one spelling of a JSON value. Raises ValueError for what has none: floats, huge numbers, text not in NFC."""
    _refuse_what_is_ambiguous(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def fingerprint(alg: str, value: Any) -> str:
    """The hash of a JSON value, in hexadecimal: how files of a record name one another."""
    return digest(alg, canonical(value)).hex()


def _refuse_what_is_ambiguous(value: Any) -> None:
    match value:
        case None | bool():
            return
        case int():
            if abs(value) > LARGEST:
                raise ValueError(f"not every reader of JSON keeps the number {value}")
        case str():
            if not unicodedata.is_normalized("NFC", value):
                raise ValueError(f"not in NFC: {value!r}")
        case dict():
            for name, inner in value.items():
                if not isinstance(name, str):
                    raise ValueError(f"a name of JSON is a text: {name!r}")
                _refuse_what_is_ambiguous(name)
                _refuse_what_is_ambiguous(inner)
        case list() | tuple():
            for inner in value:
                _refuse_what_is_ambiguous(inner)
        case _:
            raise ValueError(f"has no canonical form: {value!r}")
