"""Numbers that follow from the seed and from nothing else (SSJ1, 5.4)."""

from __future__ import annotations

from app.domains.draw.rules.canon import digest

_WORDS = 1 << 64


def key(alg: str, seed: bytes, label: str) -> bytes:
    """The key for one use of the seed: `round`, `ticket`, `assign`, `virtualage`."""
    return digest(alg, b"SSJ1/key/", label.encode(), b"\0", seed)


class Drbg:
    """The stream of a key: blocks H(key ‖ counter), read as words of 8 bytes, big end first."""

    def __init__(self, alg: str, key: bytes) -> None:
        self._alg, self._key = alg, key
        self._block, self._at, self._counter = b"", 0, 0

    def word(self) -> int:
        """The next 64 bits."""
        if self._at == len(self._block):
            self._block, self._at = digest(self._alg, self._key, self._counter.to_bytes(8, "big")), 0
            self._counter += 1
        self._at += 8
        return int.from_bytes(self._block[self._at - 8 : self._at], "big")

    def below(self, bound: int) -> int:
        """A number under the bound, each with the same chance: words beyond the last whole multiple are passed over."""
        limit = _WORDS // bound * bound
        while (word := self.word()) >= limit:
            pass
        return word % bound
