"""The private database: it starts when needed, is shared, outlives a killed user and stops with the last one."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]

# A user of the database: says what it sees, then stays until somebody writes to it, closes its input or stops it.
USER = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
from pathlib import Path
import psycopg2
from app.embedded import ensure
url = ensure(Path(sys.argv[1]), {"fsync": "off"}).replace("+psycopg2", "")
connection = psycopg2.connect(url)
cursor = connection.cursor()
cursor.execute("SELECT pg_postmaster_start_time()::text, current_setting('fsync')")
print(*cursor.fetchone(), sep="|", flush=True)
sys.stdin.readline()
"""

FORKING = """
import os, sys
from pathlib import Path
from app.embedded import ensure
ensure(Path(sys.argv[1]))
if os.fork() == 0:
    sys.exit(0)
os.wait()
"""


class User:
    """One process that uses the database below `home`."""

    def __init__(self, home: Path, program: str = USER) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", program, str(home)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def started(self) -> str:
        """When the server that it is connected to was started."""
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        assert answer, "the user ended before it was connected"
        return answer.split("|")[0]

    def leave(self) -> int:
        """It ends by itself."""
        self.process.communicate("\n", timeout=60)
        return self.process.returncode

    def get(self, number: signal.Signals) -> int:
        """It is told to end by a signal."""
        self.process.send_signal(number)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A place that the server's own account can reach; the server is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="jianguan-test-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        yield Path(folder) / "home"
        User(Path(folder) / "home").leave()


def is_running(home: Path) -> bool:
    return (home / "run" / ".s.PGSQL.5432").exists()


def test_several_processes_share_one_cold_start(home: Path):
    users = [User(home) for _ in range(4)]
    assert len({user.started() for user in users}) == 1
    assert [user.leave() for user in users] == [0, 0, 0, 0]
    assert not is_running(home)


def test_a_second_start_takes_what_the_first_has_made(home: Path):
    def started() -> float:
        user = User(home)
        user.started()
        user.leave()
        return next(home.rglob("PG_VERSION")).stat().st_mtime

    assert started() == started()


def test_the_last_one_out_stops_it(home: Path):
    first, second = User(home), User(home)
    assert first.started() == second.started()
    first.leave()
    assert is_running(home)
    second.leave()
    assert not is_running(home)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_its_user_is_told_to(home: Path, number: signal.Signals):
    user = User(home)
    user.started()
    user.get(number)
    assert not is_running(home)


def test_it_outlives_a_killed_user_and_the_next_one_joins(home: Path):
    user = User(home)
    started = user.started()
    user.get(signal.SIGKILL)
    assert is_running(home)
    following = User(home)
    assert following.started() == started
    following.leave()
    assert not is_running(home)


def test_it_recovers_when_the_server_itself_is_killed(home: Path):
    user = User(home)
    started = user.started()
    os.kill(int((home / "pgdata" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    following = User(home)
    assert following.started() != started
    user.process.kill()
    user.process.communicate()
    following.leave()
    assert not is_running(home)


def test_an_interrupted_first_start_leaves_nothing_that_looks_finished(home: Path):
    other = home.with_name("interrupted")
    other.mkdir()
    (other / "pgdata.new").mkdir()
    (other / "pgdata.new" / "PG_VERSION").write_text("18\n")
    user = User(other)
    user.started()
    assert user.leave() == 0


def test_a_forked_child_stops_nothing(home: Path):
    user = User(home)
    user.started()
    assert User(home, FORKING).leave() == 0
    assert is_running(home)
    user.leave()
    assert not is_running(home)


def test_nobody_else_can_look_inside(home: Path):
    closed = {name: stat.S_IMODE((home / name).stat().st_mode) for name in ("pgdata", "run", "password", "start.lock")}
    assert closed == {"pgdata": 0o700, "run": 0o700, "password": 0o600, "start.lock": 0o600}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a folder to the server and still use it itself")
def test_root_may_choose_a_home_that_the_server_cannot_reach(home: Path):
    closed = home.with_name("closed")
    closed.mkdir(mode=0o700)
    user = User(closed / "home")
    user.started()
    substitute = Path((closed / "home" / "server-home").read_text())
    assert substitute.parent == Path("/var/lib")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert user.leave() == 0
    subprocess.run(["rm", "-r", str(substitute)], check=True)


@pytest.fixture(scope="class")
def urls(home: Path) -> Iterator[tuple[str, str, str]]:
    program = (
        "import sys; from pathlib import Path; from app.embedded import ensure, provision; home = Path(sys.argv[1])\n"
        "url = ensure(home); provision(url, secrets_dir=home)\n"
        "print(url, *provision(url, secrets_dir=home), flush=True); sys.stdin.readline()"
    )
    user = User(home, program)
    assert user.process.stdout is not None
    superuser, owner, app, _sealer = user.process.stdout.readline().replace("+psycopg2", "").split()
    yield superuser.replace("/postgres?", "/jianguan?"), owner, app
    user.leave()


def ask(url: str, *statements: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_no_role_is_powerful(urls: tuple[str, str, str]):
    question = """SELECT rolname, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole, rolcanlogin FROM pg_roles
                   WHERE rolname IN ('owner', 'app') OR rolname LIKE 'viewer%' ORDER BY rolname"""
    assert ask(urls[0], question) == [
        ("app", False, True),
        ("owner", False, True),
        ("viewer_line", False, False),
        ("viewer_region", False, False),
        ("viewer_system", False, False),
    ]


def test_only_the_owner_makes_tables(urls: tuple[str, str, str]):
    ask(urls[1], "CREATE TABLE proof (id int)", "GRANT SELECT ON proof TO viewer_line")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(urls[2], "CREATE TABLE public.intruder (id int)")


def test_the_app_sees_as_a_viewer_only_after_becoming_one(urls: tuple[str, str, str]):
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(urls[2], "SELECT * FROM proof")
    assert ask(urls[2], "SET LOCAL ROLE viewer_line", "SELECT * FROM proof") == []


@pytest.mark.parametrize("role", ["app", "viewer_line", "viewer_region", "viewer_system"])
def test_all_may_use_the_staging_schema(urls: tuple[str, str, str], role: str):
    ask(urls[2], f"SET LOCAL ROLE {role}", "CREATE TABLE staging.t (id int)", "DROP TABLE staging.t")


def test_text_search_may_use_its_index_under_a_policy(urls: tuple[str, str, str]):
    question = """SELECT bool_and(proleakproof), count(*) FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode
                   WHERE oprname IN ('~~', '~~*', '!~~', '!~~*') AND oprleft IN ('text'::regtype, 'bpchar'::regtype)"""
    assert ask(urls[0], question) == [(True, 8)]


def test_a_powerful_address_is_refused(urls: tuple[str, str, str]):
    from app.embedded import refuse_powerful

    refuse_powerful(urls[2])
    for powerful in urls[:2]:
        with pytest.raises(SystemExit, match="provision"):
            refuse_powerful(powerful)
