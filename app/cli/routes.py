"""``flask --app run routes``: every address with its methods and the permission that opens it, as JSON."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_appbuilder.const import PERMISSION_PREFIX


def all_routes() -> list[dict[str, Any]]:
    """Every rule of the application; ``permission`` is ``None`` for what is open or checks by itself."""
    views = {view.endpoint: view for view in current_app.appbuilder.baseviews}  # type: ignore[attr-defined]
    found = []
    for rule in current_app.url_map.iter_rules():
        endpoint, _, method = rule.endpoint.rpartition(".")
        view = views.get(endpoint)
        name = getattr(getattr(view, method, None), "_permission_name", None) if view is not None else None
        permission = f"{PERMISSION_PREFIX}{name} on {view.class_permission_name}" if view is not None and name else None
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found.append({"rule": rule.rule, "methods": methods, "endpoint": rule.endpoint, "permission": permission})
    return sorted(found, key=lambda route: str(route["rule"]))


@click.command("routes")
@with_appcontext
def routes() -> None:
    """Show every route as JSON: rule, methods, permission."""
    click.echo(json.dumps(all_routes(), ensure_ascii=False))
