"""The sheet of a row for ink signatures."""

from __future__ import annotations

from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import paper
from app.console.view.frame import Frame
from app.core import clock, saving
from app.core.table import Table
from app.extensions import db


class PaperPage(Frame):
    """``/<table>/paper/…``."""

    @expose("/paper/<pk>")
    @has_access
    @permission_name("read")
    def paper(self, pk: str) -> str:
        """One row on A4 as it is signed: what is known in print, and room for the pen."""
        row = saving.find(db.session(), self.table, pk)
        declared = self.table.__paper__
        return self.page(
            "paper",
            (row.title(), self.to("show", pk=row.id)),
            (str(declared.title if declared else self.table.__label__), None),
            title=str(declared.title if declared else self.table.__label__),
            office=_office(row),
            number=str(getattr(row, declared.number) or "") if declared and declared.number else "",
            lines=paper.lines(row),
            parts=paper.parts(row, self.viewer()),
            story=[str(each) for each in declared.story] if declared else [],
            notes=[str(each) for each in declared.notes] if declared else [],
            signatures=[str(each) for each in self.table.__signatures__],
            printed=clock.told(clock.now()),
            url_show=self.to("show", pk=row.id),
        )


def _office(row: Table) -> str:
    """Who acts: the office named on the row, or the department that it belongs to."""
    department = getattr(row, "department", None)
    return str(getattr(row, "impl_org", None) or (department.title() if department is not None else ""))
