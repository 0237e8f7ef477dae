"""What a request carries: its JSON body, the version it knows, its key; everything unreadable is refused in words."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, NoReturn

from flask import current_app, request

from app.console import paging
from app.core import secrecy
from app.core.errors import Refused
from app.core.fields.read import UNSTORABLE
from app.core.messages import N_

#: Escapes that may stand for NUL or for half a character; without them a body of good UTF-8 holds neither.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_TAG = re.compile(r'(?:W/)?"(\d{1,9})(?:\.[0-9a-f]+)?"|(\d{1,9})')


def read_json() -> dict[str, Any]:
    """The JSON object of the request. Raises Refused with what is wrong with it, and where."""
    if request.mimetype and not request.is_json:
        raise Refused(N_("请以 JSON 格式提交（Content-Type: application/json）"), status=415)
    most = int(current_app.config["API_BODY_BYTES"])
    if (request.content_length or 0) > most:
        raise Refused(N_("提交的内容太大，最多 {most} MB", most=most // 2**20), status=413)
    raw = request.get_data()
    if len(raw) > most:
        raise Refused(N_("提交的内容太大，最多 {most} MB", most=most // 2**20), status=413)
    body = _parsed(raw)
    if not isinstance(body, dict):
        raise Refused(N_("请以 JSON 对象提交"), status=400)
    if _SUSPECT.search(raw):
        for name, value in body.items():
            if not (_is_writable(name) and _is_writable(value)):
                shown = name if _is_writable(name) else "?"
                raise Refused(N_("“{name}”含有不能保存的字符", name=shown[:60]), status=400)
    return body


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode(), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise Refused(N_("内容不是 UTF-8 编码"), status=400) from None
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise Refused(N_("内容不是 JSON：第 {line} 行第 {column} 个字符处有误", **where), status=400) from None
    except RecursionError:  # brackets within brackets, thousands deep
        raise Refused(N_("内容的层次太深"), status=400) from None
    except ValueError:  # a number of thousands of digits
        raise Refused(N_("内容中有不能读取的数字"), status=400) from None


def _no_number(_word: str) -> NoReturn:
    raise ValueError


def _is_writable(value: Any) -> bool:
    """No text in it holds what neither the database nor an answer can: NUL, or half a character."""
    if isinstance(value, str):
        return UNSTORABLE.search(value) is None
    if isinstance(value, dict):
        return all(_is_writable(part) for pair in value.items() for part in pair)
    return all(_is_writable(part) for part in value) if isinstance(value, list) else True


def known_version(*, must: bool) -> int | None:
    """The version in If-Match; ``None`` where ``*`` (or nothing, unless it ``must`` be told) says "whatever it is"."""
    tag = request.headers.get("If-Match", "").strip()
    if not tag and must:
        raise Refused(
            N_("请在 If-Match 中给出读取时得到的 ETag，以免覆盖他人的修改；确需不论版本直接覆盖时填 *"), status=428
        )
    if tag in ("", "*"):
        return None
    found = _TAG.fullmatch(tag)
    if found is None:
        raise Refused(N_("If-Match 应为读取时得到的 ETag"), status=400)
    return int(found[1] or found[2])


def tag_of(version: int, text: str) -> str:
    """The ETag of a row: its version, and what else its text shows (names of other rows change without it)."""
    return f'"{version}.{hashlib.sha256(text.encode()).hexdigest()[:12]}"'


def is_known(tag: str) -> bool:
    """True when the caller has this very text already (If-None-Match)."""
    given = request.headers.get("If-None-Match", "")
    return given.strip() == "*" or tag in {each.strip().removeprefix("W/") for each in given.split(",")}


def key_of_request() -> tuple[str, str] | None:
    """The Idempotency-Key with the digest of what was sent under it; ``None`` when the caller gave none."""
    key = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not key:
        return None
    parts = (request.method, request.full_path, request.headers.get("If-Match", ""))
    return key, secrecy.fingerprint("request", "\n".join(parts).encode() + b"\n" + request.get_data())


def unmasking(given: dict[str, Any]) -> tuple[list[str], Any]:
    """The fields that are to be shown in full, and why. Raises Refused (400)."""
    for name in given.keys() - {"fields", "reason"}:
        raise Refused(N_("不认识“{name}”；可用的是 fields、reason", name=name[:60]), status=400)
    names = given.get("fields")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise Refused(N_("fields 应为字段名的列表，至少一个"), status=400)
    return names, given.get("reason")


def chosen(names: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The fields asked for with ``fields=``, every one when nothing is asked for. Raises Refused (400)."""
    if not names:
        return known
    asked = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    for name in asked:
        if name not in known and name not in ("id", "version"):
            raise Refused(N_("没有名为“{name}”的字段", name=name[:60]), status=400)
    return tuple(name for name in asked if name in known)


def limit_of(text: str, most: int) -> int:
    """The page size asked for. Raises Refused (400)."""
    limit = paging.whole(text, least=1)
    if limit is None or limit > most:
        raise Refused(N_("limit 应为 1 到 {most} 的整数", most=most), status=400)
    return limit
