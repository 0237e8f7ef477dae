"""The stored seals against their signatures, against one another, and against the anchors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.core.audit.anchor import File
from app.core.audit.seals import Seal, start_after
from app.core.audit.signing import Signer
from app.core.audit.verify.finding import Finding
from app.core.messages import N_

#: A seal may stand in the database for so long before it stands in every anchor.
GRACE = timedelta(seconds=60)


def check_chain(stored: Sequence[Seal], checker: Signer) -> Iterator[Finding]:
    """Every seal is signed, follows the one before it, and begins where that one ended."""
    before: Seal | None = None
    for seal in stored:
        if not checker.verify(seal.body, seal.sig):
            yield Finding("seal", "signature", N_("第 {no} 号封存的签名不对", no=seal.no), seal.no)
        if seal.after != (before.no if before else 0):
            yield Finding(
                "seal",
                "gap",
                N_("第 {no} 号封存之前缺少封存（应接在第 {after} 号之后）", no=seal.no, after=seal.after),
                seal.no,
            )
        elif seal.kind == "seal" and (
            seal.prev_hash != (before.hash if before else "") or (seal.lo, seal.floor) != start_after(before)
        ):
            yield Finding("seal", "chain", N_("第 {no} 号封存与前一号接不上", no=seal.no), seal.no)
        before = seal


def check_anchor(stored: Sequence[Seal], file: File, checker: Signer) -> Iterator[Finding]:
    """Every seal of the file is in the database as it was, but those that a declared restore has given up; and all of
    the database are in the file, but those of the last minute."""
    known = {seal.no: seal for seal in stored}
    lost = [range(seal.after + 1, seal.no) for seal in stored if seal.kind == "restore"]
    anchored: dict[int, Seal] = {}
    name = file.path.name
    for number, seal in file.read():
        if seal is None or not checker.verify(seal.body, seal.sig):
            yield Finding("anchor", "line", N_("锚点 {name} 第 {line} 行不是有效的封存", name=name, line=number))
            continue
        if seal.no in anchored:
            if anchored[seal.no] != seal:
                yield Finding(
                    "anchor", "twice", N_("锚点 {name} 中第 {no} 号封存有两个", name=name, no=seal.no), seal.no
                )
            continue
        anchored[seal.no] = seal
        given_up = any(seal.no in numbers for numbers in lost)
        if seal.no not in known:
            if not given_up:
                yield Finding(
                    "anchor",
                    "missing",
                    N_("锚点 {name} 中有、数据库中没有第 {no} 号封存", name=name, no=seal.no),
                    seal.no,
                )
        elif known[seal.no] != seal:
            yield Finding("anchor", "differs", N_("第 {no} 号封存与锚点 {name} 不同", no=seal.no, name=name), seal.no)
    newest = stored[-1].moment if stored else None
    for seal in stored:
        if seal.no not in anchored and newest is not None and newest - seal.moment > GRACE:
            yield Finding(
                "anchor", "unanchored", N_("第 {no} 号封存不在锚点 {name} 中", no=seal.no, name=name), seal.no
            )
