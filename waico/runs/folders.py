"""Places that results are written to: what they may hold, whose turn it is, and files that are whole or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from waico.scenarios.errors import InputError

TABLES = ("outcomes", "rounds", "texts", "nations", "firms", "events")
MANIFEST = "manifest.json"   # of a sweep
SEAL, FORECAST, STATES = "SEAL", "forecast.json", "states.csv"   # of a forecast; the seal makes a folder one
HELD = {
    "run.json": ("a run", "give a new folder"),
    MANIFEST: ("a sweep", "go on with it by --resume, or give a new folder"),
    SEAL: ("a forecast", "give a new folder"),
}
RUN_FILES = (*(f"{name}.parquet" for name in TABLES), "members.csv")   # beside run.json
LOCK = ".lock"
LARGEST = 100_000_000   # bytes of a record; real ones have some ten thousand
PART = re.compile(r"\..+\.\d+\.part")   # of a file that is being written


def check_free(folder: Path) -> None:
    """Refuse a folder that holds a run, a sweep or a forecast, or cannot be written, before any time is spent on making others.

    Raises:
        InputError: it does, or it cannot.
    """
    try:
        parts = [f"results/{path.name}" for path in (folder / "results").glob("part-*")]   # of a sweep without its manifest
        for name in (*HELD, FORECAST, STATES, *RUN_FILES, *sorted(parts)):
            if (folder / name).exists():
                what, instead = HELD.get(name, (f"'{name}'", "give a new folder"))
                raise InputError("--out", str(folder), f"holds {what} already", instead)
        there = next(step for step in (folder, *folder.absolute().parents) if step.exists())
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise unwritable(folder, getattr(error, "strerror", None) or str(error)) from None
    if not there.is_dir():
        raise unwritable(folder, f"{there.name} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise unwritable(folder, "no permission")


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """The right to write into a folder; the system takes it back from a process that dies. Nothing is left of it.

    Raises:
        InputError: another process has it, or the folder cannot be written.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / LOCK)
        held.acquire(timeout=0)
    except Timeout:
        raise InputError("--out", str(folder), "is being written by another process", "wait for it, or stop it") from None
    except OSError as error:
        raise unwritable(folder, error.strerror or str(error)) from None
    try:
        yield
    finally:
        with suppress(OSError):   # where open files cannot be removed it stays
            (folder / LOCK).unlink()
        held.release()
        if made:
            with suppress(OSError):   # it has been written to
                folder.rmdir()


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """A folder to write results into when they are made, free and nobody else's until then; what a killed process left is removed.

    Raises:
        InputError: it holds something, see `check_free`, another process writes there, or it cannot be written.
    """
    check_free(folder)
    with lock(folder):
        check_free(folder)   # another process may just have finished
        clear_parts(folder)
        yield


def clear_parts(folder: Path) -> None:
    """Remove what `write_whole` left behind where it was killed."""
    for left in folder.iterdir():
        if PART.fullmatch(left.name):
            left.unlink()


def check_free_file(file: Path, suffix: str) -> None:
    """Refuse a file that exists, cannot be made, or whose name ends otherwise.

    Raises:
        InputError: any of these.
    """
    if file.suffix != suffix:
        raise InputError("--out", str(file), f"does not end in {suffix}", f"give the name of a {suffix} file")
    if file.exists():
        raise InputError("--out", str(file), "exists already", "give a new name")
    if not file.absolute().parent.is_dir():
        raise InputError("--out", str(file), "lies in a folder that does not exist", "make the folder first")
    if not os.access(file.absolute().parent, os.W_OK | os.X_OK):
        raise unwritable(file, "no permission")


def read_whole(path: Path) -> bytes:
    """A record or another small file of results.

    Raises:
        OSError: it cannot be read, is larger than 100 MB, or is a pipe or a device, from which reading might never end.
    """
    _check_regular(path)
    if path.stat().st_size > LARGEST:
        raise OSError(errno.EFBIG, f"is larger than {LARGEST // 1_000_000} MB", str(path))
    return path.read_bytes()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file of any size, as hexadecimal digits.

    Raises:
        OSError: it cannot be read, or is a pipe or a device.
    """
    _check_regular(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_regular(path: Path) -> None:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):   # a folder says so itself
        raise OSError(errno.EINVAL, "is a pipe or a device", str(path))


def write_file(file: Path, text: str) -> None:
    """Write a file that does not exist yet.

    Raises:
        InputError: it exists meanwhile, or cannot be written.
    """
    check_free_file(file, file.suffix)
    try:
        write_whole(file, lambda part: part.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise unwritable(file, error.strerror or str(error)) from None


def unwritable(folder: Path, why: str) -> InputError:
    """The complaint about a place that `--out` names."""
    return InputError("--out", str(folder), f"cannot be written ({why})", "give another folder")


def write_whole(path: Path, write: Callable[[Path], Any]) -> None:
    """Write under a temporary name, bring it to the disk, then rename: a file with its name is whole, whatever happens."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        _sync(part, os.O_RDWR)
        part.replace(path)
        if os.name == "posix":   # elsewhere folders cannot be opened
            _sync(path.parent, os.O_RDONLY)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path, mode: int) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
