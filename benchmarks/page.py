"""How fast the live page is, in headless Chromium; needs the extra `browser`, and a machine that does nothing else."""

from __future__ import annotations

import subprocess
from functools import partial
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.rows import Floats, Goal, Row, Spread
from benchmarks.timing import seconds_of
from tests.browser.conftest import CHROMIUM, COMMAND
from waico.ui.session import Session, Source

VISITS, BLOCKS, STEPS = 5, 3, 10   # steps of a block
REST = 1000   # milliseconds, after which nothing is drawn any more
AT_ROUND = "number => document.querySelector('.waico-round')?.textContent.trim() === `Round ${number}`"
DRAWER = "number => document.querySelector('.waico-drawer h2')?.textContent.includes(`round ${number}`)"
PAINT = Goal(3)


def rows() -> list[Row]:
    """Serve the page, visit it, step, and hold both against a step without any page."""
    if CHROMIUM is None:
        raise SystemExit("the page is measured in a Chromium, and there is none here; name the other benchmarks to go without")
    with subprocess.Popen([COMMAND, "ui", "--port", "0"], stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        first, *later = [first_paint(browser, address) for _ in range(VISITS)]   # each with an empty cache
        drawn, alone = steps(browser, address)
        browser.close()
        server.terminate()
    return [
        Row("page", "first paint with all figures, first visitor", Spread.of(first), "s", goal=PAINT),
        Row("page", "first paint with all figures, later visitors", Spread.of(later), "s", goal=PAINT),
        Row("page", "a step without a page, with all tables", Spread.of(1000 * alone), "ms"),
        Row("page", "a step, until it is drawn", Spread.of(1000 * drawn), "ms", Spread.of(drawn / alone), "a step without a page", Goal(250)),
    ]


def first_paint(browser: Any, address: str) -> float:
    """Seconds from the request to a map with all states."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()

    def visit() -> None:
        page.goto(address)
        page.wait_for_selector("#figure-map .waico-state")
        page.wait_for_selector("#figure-network circle")

    taken = seconds_of(visit)
    page.context.close()
    return taken


def steps(browser: Any, address: str) -> tuple[Floats, Floats]:
    """Seconds of the same steps, in blocks in turn: from the click until its round is on the page, all panels and a state open; and without a page."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/?state=KEN")
    page.wait_for_selector("#figure-map .waico-state")
    session = Session(Source("waic2025"))

    def click(number: int) -> None:
        page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_function(AT_ROUND, arg=number, polling=5)
        page.wait_for_function(DRAWER, arg=number, polling=5)

    def step() -> None:
        session.step()
        _ = session.watched

    drawn, alone = [], []
    for block in range(BLOCKS):
        drawn += [seconds_of(partial(click, number)) for number in range(block * STEPS + 1, (block + 1) * STEPS + 1)]
        page.wait_for_timeout(REST)
        alone += [seconds_of(step) for _ in range(STEPS)]
    return np.array(drawn), np.array(alone)
