"""The tree over the entries of a seal (RFC 6962, 2.1), over hashes that stand side by side in one bytes object.

Pairs are hashed level by level, and an odd last one rises as it is: that is the tree of the RFC. So the roots of parts
of 65,536 hashes are a level of the tree, and a proof needs one part and the roots of the others.
"""

from __future__ import annotations

from app.core.audit import hashes
from app.core.audit.hashes import SIZE

#: Hashes in a part; a power of two.
PART = 65_536


def root(alg: str, level: bytes) -> bytes:
    """The root over these hashes; over none it is the hash of nothing."""
    if not level:
        return bytes.fromhex(hashes.plain(alg, b""))
    while len(level) > SIZE:
        level = _above(alg, level)
    return level


def _above(alg: str, level: bytes) -> bytes:
    node, pair = hashes.node(alg), 2 * SIZE
    even = len(level) - len(level) % pair
    return b"".join([node(level[at : at + pair]) for at in range(0, even, pair)]) + level[even:]


def path(alg: str, level: bytes, index: int) -> list[tuple[str, bytes]]:
    """The hashes that lead from one to the root, each with the side on which it stands ("left" or "right")."""
    steps: list[tuple[str, bytes]] = []
    while len(level) > SIZE:
        other = index ^ 1
        beside = level[other * SIZE : (other + 1) * SIZE]
        if beside:
            steps.append(("left" if other < index else "right", beside))
        level, index = _above(alg, level), index // 2
    return steps


def climb(alg: str, leaf: bytes, steps: list[tuple[str, bytes]]) -> bytes:
    """The root to which the steps lead from that hash."""
    node = hashes.node(alg)
    for side, other in steps:
        leaf = node(other + leaf) if side == "left" else node(leaf + other)
    return leaf


def parts(level: bytes) -> list[bytes]:
    """The hashes in parts of 65,536; the last one may be shorter."""
    return [level[at : at + PART * SIZE] for at in range(0, len(level), PART * SIZE)]


def root_of_parts(alg: str, roots: list[bytes]) -> bytes:
    """The root over all, from the roots of the parts."""
    return root(alg, b"".join(roots))
