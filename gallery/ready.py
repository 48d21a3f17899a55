"""Says what is missing of what `make gallery` needs, before anything is made: ``python -m gallery.ready``."""

from __future__ import annotations

import shutil
import sys

from gallery.browser import NAMES, found


def missing() -> list[str]:
    """Return what is missing and how to get it, in sentences."""
    told = []
    if found() is None:
        told.append(
            f"There is no browser: install Chromium ({', '.join(NAMES)}), or name one in the variable CHROMIUM."
        )
    if shutil.which("npm") is None:
        told.append("There is no npm, which fetches axe-core: install Node.js.")
    return told


if __name__ == "__main__":
    if lines := missing():
        sys.exit("make gallery cannot run here.\n" + "\n".join(lines))
