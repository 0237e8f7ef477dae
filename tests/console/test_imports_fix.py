"""Bad cells corrected in the browser: judged anew, without scripts, and never over what somebody else has done."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.conftest import Browser
from tests.console.uploads import TAG, batch, book, boxes, links, numbers, send, text
from tests.every_table.sheets import workbook
from tests.every_table.values import CITIZEN, fresh
from tests.every_table.world import World

LONG = "长" * 60


@pytest.fixture
def names() -> list[str]:
    mark = fresh()
    return [f"标{mark}{n}" for n in range(5)]


def sheet(names: list[str]) -> bytes:
    """Row 3 and row 5 are too long, row 4 has no name."""
    return book([["标签名称", "说明"], [names[0], "一"], [LONG, "二"], ["", "三"], [LONG + "多", "四"]])


def stored(world: World, names: list[str]) -> set[str]:
    with world.session("own") as session:
        return set(session.scalars(sa.select(TAG.name).where(TAG.name.in_(names))))


def test_a_corrected_cell_is_judged_anew(world: World, browser: Callable[[str], Browser], names: list[str]):
    who = browser("t_own")
    address = send(who, "subject_tag", sheet(names))
    form = boxes(who.get(address, only="error"))
    assert form["c.3.0"] == LONG and form["c.4.0"] == "" and {"base.3", "base.4", "base.5"} <= form.keys()
    answer = who.post(f"{address}/fix", **form | {"c.3.0": names[1], "c.4.0": names[2]})
    assert answer.status_code == 302 and "only=error" in answer.headers["Location"]
    page = who.get(answer.headers["Location"])
    assert "已重新核对 2 行，2 行已正确" in text(page) and numbers(page) == [5]
    told = batch(world, address)
    assert (told.inserted, told.failed) == (3, 1)
    assert [kind[4][0] for kind in told.summary["kinds"]] == [1], "the kinds are counted as they are now"
    assert who.post(f"{address}/commit").status_code == 302
    assert stored(world, names) == set(names[:3])


def test_a_correction_that_is_wrong_again_says_why(world: World, browser: Callable[[str], Browser], names: list[str]):
    who = browser("t_own")
    address = send(who, "subject_tag", sheet(names))
    form = boxes(who.get(address))
    page = who.get(who.post(f"{address}/fix", **form | {"c.3.0": "短" * 51, "c.4.0": names[0]}).headers["Location"])
    told = text(page)
    assert "仍有错误的行：3、4" in told and "现有 51 个" in told and "与本文件第 2 行重复" in told
    again = boxes(page)
    assert again["c.4.0"] == names[0]


def test_the_page_of_a_row_has_all_its_cells(world: World, browser: Callable[[str], Browser], names: list[str]):
    who = browser("t_own")
    address = send(who, "subject_tag", sheet(names))
    page = who.get(f"{address}/row")
    form = boxes(page)
    assert "第 3 行" in text(page) and (form["c.3.0"], form["c.3.1"]) == (LONG, "二")
    there = links(page)
    assert there["下一处错误"].endswith("at=4") and "上一处错误" not in there
    done = who.post(f"{address}/fix", **form | {"c.3.0": names[1], "c.3.1": "改过的说明"})
    assert done.headers["Location"].endswith("/row?at=3")
    assert "新增" in text(who.get(done.headers["Location"]))
    good = who.get(f"{address}/row", at="2")
    assert boxes(good)["c.2.0"] == names[0], "a row without errors can be corrected as well"
    assert who.get(f"{address}/row", at="999").status_code == 404


def test_what_somebody_else_changed_meanwhile_is_not_lost(
    world: World, browser: Callable[[str], Browser], names: list[str]
):
    own, other = browser("t_own"), browser("t_parent")
    address = send(own, "subject_tag", sheet(names))
    mine, theirs = boxes(own.get(address)), boxes(other.get(address))
    assert other.post(f"{address}/fix", **theirs | {"c.3.0": names[1]}).status_code == 302
    late = own.post(f"{address}/fix", **mine | {"c.3.0": names[2], "c.5.0": names[3]})
    assert late.status_code == 409
    assert "第 3 行刚刚被他人改过" in text(late)
    page = own.get(address, at="3").get_data(as_text=True)
    assert names[1] in page and names[2] not in page, "what the other wrote stands"
    assert names[3] in page, "what nobody else had touched is saved"


def test_many_corrections_at_once_lose_nothing(browser: Callable[[str], Browser], world: World, names: list[str]):
    who = browser("t_own")
    address = send(who, "subject_tag", book([["标签名称"], *([LONG + str(n)] for n in range(5))]))
    form, app = boxes(who.get(address)), who.client.application
    writers = [Browser(app, "t_own") for _ in range(5)]

    def correct(at: int) -> int:
        row = at + 2
        given = {f"base.{row}": form[f"base.{row}"], f"c.{row}.0": names[at]}
        return writers[at].post(f"{address}/fix", **given).status_code

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(correct, range(5))) == [302] * 5
    told = batch(world, address)
    assert (told.inserted, told.failed) == (5, 0)


def test_nothing_is_corrected_after_the_commit(world: World, browser: Callable[[str], Browser], names: list[str]):
    who = browser("t_own")
    address = send(who, "subject_tag", sheet(names))
    form = boxes(who.get(address))
    who.post(f"{address}/commit")
    answer = who.post(f"{address}/fix", **form | {"c.3.0": names[1]})
    assert answer.status_code == 409 and "已提交" in text(answer)
    assert boxes(who.get(address)) == {}
    assert browser("t_stranger").post(f"{address}/fix").status_code == 404


def test_a_masked_cell_is_replaced_or_left(world: World, browser: Callable[[str], Browser]):
    who, given = browser("t_own"), world.given("inspector", count=1)[0]
    fields = world.row("inspector").table.__fields__
    secret = next(name for name, each in fields.items() if each.kind == "citizen_id" and each.is_input)
    wrong = given | {secret: CITIZEN[:-1] + ("0" if CITIZEN[-1] != "0" else "1")}
    address = send(who, "inspector", workbook(world.row("inspector").table, [wrong]))
    page = who.get(address)
    assert wrong[secret] not in page.get_data(as_text=True), "the number of a person is masked here too"
    form = boxes(page)
    name = next(key for key, value in form.items() if key.startswith("c.2.") and value == "")
    assert "没有" not in text(who.post(f"{address}/fix", **form))
    assert batch(world, address).failed == 1, "an empty box leaves it as it is"
    who.post(f"{address}/fix", **form | {name: CITIZEN})
    assert batch(world, address).failed == 0
