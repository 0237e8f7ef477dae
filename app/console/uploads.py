"""Which routes take a large file, and how large: all others keep the limit of a form (MAX_CONTENT_LENGTH)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

from app.console import guard

View = TypeVar("View", bound=Callable[..., Any])

_MARK = "takes_files"
_MEGABYTE = 1024 * 1024


def takes_files(view: View) -> View:
    """The route accepts a workbook of IMPORT_FILE_MB, and the form around it."""
    setattr(view, _MARK, True)
    return view


def file_bytes() -> int:
    """The most bytes of one workbook."""
    return int(current_app.config["IMPORT_FILE_MB"]) * _MEGABYTE


def widen() -> None:
    """Called before the body of the request is read: whoever has signed in may send a workbook where one is taken."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method == "POST" and getattr(view, _MARK, False) and guard.viewer() is not None:
        request.max_content_length = file_bytes() + _MEGABYTE
