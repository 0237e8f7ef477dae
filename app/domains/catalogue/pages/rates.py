"""``/rates/``: how far each department is with its catalogue; every figure opens the rows that were counted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flask import render_template, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console import download, guard, paging
from app.core import clock
from app.core.errors import Refused
from app.core.messages import N_, Message
from app.domains.catalogue.choices import ClaimState, ItemState, MeasureType
from app.domains.catalogue.operations.rates import Figure, Rates, behind, of_departments, summed
from app.extensions import db

#: Departments, and rows behind a figure, on one page.
SIZE = 100
TITLE = N_("清单编制情况")
#: The groups of columns: figures, then the rate that follows from them.
_SHORT: dict[Figure, Message] = {
    Figure.INSPECTIONS: N_("行政检查"), Figure.LISTED: N_("已编制"), Figure.UNLISTED: N_("未编制"),
}  # fmt: skip
_GROUPS: tuple[tuple[Message, tuple[Figure, ...], Message, str], ...] = (
    (N_("事项认领"), (Figure.SHOULD, Figure.EXCUSED, Figure.CLAIMED, Figure.WAITING), N_("认领率（%）"), "claim_rate"),
    (N_("监管要素"), (Figure.IN_USE, Figure.INCOMPLETE), N_("完备率（%）"), "element_rate"),
    (
        N_("检查实施清单"),
        (Figure.INSPECTIONS, Figure.LISTED, Figure.UNLISTED),
        N_("编制率（%）"),
        "list_rate",
    ),
)
_FORMULAS = (
    N_("认领率 = 已认领 ÷（应领 − 已核销）"),
    N_("完备率 = 在用事项已填要素数 ÷（10 × 在用事项数）"),
    N_("编制率 = 已有本部门发布的实施清单的行政检查事项数 ÷ 在用行政检查事项数（西安市办法第十一条）"),
    N_("分母为零的不计算，显示为“—”"),
)


class RatesPage(BaseView):
    """Figures by department, and the rows behind each."""

    route_base = "/rates"
    class_permission_name = "rates"
    base_permissions = ["can_read"]
    default_view = "index"

    @expose("/")
    @has_access
    @permission_name("read")
    def index(self) -> Any:
        """The departments that the viewer watches over, with the sum of all as the last line of each page."""
        found = of_departments(db.session(), guard.must_view(), clock.today())
        page = paging.numbered(request.args.get("page", ""), len(found), SIZE, _page_url)
        lines = [*found[page.part], summed(found)] if len(found) > 1 else found
        return render_template(
            "catalogue/rates.html",
            title=str(TITLE),
            groups=[
                {"label": str(label), "columns": [*(str(_SHORT.get(f, f.label)) for f in figures), str(rate)]}
                for label, figures, rate, _ in _GROUPS
            ],
            rows=[_cells(each) for each in lines],
            number=len(found),
            page=page,
            formulas=[str(each) for each in _FORMULAS],
            when=clock.told(clock.now()),
            url_export=url_for("RatesPage.export"),
            crumbs=[(str(TITLE), None)],
        )

    @expose("/rows")
    @has_access
    @permission_name("read")
    def rows(self) -> Any:
        """The rows that were counted for a figure, of one department or of all."""
        figure, unit = _figure(), paging.whole(request.args.get("unit", ""))
        viewer, today, session = guard.must_view(), clock.today(), db.session()
        counted = of_departments(session, viewer, today, unit)
        if unit is not None and not counted:
            raise Refused(N_("没有这个部门，或不在您的管理范围内"), status=404)
        total = summed(counted).numbers[figure]
        page = paging.numbered(request.args.get("page", ""), total, SIZE, lambda at: _url(figure, unit, at))
        found = behind(session, viewer, today, figure, unit, limit=page.size, offset=page.offset)
        return render_template(
            "catalogue/rates_rows.html",
            title=str(figure.label),
            unit=counted[0].unit if unit is not None else "",
            rows=[_row(each, n) for n, each in enumerate(found, page.offset + 1)],
            total=total,
            figure=figure.value,
            pager=page.pager,
            url_back=url_for("RatesPage.index"),
            crumbs=[(str(TITLE), url_for("RatesPage.index")), (str(figure.label), None)],
        )

    @expose("/export")
    @has_access
    @permission_name("read")
    def export(self) -> Any:
        """The figures of every department as a workbook, noted on the log before it leaves."""
        found = of_departments(db.session(), guard.must_view(), clock.today())
        labels = [each for _, figures, rate, _ in _GROUPS for each in (*(f.label for f in figures), rate)]
        headers = [N_("行次"), N_("部门"), *labels]
        return download.sheet(str(TITLE), headers, _lines(found), table="item_claim", filters={})


def _page_url(at: int) -> str:
    return url_for("RatesPage.index", page=at if at > 1 else None)


def _figure() -> Figure:
    asked = request.args.get("of", Figure.WAITING.value)
    known = {each.value: each for each in Figure}
    if asked not in known:
        raise Refused(N_("没有这个指标"), status=404)
    return known[asked]


def _url(figure: Figure, unit: int | None, page: int = 1) -> str:
    return url_for("RatesPage.rows", of=figure.value, unit=unit, page=page if page > 1 else None)


def _told(rate: Decimal | None) -> str:
    return "—" if rate is None else f"{rate:.2f}"


def _tone(rate: Decimal | None) -> str:
    return "" if rate is None else "good" if rate == 100 else "bad" if rate < 80 else "warn"


def _cells(each: Rates) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []
    for _, figures, label, name in _GROUPS:
        cells += [
            {"text": f"{each.numbers[f]:,}", "url": _url(f, each.unit_id) if each.numbers[f] else "",
             "label": str(f.label)}
            for f in figures
        ]  # fmt: skip
        rate = getattr(each, name)
        cells.append({"text": _told(rate), "url": "", "label": str(label), "tone": _tone(rate)})
    return {"unit": each.unit, "is_total": each.unit_id is None, "cells": cells}


def _lines(found: list[Rates]) -> Iterator[list[Any]]:
    lines = [*found, summed(found)] if found else []
    for n, each in enumerate(lines, 1):
        cells: list[Any] = []
        for _, figures, _, name in _GROUPS:
            cells += [*(each.numbers[f] for f in figures), getattr(each, name)]
        is_total = each.unit_id is None
        yield ["" if is_total else n, str(N_("合计")) if is_total else each.unit, *cells]


def _row(row: Any, number: int) -> dict[str, Any]:
    states: Any = ClaimState if row.claim_id is not None else ItemState
    table, key = ("item_claim", row.claim_id) if row.claim_id is not None else ("supervision_sub_item", row.item_id)
    is_own = row.department_id == guard.must_view().department_id
    may_write = is_own and guard.may("add", "implementation_list")
    return {
        "no": number,
        "unit": row.unit,
        "code": row.sub_code,
        "name": row.sub_name,
        "measure": str(MeasureType(row.measure_type).label),
        "state": str(states(row.status).label),
        "elements": row.elements,
        "url": url_for(f"{table}.show", pk=key) if guard.may("read", table) else "",
        "url_list": url_for("implementation_list.add", sub_item=row.item_id) if may_write else "",
    }
