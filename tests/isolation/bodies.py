"""What is sent: bodies made from the declared fields, with what belongs to others put where a reference can stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.core.fields import Field
from app.core.table import Table
from app.core.table.columns import target_table
from tests.every_table import sheets
from tests.isolation.routes import MISSING, Probe, Route, holds_files, sees

#: Parameters of addresses that name an object or say how much is shown; each is tried where the address has no key.
_ASKED = ("copy", "under", "after", "before", "kind", "table", "role", "w", "id", "account", "row")


class Bodies:
    """Makes what a request carries."""

    def __init__(self, world: dict[str, Any]) -> None:
        self.world = world

    def own(self, table: type[Table]) -> dict[str, Any]:
        """What was given for the own row, references by name."""
        return dict(self.world["own"].get(table.__tablename__, {}).get("given", {}))

    def form(self, table: type[Table], keys: list[str]) -> dict[str, Any]:
        """One form for every page that takes one: the row's fields, what lists and views send, chosen rows."""
        fields = dict(self.world["own"].get(table.__tablename__, {}).get("form", {}))
        more = {"version": "1", "_touched": ",".join(fields), "audience": "department", "do": "change"}
        more |= {"action": "delete", "ids": keys, "asked": "", "cols": "", "back": "/"}
        more |= {"field": self.hidden(table), "usual": "identity", "reason": "核对身份"}
        more |= {"_move": self.move(table), "_version": "1", "_opinion": "隔离"}
        return {"name": "常用"} | fields | more

    @staticmethod
    def move(table: type[Table]) -> str:
        """A move that the table's new rows can make."""
        flow = table.__flow__
        return next((m.name for m in flow.moves if flow.initial[0] in m.sources), "") if flow is not None else ""

    @staticmethod
    def hidden(table: type[Table]) -> list[str]:
        """The fields that are masked."""
        return [name for name, field in table.__fields__.items() if field.is_secret]

    def anything(self, route: Route, key: str) -> dict[str, Any]:
        """For a page that is no table's."""
        if route.method == "GET":
            return {"query": {"q": "金丝雀"} | dict.fromkeys(_ASKED, key)}
        return {"body": {"id": key}} if route.is_api else {"form": {"id": key, "ids": [key], "name": "x"}}

    def of(self, route: Route, key: str, *, whole: bool = False) -> dict[str, Any]:
        """For an address that names its object, or for who may not ask anyway."""
        if route.method in ("GET", "DELETE") or route.table is None:
            return {} if route.method in ("GET", "DELETE") else self.anything(route, key)
        if route.is_api:
            given = self.own(route.table)
            if route.action == "unmask":
                return {"body": {"fields": self.hidden(route.table) or ["name"], "reason": "核对身份"}}
            if route.rule.endswith("/move"):
                return {"body": {"move": self.move(route.table), "opinion": "隔离"}}
            return {"body": {"rows": [given]} if route.rule.endswith("/bulk") else given}
        sent: dict[str, Any] = {"form": self.form(route.table, [key])}
        if whole and holds_files(route.table):
            sent["file"] = ("说明.txt", "说明".encode())
        return sent

    def without_key(self, route: Route, role: str, theirs: list[str]) -> Iterator[Probe]:
        """Lists, forms of new rows, bulk work: alone, and with another department's things in every place."""
        table = route.table
        assert table is not None
        name = table.__tablename__
        if route.method == "GET":
            yield Probe(route, role, "none", "answer")
            for key in theirs:
                yield Probe(route, role, "foreign", "answer", query=dict.fromkeys(_ASKED, key) | {"draft": "1"})
            yield Probe(route, role, "foreign", "answer", query={"view": self.world["theirs"]["saved_view"][name]})
            if route.action in ("read", "export"):
                yield Probe(route, role, "foreign", "answer", query={"q": "金丝雀", "all": "1", "seen": "1"})
            return
        own = self.world["own"].get(name)
        if route.is_api:
            yield Probe(route, role, "own", "answer", **self.of(route, ""))
            yield from self._referring(route, role)
            return
        for key in theirs:
            expect = "readonly" if sees(table.__rows__) and route.action == "delete" else "kept"
            yield Probe(route, role, "foreign", expect, form=self.form(table, [key]))
            if own is not None and route.action in ("delete", "export"):
                mixed = self.form(table, [own["id"], key])
                yield Probe(route, role, "mixed", expect, form=mixed)
        yield Probe(route, role, "missing", "kept", form=self.form(table, [MISSING]))
        if own is not None and route.action != "delete":
            file = ("行.csv", sheets_csv(table, own["given"])) if route.action == "import" else ("说明.txt", b"x")
            yield Probe(route, role, "own", "answer", form=self.form(table, [own["id"]]), file=file)
            if route.action == "add":
                yield from self._stealing(route, role, "")
                yield from self._referring(route, role)

    def with_own_key(self, route: Route, role: str, key: str) -> Iterator[Probe]:
        """The own row with another department's things in it."""
        if route.method in ("POST", "PUT") and route.kind == "row" and route.action == "edit":
            yield from self._referring(route, role, key)
            if not route.is_api:
                yield from self._stealing(route, role, key)

    def _stealing(self, route: Route, role: str, key: str) -> Iterator[Probe]:
        """A form that takes the other department's files along, or away."""
        table = route.table
        assert table is not None
        theirs, name = self.world["theirs"], table.__tablename__
        if name in theirs["staged"]:
            form = self.form(table, [key])
            yield Probe(route, role, "stolen", "kept", key, form=form | {"_file": theirs["staged"][name]})
            yield Probe(route, role, "stolen", "kept", key, form=form | {"_remove": theirs["attachment"][name]})

    def _referring(self, route: Route, role: str, key: str = "") -> Iterator[Probe]:
        """Every reference with the other department's row in it, by name and by identifier."""
        table = route.table
        assert table is not None
        given, form = self.own(table), self.form(table, [key])
        if not given:
            return
        for name, field in table.__fields__.items():
            told = self._foreign(table, field)
            if told is None:
                continue
            named, identifier, object_ = told
            for value in (named, identifier):
                changed = [value] if field.kind == "many" else value
                if route.is_api:
                    row = given | {name: changed}
                    body = {"rows": [row]} if route.rule.endswith("/bulk") else row
                    yield Probe(route, role, object_, "unwritten", key, body=body)
                else:
                    yield Probe(route, role, object_, "unwritten", key, form=form | {name: changed})

    def _foreign(self, table: type[Table], field: Field) -> tuple[str, str, str] | None:
        """Name and identifier of the other department's row that the field must not take, and what it would be."""
        if not field.is_reference or not field.is_input:
            return None
        if field.is_owner:
            return self.world["names"]["foreign"], str(self.world["departments"]["foreign"]), "moved"
        row = self.world["foreign"].get(target_table(field))
        follows = table.__rows__.kind == "follows" and table.__rows__.field == field.name
        if row is None:
            return None
        from app.core.table import TABLES

        if sees(TABLES[target_table(field)].__rows__) and not follows:
            return None  # everybody may refer to what everybody reads
        return str(row.get(field.by[0], row["id"])), row["id"], "moved" if follows else "referred"


def sheets_csv(table: type[Table], given: dict[str, Any]) -> bytes:
    """The row as a text file with the labels of its fields."""
    names = [name for name in table.__fields__ if given.get(name) is not None]
    lines = [
        ",".join(f'"{table.__fields__[name].label}"' for name in names),
        ",".join('"' + sheets.cell(table, name, given[name]).replace('"', '""') + '"' for name in names),
    ]
    return "\ufeff".encode() + "\r\n".join(lines).encode()
