"""The stand-alone verifier: it says yes to an honest record, and what is wrong with every other one."""

import ast
import importlib.util
import io
import json
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from app.domains.draw.rules import record
from app.domains.draw.rules.canon import canonical, digest, fingerprint
from tests.domains.draw import county


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, county.PROGRAMS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


VERIFY = program("verify")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return county.draw(1500).publish(tmp_path_factory.mktemp("draw") / "record")


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "record"))


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False)


def test_it_is_short_and_knows_only_the_standard_library():
    for path in county.PROGRAMS.glob("verify*.py"):
        tree = ast.parse(path.read_text())
        imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
        imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert imported <= sys.stdlib_module_names | {"verify", "sm3"}
        assert len(lines_of_code(path.read_text())) <= 195


def lines_of_code(text: str) -> set[int]:
    """The lines on which something stands that is neither comment nor docstring."""
    silent = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    )
    said = [each for each in tokenize.tokenize(io.BytesIO(text.encode()).readline) if each.type not in silent]
    return {row for each in said if not each.string.startswith('"""') for row in range(each.start[0], each.end[0] + 1)}


def test_an_honest_record(published: Path, tmp_path: Path):
    told = run("verify.py", ".", cwd=published)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("相符 VERIFIED 610113-2026-001: 1500 rows, ")
    assert run("verify.py", ".", "--no-merkle", cwd=published).returncode == 0
    # As one zip, by a verifier that lies elsewhere.
    archive = shutil.make_archive(str(tmp_path / "record"), "zip", published)
    assert run(county.PROGRAMS / "verify.py", archive, cwd=tmp_path).stdout.startswith("相符 VERIFIED")
    assert run(county.PROGRAMS / "verify.py", cwd=tmp_path).returncode == 1


@pytest.mark.parametrize(("alg", "salt", "parties"), [("sha256", b"", 3), ("sm3", b"s" * 32, 4), ("sm3", b"", 1)])
def test_other_hashes_salts_and_an_office_alone(alg: str, salt: bytes, parties: int, tmp_path: Path):
    folder = county.draw(400, alg, salt=salt, parties=parties).publish(tmp_path / "record")
    VERIFY.check_record(folder)
    if salt:
        (folder / "salt").write_bytes(b"t" * 32)
        assert "Merkle" in refused(folder)


