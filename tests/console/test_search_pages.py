"""Pickers, trees and the search of the whole console: what three people find, in which order, and what nobody finds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from stdnum.cn import ric

from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import OWN, STRANGE, World

Browsers = Callable[[str], Browser]


def picked(person: Browser, table: str, q: str = "") -> list[dict[str, str]]:
    answer = person.get(f"/{table}/pick", q=q)
    assert answer.status_code == 200
    items: list[dict[str, str]] = answer.get_json()["items"]
    return items


def suggested(person: Browser, q: str) -> dict[str, list[dict[str, str]]]:
    answer = person.get("/search/suggest", q=q)
    assert answer.status_code == 200
    return {group["label"]: group["items"] for group in answer.get_json()["groups"]}


@pytest.fixture(scope="module")
def inspectors(world: World) -> dict[str, Any]:
    """People of one name in two counties, and others whose names begin with it or hold it."""
    number = fresh()
    made = {}
    people = [("own", "单雄飞"), ("stranger", "单雄飞"), ("own", "单雄飞扬"), ("own", "小单雄飞")]
    for place, (who, name) in enumerate(people):
        with world.session(who) as session:
            key, given = world.maker(session, who).make(TABLES["inspector"], name=name, cert_no=f"77{number}{place}")
            made[f"{who} {name}"] = (str(key), given["cert_no"])
    return made


@pytest.mark.parametrize("q", ["单雄飞", "shanxiongfei", "SXF", "雄飞", "xiongfei"])
def test_people_are_picked_by_name_pinyin_and_initials(
    q: str, inspectors: dict[str, Any], browser: Browsers, world: World
):
    own = [item["value"] for item in picked(browser("t_own"), "inspector", q)]
    assert inspectors["own 单雄飞"][0] in own
    assert inspectors["stranger 单雄飞"][0] not in own, "a stranger's inspector is no choice"
    parent = {item["value"]: item for item in picked(browser("t_parent"), "inspector", q)}
    hints = {parent[inspectors[f"{who} 单雄飞"][0]]["hint"].split(" · ")[-1] for who in ("own", "stranger")}
    assert hints == {OWN, STRANGE}, "the unit stands beside the same names"


def test_what_is_meant_comes_first(inspectors: dict[str, Any], browser: Browsers):
    texts = [item["text"] for item in picked(browser("t_own"), "inspector", "单雄飞")]
    assert texts == ["单雄飞", "单雄飞扬", "小单雄飞"]
    code = inspectors["own 小单雄飞"][1]
    assert [item["text"] for item in picked(browser("t_own"), "inspector", code)] == ["小单雄飞"]


def test_without_a_word_the_own_units_rows_come_first(inspectors: dict[str, Any], browser: Browsers):
    own = picked(browser("t_stranger"), "subject")
    assert len(own) == 20
    units = [item["hint"].split(" · ")[-1] == STRANGE for item in own]
    assert units == sorted(units, reverse=True)
    assert picked(browser("t_own"), "department")[0]["text"] == OWN


@pytest.mark.parametrize("q", ["%", "_", "'", "\\", "😀", "&|!:*", "（", "a" * 300])
@pytest.mark.parametrize("address", ["/inspector/pick", "/search/suggest", "/search/"])
def test_any_signs_may_be_typed(address: str, q: str, browser: Browsers):
    assert browser("t_own").get(address, q=q).status_code == 200


def test_a_tree_starts_at_the_own_unit_and_goes_down(world: World, browser: Browsers):
    def branch(table: str, **given: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = browser("t_own").get(f"/{table}/tree", **given).get_json()["items"]
        return items

    departments = branch("department")
    assert departments[0]["text"] == OWN and not departments[0]["has_children"]
    tops = {item["text"]: item for item in departments[1:]}
    assert tops and OWN not in tops
    city = next(item for item in departments if item["text"] == "万事市测试局")
    assert city["has_children"]
    assert {OWN, STRANGE} <= {item["text"] for item in branch("department", under=city["value"])}
    regions = branch("region")
    assert regions[0]["text"] == "雁塔区"
    assert "雁塔区" in {item["text"] for item in branch("region", under="610100000")}
    assert browser("t_own").get("/subject/tree").status_code == 404
    assert browser("t_own").get("/department/tree", under="x").status_code == 404


def test_three_people_search_the_whole_console(world: World, browser: Browsers):
    row = world.row("inspection")
    for who, sees in (("t_own", True), ("t_office", True), ("t_stranger", False)):
        found = [item["url"] for items in suggested(browser(who), row.mark).values() for item in items]
        assert any(str(row.id) in url for url in found) is sees, who
        page = browser(who).get("/search/", q=row.mark).get_data(as_text=True)
        assert (f"/inspection/show/{row.id}" in page) is sees, who


def test_groups_stand_in_their_order_with_five_rows_at_most(browser: Browsers):
    found = suggested(browser("t_own"), "食品")
    labels = list(found)
    wanted = [str(t.__label__) for t in sorted(TABLES.values(), key=lambda t: t.__found__) if t.__found__]
    assert labels == [label for label in wanted if label in found] and len(labels) > 1
    assert max(map(len, found.values())) == 5
    assert all(item["text"] and item["url"] for items in found.values() for item in items)


def test_a_role_finds_only_tables_it_may_read(browser: Browsers):
    answers = {who: set(suggested(browser(who), "测试")) for who in ("t_own", "t_role_inspector")}
    assert str(TABLES["account"].__label__) in answers["t_own"]
    assert str(TABLES["account"].__label__) not in answers["t_role_inspector"]


def test_masked_numbers_are_neither_shown_nor_found_by_a_part(world: World, browser: Browsers):
    subject, name = TABLES["subject"], f"单{fresh()}"
    body = f"6101041991{fresh() % 12 + 1:02d}{fresh() % 28 + 1:02d}{fresh() % 1000:03d}"
    number = body + ric.calc_check_digit(body + "0")
    with world.session("own") as session:
        key, _ = world.maker(session, "own").make(
            subject, kind="natural_person", id_type="citizen_id", id_no=number, name=name
        )
    for person in (browser("t_own"), browser("t_stranger")):
        by_name = person.get("/search/suggest", q=name).get_data(as_text=True)
        assert str(key) in by_name and number not in by_name
        assert str(key) in person.get("/search/suggest", q=number).get_data(as_text=True)
        assert number not in person.get("/subject/pick", q=number).get_data(as_text=True)
        for part in (number[:-1], number[6:14], number[-4:]):
            assert str(key) not in person.get("/search/suggest", q=part).get_data(as_text=True), part
            assert str(key) not in person.get("/subject/pick", q=part).get_data(as_text=True), part


def test_strangers_to_the_house_search_nothing(browser: Browsers):
    nobody = browser(None)  # type: ignore[arg-type]
    for address in ("/search/", "/search/suggest"):
        answer = nobody.get(address, q="食品")
        assert answer.status_code == 302 and "/login/" in answer.headers["Location"]


def test_pinyin_is_written_on_every_way_in(world: World):
    """The demo data came through the importer, the world's rows through the form's way: both can be typed."""
    with world.session("own") as session:
        for name in ("subject", "inspector", "department", "region", "inspection", "supervision_sub_item"):
            table = TABLES[name]
            assert session.scalar(sa.select(sa.func.count()).where(table.spelling.is_(None))) == 0, name
        row = session.scalar(sa.select(TABLES["department"]).where(TABLES["department"].name == OWN))
        assert row.spelling == "wanshijiaxianceshiju wsjxcsj"
