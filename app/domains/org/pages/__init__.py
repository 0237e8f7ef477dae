"""Pages about people and their duties that are not one table."""

from __future__ import annotations

from typing import Any

from app.console import home, menu
from app.console.sign_in import session_pages
from app.console.view.list.actions import OWN_ACTIONS, OwnAction
from app.core.messages import N_
from app.domains.org.pages import emergency, slips, unit, urging
from app.domains.org.pages.leaving import LeavingPage
from app.domains.org.pages.slips import InitialPasswordPage
from app.domains.org.pages.unit import ReceiptPage, UnitPage
from app.domains.org.rules import granting

from app.domains.org.pages.security import SettingsPage, UrgingSettingsPage  # isort: skip


PAGES = (
    InitialPasswordPage, LeavingPage, ReceiptPage, UnitPage, SettingsPage, emergency.BreakGlassPage, urging.UrgingPage,
    UrgingSettingsPage,
)  # fmt: skip
ENTRIES = (
    menu.Entry(urging.TITLE, "UrgingPage.index", ("read", "urging")),
    menu.Entry(N_("待发初始密码"), "InitialPasswordPage.waiting", ("issue", "initial_password")),
    menu.Entry(N_("本单位负责人"), "UnitPage.unit", ("edit", "unit")),
    menu.Entry(N_("离岗交接办理"), "LeavingPage.leaving", ("hand_over", "leaving")),
    menu.Entry(N_("安全参数"), "SettingsPage.settings", ("read", "settings")),
    menu.Entry(N_("催办参数"), "UrgingSettingsPage.settings", ("read", "urging_settings")),
)
_ACTIONS = (
    OwnAction("account", N_("发放初始密码"), "key", "InitialPasswordPage.issue", ("issue", "initial_password")),
    OwnAction("responsible_change", N_("回执"), "checks", "ReceiptPage.receive", ("receive", "receipt")),
)


def register(app: Any) -> None:
    """The actions stand in the lists of their tables, the alarm of the emergency account on the first page."""
    session_pages.is_his = granting.is_his
    for each in _ACTIONS:
        if each not in OWN_ACTIONS:
            OWN_ACTIONS.append(each)
    if emergency.notices not in home.NOTICES:
        home.NOTICES.append(emergency.notices)
    home.DUE += [each for each in (unit.due, slips.due, urging.due) if each not in home.DUE]
    app.before_request(emergency.watch)
