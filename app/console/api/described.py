"""OpenAPI of a table, from its declared fields: what is sent, what is answered, what may go wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from apispec import APISpec

from app.core.fields import Field
from app.core.table import Table

_KINDS: dict[str, dict[str, Any]] = {
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "day": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "decimal": {"type": "string", "format": "decimal"},
    "money": {"type": "string", "format": "decimal"},
    "percent": {"type": "string", "format": "decimal"},
}
_TEXT: dict[str, Any] = {"type": "string"}
_PROBLEMS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "fields": {"type": "array", "items": _TEXT},
            "message": _TEXT,
            "rule": {"type": "string", "nullable": True},
        },
    },
}
_ERROR = {"type": "object", "required": ["message"], "properties": {"message": _TEXT, "problems": _PROBLEMS}}
#: What an error answers, by status: what it means, and an example.
_ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "400": ("请求有误", {"message": "内容不是 JSON：第 1 行第 2 个字符处有误"}),
    "401": ("没有登录，或登录已失效", {"message": "登录已失效，请重新登录"}),
    "403": ("没有权限", {"message": "这条记录由其他部门维护，您不能修改"}),
    "404": ("没有这条记录，或无权查看", {"message": "没有找到这条记录，或您无权查看"}),
    "409": (
        "与已有内容冲突",
        {"message": "这份内容已经提交过，而这次的内容与上次不同；请重新打开页面后再填写提交"},
    ),
    "413": ("提交的内容太大", {"message": "提交的内容太大，最多 4 MB"}),
    "415": ("不是 JSON", {"message": "请以 JSON 格式提交（Content-Type: application/json）"}),
    "422": (
        "内容不符合要求",
        {"message": "名称必填", "problems": [{"fields": ["name"], "message": "名称必填", "rule": None}]},
    ),
    "428": ("没有给出 If-Match", {"message": "请在 If-Match 中给出读取时得到的 ETag，以免覆盖他人的修改"}),
    "500": ("系统出错", {"message": "系统出错，已记录；请稍后重试或联系管理员"}),
}


def name_table(operations: dict[str, Any] | None, table: type[Table]) -> None:
    """Put the table's name where the descriptions of the operations leave room for it."""
    for method, operation in (operations or {}).items():
        told = json.dumps(operation, ensure_ascii=False).replace("{table}", table.__tablename__)
        operations[method] = json.loads(told)  # type: ignore[index]


def add_components(api_spec: APISpec, table: type[Table]) -> None:
    """The shapes of a table's rows, and once those that every table shares."""
    name, fields, components = table.__tablename__, table.__fields__, api_spec.components
    if name in components.schemas:
        return
    if "Error" not in components.schemas:
        _add_common(api_spec)
    head = {"id": {"type": "string", "readOnly": True}, "version": {"type": "integer", "readOnly": True}}
    inputs = [field for field in fields.values() if field.is_input]
    components.schema(
        name,
        {
            "type": "object",
            "description": str(table.__help__),
            "properties": head | {each: _schema(field) for each, field in fields.items()},
        },
    )
    components.schema(
        f"{name}.change",
        {
            "type": "object",
            "description": str(table.__help__),
            "properties": {field.name: _schema(field) for field in inputs},
            "additionalProperties": False,
            "example": _example(inputs),
        },
    )
    needed = [field.name for field in inputs if field.required and not field.is_owner and field.default is None]
    components.schema(f"{name}.input", {"allOf": [_ref(f"{name}.change")], "required": needed})
    shape = {
        "type": "object",
        "properties": {"id": _TEXT, "warnings": _PROBLEMS, "result": _ref(name)},
    }
    tag = {"ETag": {"schema": _TEXT, "description": "修改时放在 If-Match 中"}}
    components.response(name, {"description": str(table.__label__), "headers": tag, "content": _json(shape)})


def _add_common(api_spec: APISpec) -> None:
    components = api_spec.components
    components.schema("Error", _ERROR)
    for status, (description, example) in _ERRORS.items():
        shape = {"description": description, "content": _json(_ref("Error"), example)}
        components.responses.pop(status, None)  # FAB has English ones
        components.response(status, shape)
    difference = {
        "type": "object",
        "properties": {"field": _TEXT, "label": _TEXT, "stored": _TEXT, "given": {}},
    }
    stale = {
        "type": "object",
        "properties": {
            "message": _TEXT,
            "version": {"type": "integer"},
            "differences": {"type": "array", "items": difference},
            "result": {"type": "object", "description": "现在保存的记录"},
        },
    }
    components.response("412", {"description": "记录已被他人修改：附现在的内容和不同之处", "content": _json(stale)})
    row = {
        "type": "object",
        "properties": {
            "row": {"type": "integer", "description": "在 rows 中的位置，从 0 开始"},
            "state": {"type": "string", "enum": ["inserted", "updated", "unchanged", "failed", "skipped"]},
            "id": {"type": "string", "nullable": True},
            "problems": _PROBLEMS,
            "warnings": _PROBLEMS,
        },
    }
    counts = {each: {"type": "integer"} for each in ("inserted", "updated", "unchanged", "failed")}
    answer = {
        "type": "object",
        "properties": {"message": _TEXT, **counts, "result": {"type": "array", "items": row}},
    }
    components.response("history", {"description": "由新到旧的变更", "content": _json(_history())})
    components.response("bulk", {"description": "每一行的结果", "content": _json(answer)})


def _history() -> dict[str, Any]:
    """The shape of a row's history."""
    change = dict.fromkeys(("field", "label", "before", "after"), _TEXT) | {"is_masked": {"type": "boolean"}}
    words = ("at", "action", "label", "who", "unit", "via", "address", "session", "request", "table", "key", "title")
    act = {"id": {"type": "integer"}} | dict.fromkeys(words, _TEXT)
    act["changes"] = {"type": "array", "items": {"type": "object", "properties": change}}
    detail = dict.fromkeys(("name", "label", "text"), _TEXT)
    act["details"] = {"type": "array", "items": {"type": "object", "properties": detail}}
    batch = {"label": _TEXT, "url": _TEXT | {"nullable": True}}
    act["batch"] = {"type": "object", "nullable": True, "properties": batch, "description": "写入它的导入批次"}
    result = {"type": "array", "items": {"type": "object", "properties": act}}
    return {"type": "object", "properties": {"result": result, "next": {"type": "integer", "nullable": True}}}


def _json(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    return {"application/json": {"schema": schema} | ({"example": example} if example else {})}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _example(fields: Iterable[Field]) -> dict[str, Any]:
    """A row as the template's sample row shows it."""
    return {
        field.name: field.sample.split("；") if field.is_plural else field.sample for field in fields if field.sample
    }


def _schema(field: Field) -> dict[str, Any]:
    shape: dict[str, Any] = dict(_KINDS.get(field.kind, _TEXT))
    if field.choices is not None:
        shape["enum"] = [member.value for member in field.choices]
    elif field.length and shape["type"] == "string":
        shape["maxLength"] = field.length
    if field.is_plural:
        shape = {"type": "array", "items": shape}
    shape["title"] = str(field.label)
    told = [str(field.help)] if field.help else []
    if field.choices is not None:
        told.append("；".join(f"{member.value}：{member.label}" for member in field.choices))
    if field.grade == "sensitive" or field.masked_when:
        told.append("读取时脱敏")
    if told:
        shape["description"] = "。".join(told)
    if not field.is_input:
        shape["readOnly"] = True
    if not field.required:
        shape["nullable"] = True
    return shape
