"""Hand-over, reports and receipts, initial passwords, settings, the emergency account."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.console import drafts
from app.console.sign_in.models import UserSession
from app.core import clock, saving, settings
from app.core.roles import Role
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, look_as, person
from tests.conftest import Browser
from tests.every_table.values import fresh
from tests.every_table.world import CITY, OFFICE, OWN, STRANGE, World

ACCOUNT, DRAFT = TABLES["account"], TABLES["draft"]
Sign = Callable[[str], Browser]


@pytest.fixture
def system(world: World) -> Iterator[Session]:
    with world.session(THE_SYSTEM) as session:
        yield session


def employed(world: World, department: str = OWN, **more: Any) -> Any:
    """Somebody new, with a sign-in: (account's key, username, number)."""
    given = {
        "username": f"d{fresh()}",
        "real_name": f"离岗{fresh()}",
        "department": department,
        "roles": ["clerk"],
    } | more
    with world.session(THE_SYSTEM) as session:
        row, _ = saving.save(session, ACCOUNT, given)
        key, name = row.id, row.username
        number = session.scalar(sa.text("SELECT id FROM ab_user WHERE username = :name"), {"name": name})
        session.commit()
    return key, name, number


def keep_draft(world: World, number: int, form: str, **typed: str) -> None:
    with world.session(None) as session:
        viewer = person(session, number)
        look_as(session, viewer)
        drafts.keep(session, viewer, TABLES["inspection"], form, typed, None)
        session.commit()


def ended(session: Session, number: int) -> list[str | None]:
    return list(session.scalars(sa.text("SELECT ended_why FROM user_session WHERE account_id = :id"), {"id": number}))


def opened(number: int, kind: str) -> UserSession:
    """A session of that account."""
    now = clock.now()
    return UserSession(
        digest=f"{fresh()}", account_id=number, kind=kind, seen_at=now, ends_at=now + timedelta(hours=1), turn=0, reads_only=False
    )  # fmt: skip


# -- hand-over -------------------------------------------------------------------------------------------------------


def seen(page: str) -> str:
    return re.search(r'name="seen" value="([0-9a-f]{64})"', page).group(1)


def test_everything_goes_to_a_colleague_and_the_account_is_closed(world: World, browser: Sign):
    (key, name, number), (to, to_name, taker) = employed(world), employed(world)
    keep_draft(world, number, drafts.NEW, party_name="甲公司")
    keep_draft(world, number, "0199c0de-0000-7000-8000-000000000001", party_name="乙公司", _title="某次检查")
    keep_draft(world, taker, drafts.NEW, party_name="自己的")
    with world.session(THE_SYSTEM) as session:
        for kind in ("browser", "key"):
            session.add(opened(number, kind))
        session.commit()
    admin = browser("t_role_dept_admin")
    page = admin.get("/leaving/", person=str(key)).get_data(as_text=True)
    assert "某次检查" in page and "新增行政检查" in page
    sent = {"person": str(key), "to": "colleague", "receiver": str(to), "employment": "left", "note": "调离"}
    answer = admin.post("/leaving/", **sent, seen=seen(page))
    assert answer.status_code == 302, answer.get_data(as_text=True)[-3000:]
    paper = admin.get(answer.headers["Location"]).get_data(as_text=True)
    assert "工作交接单" in paper and "接收人（签字）" in paper and "某次检查" in paper
    with world.session(THE_SYSTEM) as session:
        forms = session.execute(
            sa.select(DRAFT.form, DRAFT.typed).where(DRAFT.created_by == taker).order_by(DRAFT.form)
        ).all()
        assert [form for form, _ in forms] == ["0199c0de-0000-7000-8000-000000000001", forms[1].form, drafts.NEW]
        assert forms[1].form.startswith(drafts.HANDED)
        assert {typed["party_name"] for _, typed in forms} == {"甲公司", "乙公司", "自己的"}
        assert not session.scalar(sa.select(sa.func.count()).where(DRAFT.created_by == number))
        left = session.get(ACCOUNT, key)
        assert left.employment == "left"
        assert ended(session, number) == ["deactivated", "deactivated"]
        assert person(session, number) is None
        row = session.execute(sa.text("SELECT * FROM handover WHERE person_id = :id"), {"id": key}).one()
        assert (row.item_count, row.receiver_id) == (2, to)
        logged = session.execute(
            sa.text("SELECT new FROM audit.log WHERE action = 'handover' AND pk = :pk"), {"pk": str(row.id)}
        ).scalar_one()
        assert logged["counts"] == {"draft": 2}
    assert name != to_name


def test_what_changed_meanwhile_is_shown_again(world: World, browser: Sign):
    key, _, number = employed(world)
    keep_draft(world, number, drafts.NEW, party_name="甲")
    admin = browser("t_role_dept_admin")
    mark = seen(admin.get("/leaving/", person=str(key)).get_data(as_text=True))
    keep_draft(world, number, drafts.NEW, party_name="乙")
    answer = admin.post("/leaving/", person=str(key), to="unit", employment="left", seen=mark)
    assert answer.status_code == 409
    assert "刚刚有变化" in answer.get_data(as_text=True)
    with world.session(THE_SYSTEM) as session:
        assert session.get(ACCOUNT, key).employment == "in_post"
        assert session.scalar(sa.select(sa.func.count()).where(DRAFT.created_by == number)) == 1


def test_nobody_hands_over_those_above_himself_or_elsewhere(world: World, browser: Sign):
    admin = browser("t_role_dept_admin")
    with world.session(THE_SYSTEM) as session:
        keys = dict(session.execute(sa.select(ACCOUNT.username, ACCOUNT.id)).all())
    for name, status in (
        ("t_role_dept_admin", 403),
        ("t_role_sec_admin", 403),
        ("t_role_auditor", 403),
        ("t_stranger", 422),
    ):
        answer = admin.get("/leaving/", person=str(keys[name]))
        assert answer.status_code == status, name
        assert 'name="seen"' not in answer.get_data(as_text=True)
    assert browser("t_role_clerk").get("/leaving/").status_code == 403


def test_a_handed_draft_is_taken_when_there_is_room(world: World):
    (_, _, giver), (_, _, taker) = employed(world), employed(world)
    table = TABLES["inspection"]
    with world.session(None) as session:
        viewer = person(session, taker)
        look_as(session, viewer)
        form = f"{drafts.HANDED}12345678~{drafts.NEW}"
        drafts.keep(session, viewer, table, form, {"party_name": "移交"}, None)
        drafts.keep(session, viewer, table, drafts.NEW, {"party_name": "自己"}, None)
        with pytest.raises(Exception, match="请先保存或放弃"):
            drafts.take(session, viewer, table, form)
        drafts.drop(session, viewer, table, drafts.NEW)
        assert drafts.take(session, viewer, table, form) == drafts.NEW
        assert drafts.find(session, viewer, table, drafts.NEW).typed["party_name"] == "移交"
    assert giver != taker


# -- reports and receipts ---------------------------------------------------------------------------------------------


def reports_of(session: Session, unit: str) -> list[Any]:
    return session.execute(
        sa.text("SELECT r.* FROM responsible_change r JOIN department d ON d.id = r.department_id WHERE d.name = :unit "
                "ORDER BY r.reported_at, r.kind"), {"unit": unit},
    ).all()  # fmt: skip


def test_another_admin_is_reported(system: Session):
    before = len(reports_of(system, CITY))
    first, _ = saving.save(
        system, ACCOUNT, {"username": f"d{fresh()}", "real_name": "甲", "department": CITY, "roles": ["dept_admin"]}
    )
    second, _ = saving.save(
        system, ACCOUNT, {"username": f"e{fresh()}", "real_name": "乙", "department": CITY, "roles": ["clerk"]}
    )
    saving.save(system, ACCOUNT, {"roles": ["clerk"]}, row=first)
    saving.save(system, ACCOUNT, {"roles": ["dept_admin"]}, row=second)
    saving.save(system, ACCOUNT, {"phone": "029-00000001"}, row=second)
    told = [(each.kind, each.before, each.after, each.state) for each in reports_of(system, CITY)[before:]]
    kind = "dept_admin"
    wanted = [(kind, None, "甲", "pending"), (kind, "甲", None, "pending"), (kind, None, "乙", "pending")]
    assert sorted(told, key=str) == sorted(wanted, key=str)


def test_a_department_changes_its_contacts_and_nothing_else(world: World, browser: Sign):
    admin = browser("t_role_dept_admin")
    page = admin.get("/unit/").get_data(as_text=True)
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    name = f"新任{fresh()}"
    sent = {"leader_name": name, "contact_name": "联系", "contact_phone": "029-00000009", "version": version}
    answer = admin.post("/unit/", **sent, name="别的名称", parent="", is_lead_office="true")
    assert answer.status_code == 302, answer.get_data(as_text=True)[-2000:]
    assert admin.post("/unit/", **sent).status_code == 422, "an old version"
    assert browser("t_role_clerk").get("/unit/").status_code == 403
    with world.session(THE_SYSTEM) as session:
        unit = session.execute(sa.text("SELECT * FROM department WHERE name = :name"), {"name": OWN}).one()
        assert (unit.leader_name, unit.is_lead_office) == (name, False)
        told = {
            each.kind: each
            for each in reports_of(session, OWN)
            if each.after and (name in each.after or "联系" in each.after)
        }
        assert told["leader"].after == name
        assert "****" in told["contact"].after and "00000009" not in told["contact"].after


def test_the_lead_office_gives_its_receipt_once_there_is_a_reason(world: World, browser: Sign):
    office_key, office, number = employed(world, OFFICE, roles=["supervision_office"])
    with world.session(THE_SYSTEM) as session:
        from app.console.sign_in import passwords

        passwords.place(session, number, "Jianguan@2026")
        session.commit()
        key = next(each.id for each in reversed(reports_of(session, OWN)) if not each.reason)
    lead, admin = browser(office), browser("t_role_dept_admin")
    listed = lead.get("/responsible_change/list/").get_data(as_text=True)
    assert 'formaction="/receipts/"' in listed
    assert 'formaction="/receipts/"' not in admin.get("/responsible_change/list/").get_data(as_text=True)
    assert lead.post("/receipts/", ids=str(key)).status_code == 409
    assert admin.send("PUT", f"/api/v1/responsible_change/{key}", {"reason": "工作调整"}).status_code == 200
    assert admin.post("/receipts/", ids=str(key)).status_code == 403
    assert lead.post("/receipts/", ids=str(key)).status_code == 302
    with world.session(THE_SYSTEM) as session:
        row = next(each for each in reports_of(session, OWN) if each.id == key)
        assert (row.state, row.received_unit) == ("received", OFFICE)
    refused = admin.send("PUT", f"/api/v1/responsible_change/{key}", {"reason": "改口"})
    assert refused.status_code == 422 and "已经回执" in refused.get_data(as_text=True)
    assert office_key is not None


def enters(app: Flask, username: str, password: str) -> bool:
    """Whether that name and password get past the door (to the page on which the password is changed)."""
    visitor = Browser(app, None)
    sent = {"csrf_token": visitor.token, "username": username, "password": password}
    return visitor.client.post("/login/", data=sent).status_code == 302


# -- initial passwords -------------------------------------------------------------------------------------------------


def test_slips_are_told_once_and_open_the_account(world: World, browser: Sign, app: Flask):
    people = [employed(world) for _ in range(3)]
    admin = browser("t_role_dept_admin")
    keys = [str(key) for key, _, _ in people]
    waiting = admin.get("/initial-passwords/waiting").get_data(as_text=True)
    assert all(f'value="{key}"' in waiting for key in keys)
    asked = admin.post("/initial-passwords/", ids=keys).get_data(as_text=True)
    sure = re.search(r'name="sure" value="([0-9a-f]{64})"', asked).group(1)
    page = admin.post("/initial-passwords/", ids=keys, sure=sure).get_data(as_text=True)
    words = [html.unescape(word) for word in re.findall(r'class="jg-slip-word">([^<]+)<', page)]
    assert len(set(words)) == 3
    by_name = dict(zip(sorted(name for _, name, _ in people), words, strict=True))
    first = people[0][1]
    waiting = admin.get("/initial-passwords/waiting").get_data(as_text=True)
    assert not any(f'value="{key}"' in waiting for key in keys)
    assert enters(app, first, by_name[first]), "the password opens the account"
    assert not enters(app, people[1][1], by_name[first])
    with world.session(THE_SYSTEM) as session:
        noted = session.scalar(
            sa.text("SELECT count(*) FROM audit.log WHERE action = 'password_issued' AND pk = ANY(:keys)"),
            {"keys": [str(number) for _, _, number in people]},
        )
        assert noted == 3


def test_nobody_issues_passwords_to_those_above_himself_or_elsewhere(world: World, browser: Sign):
    admin = browser("t_role_dept_admin")
    with world.session(THE_SYSTEM) as session:
        keys = dict(session.execute(sa.select(ACCOUNT.username, ACCOUNT.id)).all())
    for name, status in (
        ("t_role_sec_admin", 403),
        ("t_role_dept_admin", 403),
        ("t_role_auditor", 403),
        ("t_stranger", 404),
    ):
        assert admin.post("/initial-passwords/", ids=str(keys[name])).status_code == status, name
    assert browser("t_role_clerk").post("/initial-passwords/", ids=str(keys["t_role_clerk"])).status_code == 403
    assert browser("t_role_sys_admin").post("/initial-passwords/", ids=str(keys["t_role_clerk"])).status_code == 403


# -- settings ----------------------------------------------------------------------------------------------------------


def test_settings_are_the_security_admins(world: World, browser: Sign):
    for role in Role:
        status = 200 if role in (Role.SEC_ADMIN, Role.AUDIT_ADMIN) else 403
        assert browser(f"t_role_{role.value}").get("/settings/").status_code == status, role
    keeper = browser("t_role_sec_admin")
    page = keeper.get("/settings/").get_data(as_text=True)
    asked = set(re.findall(r'name="(\w+)"', page)) & set(settings.DECLARED)
    assert asked == {code for code, each in settings.DECLARED.items() if each.keeper == "settings"}, "and no others'"
    assert keeper.post("/settings/change", digest_hour="9").status_code == 302
    with world.session(THE_SYSTEM) as session:
        assert settings.value(session, "digest_hour") == 8, "the lead office's are not decided here"
    assert browser("t_role_audit_admin").post("/settings/change", lock_minutes="20").status_code == 403
    refused = keeper.post("/settings/change", lock_minutes="0", unused_days="100")
    assert refused.status_code == 422
    assert "1 到 1440" in refused.get_data(as_text=True)
    try:
        assert keeper.post("/settings/change", lock_minutes="20").status_code == 302
        with world.session(THE_SYSTEM) as session:
            assert settings.value(session, "lock_minutes") == 20
            assert settings.value(session, "unused_days") == 90
    finally:
        keeper.post("/settings/change", lock_minutes="")
    with world.session(THE_SYSTEM) as session:
        assert settings.value(session, "lock_minutes") == 15
        assert session.scalar(sa.text("SELECT count(*) FROM setting WHERE code = 'lock_minutes'")) == 0


# -- the emergency account -----------------------------------------------------------------------------------------------


def test_the_emergency_account_is_told_to_everybody_who_watches(world: World, browser: Sign, app: Flask):
    runner = app.test_cli_runner()
    refused = runner.invoke(args=["break-glass", "--minutes", "5"])
    assert refused.exit_code == 2, "without a name and a reason it stays closed"
    opened = runner.invoke(args=["break-glass", "--minutes", "5", "--reason", "演练", "--for", "张三"])
    assert opened.exit_code == 0, opened.output
    told = json.loads(opened.stdout.splitlines()[-1])
    try:
        for role in ("sec_admin", "audit_admin"):
            assert "应急账号正在使用" in browser(f"t_role_{role}").get("/").get_data(as_text=True)
        assert "应急账号正在使用" not in browser("t_role_clerk").get("/").get_data(as_text=True)
        with world.session(THE_SYSTEM) as session:  # as if he had changed it already
            session.execute(
                sa.text("UPDATE credential c SET must_change = false, initial_until = NULL FROM ab_user u "
                        "WHERE u.id = c.account_id AND u.username = :name"), {"name": told["username"]},
            )  # fmt: skip
            session.commit()
        visitor = Browser(app, None)
        assert visitor.post("/login/", username=told["username"], password=told["password"]).status_code == 302
        assert visitor.get("/account/list/").status_code == 200
        assert visitor.get("/settings/").status_code == 200
        with world.session(THE_SYSTEM) as session:
            paths = session.scalars(sa.text("SELECT new ->> 'path' FROM audit.log WHERE action = 'alarm'")).all()
            assert {"/account/list/", "/settings/"} <= set(paths)
            lent = session.scalar(sa.text(LENT))
            assert lent and lent > 10
            key = session.scalar(sa.text("SELECT id FROM break_glass WHERE closed_at IS NULL"))
            taken = session.scalar(sa.text("SELECT id FROM account WHERE username = 'break-glass'"))
        # Nobody of the office in which it stands takes it over.
        sec = browser("t_role_sec_admin")
        assert sec.post("/initial-passwords/", ids=str(taken)).status_code in (403, 404)
        assert sec.post("/break-glass/acknowledge", key=str(key)).status_code == 302
        assert "应急账号" not in re.sub(r"<nav.*?</nav>", "", sec.get("/").get_data(as_text=True), flags=re.S).replace(
            "已确认 张三 的应急登录，应急账号已关闭", ""
        )
    finally:
        runner.invoke(args=["break-glass", "--close"])
    assert visitor.get("/account/list/").status_code == 302, "the session is over with the account"
    with world.session(THE_SYSTEM) as session:
        assert session.scalar(sa.text(LENT)) == 0
        assert not session.scalar(sa.text("SELECT active FROM ab_user WHERE username = 'break-glass'"))
        noted = session.scalar(sa.text("SELECT count(*) FROM audit.log WHERE action = 'break_glass'"))
        assert noted >= 3


LENT = """SELECT count(*) FROM ab_permission_view_role x JOIN ab_role r ON r.id = x.role_id WHERE r.name IN ('Admin', 'Public')"""


def test_the_emergency_account_closes_by_itself(world: World, app: Flask):
    runner = app.test_cli_runner()
    assert runner.invoke(args=["break-glass", "--minutes", "5", "--reason", "演练", "--for", "李四"]).exit_code == 0
    with world.session(THE_SYSTEM) as session:
        session.execute(sa.text("UPDATE break_glass SET until = now() - interval '1 second' WHERE closed_at IS NULL"))
        session.commit()
    assert runner.invoke(args=["accounts", "settle"]).exit_code == 0
    with world.session(THE_SYSTEM) as session:
        assert session.scalar(sa.text(LENT)) == 0
        assert session.scalar(sa.text("SELECT count(*) FROM break_glass WHERE closed_at IS NULL")) == 0
        session.execute(sa.text("UPDATE break_glass SET acknowledged_at = now() WHERE acknowledged_at IS NULL"))
        session.commit()
    assert STRANGE != OWN
