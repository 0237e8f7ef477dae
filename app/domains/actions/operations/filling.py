"""What the form of an action knows by itself: its unit, the chosen subject or list, the usual inspectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, joinedload

from app.core import clock, context
from app.core.saving import visible
from app.core.secrecy import Sealed
from app.core.table import LINKS, Table, by_class
from app.core.viewer import Viewer, current
from app.core.workflow import lines
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


#: What forms ask once: the unit of whoever fills them in.
UNIT = "unit"


def unit(session: Session) -> Department | None:
    """The department of the person at work, with its region: one question for all that a form says of them."""
    viewer = current(session)
    if viewer is None or viewer.department_id is None:
        return None
    return session.get(Department, viewer.department_id, options=[joinedload(Department.region)])


def start(day: str = "") -> Callable[[Session, Viewer], dict[str, Any]]:
    """What a new action of a department begins with: its name, code and region, and today in the field ``day``."""

    def begin(session: Session, viewer: Viewer) -> dict[str, Any]:
        """The values by field name; none for somebody without a department."""
        office = context.answer(session, UNIT)
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
    together = (
        sa.select(
            sa.func.array_agg(aggregate_order_by(target, target)).label("members"),
            mine.label("is_mine"),
            sa.cast(lately.c.id, sa.Text).label("id"),
        )
        .join(link.table, owner == lately.c.id)
        .group_by(lately.c.id, lately.c.created_by)
        .having(sa.func.count() > 1)
        .subquery()
    )
    last = sa.func.max(together.c.id)  # identifiers grow with time
    rank = (last.filter(together.c.is_mine).desc().nulls_last(), last.desc())
    sets = (
        sa.select(together.c.members, sa.func.row_number().over(order_by=rank).label("place"))
        .group_by(together.c.members)
        .order_by(*rank)
        .limit(_SETS * 4)
        .subquery()
    )
    wanted = (
        visible(Inspector, viewer)
        .add_columns(sets.c.place, sa.func.cardinality(sets.c.members))
        .join(sets, Inspector.id == sa.any_(sets.c.members))
        .order_by(sets.c.place, Inspector.id)
    )
    found: dict[int, list[Table]] = {}
    sizes: dict[int, int] = {}
    for inspector, place, size in session.execute(wanted).unique():
        sizes[place] = size
        if may_inspect(inspector, clock.today()):
            found.setdefault(place, []).append(inspector)
    return [each for place, each in found.items() if len(each) == sizes[place]][:_SETS]


def check_items(session: Session, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The check items of the chosen sub-item that its form of inspection asks for, with what is looked at in each."""
    key = CheckItem.__table__.c.sub_item_id.type.python_type
    sub_item = by_class("SupervisionSubItem").key_of(given.get("sub_item"))
    if not isinstance(sub_item, key):
        return []
    form = str(given.get("check_form") or "")
    told = (
        sa.select(CheckItem, CheckContent)
        .outerjoin(CheckContent, sa.and_(CheckContent.check_item_id == CheckItem.id, lines.in_force(CheckContent)))
        .where(CheckItem.sub_item_id == sub_item, lines.in_force(CheckItem))
        .order_by(CheckItem.seq.nulls_last(), CheckItem.item_no, CheckItem.id, CheckContent.content_code)
    )
    contents: dict[Any, list[str]] = {}
    for item, content in session.execute(told).unique():
        if item.check_form and form and form not in item.check_form:
            continue
        known = contents.setdefault(item, [])
        if content is not None:
            known.append(("★ " if content.is_key else "") + content.content)
    return [
        {"item_name": each.name, "check_item": str(each.id), "hint": "\n".join(lines[:_TOLD])}
        for each, lines in contents.items()
    ]
