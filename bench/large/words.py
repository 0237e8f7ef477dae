"""Names of parties, drawn so that a search may ask for a rare word, a common one, and one that nobody bears."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from bench import world

CITIES = ("西安", "铜川", "宝鸡", "咸阳", "渭南", "延安", "汉中", "榆林", "安康", "商洛", "杨凌", "韩城")
COUNTIES_OF_A_CITY = 15
#: One party in ten is one of these; one in five thousand keeps bees; no name brings these two signs together.
COMMON, RARE, NO_HIT = "餐饮", "蜂蜡", "餐蜡"
#: The same, of one sign.
COMMON_SIGN, RARE_SIGN = "餐", "蜡"
RARE_EVERY, CITIZEN_EVERY, SUBJECT_EVERY = 5000, 12, 5

_FIRST = "永安清平长宁新丰太和高陵青石白水金川凤鸣云阳临渭东关西乡南郑北原"
_GIVEN = "鑫源福瑞祥顺达兴隆盛泰康华美佳诚信德润明辉宏远恒通聚宝庆丰百汇天成玉龙春秋海棠"
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗单曾仇解"
_TRADES = (
    "食品经营", "百货", "超市", "便利", "烟酒", "粮油", "蔬果", "肉制品", "水产", "糕点", "茶叶", "药品零售", "医疗器械",
    "美容美发", "洗涤", "宾馆", "物业管理", "汽车维修", "加油", "建材", "五金", "机电设备", "电子科技", "软件开发", "广告",
    "印刷", "服装", "鞋帽", "家具", "家政服务", "教育培训", "幼儿托育", "健身", "旅游", "运输", "仓储", "快递", "农资",
    "种植", "养殖", "饲料", "化工", "燃气", "特种设备", "建筑工程", "装饰", "园林绿化", "环保科技", "劳务", "咨询",
)  # fmt: skip
_FORMS = ("有限公司", "有限责任公司", "店", "经营部", "中心", "商行", "合作社", "厂")
_SHARES = (40, 10, 25, 10, 5, 5, 3, 2)


class Office(NamedTuple):
    """A department: the code of its region, its names, its level, and the place of its superior among the offices."""

    region: str
    place: str
    name: str
    level: str
    parent: int | None


class Party(NamedTuple):
    """Somebody who is inspected; ``office`` is the place of his county's bureau among the offices."""

    number: int
    office: int
    name: str
    nature: str
    id_type: str
    id_no: str
    address: str
    is_subject: bool


def offices() -> list[Office]:
    """All departments, superiors first."""
    found = [Office("610000", "陕西省", "陕西省市场监督管理局", "province", None)]
    found += [
        Office(f"61{n:02d}00", f"{city}市", f"{city}市市场监督管理局", "city", 0) for n, city in enumerate(CITIES, 1)
    ]
    places = ["".join(pair) for pair in product(_FIRST, _FIRST) if pair[0] != pair[1]]
    random.Random("counties").shuffle(places)
    for n in range(COUNTIES_OF_A_CITY * len(CITIES)):
        city, place = n % len(CITIES), f"{places[n]}{'县' if n % 3 else '区'}"
        code = f"61{city + 1:02d}{n // len(CITIES) + 2:02d}"
        found.append(Office(code, place, f"{CITIES[city]}市{place}市场监督管理局", "county", city + 1))
    return found


def parties(count: int) -> Iterator[Party]:
    """So many parties; the share of the n-th county falls as the square root grows: 7 % in the first, 0.3 % in the last."""
    dice, places = random.Random("parties"), offices()
    counties = [n for n, office in enumerate(places) if office.level == "county"]
    for number in range(count):
        office = counties[int(len(counties) * dice.random() ** 2)]
        place = places[office].place
        address = (
            f"陕西省{places[places[office].parent or 0].place}{place}{_pick(dice, _GIVEN, 2)}路{dice.randrange(900)}号"
        )
        is_subject = number % SUBJECT_EVERY == 0
        if number % CITIZEN_EVERY == 1:
            name = dice.choice(_FAMILY) + _pick(dice, _GIVEN, dice.choice((1, 2, 2)))
            yield Party(number, office, name, "citizen", "citizen_id", _citizen(dice, number), address, is_subject)
            continue
        trade = COMMON if number % 10 == 3 else dice.choice(_TRADES)
        if number % RARE_EVERY == 7:
            trade = RARE
        form = dice.choices(_FORMS, _SHARES)[0]
        name = f"{place[:2]}{_pick(dice, _GIVEN, dice.choice((2, 3)))}{trade}{form}"
        code = world.credit_code(number, "91610131MA")
        yield Party(number, office, name, "legal_person", "uscc", code, address, is_subject)


def _pick(dice: random.Random, signs: str, count: int) -> str:
    return "".join(dice.choice(signs) for _ in range(count))


def _citizen(dice: random.Random, number: int) -> str:
    """A number of the right form, whose serial makes it the party's own."""
    rest, serial = divmod(number, 10_000)
    month, day = divmod(rest, 28)
    return f"6101{dice.randrange(2, 20):02d}19{dice.randrange(50, 99)}{month % 12 + 1:02d}{day + 1:02d}{serial:04d}"
