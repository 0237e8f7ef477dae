"""Questions that must not be answerable: every hidden column by every way of asking, every hidden row by every guess."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.core.fields import Field
from app.core.table import TABLES, Table, by_class, tables_with_pages
from tests.isolation.people import Person, Told
from tests.isolation.routes import Allowed, Probe, Route, sees

#: What differs between two answers to the same question.
_NOISE = re.compile(
    r'nonce[-=]"?[\w-]+|(?:value|content|data-token)="[\w.-]{40,}"|ETag: .*|Set-Cookie: .*|Content-Length: .*|Date: .*'
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|X-Request-Id: .*|\d\d:\d\d(?::\d\d)?"
)


#: What every answer says of a row, so that it can be changed.
_KNOWN = {"id", "version"}


@dataclass(frozen=True)
class Asked:
    """An address and where the guess goes."""

    url: str
    parameters: dict[str, str]


def hidden_columns(table: type[Table]) -> Iterator[tuple[str, Field | None]]:
    """Columns nobody may ask for: sensitive fields, and what the database keeps beside the fields."""
    for name, field in table.__fields__.items():
        if field.grade == "sensitive":
            yield name, field
    fields = {field.column for field in table.__fields__.values()}
    yield from ((column.name, None) for column in table.__table__.c if column.name not in fields | _KNOWN)


def _where(name: str, table: str) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every way to ask by a column: (method, address, parameters)."""
    conditions = [{f"{any_}f.{name}{how}": "x"} for any_ in ("", "any.") for how in ("", ".starts", ".filled", ".from")]
    for asked in (*conditions, {"order": name}, {"order": f"-{name}"}):
        yield "GET", f"/{table}/list/", asked
        yield "GET", f"/api/v1/{table}/", asked
        yield "GET", f"/{table}/export", asked
    asked = f"f.{name}=x"
    yield "POST", f"/{table}/views", {"name": "试", "asked": asked}
    yield "POST", f"/{table}/export", {"all": "1", "asked": asked}


