"""The first page after sign-in: what is due, the unit's own figures, the trend, and the ways into the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, url_for
from flask_appbuilder import expose
from flask_appbuilder.views import IndexView
from flask_login import current_user

from app.console import guard, shape
from app.console.home import figures, trend
from app.console.home.entries import entries
from app.console.home.figures import Figure
from app.console.sign_in.password_pages import due_soon
from app.console.todo import bell
from app.core import clock
from app.core.messages import N_
from app.core.rows import REGION
from app.core.table import Table, tables_with_pages
from app.core.viewer import Viewer
from app.extensions import appbuilder, db

_UNIT_HEADS = (N_("本周"), N_("本月"), N_("30 天内逾期"))
_REGION_HEADS = (N_("本月"), N_("上月"), N_("12 个月逾期"))

#: What a domain has to tell a person at the head of his first page: (viewer) -> notices. Filled by the domains.
NOTICES: list[Callable[[Viewer], list[dict[str, Any]]]] = []
#: What waits for him beside the rows of his unit: (viewer) -> figures that are links.
DUE: list[Callable[[Viewer], list[dict[str, Any]]]] = []


class Home(IndexView):
    """``/``: to sign-in for strangers, to the viewer's own page for everybody else."""

    @expose("/")
    def index(self) -> Any:
        """The viewer's counts, what is due, the trend and quick entries."""
        if not current_user.is_authenticated:
            return redirect(appbuilder.get_url_for_login)
        viewer, today = guard.viewer(), clock.today()
        if viewer is None:
            return render_template("console/home.html", viewer=None, crumbs=[])
        tables = [t for t in tables_with_pages().values() if t.__menu__ and guard.may("read", t.__tablename__)]
        asked = figures.wanted(tables, viewer.department_id or 0, today)
        counted = list(zip(asked, figures.count(db.session(), asked, viewer), strict=True))
        events = [t for t in tables if t.__rows__.kind == "department_tree" and shape.event_day(t)]
        found = trend.trend(db.session(), events, viewer, today, with_late=viewer.kind == REGION)
        leads = viewer.kind == REGION
        return render_template(
            "console/home.html",
            viewer=viewer,
            bell=bell.unread(viewer),
            alarms=[notice for tell in NOTICES for notice in tell(viewer)],
            scope=str(N_("本地区") if leads else N_("本单位及下级")),
            due=_password() + [each for tell in DUE for each in tell(viewer)] + _due(counted) + _drafts(viewer),
            units=_region(found) if leads else _units(counted),
            heads=_REGION_HEADS if leads else _UNIT_HEADS,
            leads=leads,
            chart=_chart(found),
            entries=_entries(tables, viewer),
            crumbs=[],
        )


def _due(counted: Sequence[tuple[Figure, int]]) -> list[dict[str, Any]]:
    """What somebody has to act on, as figures that are links; nothing that is zero."""
    return [
        {**_number(each, number), "label": str(each.label), "tone": {"waiting": "warn", "ending": "info"}[each.kind]}
        for each, number in counted
        if number and each.kind in ("waiting", "ending")
    ]


def _password() -> list[dict[str, Any]]:
    """The last week of the password."""
    found = due_soon()
    return [found] if found else []


def _drafts(viewer: Viewer) -> list[dict[str, Any]]:
    """The forms this person has not saved yet."""
    if find_spec("app.console.drafts") is None:
        return []
    found = import_module("app.console.drafts").drafts_of(viewer)
    return [
        {
            "label": str(N_("草稿：{form}（{when}）", form=each["label"], when=each["when"])),
            "text": str(N_("继续填写")),
            "url": each["url"],
            "tone": "mute",
        }
        for each in found
    ]


def _units(counted: Sequence[tuple[Figure, int]]) -> list[dict[str, Any]]:
    """The unit's entries by table: this week, this month, late."""
    rows: dict[type[Table], dict[str, Any]] = {}
    for each, number in counted:
        if each.kind in ("week", "month", "late"):
            row = rows.setdefault(each.table, {"label": str(each.table.__label__)})
            row[each.kind] = _number(each, number)
    return list(rows.values())


def _region(found: trend.Trend) -> list[dict[str, Any]]:
    """For a lead office, which records nothing itself: its region's last two months and what came late."""
    since, rows = found.months[0].isoformat(), []
    for each in found.series:
        name, day, late = each.table.__tablename__, shape.event_day(each.table), shape.late(each.table)
        row: dict[str, Any] = {"label": str(each.table.__label__), "late": None}
        for column, place in (("week", -1), ("month", -2)):
            number = each.numbers[place]
            row[column] = {"text": f"{number:,}", "number": number, "url": _month_url(each.table, place, found)}
        if day is not None and late is not None:
            asked = urlencode({f"f.{day.name}.from": since, f"f.{late.name}": "true"})
            row["late"] = {"text": f"{each.late:,}", "number": each.late, "url": f"{url_for(f'{name}.index')}?{asked}"}
        rows.append(row)
    return rows


def _number(figure: Figure, number: int) -> dict[str, Any]:
    name = figure.table.__tablename__
    shown = f"{figures.MOST:,}+" if number > figures.MOST else f"{number:,}"
    return {"text": shown, "number": number, "url": url_for(f"{name}.index") + "?" + urlencode(figure.parameters)}


def _chart(found: trend.Trend) -> dict[str, Any] | None:
    """The trend for the chart and for the table beside it; ``None`` when nothing happened."""
    shown = [each for each in found.series if any(each.numbers)]
    if not shown:
        return None
    return {
        "labels": [f"{month:%Y-%m}" for month in found.months],
        "series": [
            {
                "name": str(each.table.__label__),
                "data": list(each.numbers),
                "stack": "all",
                "urls": [_month_url(each.table, place, found) for place in range(len(found.months))],
            }
            for each in shown
        ],
        "totals": [sum(each.numbers[place] for each in shown) for place in range(len(found.months))],
        "is_estimate": any(each.is_estimate for each in shown),
        "counted_at": found.counted_at.astimezone(clock.ZONE).strftime("%H:%M"),
    }


def _month_url(table: type[Table], place: int, found: trend.Trend) -> str:
    day = shape.event_day(table)
    assert day is not None
    asked = {f"f.{day.name}.from": found.months[place].isoformat()}
    if found.months[place] != found.months[-1]:
        asked[f"f.{day.name}.to"] = trend.last_day(found.months[place]).isoformat()
    return url_for(f"{table.__tablename__}.index") + "?" + urlencode(asked)


def _entries(tables: Sequence[type[Table]], viewer: Viewer) -> list[dict[str, str]]:
    return [
        {
            "label": str(each.label),
            "url": url_for(f"{each.table.__tablename__}.{each.page}"),
            "icon": each.icon,
        }
        for each in entries(tables, viewer.roles, guard.may)
    ]
