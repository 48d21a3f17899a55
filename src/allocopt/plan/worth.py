"""What a plan can be asked about money: values of stock and capacity, prices of rules. Worked out in rooms above."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from allocopt.plan.rooms import asked
from allocopt.solve.solution import branched

if TYPE_CHECKING:
    import pandas as pd


class Worth:
    """The questions about money of a `Plan`; each is answered by re-solving, where a re-solve is what it takes."""

    if TYPE_CHECKING:
        method: str

    @property
    def branched(self) -> bool:
        """Whether branch and bound had a hand in the plan: then whatever re-solves it whole takes a search as well."""
        return branched(self.method)

    @property
    def values(self) -> pd.DataFrame:
        """What one unit more or less of each limit is worth, dearest first.

        Columns are kind (``"lot"``, ``"capacity"``, ``"lane"``, ``"clause"``, ``"commitment"``), what (in words),
        price (the multiplier of the relaxation), one_more (what the plan gains if the limit is one unit more), one_less
        (what it loses if the limit is one unit less), both by local re-solves; low and high, the smaller and the larger
        of these two [currency/unit, or per hour and the like of a capacity]; used and limit [unit].

        One more unit of a lot is one that can be used; quantities that clauses state stay as planned (`value_of` states
        them anew). One more unit of a commitment, or of a clause that asks for a least quantity, is one more that is
        asked for: its numbers are at most 0. Where one less leaves no plan, one_less and high are infinite; where there
        is nothing to take away, one_less is blank. Of a linear program, one_more <= price <= one_less (but for lots
        that a store's shelf keeps whole, which lose nothing with a unit less). What a margin floor limits is money.
        Clauses that state no quantity (a ratio of articles) have no row.

        Of programs of more than 5,000 columns the 20 dearest limits of each kind are re-solved, and those that are not
        used up; the others have a price and blanks, as have those for which no search found a plan. With stages before
        the last one re-solves are whole: the 60 dearest of each kind up to 5,000 columns, none beyond. `values_for`
        re-solves whatever is asked for.
        """
        return self._values.copy(deep=False)

    @cached_property
    def _values(self) -> pd.DataFrame:
        found: pd.DataFrame = asked("values", self)
        return found

    def values_for(self, kind: str | None = None, like: str | None = None, most: int | None = None) -> pd.DataFrame:
        """Return the rows of `values` that are asked for, every one of them re-solved, whatever the program's size.

        Parameters
        ----------
        kind : {"lot", "capacity", "lane", "clause", "commitment"}, optional
            Limits of this kind alone.
        like : str, optional
            Limits alone that have this in their words, such as an article or a node.
        most : int, optional
            Of each kind the so many dearest by their multipliers; by default all, each some milliseconds.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file and not attached (`attach`).
        TypeError, ValueError
            If an argument makes no sense, or there is no such limit.

        Examples
        --------
        >>> import allocopt as ao
        >>> plan = ao.allocate(ao.Problem.read("scenarios/quickstart"))
        >>> plan.values_for("lot", like="LAMP")["one_more"].notna().all()
        np.True_
        """
        found: pd.DataFrame = asked("values_for", self, kind, like, most)
        return found

    def value_of(self, *, units: float = 1.0, **what: Any) -> Any:
        """Return what more (or less) of one limit is worth: the contract re-solved with it, from the plan's prices.

        Parameters
        ----------
        units : float
            Change of the limit, of any size and sign [unit, or hours and the like].
        lot : str
            Name of a lot, as in ``plan.allocation["lot"]``: so many more units of it that can be used.
        capacity : (str, int, str)
            Node, period and resource (``"units"`` where the table names none).
        lane : str
            Name of a lane, as in ``plan.allocation["lane"]``: so much more of its capacity, in every period.
        clause : int or Clause
            A clause of the contract, or its position, that states a quantity: so many more units of it; of a share,
            so many more in each limit that comes of it (by article, or by lot), of a margin floor so much more money
            that has to be earned, of `Campaigns` so many more promotions.

        Returns
        -------
        Price
            Between what the change of the objective certainly lies, and what it is by the plans that were found.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file and not attached (`attach`).
        TypeError, ValueError
            If not exactly one of lot, capacity, lane and clause is given, there is no such one, or the clause states
            no quantity; the message names those that do.

        Examples
        --------
        >>> import allocopt as ao
        >>> plan = ao.allocate(ao.Problem.read("scenarios/quickstart"))
        >>> lot = plan.allocation["lot"].iloc[0]
        >>> price = plan.value_of(lot=lot, units=+1)
        >>> price.low <= price.value <= price.high
        True
        """
        return asked("value_of", self, units=units, **what)

    def price_of(self, clause: Any) -> Any:
        """Return what one clause of the contract costs: it is dropped, and the contract is solved again without it.

        Parameters
        ----------
        clause : int or Clause
            A clause of the contract, or its position.

        Returns
        -------
        Price
            ``value`` is what the plan without it is worth more than this one, ``low`` and ``high`` between what that
            certainly lies, by both certificates [currency]. It is negative where the clause earns money.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file and not attached (`attach`).
        ValueError
            If the contract has no such clause.

        Examples
        --------
        >>> import allocopt as ao
        >>> problem = ao.Problem.read("scenarios/launch")
        >>> cap = ao.Cap("amazon", share=0.3, of="inbound")
        >>> round(ao.allocate(problem, ao.Contract("Capped", clauses=[cap])).price_of(cap).value)
        10312
        """
        return asked("price_of", self, clause)

    def prices(self, *, gap: float | None = None, time_limit: float | None = None) -> pd.DataFrame:
        """Return what every rule costs that somebody could drop: each is dropped by itself, most money first.

        Clauses that only report have none. An order that waits for an approval costs what it would earn with it.

        Columns are kind (``"clause"``, ``"commitment"``: ``min_units`` of a demand line, ``"store_floor"``), what (in
        words), clause (its position in the contract, -1 for rules of the problem), owner (who could drop it), value
        (what the plan without it is worth more), low and high (between what that certainly lies), contribution (how
        much more contribution it has) [currency], measure (of what value, low and high are: ``"contribution"``, or
        ``"objective"`` where the contract has penalties or stages before the last), status and message of the plan
        without it.

        Parameters
        ----------
        gap : float, optional
            Relative gap at which a plan without a rule is good enough. By default small programs are searched for the
            very best; of more than 5,000 columns, plans are taken as rounding finds them, as close to their relaxation
            as the plan itself: `price_of` is exacter, one rule at a time. Nothing is searched for a rule of which the
            plan's own proof says that it costs no more than twice what the plan leaves open.
        time_limit : float, optional
            Seconds that searches without a rule may take in all, each half of what is left, those that may cost most
            first: what was found and proven by then counts, and `message` says how far from the best that may be.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file and not attached (`attach`).
        """
        found: pd.DataFrame = asked("prices", self, gap=gap, time_limit=time_limit)
        return found

    def expedite(self) -> pd.DataFrame:
        """Return what inbound lots would earn if they came one, two and three periods earlier, most money first.

        Columns are lot, sku, node, reference, available [period], units (usable), earlier_1, earlier_2 and earlier_3:
        what the plan gains if this lot alone comes earlier, holding cost included, before whatever the supplier asks
        for it [currency]. It is found by a local re-solve, all else as planned: a whole one may gain more, never
        less. With stages before the last one each number takes a whole solve of all stages, as in `value_of`; of
        programs of more than 5,000 columns, where that ends before the best plan is proven, the number is what is
        sure. Blank where the lot cannot come that much earlier (there is no period before 0), and where no plan with
        it was found.

        Raises
        ------
        SolveError
            If there is no plan, or it was read from a file and not attached (`attach`).
        """
        found: pd.DataFrame = asked("expedite", self)
        return found

    def attach(self, problem: Any, contract: Any = None) -> Self:
        """Return a plan that was read from a file with its problem and contract, so that it can be re-solved.

        Parameters
        ----------
        problem : Problem
            The one that the plan was made of.
        contract : Contract, optional
            By default the one that the plan holds.

        Returns
        -------
        Plan
            The same tables and proof, with numbers behind them: `values`, `price_of` and `model` work again.

        Raises
        ------
        DataError
            If what the plan ships is not there in the problem, or breaks a rule of it or of the contract.
        SolveError
            If there is no plan.
        """
        found: Self = asked("attach", self, problem, contract)
        return found
