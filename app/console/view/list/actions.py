"""The list of bulk actions. A new one is a line here; what it does to rows stands in core or in a domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.console import attachments, guard
from app.core.bulk import delete_rows
from app.core.messages import N_, Message
from app.core.table import Table


@dataclass(frozen=True)
class BulkAction:
    """Something that can be done to many rows at once, all of them or none."""

    name: str
    label: Message
    icon: str
    #: What the viewer's role must allow (read, add, edit, delete …).
    permission: str
    #: Said before it happens, with the number of rows as ``{n}``.
    question: str
    #: Said when it has happened.
    done: str
    #: Does it, flushes, never commits; returns the number of rows.
    do: Callable[[Session, type[Table], Sequence[Any]], int]
    is_dangerous: bool = False


@dataclass(frozen=True)
class OwnAction:
    """Something a domain does to the chosen rows of its table, on a page of its own that asks first."""

    table: str
    label: Message
    icon: str
    #: The page that takes ``ids`` (or ``all`` and ``asked``), and the (action, view) that opens it.
    endpoint: str
    needs: tuple[str, str]
    is_dangerous: bool = False


#: Filled by the domains that have such pages.
OWN_ACTIONS: list[OwnAction] = []


def own_offered(table: str) -> list[OwnAction]:
    """The table's own actions that the viewer's roles allow."""
    return [each for each in OWN_ACTIONS if each.table == table and guard.may(*each.needs)]


def _delete(session: Session, table: type[Table], keys: Sequence[Any]) -> int:
    number = delete_rows(session, table, keys)
    attachments.go_with(session, table, keys)
    return number


ACTIONS = (
    BulkAction(
        name="delete",
        label=N_("删除"),
        icon="trash",
        permission="delete",
        question=N_("将删除 {n} 条记录，删除后不能恢复").msgid,
        done=N_("已删除 {n} 条记录").msgid,
        do=_delete,
        is_dangerous=True,
    ),
)


def offered(can: Mapping[str, bool]) -> list[BulkAction]:
    """The actions that the viewer's role allows."""
    return [action for action in ACTIONS if can[action.permission]]


def named(name: str) -> BulkAction | None:
    """The action of that name."""
    return next((action for action in ACTIONS if action.name == name), None)
