"""``python -m bench [imports pages start peer lists rest audit …] [--peers] [--rows N]``: one table, the figures as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from bench import audit, busy, draw, exports, ground, imports, kills, lists, pages, peer, rest, start, teams
from bench.large import build


@dataclass(frozen=True)
class Line:
    """One line of the table; ``met`` is None where nothing was promised."""

    what: str
    measured: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def _at_most(what: str, value: float, unit: str, target: float) -> Line:
    return Line(what, f"{value:.3g} {unit}", "", f"<= {target:g} {unit}", value <= target)


def _phases(cost: dict[str, Any]) -> str:
    parts = (f"{name} {part['own']:.1f} + {part['database']:.1f}" for name, part in cost["phases"].items())
    return ", ".join(parts)


def of_imports(found: dict[str, Any]) -> Iterable[Line]:
    """The import against its limit, phase by phase, with the search index and without."""
    for ours, floor, label in (("first", "limit", ""), ("plain", "plain_limit", ", without the search index")):
        limit, cost = found[floor]["cpu"], found[ours]["cpu"]
        yield Line(f"import limit: fastexcel + COPY{label}", f"{limit:.2f} s CPU", "1", "")
        for name, spent in found[floor]["phases"].items():
            yield Line(f"  {name}", f"{spent:.2f} s")
        target, met = ("<= 2 x", cost / limit <= 2) if not label else ("", None)
        told = f"{cost:.2f} s CPU, {cost / imports.ROWS * 1e6:.0f} us a row"
        yield Line(f"import of {imports.ROWS:,} rows{label}", told, f"{cost / limit:.2f} x limit", target, met)
        yield Line("  own + database, s", _phases(found[ours]))
    first = found["first"]["cpu"]
    for key, label, most in (
        ("again", "unchanged again", 0.5),
        ("changed", "1 % changed", 0),
        ("formulas", "100 formulas", 0),
    ):
        cost = found[key]
        ratio, target = cost["cpu"] / first, f"<= {most} x" if most else ""
        yield Line(f"import, {label}", f"{cost['cpu']:.2f} s CPU", f"{ratio:.2f} x the first", target, ratio <= most if most else None)  # fmt: skip
        yield Line("  own + database, s", _phases(cost))
        rows = f"{cost['inserted']} new, {cost['updated']} changed, {cost['unchanged']} same, {cost['failed']} bad"
        yield Line("  rows", rows)
    yield Line("import by the pages: another look", f"{found['first']['sight']:.2f} s CPU")
    yield _at_most("import, memory of a process", max(found["first"]["parent"], found["first"]["child"]), "MB", 600)


def of_busy(found: dict[str, Any]) -> Iterable[Line]:
    """A million rows against a hundred thousand; memory; pages meanwhile."""
    small, large = found["small"], found["large"]
    ratio, most = large["cpu"] / small["cpu"], 1.05 * large["rows"] / small["rows"]
    for each in (small, large):
        phases = ", ".join(f"{name} {spent:.1f}" for name, spent in each["phases"].items())
        yield Line(
            f"import of {each['rows']:,} rows by the worker",
            f"{each['cpu']:.1f} s CPU ({phases}), {each['stored']:,} stored",
        )
    yield Line("  growth", f"{ratio:.2f} x the CPU", "", f"<= {most:.3g} x", ratio <= most)
    for kind, used in (large["peak"] | {"web": large["during"]["memory"]}).items():
        yield _at_most(f"  memory of the {kind}", used, "MB", 600)
    for each in (small, large):
        idle, during = each["idle"], each["during"]
        told = f"p50 {during['p50']:.0f} ms, p99 {during['p99']:.0f} ms of {during['pages']:,} pages; idle {idle['p50']:.0f} and {idle['p99']:.0f} ms"
        slower = during["p99"] / idle["p99"]
        yield Line(
            f"list page during {each['rows']:,} rows", told, f"{slower:.2f} x p99 of idle", "<= 2 x", slower <= 2
        )


def of_kills(found: dict[str, Any]) -> Iterable[Line]:
    """What was lost, doubled, seen by halves in imports that were killed again and again."""
    runs = found["imports"]
    kills = Counter[str]()
    for each in runs:
        kills.update(each["kills"])
    total = sum(kills.values())
    yield Line(
        f"kills in {len(runs)} imports of {found['rows']:,} rows", f"{total}: {dict(kills)}", "", ">= 40", total >= 40
    )
    for name in ("lost", "doubled", "foreign", "halves"):
        number = sum(each[name] for each in runs)
        yield Line(f"  rows {name}", f"{number}", "", "0", number == 0)
    whole = all(each["audited"] and each["links"] and each["state"] == "committed" for each in runs)
    yield Line("  links and audit log equal, committed", str(whole), "", "yes", whole)


def of_pages(found: dict[str, Any]) -> Iterable[Line]:
    """The list page, ours and stock."""
    own, stock = found["ours"], found["stock"]
    web = f"{stock['web_ms'] / own['web_ms']:.1f} x less than stock"
    yield _at_most("list page, queries", own["queries"], "", 12)
    yield Line("list page, web CPU", f"{own['web_ms']:.1f} ms", web, "<= 40 ms", own["web_ms"] <= 40)
    served = f"{stock['database_ms'] / own['database_ms']:.1f} x less than stock"
    yield Line("list page, PostgreSQL", f"{own['database_ms']:.1f} ms", served)
    yield Line(
        "stock FAB page", f"{stock['web_ms']:.1f} + {stock['database_ms']:.1f} ms", f"{stock['queries']} queries"
    )


def of_start(found: dict[str, Any]) -> Iterable[Line]:
    """The start of the application."""
    yield _at_most("start of the application", found["cpu"], "s CPU", 5)


def of_peer(found: dict[str, Any]) -> Iterable[Line]:
    """A row of ours against one of theirs: where both show a preview before they store, both passes are counted."""
    ours = found["ours"]
    yield Line(f"ours, a row of {imports.ROWS:,}", f"{ours:.0f} us CPU", "1")
    wanted = {"django-import-export, defaults": 50, "django-import-export, bulk mode": 25}
    for name, kinds in found["peers"].items():
        for kind, cost in kinds.items():
            label = name if kind == "indexed" else "  the same without our search index"
            ratio, least = cost["flow"] / ours, wanted.get(name, 0) if kind == "indexed" else 0
            told = f"{cost['flow']:.0f} us a row of {found['rows'][name]:,}, {cost['store']:.0f} of storing alone"
            yield Line(
                label, told, f"{ratio:.1f} x ours", f">= {least} x" if least else "", ratio >= least if least else None
            )


def of_lists(found: dict[str, Any]) -> Iterable[Line]:
    """Each case of both viewers: web and database, against the best peer."""
    figures = found["figures"]
    for viewer, cases in figures[lists.OURS].items():
        for case, cost in cases.items():
            what, target = f"{viewer}, {lists.LABELS[case]}", lists.CASES[case][1]
            told = f"{cost['cpu']:.1f} ms ({cost['own']:.1f} + {cost['database']:.1f}), {cost['queries']} queries"
            met = cost["cpu"] <= target and cost["queries"] <= lists.MOST_QUERIES
            others = {name: figures[name][viewer][case] for name in figures if case in figures[name][viewer]}
            best = (
                min((each["cpu"], name) for name, each in others.items() if name != lists.OURS)
                if len(others) > 1
                else None
            )
            ratio = f"{best[0] / cost['cpu']:.1f} x less" if best else ""
            yield Line(what, told, ratio, f"<= {target:g} ms", met)
            for name, each in others.items():
                if name != lists.OURS:
                    yield Line(f"  {name}", f"{each['cpu']:.0f} ms ({each['own']:.1f} + {each['database']:.0f}), {each['queries']} queries")  # fmt: skip


def of_rest(found: dict[str, Any]) -> Iterable[Line]:
    """A list by REST, and many rows at once."""
    cost = found["list"]
    told = f"{cost['cpu']:.1f} ms ({cost['own']:.1f} + {cost['database']:.1f}), {cost['queries']:.0f} queries"
    yield Line("REST list of 100", told, "", "<= 8 ms", cost["cpu"] <= 8)
    for kind, each in (found["bulk"] or {}).items():
        told = f"{each['cpu']:.0f} ms ({each['own']:.0f} + {each['database']:.0f}), {each['queries']:.0f} queries"
        yield Line(f"REST bulk of 1,000, {kind}", told, "", "<= 150 ms", each["cpu"] <= 150)


def of_audit(found: dict[str, Any]) -> Iterable[Line]:
    """The audit log against the same work without it."""
    cost = found["bulk"]
    yield _at_most("audit, a row of a bulk import", cost["extra"], "us CPU", 25)
    yield Line("  without it", f"{cost['without']:.1f} us, spread of the difference {cost['spread']:.1f} us")
    yield Line("  entry", f"{cost['bytes']:.0f} B, WAL {cost['wal']:.0f} B")
    yield Line("audit, a row of a bulk update", f"{cost['update']:.1f} us CPU")
    for name, what in (("plain", "a row and its commit by SQL"), ("saved", "a row as the console saves it")):
        off, on = found[name]["off"]["cpu"], found[name]["on"]["cpu"]
        target = "<= 1.05 x" if name == "saved" else ""
        told = f"{on:.2f} ms CPU, without the log {off:.2f} ms"
        yield Line(f"audit, {what}", told, f"{on / off:.2f} x", target, on / off <= 1.05 if target else None)
    told = found["plain"]
    yield Line("  p50 of the client", f"{told['on']['p50']:.2f} ms, without the log {told['off']['p50']:.2f} ms")
    whole = found["imports"]
    ratio = f"{whole['on'] / whole['off']:.2f} x"
    yield Line("audit, a row of a whole import", f"{whole['on']:.0f} us CPU, without {whole['off']:.0f} us", ratio)
    for name, speed in found["speed"].items():
        target, met = (">= 80,000/s", speed >= 80_000) if name == "verify sm3" else ("", None)
        yield Line(f"audit, {name}", f"{speed:,.0f} entries/s", "", target, met)


def of_exports(found: list[dict[str, Any]]) -> Iterable[Line]:
    """Exports against COPY and the usual writers, at each size."""
    for each in found:
        rows, ways = each["rows"], each["ways"]
        ours, floor = ways[exports.OURS]["cpu"], ways[exports.LIMIT]["cpu"]
        yield Line(f"export of {rows:,} x 20", f"{ours:.2f} s CPU", f"{ours / floor:.2f} x limit", "<= 1.5 x", ours <= 1.5 * floor)  # fmt: skip
        yield Line("  limit: COPY to csv + deflate", f"{floor:.2f} s CPU", "1")
        yield Line("  COPY of bare codes + deflate", f"{ways[exports.BARE]['cpu']:.2f} s CPU")
        yield Line("  csv", f"{ways['csv']['cpu']:.2f} s CPU")
        for way, target in ((exports.XLSXWRITER, 12), (exports.OPENPYXL, None)):
            ratio = ways[way]["cpu"] / ours
            told, met = (f">= {target} x", ratio >= target) if target else ("", None)
            yield Line(f"  {way}", f"{ways[way]['cpu']:.2f} s CPU", f"{ratio:.1f} x ours", told, met)
        yield _at_most("  memory for it", ways[exports.OURS]["added"], "MB", 100)
        yield Line("  the whole process", f"{ways[exports.OURS]['memory']:.0f} MB")
        yield _at_most("  first byte, by the application", each["first"]["cpu"], "s CPU", 0.3)


def of_draw(found: dict[str, Any]) -> Iterable[Line]:
    """The draw of subjects in units of R, one sequential scan of its frame in PostgreSQL."""
    limit = found["limit"]["read"]
    yield Line(
        "R: one scan of the frame, columns read", f"{limit:.2f} s CPU; {found['limit']['counted']:.2f} s rows counted"
    )
    for name, what, most in (
        ("draw", "draw after the seed, plain", 25),
        ("compiled", "draw after the seed, compiled", 2.5),
        ("without", "verify.py without the tree", 25),
        ("with", "verify.py", 60),
    ):
        if name in found:
            cost = found[name]["cpu"]
            yield Line(f"{what}, {found['rows']:,} rows", f"{cost:.2f} s CPU", f"{cost / limit:.1f} R", f"<= {most:g} R", cost <= most * limit)  # fmt: skip
            if "memory" in found[name]:
                yield _at_most("  memory", found[name]["memory"], "MB", 1024)
    yield Line("freeze", f"{found['seal']['cpu']:.2f} s CPU", f"{found['seal']['cpu'] / limit:.1f} R")
    yield Line("rules, verify.py and SQL agree on 1,000,000 rows", str(found["agreed"]), "", "yes", found["agreed"])


def of_teams(found: dict[str, Any]) -> Iterable[Line]:
    """Teams for 2,000 subjects: every hard constraint, and the time of each part."""
    how = "compiled" if found["compiled"] else "plain: numba is not installed"
    told = f"{found['tasks']:,} tasks, {found['people']} people, {found['pairs']:,} pairs, {how}"
    yield Line("teams: hard constraints broken", str(len(found["faults"])), "", "0", not found["faults"])
    yield Line("  loads, highest chance", f"{found['loads'][0]}-{found['loads'][1]}, {found['highest']:.4f}")
    yield _at_most(f"  {told}", sum(found[part] for part in ("facts", "table", "rounding")), "s CPU", 5)
    yield Line("  facts + table + rounding; check", " + ".join(f"{found[part]:.1f}" for part in ("facts", "table", "rounding")) + f"; {found['check']:.1f}")  # fmt: skip


Run = Callable[[argparse.Namespace], Any]
BENCHES: dict[str, tuple[Run, Callable[[Any], Iterable[Line]]]] = {
    "imports": (lambda given: imports.bench(), of_imports),
    "peer": (lambda given: peer.bench(), of_peer),
    "busy": (lambda given: busy.bench(), of_busy),
    "kills": (lambda given: kills.bench(), of_kills),
    "pages": (lambda given: pages.bench(), of_pages),
    "start": (lambda given: start.bench(), of_start),
    "lists": (lambda given: lists.bench(given.rows, given.peers), of_lists),
    "rest": (lambda given: rest.bench(given.rows), of_rest),
    "audit": (lambda given: audit.bench(), of_audit),
    "draw": (lambda given: draw.bench(), of_draw),
    "teams": (lambda given: teams.bench(), of_teams),
    "exports": (lambda given: exports.bench(given.rows), of_exports),
}
#: Run when none is named. The others need the large world, and 25 GB of disk for it.
USUAL = ("imports", "pages", "start")


def table(lines: list[Line]) -> str:
    """The lines in columns."""
    cells = [(x.what, x.measured, x.ratio, x.target, {None: "", True: "met", False: "MISSED"}[x.met]) for x in lines]
    widths = [max(len(row[at]) for row in cells) for at in (0, 2, 3)]
    return "\n".join(
        f"{what:<{widths[0]}}  {ratio:<{widths[1]}}  {target:<{widths[2]}}  {met:<6}  {measured}".rstrip()
        for what, measured, ratio, target, met in cells
    )


def main() -> int:
    """Run the benches that were named, or the usual ones. The exit status says whether all targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--peers", action="store_true", help="install the peers in the cache and run them too")
    parser.add_argument("--rows", type=int, default=build.ROWS, help="size of the large world, for lists and rest")
    given = parser.parse_args()
    names = given.names or [*USUAL, *(["peer"] if given.peers else [])]
    ground.superuser()  # the server runs until we end
    lines: list[Line] = []
    results: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.platform(),
        "load": os.getloadavg(),
    }
    for name in names:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        run, tell = BENCHES[name]
        results[name] = run(given)
        lines += tell(results[name])
    results["lines"] = [asdict(line) for line in lines]
    (ground.ROOT / "bench" / "results.json").write_text(json.dumps(results, ensure_ascii=False, indent=1))
    print(table(lines))
    return 0 if all(line.met is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
