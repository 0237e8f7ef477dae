"""What a declaration says about time and state: the day a row speaks of, what is late, open, and who refers to whom.

Everything is read off the declared fields, so that a new table stands in home, dossiers and trends by itself; a table
that means something else says so (``__day__``, ``__status__``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.fields import Field
from app.core.table import LINKS, Link, Table, tables_with_pages
from app.core.table.columns import ENDS, event_day

__all__ = ["ends", "event_day", "late", "outcome", "referring", "waiting"]

#: What a state is called, the best first.
_STATES = ("check_result", "result", "status", "state", "audit_state", "decision")
#: States in which somebody has to act, whatever the table.
WAITING = (
    "drafting", "submitted", "returned", "changing", "pending", "to_list", "first_review", "final_review", "to_remove",
    "to_extend", "first_refused",
)  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """A table that refers to another by one of its fields."""

    table: type[Table]
    field: Field
    is_only: bool = True

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return f"{self.table.__tablename__}.{self.field.name}"

    @property
    def label(self) -> str:
        """What people call it: the table, and the field where the table refers twice."""
        label = str(self.table.__label__)
        return label if self.is_only else f"{label}（{self.field.label}）"

    @property
    def link(self) -> Link | None:
        """The link table of a many-field."""
        return LINKS[f"{self.table.__tablename__}_{self.field.name}"] if self.field.kind == "many" else None


def late(table: type[Table]) -> Field | None:
    """The field that says that a row came after its time."""
    field = table.__fields__.get("is_late")
    return field if field is not None and field.kind == "boolean" else None


def outcome(table: type[Table]) -> Field | None:
    """The field by whose values rows are told apart at a glance: the state or the result."""
    named = str(getattr(table, "__status__", "") or "")
    if named:
        return table.__fields__.get(named)
    choices = {name: field for name, field in table.__fields__.items() if field.kind == "choice" and field.in_list}
    best = next((choices[name] for name in _STATES if name in choices), None)
    return best or next(iter(choices.values()), None)


def waiting(table: type[Table]) -> tuple[Field, tuple[str, ...]] | None:
    """The state of a row and those of its values in which somebody has to act."""
    for name in ("status", "state", "audit_state", "decision"):
        field = table.__fields__.get(name)
        if field is not None and field.choices is not None:
            values = tuple(member.value for member in field.choices if member.value in WAITING)
            if values:
                return field, values
    return None


def ends(table: type[Table]) -> list[Field]:
    """The days on which something of the row runs out or falls due."""
    days = (field for field in table.__fields__.values() if field.kind == "day")
    return [field for field in days if field.name.endswith(ENDS)]


def referring(target: type[Table]) -> tuple[Reference, ...]:
    """Every table of the menu that refers to the target, in the order of the domains."""
    found = list(_referring(target))
    twice = {each.table for each in found if sum(other.table is each.table for other in found) > 1}
    twice.add(target)  # its own rows among what refers to a row are told by their field too
    return tuple(Reference(each.table, each.field, each.table not in twice) for each in found)


def _referring(target: type[Table]) -> Iterator[Reference]:
    for table in tables_with_pages().values():
        for field in table.__fields__.values():
            if table.__menu__ and field.is_reference and field.target == target.__name__:
                yield Reference(table, field)
