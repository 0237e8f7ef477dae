"""A cell: the subjects that have the same chance, because region, class, years since the last draw (and band) agree."""

from __future__ import annotations

import re
from typing import NamedTuple

#: The unit of a chance and of an expected number: 10^-9.
UNIT = 10**9
#: Marks the band of subjects that are in the frame but cannot be drawn; the reason follows.
EXCLUDED = "!"
_CELL = re.compile(r"([0-9A-Z]{1,12}),([A-Z][0-9A-Z]{0,7}),(0|[1-9][0-9]?)(?:,([0-9]{1,2}|![A-Z]{2,12}))?")


class Cell(NamedTuple):
    """As a line of the frame names it after the subject. Cells have the order of their parts, ages as numbers."""

    region: str
    subject_class: str
    age: int
    band: str = ""

    @property
    def text(self) -> str:
        """The cell as it stands in the frame."""
        return ",".join((self.region, self.subject_class, str(self.age), self.band)).removesuffix(",")

    @property
    def column(self) -> tuple[str, int, str]:
        """What it is apart from its region."""
        return self.subject_class, self.age, self.band

    @property
    def is_excluded(self) -> bool:
        """True where subjects stand in the frame with a reason why they cannot be drawn: their chance is 0."""
        return self.band.startswith(EXCLUDED)


def cell(text: str) -> Cell:
    """The cell of a text. Raises ValueError for what is no cell."""
    found = _CELL.fullmatch(text)
    if found is None:
        raise ValueError(f"no cell: {text!r}")
    region, subject_class, age, band = found.groups(default="")
    return Cell(region, subject_class, int(age), band)
