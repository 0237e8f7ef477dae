"""A workbook as JSON: what a person sees before importing it."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Any

from app.transfer.reader.book import Sheet, open_book
from app.transfer.reader.cells import as_json, column_letters
from app.transfer.reader.header import Header, HeaderGuess
from app.transfer.reader.limits import Limits

PREVIEWED_ROWS = 200


def preview(
    path: Path,
    sheet: str | int | None = None,
    known: Collection[str] = (),
    *,
    limit: int = PREVIEWED_ROWS,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """Return the sheet, its header and its first rows as read, merged cells filled down; ``totals`` count all rows."""
    with open_book(path, limits=limits) as book:
        chosen = book.sheet(sheet)
        guess = chosen.guess_header(known)
        header = guess or _letters_only(chosen)
        rows = chosen.rows(header)
        places = [column.index for column in header.headers]
        shown = [
            {"row": row.number, "cells": [as_json(row.cells[at]) if at < len(row.cells) else None for at in places]}
            for row in islice(rows, limit)
        ]
        return {
            "sheet": chosen.name,
            "sheets": [{"name": one.name, "hidden": one.hidden} for one in book.sheets],
            "header_row": guess.row_number if guess else None,
            "headers": [column.text for column in header.headers],
            "columns": [column.letter for column in header.headers],
            "rows": shown,
            "totals": {
                "rows": len(shown) + sum(1 for _ in rows),
                "blank": chosen.skipped.blank,
                "notes": chosen.skipped.notes,
                "hidden": chosen.hidden_rows,
                "formulas": chosen.formulas,
                "errors": chosen.errors,
            },
        }


def _letters_only(sheet: Sheet) -> HeaderGuess:
    """A sheet without a header is shown by its letters."""
    return HeaderGuess(0, tuple(Header(at, column_letters(at), "") for at in range(sheet.column_count)))
