"""Whatever a file holds, a reader takes it or says in one line what is wrong: no traceback, no hang, nothing written.

`python -m tests.fuzz READER SECONDS` goes on with coverage-guided fuzzing; CI does so for a short while where atheris is installed.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import READERS, feed

pytestmark = pytest.mark.slow   # half a minute in all

GENTLE = settings(max_examples=20, deadline=10_000, suppress_health_check=[HealthCheck.too_slow])
TOKENS = [
    "=", "[", "]", "[[", "]]", "{", "}", '"', "'''", ",", "\n", "\n\n", "#", ".", "-", "nan", "inf", "-inf", "1e999", "-0.0", "1" * 400, "0x10",
    "true", "null", "2026-02-30", "9999-12-31", "0001-01-01", "\x00", "\x1b[2J", "\u202e", "\ufeff", "../../etc/passwd", "/dev/zero", "{{ 7 * 7 }}",
    "<script>alert(1)</script>", "=cmd()", "__class__", "extends", "institutions", "nations", "decision.b0", "CHN", "XXX", "ä" * 200, "[" * 300,
    "a." * 300, "{a=" * 100, "1,2,3", "999999999999999999999", "1e308", "-1", "0", "0.5",
]  # fmt: skip


def fed(reader: str, content: bytes) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        return feed(reader, content, Path(folder))


@st.composite
def spoilt(draw: st.DrawFn, good: str) -> str:
    """A good file with a few spans replaced by tokens that mean something somewhere."""
    text = good
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.sampled_from(TOKENS) | st.text(max_size=8)) + text[stop:]
    return text


@pytest.mark.parametrize("reader", [name for name in READERS if name not in ("run", "sweep")])
def test_the_good_file_is_good(reader: str) -> None:
    """Else the tests below would spoil what was none."""
    assert fed(reader, READERS[reader][1].encode()) is None


@pytest.mark.parametrize("reader", list(READERS))
@given(content=st.binary(max_size=300))
@GENTLE
def test_any_bytes(reader: str, content: bytes) -> None:
    fed(reader, content)


@pytest.mark.parametrize("reader", list(READERS))
@given(data=st.data())
@GENTLE
def test_a_good_file_spoilt(reader: str, data: st.DataObject) -> None:
    fed(reader, data.draw(spoilt(READERS[reader][1])).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("reader", list(READERS))
@pytest.mark.parametrize("content", [
    b"[" * 100_000, b"{" * 100_000, b'{"a":' * 50_000, b"a = " + b"[" * 5000, b"a." * 20_000 + b"b = 1", b"x" * 1_200_000,
    b"\xef\xbb\xbf", b"\xff\xfe\x00\x00", b"\x00" * 1000, b"x = " + b"9" * 5000, b'extends = "waic2025"\nextends = "waic2025"', b'"' * 999, b"a,b\n" * 100_000, b"actor,issue,position,salience,capability\n" + b"a" * 500_000,
])  # fmt: skip
def test_bombs(reader: str, content: bytes) -> None:
    assert fed(reader, content) is not None
