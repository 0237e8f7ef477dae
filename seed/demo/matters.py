"""The catalogue of the demo: 300 main items with 900 sub-items, made from duties.csv.

The duties and the laws are real, the articles are given as examples; every duty stands three times, once for each
aspect of what is looked at. Codes follow RR DDD MMMM TT SSS (province, line, main item, measure, running number).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from seed.demo.offices import OFFICES

_FILE = Path(__file__).with_name("duties.csv")
SINCE = date(2021, 7, 1)
_GANSU_DUTIES = 10
#: The market duties of Shaanxi up to this number are at work everywhere; those behind it came this month.
_WORKED_WITH = 60
GANNAN_OFFICE = "甘南藏族自治州市场监督管理局"

LINE_CODES = {
    "market": "131", "environment": "116", "health": "123", "transport": "118", "housing": "117", "water": "119",
    "agriculture": "120", "culture_tourism": "122", "emergency": "125", "police": "109", "natural_resources": "115",
    "civil_affairs": "111",
}  # fmt: skip
LINE_NAMES = {
    "market": "市场监管部门", "environment": "生态环境部门", "health": "卫生健康部门", "transport": "交通运输部门",
    "housing": "住房城乡建设部门", "water": "水行政主管部门", "agriculture": "农业农村部门",
    "culture_tourism": "文化和旅游部门", "emergency": "应急管理部门", "police": "公安机关",
    "natural_resources": "自然资源部门", "civil_affairs": "民政部门",
}  # fmt: skip
_OWNERS = {
    "market": "陕西省市场监督管理局", "environment": "陕西省生态环境厅", "health": "陕西省卫生健康委员会",
    "transport": "陕西省交通运输厅", "housing": "西安市住房和城乡建设局", "water": "西安市水务局",
}  # fmt: skip
_LEAD = "陕西省人民政府办公厅"

_THINGS = ("质量安全", "标签标识", "追溯记录")
_WORKS = ("许可手续", "质量安全", "责任落实")
ASPECTS = {
    "special_equipment": ("使用登记", "定期检验", "安全管理"),
    "natural_person": ("执业资格", "执业行为", "继续教育"),
    "construction_site": _WORKS, "project": _WORKS, "reservoir": _WORKS,
    "behaviour": ("现场秩序", "许可手续", "整改落实"),
    "special_food": _THINGS, "drug": _THINGS, "cosmetics": _THINGS, "medical_device": _THINGS, "product": _THINGS,
}  # fmt: skip
_USUAL = ("主体资格", "经营行为", "制度记录")
_KEY_KINDS = frozenset(
    {"drug", "special_food", "special_equipment", "medical_device", "construction_site", "reservoir"}
)
MEASURES = {"inspection": "01", "penalty": "02", "coercion": "03", "other": "09"}
CHECKED = {
    "主体资格": ("证照是否齐全有效", "登记事项与实际是否一致"),
    "经营行为": ("经营活动是否符合许可范围", "是否存在违法经营行为"),
    "制度记录": ("管理制度是否建立并执行", "台账记录是否完整"),
    "质量安全": ("质量安全控制措施是否落实", "不合格品是否按规定处置"),
    "标签标识": ("标签标识是否符合规定", "是否存在虚假标注"),
    "追溯记录": ("进货查验记录是否完整", "追溯信息是否可查"),
    "使用登记": ("使用登记证是否在有效期内", "作业人员是否持证"),
    "定期检验": ("是否按期检验并合格", "检验标志是否张贴"),
    "安全管理": ("安全管理机构和人员是否到位", "隐患是否及时消除"),
    "执业资格": ("执业证书是否有效", "执业范围是否相符"),
    "执业行为": ("执业活动是否规范", "是否存在违规行为"),
    "继续教育": ("继续教育学时是否达标", "考核是否合格"),
    "许可手续": ("许可（审批）手续是否完备", "是否按批准内容实施"),
    "责任落实": ("责任人是否明确", "责任制度是否落实"),
    "现场秩序": ("现场秩序是否规范", "防护设施是否完好"),
    "整改落实": ("问题是否按期整改", "整改记录是否完整"),
}
_COMMON = ("以往问题的整改情况", "安全生产责任落实情况")


@dataclass(frozen=True)
class Main:
    """A main item, for one duty and one aspect of it."""

    code: str
    name: str
    line: str
    object: str
    aspect: str
    kind: str
    owner: str
    province: str
    check_basis: str
    penalty_basis: str
    trades: tuple[str, ...]


@dataclass(frozen=True)
class Sub:
    """A sub-item: one measure of a main item."""

    code: str
    name: str
    measure: str
    main: Main

    @property
    def is_random(self) -> bool:
        """Supervised by the draw: two inspections in three."""
        return self.measure == "inspection" and int(self.main.code[5:9]) % 3 != 0

    @property
    def check_class(self) -> str:
        """Key items protect life and health."""
        return "key" if self.main.kind in _KEY_KINDS else "general"


@cache
def mains() -> tuple[Main, ...]:
    """The 300 main items: those of Shaanxi, then those of Gansu."""
    with _FILE.open(encoding="utf-8", newline="") as stream:
        duties = list(csv.DictReader(stream))
    found: list[Main] = []
    numbers: dict[tuple[str, str], int] = {}
    ours = [("61", duty, _OWNERS.get(duty["line"], _LEAD)) for duty in duties]
    theirs = [("62", duty, GANNAN_OFFICE) for duty in duties[:_GANSU_DUTIES]]
    for province, duty, owner in ours + theirs:
        for aspect in ASPECTS.get(duty["kind"], _USUAL):
            line = duty["line"]
            number = numbers[province, line] = numbers.get((province, line), 0) + 1
            code = f"{province}{LINE_CODES[line]}{number:04d}00000"
            name = "对食品生产经营的监管" if code == "61131000100000" else f"对{duty['object']}{aspect}的监管"
            found.append(
                Main(
                    code,
                    name,
                    line,
                    duty["object"],
                    aspect,
                    duty["kind"],
                    owner,
                    province,
                    duty["check_basis"],
                    duty["penalty_basis"],
                    tuple(duty["trades"].split()),
                )
            )
    return tuple(found)


@cache
def subs() -> tuple[Sub, ...]:
    """The 900 sub-items: inspection and penalty for each main item, then coercion or another act in turn.

    The first main item has all four, as the samples of the templates say; the second one goes short for it.
    """
    found: list[Sub] = []
    for place, main in enumerate(mains()):
        rest = ("coercion", "other") if place == 0 else () if place == 1 else ("other" if place % 2 else "coercion",)
        found += [_sub(main, measure) for measure in ("inspection", "penalty", *rest)]
    return tuple(found)


def _sub(main: Main, measure: str) -> Sub:
    about = f"{main.object}{main.aspect}"
    name = {
        "inspection": f"对{about}的行政检查",
        "penalty": f"对{about}违法行为的行政处罚",
        "coercion": f"对{about}涉案场所、财物的行政强制",
        "other": f"对{about}的日常监督管理",
    }[measure]
    code = f"{main.code[:9]}{MEASURES[measure]}001"
    return Sub(code, "对保健食品经营者的行政检查" if code == "61131000101001" else name, measure, main)


@cache
def subs_for(line: str, province: str, measure: str) -> tuple[Sub, ...]:
    """The sub-items that departments of a line in a province work with, for one measure."""
    wanted = (line, province, measure)
    return tuple(s for s in subs() if (s.main.line, s.main.province, s.measure) == wanted and not is_fresh(s))


def is_fresh(sub: Sub) -> bool:
    """True for what the province pushed to its market bureaus this month: no department has published its claim yet."""
    return (sub.main.line, sub.main.province) == ("market", "61") and int(sub.code[5:9]) > _WORKED_WITH


def main_rows(permits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the main items; those whose duty has a permit name it."""
    by_object: dict[str, list[str]] = {}
    for permit in permits:
        for name in permit["objects"]:
            by_object.setdefault(name, []).append(permit["task_code"])
    levels = ("state_council_dept", "state_council_dept", "provincial", "local_regulation", "three_fixed_duty")
    return [
        {
            "main_code": main.code,
            "main_name": main.name,
            "duty_line": main.line,
            "supervision_dept_name": LINE_NAMES[main.line],
            "source_level": levels[place % len(levels)],
            "permit_item_type": "licence" if main.object in by_object and main.province == "61" else None,
            "permit_items": by_object.get(main.object) if main.province == "61" else None,
            "status": "published",
            "valid_from": SINCE,
            "department": main.owner,
        }
        for place, main in enumerate(mains())
    ]


