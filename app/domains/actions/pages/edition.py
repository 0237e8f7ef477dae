"""The item of an action as it was on the action's day: actions keep pointing at the edition that was in force."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.flow import compared
from app.console.view.beside import Beside
from app.core import clock, saving
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.table import Table
from app.core.workflow import editions
from app.domains.actions.models import ACTIONS, Coercion, Inspection, OtherAction, Penalty
from app.extensions import db

_LABEL = N_("办理当日的事项版本")


class EditionPage(BaseView):
    """``/edition/<table>/<action>``: number, days and contents of the edition, and what has changed since."""

    route_base = "/edition"
    class_permission_name = "supervision_sub_item"
    base_permissions = ["can_read"]
    default_view = "inspection"

    @expose("/inspection/<pk>")
    @has_access
    @permission_name("read")
    def inspection(self, pk: str) -> str:
        """Of an inspection."""
        return _page(Inspection, pk)

    @expose("/penalty/<pk>")
    @has_access
    @permission_name("read")
    def penalty(self, pk: str) -> str:
        """Of a penalty."""
        return _page(Penalty, pk)

    @expose("/coercion/<pk>")
    @has_access
    @permission_name("read")
    def coercion(self, pk: str) -> str:
        """Of a coercion."""
        return _page(Coercion, pk)

    @expose("/other_action/<pk>")
    @has_access
    @permission_name("read")
    def other_action(self, pk: str) -> str:
        """Of another action."""
        return _page(OtherAction, pk)


BESIDES = tuple(
    Beside(
        table.__tablename__,
        _LABEL,
        "versions",
        f"EditionPage.{table.__tablename__}",
        ("read", "supervision_sub_item"),
    )
    for table in ACTIONS
)


def _page(table: type[Table], pk: str) -> str:
    session, viewer = db.session(), guard.must_view()
    if not guard.may_read(viewer, table.__tablename__):
        raise NotVisible
    row: Any = saving.find(session, table, pk)
    item, day = row.sub_item, row.produced_on or clock.today()
    now = editions.said_now(session, item)
    number = editions.number_on(session, item.__tablename__, item.id, day)
    then = next((each for each in editions.of_row(session, item) if each.number == number), None)
    contents = editions.said(then) if then is not None else now
    return render_template(
        "actions/edition.html",
        label=str(_LABEL),
        title=row.title(),
        url=url_for(f"{table.__tablename__}.show", pk=row.id),
        url_item=url_for("supervision_sub_item.show", pk=item.id),
        item=item.title(),
        code=item.sub_code,
        day=day,
        number=number or item.edition,
        since=(then.valid_from if then is not None else item.valid_from),
        until=(then.valid_to if then is not None else item.valid_to),
        whole=compared.whole(session, type(item), contents),
        changes=compared.changes(session, type(item), contents, now),
        latest=item.edition,
        crumbs=[
            (str(table.__label__), url_for(f"{table.__tablename__}.index")),
            (row.title(), url_for(f"{table.__tablename__}.show", pk=row.id)),
            (str(_LABEL), None),
        ],
    )
