"""One-time codes: which step of time a code belongs to, and what the codes on paper look like. Pure.

Codes by time are those of RFC 6238 with HMAC-SHA1, six digits and 30 seconds, because that is what every app on a
telephone computes.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from hmac import compare_digest

import pyotp

STEP_SECONDS = 30
#: Clocks differ: the code before and the code after are taken too.
DRIFT = 1
RECOVERY_CODES = 10
#: Signs of the codes on paper: none is taken for another (Crockford's alphabet). Ten of them are 50 bits.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE = str.maketrans("OIL", "011")
_HALF = 5


def new_secret() -> str:
    """160 random bits, in the letters that apps take (RFC 4226 §4, R6)."""
    return pyotp.random_base32(32)


def step_of(now: datetime) -> int:
    """The number of the step of time."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one step."""
    return pyotp.TOTP(secret).generate_otp(step)


def matching_step(secret: str, code: str, now: datetime, last: int | None) -> int | None:
    """The step that the code belongs to, if it is near and was not used; a step taken before is never taken again."""
    given, here, found = re.sub(r"\s", "", code), step_of(now), None
    for step in range(here - DRIFT, here + DRIFT + 1):
        is_it = compare_digest(code_at(secret, step).encode(), given.encode())  # each one, so that all take as long
        if is_it and (last is None or step > last):
            found = step
    return found


def address(secret: str, username: str, issuer: str) -> str:
    """What the picture says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def new_recovery_codes() -> list[str]:
    """Codes to be printed: ``7K2MQ-X9D4T``."""
    made = ("".join(secrets.choice(_SIGNS) for _ in range(2 * _HALF)) for _ in range(RECOVERY_CODES))
    return [f"{each[:_HALF]}-{each[_HALF:]}" for each in made]


def recovery_signs(typed: str) -> str | None:
    """A code from paper as it was typed, with the letters that are taken for others put right; ``None`` for none."""
    plain = re.sub(r"[\s-]", "", typed).upper().translate(_ALIKE)
    return plain if len(plain) == 2 * _HALF and all(sign in _SIGNS for sign in plain) else None
