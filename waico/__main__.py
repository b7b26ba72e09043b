"""The `waico` command from its first moment on; also `python -m waico`."""

import os
import sys

from waico.runs.interrupts import interrupts_held


def main() -> None:
    """Load the command line and run it; a Ctrl-C meanwhile is answered in one line, as any later one is."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:   # closed by whoever started us: as good as nobody listening
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 (until the process ends)
    try:
        with interrupts_held():   # a library written in C makes an ImportError of it while it loads, or drops it
            import waico.runs.sweep  # noqa: F401 (with it nearly all that commands need)
            from waico import cli
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
