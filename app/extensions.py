"""The singletons of the application: database, AppBuilder, CSRF protection, translations."""

from __future__ import annotations

from flask_appbuilder import AppBuilder
from flask_appbuilder.models.sqla.base import SQLA
from flask_wtf.csrf import CSRFProtect

db = SQLA(session_options={"autoflush": False})
csrf = CSRFProtect()
appbuilder = AppBuilder()
