"""What signing in keeps: one credential per account, one row per session. No person reads these; the code does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_appbuilder.security.sqla.models import User
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core.choices import Choice
from app.core.fields import boolean, choice, integer, moment, text
from app.core.messages import N_
from app.core.rows import hidden
from app.core.table import Table


class SessionKind(Choice):
    """What carries the session."""

    BROWSER = "browser", N_("浏览器")
    TOKEN = "token", N_("接口令牌")
    KEY = "key", N_("接口密钥")


class SessionEnd(Choice):
    """Why a session ended."""

    SIGNED_OUT = "signed_out", N_("退出登录")
    IDLE = "idle", N_("长时间无操作")
    EXPIRED = "expired", N_("超过最长有效时间")
    REPLACED = "replaced", N_("同一账号在别处登录")
    PASSWORD = "password", N_("修改密码")
    ROLE = "role", N_("角色或部门变更")
    DEACTIVATED = "deactivated", N_("账号停用")
    KILLED = "killed", N_("被本人或管理员结束")
    REUSED = "reused", N_("已作废的刷新令牌再次使用")


class UserSession(Table):
    """登录会话: one sign-in, known by the hash of the random value that only its holder has."""

    __label__ = N_("登录会话")
    __help__ = N_("每次登录建立的会话；退出、长时间无操作、修改密码、角色变更后失效。")
    __key__ = ("digest",)
    __title__ = "kind"
    __rows__ = hidden()
    __pages__ = False

    digest: Mapped[str] = text(N_("标识摘要"), 64, help=N_("随机标识的 SHA-256，数据库中不保存标识本身"))
    account_id: Mapped[int] = integer(N_("账号"), help=N_("ab_user.id"))
    kind: Mapped[str] = choice(N_("类型"), SessionKind)
    name: Mapped[str | None] = text(N_("名称"), 100, help=N_("接口密钥的用途"))
    seen_at: Mapped[datetime] = moment(N_("最近使用"))
    verified_at: Mapped[datetime | None] = moment(N_("最近验证身份"), help=N_("敏感操作要求最近验证过"))
    ends_at: Mapped[datetime] = moment(N_("最晚失效"))
    ended_at: Mapped[datetime | None] = moment(N_("结束时间"))
    ended_why: Mapped[str | None] = choice(N_("结束原因"), SessionEnd)
    address: Mapped[str | None] = text(N_("来源地址"), 64)
    agent: Mapped[str | None] = text(N_("浏览器"), 300)
    turn: Mapped[int] = integer(N_("刷新次数"), default=0, help=N_("只有最后一次换得的刷新令牌有效"))
    reads_only: Mapped[bool] = boolean(N_("只读"), default=False, help=N_("接口密钥只能查询，不能修改"))
    hint: Mapped[str | None] = text(N_("密钥开头"), 16, help=N_("用于辨认，不能用来登录"))

    addresses: Mapped[list[str] | None] = mapped_column(ARRAY(sa.String(64)), comment="networks a key works from")


sa.Index("ix_user_session_account", UserSession.__table__.c.account_id, UserSession.__table__.c.ended_at)


class Credential(Table):
    """登录凭据: what an account proves itself by, and how often it failed to."""

    __label__ = N_("登录凭据")
    __help__ = N_("密码更换、锁定和动态口令的状态；密码和口令密钥不以明文保存。")
    __key__ = ("account_id",)
    __title__ = "account_id"
    __rows__ = hidden()
    __pages__ = False

    account_id: Mapped[int] = integer(N_("账号"), help=N_("ab_user.id"))
    password_at: Mapped[datetime | None] = moment(N_("密码修改时间"))
    must_change: Mapped[bool] = boolean(N_("须修改密码"), default=False)
    initial_until: Mapped[datetime | None] = moment(N_("初始密码有效至"))
    failures: Mapped[int] = integer(N_("连续失败次数"), default=0)
    locked_until: Mapped[datetime | None] = moment(N_("锁定至"))
    last_at: Mapped[datetime | None] = moment(N_("上次登录时间"))
    last_address: Mapped[str | None] = text(N_("上次登录地址"), 64)
    failures_since: Mapped[int] = integer(N_("上次登录后的失败次数"), default=0)
    factor_secret: Mapped[str | None] = text(N_("动态口令密钥"), 500, help=N_("加密保存"))
    factor_step: Mapped[int | None] = integer(N_("最近用过的口令步数"))

    password: Mapped[str | None] = mapped_column(sa.Text, comment="argon2id, then HMAC-SM3 with a key outside")
    history: Mapped[list[str] | None] = mapped_column(
        ARRAY(sa.Text), comment="hashes of earlier passwords, newest first"
    )
    recovery: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="hashes of unused recovery codes")


#: Names are the same in capitals and small letters.
sa.Index("ix_ab_user_name", sa.func.lower(User.__table__.c.username))
