"""The conversation of the child with its parent: one JSON line asks, one framed JSON answers.

``{"open": index, "after": row}`` measures a sheet and stands behind Excel's row ``after``, ``{"next": 1}`` gives rows
(no rows: the end), ``{"count": 1}`` measures every sheet; the first answer, unasked, lists the sheets. A frame is its
length in bytes, a line end, and the JSON. The parent closing its end is the end.
"""

from __future__ import annotations

import encodings.cp437
import encodings.gb18030
import encodings.utf_8_sig
import encodings.utf_16
import errno
import gc
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from .container import kind_of
from .delimited import TextFile
from .encode import Batch, encode
from .old import OldWorkbook
from .package import Package
from .refusal import Refusal, column_letters
from .survey import Extent

#: Imported now, because no file can be opened later: the codecs that zip directories and text files may ask for.
CODECS = (encodings.cp437, encodings.gb18030, encodings.utf_8_sig, encodings.utf_16)
KINDS: dict[str, Any] = {"xlsx": Package, "xls": OldWorkbook, "text": TextFile}


class Conversation:
    """The file as it was given, and where its reading stands."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        fd = settings["fd"]
        size = os.fstat(fd).st_size
        if size > settings["file_bytes"]:
            raise Refusal("file_too_large", limit=settings["file_bytes"] // 2**20, size=-(-size // 2**20))
        kind = kind_of(fd, size, settings["suffix"])
        self.book = KINDS[kind](fd, size, settings)
        if not self.book.sheets:
            raise Refusal("no_sheet")
        self.extents: dict[int, Extent] = {}
        self.pending: Iterator[Batch] = iter(())
        self.name = ""

    def introduction(self) -> dict[str, Any]:
        """The first answer."""
        return {"kind": self.book.kind, "sheets": self.book.sheets, "facts": self.book.facts}

    def open(self, index: int, after: int) -> dict[str, Any]:
        """Measure a sheet and stand behind one of its rows."""
        extent = self._extent(index)
        self.name = self.book.sheets[index][0]
        self.pending = self.book.batches(index, extent, after)
        return {
            "rows": extent.rows,
            "columns": extent.columns,
            "merged": extent.merged,
            "hidden_rows": extent.hidden_rows,
            "formulas": extent.formulas,
            "errors": extent.errors,
        }

    def next(self) -> bytes:
        """The next rows as one frame; a frame without rows is the end."""
        batch = next((batch for batch in self.pending if batch.numbers), Batch([], []))
        return encode(batch, self.name, self.settings["cell"])

    def count(self) -> dict[str, Any]:
        """How many rows each sheet has."""
        return {"rows": [self._extent(index).rows for index in range(len(self.book.sheets))]}

    def _extent(self, index: int) -> Extent:
        if index not in self.extents:
            extent: Extent = self.book.survey(index)
            self._check(extent, self.book.sheets[index][0])
            self.extents[index] = extent
        return self.extents[index]

    def _check(self, extent: Extent, name: str) -> None:
        limits = self.settings
        if extent.rows > limits["rows"]:
            raise Refusal("too_many_rows", sheet=name, rows=extent.rows, limit=limits["rows"])
        if extent.columns > limits["columns"]:
            last = column_letters(extent.columns - 1)
            raise Refusal("too_many_columns", sheet=name, column=last, limit=limits["columns"])
        height = extent.rows
        merged = [[top, left, min(bottom, height - 1), right] for top, left, bottom, right in extent.merged]
        extent.merged = [area for area in merged if area[0] < height]
        covered = sum(bottom - top for top, _, bottom, _ in extent.merged)
        if len(extent.merged) > limits["merged"] or covered > 10 * limits["rows"]:
            raise Refusal("too_many_merged", sheet=name, limit=limits["merged"])
        if extent.disordered and extent.rows > limits["disordered"]:
            raise Refusal("too_disordered", sheet=name, limit=limits["disordered"])


def _limit_resources(settings: dict[str, Any]) -> None:
    """From here on: bounded memory and CPU, no core, one scratch file of bounded size, and no file or socket opened."""
    cpu = settings["cpu_seconds"] + os.fstat(settings["fd"]).st_size * settings["cpu_seconds_per_mb"] // 1_000_000
    for what, bound in (
        (resource.RLIMIT_AS, settings["memory_bytes"]),
        (resource.RLIMIT_CPU, int(cpu)),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, settings["inflated_bytes"]),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (bound, bound))


def _send(out: BinaryIO, frame: bytes) -> None:
    out.write(b"%d\n" % len(frame))
    out.write(frame)
    out.flush()


def _say(out: BinaryIO, answer: dict[str, Any]) -> None:
    _send(out, json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))


def _converse(settings: dict[str, Any], out: BinaryIO) -> None:
    conversation = Conversation(settings)
    _say(out, conversation.introduction())
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "open" in request:
            _say(out, conversation.open(request["open"], request["after"]))
        elif "count" in request:
            _say(out, conversation.count())
        else:
            _send(out, conversation.next())


def main(argument: str) -> None:
    """Serve one workbook until the parent closes its end; say why when it is refused."""
    settings = json.loads(argument)
    out = sys.stdout.buffer
    _limit_resources(settings)
    gc.disable()  # millions of small tuples, and no circles
    try:
        _converse(settings, out)
    except BrokenPipeError:
        os._exit(0)
    except Refusal as refusal:
        _say(out, {"refused": refusal.code, "facts": {"detail": repr(refusal.__cause__), **refusal.facts}})
    except MemoryError:
        _say(out, {"refused": "memory", "facts": {}})
    except OSError as problem:
        code = "no_space" if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) else "corrupt"
        _say(out, {"refused": code, "facts": {"detail": str(problem)}})
    except BaseException as problem:  # a Rust panic is no Exception; whatever happened, the parent hears one word
        _say(out, {"refused": "corrupt", "facts": {"detail": f"{type(problem).__name__}: {problem}"[:300]}})
