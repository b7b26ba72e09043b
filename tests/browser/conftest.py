"""The live page as `waico ui` serves it, in headless Chromium; nothing may leave the machine, and nothing may go wrong unseen."""

import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sweeps import write_design

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")
PATIENCE = 60_000   # milliseconds; machines are shared


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page is started: with a saved run, a sweep, and what is neither."""
    there = tmp_path_factory.mktemp("page")
    subprocess.run([COMMAND, "run", "waic2025", "--seed", "6", "--replicates", "2", "--out", "kept/run"], cwd=there, check=True, capture_output=True)
    (there / "grid.toml").write_text(
        'scenario = "binding_charter"\nseed = 1\nreplicates = 4\nsampler = "latin_hypercube"\nsamples = 60\n[factors]\n'
        '"institutions.waico.opening.enforcement" = [0.0, 1.0]\n'
        '"institutions.waico.adoption.rule" = { values = ["consensus", "supermajority", "coalition_of_the_willing"] }\n'
    )
    subprocess.run([COMMAND, "sweep", "grid.toml", "--out", "kept/sweep", "--quiet"], cwd=there, check=True, capture_output=True)
    subprocess.run([COMMAND, "sweep", str(write_design(there)), "--out", "kept/own", "--quiet"], cwd=there, check=True, capture_output=True)
    (there / "kept" / "empty").mkdir()
    return there


@pytest.fixture(scope="session")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server on a free port; its log must stay free of complaints."""
    log = tmp_path_factory.mktemp("log") / "server.txt"
    with log.open("w") as errors, subprocess.Popen(
        [COMMAND, "ui", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, stderr=errors, text=True
    ) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        found = re.match(r"http://127\.0\.0\.1:\d+", line)
        assert found, f"{line}{log.read_text()}"
        yield found[0]
        server.terminate()
        server.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@pytest.fixture
def errors() -> list[str]:
    """What the browser complained of."""
    return []


@pytest.fixture
def page(browser: Any, errors: list[str]) -> Iterator[Any]:
    """A fresh visitor, who sees errors and requests to elsewhere."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    opened = context.new_page()
    watch(opened, errors)
    yield opened
    context.close()
    assert errors == []


def watch(page: Any, errors: list[str]) -> None:
    """Note errors of scripts, and requests that leave the machine."""
    page.on("pageerror", lambda error: errors.append(f"error: {error}"))
    page.on("console", lambda message: errors.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("request", lambda request: errors.append(f"request: {request.url}") if leaves(request.url) else None)


def leaves(url: str) -> bool:
    """Whether a request goes to another machine."""
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
