"""How every picture looks, and how it becomes SVG or PNG: no pyplot, no state that outlives it.

Colours are few, told apart by people who see them otherwise and by printers that see none: each has a lightness of
its own, and what they mean stands beside them in words. A picture that stands in a page takes the page's colours.
"""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, wraps
from itertools import takewhile
from typing import Any, Literal, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

INK, MUTED, LINE, PAGE = "#1b2026", "#56606b", "#c9d0d8", "#fefefe"
BLUE, AMBER, SKY, GREY = "#1d5c96", "#c96a12", "#8fbfe6", "#8b949e"
GAIN, LOSS, TOTAL = BLUE, AMBER, "#3d4650"
STEPS = ("#fdfdfd", "#e3edf6", "#b4d2ea", "#6ba3d0", "#2c6ca4", "#0d3c66")
"""From full (the page itself) to empty."""
ON_DARK = "#fcfcfc"
ROLES = {
    INK: "ink",
    MUTED: "muted",
    LINE: "line",
    PAGE: "page",
    ON_DARK: "on-dark",
    BLUE: "blue",
    AMBER: "amber",
    SKY: "sky",
    GREY: "grey",
    TOTAL: "total",
    **{colour: f"step-{place}" for place, colour in enumerate(STEPS)},
}
"""What a page calls each colour, so that it can have others in the dark."""
SIZE, SMALL, LARGE = 9.0, 8.0, 12.5
"""Sizes of type [pt]."""
WIDTH: dict[str, float] = {"wide": 9.2, "narrow": 3.7}
"""Of a picture on a screen, and on a telephone [inch]."""
FONT = "DejaVu Sans"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
APART = re.compile(r"[^ /_-]+[ /_-]+")
"""Words with what sets them apart from the next one."""
HINTING = 1.07
"""How much wider a text can come out on a screen, whose letters stand on whole dots."""
STYLE: Any = {
    "font.family": FONT,
    "font.size": SIZE,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": PAGE,
    "axes.facecolor": "none",
    "hatch.linewidth": 0.6,
    "hatch.color": GREY,
    "savefig.facecolor": PAGE,
    "svg.fonttype": "none",
    "xtick.color": MUTED,
    "ytick.color": INK,
    "path.simplify": True,
}
Form = Literal["wide", "narrow"]
P = ParamSpec("P")
_one_at_a_time = threading.RLock()


class Picture(Figure):
    """A Matplotlib figure that says what it shows.

    Attributes
    ----------
    title : str
        The finding, as a sentence.
    description : str
        What is drawn, for those who do not see it.
    form : {"wide", "narrow"}
    """

    title = ""
    description = ""
    form: Form = "wide"

    def svg(self, *, inline: bool = False, key: str = "picture") -> str:
        """Return the picture as SVG with title and description; the same bytes for the same picture.

        Parameters
        ----------
        inline : bool
            For a page: without head and background, in the page's fonts and colours.
        key : str
            What the names of its parts begin with; two pictures of one page must differ in it.
        """
        target = io.StringIO()
        with styled({"svg.hashsalt": f"allocopt {key}", "svg.fonttype": "none" if inline else "path"}):
            self.savefig(target, format="svg", transparent=inline, metadata={"Date": None, "Creator": None})
        return _in_page(self, target.getvalue(), key) if inline else _alone(self, target.getvalue())

    def png(self, dpi: float = 144.0) -> bytes:
        """Return the picture as PNG."""
        target = io.BytesIO()
        with styled():
            self.savefig(target, format="png", dpi=dpi, metadata={"Software": None})
        return target.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


@contextmanager
def styled(more: dict[str, Any] | None = None) -> Iterator[None]:
    """Draw in the style of the house; characters that no font has are no reason to warn."""
    with (
        _one_at_a_time,
        mpl.rc_context(STYLE | (more or {})),
        warnings.catch_warnings(action="ignore", category=UserWarning),
    ):
        yield


def drawn(draw: Callable[P, Picture]) -> Callable[P, Picture]:
    """Let a function draw in the style of the house."""

    @wraps(draw)
    def inside(*args: P.args, **more: P.kwargs) -> Picture:
        with styled():
            return draw(*args, **more)

    return inside


def picture(title: str, description: str, form: Form, height: float, *, titled: bool = True) -> tuple[Picture, float]:
    """Return an empty picture of so many points of height below its title, and the share of it that is left for it.

    Parameters
    ----------
    title, description : str
    form : {"wide", "narrow"}
    height : float
        Without the title [pt].
    titled : bool
        Whether the title stands in the picture; a page writes it itself.
    """
    width = WIDTH[form] * 72
    lines = wrapped(title, width - 4, LARGE, bold=True) if titled else []
    head = len(lines) * LARGE * 1.3 + (10 if lines else 0)
    figure = Picture(figsize=(WIDTH[form], (height + head) / 72))
    FigureCanvasAgg(figure)
    figure.title, figure.description, figure.form = title, description, form
    if lines:
        figure.text(
            2 / width, 1 - 2 / (height + head), "\n".join(lines), size=LARGE, weight="bold", va="top", linespacing=1.3
        )
    return figure, height / (height + head)


