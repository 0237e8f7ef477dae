"""The tree is that of RFC 6962, with SM3 and with SHA-256; the script that people run agrees with us."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.audit import hashes, leaf, tree
from app.core.audit.hashes import SIZE

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_record", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_definition(alg: str, entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""

    def hashed(given: bytes) -> bytes:
        return hashlib.new(alg, given).digest()

    if not entries:
        return hashed(b"")
    if len(entries) == 1:
        return hashed(b"\0" + entries[0])
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return hashed(b"\1" + by_definition(alg, entries[:half]) + by_definition(alg, entries[half:]))


@pytest.mark.parametrize("alg", hashes.ALGORITHMS)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100])
def test_roots_are_those_of_the_definition_and_every_path_leads_there(
    alg: str, count: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tree, "PART", 8)
    entries = [str(number).encode() for number in range(count)]
    level = b"".join(hashes.leaf(alg)(each) for each in entries)
    root = by_definition(alg, entries)
    assert tree.root(alg, level) == root
    pieces = tree.parts(level)
    roots = [tree.root(alg, piece) for piece in pieces]
    assert tree.root_of_parts(alg, roots) == root
    for place, each in enumerate(entries):
        steps = tree.path(alg, pieces[place // 8], place % 8) + tree.path(alg, b"".join(roots), place // 8)
        assert tree.climb(alg, hashes.leaf(alg)(each), steps) == root
        assert tree.climb(alg, hashes.leaf(alg)(each + b"x"), steps) != root


def test_known_answers():
    """GB/T 32905-2016, appendix A; RFC 6962's empty tree."""
    assert hashes.plain("sm3", b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert tree.root("sha256", b"").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.binary(max_size=300))
def test_every_sm3_of_ours_is_the_same(given: bytes):
    spec = importlib.util.spec_from_file_location("verify_record", SCRIPT)
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    wanted = hashlib.new("sm3", given).digest()
    other = hashes._Sm3()
    other.update(given)
    assert script.sm3(given) == other.digest() == other.copy().digest() == wanted
    assert len(wanted) == SIZE


def test_the_scripts_own_hash_needs_forty_lines_at_most():
    source = SCRIPT.read_text()
    assert source[source.index("def _turn") : source.index("def digest")].count("\n") <= 40


def test_a_line_is_read_as_it_was_written():
    line = b"5\t7\t2026-11-22 01:02:03.5\t\\N\ta\\tb\\\\n\\nc" + b"\t" * 13
    found = leaf.fields(line + b"\n")
    assert (found["id"], found["actor"], found["name"]) == ("5", None, "a\tb\\n\nc")
