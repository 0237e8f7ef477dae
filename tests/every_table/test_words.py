"""Every word of every table, in both languages: nothing is missing from a template, a page or the English catalogue."""

from __future__ import annotations

import html
import io
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from openpyxl import load_workbook

from app.core.messages import Message
from app.core.table import TABLES, Table
from app.transfer.columns import known_headers
from app.transfer.reader import normalise_header
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"
#: The tables of the house; one that only a test declares has no words in its catalogue.
OURS = [name for name in NAMES if TABLES[name].__module__.startswith("app.")]
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef\u3000-\u303f]+")
LATIN = re.compile(r"[A-Za-z]{3,}")
KEYWORDS = ("_", "N_", "gettext", "lazy_gettext")


@pytest.fixture(scope="module")
def catalogue() -> dict[str, str]:
    """English by Chinese, as far as it is translated."""
    with CATALOGUE.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


@pytest.fixture(scope="module")
def latin(catalogue: dict[str, str]) -> set[str]:
    """Latin words that stand in Chinese texts, the name of the other language, that of a format, and of keys."""
    return {
        "English",
        "CSV",
        "Alt",
        "Ctrl",
        "Enter",
        "Shift",
        *(word for text in catalogue if CHINESE.search(text) for word in LATIN.findall(text)),
    }


@pytest.fixture(scope="module")
def english(app: Flask, world: World) -> Browser:
    browser = Browser(app, "t_own")
    browser.post("/lang/en")
    return browser


def words_of(table: type[Table]) -> Iterator[Message]:
    """Every text that the declaration of a table shows to people."""
    yield table.__label__
    if getattr(table, "__help__", None):
        yield table.__help__
    for field in table.__fields__.values():
        yield from (word for word in (field.label, field.help, field.group) if word is not None)
        yield from (member.label for member in field.choices or ())


def visible(page: str) -> str:
    """What a reader sees of a page: no markup, scripts or attributes but those that are read out or shown."""
    page = re.sub(r"<(script|style|template)\b.*?</\1>", " ", page, flags=re.DOTALL)
    shown = re.findall(r'(?:placeholder|title|aria-label|alt)="([^"]*)"', page)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", page), *shown]))


@pytest.mark.parametrize("name", OURS)
def test_every_word_of_the_declaration_is_translated(name: str, catalogue: dict[str, str]):
    missing = sorted({word.msgid for word in words_of(TABLES[name]) if word.msgid not in catalogue})
    assert not missing, "not in translations/en:\n" + "\n".join(missing)


def test_every_text_of_the_source_is_translated_with_its_placeholders(catalogue: dict[str, str]):
    method_map = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
    found = extract_from_dir(str(ROOT / "app"), method_map, keywords=dict.fromkeys(KEYWORDS))
    texts = {
        text: f"app/{file}:{line}" for file, line, text, *_ in found if isinstance(text, str) and CHINESE.search(text)
    }
    assert len(texts) > 500
    missing = [f"{place} {text}" for text, place in texts.items() if text not in catalogue]
    assert not missing, f"{len(missing)} not in translations/en:\n" + "\n".join(missing)
    for text in texts:
        names = [{name for _, name, _, _ in string.Formatter().parse(each) if name} for each in (text, catalogue[text])]
        assert names[0] == names[1], f"{text} -> {catalogue[text]}"
        assert not CHINESE.search(catalogue[text].replace("中文", "")), f"{text} -> {catalogue[text]}"


def test_no_two_labels_of_a_table_are_one_in_english(catalogue: dict[str, str]):
    for name, table in TABLES.items():
        labels = [catalogue.get(field.label.msgid, field.label.msgid) for field in table.__fields__.values()]
        twice = {label for label in labels if labels.count(label) > 1}
        assert not twice, f"{name}: {twice} would be one Excel header for two fields"


@pytest.mark.parametrize("name", NAMES)
def test_the_template_has_every_field_that_people_fill_in(
    name: str, browser: Callable[[str], Browser], english: Browser, world: World
):
    fields = [field for field in TABLES[name].__fields__.values() if field.is_input]
    known = known_headers(TABLES[name])
    for reader in (browser("t_own"), english):
        book = load_workbook(io.BytesIO(reader.get(f"/{name}/template").get_data()))
        found = [str(cell.value).rstrip("*") for cell in book.worksheets[0][3] if cell.value][1:]
        assert len(found) == len(fields)
        if reader is not english:
            assert found == [field.label.msgid for field in fields]
            assert {known[normalise_header(header)] for header in found} == {field.name for field in fields}


@pytest.mark.parametrize("name", OURS)
def test_english_pages_are_english(name: str, world: World, english: Browser):
    person = world.viewers["own"]
    with world.session("own") as session:  # a new form begins with the unit's own place
        place = session.get(TABLES["department"], person.department_id).region.title()
    for page in (f"/{name}/list/?q=zzzzzzzz", f"/{name}/add", f"/{name}/import"):
        text = visible(english.get(page).get_data(as_text=True))
        text = re.sub(r"(例如|e\.g\.|For example)[^<>\n]*", "", text)  # samples are data
        for known in (person.name, person.department, place, "测试", "中文"):
            text = text.replace(known, "")
        text = re.sub(r"\S+\.(xlsx|csv)", "", text)
        assert not sorted(set(CHINESE.findall(text))), page


@pytest.mark.parametrize("name", NAMES)
def test_chinese_pages_are_chinese(name: str, world: World, browser: Callable[[str], Browser], latin: set[str]):
    for page in (f"/{name}/list/?q=11111111", f"/{name}/add", f"/{name}/import", f"/{name}/show/x"):
        text = visible(browser("t_own").get(page).get_data(as_text=True))
        text = re.sub(r"例如[^<>\n]*|\S+\.(xlsx|csv)|\S+_\S+|GB/T \d+", "", text)
        assert not set(LATIN.findall(text)) - latin, page


def test_pages_of_the_framework_are_chinese(
    app: Flask, world: World, browser: Callable[[str], Browser], latin: set[str]
):
    visitor = Browser(app, None)
    answers = [visitor.get("/login/"), browser("t_own").get("/password/"), visitor.get("/nonsense")]
    visitor.post("/login/", username="nobody", password="wrong")
    answers += [visitor.get("/login/"), visitor.post("/login/")]
    writer = browser("t_own")
    answers.append(writer.post("/password/", present="x", password="a", again="b"))
    for answer in answers:
        text = re.sub(r"\S+_\S+", "", visible(answer.get_data(as_text=True)))
        assert not set(LATIN.findall(text)) - latin, answer.request.path
