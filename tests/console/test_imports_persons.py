"""What names a person in an upload stays with whoever typed it: not in messages, headers, unread columns, workbooks."""

from __future__ import annotations

import io
from collections.abc import Callable

import sqlalchemy as sa
from openpyxl import load_workbook

from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.transfer.batch import HeaderMemory
from tests.conftest import Browser
from tests.console.uploads import batch, book, send, text
from tests.every_table.values import fresh
from tests.every_table.world import World

NUMBER, PHONE = "610113199001011238", "13912345678"
FIELDS = TABLES["inspector"].__fields__


def test_a_formula_around_a_number_is_not_repeated_in_words(world: World, browser: Callable[[str], Browser]):
    who = browser("t_own")
    phone = str(FIELDS["phone"].label)
    address = send(who, "inspector", book([[str(FIELDS["name"].label), phone], ["甲", f'="{PHONE}"']]))
    if address.endswith("/map"):
        address = str(who.post(address, **{"map.0": "name", "map.1": "phone"}).headers["Location"])
    page = who.get(address).get_data(as_text=True)
    assert "单元格是公式 …" in page and PHONE not in page
    with world.session(THE_SYSTEM) as session:
        kept = session.scalar(
            sa.text(f"SELECT string_agg(s::text, '') FROM staging.b_{batch(world, address).id.hex} s")
        )
    assert kept and PHONE not in kept


def test_a_row_of_data_is_no_header(world: World, browser: Callable[[str], Browser]):
    who, name = browser("t_own"), f"标{fresh()}"
    address = send(who, "subject_tag", book([["标签名称", "谁"], [name, NUMBER], [f"{name}乙", PHONE]]))
    address = address.removesuffix("/map") + "/map"
    for row in (2, 3):
        page = who.get(address, header_row=str(row)).get_data(as_text=True)
        assert NUMBER not in page and PHONE not in page
        answer = who.post(address, header_row=str(row), **{"map.0": "name"})
        assert answer.status_code == 422 and "是数据而不是表头" in text(answer)
    with world.session(THE_SYSTEM) as session:
        said = set(session.scalars(sa.select(HeaderMemory.header)))
        logged = session.scalar(sa.text("SELECT count(*) FROM audit.log WHERE new::text LIKE :n"), {"n": f"%{NUMBER}%"})
    assert not said & {NUMBER, PHONE} and not logged


def test_columns_that_nobody_reads_are_masked_too(world: World, browser: Callable[[str], Browser]):
    who, name = browser("t_own"), f"标{fresh()}"
    address = send(who, "subject_tag", book([["标签名称", "谁"], [name, NUMBER], ["长" * 60, int(PHONE)]]))
    address = str(who.post(address.removesuffix("/map") + "/map", **{"map.0": "name"}).headers["Location"])
    page = who.get(address, columns="all").get_data(as_text=True)
    assert NUMBER not in page and PHONE not in page and "139****5678" in page
    sheet = load_workbook(io.BytesIO(who.get(f"{address}/errors.xlsx").get_data())).worksheets[0]
    assert PHONE in {str(cell.value) for row in sheet.iter_rows() for cell in row}, "he typed it himself"


def test_the_error_workbook_is_whole_for_its_person_only(world: World, browser: Callable[[str], Browser]):
    who, other = browser("t_own"), browser("sysadmin")
    address = send(who, "subject_tag", book([["标签名称", "谁"], ["长" * 60, PHONE]]))
    address = str(who.post(address.removesuffix("/map") + "/map", **{"map.0": "name"}).headers["Location"])
    answer = other.get(f"{address}/errors.xlsx")
    assert answer.status_code == 200
    told = {
        str(cell.value)
        for row in load_workbook(io.BytesIO(answer.get_data())).worksheets[0].iter_rows()
        for cell in row
    }
    assert PHONE not in told and "139****5678" in told
    mark = {"n": f"%{batch(world, address).id}%"}
    with world.session(THE_SYSTEM) as session:
        wanted = "SELECT count(*) FROM audit.log WHERE action = 'export' AND new::text LIKE :n"
        assert session.scalar(sa.text(wanted), mark) == 1


def described(world: World, tag: sa.Table, row: object, words: str | None) -> None:
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.update(tag).where(tag.c.id == row).values(description=words))
        session.commit()


def test_a_csv_begins_with_no_formula_behind_a_sign_that_is_none(world: World, browser: Callable[[str], Browser]):
    who, mark = browser("t_own"), fresh()
    tag, rows = TABLES["subject_tag"].__table__, [world.another("subject_tag").id for _ in range(2)]
    for sign, row in zip(("\ufffe", "\uffff"), rows, strict=True):
        described(world, tag, row, f"{sign}=1+{mark}")  # however it came there
    told = who.get("/subject_tag/export", format="csv").get_data().decode("utf-8-sig")
    for row in rows:
        described(world, tag, row, None)
    assert told.count(f"'=1+{mark}") == told.count(f"=1+{mark}") == 2
