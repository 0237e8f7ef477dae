"""A loop over a workbook with SQLAlchemy's ORM, as one writes it with care: codes looked up once, a commit a thousand rows.

It stores values as they are written: no rule, no code list. Rows are recognised by office and number, so that a second
import changes them. The job is read from standard input as JSON.
"""

import json
import sys
import uuid

import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import Session
from worker import Spent

JOB = json.load(sys.stdin)
#: Field -> the class it refers to, the column it is known by.
REFERENCES = {
    "department": ("department", "name"), "region": ("region", "code"), "sub_item": ("supervision_sub_item", "sub_code"),
    "implementation_list": ("implementation_list", "list_code"),
}  # fmt: skip


def main():
    url = sa.URL.create(
        "postgresql+psycopg", JOB["user"], JOB["password"], database=JOB["database"], query={"host": JOB["host"]}
    )
    engine = sa.create_engine(url, connect_args={"options": '-c app.who={"actor":0,"name":"bench"}'})
    metadata = sa.MetaData()
    metadata.reflect(engine, only=["inspection", "inspector", *(name for name, _ in REFERENCES.values())])
    base = automap_base(metadata=metadata)

    class Link(base):
        __tablename__ = "inspection_inspectors"
        inspection_id = sa.Column(sa.Uuid, sa.ForeignKey("inspection.id"), primary_key=True)
        inspector_id = sa.Column(sa.Uuid, sa.ForeignKey("inspector.id"), primary_key=True)

    base.prepare()
    classes = base.classes
    with Session(engine) as session:
        pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
        with Spent(pid) as spent:
            stored = load(session, classes, Link)
    print(json.dumps({**spent.told(), "rows": stored}))


def _codes(session, kinds, column):
    return dict(session.execute(sa.select(getattr(kinds, column), kinds.id)).all())


def load(session, classes, link):
    kinds = classes.inspection
    known = {field: _codes(session, classes[table], column) for field, (table, column) in REFERENCES.items()}
    numbers = dict(session.execute(sa.select(classes.inspector.cert_no, classes.inspector.id)).all())
    regions = dict(session.execute(sa.select(classes.department.id, classes.department.region_id)).all())
    lines = iter(CalamineWorkbook.from_path(JOB["file"]).get_sheet_by_index(0).iter_rows())
    place = {header: at for at, header in enumerate(next(lines))}
    columns = {name: place[header] for name, header in JOB["headers"].items()}
    count = 0
    for line in lines:
        values = {name: line[at] if line[at] != "" else None for name, at in columns.items()}
        inspectors = [numbers[each] for each in values.pop("inspectors").split("；")]
        for name in REFERENCES:
            values[f"{name}_id"] = known[name][str(values.pop(name)).removesuffix(".0")]
        values["scope_region"] = regions[values["department_id"]]
        wanted = sa.select(kinds).filter_by(department_id=values["department_id"], action_no=values["action_no"])
        row = session.scalars(wanted).one_or_none()
        if row is None:
            row = kinds(id=uuid.uuid4())
            session.add(row)
            session.add_all(link(inspection_id=row.id, inspector_id=each) for each in inspectors)
        for name, value in values.items():
            setattr(row, name, value)
        count += 1
        if count % 1000 == 0:
            session.commit()
    session.commit()
    return count


main()
