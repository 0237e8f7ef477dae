"""A token for a password: FAB's endpoints, whose refusals speak as the rest of the API does."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.api import expose
from flask_appbuilder.security.api import SecurityApi

from app.console.api import body
from app.core.errors import Refused
from app.core.messages import N_

_TAKEN = ("username", "password", "provider", "refresh")

#: Nobody's password is longer, and weighing a longer one costs as much as it is long.
_LONGEST = 1000


class TokenApi(SecurityApi):
    """``/api/v1/security/login`` and ``/refresh``."""

    resource_name = "security"
    class_permission_name = "SecurityApi"
    openapi_spec_tag = "登录"

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        """A token for a name and a password."""
        given = body.read_json()
        for name in given.keys() - set(_TAKEN):
            raise Refused(N_("没有名为“{name}”的字段", name=name[:60]), status=400)
        for name in ("username", "password"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise Refused(N_("请提供用户名 username 和密码 password，均为文本"), status=400)
        if given.get("provider") != "db":
            raise Refused(N_("provider 应为 db"), status=400)
        if not isinstance(given.get("refresh", False), bool):
            raise Refused(N_("refresh 应为 true 或 false"), status=400)
        answer = super().login() if len(given["password"]) <= _LONGEST else None
        if answer is None or answer.status_code == 401:
            raise Refused(N_("用户名或密码错误"), status=401)
        return answer

    login.__doc__ = SecurityApi.login.__doc__  # what OpenAPI tells of it
