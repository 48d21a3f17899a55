"""A browser looks at every page: nothing cut, nothing overlapping, contrast, accessibility, no network, paper.

Run by ``make gallery``, which makes the pages first and fetches axe-core; needs a Chromium (see docs/reports.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gallery.browser import Tab, tab
from gallery.edges import EDGES
from gallery.pages import ROOT, TARGET
from gallery.ready import missing

AXE = ROOT / ".gallery" / "node_modules" / "axe-core" / "axe.min.js"
LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
PAGES = sorted(path.name for path in TARGET.glob("*.html"))
FINDINGS = """axe.run(document, {resultTypes: ['violations']})
    .then(found => found.violations.map(each => [each.impact, each.id, each.nodes[0].html]))"""
ROWS, WHOLE = 8, (1280, False)
"""From which row of a table on axe-core looks in one view only, and in which."""
VIEWS = [(width, dark) for width in (390, 1280) for dark in (False, True)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    """Return one tab for all; without a browser, its engine or pages, say what is missing and how to get it."""
    told = missing()
    if not AXE.is_file():
        told.append("axe-core is not there: make gallery fetches it into .gallery.")
    if told:
        pytest.fail("\n".join(told), pytrace=False)
    with tab() as found:
        yield found


def shown(browser: Tab, name: str, width: int, dark: bool) -> Tab:
    """Open a page in a window as high as itself."""
    browser.look(width=width, dark=dark)
    browser.open(TARGET / name)
    high = browser.run("Math.min(document.documentElement.scrollHeight, 16000)")
    browser.look(width=width, height=int(high), dark=dark)
    return browser


def test_there_are_pages_of_every_kind() -> None:
    """Plans, comparisons, retirements, plans at the edges and the worst case were made."""
    kinds = ["worst", "worst-compare", "holiday_promo", "quickstart-compare", "retire_channel-retire"]
    kinds += [f"edge-{name}" for name in EDGES]
    gone = sorted({f"{name}.html" for name in kinds} - set(PAGES))
    assert not gone, f"not under {TARGET.relative_to(ROOT)}: make gallery makes them before it looks at them"


@pytest.mark.parametrize(("width", "dark"), VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_overlaps_or_is_hard_to_read(browser: Tab, name: str, width: int, dark: bool) -> None:
    """Texts stand in their place with a contrast of 4.5 at least, and axe-core has no serious finding.

    Texts are looked at one by one in every view, with everything unfolded; axe-core sees every row in one view, and in
    the others the first rows of each table, since those below have the same marks.
    """
    found = shown(browser, name, width, dark)
    found.picture(TARGET / f"{name.removesuffix('.html')}-{width}-{'dark' if dark else 'light'}.png")
    assert not found.run(LOOK)["faults"]
    found.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    looked = found.run(LOOK)
    assert looked["texts"] > 10
    assert not looked["faults"]
    if (width, dark) != WHOLE:
        found.run(f"document.querySelectorAll('tbody tr:nth-child(n+{ROWS})').forEach(each => each.remove())")
    found.run(AXE.read_text(encoding="utf-8") + "; null")
    assert not [finding for finding in found.run(FINDINGS) if finding[0] in ("serious", "critical")]
    assert [url for url in found.requests if not url.startswith("file:")] == []


@pytest.mark.parametrize("name", PAGES)
def test_tables_sort_filter_and_print(browser: Tab, name: str) -> None:
    """The page is whole without its script; with it, tables sort by their heads; on paper it is A4."""
    browser.look(width=1280, script=False)
    browser.open(TARGET / name)
    browser.look(width=1280, script=True)
    whole = browser.run("[document.querySelectorAll('tbody tr').length, document.querySelectorAll('th button').length]")
    browser.open(TARGET / name)
    code = """(() => {
      const all = [...document.querySelectorAll('table')];
      const table = all.find(each => each.tBodies[0].rows.length > 2 && each.querySelector('th.n button'));
      if (!table) { return null; }
      const head = table.querySelector('th.n'), place = head.cellIndex;
      head.querySelector('button').click();
      const value = text => Number(text.replace(/[,\\s\\u00a0%]/g, '').replace('\\u2212', '-'));
      const texts = [...table.tBodies[0].rows].map(row => row.cells[place].textContent);
      const values = texts.filter(text => text).map(value);
      return [head.getAttribute('aria-sort'), values.every((v, i) => !i || values[i - 1] >= v)];
    })()"""
    assert whole[0] == browser.run("document.querySelectorAll('tbody tr').length")
    assert whole[0] > 0 or name == "edge-no-plan.html"
    assert whole[1] == 0
    assert browser.run(code) in (None, ["descending", True])
    filtered = """(() => {
      const input = document.querySelector('input[type=search]');
      if (!input) { return null; }
      input.value = 'no such words anywhere'; input.dispatchEvent(new Event('input'));
      return input.closest('.tools').querySelector('[role=status]').textContent.slice(0, 5);
    })()"""
    assert browser.run(filtered) in (None, "0 of ")
    browser.open(TARGET / name)
    paper = TARGET / f"{name.removesuffix('.html')}.pdf"
    browser.paper(paper)
    boxes = set(re.findall(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", paper.read_bytes()))
    upright = {(595, 842), (594, 841), (595, 841)}  # A4; tables of many columns lie across it
    assert {(round(float(width)), round(float(height))) for width, height in boxes} <= {
        *upright,
        *((high, wide) for wide, high in upright),
    }
