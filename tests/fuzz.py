"""Coverage-guided fuzzing of a reader: `python -m tests.fuzz READER SECONDS`, with atheris from PyPI installed.

What ends with anything but a complaint in one line is written to crash-* in the current folder and told with a traceback.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["waico"]):
    from tests.hostile import READERS, feed


def main() -> None:
    """Fuzz until the time is over or something is found."""
    if len(sys.argv) != 3 or sys.argv[1] not in READERS or not sys.argv[2].isdigit():
        sys.exit(f"python -m tests.fuzz READER SECONDS, with READER one of {', '.join(READERS)}")
    reader, seconds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as seeds, tempfile.TemporaryDirectory() as there:
        (Path(seeds) / "good").write_text(READERS[reader][1], encoding="utf-8")

        def once(content: bytes) -> None:
            feed(reader, content, Path(there))

        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-max_len=4096", "-timeout=20", "-rss_limit_mb=4096", seeds], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
