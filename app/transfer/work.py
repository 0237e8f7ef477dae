"""One row on its way to the staging table, and what the table keeps of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from app.core.errors import BadValue, Problem
from app.core.fields import Field
from app.transfer import existing, hidden
from app.transfer.reader import Fault, Formula, as_json

_SPECIAL = frozenset({Formula, Fault})
_told = json.JSONEncoder(ensure_ascii=False, check_circular=False)
#: What ``_told.encode`` makes anew for every text; made once, a row's text takes 3 microseconds and not 7.
_pieces = c_make_encoder(None, _told.default, encode_basestring, None, ": ", ", ", False, False, True)


def _as_text(value: Any) -> str:
    return "".join(_pieces(value, 0))


@dataclass(slots=True)
class Work:
    """One row on its way to the staging table."""

    number: int
    raw: tuple[Any, ...]
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    state: str = "insert"
    row_id: Any = None
    bound_to: Any = None
    version: int | None = None
    kept: existing.Existing | None = None
    is_owned: bool = False


def raw_text(
    cells: Sequence[Any], fields: Mapping[int, Field], values: Mapping[str, Any], read: Collection[int]
) -> str:
    """The row as it was typed, in JSON; what it hides is sealed. ``read`` are the columns that carry a field."""
    if not cells:
        return "[]"
    if not _SPECIAL.isdisjoint(map(type, cells)):
        cells = tuple(as_json(cell) for cell in cells)
    return _as_text(hidden.typed_cells(cells, fields, values, read))


def refuse(work: Work, name: str, bad: BadValue) -> None:
    """The row has no such value, and a problem instead."""
    del work.values[name]
    work.problems.append(Problem(bad.message, (name,)))


def identifiers(each: Field, value: Any) -> Any:
    """What the staging table keeps of a reference: identifiers, each once."""
    if value is None or each.kind == "ref":
        return getattr(value, "id", None)
    return list(dict.fromkeys(item.id for item in value if hasattr(item, "id")))


def problems_text(problems: list[Problem]) -> str | None:
    """What was found about the row, in JSON."""
    if not problems:
        return None
    return _as_text([told(p) for p in problems])


def told(problem: Problem) -> dict[str, Any]:
    """A problem as the staging table keeps it; ``k`` is the same for all problems of one kind."""
    message = problem.message
    return {"f": problem.fields, "m": str(message), "c": problem.code, "w": problem.is_warning, "k": message.msgid}


#: Stands in a message where a statement about many rows puts the number of the row that is meant.
ROW = "{row}"


def pointing(number: str) -> str:
    """The problem that ``pointed`` gives, as SQL; ``number`` is the expression of the number of a row."""
    return f"jsonb_set(CAST(:problem AS jsonb), '{{0,m}}', to_jsonb(replace(:told, :mark, CAST({number} AS text))))"


def pointed(problem: Problem) -> dict[str, str]:
    """The parameters of ``pointing``: a problem in whose message ``ROW`` stands for a row."""
    return {"problem": _as_text([told(problem)]), "told": str(problem.message), "mark": ROW}
