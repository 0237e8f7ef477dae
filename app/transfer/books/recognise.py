"""Which sheet of a workbook is which table: by its name, and by what its header means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.core.messages import N_, Message
from app.core.table import Table, tables_with_pages
from app.transfer.books.order import family
from app.transfer.columns import known_headers, match_headers
from app.transfer.glimpse import VERSION_SHEET, Glimpse, SeenSheet
from app.transfer.reader import normalise_header
from app.transfer.template import LIST_SHEET
from app.transfer.writer import sheet_name

#: Sheets that templates carry beside their data.
_HELP = (N_("填写说明"), N_("字典"))
#: So many headers, and this part of all of them, have to be known where a sheet is not called like its table.
_KNOWN, _PART = 2, 0.5

Memory = Callable[[type[Table]], Mapping[str, str]]


class Why(StrEnum):
    """Why a sheet is left out."""

    UNKNOWN = "unknown"
    FORBIDDEN = "forbidden"
    TWICE = "twice"


_WORDS = {
    Why.UNKNOWN: N_("没有认出是哪张表；请把工作表名改为表名，如“{table}”"),
    Why.FORBIDDEN: N_("您没有导入“{table}”的权限"),
    Why.TWICE: N_("“{table}”已有一个工作表；一个文件里每张表只导入一个工作表，请合并后再上传"),
}


@dataclass(frozen=True)
class LeftOut:
    """A sheet that is not imported, why, and the table that the reason speaks of."""

    sheet: str
    why: Why
    table: str

    def told(self) -> str:
        """The reason in words."""
        known = tables_with_pages().get(self.table)
        words = _WORDS[self.why]
        return str(Message(words.msgid, {"table": known.__label__ if known else self.table}))


@dataclass(frozen=True)
class Found:
    """The sheets that are tables, by their tables, and those that are left out."""

    sheets: Mapping[type[Table], str]
    left_out: tuple[LeftOut, ...]

    def unwanted(self) -> list[LeftOut]:
        """The sheets that are tables and left out nevertheless: somebody expects them to be imported."""
        return [each for each in self.left_out if each.why is Why.FORBIDDEN]

    def is_book(self, table: type[Table]) -> bool:
        """True when the table of the page is among several."""
        return len(self.sheets) > 1 and table in self.sheets


def recognise(seen: Glimpse, table: type[Table], may: Callable[[type[Table]], bool], memory: Memory) -> Found:
    """What the sheets of a workbook are that was uploaded for the table. Hidden, empty and help sheets are passed over.

    Of several sheets for one table that is taken which is called like it, then the one with more of its headers.
    """
    left_out: list[LeftOut] = []
    matches: dict[type[Table], list[tuple[tuple[bool, int], str]]] = {}
    asked: dict[type[Table], Mapping[str, str]] = {}

    def remembered(each: type[Table]) -> Mapping[str, str]:
        if each not in asked:
            asked[each] = memory(each)
        return asked[each]

    for sheet in seen.sheets:
        if sheet.hidden or not sheet.top or _is_help(sheet.name):
            continue
        score, best = _best(sheet, table, remembered)
        if best is None:
            left_out.append(LeftOut(sheet.name, Why.UNKNOWN, table.__tablename__))
        elif not may(best):
            left_out.append(LeftOut(sheet.name, Why.FORBIDDEN, best.__tablename__))
        else:
            matches.setdefault(best, []).append((score, sheet.name))
    sheets = {}
    for each, found in matches.items():
        chosen = max(found, key=lambda one: one[0])
        sheets[each] = chosen[1]
        left_out += [LeftOut(name, Why.TWICE, each.__tablename__) for _, name in found if name != chosen[1]]
    return Found(sheets, tuple(left_out))


def _best(sheet: SeenSheet, table: type[Table], memory: Memory) -> tuple[tuple[bool, int], type[Table] | None]:
    """The table that fits the sheet best: by the number of headers that are known, of equals the one it is called like.

    With it whether the sheet is called like it, and that number.
    """
    named = _called_like(sheet.name)
    candidates = list(dict.fromkeys([*named, *family(table)]))
    scored = [(each, *_score(sheet, each, memory(each))) for each in candidates]
    fit = [
        (number, each in named, each)
        for each, number, total in scored
        if (number if each in named else number >= _KNOWN and number >= total * _PART)
    ]
    best = max(fit, key=lambda one: one[:2], default=None)  # of equals the first: the page's own table
    return ((best[1], best[0]), best[2]) if best else ((False, 0), None)


def _score(sheet: SeenSheet, table: type[Table], memory: Mapping[str, str]) -> tuple[int, int]:
    """How many fields of the table the sheet carries, and how many headers it has."""
    guess = sheet.guess_header({**known_headers(table), **dict.fromkeys(memory, "")})
    if guess is None:
        return 0, 0
    told = [(header.index, header.text) for header in guess.headers if header.text and not header.is_serial]
    return len(match_headers(table, told, memory).fields), len(told)


def _called_like(name: str) -> Sequence[type[Table]]:
    word = normalise_header(name)
    return [each for each in tables_with_pages().values() if word in _names(each)]


def _names(table: type[Table]) -> set[str]:
    label = table.__label__
    words = (label.msgid, str(label), sheet_name(str(label)), table.__tablename__)
    return {normalise_header(word) for word in words}


def _is_help(name: str) -> bool:
    return name in (LIST_SHEET, VERSION_SHEET) or any(name in (each.msgid, str(each)) for each in _HELP)
