"""Every address of the application with every object it can be asked about: computed from ``app.url_map``.

Nothing is listed here but what no declaration tells: what a placeholder that is not a row's identifier means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Flask

from app.cli.routes import all_routes
from app.console import attachments, permissions
from app.core.roles import Role
from app.core.rows import RowRule
from app.core.table import Table
from tests.architecture.test_routes import PUBLIC
from tests.isolation.people import ANONYMOUS

#: What ``<pk>`` names where it does not name a row of the table, by the part of the address before it.
_NAMED = {"import": "import_batch", "file": "attachment", "remove_file": "attachment", "views": "saved_view"}
#: Values for placeholders that are no identifiers.
_PLACES = {"version": "v1", "locale": "en", "filename": "console/boot.js"}
MISSING, MALFORMED = str(UUID(int=2**127 + 5)), "没有../%27--;1e9"
SAFE = frozenset({"GET"})


@dataclass(frozen=True)
class Route:
    """An address with one method, and the permission that opens it."""

    rule: str
    method: str
    endpoint: str
    permission: str | None
    table: type[Table] | None = None

    @property
    def action(self) -> str:
        """read, add, edit, … of its table; empty for pages that are no table's."""
        return (self.permission or "").removeprefix("can_").partition(" on ")[0] if self.table is not None else ""

    @property
    def kind(self) -> str:
        """What ``<pk>`` names."""
        parts = self.rule.split("/")
        before = parts[parts.index("<pk>") - 1] if "<pk>" in parts else ""
        return _NAMED.get(before, "row")

    @property
    def is_api(self) -> bool:
        """Answers JSON."""
        return self.rule.startswith("/api/")

    def url(self, pk: str = "", entry: int | None = None) -> str:
        """The address for that object; numbers stand for entries of the audit log."""
        made = self.rule.replace("<pk>", quote(pk, safe=""))
        made = re.sub(r"<int:\w+>", str(entry or 987654321), made)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _PLACES.get(found[1], quote(pk or MISSING, safe="")), made)


@dataclass(frozen=True)
class Probe:
    """One question of one role, and how it must be answered."""

    route: Route
    role: str
    #: own, foreign, missing, malformed, mixed, stolen, referred, moved, none
    object: str
    expect: str
    pk: str = ""
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    body: Any = None
    file: tuple[str, bytes] | None = None


def routes(app: Flask) -> list[Route]:
    """Every address with each of its methods."""
    with app.app_context():
        found = all_routes()
    views: dict[str, Any] = {view.endpoint: view for view in app.appbuilder.baseviews}  # type: ignore[attr-defined]
    return [
        Route(str(r["rule"]), method, str(r["endpoint"]), r["permission"], _table_of(views, str(r["endpoint"])))
        for r in found
        for method in r["methods"]
    ]


def _table_of(views: dict[str, Any], endpoint: str) -> type[Table] | None:
    return getattr(views.get(endpoint.rpartition(".")[0]), "table", None)


def undeclared(found: list[Route]) -> list[str]:
    """Addresses that no permission opens and that are not on the list of what is public."""
    known = {f"{permission} on {view}" for permission, view in permissions.wanted()}
    wrong = [r for r in found if (r.rule not in PUBLIC if r.permission is None else r.permission not in known)]
    return sorted({f"{r.method} {r.rule}" for r in wrong})


class Allowed:
    """Who may open what: the permission table, from the declarations alone."""

    def __init__(self, roles: dict[str, str]) -> None:
        self._wanted = {f"{p} on {v}": granted for (p, v), granted in permissions.wanted().items()}
        self._roles = roles

    def __call__(self, role: str, route: Route) -> bool:
        return route.permission is None or (
            role != ANONYMOUS and self._roles[role] in self._wanted.get(route.permission, ())
        )


def sees(rule: RowRule) -> bool:
    """True when the rows of other departments may be read; those of the catalogue are drafts here (painter.py)."""
    return (rule.is_open and rule.once is None) or rule.kind == "everyone"


