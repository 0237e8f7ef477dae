"""A workbook of several tables: a batch for each sheet, checked in their order, stored in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.table import by_name
from app.transfer import first_sight, glimpse, upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.books import kin, known
from app.transfer.books.order import ordered
from app.transfer.books.recognise import Found, LeftOut, Why
from app.transfer.headers import own_numbers
from app.transfer.merge import Outcome
from app.transfer.sighting import Sighting
from app.transfer.staging import Counts

_LEFT_OUT = "left_out"


def make(session: Session, batch: ImportBatch, found: Found) -> list[ImportBatch]:
    """The batch becomes a workbook: one batch for each sheet, in the order in which they are checked and stored.

    Sheets whose headers are all understood know what their columns carry; the others wait for a person.
    """
    seen, book = glimpse.kept(batch), uuid7()
    assert seen is not None
    left_out = [[each.sheet, each.why.value, each.table] for each in found.left_out]
    batch.sighting = (batch.sighting or {}) | {_LEFT_OUT: left_out}
    batches = []
    for place, table in enumerate(ordered(found.sheets)):
        each = batch if table.__tablename__ == batch.table_name else _another(session, batch, table.__tablename__)
        each.book_id, each.book_place, each.sheet = book, place, found.sheets[table]
        first_sight.compare(each, seen)
        session.add(each)
        session.flush()
        look = first_sight.sighting_of(session, each, sheet=each.sheet)
        if not look.match.unknown and not look.missing(table):
            upload.understand(session, each, look, look.match.fields)
        batches.append(each)
    return batches


def _another(session: Session, batch: ImportBatch, table: str) -> ImportBatch:
    """A batch of the same file for another table."""
    same = ("file_name", "state", "file_id", "file_digest", "file_size", "sighting", "duplicates")
    return ImportBatch(table_name=table, **{name: getattr(batch, name) for name in same}, **own_numbers(session))


def left_out(batch: ImportBatch) -> list[LeftOut]:
    """The sheets of the batch's workbook that are not imported."""
    told = (batch.sighting or {}).get(_LEFT_OUT, [])
    return [LeftOut(sheet, Why(why), table) for sheet, why, table in told]


def members(session: Session, batch: ImportBatch) -> list[ImportBatch]:
    """The batches of the workbook in their order, without those left out; only itself where it stands alone."""
    if batch.book_id is None:
        return [batch]
    wanted = sa.select(ImportBatch).where(
        ImportBatch.book_id == batch.book_id, ImportBatch.state != BatchState.DISCARDED.value
    )
    return list(session.scalars(wanted.order_by(ImportBatch.book_place)))


def whole(session: Session, batch: ImportBatch) -> list[ImportBatch]:
    """The batches of the workbook, for something that happens to all of them. Refused when this one was left out."""
    batches = members(session, batch)
    if batch not in batches:
        label = BatchState(batch.state).label
        raise Refused(N_("这个批次的状态是“{state}”，不能进行这一步", state=label), status=409)
    return batches


# -- the check ---------------------------------------------------------------------------------------------------------


def begin_check(session: Session, batch: ImportBatch, seen: Sighting, mapping: Mapping[int, str]) -> list[ImportBatch]:
    """The batch is understood so. From now on it is being checked, and in a workbook what may refer to it.

    Returns the batches to be checked, in their order: none as long as a sheet of the workbook is not understood.
    """
    if batch.book_id is None:
        upload.begin_check(session, batch, seen, mapping)
        return [batch]
    upload.understand(session, batch, seen, mapping)
    return begin(session, batch, int(batch.book_place or 0))


def begin(session: Session, batch: ImportBatch, place: int = 0) -> list[ImportBatch]:
    """The sheets of the workbook from that place on are being checked, and those before it that are not yet."""
    batches = members(session, batch)
    if any(each.mapping is None for each in batches):
        return []
    open_places = [int(each.book_place or 0) for each in batches if each.state == BatchState.UPLOADED.value]
    begun = [each for each in batches if int(each.book_place or 0) >= min([place, *open_places])]
    for each in begun:
        upload.begin_again(session, each)
    return begun


def check_on(session: Session, batch: ImportBatch, **how: Any) -> Counts:
    """Check the rows of one sheet that are not staged yet; those it refers to have been checked before."""
    known.prepare(session, batch)
    return upload.check_on(session, batch, **how)


# -- the end -----------------------------------------------------------------------------------------------------------


def commit(
    session: Session, batch: ImportBatch, *, progress: Callable[[int, int], None] | None = None
) -> list[tuple[ImportBatch, Outcome]]:
    """Store the good rows of all sheets in this transaction, parents first; what refers to a refused row is refused."""
    batches, outcomes = whole(session, batch), list[tuple[ImportBatch, Outcome]]()
    must_be_checked(batches)
    total = sum((each.inserted or 0) + (each.updated or 0) for each in batches)
    done = 0
    for each in batches:
        kin.refuse(session, each)

        def told(written: int, _wanted: int, before: int = done) -> None:
            if progress:
                progress(before + written, total)

        outcome = upload.commit(session, each, progress=told)
        done += outcome.inserted + outcome.updated
        outcomes.append((each, outcome))
    return outcomes


def must_be_checked(batches: list[ImportBatch]) -> None:
    """Refused when a sheet of the workbook still waits for something."""
    ready = (BatchState.CHECKED.value, BatchState.COMMITTING.value)
    waiting = next((each for each in batches if each.state not in ready), None)
    if waiting is not None and len(batches) > 1:
        told = {"sheet": waiting.sheet or by_name(waiting.table_name).__label__}
        raise Refused(
            N_("工作表“{sheet}”的状态是“{state}”，不能提交", state=BatchState(waiting.state).label, **told), status=409
        )


def discard(session: Session, batch: ImportBatch) -> None:
    """Forget the whole workbook, if none of it was committed."""
    for each in reversed(whole(session, batch)):
        upload.discard(session, each)


def leave_out(session: Session, batch: ImportBatch) -> list[ImportBatch]:
    """This sheet is not imported. Returns the sheets that are being checked anew, because they may refer to it."""
    place = int(batch.book_place or 0)
    upload.discard(session, batch)
    rest = members(session, batch)
    return begin(session, batch, place) if rest else []
