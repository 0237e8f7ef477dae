"""The form of a row: the pages that show and save it, and what they ask the server while somebody types."""

from __future__ import annotations

from app.console.view.form.check_pages import CheckPages
from app.console.view.form.draft_pages import DraftPages
from app.console.view.form.entry import EntryPages
from app.console.view.form.file_pages import FilePages


class FormPages(EntryPages, CheckPages, DraftPages, FilePages):
    """``/<table>/add``, ``edit/…``, ``delete/…`` and what belongs to them."""


__all__ = ["FormPages"]
