"""What rows hide, on its way through an import: recognised where it comes back masked, sealed wherever it is kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from app.core import sealing, secrecy
from app.core.errors import BadValue
from app.core.fields import Field
from app.core.fields.write import masked
from app.core.messages import N_
from app.transfer.existing import Existing

_CELL, _PURPOSE = "sealed", "raw"


def may_hide(field: Field, values: Mapping[str, Any]) -> bool:
    """True unless the row is known to show the value."""
    return field.masked_when is None or values.get(field.masked_when[0]) is None or field.hides(values.get)


def stored(field: Field, bound_to: Any, values: Mapping[str, Any], kept: Existing | None) -> str | None:
    """What a row will store of a secret value; an unchanged one stays sealed as it is."""
    plain = values.get(field.name)
    if plain is None:
        return None
    if not field.hides(values.get):
        return str(plain)
    if kept is not None and field.name in kept.sealed and kept.values[field.name] == plain:
        before: str = kept.sealed[field.name].stored
        return before
    return sealing.sealed(field, bound_to, plain).stored


def found(field: Field, shown: str, row: tuple[Any, Any] | None) -> Any:
    """The value that an export pointed at: that of the row, if it still looks so. A BadValue otherwise."""
    value, bound_to = row or (None, None)
    if value is None or str(value) != shown:
        return BadValue(N_("没有找到“{value}”所指的记录，或它已被修改", value=shown))
    return sealing.opened(field, bound_to, value)


def typed_cells(
    cells: Sequence[Any], fields: Mapping[int, Field], values: Mapping[str, Any], read: Collection[int]
) -> Sequence[Any]:
    """The cells of a row as they were typed, with what it hides (or may have to hide) sealed.

    In columns that carry no field (``read`` has those that do) so is what looks like the number of a person.
    """
    hidden = [i for i, each in fields.items() if i < len(cells) and may_hide(each, values)]
    if len(cells) > len(read):
        unread = [i for i, cell in enumerate(cells) if i not in read and type(cell) in (str, int)]
        hidden += [i for i in unread if sealing.looks_personal(str(cells[i]))]
    if not hidden:
        return cells
    return [_seal(cell) if i in hidden and cell not in (None, "") else cell for i, cell in enumerate(cells)]


def _seal(cell: Any) -> dict[str, str]:
    return {_CELL: secrecy.seal_text(_PURPOSE, json.dumps(cell, ensure_ascii=False))}


def open_cell(cell: Any, *, full: bool) -> Any:
    """A kept cell as it was typed; what is sealed is masked unless ``full``."""
    if not isinstance(cell, dict) or _CELL not in cell:
        return cell
    typed = json.loads(secrecy.open_text(_PURPOSE, cell[_CELL]))
    return typed if full else masked(_told(typed))


def _told(typed: Any) -> str:
    if isinstance(typed, float) and typed.is_integer():
        return str(int(typed))
    return str(next(iter(typed.values()), "")) if isinstance(typed, dict) else str(typed)
