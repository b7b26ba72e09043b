"""How fast the live page is, in headless Chromium, with the extra `browser`. Needs an idle machine."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.measure import Row, in_turns, seconds
from waico.ui.session import Session, Source

COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
VISITS, STEPS = 5, 30
PAINT, STEP = 3.0, 250.0   # goals: seconds of the first paint, milliseconds of a step
AT_ROUND = "number => document.querySelector('.waico-round')?.textContent.trim() === `Round ${number}`"
DRAWER = "number => document.querySelector('.waico-drawer h2')?.textContent.includes(`round ${number}`)"
SIZE = {"width": 1280, "height": 800}


@contextmanager
def served() -> Iterator[tuple[Any, str]]:
    """A browser, and the address of a page that was just started."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        raise SystemExit("page: there is no Chromium here; install one, or name the other benchmarks")
    with subprocess.Popen([COMMAND, "ui", "--port", "0"], stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser, address
        finally:
            browser.close()
            server.terminate()


def first_paint(browser: Any, address: str) -> float:
    """Seconds from the request to a map with all states and a network, of a visitor with an empty cache."""
    page = browser.new_context(viewport=SIZE).new_page()

    def visit() -> None:
        page.goto(address)
        page.wait_for_selector("#figure-map .waico-state")
        page.wait_for_selector("#figure-network circle")

    taken = seconds(visit)
    page.context.close()
    return taken


def step_in(page: Any, number: int) -> None:
    """Click on Step and wait until its round is on the page, with all panels and a state open."""
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_function(AT_ROUND, arg=number, polling=5)
    page.wait_for_function(DRAWER, arg=number, polling=5)


def step_alone(session: Session) -> None:
    """A step with its tables, without any page."""
    session.step()
    _ = session.watched


def steps(browser: Any, address: str) -> dict[str, list[float]]:
    """Seconds of steps on the page and without it, in turns."""
    page, session = browser.new_page(viewport=SIZE), Session(Source("waic2025"))
    page.goto(f"{address}/?state=KEN")
    page.wait_for_selector("#figure-map .waico-state")
    numbers = iter(range(1, STEPS + 2))   # one more, to warm up
    return in_turns({
        "page": lambda: seconds(partial(step_in, page, next(numbers))), "alone": lambda: seconds(partial(step_alone, session)),
    }, STEPS)  # fmt: skip


def measure() -> list[Row]:
    """Rows of the first paint, and of a step beside one without any page."""
    with served() as (browser, address):
        visits = in_turns({"paint": partial(first_paint, browser, address)}, VISITS, warm=True)["paint"]
        taken = steps(browser, address)
    return [
        Row.of("page", "first paint with all figures, first visitor", visits[:1], "s", goal=PAINT),
        Row.of("page", "first paint with all figures, later visitors", visits[1:], "s", goal=PAINT),
        Row.of("page", "a step without a page, with all tables", taken["alone"]),
        Row.of("page", "a step, until it is drawn", taken["page"], times=("a step without a page", taken["alone"]), goal=STEP),
    ]
