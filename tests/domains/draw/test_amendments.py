"""Void draws let nobody off; replacements come from the reserve; exclusions say why; one visit for several items."""

from datetime import date, timedelta
from itertools import product

import pytest

from app.core.messages import Message
from app.domains.draw.choices import VoidReason
from app.domains.draw.rules.amendments import (
    Replacement,
    Void,
    is_alarming,
    replacement,
    to_inspect,
    why_not_again,
    why_not_void,
)
from app.domains.draw.rules.exclusion import Standing, band
from app.domains.draw.rules.joint import Drawn, Item, Seats, tasks

PARTIES = {"业务科", "法制科", "数据局"}
DAY = date(2026, 11, 22)


def test_only_three_causes_two_parties_and_evidence_void_a_draw() -> None:
    for reason in VoidReason:
        assert why_not_void(Void(reason.value, "ab" * 32, ["业务科", "法制科"]), PARTIES) == []
    assert [str(each) for each in why_not_void(Void("again", "", ["业务科", "业务科", "外人"]), PARTIES)] == [
        "只有名单有误、违反随机数产生规则或依法被撤销，才能作废",
        "作废须附证据",
        "作废须由两个不同的参与方批准",
    ]


def freeze(draw_id: str, snapshot: str, position: int, anchor: str = "aa") -> dict[str, object]:
    return {
        "draw_id": draw_id,
        "snapshot": snapshot,
        "parties": [{"name": "业务科", "anchor": anchor, "position": position}],
    }


OLD = freeze("610100-2026-1", "2026-11-20T00:00:00Z", 4)


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        (freeze("610100-2026-3", "2026-11-22T00:00:00Z", 5), []),
        (freeze("610100-2026-3", "2026-11-22T00:00:00Z", 1, "bb"), []),
        (freeze("610100-2026-1", "2026-11-22T00:00:00Z", 5), ["重新抽取须使用新的抽取编号"]),
        (freeze("610100-2026-2", "2026-11-22T00:00:00Z", 5), ["重新抽取须使用新的抽取编号"]),
        (freeze("610100-2026-3", "2026-11-20T00:00:00Z", 5), ["重新抽取须重新冻结名单"]),
        (freeze("610100-2026-3", "2026-11-22T00:00:00Z", 4), ["重新抽取须使用后续的链值"]),
    ],
)
def test_a_new_draw_is_new_in_everything(new: dict[str, object], problems: list[str]) -> None:
    assert [str(each) for each in why_not_again(OLD, new, {"610100-2026-2"})] == problems


@pytest.mark.parametrize(("first", "second", "now", "impossible"), [*product((False, True), repeat=4)])
def test_union_rule_for_one_subject(first: bool, second: bool, now: bool, impossible: bool) -> None:
    """In a void draw or another one, in the one that counts, legally impossible: all sixteen cases."""
    listed = to_inspect(
        ["S"] if now else [], [["S"] if first else [], ["S"] if second else []], {"S"} if impossible else set()
    )
    assert (listed == ["S"]) is (now or ((first or second) and not impossible))


def test_the_union_stands_in_the_order_of_ids_without_doubles() -> None:
    assert to_inspect(["B", "A"], [["C", "A"], ["D"]], {"D"}) == ["A", "B", "C"]


def test_replacements_follow_the_reserve_list() -> None:
    first = replacement("S1", "ab", ["R1", "R2"], [])
    assert first == Replacement("S1", "ab", "R1")
    second = replacement("S2", "ab", ["R1", "R2"], [first])
    assert second == Replacement("S2", "ab", "R2")
    of_a_replacement = replacement("R1", "ab", ["R1", "R2"], [first])
    assert of_a_replacement == Replacement("R1", "ab", "R2")


@pytest.mark.parametrize(
    ("subject", "evidence", "words"),
    [("S3", "", "须附证据"), ("S1", "ab", "已经被替换"), ("S3", "ab", "候补名单已经用完")],
)
def test_what_is_no_replacement(subject: str, evidence: str, words: str) -> None:
    before = [Replacement("S1", "ab", "R1"), Replacement("S2", "ab", "R2")]
    found = replacement(subject, evidence, ["R1", "R2"], before)
    assert isinstance(found, Message) and words in str(found)


@pytest.mark.parametrize(
    ("count", "drawn", "alarm"), [(0, 0, False), (1, 20, False), (1, 19, True), (6, 100, True), (5, 100, False)]
)
def test_more_than_one_in_twenty_is_alarming(count: int, drawn: int, alarm: bool) -> None:
    assert is_alarming(count, drawn) is alarm


@pytest.mark.parametrize(
    ("standing", "most", "reason"),
    [
        (Standing(), 2, ""),
        (Standing(inspections=1), 2, ""),
        (Standing(inspections=2), 2, "!CAP"),
        (Standing(inspections=9), None, ""),
        (Standing(is_under_case=True, inspections=9), 2, "!CASE"),
        (Standing(ended_on=DAY, is_under_case=True), 2, "!GONE"),
        (Standing(ended_on=DAY + timedelta(days=1)), 2, ""),
    ],
)
def test_exclusions(standing: Standing, most: int | None, reason: str) -> None:
    assert band(standing, DAY, most) == reason


def test_one_visit_for_all_items_and_departments() -> None:
    lifts, food = frozenset({"特种设备"}), frozenset({"食品"})
    items = {
        "学校食堂": Item("学校食堂", {"市场监管": Seats(food), "教育": Seats()}),
        "电梯": Item("电梯", {"市场监管": Seats(lifts, 1, 2)}),
    }
    drawn = [Drawn("S2", "610101", "电梯", 3), Drawn("S1", "610102", "学校食堂", 5), Drawn("S1", "610102", "电梯", 1)]
    made = tasks(drawn, items)
    assert [
        (each.post.text, sorted(each.needs), each.experts, each.members, each.region, each.rank) for each in made
    ] == [
        ("S1/市场监管", ["特种设备", "食品"], 1, 2, "610102", 1),
        ("S1/教育", [], 1, 1, "610102", 5),
        ("S2/市场监管", ["特种设备"], 1, 2, "610101", 3),
    ]
    assert tasks(reversed(drawn), items) == made
