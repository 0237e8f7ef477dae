"""Hidden values for programs: with a reason, and an entry on the log for each."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from flask_appbuilder.api import expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.console import unmask
from app.console.api import answer, body
from app.core import saving
from app.core.table import Table
from app.extensions import db


class UnmaskApi:
    """``/api/v1/<table>/<pk>/unmask``."""

    table: ClassVar[type[Table]]

    @expose("/<pk>/unmask", methods=["POST"])
    @protect()
    @permission_name("unmask")
    def unmask(self, pk: str) -> Any:
        """Hidden values of a row in full; each is on the log, with the reason.
        ---
        post:
          summary: 查看完整敏感信息
          description: 只能查看本单位及下级单位的记录；理由必填，逐项记入审计日志。
          parameters:
          - {in: path, name: pk, required: true, schema: {type: string}}
          requestBody:
            required: true
            content:
              application/json:
                schema:
                  type: object
                  required: [fields, reason]
                  properties:
                    fields: {type: array, items: {type: string}, minItems: 1}
                    reason: {type: string, minLength: 4, maxLength: 200}
          responses:
            200: {description: 完整内容, content: {application/json: {schema: {type: object}}}}
            400: {$ref: '#/components/responses/400'}
            401: {$ref: '#/components/responses/401'}
            403: {$ref: '#/components/responses/403'}
            404: {$ref: '#/components/responses/404'}
            422: {$ref: '#/components/responses/422'}
        """
        names, reason = body.unmasking(body.read_json())
        row = saving.find(db.session(), self.table, pk)
        values = unmask.opened(db.session(), row, names, unmask.checked_reason(reason))
        db.session.commit()
        found = answer.of(200, json.dumps({"id": str(row.id), "result": values}, ensure_ascii=False))
        found.headers["Cache-Control"] = "no-store"
        return found
