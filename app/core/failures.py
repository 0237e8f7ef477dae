"""What PostgreSQL refuses, said to people: error codes -> messages. SQL never reaches a page."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import DBAPIError

from app.core.errors import Invalid, Problem, Refused
from app.core.messages import N_, Message, joined
from app.core.table import Table

log = logging.getLogger(__name__)

#: Refusals that triggers raise with codes of their own, and how each is said; the details come as JSON.
RAISED: dict[str, Callable[[dict[str, Any]], Message]] = {}


def explain(error: DBAPIError, table: type[Table] | None = None) -> Refused:
    """The refusal to show for a database error; raise it from the error so that the log keeps both."""
    code = _code(error)
    log.info("the database refused: %s %s", code, getattr(getattr(error.orig, "diag", None), "message_primary", ""))
    constraint = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    column = getattr(getattr(error.orig, "diag", None), "column_name", None) or ""
    if code in RAISED:
        return Refused(RAISED[code](json.loads(error.orig.diag.message_detail or "{}")), status=403)  # type: ignore[union-attr]
    if code == "23505":
        return _duplicate(constraint, table)
    if code == "23503":
        return Refused(N_("还有其他记录引用这条记录，不能删除；或引用的记录已不存在"), status=409)
    if code == "23502":
        return Invalid([Problem(N_("{label}必填", label=_label(table, column)), (column.removesuffix("_id"),))])
    if code == "23514":
        return Invalid([Problem(N_("有一项内容不在允许的范围内"), _field_of(constraint, table))])
    if code == "42501" and constraint == "audit_actor":
        return Refused(N_("没有操作人信息，不能写入数据，请重新登录后再试"), status=403)
    if code == "42501" and constraint == "audit_kept":
        return Refused(N_("审计日志只能增加，不能修改或删除；数据表不能整体清空"), status=403)
    if code == "42501":
        return Refused(N_("您无权写入这条记录"), status=403)
    if code[:2] == "22":
        return Refused(N_("有一项内容过长、格式不对或含有不能保存的字符"))
    if code in ("40001", "40P01", "55P03"):
        return Refused(N_("同时有他人在修改，请稍后重试"), status=409)
    if code == "57014":
        return Refused(N_("查询时间过长，已停止；请缩小查询范围"), status=422)
    raise error


def is_about_a_row(error: DBAPIError) -> bool:
    """True for refusals that other rows of the same statement need not meet: a constraint, a value."""
    return _code(error)[:2] in ("22", "23")


def is_passing(error: DBAPIError) -> bool:
    """True for what the same work may be spared when it is done again: a conflict with others, no room, no server."""
    return _code(error) in ("40001", "40P01", "55P03") or _code(error)[:2] in ("", "08", "53", "57", "58")


def _code(error: DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


def _label(table: type[Table] | None, column: str) -> Any:
    for field in (table.__fields__ if table else {}).values():
        if field.column == column:
            return field.label
    return column


def _duplicate(constraint: str, table: type[Table] | None) -> Refused:
    names: tuple[str, ...] = table.__key__ if table and constraint == f"uq_{table.__tablename__}_key" else ()
    if table and not names:
        names = tuple(n for n in table.__fields__ if re.search(rf"_{re.escape(n)}(_mark)?(_key)?$", constraint))
    if table is None or not names:
        return Refused(N_("相同的记录已存在"), status=409)
    labels = joined(table.__fields__[name].label for name in names)
    return Invalid([Problem(N_("相同{labels}的记录已存在，或已由其他部门录入", labels=labels), names, "KEY")])


def _field_of(constraint: str, table: type[Table] | None) -> tuple[str, ...]:
    prefix = f"ck_{table.__tablename__}_" if table else ""
    name = constraint.removeprefix(prefix) if prefix and constraint.startswith(prefix) else ""
    return (name,) if table and name in table.__fields__ else ()
