"""Take the pictures of the live page in docs/how-to/use_the_live_page.md: `python docs/make_screenshots.py`, with the extra `browser` and a Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

FIGURES = Path(__file__).resolve().parent / "figures"
COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
DESIGN = """\
scenario = "binding_charter"
seed = 1
replicates = 4
sampler = "latin_hypercube"
samples = 150
[factors]
"institutions.waico.opening.enforcement" = [0.0, 1.0]
"institutions.waico.rival_pressure" = [0.0, 2.0]
"institutions.waico.adoption.rule" = { values = ["consensus", "supermajority", "coalition_of_the_willing"] }
"""
STATE = "#figure-map .waico-state"


def main() -> None:
    """Start the page in a folder with a run and a sweep, and walk through its views."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "design.toml").write_text(DESIGN, encoding="utf-8")
        subprocess.run([COMMAND, "run", "waic2025", "--seed", "1", "--replicates", "3", "--out", "runs/first"], cwd=folder, check=True, capture_output=True)
        subprocess.run([COMMAND, "sweep", "design.toml", "--out", "sweeps/first", "--quiet"], cwd=folder, check=True, capture_output=True)
        with subprocess.Popen([COMMAND, "ui", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
            assert server.stdout is not None
            address = server.stdout.readline().split()[0]
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            live(page, address)
            others(page)
            page.set_viewport_size({"width": 820, "height": 1180})
            page.goto(f"{address}/?round=30")
            page.wait_for_selector(STATE)
            keep(page, "page_tablet")
            browser.close()
            server.terminate()


def live(page: Any, address: str) -> None:
    """The live view after thirty rounds with a shock, and the decision of a state."""
    page.goto(f"{address}/?round=30&shock=20:institutions.waico.rival_pressure=2.0")
    page.wait_for_selector(STATE)
    keep(page, "page_live")
    for name in ("Ethiopia", "Kenya", "Brazil"):
        page.locator("#field-state").select_option(label=name)
        page.wait_for_selector(".waico-drawer")
        page.wait_for_timeout(400)
        why = page.locator(".waico-drawer").get_by_role("button", name=re.compile("Why in round"))
        if why.count():
            why.last.click()
            page.wait_for_selector("#figure-decision")
            break
    page.get_by_role("button", name="Save and open", exact=True).click()
    keep(page, "page_state")
    page.locator(".waico-drawer").get_by_role("button", name="Close").click()


def others(page: Any) -> None:
    """Two scenarios compared, a sweep explored, a run replayed."""
    view(page, "Compare")
    page.locator("#field-b").select_option("binding_charter")
    page.wait_for_timeout(300)
    page.locator("#field-go").click()
    page.wait_for_selector("#figure-difference .waico-state", timeout=120_000)
    keep(page, "page_compare")
    view(page, "Explore")
    page.locator("#field-sweep").select_option("sweeps/first")
    page.wait_for_selector("#figure-shares")
    page.locator("#field-outcome").select_option("no_text")
    page.locator("#field-y").select_option("institutions.waico.adoption.rule")
    page.wait_for_timeout(500)
    page.locator(".waico-cell").first.click()
    page.wait_for_selector("#figure-box", timeout=120_000)
    page.wait_for_selector("#figure-bars", timeout=120_000)
    keep(page, "page_explore")
    view(page, "Replay")
    page.locator("#field-run").select_option("runs/first")
    page.wait_for_selector(STATE)
    page.locator("input[aria-label='Round to look at']").fill("43")
    keep(page, "page_replay")


def view(page: Any, name: str) -> None:
    """Turn to a view."""
    page.locator(".waico-top").get_by_role("button", name=name, exact=True).click()


def keep(page: Any, name: str) -> None:
    """A picture of what a screen shows."""
    page.mouse.move(0, 0)
    page.wait_for_timeout(800)
    Image.open(BytesIO(page.screenshot())).convert("RGB").save(FIGURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
