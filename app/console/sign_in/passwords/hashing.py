"""How a password is kept: argon2id, then HMAC-SM3 with a key that is not in the database.

Whoever has the database alone can try no password: the last step needs the key (GB/T 39786-2021, 8.4 a and e). The
account's number is part of what is signed, so a hash copied to another account opens nothing.
"""

from __future__ import annotations

import logging
import threading
import unicodedata
from base64 import b64decode, b64encode
from hmac import compare_digest
from secrets import token_bytes

from argon2.low_level import Type, hash_secret_raw
from werkzeug.security import check_password_hash

from app.console.sign_in import pepper
from app.core.errors import Refused
from app.core.messages import N_

log = logging.getLogger(__name__)

_SCHEME = "jg1"
#: KiB of memory, rounds: 57 ms of one core on the machine of 2026-11 (RFC 9106 §4; OWASP asks for 46 MiB, one round).
COST = (47104, 2)
_SIZE = 32
#: What FAB stored before: verified once more, then replaced.
_OLD = ("scrypt:", "pbkdf2:")
#: No more than this many are computed at a time, so that a storm of sign-ins leaves the machine to those who work.
_turns = threading.BoundedSemaphore(4)
_PATIENCE = 20.0


def make(account_id: int, plain: str) -> str:
    """What is stored for the password of that account."""
    key_id, salt = pepper.current(), token_bytes(16)
    head = f"{_SCHEME}${COST[0]},{COST[1]}${key_id}${b64encode(salt).decode()}"
    return f"{head}${_seal(head, account_id, plain, salt, COST)}"


def verify(account_id: int, plain: str, stored: str) -> bool:
    """True when ``stored`` was made of this password for this account."""
    if stored.startswith(_OLD):
        with _turn():
            return check_password_hash(stored, plain)
    head, _, tag = stored.rpartition("$")
    scheme, cost, _key_id, salt = head.split("$")
    if scheme != _SCHEME:
        return False
    memory, rounds = (int(number) for number in cost.split(","))
    made = _seal(head, account_id, plain, b64decode(salt), (memory, rounds))
    return made is not None and compare_digest(made, tag)


def waste(plain: str) -> None:
    """The work of ``verify`` for nothing, so that the time tells nobody which accounts there are."""
    make(0, plain)


def is_stale(stored: str) -> bool:
    """True when it would be made otherwise today: an older scheme, other costs, a key that was replaced."""
    return not stored.startswith(f"{_SCHEME}${COST[0]},{COST[1]}${pepper.current()}$")


def _seal(head: str, account_id: int, plain: str, salt: bytes, cost: tuple[int, int]) -> str | None:
    key_id = head.split("$")[2]
    typed = unicodedata.normalize("NFC", plain).encode("utf-8", "surrogatepass")
    with _turn():
        raw = hash_secret_raw(typed, salt, cost[1], cost[0], 1, _SIZE, Type.ID)
    signed = pepper.mac(key_id, f"{head}${account_id}$".encode() + raw)
    if signed is None:
        log.error("the key %s of a password is not in %s: nobody can sign in with it", key_id, pepper.folder())
    return signed.hex() if signed else None


class _turn:  # noqa: N801 - reads as a word
    def __enter__(self) -> None:
        if not _turns.acquire(timeout=_PATIENCE):
            raise Refused(N_("同时登录的人太多，请稍后再试"), status=503)

    def __exit__(self, *_: object) -> None:
        _turns.release()
