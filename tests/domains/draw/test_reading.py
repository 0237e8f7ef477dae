"""What offices write in the cells of a plan is understood, or asked back in words that say how to write it."""

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.core.errors import BadValue
from app.domains.draw.rules.reading import Amount, Frequency, Period, Range, bodies, count, frequency, period, ratio

PERCENT = 10**7


def amount(
    least: int | None = None, most: int | None = None, *, guess: bool = False, remark: str = "", **more: Range
) -> Amount:
    share = {"ratio": Range(least and least * PERCENT, most and most * PERCENT)} if least or most else {}
    return Amount(**share, **more, is_provisional=guess, remark=remark)


def things(least: int | None, most: int | None, *, guess: bool = False, remark: str = "") -> Amount:
    return Amount(count=Range(least, most), is_provisional=guess, remark=remark)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("=1", Frequency(1, 1)),
        (">=1", Frequency(1, None)),
        ("＞＝1", Frequency(1, None)),
        ("≥2", Frequency(2, None)),
        (">1", Frequency(2, None)),
        ("<=2", Frequency(1, 2)),
        ("<3", Frequency(1, 2)),
        ("1-2次", Frequency(1, 2)),
        (1, Frequency(1, 1)),
        (1.0, Frequency(1, 1)),
        ("每年1次", Frequency(1, 1)),
        ("一年一次", Frequency(1, 1)),
        ("1次/年", Frequency(1, 1)),
        ("全年2次", Frequency(2, 2)),
        ("每年至少一次", Frequency(1, None)),
        ("每年不少于2次", Frequency(2, None)),
        ("每年 两次 以上", Frequency(2, None)),
        ("每半年一次", Frequency(2, 2)),
        ("每季度至少一次", Frequency(4, None)),
        ("每2个月1次", Frequency(6, 6)),
        ("每月1次", Frequency(12, 12)),
        ("两年一次", Frequency(1, 1, years=2)),
        ("每3年至少1次", Frequency(1, None, years=3)),
        ("每十二年一次", Frequency(1, 1, years=12)),
        ("=1（以实际为准。）", Frequency(1, 1, remark="以实际为准")),
        ("", None),
        (None, None),
    ],
)
def test_frequency(cell: Any, said: Frequency | None) -> None:
    assert frequency(cell) == said


@pytest.mark.parametrize("cell", ["不定期", "0", "<1", "每5个月1次", "十十次", "3-2次", ">=1-2次", "1.5次", "5%"])
def test_frequency_asked_back(cell: str) -> None:
    with pytest.raises(BadValue, match="每季度 1 次"):
        frequency(cell)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("5%", amount(5, 5)),
        ("５％", amount(5, 5)),
        (0.05, amount(5, 5)),
        ("0.05", amount(5, 5)),
        ("不低于5%", amount(5)),
        ("5%以上", amount(5)),
        ("不超过3%", amount(None, 3)),
        ("按5%抽取", amount(5, 5)),
        ("3%-5%", amount(3, 5)),
        ("3—5%", amount(3, 5)),
        ("5%左右", amount(5, 5, guess=True)),
        ("百分之五", amount(5, 5)),
        ("100%", amount(100, 100)),
        ("全覆盖", amount(100, 100)),
        ("10% (20户)", amount(10, 10, count=Range(20, 20))),
        ("10%（约20户）", amount(10, 10, count=Range(20, 20), guess=True)),
        ("20户(10%)", amount(10, 10, count=Range(20, 20))),
        ("5‰", Amount(ratio=Range(5_000_000, 5_000_000))),
        ("0.5%", Amount(ratio=Range(5_000_000, 5_000_000))),
        ("20户", things(20, 20)),
        ("", None),
    ],
)
def test_ratio(cell: Any, said: Amount | None) -> None:
    assert ratio(cell) == said


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("5", "“5”没有单位：是 5% 还是 5 户"),
        (1, "“1”没有单位"),
        ("120%", "不超过全部"),
        ("0%", "应大于 0"),
        ("5%-3%", "应大于 0"),
        ("5%-3‰", "看不懂"),
        ("0.00000001%", "不是可以抽取"),
        ("10%(20%)", "两个比例"),
        ("按风险等级", "看不懂"),
    ],
)
def test_ratio_asked_back(cell: Any, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        ratio(cell)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("1户", things(1, 1)),
        (20, things(20, 20)),
        (7.0, things(7, 7)),
        ("约20户", things(20, 20, guess=True)),
        ("不少于20户", things(20, None)),
        ("20家以上", things(20, None)),
        ("5-8户", things(5, 8)),
        ("20家企业", things(20, 20)),
        ("三户", things(3, 3)),
        ("12批次", things(12, 12)),
        ("1户(实际以联合双随机牵头单位抽查数为准。)", things(1, 1, guess=True, remark="实际以联合双随机牵头单位抽查数为准")),
        ("全部", amount(100, 100)),
        (None, None),
    ],
)  # fmt: skip
def test_count(cell: Any, said: Amount | None) -> None:
    assert count(cell) == said


