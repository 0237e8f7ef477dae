"""One sealed value: what opens it, what does not, and what it tells."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core import secrecy
from app.core.fields.write import masked
from app.core.secrecy import SealBroken, Sealed, SealedText, Shown, Soft

NUMBER = "610104198802150010"
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=80)
PLACE = ("subject", "id_no", uuid4())
quick = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@quick
@given(plain=TEXTS)
def test_whatever_is_sealed_opens_in_its_place_and_nowhere_else(soft: Soft, plain: str):
    value = secrecy.seal(*PLACE, plain)
    assert secrecy.reveal(value, *PLACE) == plain
    assert secrecy.is_sealed(value.stored) and str(value) == masked(plain).replace("|", "*")
    for elsewhere in (("inspector", "id_no", PLACE[2]), ("subject", "contact_phone", PLACE[2]), (*PLACE[:2], uuid4())):
        with pytest.raises(SealBroken):
            secrecy.reveal(value, *elsewhere)


@quick
@given(plain=TEXTS, other=TEXTS)
def test_the_same_value_in_the_same_place_is_sealed_alike_and_no_other(soft: Soft, plain: str, other: str):
    first, again = secrecy.seal(*PLACE, plain), secrecy.seal(*PLACE, plain)
    assert first == again and first.stored == again.stored
    assert (secrecy.seal(*PLACE, other) == first) is (other == plain)
    assert secrecy.seal(*PLACE[:2], uuid4(), plain).stored.rpartition("|")[2] != first.stored.rpartition("|")[2]
    assert (secrecy.mark("number", plain) == secrecy.mark("number", other)) is (plain == other)
    assert secrecy.mark("number", plain) != secrecy.mark("phone", plain)


def test_values_with_one_mask_are_not_the_same(soft: Soft):
    one, other = secrecy.seal(*PLACE, "13900001234"), secrecy.seal(*PLACE, "13911111234")
    assert str(one) == str(other) == "139****1234"
    assert one != other, "a change that the mask hides must be stored"
    assert one == "139****1234"
    assert pickle.loads(pickle.dumps(one)) == one and json.dumps(one) == '"139****1234"'


def test_a_changed_value_does_not_open(soft: Soft):
    value = secrecy.seal(*PLACE, NUMBER)
    head, _, told = value.stored.rpartition("|")
    for stored in (f"{head}|{'A' if told[0] != 'A' else 'B'}{told[1:]}", f"{head}|{told[:-8]}", f"{head}|AAAA", head):
        with pytest.raises(SealBroken):
            secrecy.reveal(Sealed(stored), *PLACE)
    forged = Sealed(value.stored.replace("610104", "999999"))
    assert secrecy.reveal(forged, *PLACE) == NUMBER, "the mask is for reading; the value is what is sealed"


def test_other_keys_do_not_open(soft: Soft, tmp_path: Path):
    value, text = secrecy.seal(*PLACE, NUMBER), secrecy.seal_text("draft:1", NUMBER)
    secrecy.use(Soft(tmp_path / "others"))
    with pytest.raises(SealBroken, match="is not in"):
        secrecy.reveal(value, *PLACE)
    with pytest.raises(SealBroken):
        secrecy.open_text("draft:1", text)


def test_a_lost_folder_gives_other_marks(soft: Soft, tmp_path: Path):
    before = secrecy.mark("number", NUMBER)
    secrecy.use(Soft(tmp_path / "others"))
    assert secrecy.mark("number", NUMBER) != before


@pytest.mark.parametrize("value", [NUMBER, "", 13900001234, b"x"])
def test_a_column_takes_no_plain_value(value: object):
    for column in (SealedText(), SealedText(sometimes=True)):
        with pytest.raises(TypeError, match="plain value"):
            column.process_bind_param(value, None)
    with pytest.raises(TypeError):
        SealedText().process_bind_param(Shown(NUMBER), None)
    assert SealedText(sometimes=True).process_bind_param(Shown(NUMBER), None) == NUMBER


def test_a_column_shows_no_plain_value():
    assert SealedText().process_result_value(NUMBER, None) == "****", "what should be sealed and is not"
    assert SealedText(sometimes=True).process_result_value(NUMBER, None) == NUMBER
    assert not isinstance(SealedText(sometimes=True).process_result_value(NUMBER, None), Sealed)


def test_every_secret_column_of_the_house_has_the_type():
    from app import domains
    from app.core import sealing
    from app.core.table import TABLES

    domains.load()
    found = [(name, each) for name, table in TABLES.items() for each in sealing.secrets_of(table)]
    assert {("account", "citizen_no"), ("subject", "home_address")} <= {(name, each.name) for name, each in found}
    for name, each in found:
        column = TABLES[name].__table__.c[each.column]
        assert isinstance(column.type, SealedText), (name, each.name)
        if each.is_marked:
            assert isinstance(TABLES[name].__table__.c[each.compared].type, sa.Uuid)


# -- texts ----------------------------------------------------------------------------------------------------------


@quick
@given(plain=st.text(st.characters(exclude_categories=("Cs",)), max_size=80))
def test_a_text_opens_for_its_purpose_only(soft: Soft, plain: str):
    stored = secrecy.seal_text("draft:1", plain)
    assert secrecy.open_text("draft:1", stored) == plain
    assert secrecy.texts.is_text(stored) and (not plain or len(plain) < 6 or plain not in stored)
    for purpose in ("draft:2", "view"):
        with pytest.raises(SealBroken):
            secrecy.open_text(purpose, stored)
    with pytest.raises(SealBroken):
        secrecy.open_text("draft:2", stored.replace("draft:1", "draft:2"))


def test_texts_inside_others_are_sealed_anew(soft: Soft):
    one, other = secrecy.seal_text("draft:1", "甲"), secrecy.seal_text("factor", "乙")
    whole = {"phone": one, "name": "丙", "x": {"y": other}}
    key = soft.rotate()
    anew = secrecy.texts.reseal_value(whole)
    assert anew["name"] == "丙" and key in anew["phone"] and key in anew["x"]["y"]
    assert secrecy.open_text("draft:1", anew["phone"]) == "甲"
    content = secrecy.seal_bytes("upload", b"\0PK\xff")
    soft.rotate()
    again = secrecy.texts.reseal_value(content)
    assert again != content and secrecy.open_bytes("upload", again) == b"\0PK\xff"
    assert secrecy.texts.opens(whole) == 2 and secrecy.texts.opens(again) == 1
