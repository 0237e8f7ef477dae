"""Files of rows: what may come in, who gets it out, and that files and rows stand or fall together."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.console import attachments, file_kinds
from app.console.attached import Attachment
from app.console.memory import Draft
from app.console.view.list.actions import named
from app.core.errors import Refused
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.console.test_forms import messages
from tests.every_table.sheets import form
from tests.every_table.test_unseen_references import form_of
from tests.every_table.world import Marked, World

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
ALL = tuple(file_kinds.KINDS)
MOST = 1000


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return stream.getvalue()


GOOD = {
    "a.pdf": PDF,
    "b.PNG": PNG,
    "c.jpg": b"\xff\xd8\xff\xe0" + b"x" * 20,
    "d.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "e.docx": zipped("[Content_Types].xml", "word/document.xml"),
    "f.xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "g.zip": zipped("a.txt"),
    "h.txt": "说明：现场照片".encode(),
    "i.txt": "说明：现场照片".encode("gb18030"),
    "j.ofd": zipped("OFD.xml"),
    "k.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 20,
}
BAD = {
    "page.html": b"<script>alert(1)</script>",
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "run.exe": b"MZ\x90\0",
    "no_ending": PDF,
    "page.png": b"<html><script>alert(1)</script>",
    "fake.pdf": b"GIF89a",
    "fake.docx": zipped("a.txt"),
    "fake.xlsx": zipped("[Content_Types].xml", "word/document.xml"),
    "fake.txt": b"MZ\x90\0\x03",
    "macro.docx": zipped("[Content_Types].xml", "word/vbaProject.bin"),
    "macro.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"),
    "empty.pdf": b"",
    "large.pdf": PDF + b"x" * MOST,
    ".pdf": b"",
    "photo\u202egpj.exe": b"MZ",
}


@pytest.mark.parametrize("name", GOOD)
def test_what_may_be_attached(name: str):
    kept, media_type = file_kinds.checked(name, GOOD[name], ALL, MOST)
    assert kept == name
    assert media_type == file_kinds.KINDS[name.rpartition(".")[2].lower()].media_type


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_and_says_why(name: str):
    with pytest.raises(Refused) as refused:
        file_kinds.checked(name, BAD[name], ALL, MOST)
    assert refused.value.status in (413, 415, 422)
    assert re.search("[\u4e00-\u9fff]", str(refused.value))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\张三\\现场.jpg", "现场.jpg"),
        ("a\x00b\r\n.pdf", "a_b__.pdf"),
        ('x"; filename="y.html.pdf', "x_; filename=_y.html.pdf"),
        ("图\u202ejpg.pdf", "图jpg.pdf"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
        (" .hidden.pdf. ", "hidden.pdf"),
    ],
)
def test_names_are_made_harmless(given: str, kept: str):
    assert file_kinds.clean_name(given) == kept


def test_only_types_of_the_settings(app: Flask):
    with pytest.raises(Refused):
        file_kinds.checked("a.zip", GOOD["g.zip"], ("pdf",), MOST)
    assert set(app.config["ATTACHMENT_TYPES"]) <= file_kinds.KINDS.keys()
    assert app.config["ATTACHMENT_SIZE"] < app.config["MAX_CONTENT_LENGTH"]


# ---- with a row ---------------------------------------------------------------------------------------------------


def files_of(world: World, row: Marked) -> list[Any]:
    with world.session(THE_SYSTEM) as session:
        wanted = sa.select(Attachment.id, Attachment.file_name, Attachment.department_id, Attachment.size)
        return list(session.execute(wanted.where(Attachment.row_key == str(row.id))))


def edited(writer: Browser, name: str, row: Marked, **more: Any) -> dict[str, Any]:
    return form_of(writer.get(f"/{name}/edit/{row.id}").get_data(as_text=True), name) | more


def with_file(world: World, writer: Browser, content: bytes = PDF, name: str = "检查照片.pdf") -> tuple[Marked, Any]:
    row = world.another("inspection")
    answer = writer.post(
        f"/inspection/edit/{row.id}", **edited(writer, "inspection", row, _files=(io.BytesIO(content), name))
    )
    assert answer.status_code == 302, messages(answer.get_data(as_text=True))
    [file] = files_of(world, row)
    return row, file


def test_a_file_comes_with_its_form_and_goes_out_as_it_was(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    _row, file = with_file(world, writer)
    answer = writer.get(f"/inspection/file/{file.id}")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    part = writer.client.get(f"/inspection/file/{file.id}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.data) == (206, PDF[:4])
    assert part.headers["Content-Range"] == f"bytes 0-3/{len(PDF)}"
    beyond = writer.client.get(f"/inspection/file/{file.id}", headers={"Range": "bytes=99999-"})
    assert beyond.status_code == 416


def test_who_sees_the_row_sees_the_file_and_nobody_else(browser: Callable[[str], Browser], world: World):
    _row, file = with_file(world, browser("t_own"))
    for who, status in (
        ("t_own", 200),
        ("t_parent", 200),
        ("t_office", 200),
        ("t_stranger", 404),
        ("t_role_clerk", 200),
    ):
        assert browser(who).get(f"/inspection/file/{file.id}").status_code == status, who
    assert browser(None).get(f"/inspection/file/{file.id}").status_code == 302
    assert browser("t_own").get(f"/penalty/file/{file.id}").status_code == 404, "the file of another table"
    for nonsense in ("abc", "00000000-0000-7000-8000-000000000000"):
        assert browser("t_own").get(f"/inspection/file/{nonsense}").status_code == 404


def test_a_shared_row_shows_its_files_to_its_own_department_only(browser: Callable[[str], Browser], world: World):
    writer, row = browser("t_own"), world.another("subject")
    answer = writer.post(
        f"/subject/edit/{row.id}", **edited(writer, "subject", row, _files=(io.BytesIO(PNG), "执照.png"))
    )
    assert answer.status_code == 302
    [file] = files_of(world, row)
    assert browser("t_stranger").get(f"/subject/show/{row.id}").status_code == 200
    assert browser("t_stranger").get(f"/subject/file/{file.id}").status_code == 404


def test_only_who_may_edit_the_row_removes_its_file(browser: Callable[[str], Browser], world: World):
    row, file = with_file(world, browser("t_own"))
    for who in ("t_stranger", "t_role_evaluator"):
        assert browser(who).post(f"/inspection/remove_file/{file.id}").status_code in (403, 404)
    assert len(files_of(world, row)) == 1
    assert browser("t_own").post(f"/inspection/remove_file/{file.id}").status_code == 302
    assert not files_of(world, row)


def test_a_form_removes_files_of_its_own_row_only(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    row, file = with_file(world, writer)
    other, others = with_file(world, writer)
    typed = edited(writer, "inspection", row, _remove=[str(file.id), str(others.id), "nonsense"])
    assert writer.post(f"/inspection/edit/{row.id}", **typed).status_code == 302
    assert not files_of(world, row)
    assert len(files_of(world, other)) == 1


def test_a_refused_form_keeps_its_files_in_its_draft(browser: Callable[[str], Browser], world: World):
    writer = browser("t_own")
    given = world.given("inspection")[0]
    drafts = sa.select(sa.func.count()).select_from(Draft).where(Draft.table_name == "inspection")
    with world.session("own") as session:
        typed = form(session, TABLES["inspection"], given)
        before = session.scalar(drafts)
    sent = typed | {"party_name": "", "_files": [(io.BytesIO(PDF), "一.pdf"), (io.BytesIO(PNG), "二.png")]}
    answer = writer.post("/inspection/add", **sent)
    told = answer.get_data(as_text=True)
    assert answer.status_code == 422
    keys = re.findall(r'name="_file" value="([^"]+)" checked', told)
    assert len(keys) == 2
    assert "一.pdf" in told and "二.png" in told
    typed |= {"_file": keys, "_draft": "1"}
    answer = writer.post("/inspection/add", **typed)
    if answer.status_code == 422:  # the world has an inspection like it: that is meant
        [mark] = re.findall(r'name="_no_twin" value="(\w+)"', answer.get_data(as_text=True))
        answer = writer.post("/inspection/add", **typed, _no_twin=mark)
    assert answer.status_code == 302, messages(answer.get_data(as_text=True))
    saved = answer.headers["Location"].rpartition("/")[2]
    with world.session(THE_SYSTEM) as session:
        names = session.scalars(sa.select(Attachment.file_name).where(Attachment.row_key == saved)).all()
        assert sorted(names) == ["一.pdf", "二.png"]
    with world.session("own") as session:
        assert session.scalar(drafts) == before


def test_one_bad_file_refuses_the_form_and_stores_nothing(browser: Callable[[str], Browser], world: World):
    writer, row = browser("t_own"), world.another("inspection")
    typed = edited(writer, "inspection", row, _files=[(io.BytesIO(PDF), "好.pdf"), (io.BytesIO(b"<html>"), "坏.png")])
    answer = writer.post(f"/inspection/edit/{row.id}", **typed)
    assert answer.status_code == 415
    assert "“坏.png”的内容与扩展名" in messages(answer.get_data(as_text=True))
    assert not files_of(world, row)
    with world.session("own") as session:
        assert session.get(TABLES["inspection"], row.id).version == 1, "row and files are one transaction"


def test_files_are_staged_one_by_one(app: Flask, browser: Callable[[str], Browser], world: World):
    writer, row = browser("t_own"), world.another("inspection")
    told = writer.post(f"/inspection/stage/{row.id}", file=(io.BytesIO(PNG), "照片.png")).json
    assert told["name"] == "照片.png"
    answer = writer.post(f"/inspection/stage/{row.id}", file=(io.BytesIO(b"<html>"), "照片.png"))
    assert answer.status_code == 415
    assert "内容与扩展名" in answer.json["message"]
    answer = writer.post(f"/inspection/stage/{row.id}", file=(io.BytesIO(PDF + b"x" * 20 * 2**20), "大.pdf"))
    assert answer.status_code == 413
    assert browser("t_stranger").post(f"/inspection/stage/{row.id}", file=(io.BytesIO(PNG), "a.png")).status_code == 404
    assert not files_of(world, row), "nothing belongs to the row before it is saved"
    typed = edited(writer, "inspection", row, _file=[told["id"]])
    thief = browser("t_parent")
    stolen = thief.post(f"/inspection/edit/{row.id}", **edited(thief, "inspection", row, _file=[told["id"]]))
    assert stolen.status_code == 409, "a staged file is its person's own"
    assert writer.post(f"/inspection/edit/{row.id}", **typed).status_code == 302
    assert [file.file_name for file in files_of(world, row)] == ["照片.png"]


def test_there_is_an_end_to_files(app: Flask, browser: Callable[[str], Browser], world: World, monkeypatch: Any):
    monkeypatch.setitem(app.config, "ATTACHMENT_COUNT", 2)
    writer, row = browser("t_own"), world.another("inspection")
    typed = edited(writer, "inspection", row, _files=[(io.BytesIO(PDF), f"{n}.pdf") for n in range(3)])
    answer = writer.post(f"/inspection/edit/{row.id}", **typed)
    assert answer.status_code == 422
    assert "最多 2 个附件" in messages(answer.get_data(as_text=True))
    assert not files_of(world, row)


def test_files_go_where_their_row_goes(browser: Callable[[str], Browser], world: World):
    writer = browser("t_parent")
    row, file = with_file(world, browser("t_own"))
    with world.session("parent") as session:
        here = session.get(TABLES["inspection"], row.id).department_id
        there = session.scalar(sa.select(TABLES["department"].id).where(TABLES["department"].name == "万事乙县测试局"))
    assert here != there
    answer = writer.post(f"/inspection/edit/{row.id}", **edited(writer, "inspection", row, department=str(there)))
    if answer.status_code == 302:  # the rules of the row allow it
        assert files_of(world, row)[0].department_id == there
        assert browser("t_stranger").get(f"/inspection/file/{file.id}").status_code == 200
        assert browser("t_own").get(f"/inspection/file/{file.id}").status_code == 404
    with world.session("parent") as session:
        session.delete(session.get(TABLES["inspection"], row.id))
        session.commit()
    assert not files_of(world, row)


def test_the_files_of_a_row_are_told_to_its_page(app: Flask, browser: Callable[[str], Browser], world: World):
    row, file = with_file(world, browser("t_own"))
    page = browser("t_own").get(f"/inspection/edit/{row.id}").get_data(as_text=True)
    assert f"/inspection/file/{file.id}" in page and "检查照片.pdf" in page
    assert attachments.readable(820) == "820 B"
    assert attachments.readable(3 * 2**20 // 2) == "1.5 MB"


def test_files_of_rows_deleted_together_go_too(browser: Callable[[str], Browser], world: World):
    row, _ = with_file(world, browser("t_own"))
    other, _ = with_file(world, browser("t_own"))
    action = named("delete")
    assert action is not None
    with world.session("own") as session:
        assert action.do(session, TABLES["inspection"], [row.id]) == 1
        session.commit()
    assert not files_of(world, row)
    assert len(files_of(world, other)) == 1
