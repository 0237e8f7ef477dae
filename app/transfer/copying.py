"""COPY of what a statement finds, with the driver's own quoting and under the session's viewer."""

from __future__ import annotations

from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ClauseElement, Executable
from sqlalchemy.sql.visitors import InternalTraversal

_SINK = "copied_to"


class Sink(Protocol):
    """Takes rows as COPY writes them, one at a time."""

    def write(self, line: bytes, /) -> int:
        """One row."""


class _Copy(Executable, ClauseElement):
    inherit_cache = True
    _traverse_internals = [("statement", InternalTraversal.dp_clauseelement), ("form", InternalTraversal.dp_string)]

    def __init__(self, statement: sa.Select[Any], form: str) -> None:
        self.statement, self.form = statement, form


@compiles(_Copy)
def _compile(copy: _Copy, compiler: Any, **options: Any) -> str:
    return f"COPY ({compiler.process(copy.statement, **options)}) TO STDOUT ({copy.form})"


@sa.event.listens_for(Engine, "do_execute")
def _send(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
    """psycopg2 copies by a call of its own; everything else is executed as usual."""
    sink = context.execution_options.get(_SINK) if context is not None else None
    if sink is None:
        return None
    cursor.copy_expert(cursor.mogrify(statement, parameters or None), sink)
    return True


def copy_lines(session: Session, statement: sa.Select[Any], sink: Sink) -> None:
    """Lines of COPY's text format; nothing stands for no value."""
    session.execute(_Copy(statement, "FORMAT text, NULL ''"), execution_options={_SINK: sink})


def copy_csv(session: Session, statement: sa.Select[Any], sink: Sink) -> None:
    """Lines of COPY's CSV format."""
    session.execute(_Copy(statement, "FORMAT csv"), execution_options={_SINK: sink})
