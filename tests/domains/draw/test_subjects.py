"""Who is drawn: exactly as likely as the freeze record says, at every level within one of what is expected."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domains.draw.rules import quotas, record, tickets
from app.domains.draw.rules.canon import canonical, digest
from app.domains.draw.rules.cells import UNIT, Cell, cell
from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.tickets import Want
from tests.domains.draw import county

SEEDS = 20_000


def seed_of(number: int) -> bytes:
    return hashlib.sha256(b"seed %d" % number).digest()


CELLS = st.builds(
    Cell,
    st.sampled_from(["610102", "610113", "610116"]),
    st.sampled_from("ABCD"),
    st.integers(0, 4),
    st.sampled_from(["", "", "", "07"]),
)
CHANCES = st.dictionaries(
    CELLS,
    st.tuples(st.integers(0, 60), st.integers(0, UNIT) | st.sampled_from([0, UNIT, UNIT // 20])),
    min_size=1,
    max_size=40,
)


@given(CHANCES, st.binary(min_size=32, max_size=32))
@settings(county.UNHURRIED, max_examples=300)
def test_every_level_is_within_one_of_its_expectation(chances: quotas.Chances, seed: bytes):
    made = quotas.quotas(chances, Drbg("sm3", key("sm3", seed, "round")))
    levels = [lambda c: c, lambda c: c.region, lambda c: c.column, lambda c: c.subject_class, lambda c: ""]
    for level in levels:
        expected, got = Counter(), Counter()
        for each, (size, chance) in chances.items():
            expected[level(each)] += size * chance
            got[level(each)] += made[each]
        for group, nano in expected.items():
            assert nano // UNIT <= got[group] <= -(-nano // UNIT)


def test_the_network_by_hand():
    a, b, c = cell("1,A,0"), cell("1,B,0"), cell("2,A,0")
    edges = quotas.network({c: (3, 100), a: (2, 50), b: (4, 25)})
    # 0 source, 1 and 2 the regions, 3 and 4 the columns, 5 and 6 the classes, 7 the sink.
    assert edges == [
        (1, 3, 100), (1, 4, 100), (2, 3, 300),
        (0, 1, 200), (0, 2, 300),
        (3, 5, 400), (4, 6, 100),
        (5, 7, 400), (6, 7, 100),
        (7, 0, 500),
    ]  # fmt: skip


def test_golden_quotas():
    chances = {cell(text): (size, UNIT // 7) for text, size in (("1,A,0", 3), ("1,A,1", 5), ("2,A,0", 4), ("2,B,0", 9))}
    made = [list(quotas.quotas(chances, Drbg("sm3", key("sm3", seed_of(n), "round"))).values()) for n in range(4)]
    assert made == GOLDEN_QUOTAS


GOLDEN_QUOTAS = [[1, 1, 0, 1], [1, 0, 0, 2], [0, 1, 1, 1], [0, 1, 1, 1]]


SHAPES = {
    # A county: 100 subjects, n = 9 every time (draw.md, 3.1).
    "county": {cell("610113,A,0"): (40, 45_000_000), cell("610113,B,0"): (30, 80_000_000), cell("610113,C,0"): (20, 120_000_000), cell("610113,D,0"): (10, 240_000_000)},
    # Many small cells, none of which expects one.
    "crumbs": {Cell(region, name, age): (1 + (number * 7) % 5, 30_000_000 + 11_000_003 * number) for number, (region, name, age) in enumerate((r, c, a) for r in ("610102", "610113") for c in "ABC" for a in range(2))},
    # Certainty, no chance, the excluded, and one large cell.
    "edges": {cell("1,A,0"): (50, 61_111_111), cell("1,B,0"): (3, UNIT), cell("1,C,0"): (4, 0), cell("1,C,1,!CAP"): (6, 0), cell("2,A,0"): (7, 333_333_333), cell("2,B,1"): (9, 10_000_000)},
}  # fmt: skip


@pytest.mark.parametrize("name", SHAPES)
def test_every_subject_is_drawn_as_often_as_its_chance_says(name: str):
    """G1: 20,000 seeds; chi-square over subjects, and the size never off by one where it is whole."""
    chances = SHAPES[name]
    subjects = {each: [b"%s-%d" % (each.text.encode(), n) for n in range(size)] for each, (size, _) in chances.items()}
    drawn: Counter[bytes] = Counter()
    totals = set()
    for number in range(SEEDS):
        seed = seed_of(number)
        numbers = quotas.quotas(chances, Drbg("sm3", key("sm3", seed, "round")))
        totals.add(sum(numbers.values()))
        start = hashlib.new("sm3", key("sm3", seed, "ticket"))
        for each, wanted in numbers.items():
            if wanted:
                drawn.update(name for _, name in sorted(_ticketed(start, subjects[each]))[:wanted])
    expected = sum(size * chance for size, chance in chances.values())
    assert totals <= {expected // UNIT, -(-expected // UNIT)}
    squares = terms = 0.0
    for each, (size, chance) in chances.items():
        p = chance / UNIT
        hits = [drawn[name] for name in subjects[each]]
        if 0 < p < 1:
            squares += sum((hit - SEEDS * p) ** 2 for hit in hits) / (SEEDS * p * (1 - p))
            terms += size
            # The cell as a whole: the rounding is without bias.
            mean, expects = sum(hits) / SEEDS, size * p
            spread = math.sqrt((expects % 1) * (1 - expects % 1) / SEEDS)
            assert abs(mean - expects) <= 4.5 * spread + 1e-9
        else:
            assert set(hits) == {int(p) * SEEDS}
    # Wilson and Hilferty: chi-square of that many degrees, p = 0.001. (Subjects of one cell exclude one another, which
    # leaves the expectation of the sum and widens it a little: this asks for more than it says.)
    assert squares < terms * (1 - 2 / (9 * terms) + 3.09 * math.sqrt(2 / (9 * terms))) ** 3


def _ticketed(start: "hashlib._Hash", subjects: Iterable[bytes]) -> Iterable[tuple[bytes, bytes]]:
    for subject in subjects:
        one = start.copy()
        one.update(subject)
        yield one.digest(), subject


def test_every_choice_of_three_of_eight_is_equally_likely():
    frame = [b"%d,1,A,0\n" % n for n in range(8)]
    want = {cell("1,A,0"): Want(8, 3, 0)}
    seen = Counter(tuple(tickets.draw("sha256", seed_of(n), lambda: frame, want).drawn) for n in range(8_000))
    expected = 8_000 / 56
    assert set(seen) == set(combinations([b"%d" % n for n in range(8)], 3))
    assert sum((count - expected) ** 2 / expected for count in seen.values()) < 93.2  # 55 degrees, p = 0.001


def test_tickets_by_hand():
    frame = [b"A,1,A,0\n", b"B,1,A,0\n", b"C,1,A,0\n", b"D,1,B,0\n", b"E,1,B,0\n", b"F,1,C,0,!CAP\n"]
    a, b, out = cell("1,A,0"), cell("1,B,0"), cell("1,C,0,!CAP")
    made = tickets.draw("sm3", b"k", lambda: frame, {a: Want(3, 1, 1), b: Want(2, 2, 0), out: Want(1, 0, 0)})
    ranked = sorted((digest("sm3", b"k", name), name) for name in (b"A", b"B", b"C"))
    last = max(digest("sm3", b"k", b"D"), digest("sm3", b"k", b"E"))
    assert made.drawn == sorted([ranked[0][1], b"D", b"E"])
    assert made.reserve == [ranked[1][1]]
    assert made.thresholds == {a: (ranked[0][0], ranked[1][0]), b: (last, b""), out: (b"", b"")}


def test_equal_tickets_go_by_the_id():
    same = {cell("1,A,0"): [(b"t", b"B"), (b"t", b"A"), (b"t", b"C")]}
    assert tickets.rank(same, {cell("1,A,0"): Want(3, 1, 1)}) == tickets.Outcome(
        [b"A"], [b"B"], {cell("1,A,0"): (b"t", b"t")}
    )


@pytest.mark.parametrize(
    ("size", "drawn", "behind"),
    [(100, 0, 0), (100, 1, 3), (100, 30, 3), (100, 31, 4), (1000, 100, 10), (5, 4, 1), (5, 5, 0), (10, 8, 2)],
)
def test_the_reserve(size: int, drawn: int, behind: int):
    assert tickets.reserve(size, drawn) == behind


def test_a_limit_that_was_too_low_is_corrected(monkeypatch: pytest.MonkeyPatch):
    frame = county.lines(2000)
    wants = {cell(f"{region},A,{age}"): Want(0, 2, 1) for region in county.REGIONS for age in range(5)}
    every: dict[Cell, Want] = {}
    for each in frame:
        of = cell(each.decode().strip().partition(",")[2])
        every[of] = Want(every.get(of, Want(0, 0, 0)).size + 1, 2 if of in wants else 0, 1 if of in wants else 0)
    right = tickets.draw("sm3", b"k", lambda: frame, every)
    for low in (b"", b"\1" * 32, b"\x30" * 32):
        monkeypatch.setattr(tickets, "limit", lambda want, low=low: low if want.drawn else b"")
        assert tickets.draw("sm3", b"k", lambda: frame, every) == right


def test_limits_pass_what_is_wanted_and_little_more():
    assert tickets.limit(Want(100, 0, 0)) == b""
    assert tickets.limit(Want(100, 50, 3)) == b"\xff" * 32
    # 1,100 wanted and about 12 standard deviations: 1,100 + 12 x 34 + 40 of a million.
    assert tickets.limit(Want(10**6, 1000, 100)) == (1548 * 2**256 // 10**6).to_bytes(32, "big")


@pytest.mark.parametrize(("alg", "salt"), [("sm3", b""), ("sha256", b"salt")])
def test_the_same_inputs_give_the_same_record_and_every_subject_its_proof(alg: str, salt: bytes):
    made, again = county.draw(700, alg, salt=salt), county.draw(700, alg, salt=salt)
    assert (made.frozen, made.drawn) == (again.frozen, again.drawn)
    assert made.drawn.result["drawn"] == made.drawn.drawn.count(b"\n")
    drawn = made.drawn.drawn.split()
    assert drawn == sorted(set(drawn))
    for index in (0, 1, 350, 699):
        proof = record.proof(made.frozen, made.seed, made.drawn.result, made.lines, index, salt)
        ticket = digest(alg, key(alg, made.seed, "ticket"), proof["line"].partition(",")[0].encode())
        assert (ticket.hex() <= proof["cell"][3]) == (proof["line"].partition(",")[0].encode() in drawn)
        assert len(canonical(proof)) < 2048
