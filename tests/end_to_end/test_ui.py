"""`waico ui` as a user starts and ends it; what the page does is tested in tests/browser."""

import signal
import socket
import subprocess
import sysconfig
import urllib.request
from pathlib import Path

import pytest

from tests.absent import make_absent
from waico.cli import _run

COMMAND = str(Path(sysconfig.get_path("scripts")) / "waico")


@pytest.mark.extra
def test_it_serves_a_page_until_it_is_interrupted(tmp_path: Path) -> None:
    pytest.importorskip("solara", reason="needs the extra `ui`")
    with subprocess.Popen(
        [COMMAND, "ui", "--port", "0", "--scenario", "gpai"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None and server.stderr is not None
        address = server.stdout.readline().split()[0]
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(30) in (0, 130)
        assert "Traceback" not in server.stderr.read()


def test_a_taken_port_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("solara", reason="needs the extra `ui`")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert _run(["ui", "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--scenario", "nothing"], ["--port", "99999"], ["--host", "no.such.host.invalid"]])
def test_what_is_wrong_is_told_in_a_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(["ui", *arguments]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1 and not told.out


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    make_absent(monkeypatch, "solara", "waico.ui.server")
    assert _run(["ui", "--port", "0"]) == 2
    told = capsys.readouterr()
    assert "pip install '.[ui]' in a checkout of waico" in told.err and told.err.count("\n") == 1 and not told.out
