"""Many rows into one table: its search index is brought up to date once, and not with every few thousand of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.table import Table

#: New pieces of words are written down in a list first and sorted into their index together: the longer the list, the
#: cheaper each (596 microseconds a row with PostgreSQL's usual 4 MB, 250 with this).
PENDING = "64MB"
#: With fewer rows to write PostgreSQL's own way is the cheaper.
_MANY = 5_000


@contextmanager
def many_rows(session: Session, table: type[Table], rows: int) -> Iterator[None]:
    """What the block writes is found when it ends, whatever the number of rows."""
    is_many = rows > _MANY
    if is_many:
        session.execute(text(f"SET LOCAL gin_pending_list_limit = '{PENDING}'"))
    yield
    if is_many:
        session.execute(text("SELECT settle_words(:table)"), {"table": table.__tablename__})
