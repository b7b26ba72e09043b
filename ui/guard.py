"""What stands before the page: no other site may talk to it, and it may fetch nothing from elsewhere."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

HEADERS = {
    "content-security-policy": (   # Vue compiles templates, and Solara's page has scripts in it
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss: blob: data:; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
}
REFUSED = b"Refused: this page is for the machine and the address that it is served at.\n"


class Guard:
    """An ASGI application around another.

    Requests and connections whose `Origin` is another site are refused, so that a page open in the same browser cannot drive this one.
    Served to this machine alone it also refuses other names in `Host`: else a site could give its own name our address (DNS rebinding).

    Args:
        app: what it stands before.
        address: the address that is served at; of the loopback range if only this machine is let in.
    """

    def __init__(self, app: Application, address: str) -> None:
        self.app = app
        self.local = ipaddress.ip_address(address).is_loopback

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let through, or refuse with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif not self._is_welcome({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}):
            await _refuse(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))

    def _is_welcome(self, headers: dict[str, str]) -> bool:
        host = headers.get("host", "")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return False
        return not self.local or _is_here(urlsplit(f"//{host}").hostname or "")


def _is_here(name: str) -> bool:
    """Whether a name in `Host` can only mean this machine."""
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.encode(): value.encode() for name, value in HEADERS.items()}
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in own]
            message = {**message, "headers": [*kept, *own.items()]}
        await send(message)

    return sending


async def _refuse(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()   # its wish to connect
        await send({"type": "websocket.close", "code": 1008, "reason": ""})   # before it is accepted: the server answers 403
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(REFUSED)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": REFUSED})
