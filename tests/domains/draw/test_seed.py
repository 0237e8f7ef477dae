"""The seed, the ceremony that makes it, and the log that says in which order."""

from dataclasses import replace
from typing import Any

import pytest

from app.domains.draw.rules import log, seed
from app.domains.draw.rules.canon import digest, lp
from app.domains.draw.rules.seed import Party, Revealed, chain, is_link, link_before, why_not
from tests.domains.draw import county

LINKS = [b"\1" * 32, b"\2" * 32, b"\3" * 32]


@pytest.mark.parametrize(
    ("alg", "beginnings", "made"),
    [
        ("sm3", ["62cb5e65a6aeb8f7", "3d1022fd85aab1a2", "ddd17d4a8537569e", "0000000000000000"], "343fa0fe1a4a3b8b4be3151bab05d67c0bf4f643a5fb83abc7406652965c5955"),
        ("sha256", ["dba095e778e95689", "66f4307edd300b23", "4ebc6eefed533197", "0000000000000000"], "edb9c462f9f0df0ec7dd54092cb66a4d6071f6302143315b94d7094226ad1c21"),
    ],
)  # fmt: skip
def test_chains_and_seeds(alg: str, beginnings: list[str], made: str):
    links = chain(alg, bytes(32), 3)
    assert [link.hex()[:16] for link in links] == beginnings
    assert links[0] == digest(alg, lp("SSJ1/chain"), lp(links[1])) == link_before(alg, links[1])
    assert seed.seed(alg, "A", county.DRAW_ID, bytes(32), LINKS, "3141.59 福彩3D 926").hex() == made


def test_every_part_of_a_seed_counts():
    parts: dict[str, Any] = {"stage": "A", "draw_id": "d", "frozen": bytes(32), "links": LINKS, "public": "1"}
    others = [
        {"stage": "B"},
        {"draw_id": "e"},
        {"frozen": b"\1" * 32},
        {"links": LINKS[::-1]},
        {"links": LINKS[:2]},
        {"public": "2"},
        {"context": [bytes(32)]},
    ]
    made = {seed.seed("sm3", **(parts | other)) for other in [{}, *others]}
    assert len(made) == len(others) + 1
    # What stands behind one part cannot be taken for the next.
    assert seed.seed("sm3", "A", "d", bytes(32), LINKS[1:], "1", [LINKS[0]]) == seed.seed(
        "sm3", "A", "d", bytes(32), LINKS, "1"
    )


def test_a_link_belongs_to_one_place_of_one_chain():
    mine, other = chain("sm3", bytes(32), 5), chain("sm3", b"\1" * 32, 5)
    assert all(is_link("sm3", mine[at], mine[0], at) for at in range(1, 6))
    assert not is_link("sm3", mine[2], mine[0], 3)
    assert not is_link("sm3", other[2], mine[0], 2)
    assert not is_link("sm3", mine[0], mine[0], 0)


CHAINS = [chain("sm3", bytes([number] * 32), 8) for number in range(4)]
PARTIES = [Party(name, links[0], 3) for name, links in zip(("业务", "纪检", "数据"), CHAINS)]
SHOWN = Revealed([links[3] for links in CHAINS[:3]], ["3141", "3141"])


def test_a_whole_ceremony():
    assert why_not("sm3", "parties", PARTIES, SHOWN) == []
    # The next stage uses the next links: what is known by now is of no use.
    assert why_not("sm3", "parties", PARTIES, replace(SHOWN, links=[links[4] for links in CHAINS[:3]]), 1) == []
    assert len(why_not("sm3", "parties", PARTIES, SHOWN, 1)) == 3
    # An everyday draw of one office: the machine alone, and a public number all the same.
    assert why_not("sm3", "office", PARTIES[:1], replace(SHOWN, links=SHOWN.links[:1])) == []


@pytest.mark.parametrize(
    ("ceremony", "parties", "shown", "said"),
    [
        ("parties", PARTIES[:2], replace(SHOWN, links=SHOWN.links[:2]), ["参与方不足 3 个，或者有重复"]),
        ("parties", [*PARTIES[:2], replace(PARTIES[0], name="数据")], replace(SHOWN, links=[*SHOWN.links[:2], SHOWN.links[0]]), ["参与方不足 3 个，或者有重复"]),
        ("parties", [*PARTIES[:2], replace(PARTIES[2], name="纪检")], SHOWN, ["参与方不足 3 个，或者有重复"]),
        ("parties", [*PARTIES, replace(PARTIES[0], name="公证")], replace(SHOWN, links=[*SHOWN.links, SHOWN.links[0]]), ["参与方不足 3 个，或者有重复"]),
        ("parties", PARTIES, replace(SHOWN, links=SHOWN.links[:2]), ["1 个参与方尚未提交链值"]),
        ("parties", PARTIES, replace(SHOWN, links=[*SHOWN.links[:2], CHAINS[3][3]]), ["数据 提交的链值与事先公布的锚值不符"]),
        ("parties", PARTIES, replace(SHOWN, links=[*SHOWN.links[:2], CHAINS[2][4]]), ["数据 提交的链值与事先公布的锚值不符"]),
        ("parties", PARTIES, replace(SHOWN, typed=["3141", "3142"]), ["公共随机数须由两人分别录入且一致"]),
        ("parties", PARTIES, replace(SHOWN, typed=["3141"]), ["公共随机数须由两人分别录入且一致"]),
        ("parties", PARTIES, replace(SHOWN, typed=[" ", " "]), ["公共随机数为空或含有不规范的字符"]),
        ("parties", PARTIES, replace(SHOWN, typed=["e\u0301", "e\u0301"]), ["公共随机数为空或含有不规范的字符"]),
        ("office", PARTIES, SHOWN, ["单一机关模式只有一个参与方"]),
        ("office", [], replace(SHOWN, links=[]), ["参与方不足 1 个，或者有重复", "单一机关模式只有一个参与方"]),
    ],
)  # fmt: skip
def test_a_ceremony_that_is_not_whole_gives_no_seed(
    ceremony: str, parties: list[Party], shown: Revealed, said: list[str]
):
    assert [str(each) for each in why_not("sm3", ceremony, parties, shown)] == said


def test_a_log_is_whole_or_says_where_it_is_broken():
    events = county.log_of("sm3", [("freeze", "00"), ("public:A", "01"), ("seed:A", "02")])
    assert log.broken_at("sm3", county.DRAW_ID, events) is None
    assert log.broken_at("sm3", county.DRAW_ID, []) is None
    assert log.broken_at("sm3", "610113-2026-002", events) == 1
    assert log.broken_at("sm3", county.DRAW_ID, events[1:]) == 1
    assert log.broken_at("sm3", county.DRAW_ID, [events[0], events[2]]) == 2
    assert log.broken_at("sm3", county.DRAW_ID, [events[1], events[0], events[2]]) == 1
    for name in log.BODY:
        changed = events[1] | {name: 7 if name == "seq" else "other"}
        assert log.broken_at("sm3", county.DRAW_ID, [events[0], changed, events[2]]) == 2
    # Written anew with its own hash, it no longer leads to the next.
    forged = log.event("sm3", events[0]["hash"], events[1] | {"actor": "sysadmin"})
    assert log.broken_at("sm3", county.DRAW_ID, [events[0], forged, events[2]]) == 3
