"""The workbook that people fill in: title, rules, header, a sample row, drop-downs, instructions and code lists.

Its first column is 序号; there the sample row holds the mark 示例. ``is_sample`` recognises that row as long as it is
unchanged: a sample row that somebody has written over is a row like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, Any

from xlsxwriter.worksheet import Worksheet

from app.core.errors import BadValue
from app.core.fields import Field
from app.core.fields.write import NO, SEPARATOR, YES
from app.core.messages import N_, Message, joined
from app.transfer.columns import Column, import_columns
from app.transfer.reader import SAMPLE_MARK, SERIAL_HEADER, Cell, column_letters
from app.transfer.template_version import version, write_version
from app.transfer.writer import DAY_FORMAT, MOMENT_FORMAT, TEXT_FORMAT, Pen, new_workbook, sheet_name

HEADER_ROW, SAMPLE_ROW, NUMBERED_ROWS, LAST_ROW = 2, 3, 200, 300_000
LIST_SHEET = "字典源"
#: Excel refuses a workbook whose hints are longer than this.
LONGEST_HINT, LONGEST_LIST_NAME = 255, 32
#: How the column of a field is formatted; all others hold text, percentages too: there 5% stays 5%.
NUMBER_FORMATS = {"day": DAY_FORMAT, "moment": MOMENT_FORMAT, "integer": "0", "decimal": "General", "money": "0.00"}

FORMATS: dict[str, Message] = {
    "text": N_("文本"),
    "long_text": N_("文本，可换行"),
    "code": N_("代码，文本格式"),
    "uscc": N_("18 位统一社会信用代码，文本格式"),
    "citizen_id": N_("18 位公民身份号码，文本格式"),
    "phone": N_("电话号码，文本格式"),
    "choice": N_("从下拉列表中选一项"),
    "choices": N_("可填多项，用“；”分隔，见“字典”"),
    "integer": N_("整数"),
    "decimal": N_("数字"),
    "money": N_("金额（元），两位小数"),
    "percent": N_("百分数，如 5%"),
    "day": N_("日期，形如 2024-01-05"),
    "moment": N_("时间，形如 2024-01-05 09:30"),
    "boolean": N_("是 或 否"),
    "ref": N_("填写已有记录的编号或名称"),
    "many": N_("已有记录的编号或名称，可填多个，用“；”分隔"),
}
SAMPLES = {
    "long_text": "示例内容",
    "integer": "1",
    "decimal": "1",
    "money": "1000.00",
    "percent": "5%",
    "day": "2024-01-05",
    "moment": "2024-01-05 09:30:00",
}


def write_template(table: Any, stream: IO[bytes], *, options: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write the template of a table. ``options`` offers values for reference fields, by field name."""
    write_templates([table], stream, options=options)


