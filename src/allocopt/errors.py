"""Everything that allocopt raises on purpose.

::

    AllocoptError
    ├── DataError       the tables are wrong; .issues lists every fault
    ├── ContractError   a contract is wrong or does not fit the problem; .issues lists every fault
    ├── ScenarioError   a scenario is wrong or does not fit the problem
    └── SolveError      a plan was asked for tables that it does not have
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 25
"""Faults spelled out in the text of an error; ``.issues`` always holds all of them."""

FRAME = ("table", "row", "column", "value", "code", "severity", "count", "rows", "message", "hint")
"""Columns of an error as a table."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters, line separators and halves of characters: a terminal would obey some of them."""
FORMAT = re.compile(
    r"[\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    r"\u2066-\u206f\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f]"
)
"""Format characters (category Cf): of no width, or turning the direction of what follows; prose may need them."""


def visible(text: str) -> str:
    r"""Return a text with what cannot be seen spelled out.

    >>> visible("a\x1b[31m")
    'a\\x1b[31m'
    """
    for unseen in (CONTROL, FORMAT):
        text = unseen.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)
    return text


Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Issue:
    """One fault or oddity, said so that the person who owns the file can mend it.

    Attributes
    ----------
    table : str
        Table (or contract file) in which it was found.
    row : int or str or None
        Row as the user sees it: the line of a CSV file, the row of a worksheet, the index label of a frame.
    column : str or None
    value : str or None
        The offending value, as text.
    code : str
        Stable machine-readable name, such as ``"negative"``.
    message : str
        What is wrong.
    hint : str
        What to do about it.
    severity : {"error", "warning", "note"}
        A note says what was done while reading, and stops nothing.
    rows : tuple of int or str
        All rows with the same cause, the first of them in `row`; of very many the first 1,000.
    count : int
        How many rows there are in all; 0 where it is not about rows.
    """

    table: str
    row: int | str | None
    column: str | None
    value: str | None
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    rows: tuple[int | str, ...] = ()
    count: int = 0

    def __post_init__(self) -> None:
        if self.row is not None and not self.rows:
            object.__setattr__(self, "rows", (self.row,))
        object.__setattr__(self, "rows", tuple(self.rows))  # JSON has lists
        object.__setattr__(self, "count", max(self.count, len(self.rows)))

    def __str__(self) -> str:
        return self.text()

    def text(self, column: str = "column") -> str:
        """Return the issue as a sentence; `column` is what the columns of its table are called."""
        where, yaml = self.table, self.table.endswith((".yaml", ".yml"))
        if self.row is not None:
            where += f", {'line' if yaml else 'row'} {self.row}"
        if self.column is not None:
            where += f", {'key' if yaml else column} {self.column!r}"
        return visible(f"{where}: {self.message}" + (f" {self.hint}" if self.hint else ""))

    def to_dict(self) -> dict[str, Any]:
        """Return the issue as JSON-ready values."""
        return asdict(self)


class AllocoptError(Exception):
    """Base of every error that allocopt raises on purpose."""


class _IssuesError(AllocoptError):
    """An error made of one or many issues."""

    COLUMN = "column"
    """What is wrong with a table is wrong in a column, with a contract at a key."""

    def __init__(self, issues: Sequence[Issue] | str) -> None:
        if isinstance(issues, str):
            issues = [Issue("", None, None, None, "error", issues)]
        self.issues: tuple[Issue, ...] = tuple(issues)
        super().__init__(self._text())

    def to_frame(self) -> pd.DataFrame:
        """Return the faults as a table.

        Returns
        -------
        pandas.DataFrame
            One row a fault, with the columns table, row (the first), column, value, code, severity, count (of
            rows), rows (a tuple of them), message and hint.

        Examples
        --------
        >>> error = DataError([Issue("demand", 2, "units", "-1", "negative", "`units` is -1.", "Write 0 or more.")])
        >>> error.to_frame()[["table", "row", "count", "code"]].values.tolist()
        [['demand', 2, 1, 'negative']]
        """
        import pandas as pd

        found = [{name: getattr(issue, name) for name in FRAME} for issue in self.issues]
        return pd.DataFrame(found, columns=list(FRAME), dtype=object).astype({"count": "int64"})

    def _text(self) -> str:
        if len(self.issues) == 1:
            issue = self.issues[0]
            return issue.text(self.COLUMN) if issue.table else issue.message
        lines = [f"{len(self.issues)} faults:"]
        lines += [f"  {issue.text(self.COLUMN)}" for issue in self.issues[:SHOWN]]
        if len(self.issues) > SHOWN:
            lines.append(f"  ... and {len(self.issues) - SHOWN} more (see .issues)")
        return "\n".join(lines)


class DataError(_IssuesError):
    """The tables of a problem are wrong; ``.issues`` names every fault, one entry for one cause."""


class ContractError(_IssuesError):
    """A contract is wrong in itself or does not fit the problem; ``.issues`` names every fault."""

    COLUMN = "key"


class ScenarioError(_IssuesError):
    """A scenario is wrong in itself or does not fit the problem; ``.issues`` names every fault."""

    COLUMN = "key"


class SolveError(AllocoptError):
    """A plan without a checked answer was asked for one."""
