"""REST for every table: the same grammar, rules and row security as the pages, described by OpenAPI."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from apispec import APISpec
from flask import request
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.console import cells, guard, paging
from app.console.view.list_page import eager
from app.core import query, saving
from app.core.errors import Refused
from app.core.fields import Field
from app.core.fields.write import masked
from app.core.messages import N_
from app.core.roles import ACTIONS
from app.core.table import Table
from app.core.viewer import Viewer
from app.extensions import db

_LARGEST_PAGE = 1000
_KINDS: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "decimal": {"type": "string", "format": "decimal"},
    "money": {"type": "string", "format": "decimal"},
    "percent": {"type": "string", "format": "decimal"},
}


class TableApi(BaseApi):
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
          description: "q=词; f.字段=值; f.字段.from / .to; f.字段.empty=1; order=字段,-字段; after=上一页的 next"
          parameters:
          - {in: query, name: q, schema: {type: string}}
          - {in: query, name: order, schema: {type: string}}
          - {in: query, name: limit, schema: {type: integer, default: 100, maximum: 1000}}
          - {in: query, name: after, schema: {type: string}}
          responses:
            200: {description: OK}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
        """
        criteria = query.read_criteria(self.table, request.args.items(multi=True))
        found = query.matching(self.table, criteria, _viewer())
        limit = paging.whole(request.args.get("limit", "100"), least=1)
        if limit is None or limit > _LARGEST_PAGE:
            raise Refused(N_("limit 应为 1 到 {most} 的整数", most=_LARGEST_PAGE), status=400)
        order = query.ordering(self.table, criteria.order)
        total, capped = paging.count(db.session(), found)
        found = found.options(*eager(self.table, list(self.table.__fields__.values())))
        page = paging.page(db.session(), found, order, limit, request.args.get("after", ""), "")
        result = [as_json(row) for row in page.rows]
        return self.response(200, count=total, count_is_lower_bound=capped, next=page.next, result=result)

    @expose("/<pk>", methods=["GET"])
    @protect()
    @permission_name("read")
    def get(self, pk: str) -> Any:
        """One row.
        ---
        get:
          summary: 读取一条
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          responses:
            200: {description: OK}
            404: {$ref: '#/components/responses/404'}
        """
        row = saving.find(db.session(), self.table, pk)
        return self._answer(200, row)

    @expose("/", methods=["POST"])
    @protect()
    @permission_name("add")
    def post(self) -> Any:
        """Add a row.
        ---
        post:
          summary: 新增
          requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
          responses:
            201: {description: Created}
            422: {$ref: '#/components/responses/422'}
        """
        row, warnings = saving.save(db.session(), self.table, _body())
        db.session.commit()
        return self._answer(201, row, warnings)

    @expose("/<pk>", methods=["PUT"])
    @protect()
    @permission_name("edit")
    def put(self, pk: str) -> Any:
        """Change a row; fields left out stay. Give the version that was read in If-Match.
        ---
        put:
          summary: 修改
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: header, name: If-Match, schema: {type: string}}
          requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
          responses:
            200: {description: OK}
            404: {$ref: '#/components/responses/404'}
            409: {description: Changed by somebody else}
            422: {$ref: '#/components/responses/422'}
        """
        row = saving.find(db.session(), self.table, pk)
        tag = request.headers.get("If-Match", "*").strip('W/"')
        version = paging.whole(tag)
        if version is None and tag != "*":
            raise Refused(N_("If-Match 应为读取时得到的 ETag"), status=400)
        row, warnings = saving.save(db.session(), self.table, _body(), row=row, version=version)
        db.session.commit()
        return self._answer(200, row, warnings)

    @expose("/<pk>", methods=["DELETE"])
    @protect()
    @permission_name("delete")
    def delete(self, pk: str) -> Any:
        """Delete a row.
        ---
        delete:
          summary: 删除
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          responses:
            200: {description: OK}
            404: {$ref: '#/components/responses/404'}
            409: {description: Other rows need it}
        """
        saving.delete(db.session(), saving.find(db.session(), self.table, pk))
        db.session.commit()
        return self.response(200, message=str(N_("已删除")))

    def _answer(self, status: int, row: Table, warnings: Any = ()) -> Any:
        told = [{"rule": w.code, "fields": list(w.fields), "message": str(w.message)} for w in warnings]
        answer = self.response(status, id=str(row.id), result=as_json(row), warnings=told)
        answer.headers["ETag"] = f'"{row.version}"'
        return answer

    def response_401(self) -> Any:
        """Not signed in: the words of the error map."""
        raise Refused(N_("登录已失效，请重新登录"), status=401)

    def response_403(self) -> Any:
        """Not allowed: the words of the error map."""
        raise Refused(N_("您的角色不能进行这项操作；如有需要，请联系本单位的部门管理员"), status=403)

    def add_apispec_components(self, api_spec: APISpec) -> None:
        """Describe the row of this table, from the declared fields."""
        super().add_apispec_components(api_spec)
        fields = self.table.__fields__
        shape = {
            "type": "object",
            "description": str(self.table.__help__),
            "required": [name for name, f in fields.items() if f.required and not f.is_owner],
            "properties": {name: _schema(field) for name, field in fields.items()},
        }
        if self.table.__tablename__ not in api_spec.components.schemas:
            api_spec.components.schema(self.table.__tablename__, shape)


def _schema(field: Field) -> dict[str, Any]:
    shape: dict[str, Any] = dict(_KINDS.get(field.kind, {"type": "string"}))
    if field.choices is not None:
        shape["enum"] = [member.value for member in field.choices]
    elif field.length and shape["type"] == "string":
        shape["maxLength"] = field.length
    if field.is_plural:
        shape = {"type": "array", "items": shape}
    shape["title"] = str(field.label)
    if field.help:
        shape["description"] = str(field.help)
    if not field.is_input:
        shape["readOnly"] = True
    return shape


def _viewer() -> Viewer:
    found = guard.viewer()
    if found is None:
        raise Refused(N_("您的账号还没有任职部门，请联系本单位的部门管理员"), status=403)
    return found


def _body() -> dict[str, Any]:
    try:
        body = request.get_json(silent=True)
    except RecursionError:  # brackets within brackets, thousands deep
        body = None
    if not isinstance(body, dict):
        raise Refused(N_("请以 JSON 对象提交"), status=400)
    if not _is_writable(body):
        raise Refused(N_("内容含有不能保存的字符"), status=400)
    return body


def _is_writable(value: Any) -> bool:
    """No text in it holds what neither the database nor an answer can: NUL, or half a character."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, dict):
        return all(_is_writable(part) for pair in value.items() for part in pair)
    return all(_is_writable(part) for part in value) if isinstance(value, list) else True


def as_json(row: Table) -> dict[str, Any]:
    """The row by field names: references by name, sensitive values masked, numbers with decimals as text."""
    values: dict[str, Any] = {"id": str(row.id), "version": row.version}
    for name, field in type(row).__fields__.items():
        value = getattr(row, name)
        if value is None:
            values[name] = None
        elif field.is_reference:
            names = [cells.name(row, field, each) for each in (value if field.kind == "many" else [value])]
            values[name] = names if field.kind == "many" else names[0]
        elif cells.hides(row, field):
            values[name] = masked(value)
        else:
            values[name] = _json(value)
    return values


def _json(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
