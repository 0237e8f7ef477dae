"""REST for every table: the same grammar, rules and row security as the pages."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from apispec import APISpec
from flask import Response, request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.console import guard, paging
from app.console.api import answer, body, bulk, described
from app.console.api.unmask_api import UnmaskApi
from app.console.history import events
from app.console.history.record_api import HistoryApi
from app.console.tally import Question, at_least
from app.core import query, saving
from app.core.errors import Refused
from app.core.messages import N_
from app.core.roles import ACTIONS
from app.core.table import Table
from app.extensions import db

LARGEST_PAGE = 1000


class TableApi(HistoryApi, UnmaskApi, BaseApi):
    """``/api/v1/<table>/``: list, read, add, change, delete. References are given and answered by their names."""

    table: ClassVar[type[Table]]
    version = "v1"
    allow_browser_login = True
    csrf_exempt = False
    base_permissions = [f"can_{action}" for action in ACTIONS]

    @expose("/", methods=["GET"])
    @protect()
    @permission_name("read")
    def get_list(self) -> Any:
        """Rows the caller may see.
        ---
        get:
          summary: 查询
          description: >-
            q=词；f.字段=值；f.字段.from / .to；f.字段.empty=1；order=字段,-字段；fields=字段,字段；
            after=上一页的 next。
            count 最多数到 10000，count_is_lower_bound 为真表示至少这么多；count=0 时不计总数（count 为 null），最快。
          parameters:
          - {in: query, name: q, schema: {type: string}, description: 在可查询的文本中查找}
          - {in: query, name: fields, schema: {type: string}, description: 只要这些字段，逗号分隔}
          - {in: query, name: order, schema: {type: string}, description: 排序，减号为倒序}
          - {in: query, name: limit, schema: {type: integer, default: 100, maximum: 1000}}
          - {in: query, name: after, schema: {type: string}, description: 上一页的 next}
          - {in: query, name: count, schema: {type: string, enum: ["0", "1"]}, description: 0 为不计总数}
          responses:
            200:
              description: OK
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      count: {type: integer, nullable: true}
                      count_is_lower_bound: {type: boolean}
                      next: {type: string, nullable: true}
                      result: {type: array, items: {$ref: '#/components/schemas/{table}'}}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
        """
        viewer, session = guard.must_view(), db.session()
        names = self._names()
        criteria = query.read_criteria(self.table, request.args.items(multi=True))
        asked = Question.of(self.table, criteria, viewer)
        limit = body.limit_of(request.args.get("limit", "100"), LARGEST_PAGE)
        order = query.ordering(self.table, criteria.order)
        total, capped = (None, False) if request.args.get("count") == "0" else at_least(session, asked)
        page = paging.places(session, asked.rows, order, limit, request.args.get("after", ""))
        texts = answer.texts(self.table, [place.id for place in page.rows], names)
        if len(texts) > events.TAKES_OUT:
            filters = events.filters_of(criteria)
            events.exported(session, self.table, len(texts), form="json", filters=filters, columns=names)
            session.commit()
        head = json.dumps({"count": total, "count_is_lower_bound": capped, "next": page.next})
        return answer.of(200, f'{head[:-1]}, "result": [{", ".join(texts)}]}}')

    @expose("/<pk>", methods=["GET"])
    @protect()
    @permission_name("read")
    def get(self, pk: str) -> Any:
        """One row, with its ETag; 304 when the caller has it already (If-None-Match).
        ---
        get:
          summary: 读取一条
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: query, name: fields, schema: {type: string}, description: 只要这些字段，逗号分隔}
          - {in: header, name: If-None-Match, schema: {type: string}, description: 已有内容的 ETag}
          responses:
            200: {$ref: '#/components/responses/{table}'}
            304: {description: 内容没有变化}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
        """
        found = answer.one(200, saving.find(db.session(), self.table, pk), names=self._names())
        if body.is_known(found.headers["ETag"]):
            return Response(status=304, headers={"ETag": found.headers["ETag"]})
        return found

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("add")
    def post(self) -> Any:
        """Add a row; the same Idempotency-Key adds it once.
        ---
        post:
          summary: 新增
          parameters:
          - {in: header, name: Idempotency-Key, schema: {type: string}, description: 同一标识只执行一次}
          requestBody:
            required: true
            content: {application/json: {schema: {$ref: '#/components/schemas/{table}.input'}}}
          responses:
            201: {$ref: '#/components/responses/{table}'}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            409: {$ref: '#/components/responses/409'}
            422: {$ref: '#/components/responses/422'}
        """
        given = body.read_json()

        def add() -> Response:
            row, warnings = saving.save(db.session(), self.table, given)
            return answer.one(201, row, warnings)

        return answer.once_if_keyed(add)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @permission_name("edit")
    def put(self, pk: str) -> Any:
        """Change a row; fields left out stay. The ETag that was read is given in If-Match.
        ---
        put:
          summary: 修改
          description: 没有给出的字段保持不变。If-Match 填读取时得到的 ETag；填 * 表示不论版本直接覆盖。
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: header, name: If-Match, required: true, schema: {type: string}}
          - {in: header, name: Idempotency-Key, schema: {type: string}}
          requestBody:
            required: true
            content: {application/json: {schema: {$ref: '#/components/schemas/{table}.change'}}}
          responses:
            200: {$ref: '#/components/responses/{table}'}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
            409: {$ref: '#/components/responses/409'}
            412: {$ref: '#/components/responses/412'}
            422: {$ref: '#/components/responses/422'}
            428: {$ref: '#/components/responses/428'}
        """
        given = body.read_json()

        def change() -> Response:
            row = saving.find(db.session(), self.table, pk)
            saving.must_be_own(row, guard.must_view())
            version = body.known_version(must=True)
            try:
                row, warnings = saving.save(db.session(), self.table, given, row=row, version=version)
            except Refused as error:  # changed before, or by somebody who was faster between reading and writing
                stale = answer.stale(self.table, pk, version, given) if version and error.status == 409 else None
                if stale is None:
                    raise
                return stale
            return answer.one(200, row, warnings)

        return answer.once_if_keyed(change)

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        """Delete a row; with If-Match only when it is still the one that was read.
        ---
        delete:
          summary: 删除
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: header, name: If-Match, schema: {type: string}}
          responses:
            200: {description: 已删除}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
            409: {$ref: '#/components/responses/409'}
            412: {$ref: '#/components/responses/412'}
        """
        row = saving.find(db.session(), self.table, pk)
        version = body.known_version(must=False)
        if version is not None and row.version != version:
            return answer.stale(self.table, pk, version, {})
        saving.delete(db.session(), row)
        db.session.commit()
        return self.response(200, message=str(N_("已删除")))

    @expose("/bulk", methods=["POST"])
    @protect()
    @permission_name("import")
    def bulk(self) -> Any:
        """Many rows at once: judged and stored as the importer does, each with its own answer.
        ---
        post:
          summary: 批量写入
          description: >-
            一次最多 1000 行，按业务主键识别已有记录；合格的行保存，不合格的行说明原因；
            all_or_nothing 为真时有一行不合格就全部不保存。没有给出的字段保持不变。
          parameters:
          - {in: header, name: Idempotency-Key, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [rows]
                  properties:
                    rows: {type: array, maxItems: 1000, items: {$ref: '#/components/schemas/{table}.change'}}
                    mode: {type: string, enum: [insert, update, upsert], default: upsert}
                    all_or_nothing: {type: boolean, default: false}
          responses:
            200: {$ref: '#/components/responses/bulk'}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            413: {$ref: '#/components/responses/413'}
            422: {$ref: '#/components/responses/bulk'}
        """
        guard.must_view()
        asked = bulk.read(self.table, body.read_json())
        return answer.once_if_keyed(lambda: answer.of(*bulk.run(db.session(), self.table, asked)))

    def _names(self) -> tuple[str, ...]:
        return body.chosen(request.args.get("fields", ""), tuple(self.table.__fields__))

    def response_401(self) -> Any:
        """Not signed in: the words of the error map."""
        raise Refused(N_("登录已失效，请重新登录"), status=401)

    def response_403(self) -> Any:
        """Not allowed: the words of the error map."""
        raise Refused(N_("您的角色不能进行这项操作；如有需要，请联系本单位的部门管理员"), status=403)

    # -- description ---------------------------------------------------------------------------------------------

    def operation_helper(self, path: Any = None, operations: Any = None, **kwargs: Any) -> None:
        """Describe the operations of this very table."""
        super().operation_helper(path=path, operations=operations, **kwargs)
        described.name_table(operations, self.table)

    def add_apispec_components(self, api_spec: APISpec) -> None:
        """Describe the rows of this table, from the declared fields."""
        super().add_apispec_components(api_spec)
        described.add_components(api_spec, self.table)
