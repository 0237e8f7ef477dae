"""Which files may be attached: told by their first bytes, not only by their names. Pure."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.core.errors import Refused
from app.core.messages import N_, Message

Test = Callable[[bytes], bool]

#: Longest name that is kept; longer ones lose the end of their stem.
_LONGEST = 120
#: Signs that change the direction of what follows (photo<RLO>gpj.exe reads as photoexe.jpg).
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Signs that no file system takes in a name.
_UNFIT = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\]')
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
#: A project of macros, as its name is written in the old and in the new formats.
_MACROS = ("_VBA_PROJECT".encode("utf-16-le"), b"vbaProject.bin", b"macrosheets/")


@dataclass(frozen=True)
class FileKind:
    """A kind of file: what people call it, what browsers are told it is, and how its content is recognised."""

    label: Message
    media_type: str
    fits: Test


def _begins(*starts: bytes) -> Test:
    return lambda content: content.startswith(starts)


def _zip_with(*names: bytes) -> Test:
    return lambda content: content.startswith(_ZIPS) and all(name in content for name in names)


def _is_webp(content: bytes) -> bool:
    return content.startswith(b"RIFF") and content[8:12] == b"WEBP"


def _is_pdf(content: bytes) -> bool:
    return b"%PDF-" in content[:1024]


def _is_plain(content: bytes) -> bool:
    """Text in an encoding that offices use, without signs that no text has."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decodes(content, "utf-16")
    return b"\x00" not in content and (_decodes(content, "utf-8") or _decodes(content, "gb18030"))


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


_OFFICE = "application/vnd.openxmlformats-officedocument"
_FIXED, _PICTURE, _LETTER = N_("版式文件"), N_("图片"), N_("文字文档")
_SHEET, _TEXT, _ARCHIVE = N_("表格"), N_("文本"), N_("压缩包")
KINDS: dict[str, FileKind] = {
    "pdf": FileKind(_FIXED, "application/pdf", _is_pdf),
    "ofd": FileKind(_FIXED, "application/ofd", _zip_with(b"OFD.xml")),
    "jpg": FileKind(_PICTURE, "image/jpeg", _begins(b"\xff\xd8\xff")),
    "jpeg": FileKind(_PICTURE, "image/jpeg", _begins(b"\xff\xd8\xff")),
    "png": FileKind(_PICTURE, "image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "webp": FileKind(_PICTURE, "image/webp", _is_webp),
    "docx": FileKind(_LETTER, f"{_OFFICE}.wordprocessingml.document", _zip_with(b"[Content_Types].xml", b"word/")),
    "xlsx": FileKind(_SHEET, f"{_OFFICE}.spreadsheetml.sheet", _zip_with(b"[Content_Types].xml", b"xl/")),
    "doc": FileKind(_LETTER, "application/msword", _begins(_OLE)),
    "xls": FileKind(_SHEET, "application/vnd.ms-excel", _begins(_OLE)),
    "wps": FileKind(_LETTER, "application/vnd.ms-works", _begins(_OLE)),
    "et": FileKind(_SHEET, "application/vnd.ms-excel", _begins(_OLE)),
    "txt": FileKind(_TEXT, "text/plain", _is_plain),
    "csv": FileKind(_SHEET, "text/csv", _is_plain),
    "zip": FileKind(_ARCHIVE, "application/zip", _begins(*_ZIPS)),
}


def clean_name(name: str) -> str:
    """The file's own name, without folders and without signs that mislead or that no file system takes."""
    own = re.split(r"[\\/]", _TURNS.sub("", unicodedata.normalize("NFC", name)))[-1]
    plain = "".join(sign for sign in _UNFIT.sub("_", own) if not "\ud800" <= sign <= "\udfff").strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    return f"{stem[:_LONGEST].strip()}{dot}{ending[:10]}"


def checked(name: str, content: bytes, allowed: Collection[str], most: int) -> tuple[str, str]:
    """The clean name and the media type of a file that may be kept. Raises Refused, which says why it may not."""
    own = clean_name(name)
    shown = own or str(N_("未命名文件"))
    ending = own.rpartition(".")[2].lower() if "." in own else ""
    if not content:
        raise Refused(N_("“{name}”是空文件", name=shown))
    if len(content) > most:
        raise Refused(N_("“{name}”超过 {most} MB", name=shown, most=most // 2**20), status=413)
    kind = KINDS.get(ending) if ending in allowed else None
    if kind is None:
        types = " ".join(each for each in KINDS if each in allowed)
        raise Refused(N_("“{name}”的类型不能上传；可以上传 {types}", name=shown, types=types), status=415)
    if not kind.fits(content):
        raise Refused(N_("“{name}”的内容与扩展名 .{ending} 不符", name=shown, ending=ending), status=415)
    if ending != "zip" and kind.media_type[:4] == "appl" and any(mark in content for mark in _MACROS):
        raise Refused(N_("“{name}”带有宏，请另存为不带宏的文件", name=shown), status=415)
    return own, kind.media_type
