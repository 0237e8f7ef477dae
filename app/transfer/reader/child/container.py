"""What kind of file the bytes are, and whether the container is safe to open at all."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from .refusal import Refusal

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TEXT_NAMES = ("csv", "txt", "tsv")
WORKBOOK_NAMES = ("xlsx", "xlsm", "xls", "et", "wps")
#: An inflated part below this size is never suspicious, whatever its ratio: blank formatted cells compress very well.
RATIO_FLOOR = 10_000_000
#: The prolog of an XML part (declaration, comments, DTD) lies before the first element; nobody writes a longer one.
PROLOG = 65_536
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
FIRST_ELEMENT = re.compile(rb"<[A-Za-z_]")
DTD = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


@dataclass(frozen=True)
class ContainerLimits:
    """How large a workbook's container may be."""

    entries: int
    inflated_bytes: int
    ratio: int


def kind_of(content: bytes, suffix: str) -> str:
    """Say ``xlsx``, ``xls`` or ``text``: by the magic bytes, since offices rename files; refuse everything else."""
    if content.startswith(ZIP_MAGIC):
        return "xlsx"
    if content.startswith(OLE_MAGIC):
        if ENCRYPTED_STREAM in content:
            raise Refusal("encrypted")
        return "xls"
    if not content.strip(b"\0 \r\n\t"):
        raise Refusal("empty_file")
    if suffix in TEXT_NAMES:
        if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Refusal("not_text")
        return "text"
    if suffix in WORKBOOK_NAMES and content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        raise Refusal("web_page")
    raise Refusal("not_a_workbook")


def open_zip(content: bytes, limits: ContainerLimits) -> zipfile.ZipFile:
    """Return the zip archive after its directory has been found harmless and to be that of an Excel workbook."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as problem:
        raise Refusal("corrupt") from problem
    entries = archive.infolist()
    if len(entries) > limits.entries:
        raise Refusal("too_many_entries", limit=limits.entries)
    for entry in entries:
        _check_entry(entry, limits)
    if sum(entry.file_size for entry in entries) > limits.inflated_bytes:
        raise Refusal("inflates_too_far", limit=limits.inflated_bytes // 1_000_000)
    names = [entry.filename.replace("\\", "/").lower() for entry in entries]
    if len(set(names)) != len(names):
        raise Refusal("corrupt")
    if "xl/workbook.bin" in names:
        raise Refusal("xlsb")
    if not any(name.endswith("workbook.xml") for name in names):
        raise Refusal("not_a_workbook")
    for entry in entries:
        if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
            _refuse_dtd(archive, entry)
    return archive


def _check_entry(entry: zipfile.ZipInfo, limits: ContainerLimits) -> None:
    if entry.flag_bits & 0x1:
        raise Refusal("encrypted")
    path = entry.filename.replace("\\", "/")
    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
    if path.startswith("/") or ".." in path.split("/") or is_link:
        raise Refusal("strange_entry", name=path[:80])
    if entry.file_size > RATIO_FLOOR and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise Refusal("inflates_too_far", limit=limits.inflated_bytes // 1_000_000)


def _refuse_dtd(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    try:
        with archive.open(entry) as part:
            head = part.read(PROLOG)
    except Exception as problem:  # zlib.error, BadZipFile, NotImplementedError …: the part cannot be read
        raise Refusal("corrupt") from problem
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.replace(b"\0", b"")
    element = FIRST_ELEMENT.search(head)
    if DTD.search(head, 0, element.start() if element else len(head)):
        raise Refusal("dtd", name=entry.filename[:80])
    if element is None and len(head) >= PROLOG:
        raise Refusal("corrupt")
