"""Every page of the console, from its route map: a page added tomorrow stands in this list by being routed.

Each GET route is asked once, of one table, what it answers: pages are visited in the browser, everything else (JSON,
workbooks, redirects) is not a page. A route with a parameter that nothing fills must be named in `LEFT_OUT`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, select, text
from werkzeug.routing import Rule

from app.console.memory import Draft
from app.console.view.beside import BESIDE
from app.core import saving, viewer
from app.core.fields import Field
from app.core.table import TABLES, Table
from app.core.viewer import THE_SYSTEM, look_as, looking_as
from app.extensions import db
from app.transfer.books.order import followers
from app.transfer.columns import import_columns
from tests.conftest import Browser
from tests.every_table.world import World
from tests.jobs.asking import one_of_each
from tests.todo.given import one_of_each as to_dos

#: Who visits the pages: everything is open to him, and the demo data is his.
VISITOR = "sysadmin"
#: Tables that are somebody else's to write; nobody's, where only the keeper of the tests' own world is offered all pages.
VISITORS = {"account": "secadmin", "handover": "", "responsible_change": ""}
#: Parameters that mean the same everywhere.
KNOWN = {"version": "v1"}
#: Addresses that are no pages to be looked at, and why.
LEFT_OUT = {
    "JobPage.state": "JSON of one job",
    "JobPage.file": "a download",
    "static": "style and scripts",
    "appbuilder.static": "the framework's own style and scripts",
    "Door.login": "a stranger's page: in PLACES",
    "SessionPage.of": "of an account: in PLACES",
    "CredentialPage.of": "of an account: in PLACES",
    "LeavingPage.paper": "of a hand-over that was done",
    "AuditPage.export": "a download",
    "OwnAudit.export": "a download",
    "UrgingPage.export": "a download",
    "RatesPage.export": "a download",
}
#: Pages about one entry of the log, and who opens the log.
ENTRIES = {"AuditPage": "zfb_xian", "OwnAudit": VISITOR}
#: The same for addresses that every table has.
LEFT_OUT_OF_TABLES = {
    "file": "a file that was attached to a row: a download",
    "tree": "JSON, and only of tables with levels",
    "unmask": "asks for a reason, of roles that may see sensitive values in full",
    "export_full": "the same for an export: in PLACES",
    "take_draft": "of a draft that was handed over",
}
NOWHERE = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Page:
    """An address with what is done there before looking; `kind` is the same for every table."""

    kind: str
    url: str
    who: str = VISITOR
    status: int = 200
    press: str = ""
    """A form that is submitted, or something that is pressed, by its CSS selector."""

    def __str__(self) -> str:
        return f"{self.kind} {self.url}" + (f" as {self.who}" if self.who != VISITOR else "")


#: The pages that belong to no table and need something besides their address.
PLACES = (
    Page("sign-in", "/login/", who=""),
    Page("sign-in refused", "/login/", who="", status=422, press="main form"),
    Page("sessions of an account", "/sessions/of/clerk_yanta", who="secadmin"),
    Page("credentials of an account", "/credentials/of/clerk_yanta", who="secadmin"),
    Page("audit log", "/audit/", who="zfb_xian"),
    Page("audit log refused", "/audit/?from=abc", who="zfb_xian", status=400),
    Page("access", "/access/?person=clerk_yanta&table=inspection", who="admin_yanta"),
    Page(
        "access explained",
        "/access/?person=clerk_yanta&table=inspection",
        who="admin_yanta",
        press="main form[action$=ask]",
    ),
    Page("urging", "/urging/", who="zfb_xian"),
    Page("urging settings", "/urging_settings/", who="zfb_xian"),
    Page("rates", "/rates/", who="zfb_xian"),
    Page("rows of a rate", "/rates/rows?of=claimed", who="zfb_xian"),
    Page("export in full", "/inspector/export_full", who="admin_yanta"),
    Page("to-dos done", "/todo/?tab=done"),
    Page("to-dos sent", "/todo/?tab=sent&standing=open"),
    Page("copies", "/todo/?tab=copies"),
    Page("to-dos refused", "/todo/?from=abc", status=400),
    Page("to-dos of a unit", "/todo/?tab=unit", who="admin_yanta"),
    Page(
        "to-do re-assigned", "/todo/?tab=unit", who="admin_yanta", press="button[form=row][formaction='/todo/assign']"
    ),
    Page("to-do handed over", "/todo/", press="button[form=row][formaction='/todo/give']"),
    Page("claiming", "/claiming/", who="catalog_xian"),
    Page("claiming refused", "/claiming/", who="catalog_xian", status=422, press="[data-claim] [value=claim]"),
    Page("write-offs", "/excuses/", who="reviewer_xian"),
    Page("form begun without a line", "/inspection/add?blank=1", who="clerk_yanta"),
    Page("not found", "/nothing/here", status=404),
    Page("no such row", f"/inspection/show/{NOWHERE}", status=404),
    Page("forbidden", "/inspection/add", who="evaluator_xian", status=403),
    Page("bad request", "/inspection/list/?f.checked_on.from=abc", status=400),
)


@dataclass
class Site:
    """The console as its route map tells it, with rows to look at."""

    app: Flask
    sign_in: Callable[[str | None], Browser]
    world: World
    unfilled: list[str] = field(default_factory=list)
    _kinds: dict[str, bool] = field(default_factory=dict)
    _uploads: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Forms are met empty: what other tests left half typed would fill them."""
        with self.app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            session.execute(delete(Draft))
            session.commit()
        with self.app.app_context():
            one_of_each(db.session(), VISITOR)
            to_dos(db.session(), VISITOR)

    def places(self) -> Iterator[Page]:
        """The pages that belong to no table."""
        yield from PLACES
        for rule in self._rules():
            if rule.endpoint.partition(".")[0].removeprefix("api_") in TABLES or rule.endpoint in LEFT_OUT:
                continue
            if any(each.endpoint == rule.endpoint and each.by == "id" for each in BESIDE):  # a table's own: ``pages``
                continue
            if rule.arguments == {"number"}:
                page, who = rule.endpoint, ENTRIES[rule.endpoint.partition(".")[0]]
                yield Page(page, self._url(rule, number=self._entry_of(who)), who)
            elif rule.arguments - KNOWN.keys():
                self.unfilled.append(rule.rule)
            elif self._is_page(url := self._url(rule, **KNOWN)):
                yield Page(rule.endpoint, url)

    def pages(self, name: str) -> Iterator[Page]:
        """Every page of a table, and what can be done with it before looking."""
        table = TABLES[name]
        key, title, who = self._row(table)
        batch = self._upload(table, who)
        for rule in self._rules():
            owner, _, method = rule.endpoint.partition(".")
            if owner != name or method in LEFT_OUT_OF_TABLES or not self._is_page_of(name, rule, key, batch, who):
                continue
            found = batch if "/import" in rule.rule else key
            url = self._url(rule, **self._values(name, rule, found))
            if method == "upload" and followers(table):
                yield Page("book", self._book(name, who), who)
            yield Page(method, url, who)
            yield from _done_there(table, method, url, key, title, who)
        for each in BESIDE:
            if each.table == name and each.by == "id":
                rule = next(rule for rule in self._rules() if rule.endpoint == each.endpoint)
                yield Page(each.endpoint, self._url(rule, pk=key), who)
        if name == "subject_tag":
            yield from self._taken_back(who)

    def _taken_back(self, who: str) -> Iterator[Page]:
        """An import that can be taken back, and one that was."""
        page = self.sign_in(who)
        for kind in ("undo", "undone"):
            sheet = f"标签名称\n走查{kind}{len(self._uploads)}\n".encode("utf-8-sig")
            address = page.post("/subject_tag/import", file=(io.BytesIO(sheet), "试.csv")).headers["Location"]
            page.post(f"{address}/commit")
            if kind == "undone":
                page.post(f"{address}/undo")
            yield Page(kind, f"{address}/undo", who)

    def _rules(self) -> Iterator[Rule]:
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda each: each.rule):
            if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/"):
                yield rule

    def _url(self, rule: Rule, **values: Any) -> str:
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)

    def _values(self, name: str, rule: Rule, key: str) -> dict[str, Any]:
        """What the parameters of a route of the table stand for."""
        values: dict[str, Any] = dict.fromkeys(rule.arguments - KNOWN.keys(), key) | KNOWN
        if "entry" in values:  # of what was stored: somebody who was refused stands on the log too
            stored = "rel = :a AND pk = :b AND action IN ('insert', 'baseline', 'update', 'delete')"
            values["entry"] = self._newest(stored, a=name, b=key)
        return values

    def _entry_of(self, username: str) -> int:
        """The newest entry of the log about what that person did."""
        self.sign_in(username)
        return self._newest("actor = (SELECT id FROM ab_user WHERE username = :a)", a=username)

    def _newest(self, condition: str, **values: str) -> int:
        with self.app.app_context(), looking_as(db.session(), THE_SYSTEM) as session:
            found = session.scalar(text(f"SELECT max(id) FROM audit.log WHERE {condition}"), values)
            session.rollback()
        assert found is not None, (condition, values)
        return int(found)

    def _is_page_of(self, name: str, rule: Rule, key: str, batch: str, who: str) -> bool:
        """Whether this route of the table answers with a page; asked once for all tables that have the route."""
        method = rule.endpoint.partition(".")[2]
        if method not in self._kinds:
            found = batch if "/import" in rule.rule else key
            answer = self.sign_in(who).get(self._url(rule, **self._values(name, rule, found)))
            if answer.status_code >= 400:
                self.unfilled.append(f"{rule.rule}: {answer.status_code}")
            self._kinds[method] = _is_html(answer)
            answer.close()
        return self._kinds[method]

    def _is_page(self, url: str) -> bool:
        answer = self.sign_in(VISITOR).get(url)
        try:
            return _is_html(answer)
        finally:
            answer.close()

    def _row(self, table: type[Table]) -> tuple[str, str, str]:
        """A row of the demo data, or one that is made: its key, its title, and who sees it."""
        visitor = VISITORS.get(table.__tablename__, VISITOR)
        with self.app.app_context():
            session = db.session()
            account = session.scalar(select(User.id).where(User.username == visitor))
            person = viewer.person(session, account) if account is not None else None
            look_as(session, person)
            found = saving.visible(table, person).order_by(table.id.desc()).limit(1) if person is not None else None
            if found is not None and (row := session.scalars(found).first()) is not None:
                return str(row.id), row.title(), visitor
        row = self.world.row(table.__tablename__)
        return str(row.id), row.mark, "t_own"

    def _upload(self, table: type[Table], who: str) -> str:
        """An upload of one good and one bad row, read and checked; the same one for the whole run."""
        name = table.__tablename__
        if name not in self._uploads:
            page = self.sign_in(who)
            answer = page.post(f"/{name}/import", file=(io.BytesIO(_sheet(table)), "试.csv"))
            assert answer.status_code == 302, f"{name}: {answer.status_code}"
            found = re.search(r"/import/([0-9a-f-]{36})", answer.headers["Location"])
            assert found, f"{name}: {answer.headers['Location']}"
            self._uploads[name] = found[1]
            if answer.headers["Location"].endswith("/map"):
                columns = import_columns(table)
                mapping = {f"map.{at}": column.field.name for at, column in enumerate(columns)}
                page.post(answer.headers["Location"], **mapping, header_row="1")
        return self._uploads[name]

    def _book(self, name: str, who: str) -> str:
        """The page of a workbook with a sheet for the table and each that follows it."""
        page = self.sign_in(who)
        book = io.BytesIO(page.get(f"/{name}/templates").get_data())
        address: str = page.post(f"/{name}/import", file=(book, "多表.xlsx")).headers["Location"]
        return address


