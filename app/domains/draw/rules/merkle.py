"""One hash over all lines of the frame, and the few hashes that prove that one line is among them (RFC 9162, 2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from app.core.audit import hashes, tree
from app.domains.draw.rules.canon import digest, lp

_SALT = 16


def salt_of(alg: str, frame_salt: bytes, subject: bytes) -> bytes:
    """What hides a line in its leaf where classes are not public; empty where they are."""
    return digest(alg, lp(frame_salt), lp(subject))[:_SALT] if frame_salt else b""


def leaf(alg: str, line: bytes, salt: bytes = b"") -> bytes:
    """The leaf of a line, its line feed included."""
    made: bytes = hashes.leaf(alg)(salt + line)
    return made


def roots_of_parts(alg: str, leaves: Iterable[bytes]) -> Iterator[bytes]:
    """The root of every 65,536 leaves: so the tree over ten million lines never stands in memory."""
    rest = iter(leaves)
    while part := b"".join(islice(rest, tree.PART)):
        yield tree.root(alg, part)


def root(alg: str, leaves: Iterable[bytes]) -> bytes:
    """The root over the leaves, in one pass."""
    return tree.root_of_parts(alg, list(roots_of_parts(alg, leaves)))


def path(alg: str, leaves: bytes, index: int) -> list[str]:
    """The hashes beside the way from a leaf to the root, each after the side (L, R) on which it stands.

    All leaves stand side by side in one bytes object.
    """
    part, within = divmod(index, tree.PART)
    parts = tree.parts(leaves)
    steps = tree.path(alg, parts[part], within)
    if len(parts) > 1:
        steps += tree.path(alg, b"".join(tree.root(alg, each) for each in parts), part)
    return [side[0].upper() + beside.hex() for side, beside in steps]


def climb(alg: str, start: bytes, steps: Iterable[str]) -> bytes:
    """The root to which the steps lead from a leaf."""
    sides = {"L": "left", "R": "right"}
    return tree.climb(alg, start, [(sides[step[0]], bytes.fromhex(step[1:])) for step in steps])
