"""Entries as pages, workbooks and requests tell them: who, when, from where, what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from app.console import attachments, guard
from app.console.history import difference, log
from app.console.history.actions import ACTIONS, VIA
from app.console.history.details import details
from app.console.history.difference import Change, line
from app.console.history.log import LINK_MARK, Entry
from app.console.history.titles import titles
from app.core import clock
from app.core.messages import N_, joined
from app.core.table import LINKS, TABLES, tables_with_pages

NOBODY, SYSTEM = N_("未知"), N_("系统")
#: Fields of a deleted row that are told where it was part of another.
_TOLD = 4


@dataclass(frozen=True)
class Known:
    """What was looked up for some entries: titles of rows, the imports they belong to, the row they are about."""

    titles: Mapping[tuple[str, str], str]
    imports: Mapping[int, Entry] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)


def known(session: Session, entries: Sequence[Entry], around: Mapping[str, Any] | None = None) -> Known:
    """Everything the entries need, in two queries (three when rows they name are gone)."""
    written = log.imports(session, entries)
    wanted = {("department", str(each.department_id)) for each in entries if each.department_id}
    for each in entries:
        wanted |= difference.references(each.rel, each.old, each.new)
        if each.rel in TABLES and each.pk and not difference.title_of(each.rel, each.new or each.old):
            wanted.add((each.rel, each.pk))
        if each.rel == "ab_user" or "account" in each.new:
            wanted.add(("ab_user", each.pk if each.rel == "ab_user" else str(each.new["account"])))
        if each.rel in LINKS:
            wanted.add((LINKS[each.rel].owner, each.pk.split(LINK_MARK)[0]))
    return Known(titles(session, wanted), written, around or {})


def tell(each: Entry, about: Known, sealed: Callable[[Entry], Any] | None = None) -> dict[str, Any]:
    """One entry: what templates print and requests answer."""
    label, tone = ACTIONS.get(each.action, (each.action, "mute"))
    return {
        "id": each.id,
        "at": each.at.astimezone(clock.ZONE).isoformat(timespec="milliseconds"),
        "when": each.at.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        "action": each.action,
        "label": str(label),
        "tone": tone,
        "who": who(each),
        "unit": about.titles.get(("department", str(each.department_id)), "") if each.department_id else "",
        "via": str(VIA.get(each.via, each.via)),
        "address": line(each.address, 64),
        "session": line(each.session, 64),
        "request": line(each.request, 64),
        "table": each.rel,
        "table_label": table_label(each.rel),
        "key": line(each.pk, 120),
        "title": title(each, about),
        "changes": told_changes(each, about),
        "details": [] if each.is_change else details(each.new, each.rel, about.titles),
        "batch": batch(about.imports.get(each.txid)),
        "seal": sealed(each) if sealed else None,
    }


def who(each: Entry) -> str:
    """The name that the person had then; the system where it worked for itself."""
    if each.actor is None:
        return line(each.name, 60) or str(NOBODY)
    if each.actor == 0:
        return str(SYSTEM)
    return line(each.name, 60) or f"#{each.actor}"


def table_label(rel: str) -> str:
    """What people call the table, the link or the part of the framework."""
    if rel in TABLES:
        return str(TABLES[rel].__label__)
    if rel in LINKS:
        link = LINKS[rel]
        return f"{TABLES[link.owner].__label__} · {link.field.label}"
    return str(_FRAMEWORK.get(rel, line(rel, 63)))


_FRAMEWORK: dict[str, Any] = {
    "": "",
    "ab_user": N_("登录账号"),
    "ab_role": N_("角色"),
    "ab_user_role": N_("账号的角色"),
    "ab_permission_view_role": N_("角色的权限"),
    "ab_permission_view": N_("权限"),
    "ab_permission": N_("权限动作"),
    "ab_view_menu": N_("权限对象"),
    "audit.log": N_("审计日志"),
}


def title(each: Entry, about: Known) -> str:
    """What the row is or was called."""
    if each.rel in LINKS:
        return about.titles.get((LINKS[each.rel].owner, each.pk.split(LINK_MARK)[0]), "")
    stored = difference.title_of(each.rel, each.new if each.action in ("insert", "baseline") else each.old)
    return line(stored or about.titles.get((each.rel, each.pk), ""), 120)


def told_changes(each: Entry, about: Known) -> list[dict[str, Any]]:
    """The differences, links and files among them."""
    if not each.is_change:
        return []
    if each.rel in LINKS:
        return [_told(_linked(each, about))]
    if each.rel == "attachment" and each.action != "update":
        return [_told(_file(each))]
    around = about.around if about.around.get("id") == each.pk else {}
    found = difference.changes(each.rel, each.old, each.new, about.titles, around)
    return [_told(change) for change in found]


def _told(change: Change) -> dict[str, Any]:
    return asdict(change)


def _linked(each: Entry, about: Known) -> Change:
    link = LINKS[each.rel]
    target = (each.new or each.old).get(link.target_column)
    name = difference.text(link.field, target, about.titles)
    before, after = (name, "") if each.action == "delete" else ("", name)
    return Change(link.field.name, str(link.field.label), before, after)


def _file(each: Entry) -> Change:
    row = each.new or each.old
    size = row.get("size")
    name = line(row.get("file_name", "")) + (f"（{attachments.readable(int(size))}）" if size else "")
    before, after = (name, "") if each.action == "delete" else ("", name)
    return Change("attachment", str(TABLES["attachment"].__label__), before, after)


def batch(imported: Entry | None) -> dict[str, str | None] | None:
    """The import that wrote an entry, with its address for who may open it."""
    if imported is None:
        return None
    name, key = line(imported.new.get("file", "") or str(N_("批量导入")), 120), str(imported.new.get("batch") or "")
    url = None
    if key and guard.may("read", "import_batch"):
        url = url_for("import_batch.show", pk=key)
    elif key and imported.rel in tables_with_pages() and guard.may("import", imported.rel):
        url = url_for(f"{imported.rel}.check", pk=key)
    return {"label": name, "url": url}


def acts(entries: Sequence[Entry], about: Known, table: str, key: str) -> list[dict[str, Any]]:
    """The history of one row: what was written together is told together, under the entry about the row itself."""
    found: list[dict[str, Any]] = []
    for _, group in groupby(entries, key=lambda each: each.txid):
        together = list(group)
        own = [each for each in together if each.rel == table and each.pk == key]
        parts = [each for each in together if each not in own]
        told = [tell(each, about) | {"parts": []} for each in own]
        head = next((act for act, each in zip(told, own, strict=True) if each.is_change), None)
        if head is None and parts:  # only its links, files or parts changed
            label, tone = ACTIONS["update"]
            head = tell(parts[0], about) | {"action": "update", "label": str(label), "tone": tone, "changes": []}
            told.append(head)
        if head is not None:
            linked = _links([each for each in parts if each.rel in LINKS], about)
            others = [change for each in parts if each.rel not in LINKS for change in _of_part(each, about)]
            head["changes"] += linked + others
            head["parts"] = [each.id for each in parts]
        found += told
    return found


def _links(entries: Sequence[Entry], about: Known) -> list[dict[str, Any]]:
    """The links that went and came, one line for each field."""
    found: dict[str, list[Change]] = {}
    for each in entries:
        change = _linked(each, about)
        found.setdefault(change.field, []).append(change)
    return [
        _told(
            Change(
                name,
                changes[0].label,
                joined(sorted(each.before for each in changes if each.before)),
                joined(sorted(each.after for each in changes if each.after)),
            )
        )
        for name, changes in found.items()
    ]


def _of_part(each: Entry, about: Known) -> list[dict[str, Any]]:
    if each.rel == "attachment":
        if each.action == "update":  # chosen in a form, kept when that was saved
            name = line(each.new.get("file_name") or about.titles.get((each.rel, each.pk), ""))
            return [_told(Change("attachment", str(TABLES["attachment"].__label__), "", name))]
        return told_changes(each, about)
    said = [
        f"{change.label}{N_('：')}{change.before}"
        for change in difference.changes(each.rel, each.old, {}, about.titles)
        if (known_field := TABLES[each.rel].__fields__.get(change.field)) and known_field.in_list and change.before
    ][:_TOLD]
    return [_told(Change(each.rel, table_label(each.rel), joined(said, N_("；")) or title(each, about), ""))]
