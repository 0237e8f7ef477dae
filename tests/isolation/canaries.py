"""Marks that stand in the rows of other departments and must never come out: made, stored with their rows, found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Literal

#: "row": the row is hidden; "mask": the row may be read and this value of it is masked; "open": everybody may read it.
Secrecy = Literal["row", "mask", "open"]

_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_WORD = re.compile(r"QZ7[A-HJ-NP-Z]{5}", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\dA-Za-z])77(\d{6})(?![\dA-Za-z])")
_DAY = re.compile(r"(?<!\d)(2[789]\d\d)[-/年](\d\d?)[-/月](\d\d?)")
_KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
_FIRST_DAY, _FIRST_NUMBER = date(2700, 1, 1), 77_000_000


@dataclass(frozen=True)
class Canary:
    """Where a mark stands and for whom it is meant."""

    table: str
    column: str
    secrecy: Secrecy


class Cage:
    """Every mark that was made, by its text."""

    def __init__(self) -> None:
        self.known: dict[str, Canary] = {}
        self._count = 0

    def _next(self, canary: Canary | None, text: Any) -> None:
        if canary is not None:
            self.known[str(text)] = canary

    def word(self, canary: Canary | None) -> str:
        """Eight capitals and digits that stand nowhere else."""
        self._count += 1
        number, signs = self._count, []
        for _ in range(5):
            number, sign = divmod(number, len(_SIGNS))
            signs.append(_SIGNS[sign])
        made = ("QZ7" if canary else "OWN") + "".join(signs)
        self._next(canary, made)
        return made

    def number(self, canary: Canary | None) -> int:
        """Eight digits."""
        self._count += 1
        made = _FIRST_NUMBER + self._count if canary else 1000 + self._count
        self._next(canary, made)
        return made

    def day(self, canary: Canary | None) -> date:
        """A day of another age; for own rows one of this."""
        self._count += 1
        made = (_FIRST_DAY if canary else date(2024, 1, 1)) + timedelta(days=self._count)
        self._next(canary, made.isoformat())
        return made

    def key(self, canary: Canary, key: Any) -> None:
        """The identifier of a hidden row is a mark too."""
        self.known[str(key).replace("-", "")] = canary

    def stored(self) -> dict[str, Any]:
        """For a file."""
        return {text: asdict(canary) for text, canary in self.known.items()}

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Cage:
        """From a file."""
        cage = cls()
        cage.known = {text: Canary(**fields) for text, fields in stored.items()}
        return cage

    def escaped(self, text: str, sent: Iterable[str] = (), *, masks_hold: bool = True) -> dict[str, Canary]:
        """The marks in a text that nobody may read and that the asker did not send himself."""
        told = {each for word in sent for each in _marks(word)}
        found = {}
        for mark in _marks(text):
            canary = self.known.get(mark)
            if canary is None or mark in told or canary.secrecy == "open":
                continue
            if canary.secrecy == "row" or masks_hold:
                found[mark] = canary
        return found


def _marks(text: str) -> set[str]:
    """Everything in the text that has the shape of a mark."""
    found = {word.upper() for word in _WORD.findall(text)}
    bare = text.replace(",", "") if "77," in text else text
    found |= {f"77{digits}" for digits in _NUMBER.findall(bare)}
    for year, month, day in _DAY.findall(text):
        found.add(f"{year}-{int(month):02d}-{int(day):02d}")
    found |= {key.replace("-", "").lower() for key in _KEY.findall(text.lower())}
    return found
