"""The first rows of a file, kept with its upload: they say what the file says, and the database cannot read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.core.table import TABLES
from app.transfer import glimpse, sighting
from app.transfer.reader import open_book
from tests.every_table import tables
from tests.transfer.books import xlsx

_ = tables
SECRET = "610113199001011234"
BOOKS: dict[str, tuple[list[list[Any]], list[str]]] = {
    "plain": ([["代码", "名称"], ["A", "甲"], ["B", "乙"]], []),
    "titles": ([["某区代码表", None], [None, None], ["填报人", "张三"], ["代码", "名称"], ["A", "甲"]], ["A1:B1"]),
    "two rows of header": (
        [["基本", None, "时间"], ["代码", "名称", "启用日期"], ["A", "甲", date(2024, 1, 5)]],
        ["A1:B1"],
    ),
    "unknown": ([["甲列", "乙列"], ["=1+1", 3.5], [True, None]], []),
    "long": ([["代码", "名称"], *([str(n), "名" * n] for n in range(80))], []),
}


@pytest.mark.parametrize("name", BOOKS)
def test_a_glimpse_says_what_the_file_says(app: Flask, tmp_path: Path, name: str):
    rows, merged = BOOKS[name]
    path, table = xlsx(tmp_path / "a.xlsx", rows, merged=merged), TABLES["code_entry"]
    with open_book(path) as book:
        seen = glimpse.take(book)
    batch: Any = SimpleNamespace(sighting={"rows": {"Sheet": 3}})
    glimpse.keep(batch, seen)
    again = glimpse.kept(batch)
    assert again is not None and batch.sighting["rows"] == {"Sheet": 3}, "what else is known stays"
    for header_row in (None, 1, 2):
        by_file = sighting.look(table, path, header_row=header_row)
        assert sighting.look(table, seen, header_row=header_row) == by_file
        assert sighting.look(table, again, header_row=header_row) == by_file


def test_what_stands_above_the_rows_is_known(app: Flask, tmp_path: Path):
    rows, merged = BOOKS["titles"]
    with open_book(xlsx(tmp_path / "a.xlsx", rows, merged=merged)) as book:
        above, areas = glimpse.take(book).sheet("Sheet").above(4)
    assert list(above[0].cells) == ["某区代码表", ""] and [row.number for row in above] == [1, 2, 3, 4]
    assert len(areas) == 1


def test_it_is_kept_sealed(app: Flask, tmp_path: Path):
    with open_book(xlsx(tmp_path / "a.xlsx", [["代码", "名称"], ["A", SECRET]])) as book:
        seen = glimpse.take(book)
    batch: Any = SimpleNamespace(sighting=None)
    glimpse.keep(batch, seen)
    assert SECRET not in str(batch.sighting) and SECRET in str(glimpse.kept(batch))
    assert glimpse.kept(SimpleNamespace(sighting=None)) is None  # type: ignore[arg-type]
