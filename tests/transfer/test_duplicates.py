"""Rows that are stored already or look so: what is chosen for all, what is decided about each, what a page shows."""

from __future__ import annotations

from tests.every_table import tables  # isort: skip - every table is declared before what maps them

import html
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.core.errors import Refused
from app.core.table import TABLES
from app.transfer import duplicates, upload
from app.transfer.batch import Duplicates, ImportBatch
from app.transfer.duplicates import Numbers
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World
from tests.transfer.undone import batch_of, stored

_ = tables
TAG = TABLES["subject_tag"]


def sent(writer: Browser, name: str, rows: list[dict[str, Any]], mode: Duplicates = Duplicates.UPDATE) -> str:
    file = (io.BytesIO(workbook(TABLES[name], rows)), "行.xlsx")
    answer = writer.post(f"/{name}/import", file=file, duplicates=mode.value)
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    assert not answer.headers["Location"].endswith("/map")
    return answer.headers["Location"]


def key(address: str) -> str:
    return address.rsplit("/", 1)[-1]


def counted(world: World, address: str) -> dict[str, int]:
    with world.session("own") as session:
        batch = batch_of(session, key(address))
        return {name: getattr(batch, name) or 0 for name in ("inserted", "updated", "unchanged", "skipped", "failed")}


def text(page: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", page).split()))


@pytest.fixture
def tags(world: World, writer: Browser) -> tuple[str, list[str]]:
    """An upload with three rows that are stored with other values, and a new one."""
    names = [f"标{fresh()}" for _ in range(4)]
    first = sent(writer, "subject_tag", [{"name": name, "description": "原来的说明"} for name in names[:3]])
    assert writer.post(f"{first}/commit").status_code == 302
    return sent(writer, "subject_tag", [{"name": name, "description": "文件里的说明"} for name in names]), names


def described(names: list[str]) -> list[str | None]:
    found = {row["name"]: row["description"] for row in stored(TAG).values()}
    return [found.get(name) for name in names]


def test_both_sides_are_shown_and_each_row_is_decided(world: World, writer: Browser, tags: tuple[str, list[str]]):
    address, names = tags
    page = writer.get(f"{address}/same").get_data(as_text=True)
    told = text(page)
    assert "<mark>原来</mark>的说明" in page and "<mark>文件里</mark>的说明" in page
    assert all(name in told for name in names[:3]) and names[3] not in told
    assert page.count('value="take" checked') == 3
    choices = {"row": ["2", "3", "4"], "r2": "keep", "r3": "take", "r4": "keep"}
    answer = writer.client.post(f"{address}/same", data={"csrf_token": writer.token, **choices})
    assert answer.status_code == 302
    assert counted(world, address) == {"inserted": 1, "updated": 1, "unchanged": 0, "skipped": 2, "failed": 0}
    assert writer.get(f"{address}/same").get_data(as_text=True).count('value="keep" checked') == 2
    choices = {"row": ["2"], "r2": "take"}  # one changes his mind
    assert writer.client.post(f"{address}/same", data={"csrf_token": writer.token, **choices}).status_code == 302
    assert counted(world, address)["updated"] == 2
    assert writer.post(f"{address}/commit").status_code == 302
    assert described(names) == ["文件里的说明", "文件里的说明", "原来的说明", "文件里的说明"]
    assert writer.get(f"{address}/same").status_code == 409, "after the commit nothing is left to decide"
    assert writer.post(f"{address}/same", row="2", r2="keep").status_code == 409


@pytest.mark.parametrize("which", ["page", "all"])
def test_all_at_once(which: str, world: World, writer: Browser, tags: tuple[str, list[str]]):
    address, names = tags
    rows = {"row": ["2", "3", "4"]} if which == "page" else {}
    for choice, updated in (("keep", 0), ("take", 3), ("keep", 0)):
        sent = {"csrf_token": writer.token, which: choice, **rows}
        assert writer.client.post(f"{address}/same", data=sent).status_code == 302
        assert counted(world, address)["updated"] == updated
        assert counted(world, address)["skipped"] == 3 - updated
    assert writer.post(f"{address}/commit").status_code == 302
    assert described(names) == ["原来的说明"] * 3 + ["文件里的说明"]


def staged_with(world: World, address: str, mode: Duplicates) -> None:
    """The upload as it is when that was chosen for it."""
    from app.transfer import headers, sighting

    with world.session("own") as session:
        batch = batch_of(session, key(address))
        batch.duplicates = mode.value
        session.flush()
        with upload.file_of(session, batch) as path:
            seen = sighting.look(TABLES[batch.table_name], path, memory=headers.memory_of(session, TAG))
        upload.check(session, batch, seen, seen.match.fields)
        session.commit()


def test_rows_that_were_passed_over_for_all_can_be_taken(world: World, writer: Browser, tags: tuple[str, list[str]]):
    address, names = tags
    staged_with(world, address, Duplicates.SKIP)
    assert counted(world, address) == {"inserted": 1, "updated": 0, "unchanged": 0, "skipped": 3, "failed": 0}
    page = writer.get(f"{address}/same").get_data(as_text=True)
    assert page.count('value="keep" checked') == 3 and "跳过已有记录" in page
    choices = {"csrf_token": writer.token, "row": ["2", "3"], "r2": "keep", "r3": "take"}
    assert writer.client.post(f"{address}/same", data=choices).status_code == 302
    assert counted(world, address) == {"inserted": 1, "updated": 1, "unchanged": 0, "skipped": 2, "failed": 0}
    assert writer.post(f"{address}/commit").status_code == 302
    assert described(names) == ["原来的说明", "文件里的说明", "原来的说明", "文件里的说明"]


def test_secrets_are_compared_masked_also_unread(world: World, writer: Browser):
    made = world.another("inspector", phone="13800001111")
    given = {**made.given, "phone": "13922223333"}
    address = sent(writer, "inspector", [given])
    for mode in (Duplicates.UPDATE, Duplicates.SKIP):
        staged_with(world, address, mode)
        page = writer.get(f"{address}/same").get_data(as_text=True)
        assert "138****1111" in page and "139****3333" in page, mode
        assert "13800001111" not in page and "13922223333" not in page
    assert writer.client.post(f"{address}/same", data={"csrf_token": writer.token, "all": "take"}).status_code == 302
    assert writer.post(f"{address}/commit").status_code == 302
    with world.session("own") as session:
        row = session.scalar(sa.select(TABLES["inspector"]).where(TABLES["inspector"].id == made.id))
        from app.core import sealing

        assert sealing.value_of(row, TABLES["inspector"].__fields__["phone"]) == "13922223333"


def test_suspects_are_shown_beside_what_they_look_like(world: World, writer: Browser):
    number = f"文书{fresh()}"
    made = world.another("inspection", document_no=number)
    given = {**world.given("inspection")[0], "document_no": number, "action_no": None}
    twin = {**world.given("inspection")[0], "document_no": number, "action_no": None, "subject_name": "另一家示例店"}
    address = sent(writer, "inspection", [given, twin])
    with world.session("own") as session:
        batch = batch_of(session, key(address))
        assert duplicates.numbers(session, batch) == Numbers(suspect=2)
        found = duplicates.rows(session, batch)
        assert [each.number for each in found] == [2, 3]
        assert all(str(made.id) in map(str, each.twins) for each in found)
        assert [each.earlier for each in found] == [None, 2]
    page = writer.get(f"{address}/same", kind="suspect").get_data(as_text=True)
    assert f"/inspection/show/{made.id}" in page and "作为新记录导入" in page
    choices = {"csrf_token": writer.token, "row": ["2", "3"], "r2": "keep", "r3": "take"}
    assert writer.client.post(f"{address}/same", data=choices).status_code == 302
    assert counted(world, address) == {"inserted": 1, "updated": 0, "unchanged": 0, "skipped": 1, "failed": 0}
    before = set(stored(TABLES["inspection"]))
    assert writer.post(f"{address}/commit").status_code == 302
    new = set(stored(TABLES["inspection"])) - before
    assert [stored(TABLES["inspection"])[each]["subject_name"] for each in new] == ["另一家示例店"]


def test_pages_go_on_where_the_last_one_ended(world: World, writer: Browser, monkeypatch: pytest.MonkeyPatch):
    from app.console.view.imports import same_page

    monkeypatch.setattr(same_page, "ROWS_SHOWN", 2)
    names = [f"标{fresh()}" for _ in range(5)]
    first = sent(writer, "subject_tag", [{"name": name, "description": "甲"} for name in names])
    assert writer.post(f"{first}/commit").status_code == 302
    address = sent(writer, "subject_tag", [{"name": name, "description": "乙"} for name in names])
    seen, where = list[str](), f"{address}/same"
    for _page in range(3):
        page = writer.get(where).get_data(as_text=True)
        seen += re.findall(r'name="row" value="(\d+)"', page)
        rows = re.findall(r'name="row" value="(\d+)"', page)
        sent_now = {"csrf_token": writer.token, "row": rows, "go": "next", **{f"r{n}": "keep" for n in rows}}
        after = re.search(r'name="after" value="(\d*)"', page)
        assert after
        where = writer.client.post(f"{address}/same", data={**sent_now, "after": after[1]}).headers["Location"]
    assert seen == ["2", "3", "4", "5", "6"]
    assert counted(world, address)["skipped"] == 5


def test_what_others_sent_is_not_decided_upon(
    world: World, browser: Callable[..., Browser], tags: tuple[str, list[str]]
):
    address, _ = tags
    assert browser("t_stranger").get(f"{address}/same").status_code == 404
    assert browser("t_stranger").post(f"{address}/same", all="keep").status_code == 404
    assert counted(world, address)["skipped"] == 0


def test_nonsense_decides_nothing(world: World, writer: Browser, tags: tuple[str, list[str]]):
    address, _ = tags
    for sent_now in ({}, {"row": "abc", "rabc": "keep"}, {"row": "999999", "r999999": "keep"}, {"row": "2", "r2": "x"},
                     {"row": "5", "r5": "keep"}, {"all": "drop"}, {"kind": "'; --", "page": "x"}):  # fmt: skip
        assert writer.post(f"{address}/same", **sent_now).status_code == 302, sent_now
    assert counted(world, address) == {"inserted": 1, "updated": 3, "unchanged": 0, "skipped": 0, "failed": 0}


def test_more_than_can_be_judged_at_once_is_said(
    world: World, writer: Browser, tags: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
):
    address, _ = tags
    staged_with(world, address, Duplicates.SKIP)
    monkeypatch.setattr(duplicates, "_MOST_JUDGED", 2)
    with world.session("own") as session:
        batch = session.scalar(sa.select(ImportBatch).where(ImportBatch.id == key(address)))
        with pytest.raises(Refused):
            duplicates.decide(session, batch, "take")
