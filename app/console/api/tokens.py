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
        """A token for a name and a password.
        ---
        post:
          summary: 登录
          description: 用户名和密码换取令牌；以后的请求在 Authorization 中带上“Bearer 令牌”。
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [username, password, provider]
                  properties:
                    username: {type: string, example: clerk}
                    password: {type: string, example: "********"}
                    provider: {type: string, enum: [db]}
                    refresh: {type: boolean, default: false, description: 是否同时要刷新令牌}
          responses:
            200:
              description: 令牌
              content:
                application/json:
                  schema:
                    type: object
                    properties: {access_token: {type: string}, refresh_token: {type: string}}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
        """
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
