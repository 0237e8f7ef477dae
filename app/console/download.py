"""A workbook that is made in the request and sent when it is whole."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Any

from flask import Response, send_file

from app.console import guard
from app.core import audit, clock
from app.core.messages import Message
from app.extensions import db
from app.transfer.export import XLSX
from app.transfer.writer import file_name, write_sheet


def workbook(title: str, write: Callable[[IO[bytes]], Any], *, name: str | None = None) -> Response:
    """The answer with what ``write`` writes, called 单位_标题_yyyyMMdd.xlsx unless ``name`` says otherwise."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer, when it has been sent
    write(stream)
    stream.seek(0)
    viewer = guard.viewer()
    called = name or file_name(viewer.department if viewer else "", title, clock.today())
    return send_file(stream, mimetype=XLSX, as_attachment=True, download_name=called)


def sheet(
    title: str,
    headers: Sequence[Message],
    lines: Iterable[Sequence[Any]],
    *,
    table: str,
    filters: Mapping[str, Any],
    **shape: Any,
) -> Response:
    """The answer with those lines; that they were taken stands on the log before they leave. Commits."""

    def write(stream: IO[bytes]) -> None:
        number = write_sheet(stream, title, [str(each) for each in headers], lines, **shape)
        audit.note(db.session(), "export", table=table, rows=number, format="xlsx", filters=filters)
        db.session.commit()

    return workbook(title, write)
