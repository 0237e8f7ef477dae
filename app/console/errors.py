"""The error map: whatever goes wrong ends in a Chinese text with the right status, on a page or as JSON."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from sqlalchemy.exc import DataError, DBAPIError, StatementError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from app.console.history import denials
from app.console.sign_in import reasons
from app.core.errors import Invalid, NotVisible, Problem, Refused
from app.core.failures import explain
from app.core.messages import N_, Message
from app.extensions import db

log = logging.getLogger(__name__)

_TITLES: dict[int, tuple[Message, Message]] = {
    400: (N_("请求有误"), N_("地址或提交的内容不完整，请返回重试")),
    401: (N_("请先登录"), N_("登录已失效，请重新登录")),
    403: (N_("没有权限"), N_("您的角色不能进行这项操作；如有需要，请联系本单位的部门管理员")),
    404: (N_("没有找到"), N_("这个页面或记录不存在，或您无权查看")),
    405: (N_("操作方式不对"), N_("请从页面上的按钮进行操作")),
    409: (N_("内容有冲突"), N_("这条记录已被他人修改，请核对后再保存")),
    412: (N_("内容有冲突"), N_("这条记录已被他人修改，请核对最新内容后再保存")),
    413: (N_("内容太大"), N_("上传的文件或提交的内容超过了大小限制")),
    415: (N_("格式不对"), N_("请以 JSON 格式提交")),
    422: (N_("内容不符合要求"), N_("请按提示改正后再提交")),
    429: (N_("操作太频繁"), N_("请稍后再试")),
    500: (N_("系统出错"), N_("系统出错，已记录；请稍后重试或联系管理员")),
}


def register(app: Flask) -> None:
    """Every error of the application answers through this map."""
    tokens = app.extensions["flask-jwt-extended"]
    for loader in (tokens.unauthorized_loader, tokens.invalid_token_loader):
        loader(lambda _reason: _answer(401, reasons.now()))
    tokens.expired_token_loader(lambda _header, _token: _answer(401, reasons.now()))
    tokens.user_lookup_error_loader(lambda _header, _token: _answer(401, reasons.now()))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _answer(status: int, message: object, problems: Any = None) -> Any:
    title, default = _TITLES.get(status, _TITLES[500 if status >= 500 else 400])
    text = str(message or default)
    if request.path.startswith("/api/"):
        more = {"problems": problems} if problems else {}
        if status == 401 and "ended" in g:
            more["reason"] = g.ended.why
        return jsonify({"message": text, **more}), status
    page = render_template("console/error.html", code=status, title=str(title), message=text, back_url=_back())
    return page, status


def _back() -> str:
    referrer = request.referrer or ""
    return referrer if referrer.startswith(request.host_url) else "/"


def told(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """The problems of a row, for a JSON answer."""
    return [{"fields": list(p.fields), "message": str(p.message), "rule": p.code} for p in problems]


def _refused(error: Refused) -> Any:
    db.session.rollback()
    if error.status == 403 or isinstance(error, NotVisible):
        denials.refused(error.status, str(error))
    return _answer(error.status, error, told(error.problems) if isinstance(error, Invalid) else None)


def _http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, SecurityError):  # a host that is not ours: no page can be made for it, and no address
        return Response(f"{_TITLES[400][0]}\n", 400, mimetype="text/plain")
    csrf = type(error).__name__ == "CSRFError"
    if status == 403:
        db.session.rollback()
        denials.refused(status)
    view = getattr(current_app.view_functions.get(request.endpoint or ""), "__self__", None)
    if csrf and (again := getattr(view, "typed_again", lambda: None)()) is not None:
        return again
    return _answer(status, N_("页面已过期，请刷新后重新提交") if csrf else None)


def _unexpected(error: Exception) -> Any:
    db.session.rollback()
    if isinstance(error, StaleDataError):
        return _answer(409, None)
    if isinstance(error, RecursionError):  # brackets within brackets, hundreds deep
        return _answer(400, N_("内容的层次太深"))
    if isinstance(error, DBAPIError):
        try:
            return _refused(explain(error))
        except DBAPIError:
            pass
    elif isinstance(error, StatementError | DataError) or (isinstance(error, ValueError) and "NUL" in str(error)):
        return _answer(400, None)
    log.exception("unexpected error on %s %s", request.method, request.path)
    return _answer(500, None)
