"""Decisions about subjects, pure."""

from typing import Any

from app.core import checks
from app.core.messages import N_, Message
from app.core.rules import Context, Severity, rule
from app.domains.catalogue.choices import SubjectKind
from app.domains.subjects.choices import IdType

PERSONAL_IDS = frozenset(
    {
        IdType.CITIZEN_ID,
        IdType.TEMP_CITIZEN_ID,
        IdType.MILITARY,
        IdType.POLICE,
        IdType.RESIDENCE,
        IdType.DIPLOMATIC_PASSPORT,
        IdType.PASSPORT,
        IdType.TW_PERMIT,
        IdType.HK_ID,
        IdType.MO_ID,
        IdType.TW_ID,
    }
)
_CITIZEN_IDS = frozenset({IdType.CITIZEN_ID, IdType.TEMP_CITIZEN_ID})


def number_problem(id_type: str | None, id_no: str | None) -> Message | None:
    """What is wrong with a number of this type; only credit codes and citizen numbers have a form of their own."""
    if id_type is None or id_no is None:
        return None
    if id_type == IdType.USCC:
        return checks.credit_code(id_no)
    if id_type in _CITIZEN_IDS:
        return checks.citizen_number(id_no)
    return None


def credit_code_from_number(row: Any, ctx: Context) -> dict[str, Any]:
    """A subject known by its credit code has that code as its credit code."""
    return {"uscc": row.uscc or (row.id_no if row.id_type == IdType.USCC else None)}


@rule("S01", on="id_no")
def number_fits_its_type(row: Any, ctx: Context) -> Message | None:
    """S01: a number has the form of its type; the check digit of a credit code or citizen number is right."""
    return number_problem(row.id_type, row.id_no)


@rule("S02", on=("uscc", "reg_no"))
def market_entity_has_a_registration(row: Any, ctx: Context) -> Message | None:
    """S02: a market entity has a credit code or an old registration number."""
    if row.kind == SubjectKind.MARKET_ENTITY and not (row.uscc or row.reg_no):
        return N_("市场主体应填写统一社会信用代码或注册号")
    return None


@rule("S03", on="entity_category")
def market_entity_has_a_category(row: Any, ctx: Context) -> Message | None:
    """S03: a market entity says what it is: enterprise, cooperative, individual business or representative office."""
    if row.kind == SubjectKind.MARKET_ENTITY and not row.entity_category:
        return N_("市场主体应填写主体类别")
    return None


@rule("S04", on="id_type")
def person_has_a_personal_number(row: Any, ctx: Context) -> Message | None:
    """S04: a natural person is known by a personal document, anything else is not."""
    is_person = row.kind == SubjectKind.NATURAL_PERSON
    if is_person and row.id_type not in PERSONAL_IDS:
        return N_("特定自然人应填写个人证件，如居民身份证")
    if not is_person and row.id_type in PERSONAL_IDS:
        return N_("个人证件只适用于特定自然人")
    return None


@rule("S05", on="uscc")
def credit_code_is_the_number(row: Any, ctx: Context) -> Message | None:
    """S05: a subject that is known by a credit code has no other credit code."""
    if row.id_type == IdType.USCC and row.uscc and row.uscc != row.id_no:
        return N_("统一社会信用代码与证件号码 {number} 不一致", number=row.id_no)
    return None


@rule("S06", on="established_on")
def established_before_today(row: Any, ctx: Context) -> Message | None:
    """S06: a subject that exists was established on or before today."""
    if row.established_on and row.established_on > ctx.today:
        return N_("成立日期 {day} 晚于今天", day=row.established_on)
    return None


@rule("S07", on="completed_on")
def works_end_after_they_start(row: Any, ctx: Context) -> Message | None:
    """S07: building works are not completed before they start."""
    if row.started_on and row.completed_on and row.completed_on < row.started_on:
        return N_("竣工日期 {end} 早于开工日期 {start}", end=row.completed_on, start=row.started_on)
    return None


@rule("S08", on="next_inspection_on", severity=Severity.WARNING)
def equipment_is_inspected_in_time(row: Any, ctx: Context) -> Message | None:
    """S08: the next inspection of special equipment lies ahead; one that has passed was missed or not entered."""
    if row.is_valid and row.next_inspection_on and row.next_inspection_on < ctx.today:
        return N_("下次检验日期 {day} 已过", day=row.next_inspection_on)
    return None


@rule("S09", on="valid_until")
def permit_ends_after_it_is_granted(row: Any, ctx: Context) -> Message | None:
    """S09: a permit does not end before it was granted."""
    if row.approved_on and row.valid_until and row.valid_until < row.approved_on:
        return N_("有效期至 {end} 早于批准日期 {start}", end=row.valid_until, start=row.approved_on)
    return None


@rule("S10", on="approved_on")
def permit_was_granted_before_today(row: Any, ctx: Context) -> Message | None:
    """S10: a permit that is held was granted on or before today."""
    if row.approved_on and row.approved_on > ctx.today:
        return N_("批准日期 {day} 晚于今天", day=row.approved_on)
    return None
