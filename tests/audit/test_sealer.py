"""The sealer: its keys, anchors and witnesses, its alarm, and what it leaves to nobody else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core import audit
from app.core.audit import seals, signing
from app.core.audit.places import places
from app.core.audit.sealer import Sealer
from app.core.viewer import THE_SYSTEM, look_as
from tests.audit.databases import World, ask

ROOT = Path(__file__).parents[2]


def change(world: World, value: str) -> None:
    with world.superuser() as cursor:
        ask(cursor, "UPDATE setting SET value = %s WHERE code = 'code2'", value)


def test_nothing_to_seal_is_no_seal_until_it_has_been_quiet(spoilt: World):
    with spoilt.sealer() as sealer:
        assert sealer.once(quiet=1e6).seal is None
        change(spoilt, "a")
        done = sealer.once(quiet=1e6)
        assert done.seal is not None
        assert (done.seal.n, done.seal.no, done.anchored) == (1, 5, 5)
        assert sealer.once(quiet=1e6).seal is None
        empty = sealer.once(quiet=0).seal
        assert empty is not None
        assert empty.n == 0


def test_sha256_may_be_chosen_and_both_stand_in_one_chain(spoilt: World):
    change(spoilt, "a")
    sealer = Sealer(spoilt.urls.sealer, places(spoilt.home, {"AUDIT_HASH": "sha256"}))
    made = sealer.once().seal
    sealer.close()
    assert made is not None
    assert made.alg == "sha256"
    change(spoilt, "b")
    spoilt.seal()
    assert spoilt.verify() == []
    with pytest.raises(ValueError, match="AUDIT_HASH"):
        places(spoilt.home, {"AUDIT_HASH": "md5"})


def test_a_long_transaction_holds_seals_back_and_is_an_alarm(spoilt: World, monkeypatch: pytest.MonkeyPatch):
    from app.core.audit import sealer as module

    monkeypatch.setattr(module, "LAG", 0.2)
    other = psycopg2.connect(spoilt.urls.owner.replace("+psycopg2", ""))
    with other.cursor() as cursor:
        ask(cursor, "SELECT pg_current_xact_id()")
        change(spoilt, "a")
        time.sleep(0.4)
        with spoilt.sealer() as sealer:
            first, second = sealer.once(), sealer.once()
            assert first.seal is None
            assert second.lag >= first.lag >= 0.2
            other.rollback()
            with spoilt.superuser() as asker:
                alarms = ask(asker, "SELECT new FROM audit.log WHERE action = 'seal_lag'")
                assert len(alarms) == 1, "one alarm for one delay"
                assert alarms[0][0]["seconds"] >= 0.2
                [(lag, problem)] = ask(asker, "SELECT lag, problem FROM audit.beat")
                assert (lag >= 0.2, problem) == (True, None)
            assert sealer.once().seal is not None
    other.close()


def test_a_silence_of_the_sealer_is_told_by_itself_and_by_the_health_of_the_console(spoilt: World):
    engine = sa.create_engine(spoilt.urls.app, poolclass=sa.pool.NullPool)

    def told() -> audit.State:
        with Session(engine) as session:
            look_as(session, THE_SYSTEM)
            return audit.sealing(session)

    assert told().is_well
    with spoilt.superuser() as cursor:
        ask(cursor, "UPDATE audit.beat SET at = at - interval '6 minutes'")
    assert (told().is_well, told().silent > 300) == (False, True)
    with spoilt.sealer() as sealer:
        sealer.once()
        sealer.once()
    assert told().is_well
    with spoilt.superuser() as cursor:
        [(seconds,)] = ask(cursor, "SELECT (new->>'seconds')::float FROM audit.log WHERE action = 'seal_lag'")
    assert seconds > 300


def test_two_sealers_do_not_seal_the_same(spoilt: World):
    change(spoilt, "a")
    made: list[object] = []

    def work() -> None:
        with spoilt.sealer() as sealer:
            for _ in range(5):
                made.append(sealer.once(quiet=1e6).seal)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len([seal for seal in made if seal is not None]) == 1
    assert spoilt.verify() == []


def test_keys_are_for_our_eyes_only(spoilt: World):
    assert (spoilt.places.key.stat().st_mode & 0o777, spoilt.places.key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    checker = signing.checker(spoilt.places.public)
    with pytest.raises(PermissionError):
        checker.sign(b"x")
    with spoilt.superuser() as cursor:
        key = spoilt.places.key.read_text().splitlines()[1]
        stored = seals.load(cursor)
    assert all(key not in seal.line for seal in stored)
    assert all(checker.verify(seal.body, seal.sig) for seal in stored)
    assert not checker.verify(stored[0].body, stored[1].sig)
    assert not checker.verify(stored[0].body, "ed25519:nonsense")
    assert not checker.verify(stored[0].body, "sm2" + stored[0].sig[7:])


def test_another_way_to_sign_is_a_setting(spoilt: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUDIT_SIGNER", "tests.audit.test_sealer:chosen")
    assert signing.signer(spoilt.places.key, spoilt.places.public).key == "test"
    assert signing.checker(spoilt.places.public).key == "test"


class _Chosen:
    key = "test"


def chosen(folder: Path) -> _Chosen:
    assert folder.is_dir()
    return _Chosen()


def test_a_file_as_witness_gets_what_it_has_missed(spoilt: World, tmp_path: Path):
    witness = tmp_path / "elsewhere" / "witness.jsonl"
    sealer = Sealer(spoilt.urls.sealer, places(spoilt.home, {"AUDIT_WITNESS": str(witness)}))
    change(spoilt, "a")
    sealer.once()
    sealer.close()
    assert witness.read_text() == (spoilt.home / "anchor.jsonl").read_text()


def test_a_torn_line_is_ended_before_the_next(spoilt: World):
    anchor = spoilt.home / "anchor.jsonl"
    whole = anchor.read_text()
    anchor.write_text(whole.rstrip("\n"))
    change(spoilt, "a")
    spoilt.seal()
    assert anchor.read_text().startswith(whole)
    assert spoilt.verify() == []


def test_a_witness_by_tcp(spoilt: World):
    server = socket.create_server(("127.0.0.1", 0))
    heard = bytearray()

    def listen() -> None:
        connection, _ = server.accept()
        with connection:
            while part := connection.recv(65536):
                heard.extend(part)

    thread = threading.Thread(target=listen)
    thread.start()
    address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    sealer = Sealer(spoilt.urls.sealer, places(spoilt.home, {"AUDIT_WITNESS": address}))
    sealer.once()
    thread.join(5)
    sealer.close()
    server.close()
    assert heard.decode() == (spoilt.home / "anchor.jsonl").read_text()


def test_a_witness_by_http_that_fails_gets_all_later(spoilt: World):
    heard: list[bytes] = []
    status = [503]

    class Witness(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if status[0] == 200:
                heard.append(body)
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Witness)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/seals"
    sealer = Sealer(spoilt.urls.sealer, places(spoilt.home, {"AUDIT_WITNESS": address}))
    change(spoilt, "a")
    assert "the witness answers 503" in str(sealer.once().problem)
    with spoilt.superuser() as cursor:
        assert "503" in ask(cursor, "SELECT problem FROM audit.beat")[0][0]
        assert ask(cursor, "SELECT count(*) FROM audit.log WHERE action = 'seal_lag'") == [(1,)]
    status[0] = 200
    assert sealer.once().problem is None
    server.shutdown()
    sealer.close()
    assert [seals.read(body.decode()).no for body in heard] == [1, 2, 3, 4, 5, 6]


def test_the_sealer_beside_the_console_leaves_with_it(spoilt: World):
    """It seals once more when its input ends, which happens however its parent dies."""
    given = {**os.environ, "SEALER_DATABASE_URL": spoilt.urls.sealer, "JIANGUAN_HOME": str(spoilt.home)}
    command = [sys.executable, "-m", "app.core.audit.sealer"]
    process = subprocess.Popen(command, cwd=ROOT, env=given, stdin=subprocess.PIPE)
    change(spoilt, "a")
    time.sleep(0.5)
    assert process.stdin
    process.stdin.close()
    assert process.wait(20) == 0
    with spoilt.superuser() as cursor:
        assert ask(cursor, "SELECT sum(n) FROM audit.seal WHERE no > 4") == [(1,)]


def test_the_sealer_comes_back_when_its_connection_was_cut(spoilt: World):
    with spoilt.sealer() as sealer:
        assert sealer.try_once() is not None
        with spoilt.superuser() as cursor:
            ask(
                cursor,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sealer' AND datname = current_database()",
            )
        change(spoilt, "a")
        first = sealer.try_once()
        assert first is None or first.seal is not None
        again = first or sealer.try_once()
        assert again is not None
        assert again.seal is not None
