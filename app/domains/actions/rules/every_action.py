"""Rules that hold for every kind of action. Derived values come first, so ``produced_on`` is the day of the action."""

from datetime import date
from typing import Any

from app.core import checks
from app.core.messages import N_, Message
from app.core.rules import Context, Rule, Severity, rule
from app.domains.actions.choices import CaseSource, PartyNature
from app.domains.catalogue.choices import MeasureType
from app.domains.catalogue.rules import why_not_usable
from app.domains.org.rules import is_in_force
from app.domains.subjects.choices import IdType
from app.domains.subjects.rules import PERSONAL_IDS, number_problem

_CITIZEN_IDS = frozenset({IdType.CITIZEN_ID, IdType.TEMP_CITIZEN_ID})


def _day(row: Any, ctx: Context) -> date:
    day: date = row.produced_on or ctx.today
    return day


def _was_so(row: Any) -> bool:
    """True for a stored action of the same department, item and day: it was judged when it was entered."""
    was = getattr(row, "was", None)
    if was is None or was.sub_item is None or was.department is None:
        return False
    same = (was.sub_item.id, was.department.id) == (row.sub_item.id, row.department.id)
    return bool(same and was.produced_on == row.produced_on)


@rule("R01", on="sub_item")
def sub_item_is_in_force(row: Any, ctx: Context) -> Message | None:
    """R01: no item, no action: published and valid on that day, and the department's own or claimed (Xi'an, art. 8)."""
    if row.sub_item is None or row.department is None or _was_so(row):
        return None
    return why_not_usable(row.sub_item, ctx.ask("claims").of(row.department.id), _day(row, ctx))


def sub_item_allows(kind: MeasureType) -> Rule:
    """R02 for one kind of action."""

    @rule("R02", on="sub_item")
    def sub_item_is_of_this_kind(row: Any, ctx: Context) -> Message | None:
        """R02: the sub-item is of the measure type that the table records."""
        if row.sub_item is None or row.sub_item.measure_type == kind:
            return None
        found = MeasureType(row.sub_item.measure_type).label
        return N_("监管事项的措施类型是{found}，应为{kind}", found=found, kind=kind.label)

    return sub_item_is_of_this_kind


def _fits_nature(nature: str, id_type: str) -> bool:
    if nature == PartyNature.CITIZEN:
        return id_type != IdType.USCC and id_type != IdType.OTHER_ORG_CERT
    return id_type not in PERSONAL_IDS


@rule("R04", on=("party_id_no", "party_id_type"))
def party_number_is_right(row: Any, ctx: Context) -> Message | None:
    """R04: a citizen has a personal document, an organisation none; credit codes and citizen numbers are right."""
    if not _fits_nature(row.party_nature, row.party_id_type):
        return N_(
            "{nature}不能使用{id_type}",
            nature=PartyNature(row.party_nature).label,
            id_type=IdType(row.party_id_type).label,
        )
    return number_problem(row.party_id_type, row.party_id_no)


@rule("R04W", on=("party_id_no", "party_id_type"), severity=Severity.WARNING)
def party_number_can_be_reported(row: Any, ctx: Context) -> Message | None:
    """R04, for other documents: the nation expects a credit code or a citizen number, by the nature of the party."""
    nature, id_type = row.party_nature, row.party_id_type
    if nature == PartyNature.LEGAL_PERSON and id_type != IdType.USCC:
        return N_("法人一般应填写统一社会信用代码")
    if nature == PartyNature.CITIZEN and id_type not in _CITIZEN_IDS:
        return N_("公民一般应填写居民身份证或临时居民身份证")
    if id_type != IdType.USCC and id_type not in _CITIZEN_IDS and checks.credit_code(row.party_id_no) is not None:
        return N_("行政相对人编码不是统一社会信用代码，上报时可能被退回")
    return None


@rule("R05", on="region")
def region_exists(row: Any, ctx: Context) -> Message | None:
    """R05: the region exists on the day of the action; abolished divisions stay valid for what was done before."""
    region = row.region
    if region is None or is_in_force(_day(row, ctx), region.valid_from, region.valid_to):
        return None
    return N_("行政区划 {code} 在 {day} 不存在或已撤销", code=region.code, day=_day(row, ctx))


@rule("R14", on="inspection_no", severity=Severity.WARNING)
def comes_from_an_inspection(row: Any, ctx: Context) -> Message | None:
    """R14: an action refers to an inspection that exists here, or its case source says that it came from elsewhere."""
    if row.inspection is not None:
        return None
    if getattr(row, "case_source", None) not in (None, CaseSource.INSPECTION):
        return None
    if row.inspection_no:
        return N_("没有找到编号为 {number} 的检查行为", number=row.inspection_no)
    return N_("没有填写检查行为编号")


@rule("R17", on="party_id_no", severity=Severity.WARNING)
def subject_is_in_the_library(row: Any, ctx: Context) -> Message | None:
    """R17: the party is registered as a subject."""
    return None if row.subject is not None else N_("监管对象库中没有证件号码为 {number} 的对象", number=row.party_id_no)


@rule("R18", on="started_on", severity=Severity.WARNING)
def has_a_day(row: Any, ctx: Context) -> Message | None:
    """R18: without the day it started, an action has no clock."""
    return None if row.produced_on else N_("没有起始时间，无法计算数据汇聚期限")


@rule("A01", on="ended_on")
def ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """A01: an action does not end before it starts."""
    if row.started_on and row.ended_on and row.ended_on < row.started_on:
        return N_("结束时间 {end} 早于起始时间 {start}", end=row.ended_on, start=row.started_on)
    return None
