"""The demo users: an account each, with the role of its post. Their posts are entered like any other table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.core.roles import Role
from seed.demo.offices import OPERATIONS

PASSWORD = "Jianguan@2026"  # noqa: S105 - the published password of accounts that exist in demo data only


@dataclass(frozen=True)
class DemoUser:
    """One account and its post."""

    username: str
    role: Role
    real_name: str
    department: str
    post: str


USERS = (
    DemoUser("sysadmin", Role.SYS_ADMIN, "系统管理员", OPERATIONS, "系统运维"),
    DemoUser("secadmin", Role.SEC_ADMIN, "安全管理员", OPERATIONS, "安全管理"),
    DemoUser("auditadmin", Role.AUDIT_ADMIN, "审计管理员", OPERATIONS, "安全审计"),
    DemoUser("zfb_xian", Role.SUPERVISION_OFFICE, "示例督查员", "西安市人民政府办公室", "督查"),
    DemoUser("admin_yanta", Role.DEPT_ADMIN, "示例管理员", "西安市雁塔区市场监督管理局", "部门管理员"),
    DemoUser("clerk_yanta", Role.CLERK, "示例录入员甲", "西安市雁塔区市场监督管理局", "数据录入"),
    DemoUser("clerk_beilin", Role.CLERK, "示例录入员乙", "西安市碑林区市场监督管理局", "数据录入"),
    DemoUser("catalog_xian", Role.CATALOG_EDITOR, "示例事项员", "西安市市场监督管理局", "事项管理"),
    DemoUser("evaluator_xian", Role.EVALUATOR, "示例评估员", "西安市人民政府办公室", "效能评估"),
    DemoUser("admin_xian", Role.DEPT_ADMIN, "示例管理员乙", "西安市市场监督管理局", "部门管理员"),
    DemoUser("reviewer_xian", Role.CATALOG_REVIEWER, "示例审核员", "西安市市场监督管理局", "事项审核"),
    DemoUser("auditor_xian", Role.AUDITOR, "示例监察员", "西安市人民政府办公室", "监察"),
    DemoUser("inspector_yanta", Role.INSPECTOR, "示例执法员", "西安市雁塔区市场监督管理局", "行政执法"),
    DemoUser("handler_yanta", Role.HANDLER, "示例承办员", "西安市雁塔区市场监督管理局", "投诉举报承办"),
    DemoUser("clerk_hezuo", Role.CLERK, "示例录入员丙", "合作市市场监督管理局", "数据录入"),
)


def place_rows() -> list[dict[str, Any]]:
    """The posts of the demo users."""
    return [
        {
            "department": user.department,
            "username": user.username,
            "real_name": user.real_name,
            "staff_number": f"DEMO{number:03d}",
            "post": user.post,
            "roles": str(user.role.label),
            "employment": "in_post",
        }
        for number, user in enumerate(USERS, 1)
    ]


def create() -> None:
    """Every demo user can sign in: his account is there (the table made it), and now has the published password."""
    import sqlalchemy as sa
    from flask_appbuilder.security.sqla.models import User

    from app.console.sign_in import passwords
    from app.extensions import db

    for user in USERS:
        key = db.session.scalar(sa.select(User.id).where(User.username == user.username))
        if key is None:
            raise LookupError(f"the account {user.username} was not made from the table")
        passwords.place(db.session(), key, PASSWORD)
    db.session.commit()