def test_its_own_sm3_is_sm3(published: Path, monkeypatch: pytest.MonkeyPatch):
    own = program("sm3").Sm3
    for size in (0, 1, 3, 55, 56, 63, 64, 65, 200):
        one = own(b"a" * (size // 2))
        two = one.copy()
        two.update(b"b" * (size - size // 2))
        assert (
            two.hexdigest() == two.digest().hex() == digest("sm3", b"a" * (size // 2), b"b" * (size - size // 2)).hex()
        )
        assert one.digest() == digest("sm3", b"a" * (size // 2))
    monkeypatch.syspath_prepend(str(county.PROGRAMS))
    monkeypatch.setattr(VERIFY.hashlib, "algorithms_available", {"sha256"})
    VERIFY.use("sm3")
    assert VERIFY.H(b"a", b"bc") == digest("sm3", b"abc")
    VERIFY.use("sha256")


def refused(folder: Path) -> str:
    """What it says against a record."""
    with pytest.raises(SystemExit) as said:
        VERIFY.check_record(folder)
    assert str(said.value).startswith("不符 FAILED: ")
    return str(said.value).removeprefix("不符 FAILED: ")


def lines(folder: Path, how: Callable[[list[bytes]], object]) -> None:
    """Change the lines of the frame."""
    every = (folder / "frame.csv").read_bytes().splitlines(keepends=True)
    how(every)
    (folder / "frame.csv").write_bytes(b"".join(every))


def swapped(every: list[bytes]) -> None:
    every[3], every[4] = every[4], every[3]


def with_class(every: list[bytes]) -> None:
    number = next(n for n, each in enumerate(every) if b",A,0\n" in each)
    every[number] = every[number].replace(b",A,0\n", b",B,0\n")


def excluded(every: list[bytes]) -> None:
    number = next(n for n, each in enumerate(every) if each.endswith(b",B,0\n"))
    every[number] = every[number].replace(b"\n", b",!CAP\n")


FRAME: dict[str, tuple[Callable[[list[bytes]], object], str]] = {
    "a row deleted": (lambda every: every.pop(700), "Merkle"),
    "the last row deleted": (lambda every: every.pop(), "Merkle"),
    "a row added": (lambda every: every.insert(1, every[0].replace(b"MA", b"MB")), "Merkle"),
    "another class": (with_class, "Merkle"),
    "an id changed": (lambda every: every.__setitem__(5, every[5].replace(b"MA", b"MB")), "Merkle"),
    "an exclusion added, of a cell that had none": (excluded, "不规范的行"),
    "a row twice": (lambda every: every.insert(1, every[0]), "重复、乱序"),
    "rows exchanged": (swapped, "重复、乱序"),
    "a cell that is none": (lambda every: every.__setitem__(5, every[5].replace(b",610", b",620")), "不规范的行"),
}


@pytest.mark.parametrize("name", FRAME)
def test_a_frame_that_was_changed_after_the_freeze(name: str, copy: Path):
    how, said = FRAME[name]
    lines(copy, how)
    assert said in refused(copy)
    # Without the tree the flat hash finds it (or the line itself).
    with pytest.raises(SystemExit):
        VERIFY.check_record(copy, merkle=False)


def cell_of(result: dict[str, Any]) -> list[Any]:
    """A cell that draws someone and has more."""
    return next(each for each in result["cells"].values() if each[1] and each[2] > 1)


def less(result: dict[str, Any]) -> None:
    cell_of(result)[1] -= 1


def without_a_cell(result: dict[str, Any]) -> None:
    result["cells"].pop(next(name for name, each in result["cells"].items() if not each[1]))


def higher(result: dict[str, Any]) -> None:
    """A threshold that lets the first of the reserve in."""
    each = cell_of(result)
    each[3] = each[4]


RESULT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a quota": (less, "不是种子给出的数"),
    "a size": (lambda r: cell_of(r).__setitem__(0, 5), "不是种子给出的数"),
    "a reserve": (lambda r: cell_of(r).__setitem__(2, 1), "不是种子给出的数"),
    "a cell is missing": (without_a_cell, "单元不全"),
    "a threshold raised": (higher, "门槛不符"),
    "a threshold lowered": (lambda r: cell_of(r).__setitem__(4, "00" * 32), "户数或中签数不符"),
    "the list": (lambda r: r.update(list="00" * 32), "result_A.csv"),
    "the reserve list": (lambda r: r.update(reserve="00" * 32), "reserve.csv"),
    "the number": (lambda r: r.update(drawn=1), "总数不符"),
    "another freeze": (lambda r: r.update(freeze="00" * 32), "不是同一次抽取"),
}


@pytest.mark.parametrize("name", RESULT)
def test_a_result_that_is_not_that_of_the_seed(name: str, copy: Path):
    """The forger writes the log to go with it: the draw itself speaks against him."""
    how, said = RESULT[name]
    county.change(copy, "result_A.json", how)
    assert "result:A" in refused(copy) or name == "another freeze"
    rewrite_log(copy, "result:A", fingerprint("sm3", county.read(copy, "result_A.json")))
    assert said in refused(copy)


def test_a_friend_taken_out_of_the_list_with_all_its_hashes(copy: Path):
    drawn = (copy / "result_A.csv").read_bytes().splitlines(keepends=True)[1:]
    (copy / "result_A.csv").write_bytes(b"".join(drawn))
    assert "result_A.csv" in refused(copy)
    county.change(copy, "result_A.json", lambda r: r.update(list=digest("sm3", *drawn).hex(), drawn=len(drawn)))
    rewrite_log(copy, "result:A", fingerprint("sm3", county.read(copy, "result_A.json")))
    assert "名单不符" in refused(copy)


def rewrite_log(folder: Path, kind: str, payload: str) -> None:
    """The log as a forger would write it: everything hashed anew."""
    events = [json.loads(line) for line in (folder / "log.jsonl").read_bytes().splitlines()]
    steps = [(each["type"], payload if each["type"] == kind else each["payload_hash"]) for each in events]
    county.write_log(folder, county.log_of("sm3", steps))


def stage(ceremony: dict[str, Any]) -> dict[str, Any]:
    return ceremony["stages"]["A"]


def another_number(ceremony: dict[str, Any]) -> None:
    stage(ceremony).update(public="7", typed=["7", "7"])


CEREMONY: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a party that is missing": (lambda c: stage(c)["links"].pop(), "参与方缺少"),
    "a link of its own making": (lambda c: stage(c)["links"].__setitem__(1, "00" * 32), "参与方1 的链值"),
    "the next link in its place": (
        lambda c: stage(c)["links"].__setitem__(2, county.chains("sm3", 3)[2][4].hex()),
        "参与方2 的链值",
    ),
    "links exchanged": (lambda c: stage(c)["links"].reverse(), "参与方0 的链值"),
    "two numbers": (lambda c: stage(c)["typed"].__setitem__(1, "7"), "两次录入不一致"),
    "one clerk": (lambda c: stage(c)["typed"].pop(), "两次录入不一致"),
    "another number": (another_number, "日志中“public:A”"),
    "another draw": (lambda c: c.update(draw_id="610113-2026-002"), "不是同一次抽取"),
}


@pytest.mark.parametrize("name", CEREMONY)
def test_a_ceremony_against_its_rules(name: str, copy: Path):
    how, said = CEREMONY[name]
    county.change(copy, "ceremony.json", how)
    assert said in refused(copy)


def test_another_public_number_with_its_own_log_makes_another_draw(copy: Path):
    county.change(copy, "ceremony.json", another_number)
    rewrite_log(copy, "public:A", digest("sm3", b"7").hex())
    assert "日志中“seed:A”" in refused(copy)
    frozen, ceremony = county.read(copy, "freeze.json"), county.read(copy, "ceremony.json")
    seed, _ = VERIFY.check_seed(frozen, stage(ceremony), "A", 0, [])
    rewrite_log(copy, "seed:A", digest("sm3", seed).hex())
    assert "不是种子给出的数" in refused(copy)


FREEZE: dict[str, Callable[[dict[str, Any]], object]] = {
    "a chance": lambda f: f["cells"].update({next(iter(f["cells"])): [1, 10**9]}),
    "the anchor of one who colludes": lambda f: f["parties"][0].update(anchor="00" * 32),
    "the rule of the public number": lambda f: f.update(public_rule="随便选"),
    "the roster": lambda f: f.update(roster_root="00" * 32),
    "the verifier": lambda f: f.update(verifier_hash="00" * 32),
    "the plan": lambda f: f.update(plan_hash="00" * 32),
}


@pytest.mark.parametrize("name", FREEZE)
def test_a_freeze_record_that_is_not_the_one_of_the_seed(name: str, copy: Path):
    county.change(copy, "freeze.json", FREEZE[name])
    new = fingerprint("sm3", county.read(copy, "freeze.json"))
    assert "不是同一次抽取" in refused(copy)
    county.change(copy, "result_A.json", lambda r: r.update(freeze=new))
    assert refused(copy)
    for kind, payload in (("freeze", new), ("result:A", fingerprint("sm3", county.read(copy, "result_A.json")))):
        rewrite_log(copy, kind, payload)
    said = refused(copy)
    assert "seed:A" in said or "链值" in said


def test_a_chance_for_one_who_cannot_be_drawn_is_refused(copy: Path):
    frozen = county.read(copy, "freeze.json")
    name = next(name for name in frozen["cells"] if name.endswith("!CAP"))
    frozen["cells"][name][1] = 1
    with pytest.raises(SystemExit, match="概率超出范围"):
        VERIFY.check_quotas(frozen, county.read(copy, "result_A.json")["cells"], bytes(32))


@pytest.mark.parametrize("name", ["plan.json", "verify.py", "verify_teams.py", "result_A.csv", "reserve.csv"])
def test_a_file_that_is_not_the_one_meant(name: str, copy: Path):
    (copy / name).write_bytes((copy / name).read_bytes() + b"\n")
    assert name in refused(copy)


def test_a_file_that_could_be_read_in_two_ways(copy: Path):
    raw = (copy / "result_A.json").read_bytes()
    (copy / "result_A.json").write_bytes(raw.replace(b'{"cells"', b'{"drawn":0,"cells"'))
    assert "不是规范写法" in refused(copy)


Events = list[dict[str, Any]]
LOG: dict[str, tuple[Callable[[Events], object], str]] = {
    "an event changed": (lambda e: e[2].update(actor="other"), "日志第 3 条"),
    "an event dropped": (lambda e: e.pop(1), "日志第 2 条"),
    "the first one dropped": (lambda e: e.pop(0), "日志第 1 条"),
    "the last one dropped": (lambda e: e.pop(), "缺失或次序"),
    "events moved": (lambda e: e.insert(0, e.pop()), "日志第 1 条"),
}


@pytest.mark.parametrize("name", LOG)
def test_a_log_that_was_changed(name: str, copy: Path):
    events = [json.loads(line) for line in (copy / "log.jsonl").read_bytes().splitlines()]
    LOG[name][0](events)
    county.write_log(copy, events)
    assert LOG[name][1] in refused(copy)


Steps = list[tuple[str, str]]
ORDER: dict[str, tuple[Callable[[Steps], object], str]] = {
    "pressed again": (lambda s: s.append(s[-2]), "“seed:A”发生了两次"),
    "frozen again": (lambda s: s.insert(1, ("freeze", "00" * 32)), "“freeze”发生了两次"),
    "the number first, then the freeze": (lambda s: s.insert(0, s.pop(1)), "次序不对"),
    "a link before the number": (lambda s: s.insert(1, s.pop(2)), "次序不对"),
    "the result before the seed": (lambda s: s.insert(-1, s.pop()), "次序不对"),
    "nobody shows the last link": (lambda s: s.pop(4), "缺失"),
}


@pytest.mark.parametrize("name", ORDER)
def test_steps_out_of_order_though_every_hash_is_right(name: str, copy: Path):
    steps = [(e["type"], e["payload_hash"]) for e in map(json.loads, (copy / "log.jsonl").read_bytes().splitlines())]
    ORDER[name][0](steps)
    county.write_log(copy, county.log_of("sm3", steps))
    assert ORDER[name][1] in refused(copy)


def test_links_may_come_in_any_order_and_other_events_between(copy: Path):
    steps = [(e["type"], e["payload_hash"]) for e in map(json.loads, (copy / "log.jsonl").read_bytes().splitlines())]
    steps[2], steps[4] = steps[4], steps[2]
    steps.insert(3, ("envelope", "00" * 32))
    county.write_log(copy, county.log_of("sm3", steps))
    VERIFY.check_record(copy)


def test_the_proof_of_one_subject(published: Path, tmp_path: Path):
    made = county.draw(1500)
    drawn = made.drawn.drawn.split()[0]
    for index, said in (
        (next(n for n, line in enumerate(made.lines) if line.startswith(drawn)), "抽中"),
        (0, "未抽中"),
    ):
        proof = record.proof(made.frozen, made.seed, made.drawn.result, made.lines, index)
        (tmp_path / "proof.json").write_bytes(canonical(proof))
        told = run(published / "verify_mine.py", "proof.json", cwd=tmp_path)
        assert told.stdout.startswith(f"{proof['line']}: {said} "), told.stderr
    other = proof | {"line": proof["line"].replace(",A,", ",B,")}
    (tmp_path / "proof.json").write_bytes(canonical(other))
    assert "membership FAILED" in run(published / "verify_mine.py", "proof.json", cwd=tmp_path).stderr
