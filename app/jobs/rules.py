"""Decisions about jobs, pure: what becomes of one that went wrong, who may still have his done, which one is lost."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from app.core.messages import N_, Message
from app.jobs.models import State

#: So often a job is begun without getting on, before a person has to look at it.
MOST_ATTEMPTS = 3
#: Seconds until the next attempt, by the number of those that were.
WAITS = (5, 30)


class Cause(Enum):
    """Why a job ended before its end."""

    REFUSED = auto()
    STOPPED = auto()  # its worker died
    LOST = auto()  # its connection died
    BUSY = auto()  # others were writing the same
    DISK = auto()
    MEMORY = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class Verdict:
    """What becomes of a job; ``wait`` are the seconds until its next attempt."""

    state: State
    message: Message | None = None
    wait: int = 0


_AT_LAST = {
    Cause.STOPPED: N_("任务多次意外中断，已停止自动重试。数据没有损坏，可以点“重试”；仍不成功请联系系统管理员"),
    Cause.LOST: N_("数据库连接多次中断，已停止自动重试。数据没有损坏，请稍后点“重试”"),
    Cause.BUSY: N_("一直有他人在修改相同的数据，请稍后点“重试”"),
    Cause.DISK: N_("服务器磁盘空间不足，任务没有完成，数据没有损坏。请联系系统管理员清理磁盘，然后点“重试”"),
    Cause.MEMORY: N_("服务器内存不足，任务没有完成，数据没有损坏。请稍后点“重试”，或把文件分成几个"),
    Cause.UNKNOWN: N_("系统出错，任务没有完成，已记录，数据没有损坏。请点“重试”；仍不成功请联系系统管理员"),
}
_MEANWHILE = {
    Cause.STOPPED: N_("意外中断，正在自动恢复"),
    Cause.LOST: N_("数据库连接中断，正在自动恢复"),
    Cause.BUSY: N_("有他人在修改相同的数据，稍后自动重试"),
    Cause.UNKNOWN: N_("出现错误，稍后自动重试"),
}


def verdict(cause: Cause, attempts: int, *, is_cancelled: bool, refusal: Message | None = None) -> Verdict:
    """What becomes of a job that ended before its end, in its ``attempts``-th attempt without getting on."""
    if is_cancelled:
        return Verdict(State.CANCELLED, N_("已按要求取消"))
    if cause is Cause.REFUSED:
        return Verdict(State.FAILED, refusal)
    if cause in _MEANWHILE and attempts < MOST_ATTEMPTS:
        wait = 0 if cause is Cause.STOPPED else WAITS[min(max(attempts, 1), len(WAITS)) - 1]
        return Verdict(State.WAITING, _MEANWHILE[cause], wait)
    return Verdict(State.FAILED, _AT_LAST[cause])


def unfit(asked_as: dict[str, Any], department: int | None, roles: Collection[str]) -> Message | None:
    """Why the person's job must not be done any more; ``None`` when he is whom he was when he asked."""
    if department is None:
        return N_("提交人的账号已停用或已离岗，任务没有执行")
    if department != asked_as["department"]:
        return N_("提交人已调到其他部门，任务没有执行；如仍需要，请重新提交")
    if not set(asked_as["roles"]) <= set(roles):
        return N_("提交人的角色已变更，任务没有执行；如仍需要，请重新提交")
    return None


def is_lost(state: str, call: str | None, *, is_held: bool, worker_lives: bool) -> bool:
    """True when nobody works on an active job and no call of the queue is going to start it.

    ``call`` is the queue's state of the last call (``todo``, ``doing``), ``None`` when that is over or gone.
    """
    if is_held:
        return False
    if state == State.RUNNING:
        return True
    return call is None or (call == "doing" and not worker_lives)
