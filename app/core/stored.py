"""Files that the database keeps, in sealed pieces: uploads that wait, results of jobs. Any size, one piece in memory.

They lie in PostgreSQL because every process of the console must find them, and because a file then stands or falls with
the transaction that speaks of it. People never read these rows: whoever may see the upload or the job gets its file.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core import clock, secrecy
from app.core.errors import Refused
from app.core.fields import code, integer, moment, text
from app.core.ids import uuid7
from app.core.messages import N_
from app.core.rows import hidden
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, looking_as

#: Bytes of one piece before it is sealed.
PIECE = 1 << 20
_PURPOSE = "stored"


def _bound(key: UUID, place: int) -> str:
    """What a piece is sealed for: its own place in its own file."""
    return f"{_PURPOSE}:{key}:{place}"


secrecy.also_sealed("stored_piece", "content")


class StoredFile(Table):
    """A file in pieces. ``digest`` tells the same content again and tells nobody what it is."""

    __label__ = N_("暂存文件")
    __help__ = N_("等待处理的上传文件和任务的结果文件，到期自动删除。")
    __title__ = "file_name"
    __rows__ = hidden()
    __pages__ = False

    file_name: Mapped[str] = text(N_("文件名"), 255)
    media_type: Mapped[str | None] = text(N_("文件类型"), 100)
    size: Mapped[int | None] = integer(N_("字节数"))
    digest: Mapped[str | None] = code(N_("内容摘要"), 64)
    kept_until: Mapped[datetime | None] = moment(N_("保留至"))


class StoredPiece(Table):
    """One piece of a stored file."""

    __label__ = N_("暂存文件分块")
    __help__ = N_("暂存文件的一部分。")
    __title__ = "place"
    __key__ = ("file_key", "place")
    __rows__ = hidden()
    __pages__ = False

    file_key: Mapped[str] = code(N_("文件标识"), 36)
    place: Mapped[int] = integer(N_("序号"))

    content: Mapped[bytes | None] = mapped_column(sa.LargeBinary, deferred=True, comment="sealed bytes")


_files, _pieces = StoredFile.__table__, StoredPiece.__table__


class Writing(io.RawIOBase):
    """A stream whose bytes become a stored file; the file is whole when ``close`` has returned."""

    def __init__(self, session: Session, name: str, media_type: str = "", until: datetime | None = None) -> None:
        self.id, self.size = uuid7(), 0
        self._session, self._piece, self._place = session, bytearray(), 0
        self._digest = hashlib.sha256()
        self._insert(_files, file_name=name[-255:], media_type=media_type or None, kept_until=until, id=self.id)

    def writable(self) -> bool:
        """It is only written."""
        return True

    def write(self, data: Any) -> int:
        """Take the bytes; whole pieces go to the database."""
        self._piece += data
        while len(self._piece) >= PIECE:
            self._send(bytes(self._piece[:PIECE]))
            del self._piece[:PIECE]
        return len(data)

    def close(self) -> None:
        """Send what is left, and say how much it was."""
        if self.closed:
            return
        if self._piece:
            self._send(bytes(self._piece))
            self._piece.clear()
        told = {"size": self.size, "digest": secrecy.fingerprint(_PURPOSE, self._digest.digest())}
        with looking_as(self._session, THE_SYSTEM):
            self._session.execute(sa.update(_files).where(_files.c.id == self.id).values(told))
        super().close()

    def _send(self, piece: bytes) -> None:
        self._digest.update(piece)
        self.size += len(piece)
        sealed = secrecy.seal_bytes(_bound(self.id, self._place), piece)
        self._insert(_pieces, id=uuid7(), file_key=str(self.id), place=self._place, content=sealed)
        self._place += 1

    def _insert(self, table: Any, **values: Any) -> None:
        with looking_as(self._session, THE_SYSTEM):
            self._session.execute(sa.insert(table).values(values))


def keep(
    session: Session, stream: IO[bytes], name: str, *, media_type: str = "", until: datetime | None = None
) -> UUID:
    """Store the rest of the stream. Never commits."""
    with Writing(session, name, media_type, until) as writing:
        while data := stream.read(PIECE):
            writing.write(data)
    return writing.id


def facts(session: Session, key: UUID) -> Any:
    """Name, media type, size, digest and end of a stored file. Refused (410) when it is gone."""
    with looking_as(session, THE_SYSTEM):
        row = session.execute(sa.select(_files).where(_files.c.id == key)).one_or_none()
    if row is None:
        raise Refused(N_("文件已过保留期限或已删除，请重新生成或上传"), status=410)
    return row


def pieces(session: Session, key: UUID) -> Iterator[bytes]:
    """The file's bytes, a piece at a time, each asked for when it is wanted. Refused (410) when the file is gone."""
    size, seen, place = facts(session, key).size, 0, 0
    while size is None or seen < size:
        wanted = sa.select(_pieces.c.content).where(_pieces.c.file_key == str(key), _pieces.c.place == place)
        with looking_as(session, THE_SYSTEM):
            sealed = session.scalar(wanted)
        if sealed is None:
            raise Refused(N_("文件已过保留期限或已删除，请重新生成或上传"), status=410)
        piece = secrecy.open_bytes(_bound(key, place), sealed)
        seen, place = seen + len(piece), place + 1
        yield piece


@contextmanager
def on_disk(session: Session, key: UUID, suffix: str = "") -> Iterator[Path]:
    """The file as a file of the disk that nobody else reads, as long as the block runs."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        for piece in pieces(session, key):
            file.write(piece)
        file.flush()
        yield Path(file.name)


def forget(session: Session, key: UUID) -> None:
    """Remove the file. Never commits."""
    with looking_as(session, THE_SYSTEM):
        session.execute(sa.delete(_pieces).where(_pieces.c.file_key == str(key)))
        session.execute(sa.delete(_files).where(_files.c.id == key))


def sweep(session: Session) -> int:
    """Remove what is kept no longer. Returns how many files; never commits."""
    with looking_as(session, THE_SYSTEM):
        old = session.scalars(sa.select(_files.c.id).where(_files.c.kept_until < clock.now())).all()
    for key in old:
        forget(session, key)
    return len(old)
