"""Tokens for programs: each belongs to a session of its account and ends with it; FAB's addresses, our words."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g
from flask_appbuilder.api import expose
from flask_appbuilder.security.api import SecurityApi
from flask_jwt_extended import create_access_token, create_refresh_token, get_jwt, jwt_required
from flask_login import current_user

from app.console.api import body
from app.console.sign_in import door, reasons, sessions, step_up
from app.console.sign_in.apart import apart
from app.console.sign_in.models import SessionEnd, SessionKind
from app.console.sign_in.sessions import Current, stored
from app.core.errors import Refused
from app.core.messages import N_

_TAKEN = ("username", "password", "provider", "refresh", "code")

#: Nobody's password is longer, and weighing a longer one costs as much as it is long.
_LONGEST = 1000


class TokenApi(SecurityApi):
    """``/api/v1/security/login``, ``/refresh``, ``/verify`` and ``/logout``."""

    resource_name = "security"
    class_permission_name = "SecurityApi"
    openapi_spec_tag = "登录"

    @expose("/login", methods=["POST"])
    def login(self) -> Any:
        """A token for a name and a password.
        ---
        post:
          summary: 登录
          description: >-
            用户名和密码换取令牌；以后的请求在 Authorization 中带上“Bearer 令牌”。
            退出、修改密码、角色或部门变更、停用、长时间不用后，令牌立即失效。
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
                    provider: {type: string, enum: [db, ldap]}
                    code: {type: string, description: 动态口令，启用了的账号须提供}
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
        given = self._read(_TAKEN)
        for name in ("username", "password"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise Refused(N_("请提供用户名 username 和密码 password，均为文本"), status=400)
        provider = self.appbuilder.sm.auth_type_provider_name
        if given.get("provider") != provider:
            told = (
                N_("provider 应为 {provider}", provider=provider)
                if provider
                else N_("本系统不用密码登录，请使用接口密钥")
            )
            raise Refused(told, status=400)
        if not isinstance(given.get("refresh", False), bool):
            raise Refused(N_("refresh 应为 true 或 false"), status=400)
        if not isinstance(given.get("code", ""), str):
            raise Refused(N_("code 应为文本"), status=400)
        account_id = door.by_api(given["username"], given["password"], given.get("code", ""))
        opened = sessions.open_session(account_id, SessionKind.TOKEN)
        return self.response(200, **_tokens(account_id, opened.secret, 0, refresh=given.get("refresh", False)))

    def _read(self, taken: tuple[str, ...]) -> dict[str, Any]:
        given = body.read_json()
        for name in given.keys() - set(taken):
            raise Refused(N_("没有名为“{name}”的字段", name=name[:60]), status=400)
        return given

    @expose("/refresh", methods=["POST"])
    @jwt_required(refresh=True)
    def refresh(self) -> Any:
        """New tokens for a refresh token.
        ---
        post:
          summary: 刷新令牌
          description: 刷新令牌换取新的令牌和新的刷新令牌。每个刷新令牌只能用一次，再次使用则这次登录的全部令牌失效。
          responses:
            200:
              description: 令牌
              content:
                application/json:
                  schema:
                    type: object
                    properties: {access_token: {type: string}, refresh_token: {type: string}}
            401: {$ref: '#/components/responses/401'}
          security:
            - jwt_refresh: []
        """
        claims, held = get_jwt(), _held()
        own = (stored.c.id == held.id, stored.c.ended_at.is_(None), stored.c.turn == claims.get("turn"))
        with apart(g.get("viewer")) as work:
            turned = sa.update(stored).where(*own).values(turn=stored.c.turn + 1, seen_at=sa.func.now())
            turn = work.scalar(turned.returning(stored.c.turn))
            if turn is None:
                sessions.end_one(work, held.account_id, held.id, SessionEnd.REUSED.value)
        if turn is None:
            raise Refused(reasons.TOLD[SessionEnd.REUSED], status=401)
        return self.response(200, **_tokens(held.account_id, claims["sid"], turn, refresh=True))

    @expose("/verify", methods=["POST"])
    def verify(self) -> Any:
        """Prove oneself again before what is sensitive.
        ---
        post:
          summary: 验证身份
          description: 敏感操作答复 401 和 step_up 时，先在这里提交密码或动态口令，再重试。接口密钥不能验证身份。
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [proof]
                  properties: {proof: {type: string, description: 密码或动态口令}}
          responses:
            200:
              description: 已验证
              content: {application/json: {schema: {type: object, properties: {verified: {type: boolean}}}}}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
          security:
            - jwt: []
        """
        held = _held()
        if held.kind == SessionKind.KEY.value:
            raise Refused(N_("接口密钥不能用于敏感操作"), status=403)
        proof = self._read(("proof",)).get("proof")
        if not isinstance(proof, str) or not proof:
            raise Refused(N_("请提供密码或动态口令 proof，为文本"), status=400)
        if len(proof) > _LONGEST or not step_up.proves(current_user, proof):
            raise Refused(N_("密码或动态口令不正确"), status=401)
        sessions.verified(held)
        return self.response(200, verified=True)

    @expose("/logout", methods=["POST"])
    def logout(self) -> Any:
        """End the session of the token.
        ---
        post:
          summary: 退出登录
          description: 这次登录的令牌和刷新令牌立即失效。
          responses:
            200:
              description: 已退出
              content: {application/json: {schema: {type: object, properties: {signed_out: {type: boolean}}}}}
            401: {$ref: '#/components/responses/401'}
          security:
            - jwt: []
        """
        held = _held()
        with apart(g.get("viewer")) as work:
            sessions.end_one(work, held.account_id, held.id, SessionEnd.SIGNED_OUT.value)
        return self.response(200, signed_out=True)


def _held() -> Current:
    """The session of whoever asks. Raises Refused (401)."""
    held = sessions.current() if current_user.is_authenticated or "session" in g else None
    if held is None:
        raise Refused(reasons.now() or N_("请先登录"), status=401)
    return held


def _tokens(account_id: int, secret: str, turn: int, *, refresh: bool) -> dict[str, str]:
    """A short-lived token and, if asked for, the one that is good for one refreshing."""
    claims = {"sid": secret, "turn": turn}
    told = {"access_token": create_access_token(str(account_id), fresh=turn == 0, additional_claims=claims)}
    if refresh:
        told["refresh_token"] = create_refresh_token(str(account_id), additional_claims=claims)
    return told
