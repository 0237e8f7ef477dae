"""The verifier of teams: yes to an honest record, and what is wrong with every other one."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domains.draw.rules import seed
from app.domains.draw.rules.canon import canonical, digest, fingerprint
from app.domains.draw.rules.drbg import Drbg, key
from app.domains.draw.rules.teams import assigning, chances
from app.domains.draw.rules.teams.matching import Matching, matching
from tests.domains.draw import county
from tests.domains.draw.teams.given import FIRE, LIFTS, MARKET, MIDDLE, NEAR, case, inspector, task

ALG = "sm3"
PUBLIC = "上证指数 2718.28"
Files = dict[str, Any]


def facts(drawn: list[str]) -> Matching:
    """Two departments at each of some subjects; the fire service needs nothing special, and has fewer people."""
    people = [
        inspector(f"M{n:02}", MARKET, NEAR if n % 3 else MIDDLE, *(["特种设备"] if n % 2 else []), load=n)
        for n in range(14)
    ]
    people += [inspector(f"F{n}", FIRE, NEAR, unit="消防") for n in range(5)]
    tasks = [task(name, MARKET, NEAR if at % 2 else MIDDLE, needs=LIFTS, width=2) for at, name in enumerate(drawn)]
    tasks += [task(name, FIRE, NEAR, experts=0, members=3) for name in drawn[::3]]
    return matching(case(people, tasks, declared=frozenset({("M01", drawn[0])})))


def second(made: county.Draw, given: Matching) -> Files:
    """The files of the second stage, by the rules."""
    result = fingerprint(ALG, made.drawn.result)
    found = given.record(county.DRAW_ID, result)
    rows = chances.table(given)
    table = chances.record(given, rows, county.DRAW_ID, fingerprint(ALG, found))
    links = [each[4] for each in county.chains(ALG, 3)]
    context = [bytes.fromhex(result), bytes.fromhex(fingerprint(ALG, table))]
    own = seed.seed(ALG, "B", county.DRAW_ID, bytes.fromhex(fingerprint(ALG, made.frozen)), links, PUBLIC, context)
    teams = assigning.assign(given, rows, Drbg(ALG, key(ALG, own, "assign")))
    stage = {"links": [link.hex() for link in links], "public": PUBLIC, "typed": [PUBLIC, PUBLIC], "envelopes": []}
    return {
        "matching": found,
        "table": table,
        "result_B": assigning.record(given, teams, county.DRAW_ID, fingerprint(ALG, table)),
        "ceremony": made.ceremony | {"stages": made.ceremony["stages"] | {"B": stage}},
        "seed": own,
    }


def steps_of(made: county.Draw, files: Files) -> list[tuple[str, str]]:
    stage = files["ceremony"]["stages"]["B"]
    steps = [(each["type"], each["payload_hash"]) for each in made.events()]
    steps += [("table", fingerprint(ALG, files["table"])), ("public:B", digest(ALG, stage["public"].encode()).hex())]
    steps += [(f"link:B:{n}", digest(ALG, bytes.fromhex(link)).hex()) for n, link in enumerate(stage["links"])]
    return [*steps, ("seed:B", digest(ALG, files["seed"]).hex()), ("result:B", fingerprint(ALG, files["result_B"]))]


MADE = county.draw(900, ALG)
DRAWN = MADE.drawn.drawn.decode().split()
GIVEN = facts(DRAWN[:12])
HONEST = second(MADE, GIVEN)


def write(folder: Path, files: Files, steps: list[tuple[str, str]] | None = None) -> Path:
    for name in ("matching", "table", "result_B", "ceremony"):
        (folder / f"{name}.json").write_bytes(canonical(files[name]))
    county.write_log(folder, county.log_of(ALG, steps or steps_of(MADE, files)))
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(MADE.publish(tmp_path_factory.mktemp("draw") / "record"), HONEST)


@pytest.fixture
def copy(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "record"))


def told(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "verify_teams.py", "."], cwd=folder, capture_output=True, text=True, check=False
    )


def test_an_honest_record(published: Path):
    said = told(published)
    assert said.stderr == ""
    assert said.stdout.splitlines()[-1] == "相符 VERIFIED teams: 16 tasks at 12 subjects; table recomputed"


def test_caps_that_bind_are_said(copy: Path):
    """A matching whose rooms are too small for its own table: everything but the table itself is checked."""
    small = Matching([each._replace(room=1) for each in GIVEN.people], GIVEN.entries, GIVEN.mu, GIVEN.rounds)
    said = told(write(copy, second(MADE, small)))
    assert said.stdout.splitlines()[-1].endswith("; caps bind: bounds checked, table not recomputed")


def test_subjects_of_other_draws_are_counted(copy: Path):
    said = told(write(copy, second(MADE, facts([*DRAWN[:3], "91610113MA6TG3XY0K"]))))
    assert said.stdout.splitlines()[-1].endswith("table recomputed; 1 subjects come from other draws")


def changed(**files: Any) -> Files:
    return (
        json.loads(canonical({name: HONEST[name] for name in ("matching", "table", "result_B", "ceremony")}))
        | {"seed": HONEST["seed"]}
        | files
    )


def moved(files: Files) -> None:
    """A thousandth of a chance from one inspector to another."""
    rows = files["table"]["tasks"][0][1]
    one, two = [each for each in rows if each[2]][:2]
    one[2], two[2] = one[2] + 1000, two[2] - 1000


def friend(files: Files) -> None:
    """Another inspector in a team."""
    team = files["result_B"]["teams"][0]
    team[2][0] = next(n for n in range(14) if n not in team[1] + team[2])


def recused(files: Files) -> None:
    """One who is not among the candidates."""
    rows = files["table"]["tasks"][0][1]
    absent = next(n for n in range(19) if n not in {each[0] for each in files["matching"]["tasks"][0][2]})
    rows.append([absent, 0, 1000])
    rows[0][2] -= 1000


def unqualified(files: Files) -> None:
    able = {each[0]: each[2] for each in files["matching"]["tasks"][0][2]}
    rows = files["table"]["tasks"][0][1]
    next(each for each in rows if not able[each[0]])[1] += 1000


def too_likely(files: Files) -> None:
    rows = files["table"]["tasks"][0][1]
    rows[0][2] = 2**30 // 2


def weighed(files: Files) -> None:
    """Another weight, and the table that goes with it left as it was."""
    files["matching"]["tasks"][0][2][0][1] += 1


TAMPERED: dict[str, tuple[Callable[[Files], object], str]] = {
    "a chance moved": (moved, "概率表不是由资格与距离算出"),
    "somebody who is recused": (recused, "不符 FAILED"),
    "somebody without the qualification": (unqualified, "概率超出界限"),
    "somebody above the bound": (too_likely, "概率超出界限"),
    "a seat that is not full": (lambda f: f["table"]["tasks"][0][1][-1].__setitem__(2, 1), "席位不满"),
    "a task dropped": (lambda f: f["table"]["tasks"].pop(), "任务不符"),
    "another distance": (weighed, "概率表不是由资格与距离算出"),
    "another weight of loads": (lambda f: f["matching"].update(mu=30), "概率表不是由资格与距离算出"),
    "an inspector changed by hand": (friend, "检查组不是种子给出的"),
    "a team dropped": (lambda f: f["result_B"]["teams"].pop(), "检查组不是种子给出的"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_the_forger_hashes_and_draws_anew_and_is_found_all_the_same(name: str, copy: Path):
    """Matching and table are joined by their hashes, the seed is that of the forged table, the log fits."""
    files = changed()
    TAMPERED[name][0](files)
    files["table"]["matching"] = fingerprint(ALG, files["matching"])
    files["result_B"]["table"] = fingerprint(ALG, files["table"])
    context = [bytes.fromhex(fingerprint(ALG, each)) for each in (MADE.drawn.result, files["table"])]
    frozen = bytes.fromhex(fingerprint(ALG, MADE.frozen))
    links = [bytes.fromhex(link) for link in files["ceremony"]["stages"]["B"]["links"]]
    files["seed"] = seed.seed(ALG, "B", county.DRAW_ID, frozen, links, PUBLIC, context)
    said = told(write(copy, files)).stderr
    assert TAMPERED[name][1] in said


@pytest.mark.parametrize("name", ["matching", "table", "result_B"])
def test_files_that_do_not_belong_together(name: str, copy: Path):
    county.change(copy, f"{name}.json", lambda value: value.update(draw_id="610113-2026-002"))
    assert "各文件互不衔接" in told(copy).stderr


def test_the_first_links_again(copy: Path):
    """The second stage uses the next links: those of the first are known to everybody."""
    files = changed()
    files["ceremony"]["stages"]["B"]["links"] = files["ceremony"]["stages"]["A"]["links"]
    assert "链值与锚值不符" in told(write(copy, files)).stderr


@pytest.mark.parametrize(
    ("how", "said"),
    [
        # The table was bent after the links were known.
        (lambda steps: steps.insert(-2, steps.pop(-7)), "缺失或次序不对"),
        # The second seed came before anybody knew whom the first had drawn.
        (lambda steps: steps.insert(2, steps.pop(-2)), "缺失或次序不对"),
        (lambda steps: steps.append(("table", "00" * 32)), "“table”发生了两次"),
        (lambda steps: steps.pop(), "缺失或次序不对"),
    ],
)
def test_steps_out_of_order(how: Callable[[Any], object], said: str, copy: Path):
    steps = steps_of(MADE, HONEST)
    how(steps)
    assert said in told(write(copy, HONEST, steps)).stderr
