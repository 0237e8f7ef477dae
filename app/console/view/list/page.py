"""``/<table>/list/``: what was asked for, found, counted and shown."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import export_work, paging
from app.console.flow import bulk as flow_bulk
from app.console.tally import Number, Question, Tally, count, tally
from app.console.view.list import builder, counts, rows, search, views
from app.console.view.list.actions import offered, own_offered
from app.console.view.list.asked import Asked, is_about_rows, parsed, read_asked
from app.console.view.list.columns import chosen_fields, eager, list_fields, status_field
from app.console.view.list.views_page import ViewsPage
from app.core import query, saving, sealing
from app.core.errors import NotVisible, Refused
from app.core.fields import Field
from app.core.lookup import Lookup
from app.core.messages import N_
from app.core.query import Condition, Criteria
from app.extensions import db


class ListPage(ViewsPage):
    """The list itself, and the rows of its condition builder."""

    @expose("/list/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """The rows the viewer may see and asked for."""
        given = list(request.args.items(multi=True))
        built = builder.given_rows(self.table, given)
        if built is not None:
            kept = [(name, value) for name, value in given if is_about_rows(name) or name in ("view", "all")]
            return redirect(self.to("index") + "?" + urlencode([*kept, *built] or [("all", "1")]))
        memory = views.memory_of(db.session(), self.table, self.viewer())
        asked, fields, problem = Asked(), list_fields(self.table), None
        try:
            given, active = _effective(given, memory)
            asked = read_asked(self.table, given, str(active.id) if active else "")
            fields = chosen_fields(self.table, asked.columns or memory.columns)
            page, numbers = self._found(asked, fields)
        except Refused as error:
            db.session.rollback()
            problem, active = error, memory.by_key(request.args.get("view", ""))
            page, numbers = paging.Page([], True, None, None), Tally(Number(0))
        body = self._page(asked, given, fields, page, numbers, memory, active, problem)
        return (body, problem.status) if problem else body

    def _found(self, asked: Asked, fields: list[Field]) -> tuple[paging.Page, Tally]:
        session, viewer, criteria = db.session(), self.viewer(), asked.criteria
        counted = Question.of(self.table, criteria, viewer)
        order = query.ordering(self.table, criteria.order)
        after, before = request.args.get("after", ""), request.args.get("before", "")
        loaded = eager(self.table, fields)
        if criteria.words:  # its rows come from the index of words in no order
            whole = saving.visible(self.table, viewer).options(*loaded)
            page = paging.page_of(session, counted.rows, whole, order, asked.size, after, before)
        else:
            page = paging.page(session, counted.rows.options(*loaded), order, asked.size, after, before)
        state = status_field(self.table)
        if state is None:
            return page, Tally(count(session, counted))
        bare = criteria.without(state.name)
        around = counted if bare == criteria else Question.of(self.table, bare, viewer)
        values = [member.value for member in state.choices or ()]
        return page, tally(session, counted, around, getattr(self.table, state.column), values)

    def _page(
        self,
        asked: Asked,
        given: list[tuple[str, str]],
        fields: list[Field],
        page: paging.Page,
        numbers: Tally,
        memory: views.Memory,
        active: Any,
        problem: Refused | None,
    ) -> str:
        start, can = _start(page), self.can()
        shown = rows.rows_of(self.table, page.rows, start, fields, can, self.viewer())
        everything = "1" if memory.default else None
        here = self.to("index") + "?" + asked.parameters(all=None if asked.pairs() else everything)
        empty = N_("没有符合条件的记录") if not asked.criteria.is_open else N_("还没有记录")
        if problem:
            empty = N_("请按上面的提示修改查询条件")
        return self.page(
            "list",
            columns=[self._column(field, asked) for field in fields],
            rows=shown,
            range_text=f"{start}–{start + len(shown) - 1}" if shown else "",
            search=self._search(asked, given, everything),
            count_text="" if problem else counts.total_text(numbers.total),
            total=numbers.total,
            export_takes=str(export_work.told(export_work.seconds_for(numbers.total.rows))),
            counts=counts.links(status_field(self.table), numbers, asked, self.to("index")),
            pager=self._pager(page, asked),
            urls=self._addresses(asked, fields),
            actions=offered(can),
            own_actions=own_offered(self.table.__tablename__),
            moves=flow_bulk.offered(self.table, page.rows, self.viewer()),
            chooser=self._chooser(fields, memory),
            views=self._views(memory, active, asked, everything),
            here=here,
            asked=asked.parameters(view=None),
            problem=str(problem) if problem else None,
            empty_text=str(empty),
        )

    def _search(self, asked: Asked, given: list[tuple[str, str]], everything: str | None) -> dict[str, Any]:
        typed = request.args.__class__(given)
        chips = self._chips(asked, everything)
        hidden = [("order", ",".join(asked.criteria.order)), ("cols", asked.columns)]
        hidden += [("size", str(asked.size))] if asked.size != paging.SIZES[0] else []
        return {
            "url": self.to("index"),
            "clear": self.to("index") + ("?all=1" if everything else ""),
            "q": typed.get("q", ""),
            "pairs": search.pairs(self.table, asked.criteria, typed),
            "seen": search.SEEN,
            "hidden": [(name, value) for name, value in hidden if value] + ([("all", "1")] if everything else []),
            "builder": builder.builder(self.table, asked.criteria),
            "row_url": self.to("condition"),
            "chips": chips,
            "active": not asked.criteria.is_open or any(query.is_grammar(n) and v for n, v in given),
        }

    def _chips(self, asked: Asked, everything: str | None) -> list[tuple[str, str]]:
        """Each condition in words, with the address of the same list without it."""
        criteria = asked.criteria

        def without(conditions: tuple[Condition, ...]) -> str:
            rest = Asked(Criteria(criteria.words, conditions, criteria.order), asked.columns, asked.size, asked.view)
            return self.to("index") + "?" + rest.parameters(all=None if rest.pairs() else everything)

        chips = []
        for each, text in builder.described(criteria.conditions, self._titles(criteria)):
            left = tuple(other for other in criteria.conditions if other is not each)
            chips.append((text, without(left)))
        return chips

    def _titles(self, criteria: Criteria) -> dict[str, str]:
        """What rows are called that conditions name by their identifiers."""
        found: dict[str, str] = {}
        for each in criteria.conditions:
            if each.field.is_reference and each.operation not in query.VALUELESS:
                found |= Lookup(db.session(), each.field).titles(each.values)
        return found

    def _column(self, field: Field, asked: Asked) -> dict[str, Any]:
        order = asked.criteria.order or self.table.__order__
        direction = {field.name: "asc", f"-{field.name}": "desc"}.get(order[0])
        wanted = f"-{field.name}" if direction == "asc" else field.name
        url = self.to("index") + "?" + asked.parameters(order=wanted) if query.sortable(field) else None
        return {"name": field.name, "label": str(field.label), "sort": direction, "sort_url": url, "kind": field.kind}

    def _pager(self, page: paging.Page, asked: Asked) -> dict[str, Any]:
        def url(**place: Any) -> str:
            return self.to("index") + "?" + asked.parameters(**place)

        start, size = _start(page), asked.size
        sizes = [(n, url(size=str(n)), n == size) for n in paging.SIZES]
        return {
            "first": url() if not page.first else None,
            "prev": url(before=page.previous, n=max(1, start - size)) if page.previous else None,
            "next": url(after=page.next, n=start + len(page.rows)) if page.next else None,
            "last": url(before="end") if page.next else None,
            "sizes": sizes,
        }

    def _addresses(self, asked: Asked, fields: list[Field]) -> dict[str, Any]:
        wanted = asked.parameters(view=None, size=None, cols=None)
        columns = ",".join(field.name for field in fields)
        seen = asked.parameters(view=None, size=None, cols=columns, seen="1")
        in_full = sealing.secrets_of(self.table) and self.can()["unmask"]
        name = self.table.__tablename__
        export = self.to("export")
        return {
            "add": self.to("add"),
            "import_": self.to("upload"),
            "template": self.to("template"),
            "action": self.to("action"),
            "moves": self.to("moves") if self.table.__flow__ is not None else None,
            "help": self.to("help"),
            "columns": self.to("remember_columns"),
            "views": self.to("save_view"),
            "show": rows.address_of(name, "show"),
            "edit": rows.address_of(name, "edit"),
            "history": rows.address_of(name, "history"),
            "export": f"{export}?{wanted}",
            "export_csv": f"{export}?{wanted}&format=csv",
            "export_later": f"{self.to('export_as')}?{wanted}",
            "seen_later": f"{self.to('export_as')}?{seen}",
            "full": f"{self.to('export_full')}?{wanted}" if in_full else None,
            "seen": f"{export}?{seen}",
            "seen_csv": f"{export}?{seen}&format=csv",
            "selected": f"{export}?{urlencode({'seen': '1', 'cols': columns})}",
        }

    @expose("/condition")
    @has_access
    @permission_name("read")
    def condition(self) -> Any:
        """One row of the condition builder, for the field and operation that were chosen in it."""
        number = paging.whole(request.args.get("n", "1"), least=1) or 1
        made = builder.row(self.table, number, request.args.get("w", ""), request.args.get("o", "is"))
        return render_template("console/list_condition.html", row=made)


def _effective(given: list[tuple[str, str]], memory: views.Memory) -> tuple[list[tuple[str, str]], Any]:
    """What is asked for with the help of the saved views: the one named, or the default where nothing was asked."""
    named = dict(given).get("view", "")
    view = memory.by_key(named) if named else None
    if named and view is None:
        raise NotVisible(N_("没有找到这个常用查询，可能已被删除"))
    explicit = any(is_about_rows(name) and value for name, value in given)
    if not named and not explicit and not any(name in ("all", "after", "before") for name, _ in given):
        view = memory.default
    if view is None or explicit:
        return given, view
    return parsed(view.asked), view


def _start(page: paging.Page) -> int:
    number = paging.whole(request.args.get("n", ""), least=1)
    return number if number is not None and not page.first else 1
