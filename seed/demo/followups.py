"""What followed: 1,800 penalties, 600 coercions, 1,200 other acts, most of them from an inspection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from seed.demo import matters
from seed.demo.inspections import Seen, party
from seed.demo.matters import Sub
from seed.demo.offices import Office
from seed.demo.timing import Times

PENALTIES, COERCIONS, OTHERS = 1800, 600, 1200
_UNLINKED = 0.1
_SOURCES = ("report", "complaint", "assigned", "transferred", "sampling", "risk_clue")
_FACTS = ("未按规定建立并执行相关管理制度", "超出许可范围从事经营活动", "未按规定保存进货查验等记录",
          "标签标识不符合规定", "未取得许可从事相关活动", "使用超过有效期的产品", "现场管理不符合安全规定")  # fmt: skip
_MEASURES = ("约谈", "提醒告诫", "责令整改", "行政指导", "跟踪检查", "信用承诺")
_CLOSINGS = ("已整改到位", "已约谈并签收", "正在整改", "已归档")


def _matching(sub: Sub, measure: str, rng: Random) -> Sub:
    """The sub-item of that measure under the same main item, or else one of the line for the same kind of subject."""
    choices = matters.subs_for(sub.main.line, sub.main.province, measure)
    same = [each for each in choices if each.main.code == sub.main.code]
    alike = [each for each in choices if each.main.kind == sub.main.kind]
    return rng.choice(same or alike or list(choices))


def _workday(times: Times, day: date) -> date:
    """The day itself, or the next working day."""
    return day if times.calendar.is_workday(day) else times.calendar.add_working_days(day, 1)


class _Papers:
    """Numbers of papers: counted per department, kind and year."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, str, int], int] = {}

    def number(self, office: Office, word: str, day: date) -> str:
        key = (office.short, word, day.year)
        self.counted[key] = self.counted.get(key, 0) + 1
        return f"{office.short}{word}〔{day.year}〕{self.counted[key]}号"


