"""How the catalogue is carried out: implementation lists, check items and contents, permits, joint draw items."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

from seed.demo import matters
from seed.demo.matters import CHECKED, Sub
from seed.demo.offices import ACTING, Office

_SINCE = date(2021, 7, 1)
_DIGITS = {"province": "2", "city": "3", "county": "4"}
_JOINT_EVERY = 5
_FILE = Path(__file__).with_name("permits.csv")
_LINE_OF_CODE = {code: line for line, code in matters.LINE_CODES.items()} | {"172": "market"}


def list_code(office: Office, sub: Sub) -> str:
    """The code of a department's implementation list: credit code, level, sub-item, running number."""
    return f"{office.uscc}{_DIGITS[office.level]}{sub.code}01"


def list_rows() -> list[dict[str, Any]]:
    """An implementation list of every acting department for every inspection of its line."""
    return [
        _list_row(office, sub)
        for office in ACTING
        for sub in matters.subs_for(office.line, office.region[:2], "inspection")
    ]


def _list_row(office: Office, sub: Sub) -> dict[str, Any]:
    return {
        "list_code": list_code(office, sub),
        "sub_item": sub.code,
        "impl_dept_name": office.name,
        "impl_dept_code": office.uscc,
        "impl_dept_kind": office.kind,
        "power_source": "statutory",
        "use_level": office.level,
        "legal_basis": sub.main.check_basis,
        "check_form": ["daily", "special"],
        "check_type": ["double_random", "key"] if sub.is_random else ["key", "patrol"],
        "check_mode": ["onsite", "document"],
        "ratio": (5, 3, 10)[int(sub.main.code[7:9]) % 3] if sub.is_random else None,
        "frequency": 1 if sub.is_random else None,
        "inspector_requirement": "special_post" if sub.check_class == "key" else "none",
        "process_text": "出示证件、说明事由、现场检查、制作笔录、反馈结果、公示",
        "deadline_days": 20,
        "deadline_unit": "working_day",
        "consult_way": f"{office.name}窗口咨询",
        "complaint_way": "拨打 12345 政务服务便民热线",
        "status": "published",
        "valid_from": _SINCE,
        "department": office.name,
    }


def checked_subs() -> tuple[Sub, ...]:
    """The inspections that departments of the demo carry out."""
    return tuple(s for s in matters.subs() if s.measure == "inspection" and matters.acted(s))


def item_name(sub: Sub, number: int) -> str:
    """The name of a check item of a sub-item, numbered from 1 to 3."""
    return (f"{sub.main.aspect}情况", "以往问题整改情况", "安全责任落实情况")[number - 1]


def item_rows() -> list[dict[str, Any]]:
    """Three check items for every inspection that is carried out."""
    return [
        {
            "item_no": f"{sub.code}-{number:02d}",
            "sub_item": sub.code,
            "name": item_name(sub, number),
            "seq": number,
            "check_form": (None, ["daily"], ["daily", "special"])[number - 1],
        }
        for sub in checked_subs()
        for number in (1, 2, 3)
    ]


def content_rows() -> list[dict[str, Any]]:
    """What is checked under each item: two questions of the aspect, one for each of the common items."""
    found = []
    for sub in checked_subs():
        asked = [(1, question) for question in CHECKED[sub.main.aspect]]
        asked += [(2, "上次检查发现的问题是否整改到位"), (3, "安全责任人和责任制度是否落实")]
        for place, (number, question) in enumerate(asked, 1):
            found.append(
                {
                    "content_code": f"{sub.code}-{number:02d}-{place:02d}",
                    "check_item": f"{sub.code}-{number:02d}",
                    "content": question,
                    "operation_essentials": "查阅资料、现场查看并询问相关人员",
                    "punishment_basis": sub.main.penalty_basis,
                    "check_type": "random" if sub.is_random else "daily",
                    "is_key": number == 1 and sub.check_class == "key",
                }
            )
    return found


def permit_rows() -> list[dict[str, Any]]:
    """The permit items; each row also names the duties it answers to (``objects``)."""
    found = []
    with _FILE.open(encoding="utf-8", newline="") as stream:
        permits = [(row["name"], row["number"], row["objects"].split()) for row in csv.DictReader(stream)]
    for name, number, objects in permits:
        line = _LINE_OF_CODE[number[1:4]]
        owner = matters.owner_of(line)
        office = next(office for office in ACTING if office.name == owner)
        found.append(
            {
                "task_code": f"{office.uscc}4{number}00000",
                "catalog_code": f"{number}00000",
                "task_name": name,
                "task_type": "filing" if "备案" in name else "confirmation" if "登记" in name else "licence",
                "use_level": "city",
                "legal_basis": next(m.check_basis for m in matters.mains() if m.object == objects[0]),
                "task_state": "in_force",
                "impl_dept_name": owner,
                "impl_dept_code": office.uscc,
                "valid_from": date(2019, 1, 1),
                "department": owner,
                "objects": objects,
            }
        )
    return found


def joint_rows() -> list[dict[str, Any]]:
    """Joint draw items of Xi'an: every fifth duty of the acting lines, published by the city's lead office."""
    found, partners = [], ["公安机关", "税务部门", "人力资源社会保障部门", "消防救援机构"]
    firsts = [sub for sub in checked_subs() if sub.main.province == "61"][::_JOINT_EVERY]
    for place, sub in enumerate(firsts):
        found.append(
            {
                "domain": f"{sub.main.object}监管",
                "item_name": sub.name.replace("的行政检查", "的检查"),
                "check_object": sub.main.object,
                "initiator": matters.LINE_NAMES[sub.main.line],
                "participants": "、".join((partners[place % 4], partners[(place + 1) % 4])),
                "implement_level": "市、区（县）级",
                "item_class": "重点检查事项" if sub.check_class == "key" else "一般检查事项",
                "content": "；".join(CHECKED[sub.main.aspect]),
                "ratio": ("5%", "3%", "10%")[place % 3],
                "frequency": "每年至少一次",
                "verify_methods": "现场检查",
                "check_period": "3月至11月",
                "legal_basis": sub.main.check_basis,
                "department": "西安市人民政府办公室",
            }
        )
    return found
