"""What clauses promise and limit, in the naive model: caps, guarantees, levels, services, locks."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from statistics import NormalDist

from tests.rules.naive_facts import Records
from tests.rules.naive_records import Arc, Model, Row, covers, floor, in_scope, named

from allocopt.rules import Cap, Lock, Protect, ProtectionLevels


class Promises(Records):
    """The records, with the rows of what was agreed on quantities."""

    def quantities(self, model: Model) -> None:
        """Add caps and guarantees of service."""
        least: list[tuple[Protect, str | None, float, float, list[Arc]]] = []
        for clause in self.clauses:
            if isinstance(clause, Cap) or (isinstance(clause, Protect) and clause.mode == "serve"):
                release = getattr(clause, "release_from", None)
                lines = [line for line in self.lines if covers(clause, line)]
                lines = [line for line in lines if release is None or line.period < release]
                ranks = getattr(clause, "priority", None)
                lines = [line for line in lines if ranks is None or line.priority in ranks]
                for sku in sorted(self.skus) if clause.per == "sku" else [None]:
                    mine = [line for line in lines if sku in (None, line.sku)]
                    own = sum(line.units for line in mine)
                    wanted = (
                        clause.units
                        if clause.units is not None
                        else sum(self.base(clause, one, lines) for one in ([sku] if sku else self.skus))
                    )
                    ids = {id(line) for line in mine}
                    arcs = [
                        arc
                        for arc in self.arcs
                        if id(arc.line) in ids
                        and in_scope(clause, arc.lot)
                        and (clause.of not in ("on_hand", "inbound") or arc.lot.kind == clause.of)
                    ]
                    if isinstance(clause, Cap):
                        most = wanted if self.divides(sku) else floor(wanted)
                        self.limit(model, arcs, clause.penalty, high=most)
                    elif own > 0 or sku is None:
                        least.append((clause, sku, wanted, own, arcs))
        for clause, sku, wanted, own, arcs in least:
            if clause.units is not None:
                self.limit(model, arcs, clause.penalty, low=self.whole(sku, min(wanted, own)))
        shares = [one for one in least if one[0].units is None]
        rounded = self.rounded([(sku, min(wanted, own)) for _, sku, wanted, own, _ in shares])
        for (clause, _, _, own, arcs), quantity in zip(shares, rounded, strict=True):
            self.limit(model, arcs, clause.penalty, low=min(quantity, own))

    def levels(self, model: Model) -> None:
        """Add what channels that pay less may take at most, so that enough is left for those that pay more."""
        for clause in self.of(ProtectionLevels):
            for sku in self.skus:
                self.nested(model, clause, sku)

    def nested(self, model: Model, clause: ProtectionLevels, sku: str) -> None:
        """Add the nested limits of one SKU: by classes of equal worth, from the best one down."""
        lots = [lot for lot in self.lots if lot.sku == sku and lot.kind != "safety" and not lot.hold]
        stock = sum(lot.usable for lot in lots)
        wanted: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            taking_part = named(clause.channels, line.channel) and named(clause.sku, line.sku)
            if line.sku == sku and taking_part and line.units > 0:
                wanted[line.channel].append(line)
        worth = {name: sum(one.units * self.worth(one, clause) for one in mine) for name, mine in wanted.items()}
        worth = {name: worth[name] / sum(one.units for one in mine) for name, mine in wanted.items()}
        below = sorted(worth, key=lambda name: -worth[name])
        above: list[Row] = []
        while below and stock > 0:
            best = worth[below[0]]
            alike = [name for name in below if worth[name] >= best - 1e-9 * abs(best)]
            above += [line for name in alike for line in wanted[name]]
            below = [name for name in below if name not in alike]
            mean = sum(line.units for line in above)
            spread = math.sqrt(sum(line.sd**2 for line in above if not line.firm))
            average = sum(line.units * worth[line.channel] for line in above) / mean
            classes = [[line for line in above if line.channel == name] for name in {line.channel for line in above}]
            if below:
                kept = emsr_b(mean, spread, worth[below[0]], average)
                if clause.method == "emsr_a":
                    kept = sum(
                        emsr_b(
                            sum(line.units for line in mine),
                            math.sqrt(sum(line.sd**2 for line in mine if not line.firm)),
                            worth[below[0]],
                            worth[mine[0].channel],
                        )
                        for mine in classes
                    )
                most = max(stock - kept, 0.0)
                arcs = [arc for arc in self.arcs if arc.line.channel in below and arc.lot in lots]
                self.limit(model, arcs, clause.penalty, high=most if self.divides(sku) else floor(most))

    def locks(self, model: Model) -> None:
        """Add the units that were promised exactly."""
        for clause in self.of(Lock):
            arcs = [
                arc
                for arc in self.arcs
                if (arc.line.channel, arc.line.sku) == (clause.channel, clause.sku)
                and (clause.node is None or arc.lot.node in clause.node)
                and clause.kind in (None, arc.lot.kind)
                and clause.period in (None, arc.line.period)
                and clause.order in (None, arc.line.order)
            ]
            self.limit(model, arcs, None, low=clause.units, high=clause.units)

    def limit(
        self,
        model: Model,
        arcs: list[Arc],
        penalty: float | None,
        *,
        low: float = -math.inf,
        high: float = math.inf,
        weight: Callable[[Arc], float] = lambda arc: 1.0,
    ) -> None:
        """Add a limit on units, each of some weight, which may be broken at a penalty if there is one."""
        terms = [(arc.at, weight(arc)) for arc in arcs]
        if penalty is not None:
            terms.append((model.var(1e4, -penalty), 1.0 if low > -math.inf else -1.0))
        model.row(terms, low, high)


def emsr_b(mean: float, spread: float, next_worth: float, average: float) -> float:
    """Return how many units to keep, so that the last one is sold as likely as what comes next is worth."""
    if average <= 0 or next_worth >= average:
        return 0.0
    if next_worth <= 0:
        return math.inf
    if spread == 0:
        return mean
    return max(NormalDist(mean, spread).inv_cdf(1 - next_worth / average), 0.0)
