"""How fast the live page is, in headless Chromium: `python benchmarks/page.py`, with the extra `browser`. Needs an idle machine; medians."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from waico.ui.session import Session, Source

COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
VISITS, STEPS = 5, 30
AT_ROUND = "number => document.querySelector('.waico-round')?.textContent.trim() === `Round ${number}`"


def main() -> None:
    """Serve the page, visit it, step, and hold both against a step without any page."""
    alone = step_alone()
    with subprocess.Popen([COMMAND, "ui", "--port", "0"], stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
        assert server.stdout is not None
        address = server.stdout.readline().split()[0]
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        paints = [first_paint(browser, address) for _ in range(VISITS)]   # each with an empty cache
        steps = step_in(browser, address)
        browser.close()
        server.terminate()
    print(f"first paint with all figures   {paints[0]:6.2f} s for the first visitor, then {median(paints[1:]):.2f} s")
    print(f"a step, until it is drawn      {1000 * median(steps):6.0f} ms, at most {1000 * max(steps):.0f} ms in {STEPS}")
    print(f"a step without a page          {1000 * alone:6.1f} ms with all tables: the page takes {median(steps) / alone:.0f} times as long")


def first_paint(browser: Any, address: str) -> float:
    """Seconds from the request to a map with all states."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("#figure-map .waico-state")
    page.wait_for_selector("#figure-network circle")
    taken = time.perf_counter() - start
    page.context.close()
    return taken


def step_in(browser: Any, address: str) -> list[float]:
    """Seconds from the click on Step until its round is on the page, with all panels and a state open."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/?state=KEN")
    page.wait_for_selector("#figure-map .waico-state")
    taken = []
    for number in range(1, STEPS + 1):
        start = time.perf_counter()
        page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_function(AT_ROUND, arg=number, polling=5)
        page.wait_for_function("number => document.querySelector('.waico-drawer h2')?.textContent.includes(`round ${number}`)", arg=number, polling=5)
        taken.append(time.perf_counter() - start)
    return taken


def step_alone() -> float:
    """Seconds of a step with its tables, without any page: median."""
    session, taken = Session(Source("waic2025")), []
    for _ in range(STEPS):
        start = time.perf_counter()
        session.step()
        _ = session.watched
        taken.append(time.perf_counter() - start)
    return median(taken)


if __name__ == "__main__":
    main()
