"""What is known to clash before anything is solved: promises, reserves, lines that are shut out, retired channels.

Each finding holds for every plan of the contract: promises that cannot hold together even in parts of units (there is
no plan, and so many units have to be given up); reserves of which so much is not there; lines to which physics leaves a
way and a rule none; and what is promised to channels that the contract retires.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import partial

import numpy as np

from allocopt.arcs import Arcs, build_arcs
from allocopt.arguments import instance
from allocopt.contracts import Contract, pooled
from allocopt.plan import Conflict
from allocopt.plan.conflicts import find_conflicts
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.problem.problem import Problem
from allocopt.rules import RULES, Clause, find_broken, retired
from allocopt.rules.reserve import ReserveRule
from allocopt.solve import Effort
from allocopt.solve.repair import repair
from allocopt.stages.stated import Stated, formulate, relaxed

RESERVE, SHUT_OUT, RETIRED = "reserve", "shut_out", "retired"
CURES = {
    "below_map": "Raise the price, or lower the minimum advertised price.",
    "margin_floor": "Raise the price, or lower the floor for it.",
    "order_incomplete": "Find stock for the other lines of the order, or let it ship in parts.",
    "under_a_pack": "Round the demand to whole packs, or open the pack.",
    "safety_closed": "Open the safety stock to the channel.",
}
"""What to do about lines that a rule shuts out, by its reason."""


def conflicts(problem: Problem, contract: Contract | None = None) -> tuple[Conflict, ...]:
    """Return what in a contract is known to clash before it is solved.

    Parameters
    ----------
    problem : Problem
    contract : Contract, optional
        By default `pooled`: what of the problem's own commitments and prices cannot hold.

    Returns
    -------
    tuple of Conflict
        By `Conflict.kind`: promises first. Promises that only whole units keep from holding are found by solving.

    Raises
    ------
    ContractError
        If the contract does not fit the problem.
    TypeError
        If an argument is no problem or no contract.

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> both = [ao.Service(1.0, who, sku="LAMP") for who in ("dtc", "amazon", "wholesale")]
    >>> for found in ao.conflicts(problem, ao.Contract("Both", clauses=both)):
    ...     print(found.words())
    service fill 1.0, channel dtc, sku LAMP (LAMP): 20
    service fill 1.0, channel wholesale, sku LAMP (LAMP): 10
    service fill 1.0, channel amazon, sku LAMP (LAMP): stands against it
    """
    instance("problem", problem, Problem)
    instance("contract", contract, Contract, optional=True)
    agreed = contract or pooled()
    agreed.check(problem)
    stated = formulate(problem.facts, agreed)
    loose = relaxed(stated)
    facts, clauses = stated.arcs.facts, agreed.clauses
    mend = partial(repair, effort=Effort())
    promises, _ = find_conflicts(loose.program, loose.labels, clauses, facts, mend, problem.currency)
    return (
        *promises,
        *_reserves(problem, stated, clauses),
        *_shut_out(stated.arcs, clauses),
        *_retired(problem.facts, clauses),
    )


@dataclass(frozen=True)
class _Nothing:
    """An outcome in which nothing ships and everybody is kept, but for those who are retired for sure."""

    arcs: Arcs
    stated: Facts
    gone: Set[str]
    currency: str

    @property
    def ship(self) -> Floats:
        """No units, shape (arcs,)."""
        return np.zeros(len(self.arcs))

    @property
    def decided(self) -> Flags:
        """No decision is taken, shape (switches,)."""
        return np.zeros(len(self.arcs.facts.switches), dtype=bool)

    @property
    def wanted(self) -> Floats:
        """All that is wanted, shape (lines,)."""
        return self.arcs.facts.lines.units


def _reserves(problem: Problem, stated: Stated, clauses: Sequence[Clause]) -> Iterator[Conflict]:
    """Yield the articles of which there is less to keep than a reserve asks for; not where decisions change that."""
    rule = ReserveRule()
    mine = [(number, clause) for number, clause in enumerate(clauses) if isinstance(clause, rule.clause or ())]
    if not mine or len(stated.arcs.facts.switches):
        return
    outcome = _Nothing(stated.arcs, problem.facts, retired(clauses), problem.currency)
    for part in rule.exceptions(outcome, mine):
        what = clauses[part.clause].words()
        names = ("sku", "channel", "owner", "due", "units", "money", "sentence")
        for sku, channel, owner, due, units, money, said in zip(
            *(getattr(part, name).tolist() for name in names), strict=True
        ):
            yield Conflict(
                what,
                part.clause,
                float(units),
                where=sku,
                sku=sku,
                channel=channel,
                period=due,
                owner=owner,
                cost=money,
                sentence=said,
                kind=RESERVE,
                cure=f"Reserve {units:,.10g} units of {sku} less, or have as many more there in time.",
            )


def _shut_out(arcs: Arcs, clauses: Sequence[Clause]) -> Iterator[Conflict]:
    """Yield what is wanted of an article by a channel that physics lets be served and a rule does not."""
    facts, lines = arcs.facts, arcs.facts.lines
    last, codes = arcs.exclusions.closed_by(arcs.served), list(arcs.exclusions.reasons)
    out = np.flatnonzero(build_arcs(facts).served & ~arcs.served & (lines.units > 0) & (last >= 0))
    key = np.stack([last[out], lines.sku[out], lines.channel[out]])
    groups, group = np.unique(key, axis=1, return_inverse=True)
    group = group.ravel()
    units = np.bincount(group, lines.units[out], groups.shape[1])
    first = np.full(groups.shape[1], facts.periods)
    np.minimum.at(first, group, lines.period[out])
    for place, (reason, sku, channel) in enumerate(groups.T.tolist()):
        code, words = codes[reason], arcs.exclusions.reasons[codes[reason]]
        number = _clause_of(code, clauses, str(facts.channels.id[channel]))
        what = words if number is None else clauses[number].words()
        some = out[group == place]
        promotions = ", ".join(sorted(set(lines.promotion[some].tolist()) - {""}))
        about = f" of promotion {promotions}" if promotions else ""
        article, who, period = str(facts.skus.id[sku]), str(facts.channels.id[channel]), int(first[place])
        cure = CURES.get(code, f"Change it for {article}, or take the demand out.")
        yield Conflict(
            what,
            number,
            float(units[place]),
            where=f"{article}, {who}, from period {period}",
            sku=article,
            channel=who,
            period=period,
            owner=str(facts.channels.owner[channel]),
            sentence=f"{units[place]:,.10g} units{about} of {article} for {who} from period {period} on cannot be "
            f"served: {words}.",
            kind=SHUT_OUT,
            cure=cure,
        )


def _clause_of(reason: str, clauses: Sequence[Clause], channel: str) -> int | None:
    """Return the one clause that can have a reason for a channel; None for physics, or where there are several."""
    kinds = tuple(rule.clause for rule in RULES if reason in rule.reasons and rule.clause is not None)
    mine = [
        number
        for number, clause in enumerate(clauses)
        if isinstance(clause, kinds) and getattr(clause, "channel", None) in (None, channel)
    ]
    return mine[0] if len(mine) == 1 else None


def _retired(facts: Facts, clauses: Sequence[Clause]) -> Iterator[Conflict]:
    """Yield what was promised to channels that the contract retires."""
    owner = dict(zip(facts.channels.id.tolist(), facts.channels.owner.tolist(), strict=True))
    for broken in find_broken(facts, clauses, retired(clauses)):
        yield Conflict(
            broken.what,
            broken.clause,
            broken.units,
            where=broken.channel,
            channel=broken.channel,
            owner=str(owner.get(broken.channel, "")),
            sentence=f"{broken.channel} is retired, and was promised: {broken.words()}.",
            kind=RETIRED,
            cure=f"Have {broken.channel} released from it, or keep {broken.channel}.",
        )
