"""What a table is for: what a row is, who may do what, the rules, the fields, and how to bring rows in."""

from __future__ import annotations

from flask import url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import dictionary, guard
from app.console.flow import explained
from app.console.role_matrix import ACTION_LABELS
from app.console.view.frame import Frame
from app.core.messages import N_, Message, joined
from app.core.roles import Role
from app.extensions import db

#: Who sees the rows, by the row rule of the table.
_SEEN = {
    "everyone": N_("所有人都可以查看。"),
    "shared": N_("所有部门都可以查看，只有所属部门及其上级可以修改。"),
    "department_tree": N_("只有所属部门、其上级部门和同级政府的主管部门可以查看和修改。"),
    "follows": N_("与所属的{parent}相同：能查看、修改{parent}的人，也能查看、修改它的{table}。"),
    "personal": N_("只有本人可以查看和修改。"),
}
_ONCE = N_("发布以后所有部门都可以查看；发布以前只有所属部门及其上级、复核单位可以查看。只有所属部门及其上级可以修改。")


class HelpPage(Frame):
    """``/<table>/help``."""

    @expose("/help")
    @has_access
    @permission_name("read")
    def help(self) -> str:
        """What the table is for, its rules, and a dictionary of its fields."""
        name = self.table.__tablename__
        by_actions: dict[frozenset[str], list[str]] = {}
        for role in Role:
            by_actions.setdefault(self.table.__may__.get(role.value, frozenset()), []).append(str(role.label))
        return self.page(
            "help",
            (str(N_("填报说明")), None),
            text=str(self.table.__help__),
            key=[str(self.table.__fields__[each].label) for each in self.table.__key__],
            seen=self._seen(),
            mine=_listed(frozenset(action for action in self.table.actions() if guard.may(action, name))),
            grants=[
                {"roles": joined(roles), "actions": _listed(actions)}
                for actions, roles in by_actions.items()
                if actions
            ],
            flow=explained.of(db.session(), self.table),
            fields=dictionary.entries(self.table),
            rules=dictionary.rules_of(self.table),
            urls={
                "list": self.to("index"),
                "template": self.to("template"),
                "import_": self.to("upload"),
                "dictionary": url_for("DictionaryPage.index", table=name),
            },
        )

    def _seen(self) -> str:
        rule = self.table.__rows__
        words = _ONCE if rule.kind == "shared" and rule.once else _SEEN[rule.kind]
        if rule.kind != "follows":
            return str(words)
        parent = self.table.__fields__[str(rule.field)]
        told = {"parent": dictionary.entry(parent)["target"]["label"], "table": self.table.__label__}
        return str(Message(words.msgid, told))


def _listed(actions: frozenset[str]) -> str:
    return joined(ACTION_LABELS[action][0] for action in ACTION_LABELS if action in actions)
