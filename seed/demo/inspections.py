"""The 8,400 inspections of the demo, and what some of them found under each check item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from seed.demo import matters, numbers, procedures
from seed.demo.matters import Sub
from seed.demo.offices import ACTING, YANTA, Office
from seed.demo.people import Inspector
from seed.demo.subjects import Subject, in_region
from seed.demo.timing import Times

COUNT = 8400
_WITH_ITEMS = 700
_RESULTS = {
    "no_problem": 58, "fixed_on_spot": 9, "ordered_to_fix": 9, "case_filed": 20,
    "transferred": 1, "unreachable": 2, "other": 1,
}  # fmt: skip
#: One firm in so many is not in the library of subjects, so that the quality hint R17 has something to show.
_STRANGERS = 60
_FIRST_STRANGER = 20_000
_WAYS = ("onsite",) * 8 + ("document", "online", "testing")


@dataclass(frozen=True)
class Seen:
    """An inspection as later actions need it."""

    number: str
    office: Office
    subject: Subject
    sub: Sub
    on: date
    result: str
    row: dict[str, Any]


class Field:
    """What a department works with: its subjects by kind, its inspectors, its items."""

    def __init__(self, office: Office, subjects: Sequence[Subject], inspectors: Sequence[Inspector]) -> None:
        self.office = office
        self.inspectors = [i for i in inspectors if i.office is office and i.is_fit]
        kinds: dict[str, list[Subject]] = {}
        for subject in in_region(list(subjects), office):
            if subject.line in (None, office.line) and subject.row["is_valid"]:
                kinds.setdefault(subject.kind, []).append(subject)
        inspectable = matters.subs_for(office.line, office.region[:2], "inspection")
        self.subs = [sub for sub in inspectable if sub.main.kind in kinds]
        self.subjects = kinds
        self._chosen: dict[tuple[str, str], list[Subject]] = {}

    def pair(self, rng: Random) -> tuple[Sub, Subject]:
        """An item and a subject that it is about."""
        sub = rng.choice(self.subs)
        return sub, rng.choice(self._about(sub))

    def _about(self, sub: Sub) -> list[Subject]:
        """The subjects of an item: of its kind, and of the trades it is about where there are such."""
        key = (sub.main.object, sub.main.kind)
        if key not in self._chosen:
            alike = self.subjects[sub.main.kind]
            fitting = [each for each in alike if any(word in each.name for word in sub.main.trades)]
            self._chosen[key] = fitting or alike
        return self._chosen[key]

    def two(self, rng: Random) -> list[str]:
        """The certificates of two inspectors, now and then of three."""
        count = 3 if rng.random() < 0.1 else 2
        return [inspector.cert_no for inspector in rng.sample(self.inspectors, count)]


def fields(subjects: Sequence[Subject], inspectors: Sequence[Inspector]) -> dict[str, Field]:
    """What each acting department works with, by its name."""
    return {office.name: Field(office, subjects, inspectors) for office in ACTING}


def make(rng: Random, times: Times, by_office: dict[str, Field]) -> list[Seen]:
    """Every inspection, in the order of days; nobody is inspected twice on one day under one item."""
    days = sorted(rng.choices(times.days, k=COUNT))
    offices = rng.choices(ACTING, [office.weight for office in ACTING], k=COUNT)
    results = rng.choices(list(_RESULTS), list(_RESULTS.values()), k=COUNT)
    met: set[tuple[str, str, date]] = set()
    found: list[Seen] = []
    for number, (day, office, result) in enumerate(zip(days, offices, results, strict=True), 1):
        field = by_office[office.name]
        sub, subject = field.pair(rng)
        while (subject.party_id_no, sub.code, day) in met:
            sub, subject = field.pair(rng)
        met.add((subject.party_id_no, sub.code, day))
        action_no = f"JC{day:%Y%m%d}{number:06d}"
        row = _row(rng, field, sub, subject, day, result, action_no)
        if subject.party_nature == "legal_person" and rng.randrange(_STRANGERS) == 0:
            row["party_id_no"] = numbers.credit_code("91", subject.region, _FIRST_STRANGER + number)
        row["document_no"] = f"{office.short}检〔{day.year}〕{number}号"
        found.append(Seen(action_no, office, subject, sub, day, result, row))
    return found


def party(subject: Subject, office: Office) -> dict[str, Any]:
    """The common block of an action: who acted, against whom, where."""
    return {
        "department": office.name,
        "impl_org": office.name,
        "impl_org_code": office.uscc,
        "subject_kind": subject.kind,
        "subject_name": subject.name,
        "party_name": subject.party_name,
        "party_nature": subject.party_nature,
        "party_id_type": subject.party_id_type,
        "party_id_no": subject.party_id_no,
        "address_registered": subject.address,
        "region": subject.region,
    }


def _row(rng: Random, field: Field, sub: Sub, subject: Subject, day: date, result: str, number: str) -> dict[str, Any]:
    office = field.office
    kind = (
        "double_random"
        if sub.is_random and rng.random() < 0.7
        else rng.choice(("patrol", "patrol", "key", "complaint", "recheck"))
    )
    is_joint = kind == "double_random" and rng.random() < 0.08
    return party(subject, office) | {
        "action_no": number,
        "sub_item": sub.code,
        "implementation_list": procedures.list_code(office, sub),
        "plan_id": f"SJ{day.year}{office.region}{1 + day.month // 4:02d}" if kind == "double_random" else None,
        "check_form": "daily" if kind in ("patrol", "double_random") else "special",
        "check_type": "joint" if is_joint else kind,
        "check_mode": rng.choice(_WAYS),
        "check_result": result,
        "checked_on": day,
        "inspectors": field.two(rng),
        "joint_depts": "公安机关；税务部门" if is_joint else None,
    }


def item_results(rng: Random, seen: Sequence[Seen]) -> Iterator[dict[str, Any]]:
    """The results of three check items for some inspections; those of Yanta come first."""
    own = [each for each in seen if each.office is YANTA]
    others = [each for each in seen if each.office is not YANTA]
    chosen = rng.sample(own, min(len(own), _WITH_ITEMS // 3))
    for each in chosen + rng.sample(others, _WITH_ITEMS - len(chosen)):
        failed = rng.randint(1, 3) if each.result not in ("no_problem", "unreachable", "transferred", "other") else 0
        for number in (1, 2, 3):
            has_failed = number == failed
            usual = "not_checked" if each.result == "unreachable" else "pass"
            yield {
                "inspection": each.number,
                "item_name": procedures.item_name(each.sub, number),
                "check_item": f"{each.sub.code}-{number:02d}",
                "result": "fail" if has_failed else usual,
                "problem": "现场检查发现不符合要求，已制作现场笔录" if has_failed else None,
                "handling": "责令限期改正" if has_failed else None,
            }
