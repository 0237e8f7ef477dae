"""The credit lists of the demo: sixty abnormal listings, twenty-four serious ones, and the permits of subjects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo.offices import ACTING, Office
from seed.demo.subjects import Subject
from seed.demo.timing import Times

ABNORMAL, SERIOUS = 60, 24
_CAUSES = ("no_annual_report", "unreachable", "unreachable", "false_disclosure")
_FACTS = {
    "no_annual_report": "未在规定期限内公示年度报告",
    "unreachable": "两次邮寄专用信函均无人签收",
    "false_disclosure": "公示信息与实际情况不符",
}
_ANSWERS = {"no_annual_report": "report_filed", "unreachable": "contact_restored", "false_disclosure": "corrected"}
_PERMITS = (
    ("food", "食品经营许可证", "JY"), ("drug", "药品经营许可证", "YJ"), ("medical_device", "医疗器械经营许可证", "QJ"),
    ("special_food", "特殊食品注册证书", "TZ"), ("construction_site", "建筑工程施工许可证", "SGX"),
    ("special_equipment", "特种设备使用登记证", "TD"), ("product", "工业产品生产许可证", "XK"),
)  # fmt: skip


def permits(rng: Random, today: date, subjects: Sequence[Subject]) -> list[dict[str, Any]]:
    """A permit for each licensed thing, and for every second firm a food or health permit."""
    words = {kind: (name, prefix) for kind, name, prefix in _PERMITS}
    words["market_entity"] = ("公共场所卫生许可证", "WS")
    found = []
    for place, subject in enumerate(subjects):
        if subject.kind not in words or (subject.kind == "market_entity" and place % 2):
            continue
        name, prefix = words[subject.kind]
        granted = today - timedelta(days=rng.randrange(60, 1700))
        found.append(
            {
                "subject": subject.row["id_no"],
                "permit_name": name,
                "permit_no": f"{prefix}{subject.region}{place:06d}",
                "approved_on": granted,
                "valid_until": granted + timedelta(days=5 * 365),
                "issuer": f"{subject.row['department']}",
                "needs_professional": subject.kind in ("drug", "medical_device", "special_equipment"),
            }
        )
    return found


def _bureau(region: str) -> Office:
    """The nearest market bureau."""
    near = [office for office in ACTING if office.line == "market" and office.covers(region)]
    return max(near, key=lambda office: ("province", "city", "county").index(office.level))


def abnormal(rng: Random, times: Times, subjects: Sequence[Subject]) -> list[dict[str, Any]]:
    """Each firm once; a third has left the list again."""
    firms = [s for s in subjects if s.kind == "market_entity"]
    counted: dict[str, int] = {}
    found = []
    for subject in rng.sample(firms, ABNORMAL):
        office, cause = _bureau(subject.region), rng.choice(_CAUSES)
        discovered = rng.choice(times.days[:-40])
        listed = times.calendar.add_working_days(discovered, rng.randint(1, 9))
        counted[office.short] = counted.get(office.short, 0) + 1
        row = {
            "subject": subject.row["id_no"],
            "listing_cause": cause,
            "found_on": discovered,
            "listed_on": listed,
            "department": office.name,
            "listing_facts": _FACTS[cause],
            "decision_no": f"{office.short}异入〔{listed.year}〕第{counted[office.short]}号",
            "year": listed.year - 1 if cause == "no_annual_report" else None,
            "audit_state": "approved",
        }
        removed = times.calendar.add_working_days(listed, rng.randint(10, 25))
        if rng.random() < 0.35 and removed <= times.today:
            row |= {
                "exit_kind": "removed",
                "removal_cause": _ANSWERS[cause],
                "removed_on": removed,
                "removal_org": office.name,
                "removal_facts": "当事人已履行相关义务，经查实予以移出",
                "removal_decision_no": f"{office.short}异出〔{removed.year}〕第{counted[office.short]}号",
            }
        found.append(row)
    return found


def serious(
    rng: Random, times: Times, penalties: Sequence[dict[str, Any]], subjects: Sequence[Subject]
) -> list[dict[str, Any]]:
    """Firms whose penalty was a major one; a few wait for review."""
    known = {s.row["id_no"] for s in subjects}
    days = times.days[-60]
    offices = {office.name: office for office in ACTING}
    heavy = {
        p["party_id_no"]: p for p in penalties if p["is_major"] and p["party_id_no"] in known and p["decided_on"] < days
    }
    found = []
    for number, penalty in enumerate(rng.sample(list(heavy.values()), min(SERIOUS, len(heavy))), 1):
        office = offices[penalty["department"]]
        listed = times.calendar.add_working_days(penalty["decided_on"], rng.randint(10, 30))
        is_approved = number % 6 != 0
        found.append(
            {
                "subject": penalty["party_id_no"],
                "cause": "heavy_penalty",
                "domain": {"market": "market_order"}.get(office.line, "other"),
                "explanation": "违法行为性质恶劣、情节严重、社会危害较大",
                "penalty_document_no": penalty["document_no"],
                "evidence": "1.行政处罚决定书；2.调查笔录",
                "evidence_count": 2,
                "department": office.name,
                "state": "approved" if is_approved else "final_review",
                "list_due_on": listed,
                "listed_on": listed if is_approved else None,
                "decision_no": f"{office.short}严违〔{listed.year}〕第{number}号" if is_approved else None,
                "public_state": "claimed" if is_approved else "unclaimed",
                "published_on": listed if is_approved else None,
            }
        )
    return found
