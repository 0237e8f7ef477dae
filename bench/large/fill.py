"""The rows of the large world: few by the declared tables, many by one statement each."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import sqlalchemy as sa
from psycopg2.extensions import connection as Connection
from sqlalchemy.orm import Session

from app import domains
from app.core import secrecy
from app.core.spelling import spelled
from app.core.table import TABLES
from bench import ground, world
from bench.large import words

ITEMS, INSPECTORS, PARTY_OF = 60, 5, 10
STEP = 500_000
#: The references are right: none is looked up. Indexes are made as a migration on an empty machine could make them.
SETTINGS = (
    "session_replication_role = replica", "work_mem = '1GB'", "maintenance_work_mem = '2GB'", "wal_compression = off",
    "max_parallel_maintenance_workers = 2",
)  # fmt: skip
SINCE = date(2023, 11, 20)
_IN_FORCE = date(2020, 1, 1)

#: What an inspection is made of: parties by number; by department and item, the list and what repeats in its rows.
HELP = """
CREATE UNLOGGED TABLE bench_party (
    number integer PRIMARY KEY, county bigint, city bigint, region integer, name varchar, nature varchar,
    id_type varchar, id_no varchar, mark uuid, address varchar, is_subject boolean, spelling text,
    subject uuid);
CREATE UNLOGGED TABLE bench_item AS
SELECT d.id AS department, d.region_id AS region, d.name AS office, d.uscc AS office_code, l.id AS list,
       s.id AS sub_item, s.sub_name, (row_number() OVER (PARTITION BY d.id ORDER BY l.list_code) - 1)::int AS item
  FROM implementation_list l JOIN department d ON d.id = l.department_id
  JOIN supervision_sub_item s ON s.id = l.sub_item_id;
"""

#: A key as the application makes them: the moment in milliseconds, then what looks like chance.
KEY = "(lpad(to_hex((extract(epoch FROM {at}) * 1000)::bigint), 12, '0') || '7' || substr({h}, 1, 3) || '8' || substr({h}, 4, 15))::uuid"

INSPECTIONS = f"""
INSERT INTO inspection (id, created_at, updated_at, version, department_id, scope_region, record_uid, impl_org,
    impl_org_code, subject_kind, party_name, party_nature, party_id_type, party_id_no, party_id_no_mark, address_registered,
    address_operating, region_id, submitted_at, submitted_by, subject_id, produced_on, accepted_at, due_on, is_late,
    quality_flags, action_no, name, sub_item_id, implementation_list_id, subject_name, plan_id, check_form, check_type,
    check_mode, check_result, checked_on, document_no, spelling)
SELECT {KEY.format(at="x.at", h="x.h")}, x.at, x.at, 1, i.department, i.region, 'L' || lpad(x.n::text, 12, '0'), i.office,
    i.office_code, 'market_entity', p.name, p.nature, p.id_type, p.id_no, p.mark, p.address,
    p.address, p.region, x.at, '报送员' || x.a %% 60, p.subject, x.day, x.at, x.day + 7, x.a %% 17 = 0,
    '{{}}', 'JC' || to_char(x.day, 'YYYYMMDD') || lpad(x.n::text, 10, '0'), '对' || p.name || '进行' || i.sub_name || '的检查',
    i.sub_item, i.list, p.name, CASE WHEN x.b %% 10 < 4 THEN 'PLAN-' || to_char(x.day, 'YYYY') || '-' || x.b %% 400 END,
    CASE WHEN x.b %% 5 = 0 THEN 'special' ELSE 'daily' END,
    (ARRAY['double_random','double_random','double_random','key','patrol','patrol','complaint','recheck'])[x.a %% 8 + 1],
    (ARRAY['onsite','onsite','onsite','document','online'])[x.b %% 5 + 1],
    (ARRAY['no_problem','no_problem','no_problem','no_problem','no_problem','no_problem','no_problem','fixed_on_spot',
           'ordered_to_fix','case_filed'])[x.c %% 10 + 1],
    x.day, '示市监检〔' || to_char(x.day, 'YYYY') || '〕' || x.n || '号', p.spelling
