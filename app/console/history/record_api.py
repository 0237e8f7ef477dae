"""``GET /api/v1/<table>/<pk>/history``: what the history page tells, as JSON."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flask import request
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.console.api import answer, body
from app.console.history import told
from app.console.history.remembered import around, number_of, of_record
from app.core import saving
from app.core.table import Table
from app.extensions import db

#: Entries of one answer.
_MOST = 200
#: Colours, and what is derived from the rest.
_OF_PAGES = frozenset({"tone", "when", "parts", "seal", "pieces_before", "pieces_after"})


class HistoryApi:
    """The history of a row, newest first."""

    table: ClassVar[type[Table]]

    @expose("/<pk>/history", methods=["GET"])
    @protect()
    @permission_name("read")
    def history(self, pk: str) -> Any:
        """Who did what to the row, with what stood there before and after.
        ---
        get:
          summary: 变更历史
          description: >-
            由新到旧。changes 是逐字段的差异，内容与页面一致：选项为名称，引用为标题，敏感内容脱敏（is_masked 为真时
            前后文字可能相同，但内容已变更）。next 用作下一页的 before。
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: query, name: limit, schema: {type: integer, default: 30, maximum: 200}}
          - {in: query, name: before, schema: {type: integer}, description: 上一页的 next}
          responses:
            200: {$ref: '#/components/responses/history'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
        """
        row = saving.find(db.session(), self.table, pk)
        limit = body.limit_of(request.args.get("limit", "30"), _MOST)
        key = str(row.id)
        found = of_record(self.table, key, limit, number_of(request.args.get("before", "")))
        shown = found[:limit]
        about = told.known(db.session(), shown, around(row))
        acts = [_plain(act) for act in told.acts(shown, about, self.table.__tablename__, key)]
        last = shown[-1].id if len(found) > limit else None
        return answer.of(200, json.dumps({"result": acts, "next": last}, ensure_ascii=False, default=str))


def _plain(act: dict[str, Any]) -> dict[str, Any]:
    """What an act tells, without what only pages need."""
    changes = [{name: value for name, value in each.items() if name not in _OF_PAGES} for each in act["changes"]]
    return {name: value for name, value in act.items() if name not in _OF_PAGES} | {"changes": changes}
