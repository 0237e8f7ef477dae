"""The seed: what nobody could choose and nobody can ask for again (SSJ1, 5.4).

Every party has made a chain of hashes before the year began and published its end, the anchor. A draw uses the next
links: they can be checked against the anchor at once, and be no others. Together with a public number that did not
exist when the frame was frozen they are the seed. Whoever withholds a link gains nothing: it lies in an envelope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import is_normalized

from app.core.messages import N_, Message
from app.domains.draw.rules.canon import digest, lp

#: From different chains of command; an everyday draw of one office has one party, the machine, and says so.
LEAST = {"parties": 3, "office": 1}


@dataclass(frozen=True)
class Party:
    """One who takes part: the anchor of the chain and which link of it the first stage of this draw uses."""

    name: str
    anchor: bytes
    position: int


@dataclass(frozen=True)
class Revealed:
    """What a stage has shown: the links in the order of the parties, and the public number as two clerks typed it."""

    links: Sequence[bytes]
    typed: Sequence[str]


def link_before(alg: str, link: bytes) -> bytes:
    """The link that is revealed before this one."""
    return digest(alg, lp("SSJ1/chain"), lp(link))


def chain(alg: str, end: bytes, length: int) -> list[bytes]:
    """A whole chain from its secret end: the anchor first, then the links in the order in which they are revealed."""
    links = [end]
    for _ in range(length):
        links.append(link_before(alg, links[-1]))
    return links[::-1]


def is_link(alg: str, link: bytes, anchor: bytes, position: int) -> bool:
    """True when the link stands at that position of the chain with this anchor."""
    for _ in range(position):
        link = link_before(alg, link)
    return position > 0 and link == anchor


def why_not(alg: str, ceremony: str, parties: Sequence[Party], shown: Revealed, stage: int = 0) -> list[Message]:
    """Everything that forbids a seed: parties missing or the same, links that are not theirs, numbers that differ.

    ``stage`` counts from 0: each stage of a draw uses the next link of everybody.
    """
    problems: list[Message] = []
    least = LEAST[ceremony]
    different = min(len({party.anchor for party in parties}), len({party.name for party in parties}))
    if len(parties) < least or different < len(parties):
        problems.append(N_("参与方不足 {least} 个，或者有重复", least=least))
    if ceremony == "office" and len(parties) != 1:
        problems.append(N_("单一机关模式只有一个参与方"))
    if len(shown.links) != len(parties):
        problems.append(N_("{missing} 个参与方尚未提交链值", missing=len(parties) - len(shown.links)))
    for party, link in zip(parties, shown.links, strict=False):
        if not is_link(alg, link, party.anchor, party.position + stage):
            problems.append(N_("{party} 提交的链值与事先公布的锚值不符", party=party.name))
    if len(shown.typed) != 2 or shown.typed[0] != shown.typed[1]:
        problems.append(N_("公共随机数须由两人分别录入且一致"))
    elif not shown.typed[0].strip() or not is_normalized("NFC", shown.typed[0]):
        problems.append(N_("公共随机数为空或含有不规范的字符"))
    return problems


def seed(
    alg: str,
    stage: str,
    draw_id: str,
    frozen: bytes,
    links: Sequence[bytes],
    public: str,
    context: Sequence[bytes] = (),
) -> bytes:
    """The seed of a stage (`A`, `B`, `R1`, …). ``frozen`` is the hash of the freeze record; ``context`` the hashes of
    what the stage stands on: for teams the list of subjects and the table of chances."""
    parts = [lp(stage), lp(draw_id), lp(frozen), *map(lp, context), *map(lp, links), lp(public)]
    return digest(alg, lp("SSJ1/seed"), *parts)
