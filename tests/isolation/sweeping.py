"""The sweep itself: every probe sent, every answer judged, everything that came out looked through."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from typing import Any

from flask import Flask

from app.core.table import TABLES
from tests.isolation import modes
from tests.isolation.behind import Behind
from tests.isolation.canaries import Cage, Canary
from tests.isolation.oracles import Oracles
from tests.isolation.people import ANONYMOUS, Person, Told
from tests.isolation.routes import MISSING, Probe, probes, routes, undeclared

#: How an expectation is met; in the other modes one wall alone may answer in another way, but never do it.
_STATUS: dict[str, frozenset[int]] = {
    "hidden": frozenset({404}),
    "readonly": frozenset({403, 404}),
    "denied": frozenset({302, 403}),
    "unwritten": frozenset({400, 403, 404, 409, 422}),
}
_ANSWERS = frozenset({200, 201, 204, 302, 303, 400, 404, 409, 410, 412, 413, 415, 422, 428, 429})
#: Questions of one pass, unless all are wanted; every address with every object is among them, whatever the number.
BUDGET = 8500


class Log(logging.Handler):
    """What the process writes into its log while a probe is answered."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as it would be written."""
        self.lines.append(self.format(record))


class Sweep:
    """One pass through the probes in one mode."""

    def __init__(self, app: Flask, world: dict[str, Any], mode: str) -> None:
        self.app, self.world, self.mode = app, world, mode
        self.cage = Cage.read(world["canaries"])
        self.findings: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.log = Log()
        logging.getLogger().addHandler(self.log)
        self.people: dict[str, Person] = {}
        self.behind = Behind(world)
        self.before: dict[str, str] = {}

    def person(self, role: str) -> Person:
        """The signed-in person of that role."""
        if role not in self.people:
            self.people[role] = Person(self.app, role, self.world["people"].get(role))
        return self.people[role]

    def url(self, probe: Probe) -> str:
        """The address the probe asks."""
        return probe.route.url(probe.pk, self.world["entries"].get(probe.pk))

    def found(self, probe: Probe, what: str, told: Told | None = None, **more: Any) -> None:
        """Something is wrong."""
        self.findings.append(
            {
                "what": what,
                "mode": self.mode,
                "role": probe.role,
                "request": f"{probe.route.method} {self.url(probe)}",
                "object": probe.object,
                "expect": probe.expect,
                "query": probe.query,
                "status": told.status if told else None,
                "sent": probe.body,
                **more,
            }
        )

    def run(self, asked: list[Probe]) -> None:
        """Send them all. After each table the other department's rows are compared with what they were."""
        before = self.before = self.behind.digest()
        last: Any = None
        group: list[Probe] = []
        for probe in asked:
            name = (probe.role, probe.route.table)
            if last is not None and name != last:
                before = self.before = self._compare(before, group)
                group = []
            last = name
            group.append(probe)
            self.send(probe)
        self._compare(before, group)

    def _compare(self, before: dict[str, str], group: list[Probe]) -> dict[str, str]:
        after = self.behind.digest()
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if changed and group:
            self.found(group[-1], "other rows changed", tables=changed, requests=len(group))
        return after

    def send(self, probe: Probe) -> None:
        """One request and everything that is to be said of its answer."""
        self.counts[probe.object] += 1
        self.log.lines.clear()
        method = probe.route.method
        given = {"query": probe.query, "form": self._current(probe), "body": probe.body, "file": probe.file}
        try:
            told = self.person(probe.role).send(method, self.url(probe), **given)
        except Exception as error:  # a crash of the application is a finding like others
            self.found(probe, f"crashed: {error!r}"[:300])
            return
        wrong = self._judge(probe, told)
        if wrong:
            trace = self.log.lines[-1][-900:] if self.log.lines and told.status >= 500 else ""
            self.found(probe, wrong, told, says=trace or told.text[-200:])
        sent = [probe.pk, str(probe.query), str(probe.form), str(probe.body), str(probe.file)]
        for where, text in (("answer", told.text), ("log", "\n".join(self.log.lines))):
            escaped = {mark: c for mark, c in self.cage.escaped(text, sent).items() if not _is_opened(probe, c)}
            if escaped:
                kinds = sorted({f"{canary.table}.{canary.column}" for canary in escaped.values()})
                self.found(probe, f"canary in the {where}", told, canaries=kinds[:12], number=len(escaped))
        if told.status < 400:
            self.done[f"{probe.object} {probe.route.action or 'page'} {method}"] += 1
            if method != "GET":
                self.behind.restore()

    def _current(self, probe: Probe) -> dict[str, Any] | None:
        """The form with the version that its row has by now: an old one would be refused before anything else."""
        if probe.form is None or probe.route.table is None or probe.route.action != "edit" or not probe.pk:
            return probe.form
        return probe.form | {"version": self.behind.version(probe.route.table, probe.pk)}

    def _judge(self, probe: Probe, told: Told) -> str | None:
        status, expect = told.status, probe.expect
        if status >= 500:
            return "server error"
        if expect == "public":
            return None
        if expect == "anonymous":
            right = {401} if probe.route.is_api else {302}
            goes = probe.route.is_api or "/login" in told.location
            return None if status in right and goes else "a stranger was answered"
        if expect == "kept":
            return None if status in _ANSWERS | {403} else "unexpected status"
        if expect == "answer":
            # Some pages want more than their permission (another one, a rank, the maker); reading an own row does not.
            is_plain = probe.object == "own" and probe.route.action == "read" and probe.route.method == "GET"
            return None if status in _ANSWERS | (set() if is_plain else {403}) else "unexpected status"
        if expect in ("hidden", "readonly") and status < 400 and status == self._to_missing(probe):
            return None  # it does the same whatever the key is, and nothing of others changes (the digest)
        if expect == "unwritten":
            return self._unwritten(probe, told)
        right = set(_STATUS[expect])
        if probe.object == "malformed":
            right.add(400)
        if self.mode == modes.POLICIES and expect == "readonly":
            # The page opens, for the row may be read; that nothing is written is seen in the digest.
            return None if status in _ANSWERS | {403} else "unexpected status"
        return None if status in right else "unexpected status"

    def _to_missing(self, probe: Probe) -> int:
        """What is answered where nothing is: what is hidden must not be told from it. Reading answers 404 always."""
        if probe.route.method == "GET":
            return 404
        again = {"query": probe.query, "form": probe.form, "body": probe.body, "file": probe.file}
        return self.person(probe.role).send(probe.route.method, probe.route.url(MISSING), **again).status

    def _unwritten(self, probe: Probe, told: Told) -> str | None:
        """Nothing that names another department's row was stored: refused, or each row answered as failed."""
        if told.status in _STATUS["unwritten"]:
            return None
        if probe.route.rule.endswith("/bulk") and '"inserted": 0, "updated": 0' in told.text:
            return None
        if probe.form is not None and self.behind.digest() == self.before:
            return None  # pages that only check, or throw away, write nothing of what they are sent
        return "a foreign reference was accepted"


