"""What the columns of tables are called in words, and of what kind they are: on the page and in the workbook alike."""

from __future__ import annotations

from typing import Literal

Kind = Literal[
    "text", "sentence", "units", "money", "price", "share", "period", "date", "count", "number", "ratio", "flag"
]
NUMERIC = ("units", "money", "price", "share", "count", "number", "ratio", "period")
"""Kinds of column whose values are numbers."""
ADDING = ("units", "money", "count")
"""Kinds of column whose values may be added up."""

HEADINGS: dict[str, str] = {
    "sku": "article",
    "wanted_sku": "article wanted",
    "kind": "kind",
    "reference": "order to supplier",
    "order": "customer order",
    "due": "due",
    "ship": "ships",
    "arrives": "arrives",
    "late": "periods late",
    "available": "there from",
    "expires": "expires",
    "since": "there since",
    "age": "age",
    "units": "units",
    "usable": "usable units",
    "demand": "units wanted",
    "wanted": "units wanted",
    "served": "units served",
    "fill_rate": "fill rate",
    "lanes": "freight",
    "goods": "cost of goods",
    "returns": "returns",
    "penalties": "late and lost sales",
    "write_down": "write-down",
    "clause_penalties": "clause penalties",
    "money": "money at stake",
    "sentence": "what it is",
    "cure": "what would help",
    "owner": "who",
    "reason": "why",
    "worth": "one more unit is worth",
    "price": "price",
    "one_more": "one more is worth",
    "one_less": "one less costs",
    "what": "what",
    "kept_for": "kept for",
    "left": "left at the end",
    "shipped": "shipped",
    "end_value": "end value of a unit",
    "at_cost": "what it cost",
    "from_period": "from",
    "period": "period",
    "safe": "safe to publish",
    "promised": "promised units",
    "date": "arrives",
    "old_promised": "promised before",
    "old_date": "date before",
    "changed": "changed",
    "clause": "clause",
    "low": "at least",
    "high": "at most",
    "contribution_lost": "own contribution lost",
    "freed": "others earn more",
    "fixed_cost_saved": "fixed cost saved",
    "recaptured": "demand taken over",
    "stranded": "stock and company",
    "net": "worth in all",
    "recapture": "taken over, assumed",
    "break_even": "break-even",
    "break_even_low": "break-even at least",
    "break_even_high": "break-even at most",
    "broken": "promises broken",
    "contribution_gained": "own contribution, before fixed cost",
    "displaced": "others earn less",
    "fixed_cost_added": "fixed cost",
    "diverted": "demand taken from others",
    "best": "best in",
    "q10": "a tenth of the runs is below",
    "q90": "a tenth of the runs is above",
    "worst_tenth": "mean of the worst tenth",
    "alone": "acting alone earns",
    "best_low": "possible at least",
    "best_high": "possible at most",
    "gap_low": "lost at least",
    "gap_high": "lost at most",
    "apart": "told apart",
    "measure": "proven of",
    "regret": "left on the table, mean",
    "worst_regret": "left on the table at worst",
    "line_fill_rate": "lines full, share",
    "lines_full": "lines full",
    "sell_through": "sold of usable stock",
    "cover": "cover [periods]",
    "aged_0_4": "left, aged up to 4 periods",
    "aged_5_13": "left, aged 5 to 13",
    "aged_14_26": "left, aged 14 to 26",
    "aged_27_up": "left, aged 27 and more",
    "aged_unknown": "left, age unknown",
    "cancellation_risk": "late or not sure, of promised",
    "parcels_per_order": "parcels per order",
    "split_cost": "cost of splitting",
    "expedite_cost": "cost of expediting",
    "failed": "runs without a plan",
    "not_solved": "runs not solved",
}
"""What a column is called where its name is not already a word for planners."""

KINDS: dict[Kind, tuple[str, ...]] = {
    "sentence": ("sentence", "cure", "message"),
    "money": (
        *("revenue", "contribution", "fees", "goods", "lanes", "parcels", "returns", "penalties", "fixed_cost"),
        *("holding", "write_down", "clause_penalties", "money", "contribution_lost", "freed", "fixed_cost_saved"),
        *("recaptured", "stranded", "net", "low", "high", "difference", "regret", "worst_regret", "value", "alone"),
        *("contribution_gained", "displaced", "fixed_cost_added", "diverted", "stock", "best_low", "best_high"),
        *("split_cost", "expedite_cost", "gap_low", "gap_high", "objective", "bound", "promotion_cost", "penalty"),
        *("cost", "at_cost", "q10", "q90", "worst_tenth"),
    ),
    "price": ("price", "one_more", "one_less", "worth", "end_value", "unit_cost", "each"),
    "share": (
        *("fill_rate", "margin", "recapture", "break_even", "break_even_low", "break_even_high", "best", "weight"),
        *("on_time", "line_fill_rate", "sell_through", "cancellation_risk", "share"),
    ),
    "units": (
        *("units", "demand", "wanted", "served", "usable", "shipped", "kept", "left", "safe", "promised"),
        *("old_promised", "used", "limit", "asked", "ordered"),
        *("aged_0_4", "aged_5_13", "aged_14_26", "aged_27_up", "aged_unknown"),
    ),
    "period": ("due", "ship", "arrives", "available", "expires", "since", "from_period", "period", "date", "old_date"),
    "count": (
        *("orders", "lines_full", "late", "lines", "broken", "failed", "ahead", "behind", "runs", "clause", "age"),
        "articles",
    ),
    "ratio": ("cover", "parcels_per_order"),
    "flag": ("changed", "apart", "played"),
}
"""Of what kind the columns are that the tables have; others go by their type."""
KIND_OF: dict[str, Kind] = {name: kind for kind, names in KINDS.items() for name in names}
UNSUMMED = (
    *("clause", "age", "late", "low", "high", "limit", "best_low", "best_high", "regret", "worst_regret", "runs"),
    *("q10", "q90", "worst_tenth"),
    *("articles", "lines"),
)
"""Columns of units, money and counts that mean nothing when they are added up."""
