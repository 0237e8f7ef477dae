"""Writers, some of whom roll back, beside one long transaction and the sealer: nothing is lost, nothing is told wrongly."""

from __future__ import annotations

import random
import threading
import time

import psycopg2

from app.core import audit
from tests.audit.databases import World, ask, connected

WRITERS, SECONDS = 6, 5.0


def test_nothing_is_lost_and_nothing_is_told_wrongly(spoilt: World):
    with spoilt.superuser() as cursor:
        [(before,)] = ask(cursor, "SELECT count(*) FROM audit.log")
    stop, written, wrong = threading.Event(), [0] * WRITERS, list[BaseException]()

    def write(place: int) -> None:
        chance = random.Random(place)
        try:
            connection = psycopg2.connect(spoilt.urls.owner.replace("+psycopg2", ""))
            with connection, connection.cursor() as cursor:
                ask(cursor, audit.AS_SYSTEM)
            while not stop.is_set():
                rows = chance.randint(1, 20)
                with connection.cursor() as cursor:
                    ask(
                        cursor,
                        f"INSERT INTO setting (id, code, value) SELECT gen_random_uuid(), 'w{place}-' || gen_random_uuid(), '0' FROM generate_series(1, {rows})",
                    )
                    ask(
                        cursor,
                        f"UPDATE setting SET value = value || '1' WHERE code LIKE 'w{place}-%' AND length(value) < 2",
                    )
                    changed = cursor.rowcount
                if chance.random() < 0.2:
                    connection.rollback()
                else:
                    connection.commit()
                    written[place] += rows + changed
            connection.close()
        except BaseException as error:  # shown by the test
            wrong.append(error)

    def last_long() -> None:
        connection = psycopg2.connect(spoilt.urls.owner.replace("+psycopg2", ""))
        with connection.cursor() as cursor:
            ask(cursor, audit.AS_SYSTEM)
            ask(cursor, "INSERT INTO setting (id, code, value) VALUES (gen_random_uuid(), 'long', '0')")
            time.sleep(SECONDS * 0.6)
            ask(cursor, "UPDATE setting SET value = '1' WHERE code = 'long'")
        connection.commit()
        connection.close()

    threads = [threading.Thread(target=write, args=(place,)) for place in range(WRITERS)]
    threads.append(threading.Thread(target=last_long))
    for thread in threads:
        thread.start()
    seals, started = 0, time.monotonic()
    with spoilt.sealer() as sealer:
        while time.monotonic() - started < SECONDS:
            seals += sealer.once().seal is not None
            time.sleep(0.1)
        stop.set()
        for thread in threads:
            thread.join()
        sealer.once()
    assert wrong == []
    assert seals > 1
    with connected(spoilt.urls.owner) as cursor:
        [(logged, sealed)] = ask(
            cursor, "SELECT (SELECT count(*) FROM audit.log), (SELECT sum(n)::bigint FROM audit.seal)"
        )
    assert logged == sealed == before + sum(written) + 2
    assert sum(written) > 100
    assert spoilt.verify() == []
