"""Rows in and out from scripts: ``flask --app run data …``, as a named user, under the same rules as the pages."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask.cli import with_appcontext
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.console import guard
from app.console.history import events
from app.core import query
from app.core import viewer as viewers
from app.core.errors import Refused
from app.core.failures import explain
from app.core.messages import N_, joined
from app.core.table import Table, tables_with_pages
from app.core.viewer import looking_as, must_have
from app.extensions import db
from app.transfer import headers, sighting
from app.transfer.error_book import Layout, write_failed
from app.transfer.export import Export
from app.transfer.merge import Outcome, merge
from app.transfer.reader import normalise_header, open_book
from app.transfer.reader import preview as preview_of
from app.transfer.rows import StagedRow, staged_rows
from app.transfer.stage import Stager
from app.transfer.template import write_template

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


class TableName(click.ParamType):
    """A table by its database name."""

    name = "table"

    def convert(self, value: Any, param: Any, ctx: Any) -> type[Table]:
        """The table, or an error that lists them all."""
        known = tables_with_pages()
        if value not in known:
            problem = N_("没有名为“{name}”的数据表；可用的有：{names}", name=value, names=joined(known))
            self.fail(str(problem), param, ctx)
        return known[value]


def _say(answer: Any) -> None:
    click.echo(json.dumps(answer, ensure_ascii=False, default=str))


@contextmanager
def _working_as(name: str, action: str, table: type[Table]) -> Iterator[Session]:
    """The session of that user. Refusals become one JSON line on standard error and exit status 2."""
    session = db.session()
    try:
        user = session.scalar(sa.select(User).where(User.username == name, User.active.is_(True)))
        if user is None:
            raise Refused(N_("没有可用的账号“{name}”", name=name))
        person = viewers.person(session, user.id)
        if person is None:
            raise Refused(N_("账号“{name}”没有任职部门", name=name))
        if (f"can_{action}", table.__tablename__) not in guard.permissions_of(user.id):
            raise Refused(N_("账号“{name}”的角色不能进行这项操作", name=name))
        with looking_as(session, person):
            yield session
    except (Refused, DBAPIError) as error:
        session.rollback()
        told = error if isinstance(error, Refused) else explain(error)
        click.echo(json.dumps({"error": str(told)}, ensure_ascii=False), err=True)
        sys.exit(2)


@click.group("data")
def data() -> None:
    """Templates, imports and exports."""


@data.command("tables")
@with_appcontext
def tables_command() -> None:
    """Every table: name, label, key, fields."""
    _say(
        [
            {
                "name": name,
                "label": str(table.__label__),
                "key": list(table.__key__),
                "fields": [
                    {"name": field.name, "label": str(field.label), "kind": field.kind, "required": field.required}
                    for field in table.__fields__.values()
                ],
            }
            for name, table in tables_with_pages().items()
        ]
    )


@data.command("template")
@click.argument("table", type=TableName())
@click.option("-o", "--output", type=_OUT, required=True)
@with_appcontext
def template_command(table: type[Table], output: Path) -> None:
    """Write the workbook that people fill in."""
    with output.open("wb") as stream:
        write_template(table, stream)
    _say({"file": str(output), "table": table.__tablename__})


@data.command("preview")
@click.argument("file", type=_FILE)
@click.option("--sheet")
@click.option("--table", type=TableName(), help="Look for this table's headers")
@with_appcontext
def preview_command(file: Path, sheet: str | None, table: type[Table] | None) -> None:
    """Show what the reader sees: sheet, header row, headers, rows with merged cells filled down."""
    from app.transfer.columns import known_headers

    try:
        _say(preview_of(file, sheet, known_headers(table) if table else ()))
    except Refused as error:
        click.echo(json.dumps({"error": str(error)}, ensure_ascii=False), err=True)
        sys.exit(2)


@data.command("import")
@click.argument("table", type=TableName())
@click.argument("file", type=_FILE)
@click.option("--as", "user", required=True, help="User name")
@click.option("--map", "maps", multiple=True, metavar="HEADER=FIELD", help="What a header means; remembered")
@click.option("--sheet")
@click.option("--header-row", type=int)
@click.option("--dry-run", is_flag=True, help="Check only")
@click.option("--errors", type=_OUT, help="Write the failed rows with their reasons here")
@with_appcontext
def import_command(
    table: type[Table],
    file: Path,
    user: str,
    maps: tuple[str, ...],
    sheet: str | None,
    header_row: int | None,
    dry_run: bool,
    errors: Path | None,
) -> None:
    """Import a workbook. Prints one JSON line; the exit status is 0 only when no row failed."""
    with _working_as(user, "import", table) as session:
        said = _mapping(table, maps)
        memory = headers.memory_of(session, table) | {normalise_header(k): v for k, v in said.items()}
        with open_book(file) as book:
            seen = sighting.look(table, book, sheet=sheet, header_row=header_row, memory=memory)
            stager = sighting.stage(session, table, book, seen, seen.match.fields)
        outcome = _planned(stager) if dry_run else merge(session, stager.staging)
        if errors is not None:
            failed = staged_rows(session, stager.staging, seen.match.fields, only="error", full=True)
            _write_errors(errors, seen, failed)
        if said and not dry_run:
            headers.remember(session, table, said)
        if not dry_run:
            events.imported(session, table, outcome, file=file.name)
        stager.staging.drop(session)
        session.rollback() if dry_run else session.commit()
    answer: dict[str, Any] = {"rows": outcome.rows, "inserted": outcome.inserted, "updated": outcome.updated}
    answer |= {"unchanged": outcome.unchanged, "failed": outcome.failed}
    answer |= {"warnings": stager.counts.warning, "unread": list(seen.match.unknown), "missing": seen.missing(table)}
    _say(answer)
    sys.exit(0 if outcome.failed == 0 else 1)


def _mapping(table: type[Table], maps: tuple[str, ...]) -> dict[str, str]:
    by_label = {str(field.label): name for name, field in table.__fields__.items()}
    said: dict[str, str] = {}
    for each in maps:
        header, sign, name = each.rpartition("=")
        name = by_label.get(name, name)
        if not sign or (name and name not in table.__fields__):
            raise Refused(N_("“{text}”应写成 表头=字段，且字段属于这个数据表", text=each))
        said[header] = name
    return said


def _planned(stager: Stager) -> Outcome:
    counts = stager.counts
    return Outcome(counts.insert, counts.update, counts.unchanged, counts.error, counts.skipped)


def _write_errors(path: Path, seen: sighting.Sighting, rows: Iterator[StagedRow]) -> None:
    with path.open("wb") as stream:
        write_failed(stream, Layout(seen.header.headers, seen.sheet), rows)


@data.command("export")
@click.argument("table", type=TableName())
@click.option("-o", "--output", type=_OUT, required=True)
@click.option("--as", "user", required=True, help="User name")
@click.option("--filter", "filters", multiple=True, metavar="NAME=VALUE", help="q=…, field=…, field.from=…, order=…")
@with_appcontext
def export_command(table: type[Table], output: Path, user: str, filters: tuple[str, ...]) -> None:
    """Export every row the user may see and asked for; to a text file if its name ends in .csv."""
    with _working_as(user, "export", table) as session:
        given = [tuple(each.partition("=")[::2]) for each in filters]
        criteria = query.read_criteria(table, query.given_filters(given))  # type: ignore[arg-type]
        leaving = Export(table, criteria, as_csv=output.suffix.lower() == ".csv")
        leaving.check(session)
        columns = [column.field.name for column in leaving.columns]

        def note(rows: int) -> None:
            filters = events.filters_of(criteria)
            events.exported(session, table, rows, form=leaving.suffix, filters=filters, columns=columns)
            session.commit()

        with output.open("wb") as stream:
            counted = leaving.prepared(must_have(session)).write(session, stream.write, before_end=note)
    _say({"file": str(output), "rows": counted})
