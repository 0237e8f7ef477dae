"""Reading the pages of lists as people do: headers, cells, links, messages."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Listed:
    """What a list page shows."""

    headers: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.listed, self.text, self.inside = Listed(), None, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self.inside = True
        if not self.inside:
            return
        if tag == "tr" and given.get("data-id"):
            self.listed.keys.append(str(given["data-id"]))
            self.listed.rows.append([])
        kind = (given.get("class") or "").split(" ")[0]
        if (tag == "td" and "data-label" in given) or (tag == "th" and kind not in ("c-pick", "c-no", "c-act")):
            self.text = ""

    def handle_endtag(self, tag: str) -> None:
        if self.text is not None and tag in ("td", "th"):
            value = "" if self.text.strip() == "—" else self.text.strip()
            (self.listed.headers if tag == "th" else self.listed.rows[-1]).append(value)
            self.text = None
        if tag == "table":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text += data


def listed(page: str) -> Listed:
    """The table of a list page."""
    reader = _Reader()
    reader.feed(page)
    return reader.listed


def states(page: str) -> dict[str, tuple[str, str]]:
    """The counts above a list: label -> (number, address)."""
    found = re.findall(r'<a class="jg-counts" href="([^"]*)"[^>]*>([^<]*) <span[^>]*>([^<]*)</span>', page)
    return {label.strip(): (number, html.unescape(url)) for url, label, number in found}


def total(page: str) -> str:
    """The number of rows found, in words."""
    found = re.search(r'class="jg-count">([^<]*)<', page)
    assert found
    return found.group(1)


def hidden(page: str, action: str) -> dict[str, list[str]]:
    """The hidden fields of the form that posts to ``action``."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.S)
    assert form, action
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form.group(1)):
        if name != "csrf_token":
            fields.setdefault(name, []).append(html.unescape(value))
    return fields
