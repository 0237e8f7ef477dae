"""SM3 (GB/T 32905) in plain Python: for verify.py, where Python's own library has none. Slow; no imports at all."""

MASK = 0xFFFFFFFF
START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


class Sm3:
    """As much of the interface of hashlib as verify.py uses."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    def copy(self) -> "Sm3":
        """Another one that goes on from here."""
        return Sm3(self._data)

    def update(self, more: bytes) -> None:
        """Take more bytes in."""
        self._data += more

    def digest(self) -> bytes:
        """The hash of what was taken in."""
        size = len(self._data)
        padded = self._data + b"\x80" + bytes(-(size + 9) % 64) + (size * 8).to_bytes(8, "big")
        state = START
        for at in range(0, len(padded), 64):
            state = _compressed(state, padded[at : at + 64])
        return b"".join(word.to_bytes(4, "big") for word in state)

    def hexdigest(self) -> str:
        """The same in hexadecimal."""
        return self.digest().hex()


def _turned(word: int, by: int) -> int:
    """The 32 bits turned to the left."""
    by %= 32
    return (word << by | (word & MASK) >> (32 - by)) & MASK


def _compressed(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """The state after a block of 64 bytes (GB/T 32905, 5.3)."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _turned(w[j - 3], 15)
        w.append(x ^ _turned(x, 15) ^ _turned(x, 23) ^ _turned(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        first = j < 16
        ss1 = _turned(_turned(a, 12) + e + _turned(0x79CC4519 if first else 0x7A879D8A, j), 7)
        ff = a ^ b ^ c if first else a & b | a & c | b & c
        gg = e ^ f ^ g if first else e & f | ~e & g
        tt1 = ff + d + (ss1 ^ _turned(a, 12)) + (w[j] ^ w[j + 4]) & MASK
        tt2 = gg + h + ss1 + w[j] & MASK
        a, b, c, d = tt1, a, _turned(b, 9), c
        e, f, g, h = tt2 ^ _turned(tt2, 9) ^ _turned(tt2, 17), e, _turned(f, 19), g
    return tuple(old ^ made for old, made in zip(state, (a, b, c, d, e, f, g, h), strict=True))
