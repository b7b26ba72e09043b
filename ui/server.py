"""Serve the live page from this machine, to this machine."""

from __future__ import annotations

import os
import socket
import warnings
from typing import Any

from waico.scenarios.errors import InputError
from waico.ui.guard import Guard

MESSAGE = 2_000_000   # bytes of a message from the browser at most; what may be uploaded is far smaller
SCENARIO = "WAICO_UI_SCENARIO"   # Solara imports the page by name, so that what it opens with travels by the environment


def listen(host: str, port: int) -> socket.socket:
    """Take a port of this machine; any free one if it is 0.

    Raises:
        InputError: it is taken, or the machine has no such address.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _deaf(host, port, error) from None
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()   # whoever follows the printed address at once waits, and is not refused
    except OSError as error:
        taken.close()
        raise _deaf(host, port, error) from None
    return taken


def _deaf(host: str, port: int, error: OSError) -> InputError:
    return InputError("waico ui", "", f"cannot listen on {host}:{port}: {error.strerror}", "give another with --port or --host")


def application(scenario: str) -> Any:
    """The page as an ASGI application that opens with a scenario, ready for its first visitor."""
    os.environ |= {
        SCENARIO: scenario,
        "SOLARA_APP": "waico.ui.page",
        "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "False",   # nothing leaves the machine
        "SOLARA_ASSETS_FONTAWESOME_ENABLED": "False",
        "SOLARA_THEME_SHOW_BANNER": "False",
        "SOLARA_KERNEL_CULL_TIMEOUT": "1h",   # what a page that was closed looked at is forgotten then
    }
    warnings.filterwarnings("ignore", "Cookies with samesite=none", UserWarning)   # said of every page that is served without TLS
    from solara.server import starlette

    from waico.ui.session import Session, Source

    Session(Source(scenario), home=scenario).step()   # reads tables and compiled code, so that the first visitor does not wait for it
    return starlette.app


def serve(app: Any, at: socket.socket) -> None:
    """Serve until interrupted."""
    import uvicorn

    guarded = Guard(app, at.getsockname()[0])
    config = uvicorn.Config(guarded, log_level="warning", ws_max_size=MESSAGE, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[at])
