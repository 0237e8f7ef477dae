"""pandas: ``read_excel``, codes mapped to identifiers, ``to_sql`` with what is new. No rule, no refusal, no update.

One bad code and the table refuses the whole workbook; a row that is stored already as well. The job is read from
standard input as JSON.
"""

import json
import sys
import uuid

import pandas as pd
import sqlalchemy as sa
from worker import Spent

JOB = json.load(sys.stdin)
REFERENCES = {
    "department": ("department", "name"), "region": ("region", "code"), "sub_item": ("supervision_sub_item", "sub_code"),
    "implementation_list": ("implementation_list", "list_code"),
}  # fmt: skip
KEYS = ("id", "sub_item_id", "implementation_list_id", "inspection_id", "inspector_id")


def main():
    url = sa.URL.create(
        "postgresql+psycopg", JOB["user"], JOB["password"], database=JOB["database"], query={"host": JOB["host"]}
    )
    engine = sa.create_engine(url, connect_args={"options": '-c app.who={"actor":0,"name":"bench"}'})
    with engine.begin() as connection:
        pid = connection.scalar(sa.text("SELECT pg_backend_pid()"))
        with Spent(pid) as spent:
            rows = load(connection)
            connection.commit()
    print(json.dumps({**spent.told(), "rows": rows}))


def load(connection):
    fields = {header: name for name, header in JOB["headers"].items()}
    frame = pd.read_excel(JOB["file"], engine="calamine", dtype={JOB["headers"]["region"]: str}).rename(columns=fields)
    for field, (table, column) in REFERENCES.items():
        known = pd.read_sql(f"SELECT {column} AS code, id FROM {table}", connection).set_index("code")["id"]
        frame[f"{field}_id"] = frame.pop(field).astype(str).map(known)
    regions = pd.read_sql("SELECT id, region_id FROM department", connection).set_index("id")["region_id"]
    frame["scope_region"] = frame["department_id"].map(regions)
    frame["id"] = [uuid.uuid4() for _ in range(len(frame))]
    inspectors = pd.read_sql("SELECT cert_no, id FROM inspector", connection).set_index("cert_no")["id"]
    links = frame.assign(number=frame.pop("inspectors").str.split("；"))[["id", "number"]].explode("number")
    links["inspector_id"] = links.pop("number").map(inspectors)
    links = links.rename(columns={"id": "inspection_id"})
    for name, rows in (("inspection", frame), ("inspection_inspectors", links)):
        keys = {each: sa.Uuid() for each in rows if each in KEYS}
        rows.to_sql(name, connection, if_exists="append", index=False, chunksize=1000, dtype=keys)
    return len(frame)


main()
