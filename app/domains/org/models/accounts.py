"""The people who work here, and what is decided about their signing in."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from app.core import checks
from app.core.failures import RAISED
from app.core.fields import Grade, choice, choices, citizen_id, code, day, owner, phone, text
from app.core.messages import N_
from app.core.roles import Role, may
from app.core.rows import department_tree, hidden
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.choices import AccessState, EmploymentState
from app.domains.org.models.places import Department

#: Those who keep accounts. Nobody deletes one: what its holder did stays his, so it is deactivated.
_KEEPS = "read add edit import export"


class Account(Table):
    """人员账号: a name to sign in with, the real person who holds it, the department and the roles. One each."""

    __label__ = N_("人员账号")
    __help__ = N_(
        "账号、持有人、任职部门和角色，一人一号、实名制；只有在编在职在岗人员可以登录，账号所做的操作视为本人行为。"
    )
    __key__ = ("username",)
    __title__ = "real_name"
    __rows__ = department_tree("department")
    __found__ = 3
    __may__ = may(
        sys_admin="read",
        audit_admin="read",
        sec_admin=_KEEPS,
        supervision_office=_KEEPS,
        dept_admin=f"{_KEEPS} unmask",
    )
    __status__ = "employment"
    __rules__ = (rules.an_administrator_is_nothing_else, rules.nobody_changes_his_own, rules.roles_are_his_to_grant)
    __order__ = ("username",)
    __fresh__ = True

    department: Mapped["Department"] = owner(in_list=True)
    username: Mapped[str] = text(
        N_("用户名"), 64, search=True, in_list=True, unique=True, sample="lurudemo", help=N_("登录账号，全系统不重复"),
        aliases=("账号", "登录名"),
        checks=(checks.pattern(r"[a-z0-9_.@-]{2,64}", N_("用户名只能用小写字母、数字和 _ . @ -，至少 2 位")),),
    )  # fmt: skip
    real_name: Mapped[str] = text(
        N_("真实姓名"),
        50,
        search=True,
        spelled="person",
        in_list=True,
        sample="示例人员",
        help=N_("账号实行实名制"),
        aliases=("姓名",),
    )
    citizen_no: Mapped[str | None] = citizen_id(
        N_("身份证号"), unique=True, help=N_("一人一号：同一身份证号只能有一个账号"), aliases=("公民身份号码",)
    )
    staff_number: Mapped[str | None] = code(N_("单位工号"), 32, search=True, in_list=True, aliases=("工号",))
    post: Mapped[str | None] = text(N_("岗位"), 100, in_list=True, sample="数据录入", aliases=("职务",))
    phone: Mapped[str | None] = phone(N_("联系电话"), aliases=("手机号",))
    roles: Mapped[list[str] | None] = choices(
        N_("角色"),
        Role,
        in_list=True,
        sample="数据录入员",
        allowed=rules.grantable_roles,
        help=N_("只能授予您有权授予的角色；多个角色用顿号分开"),
    )
    employment: Mapped[str] = choice(
        N_("人员状态"), EmploymentState, default="in_post", in_list=True, help=N_("只有在编在职在岗人员可以登录")
    )
    valid_to: Mapped[date | None] = day(N_("有效期至"), in_list=True, help=N_("最后一个可以登录的日子；不填为长期有效"))
    access: Mapped[str] = choice(
        N_("登录状态"), AccessState, default="open", in_list=True,
        help=N_("停用后立即退出登录；长期未登录的账号由系统停用，改回“正常”后可以再登录"),
    )  # fmt: skip


class Setting(Table):
    """安全参数: what an office decides about sign-in, sessions and passwords. A value without a row is the default.

    Written on one page that names every parameter with its bounds (``org/pages/settings.py``), read by the system only.
    """

    __label__ = N_("安全参数")
    __help__ = N_("登录、会话、密码等安全参数。没有登记的参数使用系统默认值；每次修改都记入审计日志。")
    __key__ = ("code",)
    __title__ = "code"
    __rows__ = hidden()
    __pages__ = False
    __order__ = ("code",)
    __rules__ = (rules.setting_is_known,)
    __fresh__ = True

    code: Mapped[str] = text(N_("参数编码"), 64, grade=Grade.PUBLIC)
    value: Mapped[str] = text(N_("参数值"), 200, grade=Grade.PUBLIC)
    note: Mapped[str | None] = text(N_("说明"), 500, grade=Grade.PUBLIC)


Account.__table__.append_constraint(
    sa.UniqueConstraint("department_id", "staff_number", name="uq_account_staff_number")
)

#: What the database refuses when accounts are written past the rules (migration 0010), in the words of the rules.
RAISED |= {
    "JG001": lambda told: rules.refused_role(told.get("role"), str(told.get("unit"))),
    "JG002": lambda _: rules.REFUSED_OWN,
    "JG004": lambda _: rules.REFUSED_RESERVED,
    "JG003": lambda told: N_("用户名“{username}”已被系统使用，请换一个", username=told.get("username")),
}
