"""What is there before anything is measured: offices, a catalogue, subjects, inspectors, a clerk, inspections."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from app import schema
from app.console import permissions
from app.console.sign_in import passwords
from app.core import sealing
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as
from bench import ground

CLERK, PASSWORD = "bench_clerk", "Bench@2026"
COUNTIES = ("02", "03", "04", "11", "12", "13", "14", "15", "16", "17", "18", "22", "24")
MAIN_ITEMS, SUB_ITEMS, INSPECTORS, SUBJECTS, EARLIER = 300, 900, 400, 50_000, 100_000
_SINCE = date(2020, 1, 1)


def stamp() -> str:
    """Which code makes the world."""
    files = [*Path(schema.MIGRATIONS, "versions").glob("*.py"), Path(__file__), Path(__file__).with_name("book.py")]
    return ground.stamp_of(*files)


def ready() -> str:
    """The template database is there, made by this code."""
    if not ground.exists(ground.WORLD, stamp()):
        ground.run("bench.world")
    return ground.WORLD


def credit_code(number: int, head: str = "91610100MA") -> str:
    """A credit code with its check digit."""
    digits = f"{head}{number:07d}"
    return digits + str(uscc.calc_check_digit(digits))


def office_code(place: int) -> str:
    """The credit code of an office."""
    return credit_code(place, "1161010001")


def sub_code(number: int) -> str:
    """The code of a sub-item."""
    return f"6113100{number // 3:04d}{number % 3:03d}"


def list_code(number: int, office: int) -> str:
    """The code of the list by which an office carries out a sub-item."""
    return f"{office_code(office)}{3 if office == 0 else 4}{sub_code(number)}01"


def cert_no(number: int) -> str:
    """The number of an inspector's certificate."""
    return f"2701{number:07d}"


def offices() -> list[tuple[str, str]]:
    """Region code and name of the city's bureau and of those below it."""
    return [("610100", "示例市市场监督管理局"), *((f"6101{c}", f"示例市{c}区市场监督管理局") for c in COUNTIES)]


def _insert(session: Session, table: str, rows: list[dict[str, Any]], *returned: str) -> list[Any]:
    columns = TABLES[table].__table__
    if not returned:
        session.execute(sa.insert(columns), rows)
        return []
    wanted = [columns.c[name] for name in returned]
    return [session.execute(sa.insert(columns).values(row).returning(*wanted)).one() for row in rows]


def _places(session: Session) -> list[Any]:
    regions = [("610000", "陕西省", "province"), ("610100", "示例市", "city")]
    regions += [(f"6101{c}", f"示例{c}区", "county") for c in COUNTIES]
    _insert(session, "region", [{"code": code, "name": name, "level": level} for code, name, level in regions])
    made: list[Any] = []
    for place, (code, name) in enumerate(offices()):
        row = {
            "name": name, "uscc": office_code(place), "region_id": int(code) * 1000, "duty_line": "market",
            "level": "county" if place else "city", "parent_id": made[0].id if place else None,
        }  # fmt: skip
        made += _insert(session, "department", [row], "id", "region_id")
    return made


def _catalogue(session: Session, places: list[Any]) -> None:
    owned = {"department_id": places[0].id, "scope_region": places[0].region_id}
    state = {"status": "published", "edition": 1, "valid_from": _SINCE}
    mains = [
        {"main_code": f"{sub_code(3 * n)[:11]}000", "main_name": f"对第{n}类经营活动的监管", "duty_line": "market",
         "supervision_dept_name": "市场监管部门", "source_level": "provincial", **state, **owned}
        for n in range(MAIN_ITEMS)
    ]  # fmt: skip
    main_ids = [row.id for row in _insert(session, "supervision_item", mains, "id")]
    subs = [
        {"sub_code": sub_code(n), "sub_name": f"对第{n}项示例经营者的行政检查", "main_item_id": main_ids[n // 3],
         "measure_type": "inspection", "subject_kind": "market_entity", "subject_text": "经营者",
         "levels": ["city", "county"], "apply_scope": [], "legal_basis": "《示例法》第一条", "process_text": "检查",
         "result_text": "公示", **state, **owned}
        for n in range(SUB_ITEMS)
    ]  # fmt: skip
    sub_ids = [row.id for row in _insert(session, "supervision_sub_item", subs, "id")]
    lists = [
        {"list_code": list_code(n, place), "sub_item_id": sub_ids[n], "impl_dept_name": offices()[place][1],
         "impl_dept_code": office_code(place), "use_level": "county" if place else "city",
         "legal_basis": "《示例法》第一条", "check_form": ["daily"], "check_type": ["patrol"], "check_mode": ["onsite"],
         "process_text": "检查", "consult_way": "窗口", "complaint_way": "12345", "department_id": office.id,
         "scope_region": office.region_id, **state}
        for place, office in enumerate(places) for n in range(SUB_ITEMS)
    ]  # fmt: skip
    _insert(session, "implementation_list", lists)
    claims = [
        {"sub_item_id": key, "item_title": sub["sub_code"], "department_id": office.id,
         "scope_region": office.region_id, **state}
        for office in places[1:] for key, sub in zip(sub_ids, subs, strict=True)
    ]  # fmt: skip
    _insert(session, "item_claim", claims)


def _people_and_subjects(session: Session, places: list[Any]) -> None:
    def owned(n: int) -> dict[str, Any]:
        office = places[n % len(places)]
        return {"department_id": office.id, "scope_region": office.region_id}

    inspectors = [
        {"name": f"示例{n}", "org_full_name": offices()[n % len(places)][1], "cert_no": cert_no(n), "state": "valid",
         "cert_valid_until": date(2035, 12, 31), **owned(n)}
        for n in range(INSPECTORS)
    ]  # fmt: skip
    _insert(session, "inspector", inspectors)
    subjects = [
        {"kind": "market_entity", "name": f"示例市第{n}号食品经营部", "id_no": credit_code(n), "uscc": credit_code(n),
         "entity_category": "enterprise", "region_id": owned(n)["scope_region"], **owned(n)}
        for n in range(SUBJECTS)
    ]  # fmt: skip
    # Firms show their codes; what rows are compared by stands beside them.
    subjects = [sealing.columns_of(TABLES["subject"], each, None) for each in subjects]
    _insert(session, "subject", subjects)
    account(session, CLERK, "clerk", owned(0))


def account(session: Session, username: str, role: str, place: dict[str, Any]) -> None:
    """Somebody who can sign in: the row makes the sign-in, which then has the password."""
    _insert(session, "account", [{"username": username, "real_name": "示例人员", "roles": [role], **place}])
    passwords.place(session, session.scalars(sa.select(User.id).where(User.username == username)).one(), PASSWORD)


def build() -> None:
    """Make the template database anew, the earlier inspections through the importer."""
    from app.extensions import db
    from bench import book, imports

    with ground.connected() as connection:
        ground.ask(connection, f"DROP DATABASE IF EXISTS {ground.WORLD} WITH (FORCE)")
    schema.upgrade(ground.urls(ground.WORLD).owner)
    app = ground.application(ground.WORLD)
    with app.app_context():
        with looking_as(db.session(), THE_SYSTEM):
            permissions.synchronise(db.session())
            places = _places(db.session())
            _catalogue(db.session(), places)
            _people_and_subjects(db.session(), places)
        db.session.commit()
        ground.settle(ground.WORLD)
        imports.once(db.session(), book.path(EARLIER, series="earlier"))
        db.session.remove()
        db.engine.dispose()
    ground.settle(ground.WORLD)
    ground.mark(ground.WORLD, stamp())


if __name__ == "__main__":
    build()
    print("{}")
