"""What a table is for, and its fields."""

from __future__ import annotations

from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.view.frame import Frame
from app.core.messages import N_


class HelpPage(Frame):
    """``/<table>/help``."""

    @expose("/help")
    @has_access
    @permission_name("read")
    def help(self) -> str:
        """What the table is for, and a dictionary of its fields."""
        rows = [
            {
                "name": field.name,
                "label": str(field.label),
                "required": field.required,
                "kind": field.kind,
                "length": field.length,
                "std": field.std,
                "grade": field.grade,
                "help": str(field.help or ""),
                "choices": [(member.national or member.value, str(member.label)) for member in field.choices or ()],
            }
            for field in self.table.__fields__.values()
        ]
        rules = [{"code": rule.code, "text": rule.text, "severity": rule.severity} for rule in self.table.__rules__]
        text = str(self.table.__help__)
        urls = {"list": self.to("index"), "template": self.to("template")}
        return self.page("help", (str(N_("帮助")), None), text=text, fields=rows, rules=rules, urls=urls)
