"""The key that passwords are signed with: a file of the keys' folder, never in the database.

``password-<id>.key``; the id is taken from the key itself, so a folder that was lost and made anew is noticed. The
newest file is the current key, and every password is signed anew with it when its owner next signs in; older files
stay as long as somebody has not.
"""

from __future__ import annotations

import secrets
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from flask import current_app

import config
from app.embedded import keep_secret

_BYTES = 32
_FIRST = "password-first.key"


def folder() -> Path:
    """Where the keys of the console are."""
    return Path(current_app.config.get("KEYS_DIR") or config.keys_folder())


def current() -> str:
    """The id of the key that new passwords are signed with; the first one is made when it is needed."""
    where = folder()
    found = sorted(where.glob("password-*.key"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return _id_of(_read(found[-1] if found else _first(where)))


def add() -> str:
    """A new key is the current one. Returns its id."""
    where = folder()
    current()  # the first one is made before the second
    keep_secret(where / f"password-{secrets.token_hex(4)}.key")
    return current()


def mac(key_id: str, told: bytes) -> bytes | None:
    """HMAC-SM3 (GB/T 32905, GB/T 15852.2) with the key of that id; ``None`` when there is no such key."""
    for path in folder().glob("password-*.key"):
        key = _read(path)
        if _id_of(key) == key_id:
            made = hmac.HMAC(key, hashes.SM3())
            made.update(told)
            return made.finalize()
    return None


def _first(where: Path) -> Path:
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    keep_secret(where / _FIRST)
    return where / _FIRST


def _read(path: Path) -> bytes:
    return _digest(_text(path, path.stat().st_mtime_ns).encode())


@lru_cache
def _text(path: Path, _changed: int) -> str:
    return path.read_text().strip()


def _id_of(key: bytes) -> str:
    return f"p{_digest(b'id|' + key).hex()[:8]}"


def _digest(told: bytes) -> bytes:
    made = hashes.Hash(hashes.SM3())
    made.update(told)
    return made.finalize()[:_BYTES]
