"""What firms answer for: equipment, goods, building sites, reservoirs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

PREFIXES = {
    "special_equipment": "TS", "food": "JY", "special_food": "TY", "drug": "YP", "cosmetics": "HZ",
    "medical_device": "QX", "construction_site": "SG", "reservoir": "SK", "product": "CP", "project": "XM",
    "behaviour": "XW", "other": "QT",
}  # fmt: skip
#: Words in the names of firms that such things belong to.
TRADES = {
    "food": ("餐饮", "食品", "超市", "烘焙", "酒店"), "special_food": ("食品", "商贸", "大药房", "超市"),
    "drug": ("大药房",), "cosmetics": ("化妆品", "超市", "商贸"), "medical_device": ("医疗器械", "大药房"),
    "construction_site": ("房地产开发",), "reservoir": ("水务工程",),
    "project": ("化工", "机械制造", "水务工程", "燃气"),
    "product": ("机械制造", "化工", "印务"), "behaviour": ("物流", "建筑工程", "客运"),
    "special_equipment": ("物业服务", "酒店", "机械制造", "化工", "超市"),
}  # fmt: skip
_EQUIPMENT = (
    ("elevator", "乘客电梯"), ("elevator", "自动扶梯"), ("boiler", "承压热水锅炉"), ("pressure_vessel", "储气罐"),
    ("crane", "桥式起重机"), ("onsite_vehicle", "叉车"), ("pressure_pipe", "工业管道"),
    ("amusement", "观览车类游乐设施"),
    ("ropeway", "客运拖牵索道"),
)  # fmt: skip
_DRUGS = ("复方感冒灵颗粒", "阿莫西林胶囊", "板蓝根颗粒", "维生素C片", "布洛芬缓释胶囊", "藿香正气水")
_COSMETICS = ("保湿面霜", "防晒乳", "洗发露", "染发膏", "护手霜")
_DEVICES = (
    ("class_1", "医用退热贴"),
    ("class_2", "电子血压计"),
    ("class_2", "医用外科口罩"),
    ("class_3", "一次性使用注射器"),
)
_GOODS = ("电线电缆", "建筑用钢筋", "儿童玩具", "电动自行车", "燃气灶具", "消防应急灯具")
_SPECIAL = (
    ("health_food", "蛋白粉"),
    ("health_food", "鱼油软胶囊"),
    ("fsmp", "特殊医学用途全营养配方粉"),
    ("infant_formula", "婴儿配方乳粉"),
)
_DAMS = ("均质土坝", "黏土心墙坝", "混凝土重力坝", "浆砌石坝")
_FORMS = (
    ("餐饮服务", "热食类食品制售"),
    ("食品销售", "预包装食品销售"),
    ("食品生产", "糕点"),
    ("餐饮服务", "糕点类食品制售"),
)


def describe(kind: str, holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    """The name of a thing that ``holder`` answers for, and the fields that only its kind has."""
    name, own = _DESCRIBED[kind](holder, rng, today)
    return name[:200], own


def _ahead(rng: Random, today: date, nearest: int, farthest: int) -> date:
    return today + timedelta(days=rng.randrange(nearest, farthest))


def _equipment(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    kind, word = rng.choice(_EQUIPMENT)
    due = _ahead(rng, today, 10, 700) if rng.random() > 0.06 else _ahead(rng, today, -200, -5)
    return f"{holder}{rng.randint(1, 9)}号{word}", {
        "equipment_type": kind,
        "next_inspection_on": due,
        "install_place": f"{rng.randint(1, 5)}号楼{rng.randint(1, 4)}单元",
    }


def _food(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    form, category = rng.choice(_FORMS)
    return f"{holder}（{form}）", {
        "business_form": form,
        "food_category": category,
        "food_risk_level": rng.choice("aabbbcd"),
    }


def _special_food(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    kind, word = rng.choice(_SPECIAL)
    return f"{holder}{word}", {"special_food_type": kind, "generic_name": word, "spec": f"{rng.randint(1, 9)}00g/罐"}


def _drug(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    word = rng.choice(_DRUGS)
    form = {"颗粒": "颗粒剂", "胶囊": "胶囊剂", "C片": "片剂", "气水": "酊剂"}.get(word[-2:], "片剂")
    own = {"generic_name": word, "mah": holder, "dosage_form": form, "spec": f"{rng.randint(1, 5)}0mg×12"}
    return f"{holder}{word}", own


def _cosmetics(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    word = rng.choice(_COSMETICS)
    kind = "special" if word in ("防晒乳", "染发膏") else "ordinary"
    return f"{holder}{word}", {"cosmetics_type": kind, "generic_name": word, "spec": f"{rng.randint(3, 20)}0ml"}


def _device(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    kind, word = rng.choice(_DEVICES)
    return f"{holder}{word}", {"device_class": kind, "generic_name": word, "spec": f"X-{rng.randint(10, 99)}"}


def _site(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    started = _ahead(rng, today, -700, -30)
    works = rng.choice(("住宅小区", "商业综合体", "学校教学楼", "标准厂房", "市政道路"))
    return f"{holder}{works}项目工地", {
        "owner_unit": holder,
        "contractor": f"{holder[:6]}示范建筑工程有限公司",
        "supervisor_unit": f"{holder[:6]}示范工程监理有限公司",
        "started_on": started,
        "completed_on": started + timedelta(days=rng.randrange(400, 1200)),
        "progress_text": rng.choice(("基础施工", "主体施工", "装饰装修", "室外工程")),
        "install_place": f"{rng.choice('东西南北')}片区",
    }


def _reservoir(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    scale, low, high = rng.choice((("medium", 1000, 9000), ("small_1", 100, 900), ("small_2", 10, 90)))
    county = re.match(r"(西安市)?(.+?[区县市])", holder)
    return f"{county[0] if county else ''}{rng.choice('东西南北上下')}{rng.choice('沟河峪川湾')}水库", {
        "scale": scale,
        "dam_type": rng.choice(_DAMS),
        "capacity": Decimal(rng.randint(low, high)),
        "safety_appraised_on": _ahead(rng, today, -2500, -60),
        "admin_keeper": "示例行政责任人",
        "technical_keeper": "示例技术责任人",
        "patrol_keeper": "示例巡查责任人",
    }


def _product(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    word = rng.choice(_GOODS)
    return f"{holder}{word}", {"generic_name": word, "spec": f"GB-{rng.randint(100, 999)}"}


def _project(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    word = rng.choice(("扩建项目", "技术改造项目", "污水处理项目", "道路改建项目"))
    return f"{holder}{word}", {"install_place": f"{rng.choice('东西南北')}片区"}


def _behaviour(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    return f"{holder}{rng.choice(('大件运输行为', '占道施工行为', '路产占用行为'))}", {}


def _other(holder: str, rng: Random, today: date) -> tuple[str, dict[str, Any]]:
    return f"{holder}{rng.choice(('展销活动', '临时经营场所', '预付卡业务'))}", {}


_DESCRIBED = {
    "special_equipment": _equipment, "food": _food, "special_food": _special_food, "drug": _drug,
    "cosmetics": _cosmetics, "medical_device": _device, "construction_site": _site, "reservoir": _reservoir,
    "product": _product, "project": _project, "behaviour": _behaviour, "other": _other,
}  # fmt: skip
