"""Whatever is changed in teams or table after the draw, the checker finds it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.domains.draw.choices import Kind
from app.domains.draw.rules.teams.assigning import assign
from app.domains.draw.rules.teams.chances import Row, table
from app.domains.draw.rules.teams.checker import faults, named
from app.domains.draw.rules.teams.facts import Post
from app.domains.draw.rules.teams.matching import matching
from tests.domains.draw.teams.given import FAR, MARKET, WINDOW, chance, county, inspector

S0, S1 = Post("S0", MARKET), Post("S1", MARKET)


def outcome() -> tuple[Any, Any, list[list[Row]], dict[Post, Any]]:
    given = county(4)
    facts = matching(given)
    rows = [list(of) for of in table(facts)]
    return (
        given,
        facts,
        rows,
        {post: [list(part) for part in team] for post, team in named(facts, assign(facts, rows, chance(1))).items()},
    )


def told(given: Any, facts: Any, rows: Any, teams: Any) -> str:
    return "\n".join(str(each) for each in faults(given, facts, rows, teams))


def test_an_honest_outcome_has_no_fault() -> None:
    assert told(*outcome()) == ""


def put(post: Post, kind: int, who: str) -> Callable[[dict[Post, Any]], None]:
    return lambda teams: teams[post][kind].__setitem__(0, who)


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda teams: teams.pop(S0), "不一一对应"),
        (lambda teams: teams.__setitem__(Post("S9", MARKET), [["A"], ["B"]]), "不一一对应"),
        (lambda teams: teams[S0][1].clear(), "没有按要求配齐"),
        (lambda teams: teams[S0][1].append("H"), "没有按要求配齐"),
        (lambda teams: teams[S0][1].__setitem__(0, teams[S0][0][0]), "出现 2 次"),
        (put(S0, 0, "B"), "没有按要求配齐"),
        (put(S0, 1, "Q"), "Q 不在冻结的名录中"),
        (put(S1, 0, "A"), "A 不能参加 S1/市场监管：已申报回避"),
        (lambda teams: [team[1].__setitem__(0, "H") for team in teams.values()], "H 承担 4 个席位，与公布的期望不符"),
        (lambda teams: [team[1].__setitem__(0, "H") for team in teams.values()], "与公布的期望不符"),
    ],
)
def test_teams_that_were_changed(tamper: Callable[[Any], Any], words: str) -> None:
    given, facts, rows, teams = outcome()
    tamper(teams)
    assert words in told(given, facts, rows, teams)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_valid": False}, "人员状态失效"),
        ({"leave": (WINDOW,)}, "检查期内全程请假"),
        ({"region": FAR}, "所在地区不在本次匹配范围内"),
        ({"most": 0}, "承担的检查已达上限"),
        ({"qualifications": frozenset()}, "没有按要求配齐"),
        ({"departments": frozenset({"税务"})}, "不是该部门的检查人员"),
        ({"kind": Kind.EXPERT}, "不足两名持证人员"),
    ],
)
def test_people_who_were_not_what_the_roster_says(change: dict[str, Any], words: str) -> None:
    given, facts, rows, teams = outcome()
    who = teams[S0][0][0]
    changed = [replace(each, **change) if each.id == who else each for each in given.inspectors]
    assert words in told(replace(given, inspectors=changed), facts, rows, teams)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda row: row.__setitem__(1, Row(row[1].person, row[1].expert, row[1].member + 1)),
        lambda row: row.pop(),
        lambda row: row.append(row[0]),
        lambda row: (row.__setitem__(0, Row(row[0].person, -1, 0)), row.__setitem__(2, Row(row[2].person, row[2].expert + row[0].expert + 1, row[2].member))),
        lambda row: (row.__setitem__(1, Row(row[1].person, 5, row[1].member)), row.__setitem__(2, Row(row[2].person, row[2].expert - 5, row[2].member))),
        lambda row: (row.__setitem__(0, Row(row[0].person, row[0].expert + 9 * 10**7, 0)), row.__setitem__(4, Row(row[4].person, row[4].expert - 9 * 10**7, row[4].member))),
    ],
)  # fmt: skip
def test_tables_that_were_changed(tamper: Callable[[Any], Any]) -> None:
    """Sums, a row twice or missing, negative, an expert without qualification, more than the bound."""
    given, facts, rows, teams = outcome()
    tamper(rows[0])
    assert "的概率表不合规则" in told(given, facts, rows, teams)


def test_units_are_tested_like_people() -> None:
    given, facts, rows, teams = outcome()
    moved = [replace(each, unit="另一所") if each.id < "C" else each for each in given.inspectors]
    assert told(replace(given, inspectors=[*moved, inspector("Z", unit="空所")]), facts, rows, teams) in (
        "",
        told(replace(given, inspectors=moved), facts, rows, teams),
    )
