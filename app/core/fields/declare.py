"""The words a table is written in: ``name: Mapped[str] = text(N_("名称"), 200, search=True)``."""

from __future__ import annotations

from typing import Any

from app.core import checks
from app.core.choices import Choice
from app.core.fields.field import Field, Grade
from app.core.messages import N_, Message


def text(label: Message, length: int = 200, **options: Any) -> Any:
    """One line of text, at most ``length`` characters."""
    return Field(label=label, kind="text", length=length, **options)


def long_text(label: Message, length: int | None = None, **options: Any) -> Any:
    """Text of several lines."""
    return Field(label=label, kind="long_text", length=length, **options)


def code(label: Message, length: int = 64, **options: Any) -> Any:
    """Digits and letters kept as text everywhere, upper case, without blanks."""
    return Field(label=label, kind="code", length=length, **options)


def _checked(label: Message, kind: Any, length: int, check: Any, options: dict[str, Any]) -> Field:
    options["checks"] = (check, *options.get("checks", ()))
    return Field(label=label, kind=kind, length=length, **options)


def uscc(label: Message, **options: Any) -> Any:
    """统一社会信用代码 with its check digit (GB 32100)."""
    return _checked(label, "uscc", 18, checks.credit_code, options)


def citizen_id(label: Message, **options: Any) -> Any:
    """公民身份号码 with its check digit (GB 11643); sensitive unless said otherwise."""
    options.setdefault("grade", Grade.SENSITIVE)
    return _checked(label, "citizen_id", 18, checks.citizen_number, options)


def phone(label: Message, **options: Any) -> Any:
    """A telephone number; sensitive unless said otherwise."""
    options.setdefault("grade", Grade.SENSITIVE)
    return _checked(label, "phone", 50, checks.phone_number, options)


def choice(label: Message, choices_of: type[Choice], **options: Any) -> Any:
    """One entry of a closed code list."""
    return Field(label=label, kind="choice", choices=choices_of, length=40, **options)


def choices(label: Message, choices_of: type[Choice], **options: Any) -> Any:
    """Several entries of a closed code list."""
    return Field(label=label, kind="choices", choices=choices_of, **options)


def integer(label: Message, **options: Any) -> Any:
    """A whole number."""
    return Field(label=label, kind="integer", **options)


def decimal(label: Message, **options: Any) -> Any:
    """A number with a fraction."""
    return Field(label=label, kind="decimal", **options)


def money(label: Message, **options: Any) -> Any:
    """An amount in 元 with two decimals."""
    return Field(label=label, kind="money", **options)


def percent(label: Message, **options: Any) -> Any:
    """A percentage: 5 means 5 %."""
    return Field(label=label, kind="percent", **options)


def day(label: Message, **options: Any) -> Any:
    """A calendar day."""
    return Field(label=label, kind="day", **options)


def moment(label: Message, **options: Any) -> Any:
    """A moment with its time zone."""
    return Field(label=label, kind="moment", **options)


def boolean(label: Message, **options: Any) -> Any:
    """是 or 否."""
    return Field(label=label, kind="boolean", **options)


def ref(label: Message, target: str, *, by: str | tuple[str, ...], **options: Any) -> Any:
    """One row of another table, written in workbooks by the first name in ``by`` and recognised by any of them."""
    return Field(label=label, kind="ref", target=target, by=(by,) if isinstance(by, str) else by, **options)


def many(label: Message, target: str, *, by: str | tuple[str, ...], **options: Any) -> Any:
    """Several rows of another table, written as a list of the first name in ``by``."""
    return Field(label=label, kind="many", target=target, by=(by,) if isinstance(by, str) else by, **options)


def owner(label: Message | None = None, **options: Any) -> Any:
    """The department a row belongs to: the viewer's own unless another of his tree is named."""
    options.setdefault("help", N_("不填时为本单位"))
    return ref(label or N_("所属部门"), "Department", by=("name", "uscc"), is_owner=True, **options)


def flags(label: Message, **options: Any) -> Any:
    """Codes of the warnings that a row was accepted with; set by the engine."""
    return Field(label=label, kind="flags", derived=True, **options)
