"""How the catalogue is carried out: implementation lists, check items and contents, permits, joint draw items."""

from __future__ import annotations

from datetime import date
from typing import Any

from seed.demo import matters
from seed.demo.matters import CHECKED, Sub
from seed.demo.offices import ACTING, Office

_SINCE = date(2021, 7, 1)
_DIGITS = {"province": "2", "city": "3", "county": "4"}
_JOINT_EVERY = 5
_PERMITS = (
    ("食品经营许可", "0131001", ("餐饮服务提供者", "食品销售者", "学校食堂")), ("食品生产许可", "0131002", ("食品生产者",)),
    ("药品经营许可", "0172001", ("药品经营企业",)), ("第二类医疗器械经营备案", "0172002", ("医疗器械经营企业",)),
    ("第三类医疗器械经营许可", "0172003", ("医疗器械经营企业",)), ("特种设备使用登记", "0131003", ("特种设备使用单位",)),
    ("重要工业产品生产许可", "0131004", ("工业产品生产许可获证企业",)), ("检验检测机构资质认定", "0131005", ("检验检测机构",)),
    ("企业登记注册", "0131006", ("市场主体登记事项",)), ("计量标准器具核准", "0131007", ("强制检定计量器具使用者",)),
    ("排污许可", "0116001", ("排污许可持证单位",)), ("建设项目环境影响评价文件审批", "0116002", ("建设项目环境影响评价",)),
    ("危险废物经营许可", "0116003", ("危险废物经营单位",)), ("辐射安全许可", "0116004", ("核与辐射安全许可单位",)),
    ("公共场所卫生许可", "0123001", ("公共场所经营者",)), ("医疗机构执业登记", "0123002", ("医疗机构",)),
    ("饮用水供水单位卫生许可", "0123003", ("生活饮用水供水单位",)), ("医师执业注册", "0123004", ("医师执业",)),
    ("护士执业注册", "0123005", ("护士执业",)), ("放射源诊疗技术和医用辐射机构许可", "0123006", ("放射诊疗机构",)),
    ("道路旅客运输经营许可", "0118001", ("道路旅客运输经营者",)), ("道路货物运输经营许可", "0118002", ("道路货物运输经营者",)),
    ("道路危险货物运输许可", "0118003", ("危险货物运输经营者",)), ("网络预约出租汽车经营许可", "0118004", ("网络预约出租汽车平台公司",)),
    ("超限运输车辆行驶公路许可", "0118005", ("超限运输行为",)), ("建筑工程施工许可", "0117001", ("建筑工程质量", "建筑施工安全生产")),
    ("建筑业企业资质认定", "0117002", ("建筑业企业资质",)), ("燃气经营许可", "0117003", ("燃气经营企业",)),
    ("取水许可", "0119001", ("取水单位",)), ("河道管理范围内建设项目工程建设方案审批", "0119002", ("河道管理范围内建设项目",)),
)  # fmt: skip
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
    for name, number, objects in _PERMITS:
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
