"""The offline page in a real browser: its own hashes, and what it says of proofs, records and forgeries."""

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domains.draw.rules import record
from app.domains.draw.rules.canon import canonical
from tests.domains.draw import county
from tests.journeys.browser import driver, until

MADE = county.draw(1500)
DRAWN, RESERVE = (each.decode().split() for each in (MADE.drawn.drawn, MADE.drawn.reserve))
LINES = {line.split(b",")[0].decode(): line.decode().strip() for line in MADE.lines}
NEITHER = next(name for name in LINES if name not in {*DRAWN, *RESERVE})

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return MADE.publish(tmp_path_factory.mktemp("draw") / "record")


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Any]:
    with driver() as chrome:
        size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
        chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        chrome.get((folder / "verify.html").as_uri())
        yield chrome
        assert chrome.get_log("browser") == []


def ask(page: Any, text: str, *files: Path) -> tuple[str, str]:
    """The verdict, and everything that the page says."""
    page.refresh()
    if files:
        page.find_element("id", "files").send_keys("\n".join(map(str, files)))
    page.execute_script("document.getElementById('text').value = arguments[0]", text)
    page.find_element("tag name", "button").click()
    until(page, lambda chrome: chrome.find_elements("id", "verdict"))
    assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    return page.find_element("id", "verdict").text, page.find_element("id", "result").text


def zipped(folder: Path, to: Path) -> Path:
    return Path(shutil.make_archive(str(to / "record"), "zip", folder))


@pytest.mark.parametrize("alg", ["sm3", "sha256"])
def test_its_hashes(page: Any, alg: str):
    texts = [size * "a" for size in (0, 1, 3, 55, 56, 63, 64, 119, 120, 1000)]
    told = page.execute_script("return arguments[1].map((each) => hex(HASHES[arguments[0]](utf8(each))))", alg, texts)
    assert told == [hashlib.new(alg, each.encode()).hexdigest() for each in texts]


def test_a_whole_record_and_one_subject_of_it(page: Any, folder: Path, tmp_path: Path):
    archive = zipped(folder, tmp_path)
    verdict, said = ask(page, "", archive)
    assert verdict == "全部相符"
    assert f"1500 户中抽 {len(DRAWN)} 户" in said
    assert record.fingerprint("sm3", MADE.frozen)[:8] in said
    for name, fate in ((DRAWN[0], "抽中"), (RESERVE[0], "备选"), (NEITHER, "未抽中")):
        verdict, said = ask(page, name.lower(), archive)
        assert (verdict, LINES[name] in said) == (fate, True)
        assert "名录 1500 户逐行重算" in said
    assert ask(page, "91610000000000000X", archive)[1].endswith("名录里没有这个代码")


def test_a_proof_from_a_file_or_pasted(page: Any, tmp_path: Path):
    for name, fate in ((DRAWN[-1], "抽中"), (NEITHER, "未抽中")):
        proof = record.proof(MADE.frozen, MADE.seed, MADE.drawn.result, MADE.lines, [*LINES].index(name))
        (tmp_path / "proof.json").write_bytes(canonical(proof))
        assert ask(page, "", tmp_path / "proof.json")[0] == fate
        verdict, said = ask(page, canonical(proof).decode())
        assert (verdict, "您的一行在冻结的名录里" in said) == (fate, True)
        for changed in (
            proof | {"line": proof["line"] + "1"},
            proof | {"root": "00" * 32},
            proof | {"path": proof["path"][1:]},
        ):
            assert ask(page, canonical(changed).decode())[1].endswith("这一行不在冻结的名录里")


def test_a_record_without_its_frame_says_what_it_does_not_prove(page: Any, folder: Path):
    three = [folder / f"{name}.json" for name in ("freeze", "ceremony", "result_A")]
    verdict, said = ask(page, LINES[DRAWN[0]], *three)
    assert (verdict, "不能证明您的一行在名录里" in said) == ("抽中", True)
    assert ask(page, "", *three)[0] == "所选部分相符"
    assert "请再选公布的抽查记录" in ask(page, DRAWN[0], *three)[1]
    assert "请再选公布的抽查记录" in ask(page, DRAWN[0])[1]
    assert "请选择文件" in ask(page, "")[1]


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("frame.csv", lambda raw: raw.replace(b",610113,B,", b",610113,A,", 1), "树根不符"),
        ("frame.csv", lambda raw: raw[: raw.rindex(b"9161")], "树根不符"),
        ("result_A.json", lambda raw: raw.replace(b'"drawn":', b'"drawn":1'), "抽取名单不符"),
        ("ceremony.json", lambda raw: raw.replace("福彩3D".encode(), b"x"), "不是种子给出的数"),
        ("ceremony.json", lambda raw: raw.replace("福彩3D".encode(), b"x", 1), "两次录入不一致"),
        ("freeze.json", lambda raw: raw.replace(b'"rows":1', b'"rows":2'), "不是同一次抽取"),
        ("freeze.json", lambda raw: raw.replace(b'"rows"', b' "rows"'), "不是规范写法"),
    ],
)  # fmt: skip
def test_a_forgery(page: Any, folder: Path, tmp_path: Path, name: str, how: Any, said: str):
    forged = Path(shutil.copytree(folder, tmp_path / "forged"))
    (forged / name).write_bytes(how((forged / name).read_bytes()))
    verdict, told = ask(page, "", zipped(forged, tmp_path))
    assert verdict == "不符或缺少资料"
    assert said in told
