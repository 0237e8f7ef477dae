"""The settings of the application: what Flask and Flask-AppBuilder are told, and what the environment may choose.

From the environment: DATABASE_URL and OWNER_DATABASE_URL (unset: a PostgreSQL of our own, below JIANGUAN_HOME), HOST
and PORT, HOSTS (the names it answers to, with commas), SECRET_KEY and KEYS_DIR (unset: made once and kept),
SESSION_COOKIE_SECURE=1 behind HTTPS, PROXIES (how many proxies of our own stand before us), AUTH (db, ldap, oauth,
remote_user, saml) and AUTH_SETTINGS (a JSON file with Flask-AppBuilder's settings of that way in).
What an office decides (deadlines, weights, ratios) is not here but in tables with dates.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.core.audit.places import Places, places
from app.embedded import Urls, alchemy_url, default_home, ensure, keep_secret, provision

ROOT = Path(__file__).resolve().parent
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = int(os.environ.get("PORT", "8000"))
OWN_HOSTS = ["localhost", "127.0.0.1", "[::1]", HOST] if HOST in ("127.0.0.1", "localhost", "::1") else None
SAYS_YES = ("1", "true", "yes", "on")
SECURE = os.environ.get("SESSION_COOKIE_SECURE", "").lower() in SAYS_YES
#: Ways to sign in, with Flask-AppBuilder's number of each.
WAYS = {"db": 1, "ldap": 2, "remote_user": 3, "oauth": 4, "saml": 5}
#: Keys that somebody printed in a book or left in an example.
KNOWN_KEYS = (
    "changeme",
    "change_me",
    "thisismy",
    "secretkey",
    "secret_key",
    "example",
    "password",
    "jianguan",
    "0123456",
)
LEAST_KEY, LEAST_SIGNS = 32, 10


class Config:
    """The settings that need nothing to be started or read: `app.config.from_object(Config)`."""

    APP_NAME = "监管一张网"

    # Chinese is the language of the source; everything else is a translation.
    LANGUAGES = {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "gb", "name": "English"}}
    BABEL_DEFAULT_LOCALE = "zh"
    BABEL_DEFAULT_TIMEZONE = "Asia/Shanghai"
    BABEL_TRANSLATION_DIRECTORIES = str(ROOT / "translations")

    # Tables are made by Alembic and permissions by a command, never by a page that happens to be first.
    FAB_CREATE_DB = False
    FAB_UPDATE_PERMS = False
    FAB_ADD_SECURITY_API = False
    FAB_ADD_SECURITY_PERMISSION_VIEW = False
    FAB_ADD_SECURITY_VIEW_MENU_VIEW = False
    FAB_ADD_SECURITY_PERMISSION_VIEWS_VIEW = False
    FAB_API_SWAGGER_UI = True
    FAB_PASSWORD_COMPLEXITY_ENABLED = False
    AUTH_TYPE = WAYS.get(os.environ.get("AUTH", "db"), 0)
    AUTH_ROLE_ADMIN = "Admin"  # holds nothing; the emergency account borrows through it
    AUTH_ROLE_PUBLIC = "Public"
    AUTH_USER_REGISTRATION = False
    RATELIMIT_STORAGE_URI = "memory://"

    # A refresh token lasts as long as its session may at most; the session's own end is the database's to tell.
    JWT_ACCESS_TOKEN_EXPIRES = timedelta(minutes=15)
    JWT_REFRESH_TOKEN_EXPIRES = timedelta(hours=168)
    FAB_SAFE_REDIRECT_HOSTS = ["nowhere.invalid"]  # one comes back to a path of this console, never to a host

    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"  # not Strict: who comes back from the identity provider is still expected
    SESSION_COOKIE_SECURE = SECURE
    SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"  # __Host-: no other host or path may set it
    PROXIES = int(os.environ.get("PROXIES", "0"))  # so many of X-Forwarded-For and -Proto are believed
    # The names the console answers to. Without HOSTS: this machine's own, or any when HOST opens it to others.
    TRUSTED_HOSTS = os.environ["HOSTS"].split(",") if "HOSTS" in os.environ else OWN_HOSTS
    WTF_CSRF_ENABLED = True
    WTF_CSRF_CHECK_DEFAULT = False  # checked by console.guard, which lets bearer tokens through
    FAB_ADD_MENU_API = False  # the menu is ours
    WTF_CSRF_TIME_LIMIT = None  # a form may lie open over lunch; the token still ends with the session

    MAX_CONTENT_LENGTH = 21 * 1024 * 1024  # a workbook of 20 MB and the form around it
    API_BODY_BYTES = 4 * 1024 * 1024  # a JSON request, so that a thousand rows fit
    API_BULK_ROWS = 1000
    MAX_FORM_MEMORY_SIZE = 2 * 1024 * 1024

    # What an import may hold, and up to how many rows the page answers at once; more are a job's.
    IMPORT_FILE_MB = 100
    IMPORT_ROWS = 1_048_576
    IMPORT_AT_ONCE = 2_000

    # What people may attach to a row. A file is sent alone, so it must fit into one request (MAX_CONTENT_LENGTH).
    ATTACHMENT_SIZE = 20 * 1024 * 1024
    ATTACHMENT_COUNT = 20
    ATTACHMENT_TYPES = tuple("pdf ofd jpg jpeg png webp docx xlsx doc xls wps et txt csv zip".split())
    SQLALCHEMY_TRACK_MODIFICATIONS = False
    # Values of a failed statement are not written to the log: they may be sensitive.
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10, "hide_parameters": True}


def resolved() -> dict[str, Any]:
    """The settings that have to be found first; asking for them starts the private database when there is no other."""
    found = {"SQLALCHEMY_DATABASE_URI": database_urls().app, "SECRET_KEY": secret_key(), "KEYS_DIR": keys_folder()}
    return ways_in() | found


def ways_in() -> dict[str, Any]:
    """What the office's own way in needs (AUTH_LDAP_…, OAUTH_PROVIDERS, …), from the file named by AUTH_SETTINGS."""
    name = os.environ.get("AUTH_SETTINGS")
    if not name:
        return {}
    given = json.loads(Path(name).read_text(encoding="utf-8"))
    if foreign := [key for key in given if not key.startswith(("AUTH_", "OAUTH_", "SAML_"))]:
        raise SystemExit(f"AUTH_SETTINGS may hold AUTH_…, OAUTH_… and SAML_… only, not {', '.join(foreign)}")
    return dict(given)


