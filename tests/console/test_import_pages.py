"""An upload page by page: what is shown in which cell, who may touch it, and that nothing happens twice."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from app.core.table import TABLES
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World

TAG = TABLES["subject_tag"]


def uploaded(writer: Browser, rows: list[dict[str, str]], name: str = "行.xlsx") -> str:
    """The address of the upload's page."""
    answer = writer.post("/subject_tag/import", file=(io.BytesIO(workbook(TAG, rows)), name))
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    return answer.headers["Location"]


def text(answer: TestResponse) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split()))


def tags(world: World, *names: str) -> set[str]:
    with world.session("own") as session:
        return set(session.scalars(sa.select(TAG.name).where(TAG.name.in_(names))))


def test_the_message_stands_in_its_cell(world: World, browser: Callable[[str], Browser]):
    good, long = f"标{fresh()}", "长" * 60
    address = uploaded(browser("t_own"), [{"name": good}, {"name": long}, {"name": good}])
    page = browser("t_own").get(address)
    shown = text(page)
    assert "超过 50 个字（现有 60 个）" in shown
    assert "与本文件第 2 行重复" in shown
    assert re.search(r"\b3\b", shown) and "行.xlsx" in shown
    only = browser("t_own").get(address, only="error").get_data(as_text=True)
    assert f'value="{long}"' in only, "a bad cell is a box"
    assert tags(world, good) == set(), "nothing is stored before the commit"


def test_an_upload_is_committed_once_however_often_it_is_clicked(world: World, browser: Callable[[str], Browser]):
    name = f"标{fresh()}"
    address = uploaded(browser("t_own"), [{"name": name}])
    app = browser("t_own").client.application
    writers = [Browser(app, "t_own") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda writer: writer.post(f"{address}/commit").status_code, writers))
    assert sorted(answers) == [302, 409, 409, 409]
    assert tags(world, name) == {name}
    assert "新增" in text(browser("t_own").get(address))


def test_what_was_discarded_is_gone(world: World, browser: Callable[[str], Browser]):
    name = f"标{fresh()}"
    address = uploaded(browser("t_own"), [{"name": name}])
    assert browser("t_own").post(f"{address}/discard").status_code == 302
    for step in ("commit", "discard"):
        assert browser("t_own").post(f"{address}/{step}").status_code == 409
    assert browser("t_own").get(address).status_code == 409
    assert tags(world, name) == set()


def test_a_strangers_upload_is_not_there(world: World, browser: Callable[[str], Browser]):
    name = f"标{fresh()}"
    address = uploaded(browser("t_own"), [{"name": name}])
    stranger = browser("t_stranger")
    for step in ("", "/map", "/errors.xlsx"):
        assert stranger.get(f"{address}{step}").status_code == 404, step
    for step in ("/commit", "/discard", "/map"):
        assert stranger.post(f"{address}{step}").status_code == 404, step
    key = address.rsplit("/", 1)[-1]
    assert browser("t_own").get(f"/work_day/import/{key}").status_code == 404, "an upload belongs to its table"
    assert browser("t_own").post(f"{address}/commit").status_code == 302
    assert tags(world, name) == {name}


def test_headers_nobody_knows_are_asked_about(world: World, browser: Callable[[str], Browser]):
    writer, name, word = browser("t_own"), f"标{fresh()}", f"叫法{fresh()}"
    from xlsxwriter import Workbook

    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("表一")
    sheet.write_row(0, 0, [word, "别的"])
    sheet.write_row(1, 0, [name, "x"])
    book.close()
    answer = writer.post("/subject_tag/import", file=(io.BytesIO(stream.getvalue()), "a.xlsx"))
    where = answer.headers["Location"]
    assert where.endswith("/map")
    page = text(writer.get(where))
    assert word in page and "别的" in page and name in page, "the headers with a sample of each"
    assert writer.post(where, **{"map.0": "name", "map.1": "name"}).status_code == 422
    assert writer.post(where, **{"map.0": "", "map.1": ""}).status_code == 422
    assert writer.post(where, **{"map.0": "nonsense"}).status_code in (400, 422)
    done = writer.post(where, **{"map.0": "name", "map.1": ""})
    assert done.status_code == 302
    assert writer.post(f"{done.headers['Location']}/commit").status_code == 302
    assert tags(world, name) == {name}
    again = writer.post("/subject_tag/import", file=(io.BytesIO(stream.getvalue()), "a.xlsx"))
    assert not again.headers["Location"].endswith("/map"), "what was said is remembered"


def test_the_error_workbook_says_where_and_why(world: World, browser: Callable[[str], Browser]):
    address = uploaded(browser("t_own"), [{"name": f"标{fresh()}"}, {"name": "长" * 60, "description": "=1+1"}])
    answer = browser("t_own").get(f"{address}/errors.xlsx")
    sheet = load_workbook(io.BytesIO(answer.get_data())).worksheets[0]
    number, reason, name, description = (cell for cell in next(sheet.iter_rows(min_row=3)))
    assert number.value == 3
    assert "标签名称" in reason.value and "超过 50 个字" in reason.value
    assert (name.comment is not None, description.comment) == (True, None)
    assert (description.value, description.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("step", ["commit", "discard"])
def test_steps_that_change_something_need_the_token(step: str, browser: Callable[[str], Browser]):
    address = uploaded(browser("t_own"), [{"name": f"标{fresh()}"}])
    assert browser("t_own").client.post(f"{address}/{step}").status_code == 400
    assert browser("t_own").get(f"{address}/{step}").status_code in (404, 405)
