"""Rows in by workbook: upload, map the headers, check like the sheet itself, commit, correct and upload again."""

from app.console.view.imports.commit_page import CommitPage
from app.console.view.imports.errors_page import ErrorsPage
from app.console.view.imports.fix_page import FixPage
from app.console.view.imports.map_page import MapPage
from app.console.view.imports.same_page import SamePage
from app.console.view.imports.undo_page import UndoPage
from app.console.view.imports.upload_page import UploadPage


class ImportPages(UploadPage, MapPage, FixPage, ErrorsPage, SamePage, CommitPage, UndoPage):
    """``/<table>/import/…``: a batch of an upload, step by step."""