def write_templates(
    tables: Sequence[Any], stream: IO[bytes], *, options: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write one workbook with a sheet for each table, in the given order, and one set of instructions for all."""
    parts = {sheet_name(str(table.__label__)): import_columns(table) for table in tables}
    lists = {
        _list_name(sheet, column, parts): offered
        for sheet, columns in parts.items()
        for column in columns
        if (offered := offered_by(column.field) or list((options or {}).get(column.field.name, ())))
    }
    told = version([column for columns in parts.values() for column in columns])
    with new_workbook(stream, joined(parts), constant_memory=False) as pen:
        pen.book.set_properties({"title": joined(parts), "comments": f"template {told}"})
        sheets = {name: pen.book.add_worksheet(name) for name in parts}
        for name, columns in parts.items():
            _write_head(pen, sheets[name], name, columns)
        _write_instructions(pen, parts)
        _write_choices(pen, parts)
        names = offer_lists(pen, lists)
        write_version(pen, {getattr(table, "__tablename__", ""): import_columns(table) for table in tables})
        for name, columns in parts.items():
            for at, column in enumerate(columns, 1):
                _guide(sheets[name], at, column, names.get(_list_name(name, column, parts)))


def _list_name(sheet: str, column: Column, parts: Mapping[str, Any]) -> str:
    """The name of a column's drop-down; with several sheets it begins with the sheet's place."""
    place = f"{list(parts).index(sheet) + 1}_" if len(parts) > 1 else ""
    return place + column.field.name


def sample_of(field: Field) -> str:
    """The text of a field in the sample row; empty when an example would mislead."""
    if field.sample is not None:
        is_coded = field.kind in ("choice", "choices", "boolean")
        return field.show(field.read(field.sample)) if is_coded else field.sample
    if field.kind in ("choice", "choices") and field.choices is not None:
        return str(next(iter(field.choices)).label)
    if field.kind == "boolean":
        return str(YES)
    return SAMPLES.get(field.kind, "")


def is_sample(columns: Sequence[Column], serial: Cell, cells: Mapping[str, Cell]) -> bool:
    """Whether a row (``cells`` by field name, ``serial`` under 序号) is the sample row of the template, unchanged."""
    if serial != SAMPLE_MARK:
        return False
    return all(_means(column.field, cells.get(column.field.name, "")) == _means(column.field, sample_of(column.field))
               for column in columns if column.field.name in cells)  # fmt: skip


def _means(field: Field, cell: Any) -> Any:
    try:
        return field.read(cell)
    except BadValue:
        return str(cell)


def offered_by(field: Field) -> list[str]:
    """The words of the field's list; none where it has no list."""
    if field.choices is not None and field.kind in ("choice", "choices"):
        return [str(member.label) for member in field.choices]
    return [str(YES), str(NO)] if field.kind == "boolean" else []


def _write_head(pen: Pen, sheet: Worksheet, label: str, columns: Sequence[Column]) -> None:
    """Title, note, header, sample row and numbered lines of the first sheet."""
    title = str(N_("{table}导入模板", table=label))
    note = str(
        N_(
            "带 * 的列必填；灰色的“{mark}”行不会导入；日期形如 2024-01-05，多个值用“{sign}”分隔；"
            "代码和证件号码列已设为文本格式，请勿改动；各列要求见“{sheet}”",
            mark=SAMPLE_MARK,
            sign=SEPARATOR,
            sheet=N_("填写说明"),
        )
    )
    last = len(columns)
    sheet.merge_range(0, 0, 0, last, title, pen.format(bold=True, font_size=16, align="center", valign="vcenter"))
    red = pen.format(font_color="#C00000", text_wrap=True, valign="vcenter", align="left")
    sheet.merge_range(1, 0, 1, last, note, red)
    sheet.set_row(0, 30)
    sheet.set_row(1, 36)
    look: dict[str, Any] = {"bold": True, "bg_color": "#E7EEF7", "border": 1, "align": "center", "text_wrap": True}
    grey: dict[str, Any] = {"font_color": "#7F7F7F", "bg_color": "#F2F2F2"}
    sheet.set_column(0, 0, 6)
    pen.text(sheet, HEADER_ROW, 0, SERIAL_HEADER, **look)
    pen.text(sheet, SAMPLE_ROW, 0, SAMPLE_MARK, **grey)
    for at, column in enumerate(columns, 1):
        shape = NUMBER_FORMATS.get(column.field.kind, TEXT_FORMAT)
        sheet.set_column(at, at, _width(column), pen.format(num_format=shape))
        pen.text(sheet, HEADER_ROW, at, column.header + ("*" if column.required else ""), **look)
        pen.cell(sheet, SAMPLE_ROW, at, _typed_sample(column.field), **grey, num_format=shape)
        if column.field.help is not None:
            sheet.write_comment(HEADER_ROW, at, str(column.field.help)[:2_000], {"x_scale": 2})
    for line in range(1, NUMBERED_ROWS + 1):
        sheet.write_number(SAMPLE_ROW + line, 0, line)
    sheet.freeze_panes(HEADER_ROW + 1, 1)


def _typed_sample(field: Field) -> Any:
    text = sample_of(field)
    if field.kind in NUMBER_FORMATS and text:
        return _means(field, text)
    return text


def _width(column: Column) -> float:
    words = (column.header + "*", sample_of(column.field))
    return min(max(10, *(sum(1 if sign.isascii() else 2 for sign in word) + 2 for word in words)), 40)


def _guide(sheet: Worksheet, at: int, column: Column, list_name: str | None) -> None:
    """Drop-down, longest length and hint of one column; where the field takes several values, the list only offers."""
    field = column.field
    rule: dict[str, Any] = {"validate": "any"}
    if list_name:
        rule = {"validate": "list", "source": f"={list_name}", "show_error": field.kind in ("choice", "boolean")}
        rule["error_message"] = str(N_("请从下拉列表中选择"))
    elif field.length and field.kind in ("text", "long_text", "code"):
        rule = {"validate": "length", "criteria": "<=", "value": field.length}
        rule["error_message"] = str(N_("最多 {limit} 个字", limit=field.length))
    hint = _hint(column)
    rule |= {"input_title": column.header[:LONGEST_LIST_NAME], "input_message": hint[:LONGEST_HINT]}
    sheet.data_validation(SAMPLE_ROW, at, LAST_ROW, at, rule)


def _hint(column: Column) -> str:
    told = [str(FORMATS.get(column.field.kind, ""))]
    if column.required:
        told.insert(0, str(N_("必填")))
    if column.field.help is not None:
        told.append(str(column.field.help))
    return joined((word for word in told if word), N_("；"))


def _write_instructions(pen: Pen, parts: Mapping[str, Sequence[Column]]) -> None:
    rows = [
        (
            sheet,
            column.header,
            str(N_("是") if column.required else N_("否")),
            str(FORMATS.get(column.field.kind, "")),
            column.field.length,
            sample_of(column.field),
            str(column.field.help or ""),
        )
        for sheet, columns in parts.items()
        for column in columns
    ]
    headers = (N_("工作表"), N_("字段"), N_("必填"), N_("格式"), N_("长度"), N_("示例"), N_("说明"))
    _write_table(pen, str(N_("填写说明")), headers, rows, (18, 24, 8, 34, 8, 30, 70), len(parts) > 1)


def _write_choices(pen: Pen, parts: Mapping[str, Sequence[Column]]) -> None:
    rows = [
        (sheet, column.header, str(member.label), member.value, member.national or "")
        for sheet, columns in parts.items()
        for column in columns
        if column.field.choices is not None
        for member in column.field.choices
    ]
    headers = (N_("工作表"), N_("字段"), N_("选项"), N_("标识"), N_("国家代码"))
    _write_table(pen, str(N_("字典")), headers, rows, (18, 24, 30, 24, 12), len(parts) > 1)


def _write_table(
    pen: Pen, name: str, headers: Sequence[Message], rows: Sequence[Sequence[Any]], widths: Sequence[int], several: bool
) -> None:
    """Write a sheet of help; its first column, the sheet that is spoken of, only where there are several."""
    if not several:
        headers, rows, widths = headers[1:], [row[1:] for row in rows], widths[1:]
    sheet = pen.book.add_worksheet(sheet_name(name))
    for at, header in enumerate(headers):
        sheet.set_column(at, at, widths[at], pen.format(num_format=TEXT_FORMAT, text_wrap=True, valign="top"))
        pen.text(sheet, 0, at, str(header), bold=True, bg_color="#E7EEF7", border=1)
    for line, row in enumerate(rows, 1):
        for at, value in enumerate(row):
            pen.cell(sheet, line, at, value, text_wrap=True, valign="top", num_format=TEXT_FORMAT)
    sheet.freeze_panes(1, 0)


def offer_lists(pen: Pen, lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Put the drop-downs on a hidden sheet and name them: inside the rule, more than 255 characters break the book."""
    names: dict[str, str] = {}
    if not lists:
        return names
    sheet = pen.book.add_worksheet(LIST_SHEET)
    sheet.hide()
    for at, (field_name, values) in enumerate(lists.items()):
        for line, value in enumerate(values):
            pen.text(sheet, line, at, value)
        names[field_name] = f"list_{field_name}"
        letter = column_letters(at)
        pen.book.define_name(names[field_name], f"='{LIST_SHEET}'!${letter}$1:${letter}${len(values)}")
    return names
