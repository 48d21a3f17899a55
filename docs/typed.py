"""Writes the Python of the pages as modules, for a checker of types: ``python -m docs.typed FOLDER``.

The blocks of a page are one module, in order, as a reader would type them; those after ``<!-- not run -->`` are left
out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_RUN = "<!-- not run -->"
BLOCK = re.compile(r"^(?P<before>[^\n]*)\n+```python\n(?P<code>.*?)^```$", re.M | re.S)
PAGES = ("README.md", "docs/*.md", "docs/guide/*.md")
NOT_TYPED = {"docs/add_a_clause.md", "docs/architecture.md", "docs/clauses.md"}
"""Excerpts of source files, the rooms below the public face, and the same statement seventeen times."""


def modules() -> dict[str, str]:
    """Return the code of each page by the name of its module."""
    found = {}
    for page in (page for pattern in PAGES for page in sorted(ROOT.glob(pattern))):
        name = page.relative_to(ROOT).as_posix()
        blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
        code = [block["code"] for block in blocks if block["before"].strip() != NOT_RUN]
        if code and name not in NOT_TYPED:
            found["page_" + re.sub(r"\W", "_", name.removesuffix(".md"))] = "\n".join(code)
    return found


def write(folder: Path) -> None:
    """Write the modules into a folder, and remove what an earlier run left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("page_*.py"):
        old.unlink()
    for name, code in modules().items():
        (folder / f"{name}.py").write_text(code, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
