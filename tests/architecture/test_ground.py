"""The ground everything stands on: what may lie in this repository, and what `make` says of itself."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.assets import packages

ROOT = Path(__file__).resolve().parents[2]
MADE = {".git", ".venv", "vendor", "__pycache__", ".jianguan", "node_modules"}
# Spelled in two halves, so that this file is not its own first finding.
REGISTRIES = [
    "registry." + "npmjs.org",
    "pypi." + "org",
    "files." + "pythonhosted.org",
    "unpkg." + "com",
    "cdn." + "jsdelivr.net",
    "cdnjs." + "cloudflare.com",
    "registry." + "npmmirror.com",
    "pypi.tuna." + "tsinghua.edu.cn",
    "mirrors." + "aliyun.com",
]
NAMES_THAT_SAY_NOTHING = {"utils.py", "util.py", "helpers.py", "common.py", "manager.py", "service.py", "misc.py"}
LONGEST = 300
TARGETS = ["help", "run", "test", "sure", "db", "migration", "seed", "strings", "bench", "lock", "assets", "clean"]


def files(folder: Path = ROOT) -> Iterator[Path]:
    """The files of the repository, without what set-up and tools have made."""
    for path in sorted(folder.iterdir()):
        if path.name in MADE or path.name.endswith("_cache"):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def test_no_file_names_a_registry():
    found = []
    for path in files():
        content = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRIES if host.encode() in content]
    assert not found


def test_a_bare_make_names_every_target():
    rules = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    printed = subprocess.run(["make", "-C", ROOT], capture_output=True, text=True, check=True).stdout
    told = set(re.findall(r"make ([a-z]+)  ", printed))
    assert set(TARGETS) <= told
    assert told == set(rules) - {"setup", "browser"}


def test_no_python_file_is_longer_than_one_can_read():
    long = {str(path.relative_to(ROOT)): count for path in sources("app") if (count := lines(path)) > LONGEST}
    assert not long, f"a file over {LONGEST} lines becomes a folder of the same name"


def test_every_file_says_in_its_name_what_it_is_for():
    assert not [str(path.relative_to(ROOT)) for path in sources("app") if path.name in NAMES_THAT_SAY_NOTHING]


def test_every_package_and_module_has_a_docstring():
    silent = [
        str(path.relative_to(ROOT)) for path in sources("app") if not re.match(r'(#!.*\n)?r?"""', path.read_text())
    ]
    assert not silent


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-fast.txt", "requirements-node.txt"]
)
def test_locks_pin_and_hash_everything(name: str):
    text = (ROOT / name).read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+)(\S*)(.*)$", text, re.MULTILINE)
    assert pins
    assert not [package for package, version, rest in pins if not version.startswith("==") or not rest.endswith("\\")]
    assert "://" not in text
    assert "--index" not in text


def test_both_locks_agree():
    pins = [
        dict(re.findall(r"^(\S+?)==(\S+)", (ROOT / f"requirements{kind}.txt").read_text(), re.MULTILINE))
        for kind in ("", "-dev")
    ]
    assert pins[0].items() <= pins[1].items()


def test_front_end_packages_are_pinned_and_hashed():
    listed = packages((ROOT / "assets.txt").read_text())
    assert {"@tabler/core", "echarts", "tom-select"} <= {package.name for package in listed}
    for package in listed:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)
        assert package.integrity.startswith("sha512-")
        assert package.files


def test_nothing_foreign_is_in_the_repository():
    assert "/app/static/vendor/" in (ROOT / ".gitignore").read_text().splitlines()
    assert not [
        str(path.relative_to(ROOT)) for path in files() if re.search(r"\.min\.(js|css)$|\.woff2?$|\.ttf$", path.name)
    ]


def sources(folder: str) -> list[Path]:
    return [path for path in files(ROOT / folder) if path.suffix == ".py"]


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())