FROM (
    SELECT n, at, (at - (hashint8extended(n, 5) & 3) * interval '1 day')::date AS day, md5(n::text) AS h,
           (hashint8extended(n, 1) & 1073741823)::int AS a, (hashint8extended(n, 2) & 1073741823)::int AS b,
           (hashint8extended(n, 3) & 1073741823)::int AS c, (hashint8extended(n, 4) & 1073741823)::int AS who
      FROM (SELECT n, %(since)s::timestamptz + n * (interval '1095 days' / %(rows)s) AS at
              FROM generate_series(%(low)s::bigint, %(high)s::bigint) AS n) AS each
) AS x
JOIN bench_party p ON p.number = x.who %% %(parties)s
JOIN bench_item i ON i.item = (x.a >> 8) %% {ITEMS} AND i.department = CASE
    WHEN x.b %% 1000 < 5 THEN %(province)s::bigint WHEN x.b %% 1000 < 55 THEN p.city ELSE p.county END
ORDER BY x.n
"""


def _insert(session: Session, table: str, rows: list[dict[str, Any]]) -> None:
    session.execute(sa.insert(TABLES[table].__table__), rows)


def directories(session: Session) -> None:
    """Regions, departments, the catalogue with a list for each item and department, inspectors, two clerks."""
    places = words.offices()
    regions = [{"code": each.region, "name": each.place, "level": each.level} for each in places]
    _insert(session, "region", regions)
    departments = TABLES["department"].__table__
    made: list[Any] = []
    for place, each in enumerate(places):
        row = {
            "name": each.name, "uscc": world.office_code(place), "region_id": int(each.region) * 1000,
            "duty_line": "market", "level": each.level, "parent_id": None if each.parent is None else made[each.parent].id,
        }  # fmt: skip
        made.append(session.execute(sa.insert(departments).values(row).returning(departments)).one())
    top = {"department_id": made[0].id, "scope_region": made[0].region_id}
    state = {"status": "published", "edition": 1, "valid_from": _IN_FORCE}
    items, subs = TABLES["supervision_item"].__table__, TABLES["supervision_sub_item"].__table__
    main = {"main_code": f"{world.sub_code(0)[:11]}000", "main_name": "对经营活动的监管", "duty_line": "market",
            "supervision_dept_name": "市场监管部门", "source_level": "provincial", **state, **top}  # fmt: skip
    main_id = session.execute(sa.insert(items).values(main).returning(items.c.id)).scalar_one()
    wanted = [
        {"sub_code": world.sub_code(n), "sub_name": f"第{n}项经营行为", "main_item_id": main_id,
         "measure_type": "inspection", "subject_kind": "market_entity", "subject_text": "经营者",
         "levels": ["province", "city", "county"], "apply_scope": [], "legal_basis": "《示例法》第一条", "process_text": "检查",
         "result_text": "公示", **state, **top}
        for n in range(ITEMS)
    ]  # fmt: skip
    _insert(session, "supervision_sub_item", wanted)
    sub_ids = dict(session.execute(sa.select(subs.c.sub_code, subs.c.id)).tuples().all())
    _insert(session, "implementation_list", [
        {"list_code": world.list_code(n, place), "sub_item_id": sub_ids[world.sub_code(n)],
         "impl_dept_name": office.name, "impl_dept_code": office.uscc, "use_level": office.level,
         "legal_basis": "《示例法》第一条", "check_form": ["daily"], "check_type": ["patrol"], "check_mode": ["onsite"],
         "process_text": "检查", "consult_way": "窗口", "complaint_way": "12345", "department_id": office.id,
         "scope_region": office.region_id, **state}
        for place, office in enumerate(made) for n in range(ITEMS)
    ])  # fmt: skip
    _insert(session, "inspector", [
        {"name": f"示例{place}{n}", "org_full_name": office.name, "cert_no": world.cert_no(place * INSPECTORS + n),
         "state": "valid", "cert_valid_until": date(2035, 12, 31), "department_id": office.id,
         "scope_region": office.region_id}
        for place, office in enumerate(made) for n in range(INSPECTORS)
    ])  # fmt: skip


def parties(connection: Connection, count: int) -> None:
    """The parties stand in a table beside, with the key that every fifth of them has in the library of subjects."""
    ground.ask(connection, HELP)
    by_code = {
        code: row for code, *row in ground.ask(connection, "SELECT uscc, id, parent_id, region_id FROM department")
    }
    places = {place: by_code[world.office_code(place)] for place in range(len(words.offices()))}
    lines = io.StringIO()
    for each in words.parties(count):
        # What a citizen's rows hold is of the right shape only: it is sealed for the party, and opens in no row.
        number = (
            secrecy.seal("bench_party", "id_no", each.number, each.id_no).stored
            if each.nature == "citizen"
            else each.id_no
        )
        whose = (each.name, each.nature, each.id_type, number, secrecy.mark("number", each.id_no), each.address)
        row = (each.number, *places[each.office], *whose, each.is_subject, spelled(each.name, False))
        lines.write("\t".join(map(str, row)) + "\n")
    lines.seek(0)
    with connection.cursor() as cursor:
        columns = "number, county, city, region, name, nature, id_type, id_no, mark, address, is_subject, spelling"
        cursor.copy_expert(f"COPY bench_party ({columns}) FROM STDIN", lines)
    key = KEY.format(at="timestamptz '2023-01-01' + number * interval '1 second'", h="md5(number::text)")
    ground.ask(connection, f"UPDATE bench_party SET subject = {key} WHERE is_subject")
    ground.ask(connection, "VACUUM ANALYZE bench_party")
    ground.ask(connection, "ANALYZE bench_item")


def subjects(connection: Connection) -> None:
    """The library holds the parties that are in it."""
    domains.load()
    names = "id kind name id_type id_no id_no_mark uscc entity_category region_id department_id scope_region spelling".split()
    usual = {
        column.name: column.default.arg
        for column in TABLES["subject"].__table__.c
        if column.default is not None and column.default.is_scalar and column.name not in names
    }
    ground.ask(
        connection,
        f"INSERT INTO subject ({', '.join([*names, *usual])}) "
        "SELECT subject, CASE id_type WHEN 'uscc' THEN 'market_entity' ELSE 'natural_person' END, name, id_type, id_no, mark, "
        "CASE id_type WHEN 'uscc' THEN id_no END, CASE id_type WHEN 'uscc' THEN 'enterprise' END, region, county, region, "
        f"spelling{', %s' * len(usual)} FROM bench_party WHERE is_subject ON CONFLICT DO NOTHING",
        *usual.values(),
    )


#: Indexes that are no key, with the comments by which the migrations know them.
PLAIN = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), obj_description(indexrelid, 'pg_class')
  FROM pg_index WHERE indrelid = 'inspection'::regclass AND NOT indisunique
"""


def inspections(connection: Connection, rows: int, tell: Callable[[str], None]) -> dict[str, float]:
    """All inspections, then the indexes that are no key; the seconds that each index took."""
    indexes, seconds = ground.ask(connection, PLAIN), dict[str, float]()
    for setting in SETTINGS:
        ground.ask(connection, f"SET {setting}")
    for name, *_ in indexes:
        ground.ask(connection, f"DROP INDEX {name}")
    [(province,)] = ground.ask(connection, "SELECT id FROM department WHERE parent_id IS NULL")
    values = {"since": SINCE, "rows": rows, "parties": rows // PARTY_OF, "province": province}
    for low in range(0, rows, STEP):
        high = min(low + STEP, rows)
        with connection.cursor() as cursor:
            cursor.execute(INSPECTIONS, values | {"low": low, "high": high - 1})
        tell(f"{high:,} rows")
    for name, definition, note in indexes:
        started = time.monotonic()
        ground.ask(connection, definition)
        if note:
            ground.ask(connection, f"COMMENT ON INDEX {name} IS %s", note)
        seconds[name] = round(time.monotonic() - started, 1)
        tell(f"{name}: {seconds[name]} s")
    return seconds