def _is_html(answer: Any) -> bool:
    """A whole page; the inside of one, which scripts fetch, is looked at where it is shown."""
    kept = answer.headers.get("Content-Disposition", "")
    if answer.status_code != 200 or answer.mimetype != "text/html" or "attachment" in kept:
        return False
    return "<html" in answer.get_data(as_text=True)[:1000]


def _done_there(table: type[Table], method: str, url: str, key: str, title: str, who: str) -> Iterator[Page]:
    """What people do on the pages that every table has."""
    name = table.__tablename__
    if method == "index":
        yield Page("list found", f"{url}?q={title[:2]}", who)
        yield Page("list empty", f"{url}?q=没有这样的记录甲乙丙", who)
        if asked := _asked(table):
            yield Page("list asked", f"{url}?{asked}", who)
    elif method == "add":
        yield Page("copy", f"{url}?copy={key}", who)
        if any(column.required for column in import_columns(table)):  # an empty form is refused
            yield Page("add refused", url, who, status=422, press=f"form[method=post][action$='/{name}/add']")
    elif method == "check":
        yield Page("check errors", f"{url}?only=error", who)


def _asked(table: type[Table]) -> str:
    """Conditions for the search card of a list: one of each kind that it has."""
    said: dict[str, str] = {}
    for each in table.__fields__.values():
        if each.kind not in said and each.in_list:
            if each.choices:
                said[each.kind] = f"f.{each.name}={next(iter(each.choices)).value}"
            elif each.kind == "day":
                said[each.kind] = f"f.{each.name}.from=2020-01-01"
            elif each.kind == "boolean":
                said[each.kind] = f"f.{each.name}=true"
    return "&".join(said.values())


def _sheet(table: type[Table]) -> bytes:
    """Two rows: as the samples say, and nothing but rubbish."""
    stream = io.StringIO()
    columns = import_columns(table)
    writer = csv.writer(stream)
    writer.writerow(column.header for column in columns)
    writer.writerow(_sample(column.field) for column in columns)
    writer.writerow("？" if column.field.kind not in ("text", "long_text") else "错误示例" for column in columns)
    return stream.getvalue().encode("utf-8-sig")


def _sample(each: Field) -> str:
    if each.choices:
        return str(next(iter(each.choices)).label)
    return str(each.sample or "示例")
