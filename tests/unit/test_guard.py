"""What stands before the page, with an application behind it that says yes to all."""

import asyncio
from typing import Any

import pytest

from waico.ui.guard import HEADERS, Guard, Message


def asked(kind: str, address: str = "127.0.0.1", **headers: str) -> list[Message]:
    """What is answered to a request or a wish to connect, with its headers."""
    answers: list[Message] = []

    async def behind(scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"X-Frame-Options", b"ALLOWALL"), (b"a", b"b")]})
            await send({"type": "http.response.body", "body": b"yes"})

    async def receive() -> Message:
        return {"type": f"{kind}.connect"}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(Guard(behind, address)(scope, receive, send))
    return answers


def let_in(kind: str, address: str = "127.0.0.1", **headers: str) -> bool:
    first = asked(kind, address, **headers)[0]
    return first.get("status") == 200 or first["type"] == "websocket.accept"


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(("headers", "welcome"), [
    ({"host": "127.0.0.1:8765"}, True),
    ({"host": "localhost:8765", "origin": "http://localhost:8765"}, True),
    ({"host": "[::1]:8765", "origin": "http://[::1]:8765"}, True),
    ({"host": "127.0.0.1:8765", "origin": "https://elsewhere.example"}, False),
    ({"host": "127.0.0.1:8765", "origin": "http://127.0.0.1:9999"}, False),
    ({"host": "127.0.0.1:8765", "origin": "null"}, False),
    ({"host": "rebound.example:8765"}, False),
    ({"host": "rebound.example:8765", "origin": "http://rebound.example:8765"}, False),
    ({"host": "127.0.0.1.example"}, False),
    ({}, False),
])  # fmt: skip
def test_only_its_own_page_on_this_machine_is_let_in(kind: str, headers: dict[str, str], welcome: bool) -> None:
    assert let_in(kind, **headers) is welcome


def test_served_to_a_network_any_name_is_right_but_no_other_site() -> None:
    assert let_in("http", "192.0.2.1", host="lab.example:8765", origin="http://lab.example:8765")
    assert not let_in("websocket", "0.0.0.0", host="lab.example:8765", origin="https://elsewhere.example")


def test_the_refusal_says_why() -> None:
    start, body = asked("http", host="elsewhere")
    assert start["status"] == 403
    assert body["body"].startswith(b"Refused: ")
    assert asked("websocket", host="elsewhere")[0]["type"] == "websocket.close"


def test_every_answer_has_the_headers_once() -> None:
    headers = asked("http", host="localhost")[0]["headers"]
    names = [name.decode().lower() for name, _ in headers]
    assert len(names) == len(set(names))
    assert {name: value.decode() for name, value in ((n.decode(), v) for n, v in headers) if name in HEADERS} == HEADERS
    assert (b"a", b"b") in headers


def test_start_and_end_of_the_server_pass() -> None:
    seen = []

    async def behind(scope: Message, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    asyncio.run(Guard(behind, "127.0.0.1")({"type": "lifespan"}, None, None))   # type: ignore[arg-type]
    assert seen == ["lifespan"]
