"""The laws of the code that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = sorted(p for p in ROOT.glob("app/domains/*/rules*") for p in ([p] if p.is_file() else p.rglob("*.py")))
IMPURE = {
    "flask",
    "flask_appbuilder",
    "flask_babel",
    "sqlalchemy",
    "psycopg2",
    "random",
    "secrets",
    "os",
    "time",
    "uuid",
}


def _imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("path", RULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_rules_are_pure(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = _imports(tree)
    assert not {name.split(".")[0] for name in imported} & IMPURE
    assert "app.core.clock" not in imported, "the clock is passed in"
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"date.today", "datetime.now", "datetime.today", "datetime.utcnow", "open", "print"}


def test_there_is_one_clock() -> None:
    asking = []
    for path in ROOT.glob("app/**/*.py"):
        calls = {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)}
        if calls & {"date.today", "datetime.now", "datetime.today", "datetime.utcnow"}:
            asking.append(str(path.relative_to(ROOT)))
    assert asking == ["app/core/clock.py"]


def test_domain_code_never_commits() -> None:
    committing = [
        str(path.relative_to(ROOT))
        for folder in ("core", "transfer", "domains")
        for path in (ROOT / "app" / folder).rglob("*.py")
        if re.search(
            r"(?<!\bupload)\.commit\(", path.read_text()
        )  # upload.commit stores a batch and leaves the rest to us
        and "pages" not in path.parts  # a page is a request: it ends its transaction
    ]
    assert committing == []


def test_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
