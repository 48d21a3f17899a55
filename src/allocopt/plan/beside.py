"""What a plan can be asked beside others: what is different in another one, and the record of how it came to be."""

from __future__ import annotations

from typing import Any

from allocopt.plan.rooms import asked


class Beside:
    """The questions about a `Plan` and others; worked out in rooms above."""

    def diff(self, other: Any, *, time_limit: float | None = None) -> Any:
        """Return what is different in another plan: who gets more or less, and what the change of money comes from.

        Parameters
        ----------
        other : Plan
            Perhaps of another problem, under another contract.
        time_limit : float, optional
            Seconds of each re-solve.

        Returns
        -------
        PlanDiff
            ``lines`` and ``channels`` (tables), ``objective`` and ``contribution`` (changes [currency]), ``steps``:
            the change split over supply, lanes and capacity, demand, prices and costs, clauses, re-solved in this
            order, and the rest, ``search``; it adds up. ``words()`` tells it.

        Raises
        ------
        SolveError
            If one of them has no plan; `steps` also where one was read from a file and not attached (`attach`).

        Examples
        --------
        >>> import allocopt as ao
        >>> problem = ao.Problem.read("scenarios/quickstart")
        >>> capped = ao.allocate(problem, ao.Contract("Capped", clauses=[ao.Cap("amazon", units=20)]))
        >>> found = ao.allocate(problem).diff(capped)
        >>> found.steps.set_index("step")["objective"].to_dict()["clauses"] == found.objective < 0
        True
        """
        return asked("diff", self, other, time_limit=time_limit)

    def record(self) -> dict[str, Any]:
        """Return how the plan came to be, as JSON-ready values: equal inputs give equal records, but for ``times``.

        Keys are status, message, objective, contribution; versions (of allocopt, Python and what it solves with);
        problem (name, day, currency, and the SHA-256 of its content; None where the plan was read from a file and not
        attached) and contract (name, owner, reason, SHA-256); owners (of contract, clauses and channels); attempts (a
        stage each: what was reached, what is possible at most), method, certificate, conflicts, decisions, notes;
        allocation (the SHA-256 of who gets what; None without a plan); times (recorded, seconds).
        """
        found: dict[str, Any] = asked("record", self)
        return found
