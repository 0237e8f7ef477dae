"""What the four workflows of the catalogue must do, written down by hand from domain.md §2.7: the code is held to it.

One line for each move: its name, the states it begins in, where it leads, the permission that opens it, whose it is
(own, above, justice), and further words: reason (must be said), apart (not by whoever wrote or handed in), published /
unpublished (only rows that have an edition, or none), local / ordinary (items of local regulations, or all others),
needs:field (must be filled).
"""

from __future__ import annotations

from dataclasses import dataclass

_LIFE = """
submit         {first},returned,changing  submitted  edit     own  {needs}
recall         submitted                  {first}    edit     own  unpublished
recall_change  submitted                  changing   edit     own  published
approve        submitted                  approved   review   own  apart {ordinary}
return         submitted,approved         returned   review   own  reason
publish        approved                   published  publish  own
change         published                  changing   edit     own
drop           changing,returned          published  edit     own  published
suspend        published                  suspended  publish  own  reason
resume         suspended                  published  publish  own
abolish        published,suspended        abolished  publish  own  reason
"""
_ITEM = (
    _LIFE.format(first="drafting", needs="", ordinary="ordinary")
    + """
approve_on     submitted      second_review  review  own      apart local
concur         second_review  approved       review  justice  apart
object         second_review  returned       review  justice  apart reason
"""
)
_CLAIM = (
    _LIFE.format(first="claimed", needs="needs:process_text needs:result_text", ordinary="")
    + """
claim          pending          claimed   edit    own
excuse         pending,claimed  excusing  edit    own    reason unpublished
recall_excuse  excusing         pending   edit    own
accept         excusing         excused   review  above  apart
refuse         excusing         pending   review  above  apart reason
reopen         excused          pending   edit    own
"""
)
_REFORM = """
confirm  open  done  edit  own  needs:sub_item
gap      open  gap   edit  own  needs:gap_note needs:due_on
close    gap   done  edit  own  needs:sub_item
again    done  open  edit  own  reason
"""

#: The fields of rows may be edited in these states only.
EDITABLE = {
    "supervision_item": {"drafting", "returned", "changing"},
    "supervision_sub_item": {"drafting", "returned", "changing"},
    "implementation_list": {"drafting", "returned", "changing"},
    "item_claim": {"claimed", "returned", "changing"},
    "approval_reform_case": {"open", "gap"},
}
#: What each role may do with rows that move; every other role may do nothing of it.
ROLES = {
    "catalog_editor": {"edit"},
    "catalog_reviewer": {"edit", "review", "publish"},
    "sys_admin": {"edit"},
}


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    sources: frozenset[str]
    target: str
    may: str
    where: str
    words: frozenset[str]

    @property
    def needs(self) -> list[str]:
        return sorted(word.removeprefix("needs:") for word in self.words if word.startswith("needs:"))

    def is_open(self, state: str, *, published: bool, local: bool) -> bool:
        """True when a row that stands like this may make the move, whoever does it."""
        wrong = {"unpublished" if published else "published", "ordinary" if local else "local"}
        return state in self.sources and not wrong & self.words


def _lines(text: str) -> dict[str, Line]:
    found = {}
    for each in filter(None, text.splitlines()):
        name, sources, target, may, where, *words = each.split()
        found[name] = Line(name, frozenset(sources.split(",")), target, may, where, frozenset(words))
    return found


TABLE = {
    "supervision_item": _lines(_ITEM),
    "supervision_sub_item": _lines(_ITEM),
    "implementation_list": _lines(_LIFE.format(first="drafting", needs="", ordinary="")),
    "item_claim": _lines(_CLAIM),
    "approval_reform_case": _lines(_REFORM),
}
