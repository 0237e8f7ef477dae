"""What departments said headers mean: asked at every upload, kept for the next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.table import Table
from app.core.viewer import must_have
from app.transfer.batch import HeaderMemory
from app.transfer.columns import known_headers
from app.transfer.reader import normalise_header

_LONGEST_HEADER = 200


def memory_of(session: Session, table: type[Table]) -> dict[str, str]:
    """What the viewer's department said before about headers of this table; an empty name means "not read"."""
    viewer = must_have(session)
    rows = session.execute(
        sa.select(HeaderMemory.header, HeaderMemory.field_name).where(
            HeaderMemory.table_name == table.__tablename__, HeaderMemory.department_id == viewer.department_id
        )
    )
    return {header: name or "" for header, name in rows}


def said_of(session: Session, table: type[Table]) -> set[str]:
    """The headers of which the department said something that their own words do not say."""
    known = known_headers(table)
    usual = {word: name if table.__fields__[name].is_input else "" for word, name in known.items()}
    return {word for word, name in memory_of(session, table).items() if usual.get(word) != name}


def remember(session: Session, table: type[Table], headers: Mapping[str, str]) -> None:
    """Keep what a person said headers mean, for the next upload of his department."""
    said = {key_of(text): name or None for text, name in headers.items()}
    if not said:
        return
    own = own_numbers(session) | {"table_name": table.__tablename__}
    rows = [{**own, "header": header, "field_name": name} for header, name in sorted(said.items())]
    statement = insert(HeaderMemory.__table__).values(rows)
    changed = {name: statement.excluded[name] for name in ("field_name", "updated_by")}
    session.execute(statement.on_conflict_do_update(constraint="uq_header_memory_key", set_=changed))


def forget(session: Session, table: type[Table], header: str) -> bool:
    """The viewer's department is asked again what that header means. True when something was remembered."""
    said = sa.delete(HeaderMemory).where(
        HeaderMemory.table_name == table.__tablename__,
        HeaderMemory.department_id == must_have(session).department_id,
        HeaderMemory.header == key_of(header),
    )
    result: Any = session.execute(said)
    return bool(result.rowcount)


def key_of(header: str) -> str:
    """A header as it is remembered."""
    return normalise_header(header)[:_LONGEST_HEADER]


def own_numbers(session: Session) -> dict[str, Any]:
    """What a row of the viewer's own department begins with: its two numbers, and who makes it."""
    viewer = must_have(session)
    region = session.scalar(sa.text("SELECT region_id FROM department WHERE id = :id"), {"id": viewer.department_id})
    return {
        "department_id": viewer.department_id,
        "scope_region": region,
        "created_by": viewer.user_id,
        "updated_by": viewer.user_id,
    }
