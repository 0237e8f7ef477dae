"""What the form of an action knows by itself: its unit, the chosen subject or list, the usual inspectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import clock
from app.core.saving import visible
from app.core.secrecy import Sealed
from app.core.table import LINKS, Table, by_class
from app.core.viewer import Viewer
from app.domains.actions import rules
from app.domains.actions.models import Inspection
from app.domains.catalogue.models import CheckContent, CheckItem, ImplementationList
from app.domains.inspectors.models import Inspector
from app.domains.inspectors.rules import may_inspect
from app.domains.org.models import Department

#: So many inspections are looked through for the inspectors of the last ones, and so many sets of them are offered.
_LATEST, _SETS = 200, 3
#: What a following action has from its inspection.
_PARTY = (
    "subject_kind", "subject_name", "party_name", "party_nature", "party_id_type", "party_id_no", "address_registered",
    "address_operating",
)  # fmt: skip
#: Signs of a basis that every kind of action holds.
_BASIS = 1000
#: Contents told under a check item.
_TOLD = 3


def start(day: str = "") -> Callable[[Session, Viewer], dict[str, Any]]:
    """What a new action of a department begins with: its name, code and region, and today in the field ``day``."""

    def begin(session: Session, viewer: Viewer) -> dict[str, Any]:
        """The values by field name; none for somebody without a department."""
        office = session.get(Department, viewer.department_id) if viewer.department_id is not None else None
        if office is None:
            return {}
        found = {"impl_org": office.name, "impl_org_code": office.uscc or "", "region": str(office.region_id)}
        return found | ({day: clock.today().isoformat()} if day else {})

    return begin


def from_subject(session: Session, viewer: Viewer, subject: Any) -> dict[str, Any]:
    """The party of an action against that subject."""
    names = ("kind", "entity_category", "id_type", "id_no", "uscc", "name", "address_registered", "address_operating")
    told = {name: None if isinstance(value := getattr(subject, name), Sealed) else value for name in names}
    return rules.party_from_subject(told | {"region": str(subject.region_id)})


def from_sub_item(session: Session, viewer: Viewer, item: Any) -> dict[str, Any]:
    """The acting department's own published list of that sub-item, and what it leaves no choice about."""
    today = clock.today()
    held = sa.select(ImplementationList).where(
        ImplementationList.sub_item_id == item.id,
        ImplementationList.department_id == viewer.department_id,
        ImplementationList.status == "published",
        sa.or_(ImplementationList.valid_from.is_(None), ImplementationList.valid_from <= today),
        sa.or_(ImplementationList.valid_to.is_(None), ImplementationList.valid_to >= today),
    )
    found = session.scalars(held.order_by(ImplementationList.list_code).limit(2)).unique().all()
    if len(found) != 1:
        return {}
    return {"implementation_list": str(found[0].id)} | from_list(session, viewer, found[0])


def basis_of(session: Session, viewer: Viewer, item: Any) -> dict[str, Any]:
    """A penalty or a coercion rests on what its sub-item rests on, as far as the field holds it."""
    return {"legal_basis": (item.legal_basis or "")[:_BASIS]}


def from_list(session: Session, viewer: Viewer, listed: Any) -> dict[str, Any]:
    """What an implementation list leaves no choice about, and the sub-item that it is of."""
    ways = {name: rules.only_one(getattr(listed, name)) for name in ("check_form", "check_type", "check_mode")}
    return {"sub_item": str(listed.sub_item_id)} | ways


def from_inspection(session: Session, viewer: Viewer, inspection: Any) -> dict[str, Any]:
    """An action that follows from an inspection is against its party, at its place."""
    told = {name: None if isinstance(value := getattr(inspection, name), Sealed) else value for name in _PARTY}
    return told | {
        "inspection_no": inspection.action_no,
        "region": str(inspection.region_id),
        "case_source": "inspection",
    }


def usual_inspectors(session: Session, viewer: Viewer) -> Sequence[Sequence[Table]]:
    """Who inspected together lately: in what the viewer entered himself, then in his department; whoever may today."""
    link = LINKS["inspection_inspectors"]
    owner, target = link.table.c[link.owner_column], link.table.c[link.target_column]
    lately = (
        visible(Inspection, viewer)
        .where(Inspection.department_id == viewer.department_id)
        .with_only_columns(Inspection.id, Inspection.created_by)
        .order_by(Inspection.id.desc())
        .limit(_LATEST)
        .subquery()
    )
    mine = lately.c.created_by == viewer.user_id
    wanted = (
        sa.select(sa.func.array_agg(sa.distinct(target)), sa.func.bool_or(mine), lately.c.id)
        .join(link.table, owner == lately.c.id)
        .group_by(lately.c.id)
    )
    rows = sorted(session.execute(wanted), key=lambda row: (bool(row[1]), row[2].int), reverse=True)
    sets = list(dict.fromkeys(frozenset(row[0]) for row in rows))
    every = {key for each in sets[: _SETS * 4] for key in each}
    known: dict[Any, Any] = {
        each.id: each
        for each in session.scalars(visible(Inspector, viewer).where(Inspector.id.in_(every))).unique()
        if may_inspect(each, clock.today())
    }
    whole = [
        [known[key] for key in sorted(each)] for each in sets[: _SETS * 4] if known.keys() >= each and len(each) > 1
    ]
    return whole[:_SETS]


def check_items(session: Session, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The check items of the chosen sub-item that its form of inspection asks for, with what is looked at in each."""
    key = CheckItem.__table__.c.sub_item_id.type.python_type
    sub_item = by_class("SupervisionSubItem").key_of(given.get("sub_item"))
    if not isinstance(sub_item, key):
        return []
    form = str(given.get("check_form") or "")
    found = session.scalars(
        sa.select(CheckItem)
        .where(CheckItem.sub_item_id == sub_item)
        .order_by(CheckItem.seq.nulls_last(), CheckItem.item_no)
    ).unique()
    items = [each for each in found if not each.check_form or not form or form in each.check_form]
    contents: dict[Any, list[str]] = {}
    for content in session.scalars(
        sa.select(CheckContent)
        .where(CheckContent.check_item_id.in_([each.id for each in items]))
        .order_by(CheckContent.content_code)
    ).unique():
        contents.setdefault(content.check_item_id, []).append(("★ " if content.is_key else "") + content.content)
    return [
        {"item_name": each.name, "check_item": str(each.id), "hint": "\n".join(contents.get(each.id, [])[:_TOLD])}
        for each in items
    ]
