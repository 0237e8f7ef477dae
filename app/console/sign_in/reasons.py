"""Why a session ended, in words for the person who held it."""

from __future__ import annotations

from flask import g

from app.console.sign_in.models import SessionEnd
from app.console.sign_in.sessions import Current
from app.core import clock
from app.core.messages import N_, Message

#: What each reason says to the person; "replaced" says it with the moment.
TOLD = {
    SessionEnd.SIGNED_OUT: N_("您已退出登录"),
    SessionEnd.IDLE: N_("长时间无操作，为保护账号已自动退出，请重新登录"),
    SessionEnd.EXPIRED: N_("已超过一次登录的最长有效时间，请重新登录"),
    SessionEnd.PASSWORD: N_("密码已修改，此前的登录全部失效，请用新密码登录"),
    SessionEnd.ROLE: N_("您的角色或部门已变更，请重新登录"),
    SessionEnd.DEACTIVATED: N_("账号已停用或不在有效期内，请联系本单位的部门管理员"),
    SessionEnd.KILLED: N_("本次登录已被您本人在别处或被管理员结束，请重新登录"),
    SessionEnd.REUSED: N_("已作废的刷新令牌被再次使用，为保护账号已全部失效，请重新登录"),
}


def told(held: Current) -> Message:
    """The reason, with the moment where it warns of somebody else."""
    why = SessionEnd(held.why or SessionEnd.KILLED.value)
    if why is SessionEnd.REPLACED:
        when = clock.told(held.ended_at or clock.now())
        return N_("同一账号于 {when} 在别处登录，本次登录已结束。如非本人操作，请立即修改密码并告知管理员", when=when)
    return TOLD[why]


def now() -> Message | None:
    """Why the session that this request came with is over; ``None`` when it came with none."""
    return told(g.ended) if "ended" in g else None
