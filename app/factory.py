"""create_app(): configuration, extensions, domains, console, in that order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask, has_request_context, request
from flask_babel import get_translations
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from app import domains, health
from app.console import build, errors, menu, offline, shell, sign_in
from app.console.guard import Guard
from app.console.history.access.page import AccessPage
from app.console.history.audit_page import AuditPage, OwnAudit
from app.console.home import Home
from app.console.jobs import header
from app.console.jobs.operator_page import QueuePage
from app.console.jobs.own_page import JobPage
from app.console.pages import DictionaryPage, HelpIndex, RolePage
from app.console.sign_in.account_page import CredentialPage
from app.console.sign_in.leaving import LanguagePage
from app.console.sign_in.password_pages import FactorPage, PasswordPage
from app.console.sign_in.session_pages import SessionPage, VerifyPage
from app.console.todo import desk
from app.console.todo.acts import TodoActs
from app.console.todo.bell import NoticePage
from app.console.todo.page import TodoPage
from app.core import messages, secrecy
from app.core.audit import events
from app.core.messages import N_
from app.extensions import appbuilder, csrf, db

#: The pages that belong to no table.
_OWN_PAGES = (
    HelpIndex, DictionaryPage, RolePage, LanguagePage, SessionPage, VerifyPage, PasswordPage, FactorPage,
    CredentialPage, AuditPage, OwnAudit, AccessPage, JobPage, QueuePage, TodoPage, TodoActs, NoticePage,
    offline.KeptPage,
)  # fmt: skip

#: Where a request keeps the catalogue of its language.
_CATALOGUE = "jianguan.catalogue"


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """The application, ready to serve. The database must have been migrated (``flask --app run db upgrade``)."""
    app = Flask(__name__, template_folder="console/templates")
    app.config.from_object(config.Config)
    given = overrides or {}
    app.config.update(given if "SQLALCHEMY_DATABASE_URI" in given else config.resolved() | given)
    secrecy.keep_keys_in(app.config.get("KEYS_DIR") or config.keys_folder())
    _refuse_weak(app)
    if proxies := app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.default = _json_default  # type: ignore[attr-defined]
    domains.load()
    _extend(app)
    errors.register(app)
    sign_in.register(app)
    shell.register(app)
    offline.register(app)
    header.register(app)
    desk.register()
    health.register(app)
    domains.register(app)
    return app


def _refuse_weak(app: Flask) -> None:
    """The program ends, and says why, when the settings would leave the console open."""
    get = app.config.get
    told = config.weakness(
        str(get("SECRET_KEY") or ""),
        secure=bool(get("SESSION_COOKIE_SECURE")),
        debug=app.debug,
        hosts=get("TRUSTED_HOSTS"),
        way=app.config["AUTH_TYPE"],
    )
    if told is not None:
        raise SystemExit(told)


def _extend(app: Flask) -> None:
    """Database, sign-in, pages: in the order they need each other."""
    messages.translate = _translate
    db.init_app(app)
    csrf.init_app(app)
    events.at_hand = lambda: db.session()
    with app.app_context():
        appbuilder.security_manager_class = Guard
        appbuilder.indexview = Home
        appbuilder.init_app(app, db.session)
        install: Any = app.jinja_env.install_gettext_callables  # type: ignore[attr-defined]
        install(_translate, _translate_plural, newstyle=True)
        _fill_menu()
        build.build(appbuilder)
        for page in (*_OWN_PAGES, *_pages_of_domains()):
            appbuilder.add_view_no_menu(page)


def _pages_of_domains() -> list[type]:
    return [page for name in domains.DOMAINS for page in domains.pages_of(name)]


def _fill_menu() -> None:
    menu.GROUPS[:] = [
        menu.Group(package.LABEL, package.ICON, domains.tables_of(name), domains.entries_of(name))
        for name in domains.DOMAINS
        for package in [domains.package(name)]
    ]
    menu.GROUPS.insert(0, desk.GROUP)
    menu.GROUPS.append(
        menu.Group(
            N_("审计与监督"),
            "shield-search",
            (),
            (
                menu.Entry(N_("审计日志"), "AuditPage.index", ("read", "audit")),
                menu.Entry(N_("我的操作记录"), "OwnAudit.index", ("read", "own_audit")),
                menu.Entry(N_("谁能看到，为什么"), "AccessPage.index", ("read", "access")),
                menu.Entry(N_("任务运行"), "QueuePage.index", ("manage", "jobs")),
            ),
        )
    )
    menu.GROUPS.append(
        menu.Group(
            N_("帮助与规范"),
            "help-circle",
            (),
            (
                menu.Entry(N_("使用帮助"), "HelpIndex.index", ("read", "help")),
                menu.Entry(N_("数据字典"), "DictionaryPage.index", ("read", "dictionary")),
                menu.Entry(N_("角色权限"), "RolePage.index", ("read", "roles")),
            ),
        )
    )


def _translate(msgid: str) -> str:
    """The text in the reader's language. A page has a hundred of them: its catalogue is looked up once."""
    if not has_request_context():
        return str(get_translations().ugettext(msgid))
    catalogue = request.environ.get(_CATALOGUE)
    if catalogue is None:
        catalogue = request.environ[_CATALOGUE] = get_translations()
    return str(catalogue.ugettext(msgid))


def _translate_plural(singular: str, plural: str, number: int) -> str:
    return str(get_translations().ungettext(singular, plural, number))


def _json_default(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
