"""What happens to a checked upload: it is stored or forgotten."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.decorators import permission_name

from app.console.view.imports import tasks
from app.console.view.imports.frame import BatchFrame
from app.core.messages import N_
from app.extensions import db
from app.transfer.books import book


class CommitPage(BatchFrame):
    """``/<table>/import/<batch>/commit``, ``/discard``."""

    @expose("/import/<pk>/commit", methods=["POST"])
    @has_access
    @permission_name("import")
    def commit(self, pk: str) -> Any:
        """Store the good rows of a checked upload."""
        batch = self._batch(pk)
        address = self._home(batch)
        tasks.commit(db.session(), batch, address)
        db.session.commit()
        return redirect(address)

    @expose("/import/<pk>/discard", methods=["POST"])
    @has_access
    @permission_name("import")
    def discard(self, pk: str) -> Any:
        """Forget an upload."""
        batch = self._batch(pk)
        tasks.must_import(book.whole(db.session(), batch))
        book.discard(db.session(), batch)
        db.session.commit()
        flash(str(N_("已放弃这次导入，没有写入任何数据")), "info")
        return redirect(self.to("upload"))
