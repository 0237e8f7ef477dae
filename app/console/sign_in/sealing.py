"""Until app.core.secrecy is merged: its two functions, over SM4-GCM and a key of our own."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.console.sign_in import pepper


class SealBroken(ValueError):
    """It was not sealed for that, or was changed."""


def _key(key_id: str, purpose: str) -> bytes:
    return (pepper.mac(key_id, f"seal|{purpose}".encode()) or b"")[:16]


def seal_text(purpose: str, plain: str) -> str:
    """The text, sealed for that purpose."""
    key_id, nonce = pepper.current(), secrets.token_bytes(12)
    cipher = Cipher(algorithms.SM4(_key(key_id, purpose)), modes.GCM(nonce)).encryptor()
    body = cipher.update(plain.encode()) + cipher.finalize()
    return f"~{purpose}|{key_id}|{b64encode(nonce + body + cipher.tag).decode()}"


def open_text(purpose: str, stored: str) -> str:
    """The plain text. Raises SealBroken."""
    _, key_id, coded = stored.split("|")
    raw = b64decode(coded)
    opener = Cipher(algorithms.SM4(_key(key_id, purpose)), modes.GCM(raw[:12], raw[-16:])).decryptor()
    try:
        return (opener.update(raw[12:-16]) + opener.finalize()).decode()
    except InvalidTag:
        raise SealBroken(purpose) from None
