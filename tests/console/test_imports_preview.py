"""The preview of an upload: what is wrong by kind, any page of its rows, the way to a cell, what an update changes."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from openpyxl import load_workbook

from tests.conftest import Browser
from tests.console.uploads import batch, book, links, numbers, send, text
from tests.every_table.values import fresh
from tests.every_table.world import World

LONG = "长" * 60


def rows(count: int, bad: dict[int, str]) -> bytes:
    """So many rows below a header; ``bad`` names what stands in some of them (by Excel's number)."""
    mark = fresh()
    names = [bad.get(line, f"标{mark}{line}") for line in range(2, count + 2)]
    return book([["标签名称", "说明"], *([name, "说明"] for name in names)])


def test_kinds_of_problems_lead_to_their_rows(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "subject_tag", rows(30, {5: LONG, 9: LONG + "一", 12: "", 20: LONG}))
    page = who.get(address)
    told = text(page)
    assert "共 2 类" in told and "错误 A 标签名称 超过 … 个字（现有 … 个） 3 A5 A9 A20" in told
    assert "错误 A 标签名称 标签名称必填 1 A12" in told
    only = who.get(links(page)["超过 … 个字（现有 … 个）"])
    assert numbers(only) == [5, 9, 20]
    assert numbers(who.get(links(page)["标签名称必填"])) == [12]
    assert batch(world, address).summary["kinds"][0][4][0] == 3, "counted once and kept"
    assert numbers(who.get(address, kind="nonsense")) == list(range(2, 32))


def test_a_kind_with_many_rows_is_found_page_by_page(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "subject_tag", rows(300, dict.fromkeys(range(10, 270), LONG)))
    page = who.get(links(who.get(address))["超过 … 个字（现有 … 个）"])
    seen = numbers(page)
    while "下一页" in (there := links(page)):
        page = who.get(there["下一页"])
        seen += numbers(page)
    assert seen == list(range(10, 270))


def test_pages_lead_on_and_back(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "subject_tag", rows(130, {}))
    first = who.get(address)
    second = who.get(links(first)["下一页"])
    last = who.get(links(first)["末页"])
    assert numbers(first) == list(range(2, 52)) and "上一页" not in links(first)
    assert numbers(second) == list(range(52, 102))
    assert numbers(last) == list(range(82, 132)) and "下一页" not in links(last)
    assert numbers(who.get(links(second)["上一页"])) == list(range(2, 52))
    assert numbers(who.get(links(last)["上一页"])) == list(range(32, 82))
    assert numbers(who.get(f"{address}")) == list(range(2, 52))


def test_one_jumps_to_a_row_or_a_cell(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    address = send(who, "subject_tag", rows(130, {}))
    for asked in ("B100", "b100", "Ｂ１００", "$B$100"):
        page = who.get(address, at=asked)
        assert 100 in numbers(page) and numbers(page)[0] == 92
        assert 'id="B100"' in page.get_data(as_text=True)
    page = who.get(address, at="100")
    assert "is-marked" in page.get_data(as_text=True)
    gone = who.get(address, at="A5000")
    assert "没有找到 A5000" in text(gone)
    assert numbers(who.get(address, at="A0")) == list(range(2, 52)), "no place at all"


def test_rows_of_one_state(world: World, browser: Callable[[str], Browser]):
    who, name = browser("t_own"), f"标{fresh()}"
    first = send(who, "subject_tag", book([["标签名称", "说明"], [name, "旧说明"], [f"{name}乙", "同"]]))
    assert who.post(f"{first}/commit").status_code == 302
    content = book([["标签名称", "说明"], [name, "新说明"], [f"{name}乙", "同"], [f"{name}丙", "增"], [LONG, ""]])
    address = send(who, "subject_tag", content)
    expected = {"insert": [4], "update": [2], "unchanged": [3], "error": [5], "warning": [], "": [2, 3, 4, 5]}
    assert {only: numbers(who.get(address, only=only)) for only in expected} == expected
    page = who.get(address, only="update").get_data(as_text=True)
    assert "<del>" in page and "旧" in page and "<mark>新</mark>" in page, "old and new beside each other"
    assert who.post(f"{address}/commit").status_code == 302
    done = who.get(address)
    assert "已写入 2 行" in text(done) and numbers(done) == [2, 3, 4, 5]
    assert numbers(who.get(address, only="insert")) == [4]
    record = links(who.get(address, only="update"))["查看记录"]
    assert "新说明" in text(who.get(record)), "the way to the row that was written"


def test_what_an_update_changes_in_hidden_values_is_masked(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    table = "inspector"
    row = world.another(table)
    before, after = "13800001234", "13900005678"
    who.send("PUT", f"/api/v1/{table}/{row.id}", {"phone": before})
    sheet = load_workbook(
        io.BytesIO(who.get(f"/{table}/export", **{"f.name": row.given["name"]}).get_data())
    ).worksheets[0]
    lines = [list(line) for line in sheet.iter_rows(values_only=True)]
    at = lines[0].index(str(row.table.__fields__["phone"].label))
    for line in lines[1:]:
        line[at] = after
    page = who.get(send(who, table, book(lines)), only="update").get_data(as_text=True)
    assert "138****1234" in page and "139****5678" in page
    assert before not in page and after not in page


def test_wide_sheets_show_the_columns_that_say_something(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    headers = ["标签名称", "说明", *(f"杂项{n}" for n in range(12))]
    address = send(who, "subject_tag", book([headers, [LONG, "甲"], [f"标{fresh()}", "乙"]]))
    if address.endswith("/map"):
        address = who.post(address, **{"map.0": "name", "map.1": "description"}).headers["Location"]
    assert "杂项7" in text(who.get(address)), "the whole sheet"
    only = who.get(address, only="error")
    assert "杂项7" not in text(only) and "显示全部 14 列" in text(only)
    again = links(only)["显示全部 14 列"]
    assert parse_qs(urlsplit(again).query)["columns"] == ["all"]
    assert "杂项7" in text(who.get(again))
