"""Workbooks of inspections as offices send them, made once and kept: 20 columns, 1 % of the rows bad."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

from app import domains
from app.core.table import by_name
from bench import ground, world

FIELDS = (
    "department", "party_name", "party_nature", "party_id_type", "party_id_no", "address_operating", "region",
    "submitted_at", "submitted_by", "action_no", "sub_item", "implementation_list", "subject_name", "check_form",
    "check_type", "check_mode", "check_result", "checked_on", "inspectors", "document_no",
)  # fmt: skip
_FORMS = ("日常检查", "专项检查")
_TYPES = ("双随机抽查", "重点检查", "日常巡查", "投诉举报核查", "联合检查", "跟踪复查")
_MODES = ("实地检查", "书面检查", "检验检测", "网络监测")
_RESULTS = ("未发现问题", "未发现问题", "未发现问题", "发现问题已当场改正", "发现问题责令限期改正")
#: One row in a hundred is bad, in each of these ways in turn.
_FAULTS: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = (
    ("sub_item", lambda row: "99999999999999"),
    ("checked_on", lambda row: "二〇二五年"),
    ("inspectors", lambda row: row["inspectors"].split("；")[0]),
    ("party_id_no", lambda row: row["party_id_no"][:-1] + ("0" if row["party_id_no"][-1] != "0" else "1")),
    ("check_result", lambda row: "还可以"),
    ("party_name", lambda row: None),
    ("region", lambda row: 999999),
    ("implementation_list", lambda row: row["implementation_list"][:-1]),
    ("checked_on", lambda row: date(2099, 1, 1)),
    ("address_operating", lambda row: "长" * 401),
)


def rows(count: int, series: str, faults: bool = True) -> Iterator[dict[str, Any]]:
    """Inspections by field name. Each has a party of its own; every other party is a stored subject."""
    dice = random.Random(series)
    first_day = date(2025, 1, 1) if series == "now" else date(2024, 1, 1)
    new = {"now": 1_000_000, "earlier": 2_000_000}[series]
    offices = world.offices()
    for n in range(count):
        place, item = dice.randrange(len(offices)), dice.randrange(world.SUB_ITEMS)
        day = first_day + timedelta(days=dice.randrange(360))
        one, other = dice.sample(range(world.INSPECTORS), 2)
        party = n // 2 % world.SUBJECTS if n % 2 else new + n
        row = {
            "department": offices[place][1],
            "party_name": f"示例市第{party}号食品经营部",
            "party_nature": "法人",
            "party_id_type": "统一社会信用代码",
            "party_id_no": world.credit_code(party),
            "address_operating": f"陕西省示例市{offices[place][0]}示例路{dice.randrange(3000)}号之{n % 9}",
            "region": offices[place][0],
            "submitted_at": datetime.combine(day + timedelta(days=3), time(dice.randrange(8, 18), dice.randrange(60))),
            "submitted_by": f"报送员{dice.randrange(60)}",
            "action_no": f"JC{series.upper()}{n:010d}",
            "sub_item": world.sub_code(item),
            "implementation_list": world.list_code(item, place),
            "subject_name": f"示例市第{party}号食品经营部",
            "check_form": dice.choice(_FORMS),
            "check_type": dice.choice(_TYPES),
            "check_mode": dice.choice(_MODES),
            "check_result": dice.choice(_RESULTS),
            "checked_on": day,
            "inspectors": f"{world.cert_no(one)}；{world.cert_no(other)}",
            "document_no": f"示市监检〔{series}〕{n}号",
        }
        if faults and n % 100 == 37:
            name, fault = _FAULTS[n // 100 % len(_FAULTS)]
            row[name] = fault(row)
        yield row


def path(count: int, *, series: str = "now", changed: int = 0, faults: bool = True, formulas: bool = False) -> Path:
    """A workbook of so many inspections. Every ``changed``-th row has another result; bad rows may hold a formula too."""
    stamp = ground.stamp_of(Path(__file__), Path(__file__).with_name("world.py"))
    folder = ground.cache() / "books"
    folder.mkdir(exist_ok=True)
    kind = f"{'' if faults else '-good'}{'-formulas' if formulas else ''}"
    file = folder / f"{series}-{count}-{changed}{kind}-{stamp}.xlsx"
    if not file.exists():
        partial = file.with_suffix(".part")
        _write(partial, rows(count, series, faults), changed, formulas)
        partial.rename(file)
    return file


def _write(file: Path, lines: Iterator[dict[str, Any]], changed: int, formulas: bool) -> None:
    domains.load()
    fields = by_name("inspection").__fields__
    book = xlsxwriter.Workbook(str(file))
    day, moment = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet("行政检查")
    sheet.write_row(0, 0, [str(fields[name].label) for name in FIELDS])
    for at, row in enumerate(lines, 1):
        if formulas and at % 1000 == 38:
            row["address_operating"] = "=A1"
        if changed and at % changed == 0 and row["check_result"] != "还可以":
            row["check_result"] = "无法联系"
        for column, name in enumerate(FIELDS):
            value = row[name]
            if isinstance(value, datetime):
                sheet.write_datetime(at, column, value, moment)
            elif isinstance(value, date):
                sheet.write_datetime(at, column, datetime.combine(value, time()), day)
            elif value is not None:
                sheet.write(at, column, value)
    book.close()