def sub_rows() -> list[dict[str, Any]]:
    """The rows of the sub-items, published, with all ten elements."""
    return [_sub_row(sub) for sub in subs()]


PROCESS = {
    "inspection": "制定检查计划、抽取对象和人员、实施检查、形成结果、公示并归档",
    "penalty": "立案、调查取证、审核、告知、决定、送达、执行、公示",
    "coercion": "报批、实施、制作现场笔录、送达、处理、解除",
    "other": "发现问题、约谈或提醒、跟踪整改、归档",
}
RESULT = {
    "inspection": "未发现问题的予以公示；发现问题的责令改正，涉嫌违法的立案查处",
    "penalty": "依法作出处罚决定并公示",
    "coercion": "依法解除或者移送处理",
    "other": "督促整改到位，纳入信用记录",
}


def _sub_row(sub: Sub) -> dict[str, Any]:
    main, is_check = sub.main, sub.measure == "inspection"
    modes = ["double_random", "credit"] if sub.is_random else ["key", "daily"]
    return {
        "sub_code": sub.code,
        "sub_name": sub.name,
        "main_item": main.code,
        "measure_type": sub.measure,
        "subject_kind": main.kind,
        "subject_text": main.object,
        "supervision_form": "onsite",
        "supervision_modes": modes if is_check else ["key"],
        "levels": ["province", "city", "county"],
        "apply_scope": ["province"],
        "legal_basis": main.penalty_basis if sub.measure == "penalty" else main.check_basis,
        "process_text": PROCESS[sub.measure],
        "result_text": RESULT[sub.measure],
        "is_joint_suitable": int(main.code[5:9]) % 2 == 0 if is_check else None,
        "check_class": sub.check_class if is_check else None,
        "status": "published",
        "valid_from": SINCE,
        "department": main.owner,
    }


def owner_of(line: str) -> str:
    """The department that keeps a line's items."""
    return _OWNERS.get(line, _LEAD)


def acted(sub: Sub) -> bool:
    """True when a department of the demo carries the sub-item out."""
    return sub.main.line in {office.line for office in OFFICES if office.weight}