def _is_opened(probe: Probe, canary: Canary) -> bool:
    """A masked value of a directory that belongs to nobody, asked for in full by who may unmask it (with a reason)."""
    is_directory = TABLES[canary.table].__rows__.kind == "everyone"
    return probe.route.action == "unmask" and canary.secrecy == "mask" and is_directory


def chosen(asked: list[Probe], seed: int, budget: int) -> list[Probe]:
    """Every address with every object, by one role at least; and as many others as the budget allows.

    The roles take turns by the seed, so that each of many runs asks something else and a run can be repeated.
    """
    groups: dict[Any, list[int]] = {}
    places = Counter[Any]()
    for at, probe in enumerate(asked):
        same = (probe.route, probe.object, probe.expect)
        places[probe.role, *same] += 1
        groups.setdefault((*same, places[probe.role, *same]), []).append(at)
    kept = {group[(seed + at) % len(group)] for at, group in enumerate(groups.values())}
    rest = [at for at in range(len(asked)) if at not in kept]
    wanted = max(0, min(budget - len(kept), len(rest)))
    random.Random(seed).shuffle(rest)
    rest.sort(key=lambda at: asked[at].expect in ("denied", "anonymous"))
    return [asked[at] for at in sorted(kept.union(rest[:wanted]))]


def run(
    app: Flask,
    world: dict[str, Any],
    *,
    what: str,
    mode: str,
    plant: str,
    seed: int,
    share: tuple[int, int],
    tables: list[str],
    budget: int = BUDGET,
) -> dict[str, Any]:
    """What a process of its own does; the answer is what the test judges."""
    modes.enter(mode)
    modes.plant(app, plant)
    sweep = Sweep(app, world, mode)
    found = routes(app)
    every = list(probes(found, world, tables))
    asked = chosen(every, seed, budget or len(every))
    if what == "oracle":
        Oracles(sweep).run(tables)
    else:
        roles = [ANONYMOUS, *world["people"]]
        mine = [role for at, role in enumerate(roles) if at % share[1] == share[0]]
        sweep.run([probe for probe in asked if probe.role in mine])
    return {
        "mode": mode,
        "probes": sum(sweep.counts.values()),
        "by_object": dict(sweep.counts),
        "done": dict(sweep.done),
        "left_out": len(every) - len(asked) if share[0] == 0 and what == "sweep" else 0,
        "findings": sweep.findings,
        "undeclared": undeclared(found),
        "seconds": round(time.process_time(), 1),
        "again": {role: person.again for role, person in sweep.people.items() if person.again},
    }
