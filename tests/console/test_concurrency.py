"""Many people at once: nobody gets another's filter, another's rows, another's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from tests.conftest import Browser

THREADS, ROUNDS = 8, 20

#: Who asks for what: the filter must come back in the box, the rows must be of the own county.
ASKED = (
    ("clerk_yanta", "有限公司", "雁塔"),
    ("clerk_beilin", "食品", "碑林"),
    ("clerk_hezuo", "合作市", "合作"),
    ("clerk_yanta", "大药房", "雁塔"),
)


def _ask(app: Flask, number: int) -> list[str]:
    user, word, county = ASKED[number % len(ASKED)]
    person = Browser(app, user)
    wrong = []
    for turn in range(ROUNDS):
        page = person.get("/inspection/list/", q=word, size=20 if turn % 2 else 50).get_data(as_text=True)
        shown = re.search(r'name="q"[^>]*value="([^"]*)"', page)
        if shown is None or shown.group(1) != word:
            wrong.append(f"{user} asked for {word}, the box shows {shown and shown.group(1)}")
        offices = set(re.findall(r'href="/department/show/\d+"[^>]*>([^<]+)<', page))
        if not offices or any(county not in office for office in offices):
            wrong.append(f"{user} sees rows of {offices}")
    return wrong


def test_filters_and_rows_are_of_the_one_who_asks(app: Flask, browser: Callable[[str | None], Browser]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        wrong = [line for lines in pool.map(lambda n: _ask(app, n), range(THREADS)) for line in lines]
    assert wrong == []


def test_languages_do_not_mix(app: Flask) -> None:
    def heading(language: str) -> set[str]:
        person = Browser(app, "clerk_yanta")
        person.post(f"/lang/{language}")
        pages = (person.get("/inspection/list/").get_data(as_text=True) for _ in range(ROUNDS))
        return {re.sub(r"\s+", "", re.search(r"<h1[^>]*>(.*?)</h1>", page, re.S).group(1)) for page in pages}  # type: ignore[union-attr]

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(heading, ["zh", "en"] * (THREADS // 2)))
    assert found == [{"行政检查"}, {"Inspection"}] * (THREADS // 2)
