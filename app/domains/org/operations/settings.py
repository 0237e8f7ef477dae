"""Security settings as an office decides them: a value without a row is the default."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import saving, settings
from app.core.errors import BadValue, Invalid, Problem
from app.core.viewer import THE_SYSTEM, looking_as
from app.domains.org.models import Setting


def stored(session: Session) -> dict[str, Setting]:
    """The stored values, by code."""
    with looking_as(session, THE_SYSTEM):
        return {row.code: row for row in session.scalars(sa.select(Setting))}


def change(session: Session, given: Mapping[str, str]) -> list[str]:
    """The settings have those values; what is left empty is the default again. Returns the codes that changed."""
    problems, wanted = [], {}
    for code, text in given.items():
        known = settings.DECLARED.get(code)
        if known is None:
            continue
        try:
            wanted[code] = known.read(text.strip()) if text.strip() else known.default
        except BadValue as error:
            problems.append(Problem(error.message, (code,)))
    if problems:
        raise Invalid(problems)
    kept, done = stored(session), []
    with looking_as(session, THE_SYSTEM):
        for code, number in wanted.items():
            row, default = kept.get(code), settings.DECLARED[code].default
            if number == (settings.DECLARED[code].read(row.value) if row is not None else default):
                continue
            done.append(code)
            if number == default and row is not None:
                session.delete(row)
                session.flush()
            else:
                saving.save(session, Setting, {"code": code, "value": str(number)}, row=row)
    session.info.pop("settings", None)
    return done
