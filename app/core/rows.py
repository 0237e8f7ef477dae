"""Who sees and writes which rows: rules declared on tables, rendered as PostgreSQL row policies.

A department stands in two trees. Its number ``department_id`` places it in its line (条), its region's
``scope_region`` in the region tree (块). Both trees are numbered in pre-order, so a subtree is one interval and a
policy one plain comparison with two settings (measured: shared/design.md §4). Each kind of viewer is a database role
with its own policy, chosen by ``SET LOCAL ROLE``; the application's own login role has none and so sees nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

#: Database roles of viewers: a department's line, a lead office's region, the system itself.
LINE, REGION, SYSTEM = "viewer_line", "viewer_region", "viewer_system"
VIEWER_ROLES = (LINE, REGION, SYSTEM)

_LOW = "NULLIF(current_setting('app.low'::text, true), ''::text)::bigint"
_HIGH = "NULLIF(current_setting('app.high'::text, true), ''::text)::bigint"
_INSIDE = {
    LINE: f"department_id >= {_LOW} AND department_id <= {_HIGH}",
    REGION: f"scope_region >= {_LOW} AND scope_region <= {_HIGH}",
}
#: The column with the department outside the owner's tree that was asked for its opinion about a row.
ASKED = "asked_of"
_ACTOR = "NULLIF(current_setting('app.actor'::text, true), ''::text)::integer"


@dataclass(frozen=True)
class Policy:
    """One row policy of one table."""

    name: str
    command: Literal["ALL", "SELECT"]
    roles: tuple[str, ...]
    using: str

    def create(self, table: str) -> str:
        """The statement that makes the policy."""
        roles = ", ".join(f'"{role}"' for role in self.roles)
        check = f" WITH CHECK ({self.using})" if self.command == "ALL" else ""
        return f'CREATE POLICY {self.name} ON "{table}" FOR {self.command} TO {roles} USING ({self.using}){check}'


@dataclass(frozen=True)
class RowRule:
    """Who reads and writes the rows of a table; ``field`` names the owning department or the followed parent."""

    kind: Literal["everyone", "shared", "department_tree", "follows", "personal", "hidden"]
    field: str | None = None
    #: Everybody reads the rows, also those he may not write.
    is_open: bool = False
    #: Whoever made a row reads it, wherever it belongs.
    or_maker: bool = False
    #: Everybody reads a row of an open table from when this column is filled (its first edition). Until then only those
    #: who keep it do, and the department that was asked for its opinion (``ASKED``).
    once: str | None = None

    @property
    def is_scoped(self) -> bool:
        """True when rows belong to a department and carry its two numbers."""
        return self.kind not in ("everyone", "personal", "hidden")

    @property
    def is_private(self) -> bool:
        """True when rows outside the viewer's tree are invisible."""
        return self.is_scoped and not self.is_open

    @property
    def hides(self) -> bool:
        """True when there may be rows that a viewer does not see: all outside his tree, or those not published yet."""
        return self.is_private or self.once is not None

    def opens(self, row: Any) -> bool:
        """True for a row that everybody reads."""
        return self.kind == "everyone" or (self.is_open and (self.once is None or getattr(row, self.once) is not None))

    def policies(self) -> tuple[Policy, ...]:
        """The policies of a table under this rule, in a fixed order."""
        system = Policy("rows_system", "ALL", (SYSTEM, "owner"), "true")
        if self.kind == "hidden":
            return (system,)
        if self.kind == "personal":
            return (system, Policy("rows_personal", "ALL", (LINE, REGION), f"created_by = {_ACTOR}"))
        if not self.is_scoped:
            return (system, Policy("rows_everyone", "ALL", (LINE, REGION), "true"))
        own = tuple(Policy(f"rows_{role[len('viewer_') :]}", "ALL", (role,), _INSIDE[role]) for role in (LINE, REGION))
        if self.or_maker:
            return (system, *own, Policy("rows_made", "SELECT", (LINE, REGION), f"created_by = {_ACTOR}"))
        if self.is_open and self.once:
            read = Policy("rows_read", "SELECT", (LINE, REGION), f"{self.once} IS NOT NULL")
            asked = Policy("rows_asked", "SELECT", (LINE,), f"{ASKED} >= {_LOW} AND {ASKED} <= {_HIGH}")
            return (system, *own, read, asked)
        if self.is_open:
            return (system, *own, Policy("rows_read", "SELECT", (LINE, REGION), "true"))
        return (system, *own)


def everyone() -> RowRule:
    """Directory tables: every viewer reads every row; who writes is a matter of permissions."""
    return RowRule("everyone")


def shared(owner: str, *, once: str | None = None) -> RowRule:
    """Every viewer reads every row (from when ``once`` is filled); only the owning department's tree writes it."""
    return RowRule("shared", owner, is_open=True, once=once)


def department_tree(owner: str) -> RowRule:
    """Only the tree of the owning department (and lead offices of its region) reads and writes a row."""
    return RowRule("department_tree", owner)


def addressed(receiver: str) -> RowRule:
    """What somebody asks of a department: the department's tree reads and writes it, and who asked may follow it."""
    return RowRule("department_tree", receiver, or_maker=True)


def personal() -> RowRule:
    """What belongs to one person (drafts, what was sent): only who made a row sees and writes it."""
    return RowRule("personal")


def hidden() -> RowRule:
    """What no person sees or writes directly (passwords, sessions): only code that works as the system does."""
    return RowRule("hidden")


def follows(parent: str, *, once: str | None = None) -> RowRule:
    """A child row is seen and written by whoever sees and writes its parent; it carries its parent's numbers."""
    return RowRule("follows", parent, once=once)


def enable(table: str, rule: RowRule) -> list[str]:
    """The statements that put a table under its rule, for a migration."""
    users = (SYSTEM,) if rule.kind == "hidden" else VIEWER_ROLES
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        *(policy.create(table) for policy in rule.policies()),
        f'GRANT SELECT, INSERT, UPDATE, DELETE ON "{table}" TO "app", {", ".join(users)}',
    ]
