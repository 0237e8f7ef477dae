"""Words are found as a plain search of the text would find them, and from an index, whoever looks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from stdnum.cn import ric

from app.core import grams, query, saving
from app.core.query import read_criteria
from app.core.query.words import any_field_holds, variants
from app.core.table import TABLES
from app.core.table.search import differences, indexes_of, word_columns
from app.core.viewer import THE_SYSTEM, Viewer, looking_as
from tests.every_table.values import fresh
from tests.every_table.world import World

SIGNS = "食品药店西安市检查中a bcAZz019-_%'\\\"()（）·.:&|!*<\t😀é龘Ａ１"
TEXTS = st.text(SIGNS, max_size=14)
WORDS = st.text(SIGNS.replace(" ", "").replace("\t", ""), min_size=1, max_size=7)


def plain(text: str, word: str) -> bool:
    """What the search promises: the text contains the word, A to Z in either case, brackets in either width."""
    return any(grams.lowered(variant) in grams.lowered(text) for variant in variants(word))


@pytest.fixture(scope="module")
def connection(app: Any) -> Iterator[sa.Connection]:
    from app.extensions import db

    with app.app_context(), db.engine.connect() as made:
        yield made


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(TEXTS, max_size=4), word=WORDS, cut=st.tuples(st.integers(0, 9), st.integers(1, 9)))
def test_pieces_never_hide_what_a_text_contains(connection: sa.Connection, texts: list[str], word: str, cut: Any):
    text = "".join(texts)
    inside = text[cut[0] : cut[0] + cut[1]].split()
    for wanted in {word, *inside}:
        question = grams.wanted(wanted)
        if question is None:
            continue
        asked = "SELECT public.grams(VARIADIC CAST(:texts AS text[])) @@ CAST(:question AS tsquery)"
        found = connection.scalar(sa.text(asked), {"texts": texts, "question": question})
        holds = any(grams.lowered(wanted) in grams.lowered(each) for each in texts)
        assert found or not holds, (texts, wanted, question)


ENTRY = TABLES["code_entry"]


@pytest.fixture(scope="module")
def stored(world: World) -> tuple[str, list[str]]:
    """A code list whose entries have names of every kind."""
    code = f"W{fresh()}"
    names = [
        "食品药品检查", "药品_一 100%", "O'x\"<b>\\斜", "Abc检查9", "西安市（雁塔）店", "西安市(碑林)店", "😀龘é", "ＡＢ１２",
        "JC202609180000000001", "a", "店", "检查 检查", "ABCDEFGHIJ", "雁市监罚〔2026〕12号", "&|!*:'", "éÉ",
    ]  # fmt: skip
    with world.session("own") as session:
        saving.save(session, TABLES["code_list"], {"code": code, "name": code})
        for number, name in enumerate(names):
            saving.save(session, ENTRY, {"code_list": code, "code": str(number), "name": name})
        key = session.scalar(sa.select(TABLES["code_list"].id).where(TABLES["code_list"].code == code))
        session.commit()
    return str(key), names


def test_search_is_a_plain_search(world: World, stored: tuple[str, list[str]]):
    key, names = stored
    words = {name[start : start + size] for name in names for start in range(len(name)) for size in (1, 2, 3, 5, 9)}
    words |= {"ａｂ", "（雁塔）", "(雁塔)", "%", "_", "\\", "'", "食品店", "zz", "AbC", "１２", "2026", "0000000001"}
    with world.session("own") as session:
        for word in sorted(each for each in words if each.strip() == each and each):
            asked = read_criteria(ENTRY, [("f.code_list", key), ("f.name", word)])
            found = set(
                session.scalars(query.matching(ENTRY, asked, world.viewers["own"]).with_only_columns(ENTRY.name))
            )
            assert found == {name for name in names if plain(name, word)}, word


def test_names_are_found_by_pinyin_and_initials(world: World):
    mark = f"鄠邑{fresh()}单"
    subject = TABLES["subject"]
    with world.session("own") as session:
        key, _ = world.maker(session, "own").make(subject, name=f"西安市{mark}氏火锅店")
        for word in ("huoguodian", "HGD", "xashy", "shanshi", mark, "火锅"):
            criteria = read_criteria(subject, [("q", word)])
            keys = session.scalars(
                query.matching(subject, criteria, world.viewers["own"]).with_only_columns(subject.id)
            )
            assert key in set(keys), word


def test_a_masked_number_is_never_found_by_a_part(world: World):
    subject = TABLES["subject"]
    number = "61010419900101123"
    number += ric.calc_check_digit(number + "0")
    with world.session("own") as session:
        key, _ = world.maker(session, "own").make(subject, kind="natural_person", id_type="citizen_id", id_no=number)
        for word, expected in ((number, True), (number[:-1], False), (number[6:14], False), (number[-4:], False)):
            found = session.scalars(
                sa.select(subject.id).where(any_field_holds(subject, word), subject.id == key)
            ).all()
            assert bool(found) is expected, word
    assert "id_no" not in word_columns(subject)
    assert not [index for index in indexes_of(subject) if index.method == "gin" and "id_no" in index.content]


# -- plans -------------------------------------------------------------------------------------------------------


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def plan_of(session: Session, statement: Any) -> list[dict[str, Any]]:
    from sqlalchemy.dialects import postgresql

    compiled = statement.compile(dialect=postgresql.psycopg2.dialect(), compile_kwargs={"literal_binds": True})
    found = session.connection().exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {str(compiled).replace('%%', '%')}".replace("%", "%%")
    )
    raw = found.scalar()
    return list(nodes((json.loads(raw) if isinstance(raw, str) else raw)[0]["Plan"]))


VIEWERS = {
    "clerk": Viewer("viewer_line", 5001001000000, 5001001999999),
    "region": Viewer("viewer_region", 610113000, 610113999),
    "province": Viewer("viewer_region", 610000000, 619999999),
    "system": THE_SYSTEM,
}


@pytest.mark.parametrize("who", VIEWERS)
@pytest.mark.parametrize("word", ["龘", "龘靐", "没有此词", "qzj", "QZJXWV", "2026091899"])
def test_a_rare_word_is_found_from_the_index(session: Session, who: str, word: str):
    """Under each viewer's role the pieces are asked of the index, however many rows there are to walk instead."""
    viewer = VIEWERS[who]
    table = TABLES["inspection"]
    with looking_as(session, viewer):
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
        asked = query.matching(table, read_criteria(table, [("q", word)]), viewer).with_only_columns(table.id).limit(21)
        used = {node.get("Index Name") for node in plan_of(session, asked)}
    assert "find_inspection_words" in used, f"{word}: {used}"