def weakness(key: str, *, secure: bool, debug: bool, hosts: Sequence[str] | None, way: int = 1) -> str | None:
    """Why the console must not start with these settings; ``None`` when it may."""
    if len(key) < LEAST_KEY or len(set(key)) < LEAST_SIGNS:
        return f"SECRET_KEY is too short or too simple: take {LEAST_KEY} random characters or more, or leave it unset"
    if any(word in key.lower() for word in KNOWN_KEYS):
        return "SECRET_KEY is one that others know or guess: take random characters, or leave it unset"
    if way not in WAYS.values():
        return f"AUTH is one of {', '.join(WAYS)}"
    if secure and debug:
        return "FLASK_DEBUG is on: whoever reaches the console could run programs on this machine"
    if secure and not hosts:
        return "HOSTS is not set: name the hosts under which people reach the console, with commas"
    return None


@functools.cache
def database_urls() -> Urls:
    """Where the migrations and the application find the database.

    The environment's addresses when DATABASE_URL is set; otherwise those of our own server, which then runs until the
    last process that asked has ended.
    """
    if application := os.environ.get("DATABASE_URL"):
        owner = os.environ.get("OWNER_DATABASE_URL", "")  # empty: this process cannot migrate, and need not
        sealer = os.environ.get("SEALER_DATABASE_URL", "")  # empty: the log is sealed by another process
        return Urls(alchemy_url(owner), alchemy_url(application), alchemy_url(sealer))
    home = default_home()
    return provision(ensure(home), secrets_dir=home)


def audit_places() -> Places:
    """Where the audit log's keys and anchors lie: AUDIT_ANCHOR, AUDIT_WITNESS, AUDIT_SIGN_KEY; and AUDIT_HASH."""
    return places(default_home())


def keys_folder() -> Path:
    """Where the keys of sensitive values are kept: a folder that the database server never sees (KEYS_DIR)."""
    return Path(os.environ["KEYS_DIR"]) if "KEYS_DIR" in os.environ else default_home() / "keys"


def secret_key() -> str:
    """The key that signs the sessions: the environment's, or one that is made once and kept for the next start."""
    return os.environ.get("SECRET_KEY") or keep_secret(default_home() / "secret-key")
