"""The two hash functions of the log, with the marks that keep leaves and nodes apart (RFC 6962, 2.1).

SM3 (GB/T 32905) is the default; SHA-256 is there for those whose tools know nothing else.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from typing import Any

ALGORITHMS = ("sm3", "sha256")
SIZE = 32


class _Sm3:
    """SM3 by ``cryptography``, for an OpenSSL whose hashlib has none; as much of hashlib's interface as we use."""

    def __init__(self, inner: Any = None) -> None:
        if inner is None:
            from cryptography.hazmat.primitives import hashes

            inner = hashes.Hash(hashes.SM3())
        self._inner = inner

    def copy(self) -> _Sm3:
        return _Sm3(self._inner.copy())

    def update(self, given: bytes) -> None:
        self._inner.update(given)

    def digest(self) -> bytes:
        digest: bytes = self._inner.copy().finalize()
        return digest


def new(alg: str) -> Any:
    """A fresh hash of that name. Raises ValueError for a name that is none of ours."""
    if alg not in ALGORITHMS:
        raise ValueError(f"no hash of ours: {alg!r}")
    if alg == "sm3" and "sm3" not in hashlib.algorithms_available:
        return _Sm3()
    return hashlib.new(alg)


@functools.cache
def leaf(alg: str) -> Callable[[bytes], bytes]:
    """The hash of an entry. The start is kept and copied: that is cheaper than to look the algorithm up each time."""
    return _marked(alg, b"\0")


@functools.cache
def node(alg: str) -> Callable[[bytes], bytes]:
    """The hash of two hashes that stand side by side."""
    return _marked(alg, b"\1")


def _marked(alg: str, mark: bytes) -> Callable[[bytes], bytes]:
    start = new(alg)
    start.update(mark)
    copy = start.copy

    def hashed(given: bytes) -> bytes:
        one = copy()
        one.update(given)
        digest: bytes = one.digest()
        return digest

    return hashed


def plain(alg: str, given: bytes) -> str:
    """The hash without a mark, in hexadecimal: of a seal."""
    one = new(alg)
    one.update(given)
    return str(one.digest().hex())
