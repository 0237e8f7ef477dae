"""Rows of one department, written straight into the tables with a canary in every column that can hold one."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from xlsxwriter import Workbook

from app.console import attachments
from app.core import clock, sealing, stored
from app.core.fields import Field
from app.core.ids import uuid7
from app.core.rows import ASKED
from app.core.table import LINKS, TABLES, Table, by_class, tables_with_pages
from app.core.table.columns import target_table
from app.core.viewer import looking_as
from app.extensions import db
from app.transfer.staging import Staging
from tests.isolation.canaries import Cage, Canary, Secrecy
from tests.isolation.routes import sees

#: Kept by code, not by people: one for every table people work with, because pages look for them by its name.
PER_TABLE = ("saved_view", "draft", "import_batch", "header_memory", "attachment")
Row = dict[str, Any]
#: A to-do that everybody of the department may do, so that only its department keeps others from it.
FOR_ALL_OF_IT: dict[str, Row] = {"todo": {"table_name": "inspection", "needs": "read", "account_id": None}}
#: What whoever keeps the system running is shown of everybody: which code ran, when, how far. No canary stands there.
SHOWN_TO_OPERATORS: dict[str, Row] = {
    "job": dict.fromkeys(("started_at", "ended_at", "told_at"))
    | {"task_name": "import_check", "queue": "imports", "worker": "host:1", "attempts": 1, "done": 1, "total": 2}
    | {"asked_at": clock.now()}
}


class Painter:
    """Writes the rows of one department; in the other's stands a canary wherever a column can hold one."""

    def __init__(self, cage: Cage, department: tuple[int, int], user: int, *, is_foreign: bool) -> None:
        self.cage, self.user, self.is_foreign = cage, user, is_foreign
        self.department_id, self.scope_region = department
        self.rows: dict[str, Row] = {}

    def secrecy(self, table: type[Table], field: Field | None) -> Secrecy:
        """Who may read that value, as the declaration says."""
        if not sees(table.__rows__):
            return "row"
        return "mask" if field is not None and (field.grade == "sensitive" or field.masked_when) else "open"

    def canary(self, table: type[Table], column: str, field: Field | None) -> Canary | None:
        """The mark for that column, where this department's rows have marks."""
        return Canary(table.__tablename__, column, self.secrecy(table, field)) if self.is_foreign else None

    def row(self, table: type[Table], **fixed: Any) -> Row:
        """A row with every column filled; ``fixed`` says what stands in some. What would open it to others is empty."""
        values: Row = {}
        if table.__rows__.once:
            fixed = {table.__rows__.once: None, ASKED: None} | fixed
        for column in table.__table__.c:
            if column.name in fixed:
                values[column.name] = fixed[column.name]
            elif column.computed is None and column.name not in self._made_by_others(table):
                values[column.name] = self._value(table, column)
        if isinstance(table.__table__.c.id.type, sa.Uuid):
            values["id"] = fixed.get("id") or uuid7()
        values = sealing.columns_of(table, values, values["id"])
        if self.is_foreign and self.secrecy(table, None) == "row":
            self.cage.key(Canary(table.__tablename__, "id", "row"), values["id"])
        return values

    @staticmethod
    def _made_by_others(table: type[Table]) -> set[str]:
        """Columns that the database fills, and marks, which are made of the values they stand for."""
        marks = {field.compared for field in table.__fields__.values() if field.is_marked}
        return {"created_at", "updated_at", "version", sealing.SEALED_AS} | marks

    def _value(self, table: type[Table], column: Any) -> Any:
        known = {
            "created_by": self.user,
            "updated_by": self.user,
            "done_by": self.user,
            "account_id": self._signs_in(),
            "department_id": self.department_id,
            "scope_region": self.scope_region,
        }
        if column.name in known:
            return known[column.name]
        field = column.info.get("field") or table.__fields__.get(column.name)
        mark = self.canary(table, column.name, field)
        if field is not None and field.kind == "ref":
            is_draft = by_class(str(field.target)).__rows__.once is not None
            return None if is_draft and sees(table.__rows__) and column.nullable else self._referred(field)
        if field is not None and field.choices is not None:
            return self._chosen(table, field)
        return self._plain(column, field, mark)

    def _signs_in(self) -> int:
        """Who signs in with the painted account (the first person of the department, where it has none)."""
        name = self.rows.get("account", {}).get("username")
        return db.session.scalar(sa.select(User.id).where(User.username == name)) or self.user

    def _referred(self, field: Field) -> Any:
        target = self.rows.get(target_table(field))
        if target is not None:
            return target["id"]
        other = by_class(str(field.target))
        return db.session.scalar(sa.select(other.id).order_by(other.id).limit(1)) if field.required else None

    @staticmethod
    def _chosen(table: type[Table], field: Field) -> Any:
        """The value that hides another field, where one does; otherwise the first of the list."""
        hiding = [
            f.masked_when[1][0] for f in table.__fields__.values() if f.masked_when and f.masked_when[0] == field.name
        ]
        assert field.choices is not None
        chosen = hiding[0] if hiding else next(iter(field.choices)).value
        return [chosen] if field.kind == "choices" else chosen

    def _plain(self, column: Any, field: Field | None, mark: Canary | None) -> Any:
        kind, cage = column.type, self.cage
        if isinstance(kind, sa.Boolean):
            return False
        if isinstance(kind, sa.DateTime):
            return datetime.combine(cage.day(mark), time(3, 4), UTC)
        if isinstance(kind, sa.Date):
            return cage.day(mark)
        if isinstance(kind, sa.Integer):
            return cage.number(mark)
        if isinstance(kind, sa.Numeric):
            small = (kind.precision or 18) - (kind.scale or 0) < 8
            return Decimal(7) if small else Decimal(cage.number(mark))
        if isinstance(kind, ARRAY):
            return [cage.word(mark)]
        if isinstance(kind, JSONB):
            return {
                "_title": cage.word(mark),
                "note": cage.word(mark),
                "m": "…",
                "p": {},
            }  # or words, as jobs keep them
        if isinstance(kind, sa.Uuid):
            return uuid7()  # names nothing
        if isinstance(kind, sa.LargeBinary):
            return cage.word(mark).encode()
        return self._text(kind, field, cage.word(mark))

    @staticmethod
    def _text(kind: Any, field: Field | None, word: str) -> str:
        length = getattr(kind, "length", None) or 99
        if field is not None and (field.grade == "sensitive" or field.masked_when) and length >= 18:
            return f"610104{word}0010"  # what a mask shows of it is no mark
        if field is not None and (field.kind not in ("text", "long_text") or field.checks):
            return (word.lower() if field.kind == "text" else word)[:length]  # names to sign in with are small letters
        return f"金丝雀{word}"[-length:]

    def write(self, table: type[Table], row: Row) -> None:
        """The row is stored."""
        db.session.execute(insert(table.__table__).values(row).on_conflict_do_nothing())

    def paint(self, existing: dict[str, Any] | None = None) -> None:
        """A row of every table that belongs to somebody, parents first; the first row of a table stands for it."""
        for name, table in _parents_first():
            self.rows[name] = (
                {"id": existing[name]}
                if existing and name in existing
                else self.row(table, **(SHOWN_TO_OPERATORS | FOR_ALL_OF_IT).get(name, {}))
            )
            if not existing or name not in existing:
                self.write(table, self.rows[name])
        for link in LINKS.values() if existing is None else ():
            other = self.rows.get(target_table(link.field))
            if other is not None and link.owner in self.rows:
                numbers = {"department_id": self.department_id, "scope_region": self.scope_region}
                numbers = {name: value for name, value in numbers.items() if name in link.table.c}
                pair = {link.owner_column: self.rows[link.owner]["id"], link.target_column: other["id"]}
                db.session.execute(sa.insert(link.table).values(pair | numbers))

    def belongings(self) -> dict[str, dict[str, str]]:
        """What pages keep beside rows: for every table a saved view, drafts, uploads, a header, a file."""
        made: dict[str, dict[str, str]] = {name: {} for name in (*PER_TABLE, "uploaded", "staged")}
        for name, table in tables_with_pages().items():
            of = {"table_name": name}
            self._keep(
                made, "saved_view", name, **of, audience="department", is_default=True, parameters=self._asked(table)
            )
            self._keep(made, "draft", name, **of, form="NEW")
            self._keep(made, "header_memory", name, **of, field_name=next(iter(table.__fields__)))
            made["uploaded"][name] = self._upload(table, "uploaded")
            made["import_batch"][name] = self._upload(table, "checked")
            if attachments.holds(table) and name in self.rows:
                self._keep(made, "attachment", name, **of, row_key=str(self.rows[name]["id"]), media_type="image/png")
                draft = made["draft"][name]
                made["staged"][name] = self._keep(made, "attachment", "", table_name="draft", row_key=draft)
                made["attachment"].pop("")
        return made

    def _asked(self, table: type[Table]) -> str:
        return f"q={self.cage.word(self.canary(TABLES['saved_view'], 'parameters', None))}"

    def _keep(self, made: dict[str, dict[str, str]], kind: str, of: str, **fixed: Any) -> str:
        row = self.row(TABLES[kind], **fixed)
        self.write(TABLES[kind], row)
        made[kind][of] = str(row["id"])
        return str(row["id"])

    def _upload(self, table: type[Table], state: str) -> str:
        """An upload: its file, and (checked) its staging table with a row that was refused."""
        batch = TABLES["import_batch"]
        cage, mark = self.cage, self.canary(batch, "content", None)
        labels = [str(field.label) for field in table.__fields__.values() if field.is_input]
        words = [cage.word(mark) for _ in labels]
        stream = io.BytesIO()
        book = Workbook(stream, {"in_memory": True})
        sheet = book.add_worksheet(cage.word(mark))
        sheet.write_row(0, 0, labels)
        sheet.write_row(1, 0, words)
        book.close()
        names = [name for name, field in table.__fields__.items() if field.is_input]
        row = self.row(
            batch,
            table_name=table.__tablename__,
            state=state,
            file_id=stored.keep(db.session(), io.BytesIO(stream.getvalue()), f"{cage.word(mark)}.xlsx"),
            sheet=cage.word(mark),
            header_row=1,
            **dict.fromkeys(("job_id", "sighting", "summary", "template", "book_id", "book_place")),
            mapping={str(at): name for at, name in enumerate(names)},
            headers=[[at, chr(65 + at % 26), label] for at, label in enumerate(labels)],
        )
        self.write(batch, row)
        if state == "checked":
            staging = Staging(table, f"b_{row['id'].hex}")
            with looking_as(db.session(), None):
                staging.create(db.session())
            problems = json.dumps([{"f": [names[0]], "m": cage.word(mark), "c": "KEY", "w": False, "k": "KEY"}])
            statement = f"INSERT INTO {staging.full_name} (row_no, state, problems, raw) VALUES (2, 'error', :p, :r)"
            db.session.execute(sa.text(statement), {"p": problems, "r": json.dumps(words)})
        return str(row["id"])


def _parents_first() -> list[tuple[str, type[Table]]]:
    """The tables whose rows belong to somebody, each after those it must refer to."""
    left = {name: t for name, t in TABLES.items() if name not in PER_TABLE and t.__rows__.kind != "everyone"}
    found: list[tuple[str, type[Table]]] = []
    while left:
        for name, table in list(left.items()):
            needed = {target_table(f) for f in table.__fields__.values() if f.kind == "ref"} - {name}
            needed |= {"account"} if "account_id" in table.__table__.c else set()
            if not needed & left.keys():
                found.append((name, left.pop(name)))
                break
        else:
            found += left.items()
            break
    return found
