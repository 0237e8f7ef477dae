"""What every page of a table shares: the table itself, its addresses, what the viewer may do with it."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import render_template, url_for

from app.console import guard
from app.core import saving
from app.core.judge import is_inside
from app.core.roles import ACTIONS
from app.core.table import Table
from app.core.viewer import Viewer
from app.core.workflow import lines, locks
from app.extensions import db


class Frame:
    """The part of a view that knows which table it shows."""

    table: ClassVar[type[Table]]

    def viewer(self) -> Viewer:
        """The person who asks. Raises Refused when the account has no post."""
        return guard.must_view()

    def own_row(self, pk: str) -> Table:
        """The row, if the viewer may see and write it."""
        row = saving.find(db.session(), self.table, pk)
        saving.must_be_own(row, self.viewer())
        return row

    def to(self, page: str, **values: Any) -> str:
        """The address of a page of this table."""
        return url_for(f"{self.table.__tablename__}.{page}", **values)

    def can(self) -> dict[str, bool]:
        """What the viewer may do with this table, by action (``import_`` because ``import`` is a word of Python)."""
        allowed = {action: guard.may(action, self.table.__tablename__) for action in ACTIONS}
        return allowed | {"import_": allowed["import"]}

    def can_with(self, row: Table) -> dict[str, bool]:
        """What the viewer may do with this row: rows of others that he may read are not his to write."""
        allowed, table, rule = self.can(), self.table, self.table.__rows__
        if rule.is_scoped and not is_inside(self.viewer(), row.department_id, row.scope_region):
            allowed |= {"edit": False, "delete": False}
        if table.__flow__ is not None or lines.head_of(table) is not None:
            allowed["edit"] &= locks.is_editable(row, self.viewer())
            allowed["delete"] &= locks.in_the_way_of_deleting(row, self.viewer()) is None
        return allowed

    def page(self, template: str, *crumbs: tuple[str, str | None], **context: Any) -> str:
        """A page of this table in the console's frame."""
        label = str(self.table.__label__)
        table = {"name": self.table.__tablename__, "label": label, "help": str(self.table.__help__)}
        home = (label, self.to("index") if crumbs else None)
        return render_template(
            f"console/{template}.html", table=table, can=self.can(), crumbs=[home, *crumbs], **context
        )
