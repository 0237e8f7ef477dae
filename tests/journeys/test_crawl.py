"""Every page of the console in a real browser: nothing too wide, nothing foreign, no error, no barrier."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator

import pytest
from flask import Flask

from app.assets import ROOT, packages
from tests.conftest import Browser
from tests.every_table.tables import NAMES
from tests.every_table.world import World
from tests.journeys.browser import driver
from tests.journeys.crawl import Walker
from tests.journeys.look import NARROW, WIDE, Eye, Fault
from tests.journeys.site import LEFT_OUT, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def walker(app: Flask, address: str, browser: Callable[[str | None], Browser], world: World) -> Iterator[Walker]:
    """One browser for the whole walk."""
    with driver() as chrome:
        yield Walker(chrome, address, Site(app, browser, world))


def grave(faults: Iterable[Fault]) -> list[str]:
    """What must be mended, a line each; the rest is told as a warning."""
    found = list(faults)
    for fault in found:
        if not fault.is_grave:
            warnings.warn(str(fault), stacklevel=2)
    return [str(fault) for fault in found if fault.is_grave]


def test_the_eye_sees(address: str):
    """A page with one fault of every kind: if these were not found, the walk would prove nothing."""
    with driver() as chrome:
        eye = Eye(chrome, address)
        eye.go("/login/")
        assert not grave([*eye.faults("sign-in"), *eye.said("sign-in")])
        chrome.execute_script("""
            const bad = document.createElement("div");
            bad.innerHTML = `<p id="pale">pale</p><input id="nameless"><p id="wide">wide</p>`;
            document.querySelector("main").append(bad);
            const look = document.getElementById("pale").style;
            look.color = "#eee"; look.background = "#fff";
            document.getElementById("wide").style.width = "3000px";
            const link = Object.assign(document.createElement("link"), {rel: "preconnect prefetch", href: "http://foreign.invalid/a.css"});
            document.head.append(link);
            console.error("something broke");
        """)
        for width in (WIDE, NARROW):
            eye.set_width(width)
            found = {fault.rule: fault for fault in eye.faults("spoilt")}
            assert {"overflow", "color-contrast", "label"} <= found.keys(), found
            assert "#pale" in found["color-contrast"].where
            assert found["color-contrast"].width == width
            assert found["label"].is_grave
        told = {fault.rule for fault in eye.said("spoilt")}
        assert {"console", "foreign request"} <= told


def test_places(walker: Walker):
    assert grave(walker.places()) == []
    assert walker.site.unfilled == []


@pytest.mark.parametrize("name", NAMES)
def test_table(name: str, walker: Walker):
    assert grave(walker.table(name)) == []
    assert walker.site.unfilled == [], (
        "routes that nothing fills: give them a value in site.py or name them in LEFT_OUT"
    )


def test_what_is_left_out_exists(app: Flask):
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints >= LEFT_OUT.keys()


def test_packages_of_the_tests_are_pinned_and_hashed():
    listed = packages((ROOT / "tests" / "assets.txt").read_text())
    assert [package.name for package in listed] == ["axe-core"]
    for package in listed:
        assert re.fullmatch(r"\d+\.\d+\.\d+", package.version)
        assert package.integrity.startswith("sha512-")
    assert "/tests/vendor/" in (ROOT / ".gitignore").read_text().splitlines()
