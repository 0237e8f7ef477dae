"""One view per table, put together from its pages. Permissions are the table's six actions, shared with its API."""

from __future__ import annotations

from flask_appbuilder import BaseView

from app.console.history.record_page import HistoryPage
from app.console.view.dossier_page import DossierPage
from app.console.view.export_page import ExportPage
from app.console.view.form import FormPages
from app.console.view.help_page import HelpPage
from app.console.view.imports import ImportPages
from app.console.view.list import BulkPage, ListPage
from app.console.view.paper_page import PaperPage
from app.console.view.pick_page import PickPage
from app.console.view.unmask_page import UnmaskPage
from app.core.roles import ACTIONS


class TableView(
    ListPage,
    BulkPage,
    UnmaskPage,
    DossierPage,
    PaperPage,
    HistoryPage,
    FormPages,
    PickPage,
    ImportPages,
    ExportPage,
    HelpPage,
    BaseView,
):
    """Every page of ``table``; made by ``console.build`` for each declared table."""

    default_view = "index"
    #: Those of a table stand in ``console.build``.
    base_permissions = [f"can_{action}" for action in ACTIONS]
