"""The data dictionary, generated from the declarations: every table, every field, every code list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from app.console import menu
from app.core.fields import Field, Grade
from app.core.messages import N_, Message
from app.core.rules import Rule, Severity
from app.core.table import TABLES, Table, by_class
from app.transfer.template import sample_of
from app.transfer.writer import Pen, new_workbook, sheet_name

GRADES: dict[Grade, Message] = {
    Grade.PUBLIC: N_("公开"),
    Grade.INTERNAL: N_("内部"),
    Grade.SENSITIVE: N_("敏感"),
}
KINDS: dict[str, Message] = {
    "text": N_("文本"),
    "long_text": N_("长文本"),
    "code": N_("编码"),
    "uscc": N_("统一社会信用代码"),
    "citizen_id": N_("公民身份号码"),
    "phone": N_("电话"),
    "choice": N_("代码（单选）"),
    "choices": N_("代码（多选）"),
    "flags": N_("提示代码"),
    "integer": N_("整数"),
    "decimal": N_("小数"),
    "money": N_("金额（元）"),
    "percent": N_("百分数"),
    "day": N_("日期"),
    "moment": N_("日期时间"),
    "boolean": N_("是否"),
    "ref": N_("引用"),
    "many": N_("引用（多条）"),
}
_SYSTEM = N_("系统记录")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ARTICLE = re.compile(r"([\u4e00-\u9fff]{2,}) ?art\.? ?(\d+)")
_PLACE = re.compile(r"\{\w+\}")
#: Shorter texts in the code of a rule are names of things, not messages.
_SHORTEST_MESSAGE = 8


@dataclass(frozen=True)
class Chapter:
    """The tables of one domain."""

    label: str
    icon: str
    tables: tuple[type[Table], ...]


def chapters() -> list[Chapter]:
    """Every table under its domain, in the order of the menu; what the system keeps for itself comes last."""
    found = [Chapter(str(group.label), group.icon, tuple(group.tables)) for group in menu.GROUPS if group.tables]
    known = {table for chapter in found for table in chapter.tables}
    rest = tuple(table for table in TABLES.values() if table not in known)
    return [*found, Chapter(str(_SYSTEM), "database", rest)] if rest else found


def entry(field: Field) -> dict[str, Any]:
    """One field as the dictionary tells it."""
    table = TABLES[field.table]
    target = by_class(field.target) if field.target else None
    return {
        "name": field.name,
        "column": None if field.kind == "many" else field.column,
        "label": str(field.label),
        "group": str(field.group or ""),
        "std": field.std,
        "kind": str(KINDS[field.kind]),
        "target": {"name": target.__tablename__, "label": str(target.__label__)} if target else None,
        "length": field.length if field.choices is None else None,
        "required": field.required,
        "is_key": field.name in table.__key__,
        "is_input": field.is_input,
        "grade": field.grade.value,
        "grade_label": str(GRADES[field.grade]),
        "help": str(field.help or ""),
        "aliases": list(field.aliases),
        "sample": sample_of(field) if field.is_input and field.choices is None else "",
        "choices": [
            {"value": member.value, "label": str(member.label), "national": member.national}
            for member in field.choices or ()
        ],
    }


def entries(table: type[Table]) -> list[dict[str, Any]]:
    """Every field of a table; those of a group stand together, in the order of the groups."""
    found = [entry(field) for field in table.__fields__.values()]
    order = list(dict.fromkeys(["", *(each["group"] for each in found)]))
    return sorted(found, key=lambda each: order.index(each["group"]))


def search(words: str) -> Iterator[tuple[type[Table], dict[str, Any]]]:
    """Fields whose names, national names, help or code lists hold every word."""
    wanted = words.lower().split()
    for table in TABLES.values():
        for found in entries(table):
            codes = (str(part) for each in found["choices"] for part in each.values() if part)
            shown = (table.__label__, table.__tablename__, found["label"], found["name"], found["std"], found["help"])
            text = " ".join([*(str(part) for part in shown if part), *found["aliases"], *codes]).lower()
            if wanted and all(word in text for word in wanted):
                yield table, found


def rules_of(table: type[Table]) -> list[dict[str, Any]]:
    """The rules of a table as people read them: what is said when one is broken, and the article behind it."""
    return [
        {
            "code": each.code,
            "is_warning": each.severity is Severity.WARNING,
            "fields": [str(table.__fields__[name].label) for name in each.fields if name in table.__fields__],
            "messages": list(dict.fromkeys(messages_of(each, table))),
            "article": _article(each),
        }
        for each in table.__rules__
    ]


def messages_of(rule: Rule, table: type[Table]) -> Iterator[str]:
    """The messages a rule can give; what it fills in stands as an ellipsis."""
    labels = {field.label.msgid for field in table.__fields__.values()}
    for text in _constants(rule.test.__code__):
        if text != rule.test.__doc__ and len(text) >= _SHORTEST_MESSAGE and text not in labels:
            yield _PLACE.sub("…", str(Message(text)))


def _constants(code: Any) -> Iterator[str]:
    for each in code.co_consts:
        if isinstance(each, str) and _CHINESE.search(each):
            yield each
        elif hasattr(each, "co_consts"):
            yield from _constants(each)


def _article(rule: Rule) -> str:
    found = _ARTICLE.search(rule.text)
    return str(N_("{law}第 {number} 条", law=found.group(1), number=found.group(2))) if found else ""


_TABLE_HEADERS = (N_("业务域"), N_("数据表"), N_("英文标识"), N_("业务主键"), N_("字段数"), N_("说明"))
_FIELD_HEADERS = (
    N_("数据表"), N_("表标识"), N_("序号"), N_("字段"), N_("字段名"), N_("数据库列"), N_("国家标准列名"), N_("类型"),
    N_("长度"), N_("必填"), N_("业务主键"), N_("分级"), N_("引用"), N_("取值"), N_("说明"),
)  # fmt: skip
_CODE_HEADERS = (N_("数据表"), N_("字段"), N_("字段名"), N_("代码"), N_("名称"), N_("国家代码"))


def write(stream: IO[bytes]) -> None:
    """The whole dictionary as a workbook: tables, fields, code lists."""
    title = str(N_("数据字典"))
    with new_workbook(stream, title) as pen:
        _sheet(pen, str(N_("数据表")), _TABLE_HEADERS, _table_rows(), (12, 22, 24, 30, 8, 80))
        _sheet(
            pen, str(N_("字段")), _FIELD_HEADERS, _field_rows(), (18, 22, 6, 24, 24, 24, 28, 26, 8, 6, 8, 8, 18, 50, 50)
        )
        _sheet(pen, str(N_("代码")), _CODE_HEADERS, _code_rows(), (18, 24, 24, 24, 30, 12))


def _sheet(
    pen: Pen, name: str, headers: Iterable[Message], rows: Iterable[tuple[Any, ...]], widths: tuple[int, ...]
) -> None:
    sheet = pen.book.add_worksheet(sheet_name(name))
    sheet.freeze_panes(1, 0)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for column, header in enumerate(headers):
        pen.text(sheet, 0, column, str(header), bold=True, bg_color="#E7EEF9", border=1)
    last = 0
    for last, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            pen.cell(sheet, last, column, value, text_wrap=True, valign="top")
    sheet.autofilter(0, 0, last, len(widths) - 1)


def _table_rows() -> Iterator[tuple[Any, ...]]:
    for chapter in chapters():
        for table in chapter.tables:
            key = "、".join(str(table.__fields__[name].label) for name in table.__key__)
            name, fields = table.__tablename__, len(table.__fields__)
            yield chapter.label, str(table.__label__), name, key, fields, str(table.__help__)


def _field_rows() -> Iterator[tuple[Any, ...]]:
    for chapter in chapters():
        for table in chapter.tables:
            for number, each in enumerate(entries(table), 1):
                codes = "；".join(f"{c['national'] or c['value']} {c['label']}" for c in each["choices"])
                target = each["target"]["label"] if each["target"] else ""
                yield (
                    str(table.__label__), table.__tablename__, number, each["label"], each["name"], each["column"],
                    each["std"], each["kind"], each["length"], each["required"], each["is_key"], each["grade_label"],
                    target, codes, each["help"],
                )  # fmt: skip


def _code_rows() -> Iterator[tuple[Any, ...]]:
    for chapter in chapters():
        for table in chapter.tables:
            for each in entries(table):
                for code in each["choices"]:
                    yield (
                        str(table.__label__),
                        each["label"],
                        each["name"],
                        code["value"],
                        code["label"],
                        code["national"],
                    )
