"""Text as XML and office programs write it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .refusal import Unfit

ENTITY = re.compile(r"&(#x[0-9a-fA-F]+|#[0-9]+|\w+);?")
NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
#: In this order: an ampersand that was resolved is not looked at again.
BY_ENTITY = {f"&{name};": sign for name, sign in [*NAMED.items()][::-1]}
#: How office programs write characters that XML does not hold; only the first 256 are written so.
ESCAPED = re.compile(r"_x00([0-9a-fA-F]{2})_")
XML_BLANK = " \t\r\n"
PRESERVED = ' xml:space="preserve"'


def plain(text: str) -> str:
    """Text of the XML with its entities resolved."""
    return ENTITY.sub(_entity, text) if "&" in text else text


def cell_text(text: str, trimmed: bool) -> str:
    """The text of one cell or run."""
    text = plain(text.strip(XML_BLANK) if trimmed else text)
    return unescaped(text) if "_x00" in text else text


def cell_texts(texts: Sequence[str], trimmed: bool) -> Sequence[str]:
    """The texts of many cells or runs: looked at one by one only where something has to be done."""
    joined = "\0".join(texts)
    if trimmed and (joined[:1] in XML_BLANK or joined[-1:] in XML_BLANK or _is_blank_beside(joined)):
        texts = [text.strip(XML_BLANK) for text in texts]
    if "&" in joined:
        joined = "\0".join(texts)
        if joined.count("&") == sum(map(joined.count, BY_ENTITY)):
            for entity, sign in BY_ENTITY.items():
                joined = joined.replace(entity, sign)
            texts = joined.split("\0")
        else:
            texts = [plain(text) if "&" in text else text for text in texts]
    if "_x00" in joined:
        texts = [unescaped(text) if "_x00" in text else text for text in texts]
    return texts


def unescaped(text: str) -> str:
    """``_x000D_`` is the carriage return; a NUL is dropped."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\0", "")


def _is_blank_beside(joined: str) -> bool:
    found = [blank for blank in XML_BLANK if blank in joined]
    return any(f"\0{blank}" in joined or f"{blank}\0" in joined for blank in found)


def _entity(match: re.Match[str]) -> str:
    name = match[1]
    try:
        sign = NAMED[name] if name[0] != "#" else chr(int(name[2:], 16) if name[1] == "x" else int(name[1:]))
    except (KeyError, ValueError, OverflowError):
        sign = ""
    if not sign or not match[0].endswith(";") or "\ud800" <= sign <= "\udfff":
        raise Unfit("bad_text", value=match[0][:40])
    return "" if sign == "\0" else sign
