"""The twenty departments of the demo, the national operations office above them, and their divisions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from seed.base import regions
from seed.demo import numbers

SHAANXI, XIAN, GANNAN = "610000", "610100", "623000"
OPERATIONS = "国家“互联网+监管”系统运维办公室"


@dataclass(frozen=True)
class Office:
    """A department; ``weight`` says how much of the demo's work it does (0: it only leads)."""

    name: str
    region: str
    level: str
    line: str
    parent: str | None = None
    weight: int = 0
    kind: str = "gov_department"

    @property
    def is_lead(self) -> bool:
        """A government office that sees all departments of its region."""
        return self.line == "general"

    @property
    def uscc(self) -> str:
        """Its credit code."""
        return _codes()[self.name]

    @property
    def short(self) -> str:
        """The word that begins the numbers of its papers, such as 雁塔市监."""
        word = {
            "market": "市监",
            "environment": "环",
            "health": "卫",
            "transport": "交",
            "housing": "建",
            "water": "水",
        }
        place = regions.names()[self.region].removesuffix("藏族自治州").rstrip("省市区县")
        return place + word.get(self.line, "")

    def covers(self, region: str) -> bool:
        """True when the division lies in the department's own."""
        digits = {"national": 0, "province": 2, "city": 4, "county": 6}[self.level]
        return region[:digits] == self.region[:digits]


def _market(place: str, region: str, level: str, parent: str | None, weight: int) -> Office:
    return Office(f"{place}市场监督管理局", region, level, "market", parent, weight)


OFFICES = (
    Office("陕西省人民政府办公厅", SHAANXI, "province", "general"),
    Office("西安市人民政府办公室", XIAN, "city", "general"),
    Office("甘南藏族自治州人民政府办公室", GANNAN, "city", "general"),
    _market("陕西省", SHAANXI, "province", None, 3),
    Office("陕西省生态环境厅", SHAANXI, "province", "environment", None, 3),
    Office("陕西省卫生健康委员会", SHAANXI, "province", "health", None, 2),
    Office("陕西省交通运输厅", SHAANXI, "province", "transport", None, 2),
    Office("西安市住房和城乡建设局", XIAN, "city", "housing", None, 8),
    Office("西安市水务局", XIAN, "city", "water", None, 4),
    _market("甘南藏族自治州", GANNAN, "city", None, 4),
    _market("西安市", XIAN, "city", "陕西省市场监督管理局", 10),
    Office("西安市生态环境局", XIAN, "city", "environment", "陕西省生态环境厅", 7),
    Office("西安市卫生健康委员会", XIAN, "city", "health", "陕西省卫生健康委员会", 6),
    Office("西安市交通运输局", XIAN, "city", "transport", "陕西省交通运输厅", 8),
    _market("合作市", "623001", "county", "甘南藏族自治州市场监督管理局", 7),
    _market("西安市雁塔区", "610113", "county", "西安市市场监督管理局", 14),
    _market("西安市碑林区", "610103", "county", "西安市市场监督管理局", 11),
    _market("西安市长安区", "610116", "county", "西安市市场监督管理局", 10),
    Office("西安市生态环境局雁塔分局", "610113", "county", "environment", "西安市生态环境局", 6, "dispatched_agency"),
    Office("西安市雁塔区卫生健康局", "610113", "county", "health", "西安市卫生健康委员会", 6),
)
ACTING = tuple(office for office in OFFICES if office.weight)
YANTA = next(office for office in OFFICES if office.name == "西安市雁塔区市场监督管理局")


@cache
def _codes() -> dict[str, str]:
    """Credit codes by name; the market bureau of a region has number 1, as in the samples of the templates."""
    codes: dict[str, str] = {}
    for office in OFFICES:
        serial = (
            1
            if office.line == "market"
            else 2 + sum(o.region == office.region for o in OFFICES[: OFFICES.index(office)])
        )
        codes[office.name] = numbers.agency_code(office.region, serial)
    return codes


@cache
def counties() -> tuple[str, ...]:
    """The 13 counties of Xi'an and the 8 of Gannan."""
    *_, rows = regions.by_level()
    return tuple(row["code"] for row in rows if row["parent"] in (XIAN, GANNAN))


def place_of(region: str) -> str:
    """The full name of a county, such as 陕西省西安市雁塔区."""
    names = regions.names()
    return "".join(names[code] for code in dict.fromkeys((region[:2] + "0000", region[:4] + "00", region)))


def by_level(people: Any) -> list[list[dict[str, Any]]]:
    """The rows of the departments, a superior always before those below it; ``people`` makes up a name."""
    operations = Office(OPERATIONS, regions.NATION, "national", "general")
    first = [_row(operations, None, people)]
    depth: dict[str, int] = {}
    for office in OFFICES:
        depth[office.name] = depth[office.parent] + 1 if office.parent else 0
    levels = [[o for o in OFFICES if depth[o.name] == step] for step in range(max(depth.values()) + 1)]
    return [first, *([_row(office, office.uscc, people) for office in level] for level in levels)]


def _row(office: Office, code: str | None, people: Any) -> dict[str, Any]:
    serial = OFFICES.index(office) + 1 if office in OFFICES else 0
    return {
        "name": office.name,
        "uscc": code,
        "region": office.region,
        "level": office.level,
        "parent": office.parent,
        "dept_kind": office.kind,
        "duty_line": office.line,
        "is_lead_office": office.is_lead,
        "leader_name": people(),
        "contact_name": people(),
        "contact_phone": numbers.phone(office.region, 100 + serial),
    }
