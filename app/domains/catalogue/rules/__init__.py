"""Decisions about the catalogue, pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.messages import N_, Message
from app.core.rules import Context, Rule, Severity, Test, rule
from app.domains.catalogue.choices import ClaimState, CodeKind, ItemState, MeasureType, SupervisionMode
from app.domains.catalogue.rules.standing import (
    IN_FORCE,
    Advice,
    Life,
    Standing,
    advice,
    is_usable,
    why_not_usable,
)
from app.domains.org.choices import Level
from app.domains.org.rules import is_in_force

#: A repetition inside a repeated group: trying it may take for ever.
_SLOW = re.compile(r"[*+}][^()]*\)[*+{]")
__all__ = ["IN_FORCE", "Advice", "Life", "Standing", "advice", "is_usable", "why_not_usable"]

ELEMENTS = (
    "main_item",
    "sub_name",
    "supervision_modes",
    "measure_type",
    "subject_text",
    "legal_basis",
    "process_text",
    "result_text",
    "levels",
)


def elements_filled(row: Any, ctx: Context) -> dict[str, int]:
    """How many of the ten elements a sub-item states; the supervising department stands on its main item."""
    stated = sum(bool(getattr(row, name)) for name in ELEMENTS)
    department = bool(row.main_item and row.main_item.supervision_dept_name)
    return {"element_count": stated + department}


def first_edition(row: Any, ctx: Context) -> dict[str, int]:
    """An item that is loaded as published stands at its first edition; later ones are counted by the workflow."""
    return {"edition": 1} if row.status == ItemState.PUBLISHED and not row.edition else {}


@rule("C01", on="valid_to")
def item_ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """C01: an item does not end before it takes effect."""
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        return N_("有效期至 {end} 早于生效日期 {start}", end=row.valid_to, start=row.valid_from)
    return None


@rule("C02", on="valid_from")
def published_item_says_since_when(row: Any, ctx: Context) -> Message | None:
    """C02: a published item has the day it takes effect, so that actions can be held against it."""
    if row.status == ItemState.PUBLISHED and row.valid_from is None:
        return N_("已发布的事项应填写生效日期")
    return None


@rule("C16", on="main_item")
def published_part_has_a_main_in_force(row: Any, ctx: Context) -> Message | None:
    """C16: a sub-item is in force only under a main item that is: published, and neither suspended nor abolished."""
    main = row.main_item
    if row.status != ItemState.PUBLISHED or main is None or (main.edition and main.status in IN_FORCE):
        return None
    state = ItemState(main.status).label
    return N_("主项“{name}”处于“{state}”，子项不能发布或恢复；请先办理主项", name=main.main_name, state=state)


@rule("C17", on="sub_item")
def linked_item_was_published(row: Any, ctx: Context) -> Message | None:
    """C17: what everybody reads names items that everybody reads: those that are or were in force."""
    item = row.sub_item
    if item is None or item.edition is not None:
        return None
    return N_("监管事项 {code} 还没有发布，发布后才能登记为对应的监管事项", code=item.sub_code)


@rule("C03", on="supervision_modes")
def inspection_says_how(row: Any, ctx: Context) -> Message | None:
    """C03: a sub-item of inspection names its ways of supervision, because they route the work."""
    if row.measure_type == MeasureType.INSPECTION and not row.supervision_modes:
        return N_("行政检查事项应填写监管方式")
    return None


@rule("C04", on="check_class")
def inspection_is_general_or_key(row: Any, ctx: Context) -> Message | None:
    """C04: a sub-item of inspection is a general or a key one."""
    if row.measure_type == MeasureType.INSPECTION and not row.check_class:
        return N_("行政检查事项应填写检查事项类别")
    return None


@rule("C05", on="is_joint_suitable")
def random_item_says_if_joint(row: Any, ctx: Context) -> Message | None:
    """C05: a double-random item says whether departments may draw it together."""
    if SupervisionMode.DOUBLE_RANDOM in (row.supervision_modes or ()) and row.is_joint_suitable is None:
        return N_("双随机事项应填写是否适合部门联合随机抽查")
    return None


@rule("C06", on="sub_item")
def list_belongs_to_an_inspection(row: Any, ctx: Context) -> Message | None:
    """C06: only sub-items of inspection have implementation lists and check items (Xi'an measures, art. 11)."""
    if row.sub_item and row.sub_item.measure_type != MeasureType.INSPECTION:
        return N_("只有行政检查事项可以编制检查实施清单和检查项")
    return None


@rule("C07", on="list_code", severity=Severity.WARNING)
def list_code_shows_the_level(row: Any, ctx: Context) -> Message | None:
    """C07: the 19th place of a list's code is the digit of the level that implements it."""
    expected = Level(row.use_level).national
    if row.list_code[18:19] != expected:
        return N_("编码第 19 位应与行使层级一致，为 {digit}", digit=expected)
    return None


@rule("C08", on=("ratio", "frequency"))
def random_list_says_how_much(row: Any, ctx: Context) -> Message | None:
    """C08: the list of a double-random item states ratio and frequency; a ratio is above 0 and at most 100 %."""
    if row.ratio is not None and not 0 < row.ratio <= 100:
        return N_("抽查比例应大于 0、不超过 100")
    if row.frequency is not None and row.frequency < 1:
        return N_("抽查频次至少为每年 1 次")
    is_random = row.sub_item and SupervisionMode.DOUBLE_RANDOM in (row.sub_item.supervision_modes or ())
    if is_random and (row.ratio is None or row.frequency is None):
        return N_("双随机事项的实施清单应填写抽查比例和抽查频次")
    return None


@rule("C09", on="deadline_days")
def deadline_has_a_unit(row: Any, ctx: Context) -> Message | None:
    """C09: a statutory period is a positive number with its unit."""
    if row.deadline_days is None:
        return None
    if row.deadline_days < 1:
        return N_("法定办结时限应大于 0")
    return None if row.deadline_unit else N_("请填写法定办结时限的单位")


def claim_is_called(row: Any, ctx: Context) -> dict[str, str | None]:
    """A claim is called as its item is."""
    item = row.sub_item
    return {"item_title": f"{item.sub_code} {item.sub_name}" if item else None}


@rule("C15", on="sub_item")
def claim_stays_with_its_item(row: Any, ctx: Context) -> Message | None:
    """C15: a claim is of one item for ever: name, code, basis and type are inherited, not chosen anew."""
    before = row.was.sub_item if row.was is not None else None
    if before is None or row.sub_item is None or before.id == row.sub_item.id:
        return None
    return N_("认领记录不能改为另一个事项，请另行认领")


def pushed_today(row: Any, ctx: Context) -> dict[str, date]:
    """A claim that arises waiting came that day: its limit is counted from there."""
    return {"pushed_on": ctx.today} if row.status == ClaimState.PENDING and not row.pushed_on else {}


@rule("C10", on="pattern")
def pattern_can_be_read(row: Any, ctx: Context) -> Message | None:
    """C10: a pattern of codes is a regular expression that can be read, and never takes long to try."""
    try:
        re.compile(row.pattern)
    except re.error:
        return N_("正则表达式有误，无法使用")
    if _SLOW.search(row.pattern):
        return N_("正则表达式中重复的部分里不能再有重复，请改写")
    return None


@rule("C11", on="valid_to")
def pattern_ends_after_it_starts(row: Any, ctx: Context) -> Message | None:
    """C11: a pattern does not end before it takes effect."""
    return item_ends_after_it_starts.test(row, ctx)


@dataclass(frozen=True)
class Pattern:
    """How codes of one kind are built, and from when until when."""

    name: str
    form: re.Pattern[str]
    explanation: str
    is_hard: bool
    valid_from: date | None = None
    valid_to: date | None = None


#: The digits of a measure in the codes of items (domain.md §2.6: proposed, the nation publishes no inner split).
MEASURE_DIGITS = {"inspection": "01", "penalty": "02", "coercion": "03", "other": "09"}


def _contradiction(code: str, patterns: Iterable[Pattern], said: Mapping[str, str], day: date) -> Message | None:
    """What the patterns in force find wrong with a code: its form, or a named part that contradicts the row."""
    for each in patterns:
        if not is_in_force(day, each.valid_from, each.valid_to):
            continue
        found = each.form.fullmatch(code)
        if found is None:
            return N_("编码 {code} 不符合“{name}”：{why}", code=code, name=each.name, why=each.explanation)
        for part, text in found.groupdict().items():
            if text is not None and said.get(part) not in (None, text):
                told = {"code": code, "name": each.name, "text": text, "wanted": said[part]}
                return N_("编码 {code} 中的“{text}”应为“{wanted}”（{name}）", **told)
    return None


def _coded(kind: CodeKind, field: str, parts: Callable[[Any], dict[str, str | None]], *, hard: bool) -> Test:
    def test(row: Any, ctx: Context) -> Message | None:
        code = getattr(row, field)
        if not code or (hard and row.was is not None and getattr(row.was, field) == code):
            return None  # a rule that came later refuses nobody the rows that are there
        patterns = [each for each in ctx.ask("code_patterns")[kind.value] if each.is_hard is hard]
        said = {name: text for name, text in parts(row).items() if text}
        return _contradiction(code, patterns, said, ctx.today)

    return test


def _parts_of_item(row: Any) -> dict[str, str | None]:
    return {"measure": MEASURE_DIGITS.get(row.measure_type)}


def _parts_of_list(row: Any) -> dict[str, str | None]:
    return {"item": row.sub_item.sub_code if row.sub_item else None, "office": row.impl_dept_code}


def _declared(number: str, text: str, kind: CodeKind, field: str, parts: Any, severity: Severity) -> Rule:
    test = _coded(kind, field, parts, hard=severity is Severity.ERROR)
    test.__doc__ = f"{number}: {text}"
    return Rule(number, (field,), severity, test)


_HARD, _SOFT = "a new code has the form that the patterns demand", "the code has the usual form, and its parts agree"
_OF_ITEM = (CodeKind.SUB_ITEM, "sub_code", _parts_of_item)
_OF_LIST = (CodeKind.IMPLEMENTATION_LIST, "list_code", _parts_of_list)
item_code_is_allowed = _declared("C12", _HARD, *_OF_ITEM, Severity.ERROR)
item_code_is_usual = _declared("C13", _SOFT, *_OF_ITEM, Severity.WARNING)
list_code_is_allowed = _declared("C12", _HARD, *_OF_LIST, Severity.ERROR)
list_code_is_usual = _declared("C13", _SOFT, *_OF_LIST, Severity.WARNING)
