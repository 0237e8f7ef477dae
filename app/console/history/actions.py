"""What people call what stands on the log: each action with its colour, and the ways in."""

from __future__ import annotations

from app.core.messages import N_, Message

#: What people call each action, and its colour.
ACTIONS: dict[str, tuple[Message, str]] = {
    "insert": (N_("新增"), "good"),
    "update": (N_("修改"), "info"),
    "delete": (N_("删除"), "bad"),
    "baseline": (N_("启用审计时的内容"), "mute"),
    "sign_in": (N_("登录"), "mute"),
    "sign_in_failed": (N_("登录失败"), "warn"),
    "locked": (N_("账号锁定"), "bad"),
    "unlocked": (N_("解除锁定"), "info"),
    "sign_out": (N_("退出登录"), "mute"),
    "session_ended": (N_("会话结束"), "mute"),
    "password_changed": (N_("修改密码"), "info"),
    "password_issued": (N_("发放初始密码"), "warn"),
    "factor_set": (N_("启用动态口令"), "info"),
    "factor_removed": (N_("停用动态口令"), "warn"),
    "step_up": (N_("重新验证身份"), "mute"),
    "key_made": (N_("生成接口密钥"), "warn"),
    "denied": (N_("访问被拒绝"), "warn"),
    "export": (N_("导出"), "info"),
    "import": (N_("导入"), "info"),
    "bulk": (N_("批量操作"), "info"),
    "unmask": (N_("查看敏感信息"), "warn"),
    "asked": (N_("查询权限原因"), "mute"),
    "handover": (N_("工作交接"), "info"),
    "break_glass": (N_("启用应急账号"), "bad"),
    "alarm": (N_("告警"), "bad"),
    "job": (N_("后台任务"), "mute"),
    "command": (N_("维护命令"), "mute"),
    "restore": (N_("数据恢复"), "warn"),
    "seal_lag": (N_("封存延迟"), "bad"),
    "recomputed": (N_("重算期限"), "info"),
}

#: The ways in.
VIA: dict[str, Message] = {
    "web": N_("网页"),
    "api": N_("接口"),
    "import": N_("批量导入"),
    "command": N_("维护命令"),
    "job": N_("后台任务"),
}