class Objects:
    """The objects an address can be asked about, from the world's own and the other department's."""

    def __init__(self, world: dict[str, Any]) -> None:
        self.world = world

    def own(self, route: Route) -> str | None:
        """Something of the asker's department."""
        name = route.table.__tablename__ if route.table is not None else ""
        if route.kind == "row":
            found = self.world["own"].get(name)
            if found is not None and "<int:" in route.rule and found["id"] not in self.world["entries"]:
                return None
            return found["id"] if found else None
        return self.world["mine"][route.kind].get(name)

    def foreign(self, route: Route) -> list[str]:
        """Things of the other department that the address could mean."""
        name = route.table.__tablename__ if route.table is not None else ""
        theirs = self.world["theirs"]
        if route.table is None:
            found = self.world["foreign"]
            keys = [
                found[each]["id"]
                for each in ("account", "user_session", "credential", "inspection", "todo", "notice")
                if each in found
            ]
            return [*keys, str(self.world["users"]["t_stranger"]), found["account"]["username"], "t_stranger"]
        if route.kind == "row":
            row = self.world["foreign"].get(name)
            if row is None and name in theirs:
                return [theirs[name]["inspection"]]
            return [row["id"]] if row else []
        others = {"attachment": ("attachment", "staged"), "import_batch": ("import_batch", "uploaded")}
        kinds = others.get(route.kind, (route.kind,))
        return [theirs[kind][name] for kind in kinds if name in theirs[kind]]

    def hides(self, route: Route) -> bool:
        """True when the other department's object is not to be seen at all."""
        return route.kind != "row" or route.table is None or not sees(route.table.__rows__)


def probes(found: list[Route], world: dict[str, Any], tables: list[str]) -> Iterator[Probe]:
    """Every question, role by role and table by table."""
    from tests.isolation.bodies import Bodies

    allowed, objects, bodies = Allowed(world["roles"]), Objects(world), Bodies(world)
    roles = [ANONYMOUS, *world["people"]]
    for role in roles:
        # What is public comes last: signing out is among it.
        for route in sorted(found, key=lambda r: (r.permission is None, r.table is None, r.endpoint)):
            if tables and (route.table.__tablename__ if route.table is not None else "pages") not in tables:
                continue
            yield from _asked(route, role, allowed(role, route), objects, bodies)


def _asked(route: Route, role: str, may: bool, objects: Objects, bodies: Any) -> Iterator[Probe]:
    if route.permission is None:
        yield Probe(route, role, "none", "public", objects.foreign(route)[0])
        return
    refused = "anonymous" if role == ANONYMOUS else "denied"
    own, theirs = objects.own(route), objects.foreign(route)
    is_new = "<pk>" not in route.rule and "<int:" not in route.rule
    if is_new and route.table is None:
        yield Probe(route, role, "none", "answer" if may else refused, **bodies.anything(route, theirs[0]))
        return
    assert route.table is not None or not is_new
    if not may:
        keys = (
            [("none", "")]
            if is_new
            else [("own", own), ("foreign", theirs[0] if theirs else None), ("missing", MISSING)]
        )
        for name, key in keys:
            if key is not None:
                yield Probe(route, role, name, refused, key, **bodies.of(route, key))
        return
    if is_new:
        yield from bodies.without_key(route, role, theirs)
        return
    if own is not None:
        yield Probe(route, role, "own", "answer", own, **bodies.of(route, own, whole=True))
        yield from bodies.with_own_key(route, role, own)
    for name, key in (("missing", MISSING), ("malformed", MALFORMED)):
        yield Probe(route, role, name, "hidden", key, **bodies.of(route, key))
    for key in theirs:
        expect = "hidden" if objects.hides(route) else ("answer" if route.action == "read" else "readonly")
        yield Probe(route, role, "foreign", expect, key, **bodies.of(route, key))


def holds_files(table: type[Table]) -> bool:
    """Rows of the table may have files."""
    return attachments.holds(table)


def known_roles() -> list[str]:
    """Every role there is."""
    return [role.value for role in Role]
