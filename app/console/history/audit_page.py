"""The audit log for those who watch over it (``/audit/``), and everybody's own acts (``/audit/mine/``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.history import log, proof_page, told, trail
from app.console.history.actions import ACTIONS
from app.console.history.asked import ALL_CHANGES, ALL_EVENTS, SIZES, Asked, conditions, read_asked
from app.console.history.audit_export import answered as exported
from app.console.history.difference import line
from app.console.history.log import LOG, Entry, Place
from app.console.tally import Question, count
from app.console.view.list import counts
from app.core import clock
from app.core.errors import NotVisible, Refused
from app.core.messages import N_, joined
from app.core.table import LINKS, TABLES, tables_with_pages
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db

TITLE, MINE = N_("审计日志"), N_("我的操作记录")
#: Fields that a line of the list names.
_NAMED = 6
#: Details that only the page of the entry tells.
_LONG = ("columns", "keys")
#: Tables without pages of their own that are on the log too.
_BESIDES = ("attachment", "credential", "ab_user", "ab_role", "ab_user_role", "ab_permission_view_role")


class AuditLog(BaseView):
    """What both pages share; ``mine`` says that only the viewer's own acts are shown."""

    default_view = "index"
    base_permissions = ["can_read"]
    mine = False

    def _where(self, asked: Asked) -> list[Any]:
        viewer = guard.must_view()
        own = [LOG.c.actor == viewer.user_id] if self.mine else []
        return [*own, log.readable(viewer), *conditions(db.session(), asked, viewer)]

    def _page_of(self, asked: Asked) -> tuple[list[Entry], bool, Any]:
        """The entries of this page, whether there are more, and how many there are."""
        where = self._where(asked)
        before, after = Place.read(request.args.get("before", "")), Place.read(request.args.get("after", ""))
        query = log.selected(*where)
        query = log.newest(query, before) if after is None else log.oldest(query, after)
        found = log.entries(db.session(), query.limit(asked.size + 1))
        total = count(db.session(), Question(sa.select(LOG.c.id).where(*where)))
        shown = found[: asked.size]
        return (shown[::-1] if after is not None else shown), len(found) > asked.size, total

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """The entries that were asked for, newest first, and the state of the trail."""
        problem: Refused | None = None
        found: list[Entry] = []
        more, total = False, None
        try:
            asked = read_asked(request.args, usual=not self.mine)
            found, more, total = self._page_of(asked)
        except Refused as error:
            db.session.rollback()
            asked, problem = Asked(), error
        state = trail.trail(db.session())
        about = told.known(db.session(), found)
        sealed = trail.sealed_by(state)
        page = render_template(
            "console/audit.html",
            title=str(MINE if self.mine else TITLE),
            mine=self.mine,
            rows=[self._row(each, about, sealed) for each in found],
            asked=asked,
            typed=request.args if problem else asked.pairs(),
            actions=_actions(),
            tables=_tables(),
            count_text=counts.total_text(total) if total is not None else "",
            pager=self._pager(asked, found, more),
            trail=None if self.mine else _trail(state, trail.alarms(db.session())),
            problem=str(problem) if problem else None,
            urls={
                "here": self._url("index"),
                "export": asked.address_of(self._url("export")),
                "mine": url_for("OwnAudit.index"),
            },
            crumbs=[(str(MINE if self.mine else TITLE), None)],
        )
        return (page, problem.status) if problem else page

    def _url(self, page: str, **values: Any) -> str:
        return url_for(f"{type(self).__name__}.{page}", **values)

    def _row(self, each: Entry, about: told.Known, sealed: Callable[[Entry], bool]) -> dict[str, Any]:
        row = told.tell(each, about, sealed)
        brief = [change["label"] for change in row["changes"]]
        more = f" {N_('等 {n} 项', n=len(brief))}" if len(brief) > _NAMED else ""
        row["brief"] = f"{joined(brief[:_NAMED])}{more}" if brief else ""
        said = [f"{d['label']} {d['text']}" for d in row["details"] if d["name"] not in _LONG]
        row["said"] = line(joined(said[:_NAMED], N_("；")), 160)
        row["url"] = self._url("entry", number=each.id)
        return row

    def _pager(self, asked: Asked, found: Sequence[Entry], more: bool) -> dict[str, Any]:
        here, after, before = self._url("index"), "after" in request.args, "before" in request.args
        has_newer = bool(found) and (more if after else before)
        has_older = bool(found) and (True if after else more)
        return {
            "first": asked.address_of(here) if before or after else None,
            "prev": asked.address_of(here, after=log.place(found[0])) if has_newer else None,
            "next": asked.address_of(here, before=log.place(found[-1])) if has_older else None,
            "last": None,
            "sizes": [(n, asked.address_of(here, size=n), n == asked.size) for n in SIZES],
        }

    def _entry(self, number: int) -> Entry:
        found = log.one(db.session(), number)
        if found is None or (self.mine and found.actor != guard.must_view().user_id):
            raise NotVisible
        return found

    @expose("/<int:number>")
    @has_access
    @permission_name("read")
    def entry(self, number: int) -> str:
        """One entry in full: the difference, the record it is about, the seal it is under."""
        found = self._entry(number)
        state = trail.trail(db.session())
        about = told.known(db.session(), [found])
        return render_template(
            "console/audit_entry.html",
            entry=told.tell(found, about, trail.sealed_by(state)),
            urls={
                "record": _record(found),
                "same": self._url("index", table=found.rel, key=found.pk) if found.rel and found.pk else None,
                "proof": self._url("proof", number=number),
                "back": self._url("index"),
            },
            crumbs=[(str(MINE if self.mine else TITLE), self._url("index")), (f"#{number}", None)],
            printed=clock.told(clock.now()),
        )

    @expose("/<int:number>/proof")
    @has_access
    @permission_name("read")
    def proof(self, number: int) -> Any:
        """The proof of an entry."""
        found = self._entry(number)
        return proof_page.answered(
            found,
            (str(MINE if self.mine else TITLE), self._url("index")),
            (f"#{number}", self._url("entry", number=number)),
            download=self._url("proof", number=number, download=1),
            back=self._url("entry", number=number),
        )

    @expose("/export")
    @has_access
    @permission_name("read")
    def export(self) -> Any:
        """The entries that were asked for, as a workbook; that they were taken is on the log itself."""
        asked = read_asked(request.args, usual=not self.mine)
        return exported(asked, self._where(asked), str(MINE if self.mine else TITLE))


