"""The 400 inspectors of the demo and the few recusals they have declared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo import matters, numbers, words
from seed.demo.offices import ACTING, YANTA, Office
from seed.demo.subjects import Subject

COUNT = 400
_RECUSALS = 12
_FIRST_SERIALS = {"market": 1, "environment": 301, "health": 401, "transport": 501, "housing": 601, "water": 701}
_QUALIFICATIONS = ("health_cosmetic_inspector", "drug_inspector", "device_inspector", "special_equipment_inspector")
_POSTS = (
    "bureau_leader",
    "section_head",
    "section_deputy",
    "station_head",
    "station_deputy",
    "staff",
    "staff",
    "staff",
)
_RANKS = ("二级主任科员", "三级主任科员", "一级科员", "二级科员", "四级调研员")
_MAJORS = ("法学", "食品科学与工程", "环境工程", "预防医学", "交通运输", "土木工程", "行政管理", "药学")


@dataclass(frozen=True)
class Inspector:
    """An inspector as actions need him: who, where, and until when he may act."""

    cert_no: str
    office: Office
    until: date
    is_fit: bool
    row: dict[str, Any]


def make(rng: Random, today: date, citizens: numbers.Citizens) -> list[Inspector]:
    """Every inspector: at least six for each acting department, the rest by the work it has."""
    total = sum(office.weight for office in ACTING)
    counts = {office.name: 6 + (COUNT - 6 * len(ACTING)) * office.weight // total for office in ACTING}
    counts[YANTA.name] += COUNT - sum(counts.values())
    return [
        _inspector(office, number, rng, today, citizens) for office in ACTING for number in range(counts[office.name])
    ]


def _inspector(office: Office, number: int, rng: Random, today: date, citizens: numbers.Citizens) -> Inspector:
    cert_no = (
        f"2{'8' if office.region[:2] == '62' else '7'}01{office.region[2:]}{_FIRST_SERIALS[office.line] + number:03d}"
    )
    roll = rng.random() if number >= 6 else 1.0
    until = today + timedelta(days=rng.randrange(120, 1700))
    if roll < 0.04:
        until = today - timedelta(days=rng.randrange(5, 300))
    state = "invalid" if 0.04 <= roll < 0.06 else "valid"
    id_no = citizens.number(office.region if office.level == "county" else office.region[:4] + "01")
    row = {
        "name": words.person(rng),
        "department": office.name,
        "org_full_name": office.name,
        "cert_no": cert_no,
        "cert_issuer": "甘肃省人民政府" if office.region[:2] == "62" else "陕西省人民政府",
        "cert_valid_until": until,
        "enforcement_area": office.name.removesuffix("市场监督管理局"),
        "enforcement_type": f"{matters.LINE_NAMES[office.line].removesuffix('部门')}执法",
        "id_no": id_no,
        "phone": numbers.phone(office.region, 500000 + rng.randrange(400000)),
        "political_status": rng.choice(("party_member", "party_member", "masses", "league_member", "democratic_party")),
        "ethnicity": rng.choice(("藏族", "藏族", "汉族", "回族")) if office.region[:2] == "62" else "汉族",
        "education": rng.choice(("bachelor", "bachelor", "bachelor", "master", "college")),
        "major": rng.choice(_MAJORS),
        "rank": rng.choice(_RANKS),
        "staff_type": rng.choice(("civil_servant", "civil_servant", "civil_reference", "institution")),
        "is_oversight_staff": rng.random() < 0.1,
        "has_legal_qualification": rng.random() < 0.12,
        "duty_position": rng.choice(_POSTS),
        "post_category": [office.line],
        "post_qualification": [rng.choice(_QUALIFICATIONS)] if office.line == "market" and rng.random() < 0.4 else None,
        "expert_type": ["drug_gsp"] if office.line == "market" and rng.random() < 0.05 else None,
        "item_scope": _scope(office, rng) if rng.random() < 0.15 else None,
        "region": office.region,
        "state": state,
        "publication_state": "published",
        "published_on": today - timedelta(days=rng.randrange(100, 900)),
    }
    return Inspector(cert_no, office, until, roll >= 0.06, row)


def _scope(office: Office, rng: Random) -> list[str]:
    return [sub.code for sub in rng.sample(matters.subs_for(office.line, office.region[:2], "inspection"), 6)]


def recusals(
    rng: Random, today: date, inspectors: Sequence[Inspector], subjects: Sequence[Subject]
) -> list[dict[str, Any]]:
    """A few declarations: most granted, some waiting for a decision."""
    firms = [s for s in subjects if s.kind == "market_entity"]
    found = []
    for number, inspector in enumerate(rng.sample(list(inspectors), _RECUSALS), 1):
        declared = today - timedelta(days=rng.randrange(20, 300))
        is_decided = number % 4 != 0
        found.append(
            {
                "declaration_no": f"HB{declared:%Y%m%d}{number:04d}",
                "inspector": inspector.cert_no,
                "subject": rng.choice([s for s in firms if inspector.office.covers(s.region)]).party_id_no,
                "relation": rng.choice(("relative_interest", "own_interest", "recent_case", "other_relation")),
                "reason": rng.choice(("近亲属在该单位任职", "与该单位负责人有利害关系", "近期办理过该单位的许可")),
                "declared_by": "self_declared",
                "valid_from": declared,
                "valid_to": declared + timedelta(days=730),
                "decision": "granted" if is_decided else "pending",
                "decided_by": words.person(rng) if is_decided else None,
                "decided_on": declared + timedelta(days=3) if is_decided else None,
            }
        )
    return found
