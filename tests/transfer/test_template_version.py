"""What has changed since a template was made: decided by the columns' own names, told in sentences."""

from __future__ import annotations

from app.core.messages import N_
from app.transfer.template_version import Change, Told, difference, from_json, words

FORMATS = {"text": N_("文本"), "day": N_("日期")}


def told(**columns: str) -> list[Told]:
    """Columns by field: ``header``, ``header*`` when required, ``header:kind``."""
    found = []
    for field, said in columns.items():
        header, _, kind = said.partition(":")
        found.append(Told(field, header.rstrip("*"), kind or "text", header.endswith("*")))
    return found


def test_the_same_columns_say_nothing_in_whatever_order():
    columns = told(a="甲*", b="乙", c="丙:day")
    assert not difference(columns, columns)
    assert not difference(columns, columns[::-1])
    assert words(Change(), FORMATS) == []


def test_each_change_is_told_once():
    old = told(a="甲", b="乙", c="丙", d="丁", e="戊*")
    new = told(a="甲*", b="乙方", c="丙:day", e="戊", f="己*", g="庚")
    assert difference(old, new) == Change(
        added=("庚",),
        added_required=("己",),
        renamed=(("乙", "乙方"),),
        required_now=("甲",),
        kinds=(("丙", "text", "day"),),
        removed=("丁",),
    )
    assert words(difference(old, new), FORMATS) == [
        "新增必填列：己",
        "改为必填的列：甲",
        "列“乙”已更名为“乙方”",
        "列“丙”的格式由“文本”改为“日期”",
        "新增选填列：庚",
        "不再使用的列：丁",
    ]


def test_columns_that_exchange_their_headers_are_renamed_and_not_lost():
    change = difference(told(a="甲", b="乙"), told(a="乙", b="甲"))
    assert change == Change(renamed=(("甲", "乙"), ("乙", "甲")))


def test_a_batch_keeps_a_change_as_it_is():
    change = difference(told(a="甲", b="乙", c="丙"), told(a="甲方*", c="丙:day", d="丁"))
    assert from_json(change.as_json()) == change
    assert from_json({}) == Change()


def test_kinds_that_nobody_knows_any_more_are_not_told():
    assert words(Change(kinds=(("甲", "old_kind", "text"),)), FORMATS) == []