def test_the_planner_prefers_the_index_by_itself(session: Session):
    table = TABLES["inspection"]
    for name in ("clerk", "province"):
        viewer = VIEWERS[name]
        with looking_as(session, viewer):
            asked = query.matching(table, read_criteria(table, [("q", "龘靐")]), viewer).with_only_columns(table.id)
            found = plan_of(session, asked.order_by(table.id.desc()).limit(21))
        assert "find_inspection_words" in {node.get("Index Name") for node in found}, name


def test_a_page_in_the_lists_order_is_read_from_an_index(session: Session):
    table = TABLES["penalty"]
    viewer = VIEWERS["clerk"]
    with looking_as(session, viewer):
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        for order in ((), ("-decided_on",)):
            wanted = saving.visible(table, viewer).with_only_columns(table.id).limit(21)
            for column, down in query.ordering(table, order):
                wanted = wanted.order_by(column.desc() if down else column)
            found = plan_of(session, wanted)
            assert not [node for node in found if node["Node Type"] == "Sort"], order


def test_indexes_in_the_database_are_the_declared_ones(session: Session):
    assert differences(session.connection(), TABLES) == []
    names = [index.name for table in TABLES.values() for index in indexes_of(table)]
    assert len(names) == len(set(names)) and all(re.fullmatch(r"[a-z0-9_]{1,63}", name) for name in names)


def test_functions_that_search_needs_reveal_nothing(session: Session):
    assert session.scalar(sa.text(grams.UNMARKED)) is False
