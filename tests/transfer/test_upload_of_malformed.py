"""The upload page with files that are malformed: an answer in words, never an error of ours."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from markupsafe import escape

from app.transfer.sighting import SUFFIXES as WITH_DOTS
from tests.conftest import Browser
from tests.transfer.corpus import HEAVY, READ, REFUSED
from tests.transfer.test_reader_mutations import Seeds, mutated, seeds

SUFFIXES = {suffix.lstrip(".") for suffix in WITH_DOTS}
#: Refused by limits that are lower in the tests of the reader than the console's.
ONLY_SMALLER = {"too many rows", "too many rows in no order", "only formulas"}
SAMPLE = range(0, 2_000, 50)
_ = seeds


def answered(writer: Browser, path: Path) -> tuple[int, str]:
    """Upload the file; where the page leads on, the next page is there, too."""
    answer = writer.post("/subject_tag/import", file=(io.BytesIO(path.read_bytes()), path.name))
    page = answer.get_data(as_text=True)
    if answer.status_code == 302:
        followed = writer.get(answer.headers["Location"])
        assert followed.status_code in (200, 302), (path.name, followed.status_code)
    assert "Traceback" not in page
    return answer.status_code, page


@pytest.mark.usefixtures("world")
def test_a_malformed_file_is_refused_on_the_page(tmp_path: Path, browser: Callable[[str], Browser]):
    writer = browser("t_own")
    wrong = []
    for kind in sorted(REFUSED.keys() - HEAVY - ONLY_SMALLER):
        make, suffix, _, named = REFUSED[kind]
        path = tmp_path / f"文件.{suffix}"
        make(path)
        status, page = answered(writer, path)
        told = suffix not in SUFFIXES or str(escape(named)) in page
        if status not in (413, 415, 422) or not told:
            wrong.append((kind, status))
    assert not wrong


@pytest.mark.usefixtures("world")
def test_a_strange_file_is_taken_or_refused_in_words(tmp_path: Path, browser: Callable[[str], Browser]):
    writer = browser("t_own")
    for kind, (make, suffix, _) in READ.items():
        path = tmp_path / f"文件.{suffix}"
        make(path)
        assert answered(writer, path)[0] in (302, 415, 422), kind


@pytest.mark.usefixtures("world")
def test_mutated_files_get_an_answer(tmp_path: Path, seeds: Seeds, browser: Callable[[str], Browser]):
    writer = browser("t_own")
    for seed in SAMPLE:
        suffix, content = mutated(seed, seeds)
        path = tmp_path / f"文件{seed}.{suffix}"
        path.write_bytes(content)
        status, page = answered(writer, path)
        assert status in (302, 415, 422), seed
        assert status == 302 or re.search("[\u4e00-\u9fff]", page), seed
