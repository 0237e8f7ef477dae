"""Everything about one row on one page (一户式): what refers to it, by kind and as a time line."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import cells, dossier, guard, record, shape
from app.console.dossier import Event, Figures
from app.console.shape import Reference
from app.console.view.list.columns import eager, list_fields
from app.console.view.show_page import ShowPage
from app.core import clock
from app.core.fields import Field
from app.core.messages import N_
from app.core.table import Table
from app.extensions import db

#: Newest rows of a kind in its own section; values of a row told on the time line.
_SECTION, _TOLD = 5, 4


class DossierPage(ShowPage):
    """``/<table>/dossier/…``."""

    @expose("/dossier/<pk>")
    @has_access
    @permission_name("read")
    def dossier(self, pk: str) -> str:
        """The row's key facts, the figures of every kind that refers to it, the newest of each, and the time line."""
        session, viewer = db.session(), self.viewer()
        row = self._whole_row(pk)
        references = [each for each in shape.referring(self.table) if guard.may("read", each.table.__tablename__)]
        figures = dossier.figures(session, row, references, viewer)
        there = {each.reference.key: each for each in figures if each.number}
        kind = request.args.get("kind", "")
        after = dossier.read_place(request.args.get("after", ""))
        told = _lined([each.reference for each in there.values()], kind)
        wanted = [each.reference for key, each in there.items() if key in told or (after is None and not kind)]
        kinds = [(each, eager(each.table, _told(each))) for each in wanted]
        by_kind, page, more = dossier.time_line(session, row, kinds, viewer, after, told)
        label = str(self.table.__dossier__)
        return self.page(
            "dossier",
            (row.title(), self.to("show", pk=row.id)),
            (label, None),
            record={"id": str(row.id), "title": row.title()},
            label=label,
            facts=record.facts(row),
            figures=[self._dossier_figure(each, row) for each in there.values()],
            nothing=[each.reference.label for each in figures if not each.number],
            sections=[
                self._dossier_section(there[key], row, events)
                for key, events in by_kind.items()
                if after is None and not kind and len(by_kind) > 1
            ],
            years=_years(page, row.title()),
            is_first=after is None,
            capped=[each.reference.label for each in there.values() if each.is_capped],
            most=dossier.MOST,
            kinds=self._dossier_kinds(row, list(there.values()), kind),
            urls={
                "show": self.to("show", pk=row.id),
                "list": self.to("index"),
                "first": self.to("dossier", pk=row.id, kind=kind or None) + "#timeline",
                "more": self.to("dossier", pk=row.id, kind=kind or None, after=more) + "#timeline" if more else None,
            },
            printed=clock.told(clock.now()),
        )

    def _dossier_kinds(self, row: Table, figures: list[Figures], kind: str) -> list[dict[str, Any]]:
        """The filter of the time line."""
        every = {"label": str(N_("全部")), "url": self.to("dossier", pk=row.id), "active": not kind, "number": ""}
        return [every] + [
            {
                "label": each.reference.label,
                "url": self.to("dossier", pk=row.id, kind=each.reference.key),
                "active": kind == each.reference.key,
                "number": _number(each),
            }
            for each in figures
        ]

    def _dossier_figure(self, figures: Figures, row: Table) -> dict[str, Any]:
        table, outcome = figures.reference.table, shape.outcome(figures.reference.table)
        labels = {member.value: str(member.label) for member in (outcome.choices or ())} if outcome else {}
        return {
            "label": figures.reference.label,
            "url": _list_of(figures.reference, row),
            "number": _number(figures),
            "late": figures.late,
            "url_late": _list_of(figures.reference, row, is_late="true") if figures.late else None,
            "last": figures.last,
            "has_day": shape.event_day(table) is not None,
            "outcomes": [
                {
                    "label": labels.get(value, value),
                    "number": number,
                    "tone": cells.tone(outcome, value) if outcome else None,
                    "url": _list_of(figures.reference, row, **{outcome.name: value}) if outcome else None,
                }
                for value, number in figures.outcomes.items()
            ],
        }

    def _dossier_section(self, figures: Figures, row: Table, events: list[Event]) -> dict[str, Any]:
        name, reference = figures.reference.table.__tablename__, figures.reference
        add = guard.may("add", name) and reference.field.is_input and reference.field.kind == "ref"
        return {
            "label": reference.label,
            "number": _number(figures),
            "url": _list_of(reference, row),
            "url_add": url_for(f"{name}.add", **{reference.field.name: row.id}) if add else None,
            "rows": [_event(each) for each in events[:_SECTION]],
        }


def _lined(references: list[Reference], kind: str) -> set[str]:
    """What stands on the time line: the kind asked for, or every kind that tells of events (or all, if none does)."""
    keys = {each.key for each in references}
    events = {each.key for each in references if shape.event_day(each.table) is not None}
    return {kind} if kind in keys else events or keys


def _number(figures: Figures) -> str:
    return f"{figures.number:,}" + ("+" if figures.is_capped else "")


def _list_of(reference: Reference, row: Table, **more: str) -> str:
    """The list with exactly these rows."""
    asked = {f"f.{reference.field.name}": row.id} | {f"f.{name}": value for name, value in more.items()}
    return url_for(f"{reference.table.__tablename__}.index", **asked)


def _told(reference: Reference) -> list[Field]:
    """The fields a row is told by: those of its list, without what the page says anyway."""
    table = reference.table
    said = {table.__title__, reference.field.name}
    said |= {each.name for each in (shape.event_day(table), shape.late(table), shape.outcome(table)) if each}
    return [field for field in list_fields(table) if field.name not in said]


def _event(event: Event, title: str = "") -> dict[str, Any]:
    """An event for the page; values that only repeat the title of the dossier are left out."""
    row, table = event.row, event.reference.table
    outcome, late = shape.outcome(table), shape.late(table)
    told = [{"label": str(field.label), "text": row.shown(field)} for field in _told(event.reference)]
    state = getattr(row, outcome.name) if outcome else None
    return {
        "day": event.day,
        "kind": event.reference.label,
        "title": row.title() or event.reference.label,
        "url": url_for(f"{table.__tablename__}.show", pk=row.id),
        "told": [each for each in told if each["text"] and each["text"] != title][:_TOLD],
        "outcome": row.shown(outcome) if outcome and state is not None else "",
        "tone": cells.tone(outcome, state) if outcome else None,
        "late": str(record.LATE) if late and getattr(row, late.name) else "",
    }


def _years(page: list[Event], title: str) -> list[dict[str, Any]]:
    """The events under their years."""
    return [
        {"year": year, "events": [_event(each, title) for each in events]}
        for year, events in groupby(page, key=lambda event: event.day.year)
    ]
