"""The singletons of the application: database, AppBuilder, CSRF protection, translations."""

from __future__ import annotations

from flask_appbuilder import AppBuilder
from flask_appbuilder.models.sqla.base import SQLA
from flask_wtf.csrf import CSRFProtect


class House(AppBuilder):
    """Flask-AppBuilder without its pages that change something when they are merely opened (``/back``, ``/lang/…``)."""

    def _add_admin_views(self) -> None:
        """First page, sign-in, description of the API."""
        self._indexview = self.add_view_no_menu(self.indexview)
        self.sm.register_views()
        self.openapi_manager.register_views()


db = SQLA(session_options={"autoflush": False})
csrf = CSRFProtect()
appbuilder = House()
