"""应领尽领: what a department has still to claim, as a tree from which many are chosen at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_
from app.core.viewer import Viewer
from app.domains.catalogue.choices import ClaimState, MeasureType
from app.domains.catalogue.models import ItemClaim, SupervisionSubItem
from app.domains.catalogue.operations import claiming, unclaimed
from app.domains.catalogue.operations.unclaimed import Offer
from app.domains.org.choices import DutyLine
from app.domains.org.models import Department
from app.extensions import db

TITLE = N_("待认领事项")
#: Items shown, and claimed, at once.
MOST = 900
_WORD = 100


@dataclass
class _Main:
    """A main item with what of it may be claimed."""

    title: str
    offers: list[Offer] = field(default_factory=list)


@dataclass
class _Line:
    """A duty line with its main items."""

    label: str
    mains: dict[str, _Main] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Items of the line."""
        return sum(len(main.offers) for main in self.mains.values())


class ClaimingPage(BaseView):
    """``/claiming/``: what a department may claim; posted, it claims them or says why they do not apply."""

    route_base = "/claiming"
    class_permission_name = ItemClaim.__tablename__
    base_permissions = ["can_edit"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("edit")
    def index(self) -> Any:
        """The tree line, main item, sub-item; ``unit`` names a department below one's own, ``q`` seeks in all."""
        return _page()

    @expose("/take", methods=["POST"])
    @has_access
    @permission_name("edit")
    def take(self) -> Any:
        """The chosen items are claimed, or excused with a reason: all of them or none."""
        form, session = request.form, db.session()
        unit = _unit(guard.must_view())
        keys = [key for text in form.getlist("item") if (key := SupervisionSubItem.key_of(text)) is not None]
        try:
            if not keys:
                raise Refused(N_("请先勾选事项"))
            if len(keys) > MOST:
                raise Refused(N_("一次最多办理 {n} 项，请分批办理", n=MOST))
            if form.get("verb") == "excuse":
                number = claiming.excuse(session, unit.id, keys, form.get("reason", ""))
                told = N_("已提交 {n} 项不适用申请，等待上级核销", n=number)
            else:
                number = claiming.claim(session, unit.id, keys)
                told = N_("已认领 {n} 项，请完善要素后提交审核", n=number)
            session.commit()
        except Refused as error:
            session.rollback()
            return _page(error), error.status
        flash(str(told), "success")
        return redirect(url_for("ClaimingPage.index", **_kept(unit.id)))


def _kept(unit: int) -> dict[str, Any]:
    """What of the address is kept."""
    viewer, words = guard.must_view(), request.values.get("q", "").strip()
    return ({"unit": unit} if unit != viewer.department_id else {}) | ({"q": words} if words else {})


def _unit(viewer: Viewer) -> Department:
    """The department whose items are shown: the viewer's own, or one below it. Raises Refused."""
    asked = request.values.get("unit", "")
    key = Department.key_of(asked) if asked else viewer.department_id
    row = db.session.get(Department, key) if key is not None else None
    if row is None:
        raise Refused(N_("没有这个部门"), status=404)
    if not viewer.holds(row.id, row.region_id):
        raise Refused(N_("您不能为本单位及下级以外的部门认领事项"), status=403)
    return row


def _page(problem: Refused | None = None) -> str:
    viewer, session = guard.must_view(), db.session()
    unit, words = _unit(viewer), request.values.get("q", "").strip()[:_WORD]
    found = unclaimed.offers(session, unit, words, MOST + 1)
    only = request.values.get("only", "") == "advised"
    shown = [each for each in found[:MOST] if each.advice.is_for or not only]
    tally = unclaimed.tally(session, unit.id)
    chosen = set(request.form.getlist("item"))
    return render_template(
        "catalogue/claiming.html",
        unit=unit,
        units=[(str(key), name) for key, name in unclaimed.units(session, viewer)],
        own=viewer.department_id,
        words=words,
        only=only,
        lines=_tree(shown),
        number=len(shown),
        advised=sum(each.advice.is_for for each in found[:MOST]),
        waiting=sum(each.claim is not None for each in found[:MOST]),
        is_cut=len(found) > MOST,
        most=MOST,
        chosen=chosen or set(),
        measures={each.value: str(each.label) for each in MeasureType},
        figures=_figures(unit, tally),
        rate=tally.rate,
        today=clock.today(),
        reason=request.form.get("reason", ""),
        problem=str(problem) if problem else None,
        crumbs=[(str(TITLE), None)],
    )


def _tree(offers: list[Offer]) -> list[_Line]:
    lines: dict[str, _Line] = {}
    for each in offers:
        line = lines.setdefault(each.line, _Line(str(DutyLine(each.line).label)))
        line.mains.setdefault(each.main, _Main(each.main)).offers.append(each)
    return list(lines.values())


def _figures(unit: Department, tally: unclaimed.Tally) -> list[dict[str, Any]]:
    """How many claims stand where; each opens its rows."""
    return [
        {
            "label": str(state.label),
            "number": tally.states.get(state.value, 0),
            "url": url_for("item_claim.index", **{"f.department.name": unit.name, "f.status": state.value}),
        }
        for state in ClaimState
        if tally.states.get(state.value)
    ]
