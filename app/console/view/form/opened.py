"""A form on its way to the screen: what stands in it, and everything that is to be said about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from app.console import drafts
from app.console.view.form import conflict, lines
from app.core.errors import Problem
from app.core.messages import N_
from app.core.table import Table


@dataclass
class Opened:
    """One opened form: the row it edits (``None``: a new one), its values, and what stands above them."""

    given: Mapping[str, Any]
    row: Table | None = None
    problems: Sequence[Problem] = ()
    draft: drafts.Kept | None = None
    is_restored: bool = False
    #: What is typed here is what the draft holds; another draft of the same form is offered, and not written over.
    owns_draft: bool = False
    conflict: dict[str, Any] | None = None
    twins: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Identifiers of files: chosen and staged, and of stored ones that are to go.
    files: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    #: What was typed in the lines of a child table (lines.py).
    lines: Sequence[Mapping[str, Any]] = ()

    @property
    def name(self) -> str:
        """What drafts call this form."""
        return str(self.row.id) if self.row is not None else drafts.NEW

    def remember(self, form: MultiDict[str, str]) -> None:
        """The files that the sent form named, and whether the draft is its own."""
        self.files, self.removed = form.getlist("_file"), form.getlist("_remove")
        self.owns_draft = form.get("_draft") == "1"

    def restore(self) -> None:
        """The form shows what its draft holds; where the row was changed meanwhile, both versions."""
        if self.draft is None:
            return
        typed = self.draft.typed
        known = {name: value for name, value in typed.items() if not name.startswith("_")}
        self.given = dict(self.given) | known
        self.files, self.removed = _texts(typed.get("_file")), _texts(typed.get("_remove"))
        self.lines = lines.of_draft(self.draft)
        self.is_restored = self.owns_draft = True
        if self.row is not None and self.draft.version is not None and self.draft.version != self.row.version:
            self.conflict = conflict.between(self.row, known, conflict.read_marks(str(typed.get(drafts.LOADED, ""))))
            self.problems = [Problem(N_("打开草稿期间这条记录已被他人修改，请逐项核对"))] if self.conflict else ()

    def told(self, table: type[Table], order: Sequence[str]) -> list[dict[str, str]]:
        """Every problem with the field it jumps to, as the form goes from top to bottom."""
        place = {name: number for number, name in enumerate(order)}
        found = [
            {
                "name": name if name in place else "",
                "label": str(table.__fields__[name].label) if name in table.__fields__ else "",
                "message": str(problem.message),
            }
            for problem in self.problems
            for name in (problem.fields[:1] or ("",))
        ]
        return sorted(found, key=lambda each: place.get(each["name"], -1))


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
