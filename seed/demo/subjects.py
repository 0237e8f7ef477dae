"""The 3,000 subjects of the demo: firms and organisations first, then the things and places they answer for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo import numbers, things, words
from seed.demo.offices import ACTING, XIAN, YANTA, Office, counties, place_of

COUNTS = {
    "market_entity": 1500, "social_org": 150, "natural_person": 200, "special_equipment": 250, "food": 250,
    "special_food": 60, "drug": 80, "cosmetics": 60, "medical_device": 100, "construction_site": 120, "reservoir": 40,
    "product": 70, "project": 60, "behaviour": 30, "other": 30,
}  # fmt: skip
TAGS = (
    ("学校食堂", "校园及周边食品安全重点对象"), ("网络餐饮", "通过平台提供餐饮服务"),
    ("重点监管企业", "列入重点监管名单"),
    ("涉疫冷链", "冷链食品贮存销售"), ("大型综合体", "人员密集场所"), ("双随机免检", "一年内已检查且无问题"),
    ("新设立", "设立不满一年"), ("高风险特种设备", "电梯、锅炉等数量较多"), ("排污重点单位", "列入排污重点单位名录"),
    ("两类人员", "涉及特种作业或特殊岗位"), ("老旧小区电梯", "使用超过十五年"), ("景区周边", "旅游景区及周边经营者"),
)  # fmt: skip
_ORGANISATIONS = (
    ("association", "51", "商会"),
    ("association", "51", "行业协会"),
    ("private_non_enterprise", "52", "门诊部"),
    ("private_non_enterprise", "52", "康复医院"),
    ("private_non_enterprise", "52", "护理院"),
    ("foundation", "53", "公益基金会"),
)
_OCCUPATIONS = (
    ("physician", "执业医师", "health"),
    ("physician", "执业护士", "health"),
    ("tour_guide", "导游", "culture_tourism"),
    ("other", "出租汽车驾驶员", "transport"),
    ("pharmacist", "执业药师", "market"),
    ("special_operator", "电工作业", "emergency"),
    ("lawyer", "专职律师", "justice"),
)
_STATES = (
    ("active",) * 92 + ("suspended_business",) * 3 + ("deregistered",) * 2 + ("licence_revoked", "moved_out", "closed")
)
_RISKS = ("a",) * 55 + ("b",) * 28 + ("c",) * 12 + ("d",) * 5
#: Regions of firms: the counties where the demo's bureaus act hold most of them.
_CROWDED = {"610113": 14, "610103": 9, "610116": 8, "623001": 5}


@dataclass(frozen=True)
class Subject:
    """A subject as actions need it: what it is, where, and the party that answers for it."""

    kind: str
    name: str
    region: str
    party_name: str
    party_nature: str
    party_id_type: str
    party_id_no: str
    address: str
    line: str | None
    row: dict[str, Any]


class Maker:
    """Makes the subjects, always the same for the same randomness and day."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng, self.today = rng, today
        self.citizens = numbers.Citizens(rng)
        self.serial = 0
        self.names: set[str] = set()
        self.found: list[Subject] = []
        self.holders: dict[str, list[Subject]] = {}
        self.places = counties()
        self.weights = [_CROWDED.get(place, 2) for place in self.places]

    def make(self) -> list[Subject]:
        """Every subject; those that answer for others come first."""
        self._sample()
        makers: dict[str, Callable[[str], Subject]] = {
            "market_entity": self._firm, "social_org": self._organisation, "natural_person": self._person,
        }  # fmt: skip
        for kind, count in COUNTS.items():
            build = makers.get(kind, self._thing)
            have = sum(subject.kind == kind for subject in self.found)
            for _ in range(count - have):
                self.found.append(build(kind))
        return self.found

    # -- who answers ---------------------------------------------------------------------------------------------

    def _sample(self) -> None:
        """The firm that the sample rows of the templates name."""
        row = self._common("market_entity", "西安市雁塔区示例食品店", "610113", "uscc", "91610131MA6TX0WX5A")
        row |= {"entity_category": "enterprise", "legal_person_name": "示例人员", "established_on": date(2018, 5, 20),
                "industry_code": "F5123", "reg_org": YANTA.name, "department": YANTA.name}  # fmt: skip
        row["reg_state"], row["is_valid"], row["address_registered"] = "active", True, "陕西省西安市雁塔区示例路1号"
        self.found.append(_subject(row, "legal_person", None))

    def _region(self) -> str:
        return self.rng.choices(self.places, self.weights)[0]

    def _unique(self, make: Callable[[], str]) -> str:
        while True:
            name = make()
            if name not in self.names:
                self.names.add(name)
                return name

    def _firm(self, kind: str) -> Subject:
        rng, region = self.rng, self._region()
        county = place_of(region).removeprefix("陕西省").removeprefix("甘肃省甘南藏族自治州")
        roll = rng.random()
        trade, industry, _ = rng.choice(words.TRADES)
        if roll < 0.6:
            head, category, form = (
                "91",
                "enterprise",
                rng.choice(("有限公司", "有限公司", "有限责任公司", "股份有限公司")),
            )
            name = self._unique(lambda: f"{county}{rng.choice(words.BRANDS)}{trade}{form}")
        elif roll < 0.92:
            head, category, industry = "92", "individual_business", "F5200"
            name = self._unique(
                lambda: f"{county}{rng.choice(words.BRANDS)}{rng.choice(words.SURNAMES)}记{rng.choice(words.SHOPS)}"
            )
        else:
            head, category, industry = "93", "farmer_coop", "A0514"
            name = self._unique(lambda: f"{county}{rng.choice(words.BRANDS)}种植养殖农民专业合作社")
        row = self._common(kind, name, region, "uscc", self._credit_code(head, region))
        row |= {
            "entity_category": category,
            "legal_person_name": words.person(rng),
            "legal_person_id_type": "citizen_id",
            "legal_person_id_no": self.citizens.number(region),
            "established_on": self._past(200, 5000),
            "industry_code": industry,
            "reg_org": f"{place_of(region)}市场监督管理局",
        }
        if category == "enterprise" and rng.random() < 0.1:
            row["reg_no"] = f"{region}1{self.serial:08d}"
        return _subject(row, "legal_person" if category != "individual_business" else "other_org", None)

    def _organisation(self, kind: str) -> Subject:
        rng, region = self.rng, self._region()
        org_type, head, word = rng.choice(_ORGANISATIONS)
        county = place_of(region)[3:]
        name = self._unique(lambda: f"{county}{rng.choice(words.BRANDS)}{rng.choice(words.BRANDS)[:1]}{word}")
        row = self._common(kind, name, region, "uscc", self._credit_code(head, region))
        row |= {
            "org_type": org_type,
            "legal_person_name": words.person(rng),
            "competent_authority": f"{place_of(region)}{'卫生健康局' if head == '52' else '民政局'}",
            "activity_area": place_of(region),
            "established_on": self._past(400, 6000),
            "reg_org": f"{place_of(region)}民政局",
        }
        return _subject(row, "legal_person", "health" if head == "52" else None)

    def _person(self, kind: str) -> Subject:
        rng, region = self.rng, self._region()
        category, job, line = rng.choice(_OCCUPATIONS)
        number = self.citizens.number(region)
        row = self._common(kind, words.person(rng), region, "citizen_id", number)
        row |= {
            "person_category": category,
            "gender": "male" if int(number[16]) % 2 else "female",
            "occupation": job,
            "qualification_no": f"ZG{region}{self.serial:06d}",
            "qualified_until": self.today + timedelta(days=rng.randrange(60, 1500)),
            "home_address": f"{place_of(region)}{words.street(rng)}",
        }
        row["address_operating"] = None
        return _subject(row, "citizen", line)

    # -- what they answer for ------------------------------------------------------------------------------------

    def _thing(self, kind: str) -> Subject:
        rng = self.rng
        holder = rng.choice(self._holders(kind))
        name, own = things.describe(kind, holder.row["name"], rng, self.today)
        self.serial += 1
        row = self._common(
            kind, name, holder.region, "licence_no", f"{things.PREFIXES[kind]}{holder.region}{self.serial:06d}"
        )
        row |= own
        if kind == "special_equipment":
            row["user_unit"] = holder.party_id_no
        return Subject(kind, name, holder.region, holder.party_name, holder.party_nature, holder.party_id_type,
                       holder.party_id_no, holder.address, None, row)  # fmt: skip

    def _holders(self, kind: str) -> list[Subject]:
        """The enterprises whose trade goes with such a thing; any enterprise where no trade does."""
        if kind not in self.holders:
            enterprises = [s for s in self.found if s.row.get("entity_category") == "enterprise"]
            fitting = [s for s in enterprises if any(word in s.name for word in things.TRADES.get(kind, ()))]
            self.holders[kind] = fitting or enterprises
        return self.holders[kind]

    # -- what all have -------------------------------------------------------------------------------------------

    def _credit_code(self, head: str, region: str) -> str:
        return numbers.credit_code(head, region, self.serial + 1)

    def _past(self, nearest: int, farthest: int) -> date:
        return self.today - timedelta(days=self.rng.randrange(nearest, farthest))

    def _common(self, kind: str, name: str, region: str, id_type: str, id_no: str) -> dict[str, Any]:
        rng = self.rng
        self.serial += 1
        state = rng.choice(_STATES) if kind == "market_entity" else "active"
        return {
            "kind": kind,
            "name": name,
            "id_type": id_type,
            "id_no": id_no,
            "region": region,
            "address_registered": f"{place_of(region)}{words.street(rng)}" if kind != "natural_person" else None,
            "address_operating": f"{place_of(region)}{words.street(rng)}" if rng.random() < 0.4 else None,
            "local_org": f"{place_of(region)}第{rng.randint(1, 9)}监管所",
            "contact_name": words.person(rng),
            "contact_phone": numbers.phone(region, 1000 + self.serial),
            "reg_state": state,
            "risk_class": rng.choice(_RISKS) if kind == "market_entity" else None,
            "tags": sorted({rng.choice(TAGS)[0] for _ in range(rng.randint(1, 2))}) if rng.random() < 0.2 else None,
            "is_valid": state in ("active", "suspended_business"),
            "department": source_of(kind, region).name,
            "source_record_id": f"DEMO-{self.serial:06d}",
            "collected_at": None,
        }


def source_of(kind: str, region: str) -> Office:
    """The department that brought a subject in: the nearest one of the line that registers such subjects."""
    line = {"construction_site": "housing", "reservoir": "water", "project": "environment", "behaviour": "transport",
            "natural_person": "health", "social_org": "health"}.get(kind, "market")  # fmt: skip
    near = [office for office in ACTING if office.line == line and office.covers(region)]
    near = near or [office for office in ACTING if office.line == "market" and office.covers(region)]
    return max(near, key=lambda office: ("province", "city", "county").index(office.level))


def _subject(row: dict[str, Any], nature: str, line: str | None) -> Subject:
    address = row.get("address_registered") or place_of(row["region"])
    return Subject(
        row["kind"], row["name"], row["region"], row["name"], nature, row["id_type"], row["id_no"], address, line, row
    )


def in_region(subjects: list[Subject], office: Office) -> list[Subject]:
    """The subjects in a department's region; a provincial department looks at Xi'an."""
    return [s for s in subjects if office.covers(s.region) and (office.level != "province" or s.region[:4] == XIAN[:4])]