@pytest.mark.parametrize("cell", ["若干户", "0户", "8-5户", "1.5户", "2户(3户)"])
def test_count_asked_back(cell: str) -> None:
    with pytest.raises(BadValue):
        count(cell)


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("1月—12月", (1, 1), (12, 31)),
        ("2026年2月24日 -2026年11月30日", (2, 24), (11, 30)),
        ("2026.2.24-2026.11.30", (2, 24), (11, 30)),
        ("2026-02-24至2026-11-30", (2, 24), (11, 30)),
        ("2026-02-24-2026-11-30", (2, 24), (11, 30)),
        ("2026/2/24—11/30", (2, 24), (11, 30)),
        ("2.24-11.30", (2, 24), (11, 30)),
        ("2月24日至11月", (2, 24), (11, 30)),
        ("3月1日-15日", (3, 1), (3, 15)),
        ("2026年3-10月", (3, 1), (10, 31)),
        ("3-10月", (3, 1), (10, 31)),
        ("三月至十月", (3, 1), (10, 31)),
        ("3月", (3, 1), (3, 31)),
        ("2月底前", (1, 1), (2, 28)),
        ("11月30日之前完成", (1, 1), (11, 30)),
        ("全年", (1, 1), (12, 31)),
        ("2026年", (1, 1), (12, 31)),
        ("2026年上半年", (1, 1), (6, 30)),
        ("下半年", (7, 1), (12, 31)),
        ("第二季度", (4, 1), (6, 30)),
        ("一至三季度", (1, 1), (9, 30)),
        ("第1季度-第3季度", (1, 1), (9, 30)),
    ],
)
def test_period(cell: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert period(cell, 2026) == Period(date(2026, *first), date(2026, *last))


def test_a_period_over_the_turn_of_the_year_says_so() -> None:
    assert period("11月—次年2月", 2026) == Period(date(2026, 11, 1), date(2027, 2, 28))
    assert period("2025年12月—2026年11月", 2026) == Period(date(2025, 12, 1), date(2026, 11, 30))
    with pytest.raises(BadValue, match="跨年的请写明次年"):
        period("11月-2月", 2026)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("随时", "看不懂"),
        ("3-10", "看不懂"),
        ("5月前", "看不懂"),
        ("3月、6月", "看不懂"),
        ("2月30日", "不存在的日期"),
        ("13月", "不存在的日期"),
        ("2025年1月-3月", "不在计划年度 2026 年内"),
        (datetime(2026, 3, 10), "单元格是一个日期 2026-03-10"),
        (date(2026, 3, 10), "单元格是一个日期 2026-03-10"),
    ],
)
def test_period_asked_back(cell: Any, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        period(cell, 2026)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("教育部门", ("教育部门",)),
        ("市场监管、税务部门", ("市场监管部门", "税务部门")),
        ("教育、卫生健康部门", ("教育部门", "卫生健康部门")),
        ("市场监管局、消防救援机构", ("市场监管局", "消防救援机构")),
        ("公安、公安部门", ("公安部门",)),
        ("无", ()),
        (None, ()),
    ],
)
def test_bodies(cell: str | None, names: tuple[str, ...]) -> None:
    assert bodies(cell) == names


@pytest.mark.parametrize(
    "cell", ["文化和旅游或\n卫生健康部门", "公安等部门", "宣传部门(检查电影院时宣传部门发起)", "税务、其他有关部门"]
)
def test_bodies_asked_back(cell: str) -> None:
    with pytest.raises(BadValue):
        bodies(cell)


#: Every row of 上高县双随机抽查工作计划2023.xlsx: period, ratio, frequency, count as they stand in its cells.
SHANGGAO = (
    ("1月—12月", "5%", "=1", "1户(实际以联合双随机牵头单位抽查数为准。)", 5, 1, True),
    ("1月—12月", "5%", "=1", "1户", 5, 1, False),
    ("1月—12月", "1%", "=1", "1户(实际以联合双随机牵头单位抽查数为准。)", 1, 1, True),
    ("1月—12月", "5%", "=1", "3户(以实际工作抽查数为准。)", 5, 3, True),
    ("1月—12月", "5%", "=1", "1户", 5, 1, False),
    ("1月—12月", "10%", ">=1", "2户(实际以联合双随机牵头单位抽查数为准)", 10, 2, True),
    ("1月—12月", "5%", "=1", "7户", 5, 7, False),
)


@pytest.mark.parametrize(("when", "share", "often", "many", "percent", "number", "guess"), SHANGGAO)
def test_the_plan_of_shanggao(
    when: str, share: str, often: str, many: str, percent: int, number: int, guess: bool
) -> None:
    assert period(when, 2023) == Period(date(2023, 1, 1), date(2023, 12, 31))
    assert ratio(share) == amount(percent, percent)
    assert frequency(often) == Frequency(1, None if often == ">=1" else 1)
    read = count(many)
    assert read and read.count == Range(number, number) and read.is_provisional is guess


SIGNS = some.sampled_from(
    [
        *"0123456789.-—~至%‰()（）年月日季度户次每半上下全第一二十两以上前底、，=><≥≤/",
        " ",
        "不低于",
        "至少",
        "次年",
        "百分之",
    ]
)
CELLS = some.one_of(
    some.lists(SIGNS, max_size=9).map("".join),
    some.text(max_size=12),
    some.integers(-5, 10**20),
    some.floats(),
    some.dates(),
    some.datetimes(),
    some.booleans(),
)


@settings(max_examples=1000, deadline=None)
@given(CELLS)
def test_any_cell_has_a_meaning_or_is_asked_back(cell: Any) -> None:
    """Never another error, never a meaning that nobody could plan with."""
    for read in (frequency, ratio, count, bodies, lambda text: period(text, 2026)):
        try:
            said = read(cell)
        except BadValue as problem:
            assert str(problem)
            continue
        match said:
            case Frequency():
                assert said.least >= 1 and said.years >= 1 and (said.most is None or said.most >= said.least)
            case Amount():
                ends = [
                    end
                    for each in (said.ratio, said.count)
                    if each
                    for end in (each.least, each.most)
                    if end is not None
                ]
                assert ends and min(ends) > 0
                assert said.ratio is None or max(end or 0 for end in (said.ratio.least, said.ratio.most)) <= 10**9
            case Period():
                assert said.first <= said.last and 2026 in (said.first.year, said.last.year)
