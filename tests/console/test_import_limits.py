"""How large an upload may be: told before anything is kept, on the routes of uploads only, to those who signed in."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from app.transfer.batch import ImportBatch
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.values import fresh
from tests.every_table.world import World

TAG = TABLES["subject_tag"]


@pytest.fixture
def narrow(app: Flask) -> Iterator[None]:
    """Workbooks of one megabyte and five rows, and other requests of half a megabyte."""
    names = ("IMPORT_FILE_MB", "IMPORT_ROWS", "MAX_CONTENT_LENGTH")
    before = [app.config[name] for name in names]
    app.config.update(zip(names, (1, 5, 512 * 1024), strict=True))
    yield
    app.config.update(zip(names, before, strict=True))


def batches(world: World) -> int:
    with world.session(THE_SYSTEM) as session:
        return session.scalar(sa.select(sa.func.count(ImportBatch.id))) or 0


def csv(size: int) -> bytes:
    dice = random.Random(size)
    line = "标签名称,说明\n"
    while len(line) < size:
        line += f"{dice.getrandbits(64):x}," + "x" * 20_000 + "\n"
    return line.encode()


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (csv(1_200_000), 413, "文件超过 1 MB"),
        (csv(2_500_000), 413, "大小限制"),
        (workbook(TAG, [{"name": f"行{n}"} for n in range(9)]), 422, "5"),
        (b"", 422, "请先选择文件"),
    ],
    ids=["bytes", "body", "rows", "nothing"],
)
def test_what_is_too_large_is_refused_before_it_is_kept(
    content: bytes, status: int, words: str, world: World, browser: Callable[[str], Browser]
):
    before = batches(world)
    answer = browser("t_own").post("/subject_tag/import", file=(io.BytesIO(content), "行.csv"))
    assert answer.status_code == status
    assert words in answer.get_data(as_text=True)
    assert batches(world) == before


@pytest.mark.usefixtures("narrow")
def test_only_uploads_may_be_large_and_only_of_those_who_signed_in(
    world: World, app: Flask, browser: Callable[[str], Browser]
):
    content = csv(700_000)[:700_000]
    rows = f"标签名称,说明\n标{fresh()},{'x' * 20}\n".encode() + b" ,\n" * 200_000
    app.config["IMPORT_ROWS"] = 500_000
    assert len(rows) > app.config["MAX_CONTENT_LENGTH"]
    assert browser("t_own").post("/subject_tag/import", file=(io.BytesIO(rows), "行.csv")).status_code == 302
    other = browser("t_own").post("/subject_tag/add", file=(io.BytesIO(content), "行.csv"))
    assert other.status_code == 413
    stranger = Browser(app, None)
    assert stranger.post("/subject_tag/import", file=(io.BytesIO(content), "行.csv")).status_code == 413
