"""A file comes in: measured before it is kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.orm import Session

from app.core import stored
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table
from app.core.viewer import must_have
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.headers import own_numbers
from app.transfer.reader import Limits, count
from app.transfer.sighting import SUFFIXES


def receive(
    session: Session,
    table: type[Table],
    file_name: str,
    stream: IO[bytes],
    *,
    most_bytes: int = Limits.file_bytes,
    most_rows: int = Limits.rows,
) -> ImportBatch:
    """Keep an uploaded file as a new batch. Refused when it has more bytes, or a sheet more rows, than it may have."""
    if must_have(session).department_id is None:
        raise Refused(N_("您的账号还没有任职部门，不能导入"), status=403)
    with tempfile.NamedTemporaryFile(suffix=_suffix(file_name)) as landed:
        _land(stream, landed, most_bytes)
        counted = count(Path(landed.name), limits=Limits(file_bytes=most_bytes, rows=most_rows))
        file = stored.facts(session, stored.keep(session, landed, file_name))
    batch = ImportBatch(
        table_name=table.__tablename__,
        file_name=file_name[-255:],
        state=BatchState.UPLOADED.value,
        file_id=file.id,
        file_digest=file.digest,
        file_size=file.size,
        sighting={"rows": counted},
        **own_numbers(session),
    )
    session.add(batch)
    session.flush()
    return batch


@contextmanager
def file_of(session: Session, batch: ImportBatch) -> Iterator[Path]:
    """The batch's file on disk, as long as the block runs. Raises Refused when it was committed or discarded."""
    if batch.file_id is None:
        raise Refused(N_("这个批次的文件已不再保留，请重新上传"), status=409)
    with stored.on_disk(session, batch.file_id, _suffix(batch.file_name)) as path:
        yield path


def rows_in(batch: ImportBatch, sheet: str) -> int:
    """How many rows the sheet has, as they were counted when the file came in; its header is among them."""
    return int((batch.sighting or {}).get("rows", {}).get(sheet, 0))


def _suffix(file_name: str) -> str:
    suffix = Path(file_name).suffix.lower()
    return suffix if suffix in SUFFIXES else ""


def _land(stream: IO[bytes], file: IO[bytes], most: int) -> None:
    """The rest of the stream is a file of the disk, which stands at its beginning."""
    while data := stream.read(stored.PIECE):
        file.write(data)
        if file.tell() > most:
            raise Refused(N_("文件超过 {most} MB，请分成几个文件后再上传", most=most // 2**20), status=413)
    if not file.tell():
        raise Refused(N_("请先选择文件"))
    file.flush()
    file.seek(0)
