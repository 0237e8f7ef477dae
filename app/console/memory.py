"""What the console remembers for people: their saved views of lists, their unsaved forms, what they have sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.core import secrecy
from app.core.choices import Choice
from app.core.fields import boolean, choice, code, integer, owner, text
from app.core.messages import N_
from app.core.rows import department_tree, personal
from app.core.table import Table

#: What the questions of saved views are sealed for, where they hold the number of a person.
VIEW = "view"
secrecy.also_sealed("saved_view", "parameters")


class Audience(Choice):
    """Who finds a saved view in his list."""

    OWN = "own", N_("仅自己")
    DEPARTMENT = "department", N_("本部门")


class SavedView(Table):
    """A list as somebody wants to see it again. A person finds his own views and those of his department."""

    __label__ = N_("常用查询")
    __held_by__ = "created_by"
    __help__ = N_("保存下来的列表查询：条件、排序、显示的列和每页条数，可以仅自己使用，也可以供本部门使用。")
    __rows__ = department_tree("department")
    __pages__ = False

    department: Mapped[Any] = owner()
    table_name: Mapped[str] = text(N_("数据表"), 63, in_list=True)
    name: Mapped[str] = text(N_("名称"), 50, in_list=True, search=True)
    audience: Mapped[str] = choice(N_("使用范围"), Audience, in_list=True, default=Audience.OWN)
    is_default: Mapped[bool] = boolean(
        N_("打开列表时使用"), default=False, help=N_("打开列表而没有条件时，按这个查询显示")
    )
    parameters: Mapped[str | None] = text(N_("查询参数"), 12000, help=N_("地址中的查询参数，由系统填写"))

    @property
    def asked(self) -> str:
        """The parameters of the address; those that name a person are kept sealed."""
        stored = self.parameters or ""
        return secrecy.open_text(VIEW, stored) if secrecy.texts.is_text(stored) else stored


class Draft(Table):
    """A form that was not saved yet: one per person and form, gone when the form is saved."""

    __label__ = N_("草稿")
    __held_by__ = "created_by"
    __help__ = N_("填写中还没有保存的表单，登录失效或断线后可以继续填写。")
    __key__ = ("table_name", "form")
    __title__ = "table_name"
    __rows__ = personal()
    __pages__ = False

    table_name: Mapped[str] = text(N_("数据表"), 63)
    form: Mapped[str] = code(N_("表单"), 64, help=N_("新增为 NEW，编辑为记录标识"))
    row_version: Mapped[int | None] = integer(N_("打开时的版本"))

    typed: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, comment="what was typed, by field name, as the form sent it"
    )


class Submission(Table):
    """Something a person sent once: the same key again does nothing and gets the same answer."""

    __label__ = N_("提交记录")
    __help__ = N_("每次提交的唯一标识和结果，防止重复点击、重复提交产生两条记录。")
    __key__ = ("key",)
    __title__ = "key"
    __rows__ = personal()
    __pages__ = False

    key: Mapped[str] = text(N_("提交标识"), 100)
    digest: Mapped[str | None] = text(N_("内容摘要"), 64, help=N_("同一标识只能提交同样的内容"))
    status: Mapped[int | None] = integer(N_("结果状态"))

    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="what was answered, to be answered again")
