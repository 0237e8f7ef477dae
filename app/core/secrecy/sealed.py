"""One sealed value of one column of one row: ``masked|key id|base64(nonce, cipher text, tag)``.

The masked form stands in front because everybody may see it anyway: SQL shows it with ``split_part(…, '|', 1)`` and
pages without a key. A value is bound to its table, column and row: moved elsewhere it does not open. Its nonce is made
from the place and the value, so the same value in the same place is sealed alike and nothing else tells two values
apart or the same (synthetic nonces: no counter and no dice can fail).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from typing import Any

import sqlalchemy as sa

from app.core.fields.write import masked
from app.core.secrecy.keys import KeyProblem
from app.core.secrecy.providers import provider

NONCE_BYTES = 12
_FORM = re.compile(r"([^|]*)\|(k[0-9a-f]{8})\|([A-Za-z0-9+/]+=*)", re.DOTALL)
#: Shown for what should be sealed and is not.
_UNKNOWN = "****"


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved from another row, or its key is gone."""


class Sealed(str):
    """A sealed value. As a text it is its masked form: wherever it is written, nothing more is told."""

    __slots__ = ("stored",)
    stored: str

    def __new__(cls, stored: str) -> Sealed:
        """The value that is stored as that text."""
        found = _FORM.fullmatch(stored)
        made = str.__new__(cls, found[1] if found else _UNKNOWN)
        made.stored = stored
        return made

    def __eq__(self, other: object) -> bool:
        return self.stored == other.stored if isinstance(other, Sealed) else str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __reduce__(self) -> tuple[type[Sealed], tuple[str]]:
        return Sealed, (self.stored,)


class Shown(str):
    """A value that its row shows to everybody, said so by whoever stores it."""

    __slots__ = ()


class SealedText(sa.types.TypeDecorator[Any]):
    """A column of sealed values. Plain text is refused, so nobody stores or compares it by mistake.

    ``sometimes``: rows that do not hide the value hold it as it is, given as ``Shown``.
    """

    impl = sa.Text
    cache_ok = True

    def __init__(self, sometimes: bool = False) -> None:
        super().__init__()
        self.sometimes = sometimes

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        """What is stored."""
        if value is None:
            return None
        if isinstance(value, Sealed):
            return value.stored
        if self.sometimes and isinstance(value, Shown):
            return str(value)
        raise TypeError("a plain value for a sealed column: store it through app.core.sealing, compare its mark")

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        """What was stored, masked unless the row shows it."""
        if value is None or (self.sometimes and not is_sealed(value)):
            return value
        return Sealed(value)


def is_sealed(stored: str) -> bool:
    """True for the stored form of a sealed value."""
    return "|" in stored and _FORM.fullmatch(stored) is not None


def key_id_of(stored: str) -> str:
    """The id of the key that sealed it."""
    found = _FORM.fullmatch(stored)
    if found is None:
        raise SealBroken("not sealed at all")
    return found[2]


def seal(table: str, column: str, row_id: Any, plain: str, mask: str | None = None) -> Sealed:
    """The value, sealed for that place with the current key. ``mask`` is shown instead of the usual masked form."""
    used, place = provider(), _place(table, column, row_id)
    told = plain.encode()
    nonce, key_id = used.nonce(place + b"|" + told)[:NONCE_BYTES], used.current()
    cipher = used.encrypt(key_id, nonce, told, place)
    return Sealed(f"{shown(plain) if mask is None else mask}|{key_id}|{b64encode(nonce + cipher).decode()}")


def shown(plain: str) -> str:
    """The masked form as it stands in front of a sealed value."""
    return masked(plain).replace("|", "*")


def reveal(value: Sealed, table: str, column: str, row_id: Any) -> str:
    """The plain value. Raises SealBroken, naming the place, when it was not sealed there or its key is gone."""
    place = _place(table, column, row_id)
    found = _FORM.fullmatch(value.stored)
    try:
        told = b64decode(found[3], validate=True) if found else b""
        plain = provider().decrypt(found[2], told[:NONCE_BYTES], told[NONCE_BYTES:], place) if found else None
    except (Error, KeyProblem) as error:
        raise SealBroken(f"{place.decode()}: {error}") from None
    if plain is None:
        raise SealBroken(place.decode())
    return plain.decode()


def _place(table: str, column: str, row_id: Any) -> bytes:
    if row_id is None:
        raise ValueError("a value is sealed for a row that has an identity")
    return f"{table}|{column}|{row_id}".encode()


def mark(kind: str, value: str) -> str:
    """The same for the same value and no other: what equality, uniqueness and look-ups go by. Half of an HMAC-SM3.

    128 bits, written as a UUID: the database compares it fastest so, and a hundred million values do not meet by chance
    (one in 10**22).
    """
    digits = provider().mark(f"{kind}|{value}".encode())[:16].hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
