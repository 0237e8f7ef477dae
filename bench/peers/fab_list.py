"""Flask-AppBuilder as shipped: a ModelView and a ModelRestApi; the clerk's own have ``base_filters``.

The job is read from the first line of standard input as JSON.
"""

import json
import logging
import re
import sys

import sqlalchemy as sa
from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelView
from flask_appbuilder.models.sqla.base import SQLA
from flask_appbuilder.models.sqla.filters import FilterEqualFunction
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy.orm import relationship
from worker import serve

JOB = json.loads(sys.stdin.readline())
OPTIONS = {"options": "-c search_path=peer_fab,peer"}
PASSWORD = "Bench@2026"


class Department(Model):
    __tablename__ = "department"
    __table_args__ = {"schema": "peer"}
    id = sa.Column(sa.BigInteger, primary_key=True)
    name = sa.Column(sa.String(200))

    def __repr__(self):
        return str(self.name)


class Inspection(Model):
    __tablename__ = "inspection"
    __table_args__ = {"schema": "peer"}
    id = sa.Column(sa.Uuid, primary_key=True)
    department_id = sa.Column(sa.BigInteger, sa.ForeignKey("peer.department.id"))
    department = relationship(Department)
    action_no = sa.Column(sa.String(50))
    name = sa.Column(sa.String(500))
    subject_name = sa.Column(sa.String(200))
    party_name = sa.Column(sa.String(200))
    party_id_no = sa.Column(sa.String(20))
    check_type = sa.Column(sa.String(40))
    check_result = sa.Column(sa.String(40))
    checked_on = sa.Column(sa.Date)
    document_no = sa.Column(sa.String(100))
    is_late = sa.Column(sa.Boolean)


class Province(ModelView):
    datamodel = SQLAInterface(Inspection)
    list_columns = [
        "action_no", "party_name", "check_type", "check_result", "checked_on", "document_no", "is_late", "department",
    ]  # fmt: skip
    search_columns = ["action_no", "name", "subject_name", "party_name", "party_id_no", "document_no"]
    page_size = 20
    base_order = ("id", "desc")


class County(Province):
    datamodel = SQLAInterface(Inspection)
    base_filters = [["department_id", FilterEqualFunction, lambda: JOB["county"]]]


def signed_in(app):
    client = app.test_client()
    client.post("/login/", data={"username": "bench", "password": PASSWORD})
    return client


def main():
    logging.disable(logging.WARNING)
    app = Flask("stock")
    url = sa.URL.create(
        "postgresql+psycopg2", JOB["user"], JOB["password"], database=JOB["database"], query={"host": JOB["host"]}
    )
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url.render_as_string(hide_password=False), SECRET_KEY="of a bench",
        WTF_CSRF_ENABLED=False, SQLALCHEMY_ENGINE_OPTIONS={"connect_args": OPTIONS},
    )  # fmt: skip
    db = SQLA(app)
    statements = []
    with app.app_context():
        builder = AppBuilder(app, db.session)
        builder.add_view(Province, "Province")
        builder.add_view(County, "County")
        if not builder.sm.find_user("bench"):
            builder.sm.add_user("bench", "a", "b", "a@example.com", builder.sm.find_role("Admin"), PASSWORD)
        sa.event.listen(db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    client = signed_in(app)

    def get(case):
        view = {"county": "County", "province": "Province"}[case["viewer"]]
        given = {
            "first": {}, "deep": {f"page_{view}": JOB["page"] - 1}, "sort": {f"_oc_{view}": "checked_on", f"_od_{view}": "desc"},
        }  # fmt: skip
        parameters = given[case["case"]] if case["case"] in given else {"_flt_2_party_name": case["word"]}
        answer = client.get(f"/{view.lower()}/list/", query_string=parameters)
        return answer.status_code, answer.get_data()

    serve(get, statements)


assert re.match(r"\d+", str(JOB["county"]))
main()
