"""What an office may decide: each setting with its default and its bounds, and its present value."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import BadValue
from app.core.messages import N_, Message
from app.core.table import TABLES
from app.core.viewer import THE_SYSTEM, looking_as

_KEY = "settings"


@dataclass(frozen=True)
class Setting:
    """One number that an office may set, between ``low`` and ``high``; 0 and 1 stand for no and yes."""

    code: str
    label: Message
    default: int
    low: int = 0
    high: int = 1
    #: Whose it is to decide: the permission ("read" and "edit" on it) of the page where it stands.
    keeper: str = "settings"

    def read(self, given: str) -> int:
        """The number of what was typed. Raises BadValue naming the bounds."""
        try:
            number = int(given)
        except ValueError:
            number = self.low - 1
        if not self.low <= number <= self.high:
            raise BadValue(N_("“{name}”应为 {low} 到 {high} 之间的整数", name=self.label, low=self.low, high=self.high))
        return number


#: Settings of the lead office: how it urges (Xi'an art. 38 wants it and gives no numbers).
URGING = "urging_settings"
#: Every setting by its code. GB/T 22239-2019 8.1.4.1 and Xi'an art. 31 want most of them; the numbers are ours.
DECLARED: dict[str, Setting] = {
    each.code: each
    for each in (
        Setting("session_idle_minutes", N_("无操作多少分钟后退出"), 30, 1, 1440),
        Setting("session_hours", N_("登录后最长有效小时数"), 12, 1, 168),
        Setting("sessions_per_account", N_("同一账号可同时登录的会话数，0 为不限"), 1, 0, 100),
        Setting("step_up_minutes", N_("敏感操作前重新验证的有效分钟数"), 10, 1, 120),
        Setting("lock_after_failures", N_("连续输错多少次密码后锁定"), 5, 1, 100),
        Setting("lock_minutes", N_("锁定多少分钟"), 15, 1, 1440),
        Setting("address_failures", N_("同一来源地址失败多少次后暂停该来源的登录"), 50, 5, 10000),
        Setting("address_minutes", N_("来源地址暂停登录多少分钟"), 15, 1, 1440),
        Setting("password_length", N_("密码最少位数"), 10, 8, 64),
        Setting("password_classes", N_("密码至少包含几类字符（大写、小写、数字、符号）"), 3, 1, 4),
        Setting("password_history", N_("不能重复使用最近几次的密码"), 8, 0, 24),
        Setting("password_days", N_("密码有效天数，0 为不过期"), 90, 0, 365),
        Setting("initial_password_hours", N_("初始密码有效小时数"), 72, 1, 720),
        Setting("unused_days", N_("多少天未登录自动停用，0 为不停用"), 90, 0, 730),
        Setting("import_undo_days", N_("导入后多少天内可以撤销，0 为不能撤销"), 30, 0, 365),
        Setting("factor_for_admins", N_("管理员登录须动态口令"), 0),
        Setting("factor_for_all", N_("所有人登录须动态口令"), 0),
        Setting("yellow_days", N_("剩余多少个工作日以内标黄"), 3, 0, 30, URGING),
        Setting("digest", N_("每个工作日向有待办的人员发送一条汇总消息"), 1, 0, 1, URGING),
        Setting("digest_hour", N_("汇总消息从几点开始发送"), 8, 0, 23, URGING),
        Setting("urge_every_days", N_("超期后每隔多少个工作日自动催办一次"), 3, 1, 60, URGING),
        Setting("supervise_at", N_("第几次自动催办时转为督办"), 2, 1, 10, URGING),
        Setting("report_at", N_("第几次自动催办时列入通报"), 3, 1, 10, URGING),
    )
}


def value(session: Session, code: str) -> int:
    """The setting as it is now: the stored one, otherwise the default. Read once per transaction of a session."""
    known: dict[str, int] | None = session.info.get(_KEY)
    if known is None:
        table = TABLES["setting"].__table__
        with looking_as(session, THE_SYSTEM):
            rows = session.execute(sa.select(table.c.code, table.c.value)).all()
        known = {row.code: DECLARED[row.code].read(row.value) for row in rows if row.code in DECLARED}
        session.info[_KEY] = known
    return known.get(code, DECLARED[code].default)


@sa.event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: object) -> None:
    if getattr(transaction, "parent", None) is None:
        session.info.pop(_KEY, None)