class Oracles:
    """Asks, as somebody who may read and export the table, and compares the answers."""

    def __init__(self, sweep: Any) -> None:
        self.sweep, self.world = sweep, sweep.world
        self.allowed = Allowed(self.world["roles"])

    def role(self, action: str, table: str) -> str | None:
        """A role that may do that with the table."""
        route = Route("", "GET", "", f"can_{action} on {table}")
        found = [role for role in self.world["people"] if self.allowed(role, route)]
        return found[-1] if found else None

    def ask(self, person: Person, what: str, method: str, url: str, given: dict[str, Any], **more: Any) -> Told:
        """The answer, looked through for canaries like every other."""
        self.sweep.counts[what] += 1
        told = person.send(method, url, **({"query": given} if method == "GET" else {"form": given}), **more)
        probe = Probe(
            Route(url, method, "", None), person.role, what, "refused", query={k: str(v) for k, v in given.items()}
        )
        if told.status >= 500:
            self.sweep.found(probe, "server error", told, says=told.text[-300:])
        escaped = self.sweep.cage.escaped(told.text, [str(given)])
        if escaped:
            self.sweep.found(probe, "canary in the answer", told, canaries=sorted(map(str, escaped.values()))[:9])
        return told

    def run(self, tables: list[str]) -> None:
        """Every table, or those."""
        for name, table in tables_with_pages().items():
            if tables and name not in tables:
                continue
            role = self.role("export", name) or self.role("read", name)
            if role is None:
                continue
            person = self.sweep.person(role)
            self.columns(person, name, table)
            self.guesses(person, name, table)
            self.keys(name, table)

    def columns(self, person: Person, name: str, table: type[Table]) -> None:
        """A hidden column can be neither condition nor order, in no list; and where it is shown it is masked."""
        exports = self.allowed(person.role, Route("", "GET", "", f"can_export on {name}"))
        for column, field in hidden_columns(table):
            for method, url, given in _where(column, name):
                if url.endswith("/export") and not exports:
                    continue
                self._refused(person, method, url, given)
            if field is None:
                self._refused(person, "GET", f"/api/v1/{name}/", {"fields": column})
            self.ask(person, "select", "GET", f"/api/v1/{name}/", {"fields": column})
            self.ask(person, "select", "GET", f"/{name}/list/", {"cols": column})
            if exports:
                self.ask(person, "select", "GET", f"/{name}/export", {"cols": column, "seen": "1", "format": "csv"})
        for reference in (f for f in table.__fields__.values() if f.is_reference):
            for column, _ in hidden_columns(by_class(str(reference.target))):
                for given in ({f"f.{reference.name}.{column}": "x"}, {"order": f"{reference.name}.{column}"}):
                    self._refused(person, "GET", f"/api/v1/{name}/", given)
                    self._refused(person, "GET", f"/{name}/list/", given)

    def _refused(self, person: Person, method: str, url: str, given: dict[str, str]) -> None:
        told = self.ask(person, "hidden column", method, url, given)
        if told.status not in (400, 404):
            probe = Probe(Route(url, method, "", None), person.role, "hidden column", "refused", query=given)
            self.sweep.found(probe, "a hidden column could be asked for", told)

    def guesses(self, person: Person, name: str, table: type[Table]) -> None:
        """A right guess of what stands in a row of others is answered as a wrong one is."""
        row = self.world["foreign"].get(name)
        if row is None:
            return
        is_open = sees(table.__rows__)
        for field in table.__fields__.values():
            value = row.get(field.column)
            if not isinstance(value, str) or "QZ7" not in value:
                continue
            secret = field.grade == "sensitive" or field.masked_when
            if is_open and not secret:
                continue
            whole_too = not (is_open and field.masked_when)  # a whole number may be asked for: it finds what it names
            for right in ([value] if whole_too else []) + [value[:-1], value[value.index("QZ7") :][:7]]:
                wrong = right.replace("QZ7", "QZ9")
                for asked in self._ways(name, field, right):
                    self._same(person, asked, right, wrong)

    def _ways(self, name: str, field: Field, right: str) -> Iterator[Asked]:
        yield Asked(f"/api/v1/{name}/", {"q": right, "count": "1"})
        yield Asked(f"/{name}/list/", {"q": right, "all": "1"})
        yield Asked(f"/{name}/pick", {"q": right})
        yield Asked("/search/suggest", {"q": right})
        yield Asked("/search/", {"q": right})
        yield Asked(f"/api/v1/{name}/", {f"f.{field.name}": right})
        for operation in ("not", "eq", "starts"):
            yield Asked(f"/api/v1/{name}/", {f"f.{field.name}.{operation}": right})
        for other_name, other in tables_with_pages().items():
            for reference in other.__fields__.values():
                if reference.target and by_class(reference.target) is TABLES[name]:
                    yield Asked(f"/api/v1/{other_name}/", {f"f.{reference.name}.{field.name}": right})

    def _same(self, person: Person, asked: Asked, right: str, wrong: str) -> None:
        given = asked.parameters
        other = {key: value.replace(right, wrong) for key, value in given.items()}
        first, second = (self.ask(person, "guess", "GET", asked.url, each) for each in (given, other))
        if (first.status, _plain(first, right)) != (second.status, _plain(second, wrong)):
            probe = Probe(Route(asked.url, "GET", "", None), person.role, "guess", "same", query=given)
            self.sweep.found(probe, "a right guess is answered otherwise", first, other=second.status)

    def keys(self, name: str, table: type[Table]) -> None:
        """A new row with the key of a hidden row of others is answered as one with any other key."""
        row, own, role = self.world["foreign"].get(name), self.world["own"].get(name), self.role("add", name)
        if row is None or own is None or role is None or sees(table.__rows__):
            return
        plain = [n for n in table.__key__ if table.__fields__[n].is_input and not table.__fields__[n].is_reference]
        plain += [n for d in table.__duplicates__ for n in d.fields if isinstance(row.get(n), str)]
        person = self.sweep.person(role)
        for field in dict.fromkeys(plain):
            if table.__fields__[field].unique or table.__rows__.once:
                continue  # unique in the whole system, as declared: names to sign in with, codes of the catalogue
            right = str(row[field])
            told = []
            for value in (right, right.replace("QZ7", "QZ9")):
                given = own["given"] | {field: value}
                form = own["form"] | {field: value, "_touched": ",".join(own["form"])}
                first = self.ask(person, "key", "POST", f"/{name}/check", form)
                self.sweep.counts["key"] += 1
                # Nothing is stored: the second row is refused, and the first with it.
                rows = {"rows": [given, {"nothing": "x"}], "all_or_nothing": True}
                second = person.send("POST", f"/api/v1/{name}/bulk", body=rows)
                told.append([(t.status, _plain(t, value)) for t in (first, second)])
            if told[0] != told[1]:
                probe = Probe(Route(f"/api/v1/{name}/", "POST", "", None), role, "key", "same", query={field: right})
                self.sweep.found(
                    probe, "a key of others is told", None, first=str(told[0])[-900:], second=str(told[1])[-900:]
                )


def _plain(told: Told, guess: str) -> str:
    """The answer without the guess and without what differs each time."""
    from urllib.parse import quote, quote_plus

    text = told.text
    for each in (guess, quote(guess), quote_plus(guess)):
        text = text.replace(each, "?")
    text = text.replace(guess.replace("QZ7", "QZ9"), "?")
    return _NOISE.sub("~", text)
