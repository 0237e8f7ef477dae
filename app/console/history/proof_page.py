"""The proof that an entry stands unchanged in a signed seal: in plain words, and as a file to check elsewhere."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, render_template, request, send_file, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

import config
from app.console.history import told, trail
from app.console.history.gone import Remembered
from app.console.history.log import Entry
from app.console.history.remembered import of_row
from app.core import clock
from app.core.errors import NotVisible
from app.core.messages import N_
from app.core.viewer import THE_SYSTEM, looking_as
from app.extensions import db

#: What checks a proof without us.
_SCRIPT = config.ROOT / "docs" / "verify_record.py"


def answered(entry: Entry, *crumbs: tuple[str, str | None], download: str, back: str) -> Any:
    """The page about the proof of an entry that the viewer may read; with ``download=1`` the proof itself."""
    if request.args.get("script"):
        return send_file(_SCRIPT, mimetype="text/x-python", as_attachment=True, download_name=_SCRIPT.name)
    with looking_as(db.session(), THE_SYSTEM):
        proof = trail.proof(db.session(), entry.id)
    if request.args.get("download"):
        if proof is None:
            raise NotVisible(N_("这条记录还没有封存，请稍候再试"))
        text = json.dumps(proof, ensure_ascii=False, indent=1, default=str)
        name = f"proof-{entry.id}.json"
        return Response(
            text,
            content_type="application/json; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return render_template(
        "console/history_proof.html",
        entry=told.tell(entry, told.known(db.session(), [entry])),
        proof=proof,
        seal=proof["seal"] if proof else None,
        told=trail.seal_told(proof) if proof else [],
        checks=_checks(proof) if proof else [],
        download=download,
        script=download.replace("download=1", "script=1"),
        back=back,
        crumbs=[*crumbs, (str(N_("验证这条记录")), None)],
        printed=clock.told(clock.now()),
    )


def _checks(proof: dict[str, Any]) -> list[tuple[bool, str]]:
    """What this server finds when it checks its own proof; the script does the same without it."""
    return [
        (trail.is_root(proof), str(N_("由这条记录算出的总指纹，与第 {n} 号封印上的一致", n=proof["seal"]["no"]))),
        (trail.is_signed(proof), str(N_("第 {n} 号封印的签名有效", n=proof["seal"]["no"]))),
    ]


class ProofPage(Remembered):
    """``/<table>/history/<pk>/<entry>/proof``."""

    @expose("/history/<pk>/<int:entry>/proof")
    @has_access
    @permission_name("read")
    def proof(self, pk: str, entry: int) -> Any:
        """Whether the entry about this row is sealed, by which seal, and how to check it without trusting us."""
        row, key, title = self.remembered(pk)
        found = of_row(self.table, key, entry)
        if found is None:
            raise NotVisible
        home = (str(self.table.__label__), self.to("index"))
        record = (title, self.to("show", pk=key) if row is not None else None)
        history = self.to("history", pk=key)
        return answered(
            found,
            home,
            record,
            (str(N_("变更历史")), history),
            download=url_for(f"{self.table.__tablename__}.proof", pk=key, entry=entry, download=1),
            back=f"{history}#e{entry}",
        )
