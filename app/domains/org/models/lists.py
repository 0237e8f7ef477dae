"""Lists of values that an office keeps itself."""

from datetime import date

from sqlalchemy.orm import Mapped

from app.core.fields import Grade, code, day, integer, long_text, ref, text
from app.core.messages import N_
from app.core.rows import everyone
from app.core.table import Table
from app.domains.org import rules
from app.domains.org.models.directory import DIRECTORY


class CodeList(Table):
    """代码表: a list of values that an office keeps itself, unlike the closed lists built into fields."""

    __label__ = N_("代码表")
    __help__ = N_("由主管部门自行维护的代码表，与字段内置的固定选项不同。")
    __key__ = ("code",)
    __rows__ = everyone()
    __may__ = DIRECTORY
    __order__ = ("code",)

    code: Mapped[str] = code(
        N_("代码表编码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="GB/T4754", aliases=("字典编码",)
    )
    name: Mapped[str] = text(
        N_("代码表名称"),
        200,
        search=True,
        in_list=True,
        grade=Grade.PUBLIC,
        sample="国民经济行业分类",
        aliases=("字典名称",),
    )
    source: Mapped[str | None] = text(
        N_("来源标准"), 200, in_list=True, grade=Grade.PUBLIC, sample="GB/T 4754-2017", help=N_("标准号或发布文件")
    )
    note: Mapped[str | None] = long_text(N_("说明"), 1000, grade=Grade.PUBLIC)


class CodeEntry(Table):
    """代码项: one value of a code list, with the dates between which it may be used."""

    __label__ = N_("代码项")
    __help__ = N_("代码表中的一个取值，以及可以使用的起止日期。")
    __key__ = ("code_list", "code")
    __rows__ = everyone()
    __may__ = DIRECTORY
    __order__ = ("code_list_id", "seq")
    __rules__ = (rules.validity_ends_after_it_starts,)

    code_list: Mapped["CodeList"] = ref(
        N_("代码表编码"), "CodeList", by=("code", "name"), in_list=True, grade=Grade.PUBLIC, sample="GB/T4754"
    )
    code: Mapped[str] = code(N_("代码"), 64, search=True, in_list=True, grade=Grade.PUBLIC, sample="H")
    name: Mapped[str] = text(N_("名称"), 200, search=True, in_list=True, grade=Grade.PUBLIC, sample="住宿和餐饮业")
    national_code: Mapped[str | None] = text(
        N_("国家代码"), 64, in_list=True, grade=Grade.PUBLIC, help=N_("上报国家平台时使用的代码，与本地代码相同可不填")
    )
    seq: Mapped[int | None] = integer(N_("排序号"), grade=Grade.PUBLIC, aliases=("顺序",))
    valid_from: Mapped[date | None] = day(N_("生效日期"), in_list=True, grade=Grade.PUBLIC)
    valid_to: Mapped[date | None] = day(N_("有效期至"), in_list=True, grade=Grade.PUBLIC, help=N_("最后一个有效日"))
