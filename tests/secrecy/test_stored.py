"""What the database holds: never a number of a person in plain, whatever way it came in."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from app.cli import resealing
from app.core import saving, sealing, secrecy
from app.core.errors import Invalid
from app.core.secrecy import SealBroken, Sealed
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.conftest import Browser
from tests.every_table.sheets import workbook
from tests.every_table.world import World
from tests.secrecy.given import citizen_number, mobile, owner, places_of, stored


def test_the_seed_left_no_known_number_in_plain(app: Flask):
    from seed import demo

    known: list[str] = []
    elsewhere: set[str] = set()
    for upload in demo.uploads(datetime.now().astimezone()):
        for row in upload.rows:
            known += [
                str(row[name])
                for name in ("phone", "contact_phone", "legal_person_id_no", "home_address")
                if row.get(name)
            ]
            elsewhere |= {str(row[name]) for name in row if name.startswith(("address", "install"))}
            if row.get("id_type") == "citizen_id" or upload.table == "inspector":
                known.append(str(row["id_no"]))
            if row.get("party_nature") == "citizen":
                known.append(str(row["party_id_no"]))
    assert len(known) > 3000
    homes = [word for word in known if not word[0].isdigit() and not any(word in each for each in elsewhere)]
    numbers = sorted({word for word in known if word[0].isdigit()})
    assert len(homes) > 100
    assert places_of([*numbers, *homes[::10]]) == []


def test_every_way_in_seals(world: World, browser: Callable[[str], Browser]):
    """Form, REST, bulk, Excel (staged and committed), drafts, saved views, repeated submissions, what was refused."""
    clerk, words = browser("t_own"), []

    def fresh_subject() -> dict[str, Any]:
        number, phone = citizen_number(), mobile()
        words.extend([number, phone])
        given = world.given("subject", kind="natural_person", id_type="citizen_id")[0]
        return given | {"id_no": number, "contact_phone": phone, "home_address": f"示例小区{number[6:]}号"}

    answer = clerk.send("POST", "/api/v1/subject/", fresh_subject(), **{"Idempotency-Key": f"seal-{words[0][-6:]}"})
    assert answer.status_code == 201, answer.json
    words.append(f"示例小区{words[0][6:]}号")
    bulk = clerk.send("POST", "/api/v1/subject/bulk", {"rows": [fresh_subject(), fresh_subject()]})
    assert bulk.json["inserted"] == 2, bulk.json
    rows = [fresh_subject(), fresh_subject() | {"established_on": "二〇二五年"}]
    sent = clerk.post("/subject/import", file=(io.BytesIO(workbook(TABLES["subject"], rows)), "人员.xlsx"))
    assert sent.status_code == 302
    page = clerk.get(sent.headers["Location"]).get_data(as_text=True)
    assert not [word for word in words if word in page], "the preview shows what the rows hide"
    assert places_of(words) == [], "while the upload waits"
    clerk.post(sent.headers["Location"].rsplit("?")[0] + "/commit")
    draft = fresh_subject()
    form = {name: value for name, value in draft.items() if isinstance(value, str)}
    assert clerk.post("/subject/draft", **form).status_code == 200
    opened = clerk.get("/subject/add?draft=1").get_data(as_text=True)
    assert draft["id_no"] in opened and draft["contact_phone"] in opened, "its owner finds what he typed"
    clerk.post("/subject/views", name="某人", audience="own", asked=f"q={words[0]}&f.id_no={words[0]}")
    listed = clerk.get("/subject/list/").get_data(as_text=True)
    assert "某人" in listed
    assert places_of(words) == []
    clerk.post("/subject/discard")


def test_the_database_itself_refuses_plain_numbers(world: World):
    with world.session("own") as session:
        row, _ = world.maker(session, "own").make(TABLES["subject"], kind="natural_person", id_type="citizen_id")
        firm, _ = world.maker(session, "own").make(TABLES["subject"], kind="market_entity")
    for statement in (
        "UPDATE subject SET id_no = '610104198802150010' WHERE id = :key",
        "UPDATE subject SET contact_phone = '13900001234' WHERE id = :key",
        "UPDATE subject SET kind = 'market_entity', entity_category = 'enterprise' WHERE id = :key",
    ):
        with pytest.raises(IntegrityError), owner() as connection:
            connection.exec_driver_sql("SELECT set_config('app.who', '{\"actor\": 0}', true)")
            connection.execute(sa.text(statement), {"key": row})
    with pytest.raises(IntegrityError), owner() as connection:
        connection.exec_driver_sql("SELECT set_config('app.who', '{\"actor\": 0}', true)")
        connection.execute(sa.text("UPDATE subject SET kind = 'natural_person' WHERE id = :key"), {"key": firm})


def test_ciphertexts_that_change_places_do_not_open(world: World):
    inspector = TABLES["inspector"]
    with world.session("own") as session:
        maker = world.maker(session, "own")
        keys = [maker.make(inspector, id_no=citizen_number(), phone=mobile())[0] for _ in range(2)]
        one, other = (session.get(inspector, key) for key in keys)
        swapped = Sealed(other.id_no.stored)
        with pytest.raises(SealBroken, match=str(keys[0])):
            secrecy.reveal(swapped, "inspector", "id_no", keys[0])
        with pytest.raises(SealBroken):
            secrecy.reveal(Sealed(one.phone.stored), "inspector", "id_no", keys[0])
        assert sealing.value_of(one, inspector.__fields__["id_no"]) != sealing.value_of(
            other, inspector.__fields__["id_no"]
        )


def test_a_row_that_shows_its_number_again_stores_it_open(world: World):
    """Who was entered as a citizen by mistake: the same row, another nature."""
    penalty = TABLES["penalty"]
    with world.session("own") as session:
        key, _ = world.maker(session, "own").make(penalty, party_nature="citizen", party_id_type="citizen_id")
        row = session.get(penalty, key)
        assert isinstance(row.party_id_no, Sealed)
        mark = row.party_id_no_mark
        given = {"party_nature": "legal_person", "party_id_type": "uscc", "party_id_no": "91610131MA6TX0WX5A"}
        saved, _ = saving.save(session, penalty, given, row=row)
        session.commit()
        assert stored("penalty", "party_id_no", key) == "91610131MA6TX0WX5A" and saved.party_id_no_mark != mark


def test_saving_and_importing_the_same_again_changes_no_sealed_value(world: World, browser: Callable[[str], Browser]):
    clerk = browser("t_own")
    row = world.another("inspector", id_no=citizen_number(), phone=mobile())
    before = stored("inspector", "id_no", row.id), stored("inspector", "phone", row.id)
    assert (
        clerk.send("PUT", f"/api/v1/inspector/{row.id}", {"name": "改名", "phone": row.given["phone"]}).status_code
        == 200
    )
    assert (stored("inspector", "id_no", row.id), stored("inspector", "phone", row.id)) == before
    sent = clerk.post(
        "/inspector/import", file=(io.BytesIO(workbook(TABLES["inspector"], [row.given | {"name": "改名"}])), "a.xlsx")
    )
    page = clerk.get(sent.headers["Location"]).get_data(as_text=True)
    assert "未变" in page or "无变化" in page or "没有变化" in page
    assert (stored("inspector", "id_no", row.id), stored("inspector", "phone", row.id)) == before


def test_one_person_has_one_account(world: World):
    """The citizen number is unique over all departments, by its mark; the answer does not tell whose it is."""
    account, number = TABLES["account"], citizen_number()
    with world.session(THE_SYSTEM) as session:
        given = {"real_name": "示例", "department": "测试区综合执法局", "employment": "in_post", "citizen_no": number}
        names = session.scalars(sa.select(TABLES["department"].name).limit(2)).all()
        saving.save(session, account, given | {"username": f"one{number[-6:].lower()}", "department": names[0]})
        with pytest.raises(Invalid) as refused:
            saving.save(session, account, given | {"username": f"two{number[-6:].lower()}", "department": names[1]})
        assert number not in str(refused.value)
        session.rollback()


def test_a_planted_value_is_named_by_the_check(world: World):
    inspector = TABLES["inspector"]
    with world.session(THE_SYSTEM) as session:
        keys = session.scalars(sa.select(inspector.id).where(inspector.id_no.is_not(None)).limit(2)).all()
        good = stored("inspector", "id_no", keys[0])
        with owner() as connection:
            connection.exec_driver_sql("SELECT set_config('app.who', '{\"actor\": 0}', true)")
            other = sa.text("UPDATE inspector SET id_no = (SELECT id_no FROM inspector WHERE id = :b) WHERE id = :a")
            connection.execute(other, {"a": keys[0], "b": keys[1]})
        try:
            found = list(resealing.check(session))
            assert [each.place for each in found if not isinstance(each, int)] == [f"inspector.id_no {keys[0]}"]
            assert found[-1] > 5000
        finally:
            session.rollback()
            with owner() as connection:
                connection.exec_driver_sql("SELECT set_config('app.who', '{\"actor\": 0}', true)")
                connection.execute(sa.text("UPDATE inspector SET id_no = :x WHERE id = :a"), {"x": good, "a": keys[0]})
    with world.session(THE_SYSTEM) as session:
        assert not [each for each in resealing.check(session) if not isinstance(each, int)]
