"""What hangs on a subject: its permits, and the tags it carries."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, boolean, code, day, long_text, ref, text
from app.core.messages import N_
from app.core.roles import may
from app.core.rows import everyone, follows
from app.core.table import Table
from app.domains.subjects import rules

if TYPE_CHECKING:
    from app.domains.subjects.models.subject import Subject

_SPECIAL = N_("专业监管")


class SubjectTag(Table):
    """监管标签: a word that subjects are marked with, by which pools of check objects are formed."""

    __label__ = N_("监管标签")
    __help__ = N_("给监管对象做的标记，用于组成专项检查对象库。")
    __key__ = ("name",)
    __rows__ = everyone()
    __may__ = may(
        dept_admin="read export",
        catalog_editor="read add edit import export",
        catalog_reviewer="read export",
        clerk="read export",
        inspector="read",
        handler="read",
        evaluator="read export",
    )
    __order__ = ("name",)

    name: Mapped[str] = text(
        N_("标签名称"),
        50,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="学校食堂",
        aliases=("标签", "监管标签"),
    )
    description: Mapped[str | None] = text(N_("标签说明"), 500, in_list=True, grade=Grade.PUBLIC, aliases=("说明",))
    is_valid: Mapped[bool] = boolean(N_("是否有效"), default=True, in_list=True, grade=Grade.PUBLIC)


class SubjectPermit(Table):
    """许可信息: a permit that a subject holds. A subject may hold several, and sit in a pool once for each."""

    __label__ = N_("许可信息")
    __help__ = N_("监管对象持有的许可证。同一对象可以持有多个许可证，在专项库中按证各占一席。")
    __key__ = ("subject", "permit_no")
    __title__ = "permit_name"
    __rows__ = follows("subject")
    __found__ = 12
    __may__ = may(
        clerk="read add edit import export",
        dept_admin="read edit delete export",
        catalog_editor="read",
        catalog_reviewer="read",
        inspector="read",
        handler="read",
        evaluator="read export",
    )
    __order__ = ("-approved_on",)
    __rules__ = (rules.permit_ends_after_it_is_granted, rules.permit_was_granted_before_today)

    subject: Mapped["Subject"] = ref(
        N_("监管对象证件号码"), "Subject", by=("id_no",), in_list=True, sample="91610131MA6TX0WX5A",
        aliases=("统一社会信用代码", "统一社会信用代码/注册号", "证件号码"), help=N_("先登记监管对象，再登记许可"),
    )  # fmt: skip
    permit_name: Mapped[str] = text(
        N_("许可证名称"), 200, search=True, in_list=True, grade=Grade.PUBLIC, sample="食品经营许可证"
    )
    permit_no: Mapped[str] = code(
        N_("许可证编号"),
        100,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        aliases=("编号",),
        sample="JY16101130000001",
    )
    approved_on: Mapped[date | None] = day(
        N_("批准日期"), in_list=True, grade=Grade.PUBLIC, aliases=("发证日期",), sample="2024-03-01"
    )
    valid_until: Mapped[date | None] = day(
        N_("有效期至"), in_list=True, grade=Grade.PUBLIC, aliases=("有效期",), sample="2029-02-28"
    )
    issuer: Mapped[str | None] = text(
        N_("发证机关"), 200, in_list=True, grade=Grade.PUBLIC, sample="西安市雁塔区行政审批服务局"
    )
    special_pool: Mapped[str | None] = text(
        N_("对应专项库"), 200, group=_SPECIAL, help=N_("该许可对应的检查对象专项库名称"), aliases=("专项库名称",)
    )
    needs_professional: Mapped[bool] = boolean(N_("是否专业监管"), default=False, group=_SPECIAL, aliases=("专业监管",))
    required_qualification: Mapped[str | None] = text(
        N_("专业资质资格"), 200, group=_SPECIAL, help=N_("检查人员应具备的岗位资质，如药品检查员")
    )
    required_expert: Mapped[str | None] = text(N_("配备专家"), 200, group=_SPECIAL)
    remark: Mapped[str | None] = long_text(N_("备注"), 500)
