"""What a notebook needs beside the functions that answer its question: figures that stay with it, and sweeps without a folder.

Needs the extra `analysis`.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import vl_convert
from PIL import Image

from waico.analysis.plots import VL_VERSION, title_in_words
from waico.runs import sweep as sweeps
from waico.runs.engines import cores

SCALE = 1.5   # pixels of a picture per nominal pixel
DIGITS, ROWS = 3, 30   # of a number in a table, and of a table
COLOURS = 128   # of a picture
RENDERER = "waico-picture"


def set_up() -> None:
    """From now on figures are shown as PNG pictures, which a notebook keeps, with their titles in words; tables with three digits.

    Pictures show without JavaScript or network, and also where notebooks are only read.
    """
    alt.renderers.register(RENDERER, _picture)
    alt.renderers.enable(RENDERER)
    pd.set_option("display.precision", DIGITS)
    pd.set_option("display.max_rows", ROWS)


def swept(design: Mapping[str, Any], *, workers: int | None = None) -> sweeps.Sweep:
    """Run a design in a folder that is removed once its runs are read.

    Larger studies are better kept: `waico.sweep` with a folder of their own, which can be stopped, resumed, and analyzed into a report.

    Args:
        design: as in a design's file; see docs/how-to/sweep.md.
        workers: processes; as many as there are cores if not given.

    Raises:
        InputError: the design is wrong.
        KeyboardInterrupt: the user stopped it.
    """
    with tempfile.TemporaryDirectory(prefix="waico-sweep-") as folder:
        done = sweeps.sweep(design, Path(folder) / "sweep", workers=workers or cores())
        if done.interrupted:
            raise KeyboardInterrupt
        return sweeps.open_sweep(done.folder)


def _picture(spec: dict[str, Any], **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """A chart as a notebook shows it: MIME bundle and metadata."""
    png = small(vl_convert.vegalite_to_png(spec, vl_version=VL_VERSION, scale=SCALE))
    return {"image/png": base64.b64encode(png).decode(), "text/plain": title_in_words(spec)}, {}


def small(png: bytes) -> bytes:
    """A picture in as many colours as figures need, in a tenth of the bytes: notebooks are kept with their pictures."""
    buffer = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
