"""Start, share and stop the private server.

The server listens on no network address, only on a socket in a folder of its own; everybody needs the password, which
lies in a file that only we can read. Two locks in `home` order its life: whoever starts or stops it holds `start.lock`
alone; whoever uses it holds `use.lock` together with the others. The system frees a lock even when its holder was
killed, so that no count of users can go wrong.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import hashlib
import os
import secrets
import shlex
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from sqlalchemy.engine import URL

from app.embedded.binaries import Binaries, find, major_version

PORT = 5432  # the name of the socket, nothing more
SUPERUSER = "postgres"
SETTINGS = MappingProxyType(
    {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0777",  # the folder around it is closed; the password is asked all the same
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "work_mem": "32MB",
        "wal_compression": "on",
        "jit": "off",
        "log_line_prefix": "%m [%p] ",
    }
)
NO_SETTINGS: Mapping[str, str] = MappingProxyType({})

_holds: dict[Path, int] = {}


def default_home() -> Path:
    """Where the server lives when nobody says otherwise."""
    if named := os.environ.get("JIANGUAN_HOME"):
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/jianguan")
    return Path.home() / ".local" / "share" / "jianguan"


def ensure(home: Path, settings: Mapping[str, str] = NO_SETTINGS) -> str:
    """The server below `home` runs, and stays until this process has left; the answer is its superuser's address."""
    home = _prepared(Path(home))
    data = home / "pgdata"
    with _alone(home / "start.lock"):
        binaries = find(data, home)
        sockets = _socket_folder(home)
        _make_private(sockets, binaries)
        if not (data / "PG_VERSION").exists():
            _initialise(binaries, data, home / "password")
        _hold(home, binaries)
        _start(binaries, data, sockets, settings)
    password = (home / "password").read_text()
    place = {"host": str(sockets), "port": str(PORT)}
    url = URL.create("postgresql+psycopg2", SUPERUSER, password, database="postgres", query=place)
    return url.render_as_string(hide_password=False)


def _prepared(home: Path) -> Path:
    """`home` exists, is ours, and the server's account can pass through it."""
    home = home.expanduser().resolve()
    home.mkdir(mode=0o711, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        home = _open_to_the_server(home)
    if not os.access(home, os.W_OK | os.X_OK):
        raise SystemExit(f"{home} belongs to another user. Set JIANGUAN_HOME to a folder of your own.")
    return home


def _open_to_the_server(home: Path) -> Path:
    """`home`, or a folder of its own in /var/lib when a folder above `home` is closed to the server's account.

    We never open a folder that we have not made. The name of the substitute is kept in `home`, so that it is found
    again by every later start, and is made anew when `home` was deleted.
    """
    if all(parent.stat().st_mode & 0o001 for parent in home.parents):
        home.chmod(home.stat().st_mode | 0o011)
        return home
    note = home / "server-home"
    with _alone(home / "start.lock"):
        if not note.exists() or not Path(note.read_text()).exists():
            note.write_text(tempfile.mkdtemp(prefix="jianguan-", dir="/var/lib"))
    substitute = Path(note.read_text())
    substitute.chmod(0o711)
    return substitute


def _socket_folder(home: Path) -> Path:
    """A folder whose name is short enough for a socket."""
    folder = home / "run"
    if len(str(folder)) <= 80:
        return folder
    return Path(tempfile.gettempdir()) / f"jianguan-{hashlib.sha256(str(home).encode()).hexdigest()[:12]}"


def _make_private(folder: Path, binaries: Binaries) -> None:
    """`folder` exists, and only the server's account may look into it."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if folder.is_symlink() or folder.stat().st_uid not in (binaries.account.uid, os.geteuid()):
            raise SystemExit(f"{folder} belongs to somebody else.") from None
    binaries.account.own(folder)


def _initialise(binaries: Binaries, data: Path, password: Path) -> None:
    """`data` holds a new cluster; its superuser's password lies in the file `password`, which only we can read.

    It is made beside and moved into place, so that an interrupted attempt leaves nothing that looks finished.
    """
    modern = int(major_version(binaries.folder)) >= 17
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if modern else ["--locale=C.UTF-8"]
    fresh = data.with_name("pgdata.new")
    shutil.rmtree(fresh, ignore_errors=True)
    _make_private(fresh, binaries)
    for_initdb = data.with_name("password-for-initdb")  # a copy, for the server's account; never on a command line
    _write_secret(for_initdb, keep_secret(password))
    binaries.account.own(for_initdb)
    secure = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={for_initdb}"]
    try:
        made = binaries.run("initdb", f"--pgdata={fresh}", "--encoding=UTF8", "--data-checksums", *locale, *secure)
    finally:
        for_initdb.unlink()
    if made.returncode:
        raise SystemExit(f"PostgreSQL could not make its data folder {fresh}.")
    fresh.rename(data)


def keep_secret(path: Path) -> str:
    """The random text kept in `path`, made at first need; only we can read the file."""
    if not path.exists():
        path.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        _write_secret(partial, secrets.token_urlsafe(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its text stands
            path.hardlink_to(partial)
        partial.unlink()
    return path.read_text()


def _write_secret(path: Path, text: str) -> None:
    """`path` holds `text`, and nobody else was able to read it at any moment."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)


def _start(binaries: Binaries, data: Path, sockets: Path, settings: Mapping[str, str]) -> None:
    """The server answers. We ask its socket, never the pid file: a pid can be stale, reused or a zombie's."""
    chosen = {**SETTINGS, "unix_socket_directories": str(sockets), **settings}
    options = " ".join(f"-c {name}={shlex.quote(value)}" for name, value in chosen.items())
    log = data / "server.log"
    for attempt in range(120):
        answer = binaries.run("pg_isready", "-q", "-h", str(sockets), "-p", str(PORT)).returncode
        if answer == 0:
            return
        if answer == 2:  # nobody is there; 1 says that it is starting or recovering
            binaries.run(
                "pg_ctl", "-D", str(data), "-w", "-t", "600", "-l", str(log), "-o", options, "start", quiet=True
            )
        if attempt:
            time.sleep(0.5)
    raise SystemExit(f"PostgreSQL does not start, see {log}")


def _hold(home: Path, binaries: Binaries) -> None:
    """This process counts as a user of the server, until it ends in whatever way."""
    if home in _holds:
        return
    _holds[home] = os.open(home / "use.lock", os.O_CREAT | os.O_RDWR, 0o600)
    fcntl.flock(_holds[home], fcntl.LOCK_SH)
    atexit.register(functools.partial(_leave, home, binaries, os.getpid()))


def _leave(home: Path, binaries: Binaries, process: int) -> None:
    """This process no longer uses the server; if it was the last one, the server has stopped."""
    if os.getpid() != process or home not in _holds:  # a forked child shares our lock but must not stop our server
        return
    if threading.current_thread() is threading.main_thread():
        for impatient in (signal.SIGTERM, signal.SIGINT):
            signal.signal(impatient, signal.SIG_IGN)
    with _alone(home / "start.lock"):
        hold = _holds.pop(home)
        try:
            fcntl.flock(hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        binaries.run("pg_ctl", "-D", str(home / "pgdata"), "-w", "-t", "120", "-m", "fast", "stop", quiet=True)
        os.close(hold)


def _forget_after_fork() -> None:
    """A forked child has no hold of its own: it takes one when it calls `ensure` itself."""
    for hold in _holds.values():
        os.close(hold)
    _holds.clear()


os.register_at_fork(after_in_child=_forget_after_fork)


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Nobody else is inside the same block."""
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