class AuditPage(AuditLog):
    """``/audit/``: everything on the log that lies in the viewer's line or region."""

    route_base = "/audit"
    class_permission_name = "audit"


class OwnAudit(AuditLog):
    """``/audit/mine/``: what one did oneself, as the log has it."""

    route_base = "/audit/mine"
    class_permission_name = "own_audit"
    mine = True


def _record(each: Entry) -> str | None:
    """The history of the row that an entry is about, for who may read the table."""
    name, key = each.rel, each.pk
    if name in LINKS:
        name, key = LINKS[name].owner, key.split(log.LINK_MARK)[0]
    if name not in tables_with_pages() or not key or not guard.may("read", name):
        return None
    return url_for(f"{name}.history", pk=key) + f"#e{each.id}"


def _actions() -> list[tuple[str, str]]:
    groups = [(ALL_CHANGES, str(N_("全部数据变更"))), (ALL_EVENTS, str(N_("全部事件")))]
    return groups + [(name, str(label)) for name, (label, _) in ACTIONS.items()]


def _tables() -> list[tuple[str, str]]:
    names = [name for name in TABLES if name in tables_with_pages()] + list(_BESIDES)
    return [(name, told.table_label(name)) for name in names]


def _trail(state: trail.Trail, alarms: Sequence[Any]) -> dict[str, Any]:
    """The board on top of the page."""
    with looking_as(db.session(), THE_SYSTEM):
        verified = trail.verified(db.session())
    return {
        "seal_no": state.seal_no,
        "sealed_at": clock.told(state.sealed_at) if state.sealed_at else None,
        "lag": None if state.lag is None else round(state.lag),
        "is_late": state.is_late,
        "problem": state.problem,
        "verified": verified,
        "alarms": [
            {
                "when": clock.told(each.at),
                "text": trail.alarm_text(each),
                "url": url_for("AuditPage.entry", number=each.id),
            }
            for each in alarms
        ],
    }
