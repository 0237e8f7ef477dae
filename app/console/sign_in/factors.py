"""The second factor of an account: an app on the telephone, and codes on paper for the day it is lost.

The secret is stored sealed and is good only once its owner has typed a code of it. A code is taken once (whoever tries
holds the credential, so two at a time cannot both be first); the codes on paper are stored as keyed hashes, each good
for one time.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from hmac import compare_digest

import segno
from sqlalchemy.orm import Session

from app.console.sign_in import codes, credentials, lockout, pepper
from app.console.sign_in.apart import apart
from app.console.sign_in.models import Credential
from app.console.sign_in.steps import Factor, wants_factor
from app.core import audit, clock, secrecy, settings
from app.core.errors import Refused
from app.core.messages import N_
from app.core.roles import SEPARATED, Role
from app.core.viewer import THE_SYSTEM, looking_as

#: Whom "for administrators" means: the three separated ones, those of departments, and FAB's break-glass role.
ADMINS = frozenset({*(role.value for role in SEPARATED), Role.DEPT_ADMIN.value, "Admin"})
log = logging.getLogger(__name__)
secrecy.also_sealed("credential", "factor_secret")


def _purpose(account_id: int) -> str:
    """A secret that is copied to another account opens there no more than it did before."""
    return f"factor.{account_id}"


def state(session: Session, credential: Credential) -> Factor:
    """Whether the account has a factor, or has to have one."""
    if credential.factor_secret:
        return Factor.SET
    return Factor.WANTED if is_wanted(session, credential.account_id) else Factor.NONE


def is_wanted(session: Session, account_id: int) -> bool:
    """True when the settings ask the account for a factor."""
    for_all = bool(settings.value(session, "factor_for_all"))
    for_admins = bool(settings.value(session, "factor_for_admins"))
    if not (for_all or for_admins):
        return False
    roles = credentials.roles_of(session, account_id)
    return wants_factor(roles, ADMINS, for_admins=for_admins, for_all=for_all)


# ---- setting it up -------------------------------------------------------------------------------------------------
def offer(account_id: int, kept: str | None = None) -> tuple[str, str]:
    """A secret that waits for its first code: sealed, as the visitor carries it to that moment, and plain, as his app
    wants it. The one that he carries already is offered again, so a page may be loaded twice; nothing is stored.
    """
    if kept is not None:
        with suppress(secrecy.SealBroken):
            return kept, secrecy.open_text(_purpose(account_id), kept)
    secret = codes.new_secret()
    return secrecy.seal_text(_purpose(account_id), secret), secret


def confirm(account_id: int, sealed: str | None, code: str) -> list[str] | None:
    """The offered secret is the factor of the account when the code is one of it. Returns the codes for paper, told
    once; ``None`` when the code was wrong, which is counted.
    """
    with apart() as session:
        credential = credentials.made(session, account_id)
        if not sealed or credential.factor_secret or lockout.is_locked(credential, clock.now()):
            return None
        secret = secrecy.open_text(_purpose(account_id), sealed)
        step = codes.matching_step(secret, code, clock.now(), None)
        if step is None:
            lockout.failed(session, credential, "code")
            return None
        credentials.acting(session, account_id)
        credential.factor_secret, credential.factor_step = sealed, step
        lockout.proved(credential)
        audit.note(session, "factor_set", table="ab_user", key=str(account_id))
        return _new_codes(credential)


def renew_codes(session: Session, account_id: int) -> list[str]:
    """Ten new codes for paper; the earlier ones are worth nothing. Never commits."""
    with looking_as(session, THE_SYSTEM):
        credential = credentials.locked(session, account_id)
        if credential is None or not credential.factor_secret:
            raise Refused(N_("还没有启用动态口令"), status=409)
        audit.note(session, "factor_set", table="ab_user", key=str(account_id), what="recovery_codes")
        made = _new_codes(credential)
        session.flush()
        return made


def remove(session: Session, account_id: int, *, why: str) -> bool:
    """The account has no factor any more. Returns whether it had one. Never commits."""
    with looking_as(session, THE_SYSTEM):
        credential = credentials.locked(session, account_id)
        if credential is None or not credential.factor_secret:
            return False
        credential.factor_secret = credential.factor_step = credential.recovery = None
        audit.note(session, "factor_removed", table="ab_user", key=str(account_id), why=why)
        session.flush()
        return True


def picture(secret: str, username: str, issuer: str) -> str:
    """The address of the secret as an SVG for the page."""
    return segno.make(codes.address(secret, username, issuer), error="l", boost_error=False).svg_inline(
        scale=5, border=2, dark="#000", light="#fff", omitsize=True
    )


# ---- proving it ----------------------------------------------------------------------------------------------------
def is_code_of(session: Session, credential: Credential, typed: str) -> bool:
    """True when it is a code of the account that was never used before: of the app, or from paper. The credential is
    held by this transaction. Failures are counted.
    """
    if takes(credential, typed):
        session.flush()
        return True
    lockout.failed(session, credential, "code")
    return False


def takes(credential: Credential, typed: str) -> bool:
    """True when it is such a code, which is used up by this; a failure is not counted."""
    return bool(credential.factor_secret) and (_of_app(credential, typed) or _of_paper(credential, typed))


def codes_left(credential: Credential) -> int:
    """How many codes on paper are still good."""
    return len((credential.recovery or {}).get("left", ()))


def _of_app(credential: Credential, typed: str) -> bool:
    try:
        secret = secrecy.open_text(_purpose(credential.account_id), credential.factor_secret or "")
    except secrecy.SealBroken:
        log.exception("the second factor of account %s cannot be opened", credential.account_id)
        return False
    step = codes.matching_step(secret, typed, clock.now(), credential.factor_step)
    if step is None:
        return False
    credential.factor_step = step
    return True


def _of_paper(credential: Credential, typed: str) -> bool:
    kept, signs = credential.recovery, codes.recovery_signs(typed)
    if not kept or signs is None:
        return False
    made = _hash(kept["key"], credential.account_id, signs)
    left = [each for each in kept["left"] if made is None or not compare_digest(each, made)]
    if len(left) == len(kept["left"]):
        return False
    credential.recovery = {**kept, "left": left}
    return True


def _new_codes(credential: Credential) -> list[str]:
    made, key = codes.new_recovery_codes(), pepper.current()
    left = [_hash(key, credential.account_id, codes.recovery_signs(each) or "") for each in made]
    credential.recovery = {"key": key, "left": left, "made": clock.now().isoformat()}
    return made


def _hash(key: str, account_id: int, signs: str) -> str | None:
    signed = pepper.mac(key, f"recovery|{account_id}|{signs}".encode())
    return signed.hex() if signed else None
