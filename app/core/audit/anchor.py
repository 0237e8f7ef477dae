"""Where seals go besides the database: a file that only grows, and a witness, which may be another file or host.

Whoever rules the database can rewrite the log and all its seals, but not what an anchor has told others. A witness is a
path, ``tcp://host:port`` (takes lines) or ``https://host/path`` (takes each line by POST and answers 2xx).
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from app.core.audit import seals
from app.core.audit.seals import Seal

#: How long a witness may take to answer.
_SECONDS = 5


class Anchor(Protocol):
    """Takes seals in their order, and knows the last one it has taken."""

    def last(self) -> int:
        """The number of the newest seal it holds; 0 when it holds none."""

    def add(self, made: Sequence[Seal]) -> None:
        """Hold these too. Raises OSError when it cannot."""


class File:
    """A file that is appended to and forced to the disk; each line is one signed seal."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def last(self) -> int:
        """The number of the newest seal in the file."""
        newest = self.newest()
        return newest.no if newest else 0

    def newest(self) -> Seal | None:
        """The last seal in the file: only its end is read."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 65_536))
            lines = [line for line in file.read().decode("utf-8", "replace").split("\n") if line.strip()]
        return seals.read(lines[-1]) if lines else None

    def add(self, made: Sequence[Seal]) -> None:
        """The seals are on the disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o640), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            size = file.seek(0, os.SEEK_END)
            torn = size > 0 and (file.seek(size - 1), file.read(1))[1] != b"\n"  # the machine died while it wrote
            file.write((b"\n" if torn else b"") + b"".join(f"{each.line}\n".encode() for each in made))
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[tuple[int, Seal | None]]:
        """Every line with its number; ``None`` where a line is no seal."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    found = None
                    with contextlib.suppress(ValueError):
                        found = seals.read(line)
                    yield number, found


class Remote:
    """A witness on another host. What it has taken is noted beside our own anchor, so that nothing is sent twice."""

    def __init__(self, address: str, mark: Path) -> None:
        self._address, self._mark = address, mark

    def last(self) -> int:
        """The number of the newest seal that was sent."""
        return int(self._mark.read_text()) if self._mark.exists() else 0

    def add(self, made: Sequence[Seal]) -> None:
        """The witness has taken the seals."""
        where = urlsplit(self._address)
        send = self._lines if where.scheme == "tcp" else self._posts
        send(made)
        self._mark.write_text(str(made[-1].no))

    def _lines(self, made: Sequence[Seal]) -> None:
        where = urlsplit(self._address)
        with socket.create_connection((str(where.hostname), where.port or 0), _SECONDS) as connection:
            connection.sendall(b"".join(f"{each.line}\n".encode() for each in made))

    def _posts(self, made: Sequence[Seal]) -> None:
        where = urlsplit(self._address)
        kind = http.client.HTTPSConnection if where.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(where.hostname), where.port, timeout=_SECONDS)
        try:
            for each in made:
                connection.request("POST", where.path or "/", each.line.encode(), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                if not 200 <= answer.status < 300:
                    raise OSError(f"the witness answers {answer.status}")
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error
        finally:
            connection.close()


def witness(address: str, home: Path) -> Anchor:
    """The second anchor that the address names."""
    if urlsplit(address).scheme in ("tcp", "http", "https"):
        return Remote(address, home / "witness.sent")
    return File(Path(address))
