"""Keyed randomness: every draw is a pure function of (seed, replicate, stream, names), never of order or row number.

A draw for state GBR in institution waico is the same whether there are 3 states or 193, whatever else is drawn, on one
process or many. This is what common random numbers need: two scenarios differ by what was changed and by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from waico.agents.compiled import compiled

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Draws:
    """Random numbers of one replicate, by key.

    The bits are those of SplitMix64 (Steele, Lea & Flood 2014): its finalizer applied to a hash of the key.
    """

    def __init__(self, seed: int, replicate: int = 0) -> None:
        """Fix the seed (any whole number) and the replicate (0, 1, ...)."""
        self.seed, self.replicate = seed, replicate
        self._root = np.uint64(_hash(f"{seed}/{replicate}"))

    def uniform(self, stream: str, names: Sequence[str], *path: str) -> Floats:
        """One number strictly between 0 and 1 per name, shape (names,); `path` narrows the stream, e.g. institution."""
        return self.table(stream, names, ["/".join(path)])[:, 0]

    def table(self, stream: str, names: Sequence[str], paths: Sequence[str]) -> Floats:
        """The same for several paths at once, a column each, shape (names, paths)."""
        keys = np.array([_hash(f"{stream}/{path}") for path in paths], dtype=np.uint64) ^ self._root
        return _uniform(_words(tuple(names)), keys)

    def exponentials(self, stream: str, names: Sequence[str], paths: Sequence[str]) -> Floats:
        """Exponential draws with mean 1, shape (names, paths)."""
        return -np.log(self.table(stream, names, paths))

    def normals(self, stream: str, names: Sequence[str], paths: Sequence[str]) -> Floats:
        """Standard normal draws, shape (names, paths)."""
        return np.asarray(ndtri(self.table(stream, names, paths)))

    def exponential(self, stream: str, names: Sequence[str], *path: str) -> Floats:
        """Exponential draws with mean 1, shape (names,)."""
        return -np.log(self.uniform(stream, names, *path))

    def normal(self, stream: str, names: Sequence[str], *path: str) -> Floats:
        """Standard normal draws, shape (names,)."""
        return np.asarray(ndtri(self.uniform(stream, names, *path)))


@compiled
def _uniform(names: Words, keys: Words) -> Floats:
    """Numbers strictly between 0 and 1 from hashes of names and keys, shape (names, keys)."""
    numbers = np.empty((len(names), len(keys)))
    for row in range(len(names)):
        for column in range(len(keys)):
            bits = splitmix64(splitmix64(names[row] ^ keys[column]))
            numbers[row, column] = (np.float64(bits >> np.uint64(11)) + 0.5) * 2.0**-53
    return numbers


@compiled
def splitmix64(words: Any) -> Any:
    """Advance by the golden gamma and mix: one output of SplitMix64 per state, a number or an array."""
    words = words + _GOLDEN
    words = (words ^ (words >> np.uint64(30))) * _MIX_1
    words = (words ^ (words >> np.uint64(27))) * _MIX_2
    return words ^ (words >> np.uint64(31))


@lru_cache(maxsize=4096)
def _hash(text: str) -> int:
    """64 bits of a text, the same in every process (unlike `hash`)."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


@lru_cache(maxsize=256)
def _words(names: tuple[str, ...]) -> Words:
    words = np.array([_hash(name) for name in names], dtype=np.uint64)
    words.flags.writeable = False
    return words
