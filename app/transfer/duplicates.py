"""Rows of an upload that are stored already, or look like stored ones: what is to become of each, decided by a person.

A row whose key is stored with other values is updated or the stored one is kept; a new row that looks like another one
is imported or passed over. A decision is the row's state; ``chosen`` remembers what a row that is passed over would
be, so that it can be decided otherwise until the commit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Refused
from app.core.messages import N_
from app.core.rules import Duplicate, Severity
from app.core.table import Table
from app.transfer import upload
from app.transfer.batch import BatchState, ImportBatch
from app.transfer.staging import Staging, compared_name

#: What is decided about a row: what is stored stays, or what the file says is stored.
Choice = Literal["keep", "take"]
#: Which rows: with a stored row of the same key, or new ones that look like another.
Kind = Literal["", "stored", "suspect"]

#: Rows that were passed over unread are judged before they can be taken: so many at a time, and in one go.
_JUDGED, _MOST_JUDGED = 500, 2_000


@dataclass(frozen=True)
class Numbers:
    """How many rows there are of either kind, and how many of them stay as they are stored."""

    stored: int = 0
    stored_kept: int = 0
    suspect: int = 0
    suspect_kept: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.stored + self.suspect


@dataclass
class Alike:
    """One row of the file with what it is compared with."""

    number: int
    is_stored: bool
    is_kept: bool
    #: False while it was passed over without being judged: what it hides was not sealed for it.
    is_judged: bool
    row_id: Any
    base_version: int | None
    #: The values by column, as JSON tells them, and the cells as they were typed.
    values: dict[str, Any]
    raw: list[Any]
    messages: list[str]
    #: Stored rows that agree with it, and an earlier row of the file that does.
    twins: list[Any] = field(default_factory=list)
    earlier: int | None = None


def _codes(table: type[Table]) -> list[Duplicate]:
    return [each for each in table.__duplicates__ if each.severity is Severity.WARNING]


def _which(table: type[Table], kind: Kind = "") -> str:
    """The condition of the rows that something is to be decided about."""
    stored = "(base_version IS NOT NULL AND state IN ('update', 'skipped'))"
    looks = [f"problems @> '[{json.dumps({'c': each.code})}]'" for each in _codes(table)]
    suspect = f"(base_version IS NULL AND state IN ('insert', 'skipped') AND ({' OR '.join(looks) or 'false'}))"
    return {"stored": stored, "suspect": suspect}.get(kind) or f"({stored} OR {suspect})"


def numbers(session: Session, batch: ImportBatch) -> Numbers:
    """How many rows there are to decide about."""
    staging = upload.staging_of(batch)
    table = staging.table
    counted = f"""SELECT count(*) FILTER (WHERE {_which(table, "stored")}),
        count(*) FILTER (WHERE {_which(table, "stored")} AND state = 'skipped'),
        count(*) FILTER (WHERE {_which(table, "suspect")}),
        count(*) FILTER (WHERE {_which(table, "suspect")} AND state = 'skipped') FROM {staging.full_name}"""  # noqa: S608 - declared names
    return Numbers(*session.execute(text(counted.replace(":", "\\:"))).one())


def rows(session: Session, batch: ImportBatch, *, kind: Kind = "", after: int = 0, limit: int = 20) -> list[Alike]:
    """Rows to decide about in the order of the file, behind the one of that number, with what they look like."""
    staging = upload.staging_of(batch)
    condition = _which(staging.table, kind).replace(":", "\\:")
    wanted = (
        f"SELECT to_jsonb(s)::text FROM {staging.full_name} s WHERE {condition} AND row_no > :after "  # noqa: S608
        "ORDER BY row_no LIMIT :limit"
    )
    found = [_alike(staging, line) for line in session.scalars(text(wanted), {"after": after, "limit": limit})]
    for each in _codes(staging.table):
        _find_twins(session, staging, each, found)
    return found


def _alike(staging: Staging, told: str) -> Alike:
    row = json.loads(told, parse_float=Decimal)
    values = {each.column: row[f"v_{each.name}"] for each in staging.fields}
    return Alike(
        number=row["row_no"],
        is_stored=row["base_version"] is not None,
        is_kept=row["state"] == "skipped",
        is_judged=row["state"] != "skipped" or row["chosen"] is not None,
        row_id=row["row_id"],
        base_version=row["base_version"],
        values=values | {name: row[name] for name in ("department_id", "scope_region") if staging.is_scoped},
        raw=row["raw"] or [],
        messages=[each["m"] for each in row["problems"] or []],
    )


def _find_twins(session: Session, staging: Staging, rule: Duplicate, found: Sequence[Alike]) -> None:
    """The rows know the stored ones that agree with them by the rule, as far as the viewer may see these."""
    fields = [staging.table.__fields__[name] for name in rule.fields]
    names = {each.compared: compared_name(each) for each in fields}
    by_number = {each.number: each for each in found if each.messages}
    given = {"numbers": list(by_number)}
    if not by_number:
        return
    same = " AND ".join(f't."{column}" = s."{staged}"' for column, staged in names.items())
    stored = (
        f'SELECT s.row_no, t.id FROM {staging.full_name} s JOIN "{staging.table.__tablename__}" t ON {same} '  # noqa: S608
        "WHERE s.row_no = ANY(:numbers) AND t.id IS DISTINCT FROM s.row_id ORDER BY 1, 2 LIMIT 200"
    )
    for number, key in session.execute(text(stored), given):
        if key not in by_number[number].twins:
            by_number[number].twins.append(key)
    same = " AND ".join(f'o."{staged}" = s."{staged}"' for staged in names.values())
    earlier = (
        f"SELECT s.row_no, min(o.row_no) FROM {staging.full_name} s JOIN {staging.full_name} o ON {same} "  # noqa: S608
        "WHERE s.row_no = ANY(:numbers) AND o.row_no < s.row_no AND o.state <> 'error' GROUP BY 1"
    )
    for number, first in session.execute(text(earlier), given):
        by_number[number].earlier = first


# -- the decision ------------------------------------------------------------------------------------------------------


def decide(
    session: Session, batch: ImportBatch, choice: Choice, only: Sequence[int] | None = None, kind: Kind = ""
) -> int:
    """Decide so about the rows of those numbers, or all; how many were decided otherwise before. Never commits.

    Raises Refused when the batch does not wait for its commit, or more rows would have to be judged than at once.
    """
    upload.hold(session, batch, BatchState.CHECKED)
    staging = upload.staging_of(batch)
    among = _which(staging.table, kind).replace(":", "\\:")
    given: dict[str, Any] = {}
    if only is not None:
        among, given = f"{among} AND row_no = ANY(:numbers)", {"numbers": list(only)}
    if choice == "keep":
        done = _keep(session, batch, staging, among, given)
    else:
        done = _take(session, batch, staging, among, given)
        session.flush()
        done += _judge(session, batch, staging, among, given)
    session.flush()
    return done


def _keep(session: Session, batch: ImportBatch, staging: Staging, among: str, given: dict[str, Any]) -> int:
    done = (
        f"WITH done AS (UPDATE {staging.full_name} SET chosen = state, state = 'skipped' "  # noqa: S608
        f"WHERE {among} AND state <> 'skipped' RETURNING chosen) SELECT chosen, count(*) FROM done GROUP BY 1"
    )
    return _tell(batch, dict(session.execute(text(done), given).all()), -1)


def _take(session: Session, batch: ImportBatch, staging: Staging, among: str, given: dict[str, Any]) -> int:
    done = (
        f"WITH done AS (UPDATE {staging.full_name} SET state = chosen, chosen = NULL "  # noqa: S608
        f"WHERE {among} AND state = 'skipped' AND chosen IS NOT NULL RETURNING state) "
        "SELECT state, count(*) FROM done GROUP BY 1"
    )
    return _tell(batch, dict(session.execute(text(done), given).all()), 1)


def _tell(batch: ImportBatch, moved: dict[str, int], sign: int) -> int:
    """The batch counts the rows that were moved between those that are written and those passed over."""
    batch.inserted = (batch.inserted or 0) + sign * moved.get("insert", 0)
    batch.updated = (batch.updated or 0) + sign * moved.get("update", 0)
    batch.skipped = (batch.skipped or 0) - sign * sum(moved.values())
    batch.summary = None
    return sum(moved.values())


def _judge(session: Session, batch: ImportBatch, staging: Staging, among: str, given: dict[str, Any]) -> int:
    """Rows that were passed over without being judged are judged as if all were to be updated."""
    wanted = (
        f"SELECT row_no FROM {staging.full_name} WHERE {among} AND state = 'skipped' AND chosen IS NULL "  # noqa: S608
        f"ORDER BY row_no LIMIT {_MOST_JUDGED + 1}"
    )
    found = list(session.scalars(text(wanted), given))
    if len(found) > _MOST_JUDGED:
        raise Refused(
            N_("一次最多改 {most} 行；要更新全部已有记录，请重新上传并选择“更新已有记录”", most=_MOST_JUDGED),
            status=409,
        )
    for some in _slices(found):
        upload.check_rows(session, batch, [(number, {}) for number in some], mode="upsert")
    return len(found)


def _slices(found: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(found), _JUDGED):
        yield found[start : start + _JUDGED]
