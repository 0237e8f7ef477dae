"""Commands of the application: ``flask --app run …``. What a script reads is one JSON document on standard output."""

from app.cli.prepare import prepare
from app.cli.register import register

__all__ = ["prepare", "register"]
