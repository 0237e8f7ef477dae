"""SQLAdmin: a ModelView as its documentation shows it, signed in; the clerk's own filters ``list_query``.

The job is read from the first line of standard input as JSON.
"""

import json
import sys

import sqlalchemy as sa
from sqladmin import Admin, ModelView
from sqladmin.authentication import AuthenticationBackend
from sqlalchemy.orm import DeclarativeBase, relationship
from starlette.applications import Starlette
from starlette.testclient import TestClient
from worker import serve

JOB = json.loads(sys.stdin.readline())
OPTIONS = {"options": "-c search_path=peer"}


class Base(DeclarativeBase):
    pass


class Department(Base):
    __tablename__ = "department"
    id = sa.Column(sa.BigInteger, primary_key=True)
    name = sa.Column(sa.String(200))

    def __str__(self):
        return self.name


class Inspection(Base):
    __tablename__ = "inspection"
    id = sa.Column(sa.Uuid, primary_key=True)
    department_id = sa.Column(sa.BigInteger, sa.ForeignKey("department.id"))
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


class Listed:
    column_list = [
        "action_no", "party_name", "check_type", "check_result", "checked_on", "document_no", "is_late", "department",
    ]  # fmt: skip
    column_searchable_list = ["action_no", "name", "subject_name", "party_name", "party_id_no", "document_no"]
    column_sortable_list = ["checked_on", "id"]
    column_default_sort = [("id", True)]
    page_size = 20


class Province(Listed, ModelView, model=Inspection):
    name_plural = "Province"


class County(Listed, ModelView, model=Inspection):
    name_plural = "County"

    def list_query(self, request):
        return super().list_query(request).where(Inspection.department_id == JOB["county"])

    def count_query(self, request):
        return super().count_query(request).where(Inspection.department_id == JOB["county"])


# A class names itself in addresses by its model; there are two of one here.
Province.identity, County.identity = "province", "county"


class Door(AuthenticationBackend):
    async def login(self, request):
        request.session["user"] = (await request.form())["username"]
        return True

    async def logout(self, request):
        request.session.clear()
        return True

    async def authenticate(self, request):
        return "user" in request.session


def main():
    url = sa.URL.create(
        "postgresql+psycopg", JOB["user"], JOB["password"], database=JOB["database"], query={"host": JOB["host"]}
    )
    engine = sa.create_engine(url, connect_args=OPTIONS)
    app = Starlette()
    admin = Admin(app, engine, authentication_backend=Door(secret_key="of a bench"))
    admin.add_view(Province)
    admin.add_view(County)
    statements = []
    sa.event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with TestClient(app) as client:
        client.post("/admin/login", data={"username": "a", "password": "b"})

        def get(case):
            given = {"first": {}, "deep": {"page": JOB["page"]}, "sort": {"sortBy": "checked_on", "sort": "desc"}}
            parameters = given[case["case"]] if case["case"] in given else {"search": case["word"]}
            answer = client.get(f"/admin/{case['viewer']}/list", params=parameters)
            return answer.status_code, answer.content

        serve(get, statements)


main()
