"""What a retailer's channels agree on: the contracts of generated problems, by name."""

from __future__ import annotations

import allocopt as ao
from allocopt.contracts import Contract, Fill, pooled
from benchmarks.generate.shape import CHANNELS, Shape

CONTRACTS = ("physics", "retailer")


def contract(shape: Shape | None = None, name: str = "retailer") -> Contract:
    """Return a contract for problems of a shape.

    ``"physics"``: pooled. ``"retailer"``:

    * three tenths of every inbound lot are kept for ``dtc`` and one tenth for ``subscription`` until the peak is over;
    * stores get 95 % of what they want of each article, or 2.5 a unit is paid (a soft floor per article);
    * wholesale gets half of what it wants in all, or 2 a unit is paid (one row that couples);
    * the marketplace earns at least 33 % of its revenue in total (one row that couples);
    * what can be served of the subscriptions is served first, and its total stays (one row that couples, in the stage
      of the contribution).

    Clauses about channels that the shape leaves out are left out too.
    """
    if name not in CONTRACTS:
        raise ValueError(f"There is no contract {name!r}: choose one of {', '.join(CONTRACTS)}.")
    if name == "physics":
        return pooled()
    form = shape or Shape()
    there = set(CHANNELS["channel"].iloc[: form.channels])
    after = min(int(0.75 * form.periods) + 2, form.periods)
    clauses = [
        ao.Protect("dtc", share=0.3, of="inbound", release_from=after),
        ao.Protect("subscription", share=0.1, of="inbound", release_from=after),
        ao.Protect("stores", share=0.95, of="demand", mode="serve", penalty=2.5),
        ao.Service(0.5, "wholesale", penalty=2.0),
        ao.MarginFloor("amazon", floor=0.33, per="channel"),
    ]
    first = tuple(name for name in ("subscription",) if name in there)
    return Contract(
        "Retailer",
        clauses=[clause for clause in clauses if clause.channel in there],
        stages=[Fill(first)] if first else [],
        reason="Those who paid in advance come first, inbound stock is shared out, and the marketplace earns its keep.",
    )
