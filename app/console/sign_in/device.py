"""What a browser says it is, in words by which people recognise their own devices."""

from __future__ import annotations

import re

from app.core.messages import N_

#: Which sign stands for which browser and system; the first that is found counts (Edge calls itself Chrome too).
_BROWSERS = (
    ("MicroMessenger/", "WeChat"),
    ("DingTalk/", "DingTalk"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("Trident/", "Internet Explorer"),
)
_SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("UOS", "UOS"),
    ("Kylin", "Kylin"),
    ("Linux", "Linux"),
)


def told(agent: str | None) -> str:
    """``Chrome 120 · Windows``; the first word of what a program calls itself."""
    said = agent or ""
    browser = next((f"{name} {_number(said, sign)}".strip() for sign, name in _BROWSERS if sign in said), "")
    system = next((name for sign, name in _SYSTEMS if sign in said), "")
    return " · ".join(filter(None, (browser, system))) or said.split("/")[0][:40] or str(N_("未知设备"))


def _number(said: str, sign: str) -> str:
    found = re.search(rf"{re.escape(sign)}(\d{{1,4}})", said)
    return found[1] if found else ""