def plane(figure: Picture, left: float, bottom: float, width: float, height: float) -> Axes:
    """Return axes at a place of a picture [pt], from its lower left corner."""
    wide, high = figure.get_size_inches() * 72
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def blank(figure: Picture, height: float) -> Axes:
    """Return axes without ticks over the whole width, whose units are points and whose origin is the upper left."""
    wide, high = figure.get_size_inches() * 72
    axes = figure.add_axes((0, 0, 1, height / high))
    axes.set_xlim(0, wide)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    return axes


@lru_cache(maxsize=8)
def _font(bold: bool) -> FontProperties:
    return FontProperties(family=FONT, weight="bold" if bold else "normal")


@lru_cache(maxsize=4096)
def breadth(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Return how wide a text is [pt]."""
    if not text:
        return 0.0
    with styled():
        font = _font(bold).copy()
        font.set_size(size)
        width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return float(width) * HINTING


def fitted(text: str, width: float, size: float = SIZE, *, tail: int = 0) -> str:
    """Return as much of a text as fits, with an ellipsis where it does not, before so many of its last letters."""
    if breadth(text, size) <= width:
        return text
    end = text[len(text) - tail :] if tail else ""
    low, high = 0, len(text) - tail
    while low < high:
        middle = (low + high + 1) // 2
        if breadth(f"{text[:middle]}{ELLIPSIS}{end}", size) <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}{ELLIPSIS}{end}"


def labels(names: Sequence[str], width: float, size: float = SIZE) -> list[str]:
    """Return names as far as they fit, cut so that no two of them look the same where that can be."""
    tries = [[fitted(name, width, size, tail=tail) for name in names] for tail in (0, 4, 8)]
    long = [name for name in names if breadth(name, size) > width]
    words = zip(*(APART.findall(name) for name in long), strict=False)
    start = sum(len(same[0]) for same in takewhile(lambda same: len(set(same)) == 1, words))
    if start and len(long) > 1:
        cut = set(long)
        tries.append([fitted(f"{ELLIPSIS}{name[start:]}" if name in cut else name, width, size) for name in names])
    return max(tries, key=lambda made: len(set(made)))


def wrapped(text: str, width: float, size: float = SIZE, *, bold: bool = False, most: int = 6) -> list[str]:
    """Return a text in lines that fit; what does not fit into the last one is cut with an ellipsis."""
    lines: list[str] = []
    line = ""
    words = [word for word in text.split(" ") if word]
    for place, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if breadth(longer, size, bold=bold) <= width:
            line = longer
            continue
        if len(lines) == most - 1:
            return [*lines, fitted(" ".join([*([line] if line else []), *words[place:]]), width * 0.94, size)]
        if line:
            lines.append(line)
        line = word if breadth(word, size, bold=bold) <= width else fitted(word, width * 0.94, size)
    return [*lines, line] if line else lines


def _in_page(figure: Picture, text: str, key: str) -> str:
    """Return the SVG element for a page: named, described, in the page's fonts and colours."""
    body = text[text.index("<svg") :]
    start = body.index(">") + 1
    width, height = figure.get_size_inches() * 72
    rest = re.sub(UNSEEN, "", body[start:], flags=re.S)
    rest = re.sub(r"<[^>]*>", lambda found: _tag(found[0], key), rest)  # what stands between tags is people's names
    rest = re.sub(r"\n\s*", "\n", rest)
    title, words = _escaped(figure.title), _escaped(figure.description)
    said = f'<title id="{key}-t">{title}</title>\n<desc id="{key}-d">{words}</desc>'
    head = (
        f'<svg class="{figure.form}" role="img" aria-labelledby="{key}-t {key}-d" '
        f'viewBox="0 0 {width:.1f} {height:.1f}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return f"{head}\n{said}{rest}"


UNSEEN = r"<metadata>.*?</metadata>\s*|<defs>\s*<style[^>]*>.*?</style>\s*</defs>\s*|<!--.*?-->\s*"
"""What Matplotlib writes into a file and no page needs."""


def _tag(tag: str, key: str) -> str:
    """Return a tag with the fonts and colours of the page, and with names of its own."""
    tag = re.sub(r"font: (?:(\w+) )?([\d.]+)px [^;\"]*", _type, tag)
    tag = re.sub(r"#[0-9a-f]{6}\b", lambda found: _role(found[0]), tag)
    tag = re.sub(r'\bid="([\w-]+)"', rf'id="{key}-\1"', tag)
    return re.sub(r'(href="|url\()#([\w-]+)', rf"\1#{key}-\2", tag)


def _alone(figure: Picture, text: str) -> str:
    """Return a file of SVG that says what it shows."""
    start = text.index(">", text.index("<svg")) + 1
    said = f"\n <title>{_escaped(figure.title)}</title>\n <desc>{_escaped(figure.description)}</desc>"
    return text[:start] + said + re.sub(r"\s*<metadata>.*?</metadata>", "", text[start:], flags=re.S)


def _type(found: re.Match[str]) -> str:
    weight = f"; font-weight: {found[1]}" if found[1] else ""
    return f"font-size: {found[2]}px{weight}"


def _role(colour: str) -> str:
    return f"var(--{ROLES[colour]})" if colour in ROLES else colour


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