def penalties(rng: Random, times: Times, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Penalties decided within the eleven months: from inspections that filed a case, and a tenth from elsewhere."""
    filed = [each for each in seen if each.result == "case_filed"]
    linked = round(PENALTIES * (1 - _UNLINKED))
    dated: list[tuple[date, Seen, bool, str, date]] = []
    for at, each in enumerate(rng.sample(filed, len(filed)) + list(rng.sample(list(seen), len(seen)))):
        is_linked = at < len(filed) and len(dated) < linked
        procedure = "summary" if rng.random() < 0.3 else "ordinary"
        opened = each.on if procedure == "summary" else times.calendar.add_working_days(each.on, rng.randint(0, 5))
        takes = 0 if procedure == "summary" else rng.choice((*range(12, 80), 95, 110))
        decided = _workday(times, opened + timedelta(days=takes))
        if decided <= times.today and len(dated) < PENALTIES:
            dated.append((decided, each, is_linked, procedure, opened))
    papers, found = _Papers(), []
    for number, (decided, each, is_linked, procedure, opened) in enumerate(sorted(dated, key=lambda one: one[:1]), 1):
        row = _penalty(rng, times, each, decided, opened, procedure)
        row["action_no"] = f"CF{decided:%Y%m%d}{number:06d}"
        row["document_no"] = papers.number(each.office, "处罚", decided)
        row["case_source"] = "inspection" if is_linked else rng.choice(_SOURCES)
        row["inspection_no"] = each.number if is_linked else None
        found.append(row)
    return found


def _penalty(rng: Random, times: Times, each: Seen, decided: date, opened: date, procedure: str) -> dict[str, Any]:
    sub = _matching(each.sub, "penalty", rng)
    is_citizen = each.subject.party_nature == "citizen"
    is_major = procedure == "ordinary" and rng.random() < 0.06
    kinds, fine, income = _punishment(rng, procedure, is_citizen, is_major)
    words = "、".join({"warning": "警告", "fine": f"罚款{fine}元", "confiscate_income": f"没收违法所得{income}元",
                      "circulated_criticism": "通报批评"}[kind] for kind in kinds)  # fmt: skip
    is_reviewed = is_major and rng.random() < 0.95
    return party(each.subject, each.office) | {
        "sub_item": sub.code,
        "illegal_fact": f"{each.subject.party_name}{rng.choice(_FACTS)}",
        "legal_basis": sub.main.penalty_basis,
        "procedure": procedure,
        "is_hearing": is_major and rng.random() < 0.3,
        "filed_on": opened,
        "is_major": is_major,
        "is_legal_review": is_reviewed or None,
        "legal_review_on": decided - timedelta(days=4)
        if is_reviewed and decided - timedelta(days=4) >= opened
        else None,
        "is_collective": is_reviewed or None,
        "decided_on": decided,
        "penalty_types": kinds,
        "fine_amount": fine,
        "confiscated_income": income,
        "result_text": f"给予{words}的行政处罚",
        "close_method": "voluntary" if procedure == "summary" else None,
        "close_result": "full" if procedure == "summary" else None,
        "paid_amount": fine if procedure == "summary" else None,
        "closed_on": decided if procedure == "summary" else None,
        "is_public": kinds != ["warning"],
    }


def _punishment(
    rng: Random, procedure: str, is_citizen: bool, is_major: bool
) -> tuple[list[str], int | None, int | None]:
    if procedure == "summary":
        if rng.random() < 0.4:
            return ["warning"], None, None
        return (
            ["warning", "fine"],
            rng.choice((50, 100, 200)) if is_citizen else rng.choice((500, 1000, 2000, 3000)),
            None,
        )
    if rng.random() < 0.05:
        return ["circulated_criticism"], None, None
    fine = rng.choice((100000, 150000, 200000)) if is_major else rng.choice((3000, 5000, 8000, 10000, 20000, 50000))
    if rng.random() < 0.25:
        return ["fine", "confiscate_income"], fine, rng.randint(5, 300) * 100
    return (["warning", "fine"] if rng.random() < 0.5 else ["fine"]), fine, None


def coercions(rng: Random, times: Times, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Coercive measures on the day of an inspection; a tenth does not name it."""
    chosen = sorted(rng.sample([s for s in seen if s.result != "no_problem"], COERCIONS), key=lambda one: one.number)
    papers, found = _Papers(), []
    for number, each in enumerate(chosen, 1):
        sub = _matching(each.sub, "coercion", rng)
        is_measure = rng.random() < 0.95
        ends = each.on + timedelta(days=rng.randint(5, 30))
        found.append(
            party(each.subject, each.office)
            | {
                "action_no": f"QZ{each.on:%Y%m%d}{number:06d}",
                "sub_item": sub.code,
                "illegal_fact": f"涉嫌{rng.choice(_FACTS)}",
                "legal_basis": "《中华人民共和国行政强制法》第二十二条",
                "decision_no": papers.number(each.office, "强", each.on),
                "coercion_kind": "measure" if is_measure else "execution",
                "measure_kind": rng.choice(("seal", "seize", "seize", "other")) if is_measure else None,
                "execution_kind": None if is_measure else rng.choice(("surcharge", "substitute")),
                "started_on": each.on,
                "ended_on": ends if ends <= times.today else None,
                "result": "已解除" if ends <= times.today else "实施中",
                "inspection_no": each.number if rng.random() > _UNLINKED else None,
            }
        )
    return found


def others(rng: Random, times: Times, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Other acts, up to ten days after an inspection; a tenth does not name it."""
    chosen = rng.sample(list(seen), OTHERS)
    dated = [(_workday(times, each.on + timedelta(days=rng.randint(0, 10))), each) for each in chosen]
    dated = sorted(
        ((min(day, each.on if day > times.today else day), each) for day, each in dated), key=lambda one: one[:1]
    )
    found = []
    for number, (day, each) in enumerate(dated, 1):
        sub = _matching(each.sub, "other", rng)
        ends = day + timedelta(days=rng.randint(0, 25))
        found.append(
            party(each.subject, each.office)
            | {
                "action_no": f"QT{day:%Y%m%d}{number:06d}",
                "sub_item": sub.code,
                "item_source": "日常监管",
                "measure": rng.choice(_MEASURES),
                "closing": rng.choice(_CLOSINGS),
                "started_on": day,
                "ended_on": ends if ends <= times.today else None,
                "inspection_no": each.number if rng.random() > _UNLINKED else None,
            }
        )
    return found
