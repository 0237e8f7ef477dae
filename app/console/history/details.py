"""What an event says besides who and when, as pairs of label and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.console.history.difference import line
from app.console.history.events import Stage
from app.console.role_matrix import ACTION_LABELS
from app.console.sign_in.models import SessionEnd, SessionKind
from app.core.choices import Choice
from app.core.fields.write import NO, YES
from app.core.messages import N_, Message, joined
from app.core.table import TABLES
from app.jobs.kinds import KINDS
from app.jobs.models import Step

#: What the details of events are called.
LABELS: dict[str, Message] = {
    "stage": N_("进度"),
    "rows": N_("行数"),
    "format": N_("格式"),
    "filters": N_("条件"),
    "columns": N_("列"),
    "file": N_("文件"),
    "batch": N_("导入批次"),
    "inserted": N_("新增行数"),
    "updated": N_("更新行数"),
    "unchanged": N_("未变行数"),
    "failed": N_("失败行数"),
    "reversed": N_("已撤销行数"),
    "out": N_("因已公示、报送或发布而保留的行数"),
    "errors_of": N_("错误行所属的导入批次"),
    "kept": N_("已另行修改而保留的行数"),
    "refused": N_("被引用而不能撤销的行数"),
    "method": N_("方式"),
    "path": N_("地址"),
    "permission": N_("所需权限"),
    "status": N_("结果码"),
    "message": N_("提示"),
    "suppressed": N_("此前未逐条记录的次数"),
    "agent": N_("浏览器"),
    "user": N_("用户名"),
    "username": N_("用户名"),
    "reason": N_("理由"),
    "why": N_("原因"),
    "by": N_("经由"),
    "fields": N_("字段"),
    "account": N_("账号"),
    "person": N_("人员"),
    "kind": N_("类型"),
    "what": N_("操作"),
    "answer": N_("答复"),
    "command": N_("命令"),
    "arguments": N_("参数"),
    "seconds": N_("秒数"),
    "failures": N_("失败次数"),
    "until": N_("截止"),
    "keys": N_("记录标识"),
    "ended": N_("结束的会话数"),
    "factor": N_("动态口令"),
    "lag": N_("延迟（秒）"),
    "findings": N_("发现的问题"),
    "step": N_("步骤"),
    "task": N_("任务种类"),
    "attempt": N_("尝试次数"),
    "result": N_("结果"),
    "moved": N_("期限有变的条数"),
    "removed": N_("删除的暂定日数"),
    "limits": N_("有变的期限规则"),
    "first_day": N_("最早有变的日期"),
    "last_day": N_("最晚有变的日期"),
}
#: Pages that are not one table, as permissions name them.
_PAGES: dict[str, Message] = {
    "audit": N_("审计日志"),
    "access": N_("谁能看到，为什么"),
    "roles": N_("角色权限"),
    "dictionary": N_("数据字典"),
    "help": N_("使用帮助"),
    "search": N_("全站搜索"),
}
#: Details that are entries of code lists.
_CHOICES: dict[str, type[Choice]] = {"why": SessionEnd, "kind": SessionKind, "stage": Stage, "step": Step}
#: What an import event says of itself that took an import back.
UNDONE = "undo"
_SECRET = ("password", "secret", "token", "code", "otp")
_LONGEST = 500


def details(given: Mapping[str, Any], table: str, names: Mapping[tuple[str, str], str]) -> list[dict[str, str]]:
    """The pairs in the order in which they were noted. What could be a secret is not shown, should it ever be there."""
    found = []
    if "account" in given:
        given = {**given, "account": names.get(("ab_user", str(given["account"]))) or given["account"]}
    for name, value in given.items():
        if value in (None, "", [], {}):
            continue
        said = "***" if name in _SECRET else _text(name, value, table)
        found.append({"name": name, "label": str(LABELS.get(name, name)), "text": said})
    return found


def _text(name: str, value: Any, table: str) -> str:
    if name == "what" and value == UNDONE:
        return str(N_("撤销导入"))
    if name == "task" and value in KINDS:
        return str(KINDS[value].label)
    if name in _CHOICES and value in {member.value for member in _CHOICES[name]}:
        return str(_CHOICES[name](value).label)
    if isinstance(value, bool):
        return str(YES if value else NO)
    if name in ("columns", "fields") and isinstance(value, list) and table in TABLES:
        known = TABLES[table].__fields__
        return line(joined(known[each].label if each in known else each for each in value), _LONGEST)
    if name == "permission" and isinstance(value, str):
        action, _, view = value.removeprefix("can_").partition(" on ")
        label = ACTION_LABELS.get(action, (action,))[0]
        place = TABLES[view].__label__ if view in TABLES else _PAGES.get(view, view)
        return line(f"{label} · {place}")
    if isinstance(value, dict):
        return line(joined((f"{LABELS.get(key, key)}={each}" for key, each in value.items()), N_("；")), _LONGEST)
    if isinstance(value, list | tuple):
        return line(joined(value), _LONGEST)
    return line(value, _LONGEST)
