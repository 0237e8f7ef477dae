"""Sealed texts that are no column of a row: drafts, uploaded files, secrets of second factors.

``~purpose|key id|base64(nonce, cipher text, tag)``, bound to the purpose, with a nonce of chance. The purpose stands in
front, so that whoever changes keys can seal such texts anew wherever they stand, also inside JSON.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error
from typing import Any

from app.core.secrecy.keys import KeyProblem
from app.core.secrecy.providers import provider
from app.core.secrecy.sealed import NONCE_BYTES, SealBroken

_PURPOSE = re.compile(r"[a-z0-9_.:-]+")
_FORM = re.compile(r"~([a-z0-9_.:-]+)\|(k[0-9a-f]{8})\|([A-Za-z0-9+/]+=*)")
_HEAD = re.compile(rb"~([a-z0-9_.:-]+)\|(k[0-9a-f]{8})\|")

#: Columns (table, column) that hold such texts, whole or inside something longer.
KEPT_TEXTS: set[tuple[str, str]] = set()


def also_sealed(table: str, column: str) -> None:
    """Say that a column holds sealed texts: ``flask keys`` counts, checks and seals them anew with the rest."""
    KEPT_TEXTS.add((table, column))


def seal_text(purpose: str, plain: str) -> str:
    """The text, sealed for that purpose."""
    sealed = _sealed(purpose, plain.encode())
    return f"~{purpose}|{sealed[0]}|{b64encode(sealed[1]).decode()}"


def open_text(purpose: str, stored: str) -> str:
    """The plain text. Raises SealBroken when it was not sealed for that purpose."""
    found = _FORM.fullmatch(stored)
    if found is None or found[1] != purpose:
        raise SealBroken(f"not sealed for {purpose}")
    try:
        return _opened(purpose, found[2], b64decode(found[3], validate=True)).decode()
    except Error:
        raise SealBroken(purpose) from None


def is_text(stored: object) -> bool:
    """True for a sealed text."""
    return isinstance(stored, str) and stored.startswith("~") and _FORM.fullmatch(stored) is not None


def seal_bytes(purpose: str, plain: bytes) -> bytes:
    """The bytes, sealed for that purpose."""
    key_id, told = _sealed(purpose, plain)
    return f"~{purpose}|{key_id}|".encode() + told


def open_bytes(purpose: str, stored: bytes) -> bytes:
    """The plain bytes. Raises SealBroken when they were not sealed for that purpose."""
    found = _HEAD.match(stored)
    if found is None or found[1].decode() != purpose:
        raise SealBroken(f"not sealed for {purpose}")
    return _opened(purpose, found[2].decode(), stored[found.end() :])


def reseal_within(text: str) -> str:
    """The text with every sealed text in it under the current key."""
    current = provider().current()

    def anew(found: re.Match[str]) -> str:
        if found[2] == current:
            return found[0]
        return seal_text(found[1], open_text(found[1], found[0]))

    return _FORM.sub(anew, text)


def reseal_value(value: Any) -> Any:
    """A stored value (text, bytes, or JSON) with everything sealed in it under the current key."""
    if isinstance(value, bytes | memoryview):
        found = _HEAD.match(bytes(value))
        return seal_bytes(found[1].decode(), open_bytes(found[1].decode(), bytes(value))) if found else value
    return reseal_within(value) if isinstance(value, str) else json.loads(reseal_within(json.dumps(value)))


def opens(value: Any) -> int:
    """How many sealed texts stand in a stored value; all of them open. Raises SealBroken."""
    if isinstance(value, bytes | memoryview):
        found = _HEAD.match(bytes(value))
        if found:
            open_bytes(found[1].decode(), bytes(value))
        return 1 if found else 0
    found_texts = list(_FORM.finditer(value if isinstance(value, str) else json.dumps(value)))
    for each in found_texts:
        open_text(each[1], each[0])
    return len(found_texts)


def fingerprint(purpose: str, content: bytes) -> str:
    """The same for the same content, in 64 signs; nobody without the key can try contents until one fits."""
    return provider().mark(f"{purpose}|".encode() + content).hex()


def _sealed(purpose: str, plain: bytes) -> tuple[str, bytes]:
    if not _PURPOSE.fullmatch(purpose):
        raise ValueError(f"no purpose: {purpose!r}")
    used, nonce = provider(), secrets.token_bytes(NONCE_BYTES)
    key_id = used.current()
    return key_id, nonce + used.encrypt(key_id, nonce, plain, purpose.encode())


def _opened(purpose: str, key_id: str, told: bytes) -> bytes:
    try:
        plain = provider().decrypt(key_id, told[:NONCE_BYTES], told[NONCE_BYTES:], purpose.encode())
    except KeyProblem as error:
        raise SealBroken(f"{purpose}: {error}") from None
    if plain is None:
        raise SealBroken(purpose)
    return plain
