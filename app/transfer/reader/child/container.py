"""What kind of file it is, whether its container is safe to open at all, and its parts as streams."""

from __future__ import annotations

import os
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from isal.igzip_lib import IsalError
from isal.isal_zlib import crc32, decompressobj

from .refusal import Refusal

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXT_NAMES = ("csv", "txt", "tsv")
WORKBOOK_NAMES = ("xlsx", "xlsm", "xls", "et", "wps")
BLANK = b"\0 \r\n\t"
#: An inflated part below this size is never suspicious, whatever its ratio: blank formatted cells compress very well.
RATIO_FLOOR = 10_000_000
#: The prolog of an XML part (declaration, comments, DTD) lies before the first element; nobody writes a longer one.
PROLOG = 65_536
#: Bytes taken at once, before and after inflating.
SIP, PIECE = 1 << 16, 1 << 18
SMALL_PART = 32_000_000
END_OF_DIRECTORY = b"PK\x05\x06"
FIRST_ELEMENT = re.compile(rb"<[A-Za-z_]")
DTD = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True)
class ContainerLimits:
    """How large a workbook's container may be."""

    entries: int
    inflated_bytes: int
    ratio: int


def kind_of(fd: int, size: int, suffix: str) -> str:
    """Say ``xlsx``, ``xls`` or ``text``: by the magic bytes, since offices rename files; refuse everything else."""
    head = os.pread(fd, 4096, 0)
    if head.startswith(ZIP_MAGIC):
        return "xlsx"
    if head.startswith(OLE_MAGIC):
        return "xls"
    if not any(piece.strip(BLANK) for piece in file_pieces(fd, size)):
        raise Refusal("empty_file")
    if suffix in TEXT_NAMES:
        if not head.startswith((b"\xff\xfe", b"\xfe\xff")) and any(b"\0" in piece for piece in file_pieces(fd, size)):
            raise Refusal("not_text")
        return "text"
    if suffix in WORKBOOK_NAMES and head.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        raise Refusal("web_page")
    raise Refusal("not_a_workbook")


def file_pieces(fd: int, size: int) -> Iterator[bytes]:
    """The file from its beginning, in pieces."""
    at = 0
    while at < size and (piece := os.pread(fd, 1 << 18, at)):
        yield piece
        at += len(piece)


class Archive:
    """A zip archive whose directory has been found harmless and to be that of an Excel workbook."""

    def __init__(self, fd: int, size: int, limits: ContainerLimits) -> None:
        self.fd = fd
        _count_entries(fd, size, limits)
        try:
            with open(fd, "rb", closefd=False) as file:
                entries = zipfile.ZipFile(file).infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, struct.error) as problem:
            raise Refusal("corrupt") from problem
        if len(entries) > limits.entries:
            raise Refusal("too_many_entries", limit=limits.entries)
        for entry in entries:
            _check_entry(entry, limits, size)
        if sum(entry.file_size for entry in entries) > limits.inflated_bytes:
            raise Refusal("inflates_too_far", limit=limits.inflated_bytes // 1_000_000)
        #: By name in small letters, as Excel finds them.
        self.entries = {entry.filename.replace("\\", "/").lower(): entry for entry in entries}
        if len(self.entries) != len(entries):
            raise Refusal("duplicate_entry")
        if "xl/workbook.bin" in self.entries:
            raise Refusal("xlsb")
        if not any(name.endswith("workbook.xml") for name in self.entries):
            raise Refusal("not_a_workbook")
        for name in self.entries:
            if name.endswith((".xml", ".rels", ".vml")):
                self._refuse_dtd(name)

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, inflated as it is read; what is not what the directory promised is refused when it shows."""
        entry = self.entries[name]
        header = os.pread(self.fd, 30, entry.header_offset)
        if len(header) < 30 or not header.startswith(ZIP_MAGIC) or entry.compress_type not in (0, 8):
            raise damaged(entry.filename)
        at = entry.header_offset + 30 + sum(struct.unpack_from("<HH", header, 26))
        left, size, crc = entry.compress_size, 0, 0
        inflater = decompressobj(-15) if entry.compress_type else None
        while left and (given := os.pread(self.fd, min(left, SIP), at)):
            at, left = at + len(given), left - len(given)
            while given:
                try:
                    piece = inflater.decompress(given, PIECE) if inflater else given
                except IsalError as problem:  # type: ignore[misc]  # its stub says it is a variable
                    raise damaged(entry.filename) from problem
                given = inflater.unconsumed_tail if inflater and piece else b""
                size += len(piece)
                if size > entry.file_size:
                    raise damaged(entry.filename)
                crc = crc32(piece, crc)
                if piece:
                    yield piece
        if size != entry.file_size or crc != entry.CRC:
            raise damaged(entry.filename)

    def small(self, name: str) -> bytes:
        """A part as a whole; a large one is refused."""
        if self.entries[name].file_size > SMALL_PART:
            raise Refusal("part_too_large", part=self.entries[name].filename[:80], limit=SMALL_PART // 1_000_000)
        return b"".join(self.pieces(name))

    def _refuse_dtd(self, name: str) -> None:
        head = b""
        for piece in self.pieces(name):
            head += piece
            if len(head) >= PROLOG:
                break
        head = head[:PROLOG]
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            head = head.replace(b"\0", b"")
        element = FIRST_ELEMENT.search(head)
        if DTD.search(head, 0, element.start() if element else len(head)):
            raise Refusal("dtd", part=self.entries[name].filename[:80])
        if element is None and len(head) >= PROLOG:
            raise damaged(self.entries[name].filename)


def _count_entries(fd: int, size: int, limits: ContainerLimits) -> None:
    """Refuse a directory of very many entries before Python makes an object of each; zip64 says 65,535 here."""
    tail = os.pread(fd, 65_557, max(0, size - 65_557))
    at = tail.rfind(END_OF_DIRECTORY)
    if 0 <= at <= len(tail) - 22 and struct.unpack_from("<H", tail, at + 10)[0] > limits.entries:
        raise Refusal("too_many_entries", limit=limits.entries)


def _check_entry(entry: zipfile.ZipInfo, limits: ContainerLimits, size: int) -> None:
    if entry.flag_bits & 0x1:
        raise Refusal("encrypted")
    path = entry.filename.replace("\\", "/")
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if path.startswith("/") or ".." in path.split("/") or is_link:
        raise Refusal("strange_entry", name=path[:80])
    if not 0 <= entry.header_offset < size:
        raise damaged(entry.filename)
    if entry.file_size > RATIO_FLOOR and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise Refusal("inflates_too_far", limit=limits.inflated_bytes // 1_000_000)


def damaged(part: str) -> Refusal:
    """The refusal of a part that is not what it should be."""
    return Refusal("damaged_part", part=part[:80])
