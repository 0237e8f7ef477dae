"""The frame and its tree."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Refused
from app.domains.draw.rules import merkle
from app.domains.draw.rules.cells import Cell, cell
from app.domains.draw.rules.frame import line, seal
from tests.domains.draw import county

ONE, TWO, THREE = b"AA-1,610113,A,0\n", b"AA-2,610113,B,10,07\n", b"AB,610102,B,2,!CAP\n"


def test_a_cell_is_what_stands_after_the_subject():
    assert cell("610113,B,2,!CAP") == Cell("610113", "B", 2, "!CAP")
    assert cell("610113,B,2,!CAP").is_excluded
    assert not cell("610113,B,2,07").is_excluded
    assert [cell(each).text for each in ("1,A,0", "1,A1,99,7")] == ["1,A,0", "1,A1,99,7"]
    assert sorted(map(cell, ["2,A,0", "1,A,10", "1,A,9", "1,A,9,1"])) == list(
        map(cell, ["1,A,9", "1,A,9,1", "1,A,10", "2,A,0"])
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,A",
        "1,a,0",
        "1,1,0",
        "1,A,00",
        "1,A,100",
        "1,A,-1",
        "1,A,0,",
        "1,A,0,123",
        "1,A,0,!",
        "1,A,0,!cap",
        "1,A,0,1,1",
        " 1,A,0",
        "1,A,0\n",
        "1,A,٣",
    ],
)
def test_what_is_no_cell(text: str):
    with pytest.raises(ValueError, match="no cell"):
        cell(text)


def test_a_seal_by_hand():
    lines = [ONE, TWO, THREE]
    assert [line("AA-1", cell("610113,A,0")), line("AB", cell("610102,B,2,!CAP"))] == [ONE, THREE]
    h = lambda *parts: hashlib.new("sm3", b"".join(parts)).digest()  # noqa: E731
    sealed = seal("sm3", lines)
    assert sealed.root == h(b"\1", h(b"\1", h(b"\0", ONE), h(b"\0", TWO)), h(b"\0", THREE)).hex()
    assert sealed.flat == h(ONE, TWO, THREE).hex()
    assert (sealed.rows, sum(sealed.counts.values())) == (3, 3)
    assert list(sealed.counts) == [cell("610102,B,2,!CAP"), cell("610113,A,0"), cell("610113,B,10,07")]
    salt = lambda name: h(b"\0" * 7 + b"\x04" + b"salt", len(name).to_bytes(8, "big") + name)[:16]  # noqa: E731
    salted = [h(b"\0", salt(each.partition(b",")[0]), each) for each in lines]
    assert seal("sm3", lines, b"salt").root == h(b"\1", h(b"\1", salted[0], salted[1]), salted[2]).hex()
    assert seal("sm3", lines, b"salt").flat == sealed.flat


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "为空"),
        ([ONE, ONE], "第 2 行：AA-1 重复"),
        ([TWO, ONE], "第 2 行：AA-1 未按代码升序"),
        ([ONE, b"aa,610113,A,0\n"], "第 2 行：代码“aa”不合规范"),
        ([b",610113,A,0\n"], "代码“”不合规范"),
        ([b"A" * 24 + b",610113,A,0\n"], "不合规范"),
        ([ONE.strip()], "不合规范"),
        ([b"AA-1\n"], "第 1 行的地区"),
        ([ONE, b"AB,610113,\xff,0\n"], "第 2 行的地区"),
        ([b"AB,610113,A,0\r\n"], "不合规范"),
    ],
)
def test_a_frame_that_is_none_is_refused(lines: list[bytes], said: str):
    with pytest.raises(Refused, match=said):
        seal("sm3", lines)


def rfc_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word: split at the largest power of two below the number."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.new("sm3", b"\1" + rfc_root(leaves[:k]) + rfc_root(leaves[k:])).digest()


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 100])
def test_the_tree_is_that_of_the_rfc_and_every_leaf_is_proved(rows: int):
    leaves = [merkle.leaf("sm3", b"%d\n" % number) for number in range(rows)]
    root = merkle.root("sm3", leaves)
    assert root == rfc_root(leaves)
    for index, leaf in enumerate(leaves):
        steps = merkle.path("sm3", b"".join(leaves), index)
        assert len(steps) <= (rows - 1).bit_length()
        assert merkle.climb("sm3", leaf, steps) == root
        assert rows == 1 or merkle.climb("sm3", leaves[index - 1], steps) != root


def test_a_proof_goes_through_parts():
    leaves = [merkle.leaf("sha256", b"%d\n" % number) for number in range(3 * 65_536 + 5)]
    together, root = b"".join(leaves), merkle.root("sha256", leaves)
    for index in (0, 65_535, 65_536, 200_000 - 65_536, len(leaves) - 1):
        assert merkle.climb("sha256", leaves[index], merkle.path("sha256", together, index)) == root


@given(st.data())
@county.UNHURRIED
def test_whatever_is_changed_changes_the_root(data: st.DataObject):
    lines = county.lines(40)
    sealed = seal("sm3", lines)
    index = data.draw(st.integers(0, 39))
    changed = data.draw(
        st.sampled_from(
            [
                lines[:index] + lines[index + 1 :],
                [*lines[:index], lines[index].replace(b",610", b",611"), *lines[index + 1 :]],
            ]
        )
    )
    assert seal("sm3", changed).root != sealed.root
    assert seal("sm3", changed).flat != sealed.flat
