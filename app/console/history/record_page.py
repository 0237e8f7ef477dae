"""The history of every record of every table: ``/<table>/history/…``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.flow import in_history
from app.console.history import as_it_was, log, told
from app.console.history.actions import ACTIONS
from app.console.history.as_it_was import State
from app.console.history.log import Entry
from app.console.history.proof_page import ProofPage
from app.console.history.remembered import around, number_of, of_record
from app.console.history.titles import titles
from app.core import clock
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.table import Table
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db

#: Entries on a page, and moments to choose from where two are compared.
SHOWN, _CHOSEN = 30, 200


#: Entries of one row that are looked through.
_MOST = 10_000


class HistoryPage(ProofPage):
    """What happened to a row, and the row as it was."""

    @expose("/history/<pk>")
    @has_access
    @permission_name("read")
    def history(self, pk: str) -> str:
        """Who did what to the row, newest first, with what stood there before and after."""
        row, key, title = self.remembered(pk)
        before = number_of(request.args.get("before", ""))
        found = of_record(self.table, key, SHOWN, before)
        more, shown = len(found) > SHOWN, found[:SHOWN]
        about = told.known(db.session(), shown, around(row))
        acts = told.acts(shown, about, self.table.__tablename__, key)
        in_history.tell(db.session(), row, shown, acts)
        for act in acts:
            act["urls"] = self._history_addresses(key, act)
        return self.page(
            "history",
            (title, self.to("show", pk=key) if row is not None else None),
            (str(N_("变更历史")), None),
            record={"id": key, "title": title, "is_gone": row is None},
            acts=acts,
            urls={
                "show": self.to("show", pk=key) if row is not None else None,
                "list": self.to("index"),
                "first": self.to("history", pk=key) if before is not None else None,
                "next": self.to("history", pk=key, before=shown[-1].id) if more else None,
                "ask": self._asking(key) if row is not None else None,
            },
            printed=clock.told(clock.now()),
        )

    def _history_addresses(self, key: str, act: dict[str, Any]) -> dict[str, str | None]:
        is_state = act["action"] in log.CHANGES and not (act["action"] == "update" and act["table"] != self._name)
        return {
            "then": self.to("as_it_was", pk=key, entry=act["id"]) if is_state else None,
            "proof": self.to("proof", pk=key, entry=act["id"]),
        }

    @property
    def _name(self) -> str:
        return self.table.__tablename__

    def _asking(self, key: str) -> str | None:
        """Where somebody asks who may see the row and why, if he may ask."""
        if not guard.may("read", "access"):
            return None
        return url_for("AccessPage.index", table=self._name, key=key)

    @expose("/history/<pk>/<int:entry>")
    @has_access
    @permission_name("read")
    def as_it_was(self, pk: str, entry: int) -> str:
        """The whole row as it was after an entry, beside another moment (``with``) or as it is now."""
        row, key, title = self.remembered(pk)
        other = number_of(request.args.get("with", ""))
        with looking_as(db.session(), THE_SYSTEM):
            written = log.states(db.session(), self.table, key, 2**63 - 1)
        own = [each for each in written if each.rel == self._name]
        if self.table.__rows__.once:  # others read it from when it was first published
            open_to_him = {each.id for each in of_record(self.table, key, _MOST, None)}
            own = [each for each in own if each.id in open_to_him]
            if entry not in open_to_him:
                raise NotVisible
        if not any(each.id == entry for each in written) or (other and all(each.id != other for each in own)):
            raise NotVisible
        last = written[-1].id
        then, beside = (as_it_was.fold(self.table, key, written, each) for each in (entry, other or last))
        wanted = as_it_was.references(self.table, then) | as_it_was.references(self.table, beside)
        names = titles(db.session(), wanted)
        moments = _moments(own)
        chosen = next(each for each in written if each.id == entry)
        return self.page(
            "history_then",
            (title, self.to("show", pk=key) if row is not None else None),
            (str(N_("变更历史")), self.to("history", pk=key)),
            (str(N_("当时的内容")), None),
            record={"id": key, "title": title, "is_gone": row is None},
            entry=told.tell(chosen, told.known(db.session(), [chosen])),
            is_latest=entry == last and not other,
            is_whole=then.is_whole and beside.is_whole,
            was_there=then.is_there,
            fields=_beside(self.table, then, beside, names),
            moments=[each | {"chosen": each["id"] == other} for each in moments if each["id"] != entry],
            beside=next((each["when"] for each in moments if each["id"] == other), ""),
            urls={"history": self.to("history", pk=key), "here": self.to("as_it_was", pk=key, entry=entry)},
            printed=clock.told(clock.now()),
        )


def _moments(own: Sequence[Entry]) -> list[dict[str, Any]]:
    """The moments to choose from, newest first."""
    return [
        {
            "id": each.id,
            "when": each.at.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M:%S"),
            "label": str(ACTIONS[each.action][0]),
            "who": told.who(each),
        }
        for each in own[: -_CHOSEN - 1 : -1]
    ]


def _beside(table: type[Table], then: State, beside: State, names: Any) -> list[dict[str, Any]]:
    """Every field with both texts; empty on both sides it is left out."""
    left, right = as_it_was.told(table, then, names), as_it_was.told(table, beside, names)
    found = []
    for name, field in table.__fields__.items():
        (before, is_masked), (after, _) = left[name], right[name]
        stored = then.values.get(field.column) != beside.values.get(field.column)
        differs = before != after or (is_masked and stored)
        if before or after:
            found.append(
                {"label": str(field.label), "then": before, "beside": after, "differs": differs, "masked": is_masked}
            )
    return found
