"""REST for rows with a workflow: what may be done with a row, doing it, and the editions it had."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.console import guard
from app.console.api import TableApi, answer, body
from app.console.flow import panel, versions
from app.core import saving
from app.core.errors import Refused
from app.core.messages import N_
from app.core.table import Table
from app.core.workflow import Move, Workflow, moving
from app.extensions import db

#: What a request to move may say.
_KNOWN = frozenset({"move", "opinion", "given"})


class FlowApi(TableApi):
    """``/api/v1/<table>/<id>/move``, ``moves`` and ``editions``."""

    @expose("/<pk>/moves", methods=["GET"])
    @protect()
    @permission_name("read")
    def moves(self, pk: str) -> Any:
        """Where the row stands, what the caller may do with it, who is waited for, and what was done.
        ---
        get:
          summary: 可以办理的步骤和办理过程
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          responses:
            200:
              description: OK
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      state: {type: string}
                      state_label: {type: string}
                      version: {type: integer, description: 放在 If-Match 中}
                      moves:
                        type: array
                        items:
                          type: object
                          properties:
                            name: {type: string}
                            label: {type: string}
                            target: {type: string}
                            reason: {type: boolean, description: 须填写意见}
                            given: {type: array, items: {type: string}, description: 可以或必须随 given 提交的字段}
                            required: {type: array, items: {type: string}, description: 还没有填写的必填字段}
                      withheld: {type: array, items: {type: string}, description: 因回避等原因本人不能办理的步骤}
                      waits: {type: array, items: {type: object}}
                      steps: {type: array, items: {type: object}}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
        """
        session = db.session()
        row = saving.find(session, self.table, pk)
        return _json(_standing(row), 200, row)

    @expose("/<pk>/move", methods=["POST"])
    @protect()
    @permission_name("read")
    def move(self, pk: str) -> Any:
        """The row makes a move. The ETag that was read is given in If-Match; an Idempotency-Key does it once.
        ---
        post:
          summary: 办理一步
          description: >-
            move 是步骤名（见 moves）；opinion 是意见；given 是随这一步提交的字段，
            如发起变更的 change_kind、doc_no，发布的 valid_from。If-Match 填读取时得到的 ETag。
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          - {in: header, name: If-Match, required: true, schema: {type: string}}
          - {in: header, name: Idempotency-Key, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [move]
                  properties:
                    move: {type: string}
                    opinion: {type: string, maxLength: 1000}
                    given: {type: object}
          responses:
            200: {$ref: '#/components/responses/{table}'}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
            409: {$ref: '#/components/responses/409'}
            422: {$ref: '#/components/responses/422'}
            428: {$ref: '#/components/responses/428'}
        """
        name, opinion, given = _read(body.read_json())
        guard.must_view()

        def make() -> Response:
            session = db.session()
            row = saving.find(session, self.table, pk)
            step = panel.step_for(self.table, name)
            version = body.known_version(must=True)
            moving.move(session, row, step.name, opinion=opinion, version=version, given=given)
            session.refresh(row)
            return answer.one(200, row)

        return answer.once_if_keyed(make)

    @expose("/<pk>/editions", methods=["GET"])
    @protect()
    @permission_name("read")
    def editions(self, pk: str) -> Any:
        """Every edition of the row with what it said, newest first.
        ---
        get:
          summary: 各个版本
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          responses:
            200:
              description: OK
              content:
                application/json:
                  schema:
                    type: object
                    properties:
                      result: {type: array, items: {type: object}}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
        """
        row = saving.find(db.session(), self.table, pk)
        found = versions.of(db.session(), row)
        return _json(
            {
                "result": [
                    versions.told(each) | {"contents": each.contents or {}, "lines": each.lines or {}} for each in found
                ]
            },
            200,
            row,
        )


def _read(sent: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """The move, the opinion and what goes with it. Raises Refused (400)."""
    for name in sent.keys() - _KNOWN:
        raise Refused(N_("不认识“{name}”；可用的是 move、opinion、given", name=name[:60]), status=400)
    move, opinion, given = sent.get("move"), sent.get("opinion") or "", sent.get("given") or {}
    if not isinstance(move, str) or not move:
        raise Refused(N_("请在 move 中给出步骤名"), status=400)
    if not isinstance(opinion, str) or not isinstance(given, dict):
        raise Refused(N_("opinion 应为文本，given 应为 JSON 对象"), status=400)
    return move, opinion, given


def _standing(row: Table) -> dict[str, Any]:
    session, table, flow = db.session(), type(row), moving.flow_of(type(row))
    found = moving.open_moves(session, row, panel.allowed(table))
    state = getattr(row, flow.field)
    return {
        "id": str(row.id),
        "state": state,
        "state_label": str(flow.states(state).label),
        "version": row.version,
        "moves": [_told(row, step, flow) for step, why_not in found if why_not is None],
        "withheld": [str(why_not) for _, why_not in found if why_not is not None],
        "waits": panel.waiting(session, row),
        "steps": panel.steps(session, row, flow),
    }


def _told(row: Table, step: Move, flow: Workflow) -> dict[str, Any]:
    plain = panel.told(step, flow)
    given = [*step.requires, *(moving.ABOUT if step.proposes else ())]
    given += [moving.SINCE] if panel.is_publication(type(row), step) else []
    required = panel.missing(db.session(), row, step) + (["change_kind"] if step.proposes else [])
    return {name: plain[name] for name in ("name", "label", "target", "target_label", "reason")} | {
        "given": given,
        "required": required,
    }


def _json(told: dict[str, Any], status: int, row: Table) -> Response:
    text = json.dumps(told, ensure_ascii=False)
    return answer.of(status, text, body.tag_of(row.version, text))
