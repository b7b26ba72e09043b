"""Print all patterns."""

from __future__ import annotations

import sys

from waico.analysis.patterns import PATTERNS


def main() -> None:
    """Print a table per pattern, under the first line of what it says."""
    for pattern in PATTERNS.values():
        title = (pattern.__doc__ or "").splitlines()[0]
        sys.stdout.write(f"{title}\n{pattern().round(3).to_string(index=False, na_rep='-')}\n\n")


if __name__ == "__main__":
    main()
