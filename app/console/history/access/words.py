"""A decision in plain Chinese: the steps in the order in which they are taken, and what follows for each action."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.console.history.access.decision import ON_ROWS, Decision, Verdict
from app.console.history.access.facts import Known
from app.console.role_matrix import ACTION_LABELS
from app.core.fields import Grade
from app.core.messages import N_, Message, joined
from app.core.roles import ACTIONS, Role
from app.core.rows import REGION
from app.core.table import Table


@dataclass(frozen=True)
class Step:
    """One question and its answer; ``state`` is yes, no or mute (decides nothing)."""

    state: str
    title: str
    text: str
    items: list[str] = field(default_factory=list)


_ACCOUNT: dict[str, Message] = {
    "": N_("账号已启用，人员在编在职在岗，在有效期内，可以登录。"),
    "unknown": N_("有人员登记，但还没有建立登录账号，不能登录。"),
    "inactive": N_("账号已停用，不能登录。"),
    "not_in_post": N_("人员状态不是“在编在职在岗”，账号不能使用。"),
    "expired": N_("账号有效期至 {day}，已经过期。"),
}


def role_label(name: str) -> str:
    """What people call the role."""
    return str(Role(name).label) if name in {role.value for role in Role} else name


def steps(known: Known, table: type[Table], decision: Decision, owner: str | None) -> list[Step]:
    """What was asked, one after the other. ``owner`` is the department of the row; ``None`` without a row."""
    return [
        _account(known, decision),
        _tree(known),
        _permissions(known, table, decision),
        _rows(known, table, decision, owner),
        _columns(table, decision),
    ]


def _account(known: Known, decision: Decision) -> Step:
    text = str(Message(_ACCOUNT[decision.account].msgid, {"day": known.person.valid_to}))
    title = str(N_("账号能用吗？"))
    return Step("no" if decision.account else "yes", title, text)


def _tree(known: Known) -> Step:
    title = str(N_("从哪里看数据？"))
    if not known.person.kind:
        return Step("mute", title, str(N_("账号不能使用，没有数据范围。")))
    if known.person.kind == REGION:
        text = N_(
            "任职于{department}，是主管部门，按“块”看：{tree}行政区划内各部门的数据。",
            department=known.department,
            tree=known.tree,
        )
    else:
        text = N_(
            "任职于{department}，按“条”看：{tree}及其业务下级部门的数据。", department=known.department, tree=known.tree
        )
    return Step("mute", title, str(text))


def _permissions(known: Known, table: type[Table], decision: Decision) -> Step:
    roles = joined(role_label(role) for role in sorted(known.person.roles)) or str(N_("没有角色"))
    items = []
    for action in ACTIONS:
        givers = decision.verdicts[action].roles
        label = ACTION_LABELS[action][0]
        by = joined(role_label(role) for role in givers)
        items.append(
            str(
                N_("{action}：由角色“{roles}”授予", action=label, roles=by)
                if by
                else N_("{action}：没有角色授予", action=label)
            )
        )
    has_any = any(verdict.roles for verdict in decision.verdicts.values())
    text = N_("角色：{roles}。对“{table}”的权限：", roles=roles, table=table.__label__)
    return Step("yes" if has_any else "no", str(N_("角色给了哪些权限？")), str(text), items)


def _rows(known: Known, table: type[Table], decision: Decision, owner: str | None) -> Step:
    rule, title = table.__rows__, str(N_("能看到哪些行？"))
    if rule.kind == "hidden":
        return Step("no", title, str(N_("这张表只供系统自己使用，任何人都看不到。")))
    if rule.kind == "personal":
        said = N_("这张表的每一行只有录入者本人看得到。")
    elif not rule.is_scoped:
        said = N_("这是公共目录表，所有人看得到全部行；能否修改只看权限。")
    elif rule.kind == "follows":
        parent = table.__fields__[str(rule.field)].label
        said = N_("这张表的行跟随所属的“{parent}”：看得到它就看得到这一行。", parent=parent)
    elif rule.once:
        said = N_("这张表发布前只有所属部门一方和复核单位可以查看，发布后所有人可以查看；只有所属部门一方可以修改。")
    elif rule.is_open:
        said = N_("这张表所有人可以查看，只有所属部门一方可以修改。")
    else:
        said = N_("这张表只有所属部门一方（本部门、业务上级、本地区主管部门）看得到。")
    if owner is None:
        return Step("mute", title, str(said))
    return Step("yes" if decision.is_seen else "no", title, f"{said}{_where(known, table, decision, owner)}")


def _where(known: Known, table: type[Table], decision: Decision, owner: str) -> str:
    if not known.person.kind:
        return ""
    if table.__rows__.kind == "personal":
        return str(N_("这一行是他本人录入的。") if decision.is_seen else N_("这一行不是他本人录入的。"))
    if not table.__rows__.is_scoped:
        return ""
    if decision.is_written:
        return str(N_("这条记录属于{owner}，在他的范围（{tree}）之内。", owner=owner, tree=known.tree))
    if decision.is_seen:
        return str(
            N_("这条记录属于{owner}，不在他的范围（{tree}）之内：可以查看，不能修改。", owner=owner, tree=known.tree)
        )
    return str(N_("这条记录属于{owner}，不在他的范围（{tree}）之内，所以看不到。", owner=owner, tree=known.tree))


def _columns(table: type[Table], decision: Decision) -> Step:
    title = str(N_("看得到哪些列？"))
    hidden = [str(each.label) for each in table.__fields__.values() if each.grade is Grade.SENSITIVE]
    for each in table.__fields__.values():
        if each.masked_when:
            other, values = each.masked_when
            source = table.__fields__[other]
            said = joined(source.show(value) for value in values)
            hidden.append(str(N_("{field}（{other}为{values}时）", field=each.label, other=source.label, values=said)))
    if not hidden:
        return Step("mute", title, str(N_("这张表没有敏感字段，看得到的行全部字段都看得到。")))
    givers = decision.verdicts["unmask"].roles
    if givers:
        text = N_(
            "以下字段默认脱敏显示；角色“{roles}”可以说明理由后查看全文，每次都记录在审计日志：",
            roles=joined(role_label(role) for role in givers),
        )
    else:
        text = N_("以下字段脱敏显示，他没有查看全文的权限：")
    return Step("mute", title, str(text), hidden)


def results(decision: Decision, has_row: bool) -> list[dict[str, object]]:
    """May or may not, with the reason, for each action."""
    return [
        {
            "label": str(ACTION_LABELS[action][0]),
            "allowed": decision.verdicts[action].allowed,
            "reason": str(_reason(decision.verdicts[action], has_row)),
        }
        for action in ACTIONS
    ]


def _reason(verdict: Verdict, has_row: bool) -> Message:
    if verdict.decided_by == "account":
        return N_("账号不能使用（第 1 步）")
    if verdict.decided_by == "permission":
        return N_("没有角色授予这项权限（第 3 步）")
    if verdict.decided_by == "unseen":
        return N_("有这项权限，但看不到这条记录（第 4 步）")
    if verdict.decided_by == "unwritten":
        return N_("有这项权限，但这条记录由其他部门维护（第 4 步）")
    roles = joined(role_label(role) for role in verdict.roles)
    if has_row and verdict.action not in ON_ROWS:
        return N_("角色“{roles}”授予；针对本单位及下级的新记录，与这条记录无关", roles=roles)
    if has_row:
        return N_("角色“{roles}”授予，且这条记录在其范围之内", roles=roles)
    return N_("角色“{roles}”授予；针对其范围之内的记录", roles=roles)
