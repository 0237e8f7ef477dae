"""What the form of an implementation list begins with, and what follows from its sub-item: its code as well."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.console.view.form import aids
from app.console.view.form.aids import Fill, Given
from app.core.viewer import Viewer
from app.domains.catalogue.operations.codes import next_list_code
from app.domains.org.models import Department

_TABLE = "implementation_list"


def _start(session: Session, viewer: Viewer) -> Given:
    """Who carries it out: the viewer's own department."""
    own = session.get(Department, viewer.department_id) if viewer.department_id is not None else None
    if own is None:
        return {}
    return {
        "impl_dept_name": own.name, "impl_dept_code": own.uscc or "", "impl_dept_kind": own.dept_kind,
        "use_level": own.level,
    }  # fmt: skip


def _of_item(session: Session, viewer: Viewer, item: Any) -> Given:
    """The code that is free, and what the item says already."""
    own = session.get(Department, viewer.department_id) if viewer.department_id is not None else None
    code = next_list_code(session, own, item) if own is not None else ""
    return {"list_code": code, "legal_basis": item.legal_basis, "process_text": item.process_text}


def register() -> None:
    """The form of implementation lists is helped."""
    aids.STARTS[_TABLE] = _start
    aids.FILLS[(_TABLE, "sub_item")] = Fill("supervision_sub_item", _of_item)
