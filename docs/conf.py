"""How the site of the documentation is built: ``make docs``, or ``python -m sphinx -W -c docs . build/docs``.

The source folder is the repository itself, so that a link is the same in the repository and in the site.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import allocopt

project = "allocopt"
author = "The allocopt developers"
project_copyright = author
version = release = allocopt.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "scenarios/**.md", "benchmarks/**.md", "tests/README.md"]
exclude_patterns = [".*", "build", "docs/gallery", "gallery", "node_modules", "notebooks", "runs", "src"]
source_suffix = {".md": "markdown"}
default_role = "literal"

myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_member_order = "groupwise"
autodoc_typehints = "none"
napoleon_google_docstring = False
napoleon_custom_sections = [("Attributes", "params_style")]
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"allocopt {release}"
html_copy_source = False
html_show_sphinx = False
html_last_updated_fmt = None


def home(app: Any, problem: Exception | None) -> None:
    """Write the page that a reader of the site's root is led on from."""
    if problem is None and app.builder.format == "html":
        page = f'<!doctype html><title>{project}</title><meta http-equiv="refresh" content="0; url={root_doc}.html">'
        page += f'<a href="{root_doc}.html">{project}</a>\n'
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Any) -> None:
    """Add the root page."""
    app.connect("build-finished", home)
