"""离岗交接: who leaves, what he holds, who follows him; shown first, then done in one transaction."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.sign_in import step_up
from app.console.view.form import fields
from app.core.errors import BadValue, Refused
from app.core.lookup import Lookup
from app.core.messages import N_
from app.core.sight import visible
from app.core.table import TABLES
from app.domains.org.models import Account, Handover
from app.domains.org.operations import handing_over
from app.extensions import db

_PERSON, _RECEIVER = Handover.__fields__["person"], Handover.__fields__["receiver"]


class LeavingPage(BaseView):
    """``/leaving/``: choose a person, look at what he holds, hand it over; and its paper."""

    route_base = "/leaving"
    class_permission_name = "leaving"
    base_permissions = ["can_hand_over"]
    default_view = "leaving"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("hand_over")
    def leaving(self) -> Any:
        """Without a person the question who leaves; with one what he holds; posted, the hand-over."""
        given, viewer = request.values, guard.must_view()
        named = given.get("person", "").strip()
        problem, status = None, 200
        if request.method == "POST":
            step_up.must_be_fresh()
            try:
                return self._hand_over(named)
            except Refused as error:
                db.session.rollback()
                problem, status = error, error.status
        account = estate = None
        if named:
            try:
                account = handing_over.leaver(db.session(), _key(_PERSON, named))
                estate = handing_over.estate_of(db.session(), handing_over.number_of(db.session(), account))
            except Refused as error:
                db.session.rollback()
                problem, status, account = problem or error, error.status, None
        page = render_template(
            "org/leaving.html",
            account=account,
            estate=estate,
            person=fields._field(_PERSON, account.id if account else named, []) | {"required": True},
            receiver=fields._field(_RECEIVER, given.get("receiver", ""), []) | {"help": ""},
            employments=[(each.value, str(each.label)) for each in handing_over.LEAVING],
            employment=given.get("employment", ""),
            to=given.get("to", "colleague"),
            note=given.get("note", ""),
            keeper=viewer.name,
            lacking=_lacking(estate, given.get("receiver", "")),
            problem=str(problem) if problem else None,
            crumbs=[(str(Handover.__label__), url_for("handover.index")), (str(N_("办理离岗交接")), None)],
        )
        return page, status

    def _hand_over(self, named: str) -> Any:
        form, session = request.form, db.session()
        receiver = form.get("receiver", "").strip()
        if form.get("to") == "colleague" and not receiver:
            raise Refused(N_("请选择接收人，或选择移交给本单位"))
        row = handing_over.hand_over(
            session,
            key=_key(_PERSON, named),
            receiver_key=_key(_RECEIVER, receiver) if form.get("to") == "colleague" else None,
            employment=form.get("employment", ""),
            note=form.get("note", "").strip(),
            seen=form.get("seen", ""),
        )
        session.commit()
        flash(str(N_("交接完成，账号已停用；请打印交接单由双方签字")), "success")
        return redirect(url_for("LeavingPage.paper", pk=row.id))

    @expose("/paper/<pk>")
    @has_access
    @permission_name("hand_over")
    def paper(self, pk: str) -> Any:
        """The paper of a hand-over, A4, with lines for ink."""
        from app.core import clock, saving

        guard.must_view()
        row: Any = saving.find(db.session(), Handover, pk)
        return render_template(
            "org/handover_paper.html",
            row=row,
            lines=[line.split(str(N_("：")), 1) for line in (row.content or "").splitlines()],
            employment={each.value: str(each.label) for each in handing_over.EmploymentState}[row.employment],
            when=clock.told(row.handed_when),
            printed=clock.told(clock.now()),
            crumbs=[(str(Handover.__label__), url_for("handover.index")), (row.number, None)],
        )


def _key(field: Any, given: str) -> Any:
    """The account meant: by identifier from the picker, by name where scripts are off."""
    lookup = Lookup(db.session(), field)
    try:
        found = lookup.by_id(given) if Account.key_of(given) is not None else lookup.one(given)
    except BadValue as error:
        raise Refused(error.message) from None
    return found.id


def _lacking(estate: Any, receiver: str) -> list[str]:
    """The tables in whose drafts the receiver could not go on, for want of permission."""
    if estate is None or Account.key_of(receiver) is None:
        return []
    asked = visible(Account, guard.must_view()).where(Account.id == Account.key_of(receiver))
    account = db.session.scalar(asked)
    if account is None:
        return []
    may = guard.permissions_of(handing_over.number_of(db.session(), account))
    names = {name for each in estate.things for name in each.tables}
    return [str(TABLES[name].__label__) for name in sorted(names) if name in TABLES and ("can_add", name) not in may]
