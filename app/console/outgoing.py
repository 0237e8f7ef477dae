"""One export on its way out of the house: alone for its person, on the log before it leaves, never half and whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.console.history import events
from app.console.history.events import Stage
from app.core import viewer as viewers
from app.core.errors import Refused
from app.core.messages import N_
from app.transfer.export import Export
from app.transfer.flow import Flow

#: Seconds (of the clock) in which a small file is whole: it is answered, and logged, in one piece.
AT_ONCE = 0.1
#: Downloads at the same time of one process, which has eight threads for everybody.
TOGETHER = 4
_room = threading.BoundedSemaphore(TOGETHER)
_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('export'), :account)")

Around = Callable[[Callable[..., Any]], Callable[..., Any]]


def as_it_is(make: Callable[..., Any]) -> Callable[..., Any]:
    """Nothing is put around it."""
    return make


class Outgoing:
    """The bytes of an export while it is made, as the viewer of the session and in his name.

    It runs on a connection of its own. ``begin`` returns when the first bytes may leave; iterating gives them, and the
    last ones only after the number of rows is on the log. ``close`` ends what nobody takes any more. A download keeps a
    thread of the server busy: there are so many at a time, and one of each person.
    """

    def __init__(
        self,
        session: Session,
        export: Export,
        *,
        is_download: bool = True,
        around: Around = as_it_is,
        **told: Any,
    ) -> None:
        self.export, self.rows, self._told, self._is_download = export, 0, told, is_download
        self._viewer, self._origin = viewers.must_have(session), viewers.origin_of(session)
        self._prepared = export.prepared(self._viewer)
        self._engine = session.get_bind().engine
        self._is_begun = self._is_over = self._is_whole = self._is_noted = False
        self._noting = threading.Lock()
        if is_download and not _room.acquire(blocking=False):
            raise Refused(N_("同时下载的人较多，请稍后再试，或选择后台生成"), status=429)
        self._session = self._own_session()
        try:
            if is_download:
                self._be_alone()
            connection: Any = self._session.connection().connection.dbapi_connection
            self._flow = Flow(around(self._make), connection.cancel)
        except BaseException:
            self._session.close()
            self._leave()
            raise

    def begin(self, seconds: float = AT_ONCE) -> None:
        """The first bytes may leave. What goes wrong until then is raised here, and nothing has happened."""
        if self._flow.is_done(seconds):
            return
        with self._noting:
            if not self._is_noted:
                self._note(Stage.BEGUN, None)
                self._is_begun = True

    def pieces(self, tick: float | None = None) -> Iterator[bytes]:
        """The bytes; an empty piece whenever there was none for so many seconds."""
        try:
            yield from self._flow.pieces(tick)
            self._is_whole = True
        except Exception:
            if self.export.as_csv:  # of a text file nobody sees that its end is missing
                yield f"\n*** {N_('导出中断，文件不完整')} ***\n".encode()
            raise
        finally:
            self.close()

    def __iter__(self) -> Iterator[bytes]:
        """The bytes."""
        return self.pieces()

    def close(self) -> None:
        """Nothing more is made. If somebody had begun to take it, the log says how far it came."""
        if self._is_over:
            return
        self._is_over = True
        if not self._is_whole:
            self._flow.close()
            if self._is_begun:
                self._note(Stage.ABORTED, self.rows)

    def _make(self, send: Callable[[bytes], None]) -> None:
        try:
            with self._session as session:
                session.execute(sa.text("SET LOCAL jit = off"))  # it would cost more than the first thousands of rows
                self._prepared.write(session, send, told=self._count, before_end=self._done)
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._is_download:
            _room.release()

    def _done(self, number: int) -> None:
        """In the transaction that read the rows; the end of the file is sent when it has been committed."""
        self.rows = number
        with self._noting:
            self._exported(self._session, Stage.DONE if self._is_begun else None, number)
            self._session.commit()
            self._is_noted = True

    def _count(self, number: int) -> None:
        self.rows = number

    def _note(self, stage: Stage, rows: int | None) -> None:
        with self._own_session() as session:
            self._exported(session, stage, rows)
            session.commit()

    def _exported(self, session: Session, stage: Stage | None, rows: int | None) -> None:
        keys, criteria = self.export.keys, self.export.criteria
        events.exported(
            session,
            self.export.table,
            rows,
            form=self.export.suffix,
            stage=stage,
            filters=events.filters_of(criteria) | ({"ids": str(len(keys))} if keys is not None else {}),
            columns=[column.field.name for column in self.export.columns],
            **self._told,
        )

    def _own_session(self) -> Session:
        session = Session(self._engine)
        viewers.come_from(session, *self._origin)
        viewers.look_as(session, self._viewer)
        return session

    def _be_alone(self) -> None:
        """An account may run one export at a time: each keeps a server thread and a connection busy."""
        if not self._session.scalar(_LOCK, {"account": self._viewer.user_id}):
            raise Refused(N_("您有一个导出正在进行，请等它完成后再试"), status=429)
