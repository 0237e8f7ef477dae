"""Cells -> typed values, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any
from uuid import UUID

from app.core import sealing
from app.core.errors import BadValue
from app.core.fields import Field
from app.core.messages import N_
from app.transfer.reader import Day, Fault, Formula

#: Distinct cells remembered per column: workbooks repeat themselves.
_REMEMBERED = 4000

#: Cells of these types are equal only when they mean the same; of others (1, 1.0, True) the type is told as well.
_WORDS = frozenset({str, Day, NoneType})


@dataclass(frozen=True)
class Pointer:
    """A masked value that an export wrote, with the row whose value it is: it means "as it is there"."""

    shown: str
    key: UUID


class ColumnReader:
    """Reads the cells of one field; what was read before is remembered for a while."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self._known: dict[Any, Any] = {}

    def read(self, cells: Sequence[Any]) -> list[Any]:
        """For each cell its typed value, or the BadValue that refuses it."""
        keys = cells if _WORDS.issuperset(map(type, cells)) else [_key(cell) for cell in cells]
        known = self._known
        if len(known) > _REMEMBERED:
            known.clear()
        for key in set(keys) - known.keys():
            known[key] = self._one(key[1] if type(key) is tuple else key)
        return [known[key] for key in keys]

    def _one(self, cell: Any) -> Any:
        if isinstance(cell, Formula):
            told = "…" if self.field.is_secret else cell.text[:60]  # ="6101…" is how many write numbers
            return BadValue(N_("单元格是公式 {formula}，请改为数值或文本后再上传", formula=told))
        if isinstance(cell, Fault):
            return BadValue(N_("单元格是错误值 {fault}", fault=cell.text))
        if self.field.is_secret and (pointed := sealing.pointed_at(cell)):
            return Pointer(*pointed)
        try:
            return self.field.read(cell)
        except BadValue as error:
            return BadValue(sealing.discreet_value(self.field, error, cell).message)


def _key(cell: Any) -> Any:
    return cell if isinstance(cell, str) else (type(cell), cell)
