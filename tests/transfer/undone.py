"""Imports and their undoing, as tests of both need them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.table import LINKS, TABLES, Table
from app.transfer import undo, upload
from app.transfer.batch import ImportBatch
from app.transfer.undo import Bucket, Counts
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.world import World
from tests.secrecy.given import owner

#: What every write changes, whoever it was.
SYSTEM = {"version", "updated_at", "updated_by"}


def brought_in(writer: Browser, world: World, name: str, rows: Iterable[Mapping[str, Any]]) -> Any:
    """The identifier of the batch that stored the rows."""
    file = (io.BytesIO(workbook(TABLES[name], list(rows))), "行.xlsx")
    answer = writer.post(f"/{name}/import", file=file, duplicates="update")
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    address = answer.headers["Location"]
    assert not address.endswith("/map"), "headers were not understood"
    done = writer.post(f"{address}/commit")
    assert done.status_code == 302, done.get_data(as_text=True)[-2000:]
    return address.rsplit("/", 1)[-1]


def batch_of(session: Any, key: Any) -> ImportBatch:
    found = session.scalar(sa.select(ImportBatch).where(ImportBatch.id == key))
    assert found is not None
    return found


@dataclass
class Seen:
    """What a preview or an undo found: counts, and the reasons by row."""

    counts: Counts
    why: dict[str, str | None]


def looked(world: World, key: Any, who: str = "own") -> Seen:
    """What an undo would do now."""
    with world.session(who) as session, undo.preview(session, batch_of(session, key)) as parts:
        rows = [row for part in parts for bucket in Bucket for row in part.plan.rows(bucket)]
        return Seen(sum((part.counts for part in parts), Counts()), {str(row.id): row.why for row in rows})


def taken_back(world: World, key: Any, who: str = "own") -> Seen:
    """The batch is undone."""
    with world.session(who) as session:
        batch = batch_of(session, key)
        counts = undo.undo(session, batch)
        stayed = [undo.kept(session, each) for each in undo.together(session, batch)]
        rows = [row for plan in stayed for each in Bucket if each is not Bucket.REVERSED for row in plan.rows(each)]
        session.commit()
        return Seen(counts, {str(row.id): row.why for row in rows})


def stored(table: type[Table]) -> dict[str, dict[str, Any]]:
    """Every row of the table as it is stored, and its links, by identifier."""
    with owner() as connection:
        found = {
            str(row["id"]): {name: value for name, value in row.items() if name not in SYSTEM}
            for row in connection.execute(sa.text(f'SELECT * FROM "{table.__tablename__}"')).mappings()
        }
        for link in LINKS.values():
            if link.owner == table.__tablename__:
                for pair in connection.execute(sa.select(link.table)).mappings():
                    row = found[str(pair[link.owner_column])]
                    row.setdefault(link.table.name, set()).add(str(pair[link.target_column]))
    return found


def key_of(table: str, /, **where: Any) -> Any:
    """The identifier of the row with those values."""
    told = " AND ".join(f'"{column}" = :{column}' for column in where)
    with owner() as connection:
        return connection.execute(sa.text(f'SELECT id FROM "{table}" WHERE {told}'), where).scalar_one()


def edit(writer: Browser, name: str, key: Any, /, **values: Any) -> None:
    answer = writer.send("PUT", f"/api/v1/{name}/{key}", values)
    assert answer.status_code == 200, answer.get_data(as_text=True)


def key_of_all(table: str, /, **where: Any) -> list[Any]:
    told = " AND ".join(f'"{column}" = :{column}' for column in where)
    with owner() as connection:
        return list(connection.execute(sa.text(f'SELECT id FROM "{table}" WHERE {told}'), where).scalars())


__all__ = [
    "Bucket",
    "Seen",
    "batch_of",
    "brought_in",
    "edit",
    "key_of",
    "key_of_all",
    "looked",
    "stored",
    "taken_back",
    "upload",
]
