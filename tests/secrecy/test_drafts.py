"""Drafts belong to their owner, sealed; a leaver's go to whoever takes over his work."""

from __future__ import annotations

import json

from app.console import drafts
from app.core import secrecy
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM
from tests.every_table.world import World
from tests.secrecy.given import citizen_number, mobile, stored


def test_a_draft_is_sealed_for_its_owner_and_handed_over(world: World):
    table, number, phone = TABLES["inspector"], citizen_number(), mobile()
    giver, taker = (
        world.viewers["own"],
        world.viewers["colleague"] if "colleague" in world.viewers else world.viewers["stranger"],
    )
    with world.session("own") as session:
        kept = drafts.keep(session, giver, table, "NEW", {"name": "某人", "id_no": number, "phone": ""}, None)
        assert kept.typed["id_no"] == number, "its owner reads what he typed"
        again = drafts.keep(session, giver, table, "NEW", {"phone": phone}, None)
        assert (again.typed["id_no"], again.typed["phone"]) == (number, phone), "what was not sent again stays"
        session.commit()
    told = json.dumps(stored("draft", "typed", kept.id), ensure_ascii=False)
    assert number not in told and phone not in told and "某人" in told
    with world.session(THE_SYSTEM) as session:
        assert drafts.hand_over(session, giver.user_id, taker.user_id)[0] >= 1
        session.commit()
    anew = stored("draft", "typed", kept.id)
    assert number not in json.dumps(anew)
    assert secrecy.open_text(f"draft:{taker.user_id}", anew["id_no"]) == number
    name = next(name for name, each in world.viewers.items() if each is taker)
    with world.session(name) as session:
        found = drafts.find(session, taker, table, "NEW")
        assert found is not None and (found.typed["id_no"], found.typed["phone"]) == (number, phone)
        drafts.drop(session, taker, table, "NEW")
        session.commit()
    with world.session("own") as session:
        assert drafts.find(session, giver, table, "NEW") is None


def test_who_is_filling_in_the_same_form_keeps_his_own(world: World):
    table, giver, taker = TABLES["inspector"], world.viewers["own"], world.viewers["stranger"]
    for who, viewer in (("own", giver), ("stranger", taker)):
        with world.session(who) as session:
            drafts.keep(session, viewer, table, "NEW", {"name": who}, None)
            session.commit()
    with world.session(THE_SYSTEM) as session:
        _, stayed = drafts.hand_over(session, giver.user_id, taker.user_id)
        assert stayed >= 1
        session.commit()
    for who, viewer in (("own", giver), ("stranger", taker)):
        with world.session(who) as session:
            assert drafts.find(session, viewer, table, "NEW").typed["name"] == who
            drafts.drop(session, viewer, table, "NEW")
            session.commit()
