"""`retirement` and `admission`: what it is worth that a channel exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from allocopt.allocate import allocate
from allocopt.arguments import instance, limits
from allocopt.contracts import Contract, pooled
from allocopt.documents.characters import told
from allocopt.errors import ContractError, Issue, SolveError
from allocopt.plan import SOLVED
from allocopt.problem.problem import Problem
from allocopt.problem.report import Nearest
from allocopt.retire.leaving import SKIPPED, Books, Heirs, Leaving, leave, settled
from allocopt.retire.worth import Retirement
from allocopt.rules import Recapture, Retire, retired
from allocopt.workers import GAP, Progress, spread

Recaptures = Mapping[str, Sequence[Recapture]]


def retirement(
    problem: Problem,
    contract: Contract | None = None,
    *,
    channels: str | Sequence[str] | None = None,
    recapture: Recaptures | None = None,
    gap: float = GAP,
    time_limit: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Retirement:
    """Say of each channel what retiring it is worth, and at which recapture that would begin to pay.

    Each channel is retired alone, with everything else decided anew: its stock and capacity go where they earn most,
    its fixed cost is saved, promises to it lapse, and others take over what `recapture` says. The worth of retiring
    two channels is not the sum of the two.

    Parameters
    ----------
    problem : Problem
    contract : Contract, optional
        Under which the channels are there; by default `pooled`. Channels that it retires itself are skipped.
    channels : str or sequence of str, optional
        Which ones to look at; by default all.
    recapture : mapping of str to sequence of Recapture, optional
        Who takes over how much of a channel's demand if it goes, as ``{"stores": [Recapture("dtc", 0.4)]}``. Of
        channels that are not named, nothing is taken over; their break-even supposes that the other channels which
        sell their SKUs would take demand over in proportion to their own demand for these.
    gap : float
        Relative gap at which a plan in whole units is good enough. A smaller one makes intervals narrower.
    time_limit : float, optional
        Seconds of one plan; a channel takes two plans, and some more for its break-even.
    jobs : int, optional
        Worker processes, over channels; -1: one a core. By default what an active ``joblib.parallel_config`` says,
        else 1.
    progress : callable, optional
        Called as ``progress(done, total, words)`` after the plan as it is, and after each channel.

    Returns
    -------
    Retirement
        Also where a plan was not found: then its channel is a row that says why.

    Raises
    ------
    ContractError
        Before anything is solved, with every fault: unknown channels, shares over 1, recapture by the channel itself
        or by one that the contract retires, a contract that does not fit the problem.
    SolveError
        If a worker process was killed.

    Examples
    --------
    Amazon earns 590 after its fixed cost of 300, and still the company is worth 80 more without it:

    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> found = ao.retirement(problem)
    >>> found.table[["channel", "contribution_lost", "freed", "fixed_cost_saved", "stranded", "net"]].head(1)
      channel  contribution_lost  freed  fixed_cost_saved  stranded   net
    0  amazon             -890.0  700.0             300.0     -30.0  80.0

    Wholesale would be missed, unless half of what it sells was asked for in the web shop:

    >>> found = ao.retirement(problem, channels="wholesale", recapture={"wholesale": [ao.Recapture("dtc", 0.3)]})
    >>> found.table[["net", "break_even"]].values.tolist()
    [[-269.0, 0.5]]
    """
    how = {"gap": gap, "time_limit": time_limit}
    return _asked(problem, contract, channels, recapture, how, jobs, progress, admitting=False)


def admission(
    problem: Problem,
    contract: Contract | None,
    channels: str | Sequence[str],
    *,
    recapture: Recaptures | None = None,
    gap: float = GAP,
    time_limit: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Retirement:
    """Say what adding a channel is worth: the test of `retirement` in reverse.

    The problem describes the channel as if it were there. It is compared with the same problem in which the channel is
    retired, so every number is that of `retirement` the other way round.

    Parameters
    ----------
    problem : Problem
        With the channel, its demand, lanes and costs.
    contract : Contract or None
        Under which it would be there; None: `pooled`.
    channels : str or sequence of str
        Each is added alone, the others being there.
    recapture : mapping of str to sequence of Recapture, optional
        Which shares of the channel's demand others would sell without it, as ``{"outlet": [Recapture("dtc", 0.2)]}``:
        what it takes away from them.
    gap, time_limit, jobs, progress
        As for `retirement`.

    Returns
    -------
    Retirement
        With the columns of an admission.

    Raises
    ------
    ContractError, SolveError
        As `retirement` does.

    Examples
    --------
    >>> import allocopt as ao
    >>> found = ao.admission(ao.Problem.read("scenarios/quickstart"), None, "wholesale")
    >>> found.table[["contribution_gained", "displaced", "fixed_cost_added", "stock", "net"]].values.tolist()
    [[920.0, -220.0, -200.0, 210.0, 710.0]]
    """
    how = {"gap": gap, "time_limit": time_limit}
    return _asked(problem, contract, channels, recapture, how, jobs, progress, admitting=True)


def _asked(
    problem: Problem,
    contract: Contract | None,
    channels: str | Sequence[str] | None,
    recapture: Recaptures | None,
    how: dict[str, Any],
    jobs: int | None,
    progress: Progress | None,
    *,
    admitting: bool,
) -> Retirement:
    """Solve the plan as it is, then the plans without each channel."""
    _check_types(problem, contract, channels, recapture)
    limits(**how, jobs=jobs, progress=progress)
    agreed = contract or pooled()
    known = [str(name) for name in problem.facts.channels.id]
    asked = known if channels is None else [channels] if isinstance(channels, str) else list(channels)
    given = {channel: tuple(parts) for channel, parts in (recapture or {}).items()}
    faults = list(_faults(problem, agreed, known, asked, given))
    if faults:
        raise ContractError(faults)
    tell = progress or (lambda done, total, words: None)
    base = allocate(problem, agreed, **how)
    tell(1, len(asked) + 1, f"{agreed.name}, as it is")
    answers = {channel: _without_asking(agreed, channel, base.status, base.message) for channel in asked}
    open_ = [channel for channel, answer in answers.items() if answer is None]
    if open_:
        known_before = 1 + len(asked) - len(open_)
        kept = Books.of(base)
        work = [(problem, agreed, channel, given.get(channel, ()), kept, how) for channel in open_]
        for done, found in enumerate(_in_parallel(work, jobs), start=known_before + 1):
            answers[found.channel] = found
            tell(done, len(asked) + 1, f"without {found.channel}")
    leaving = tuple(answer for answer in answers.values() if answer is not None)
    return Retirement(problem, agreed, how, base, leaving, given, admitting=admitting)


def _without_asking(contract: Contract, channel: str, status: str, message: str) -> Leaving | None:
    """Return the answer about a channel that needs no plan without it, None if it needs one."""
    why = settled(contract, channel)
    if why:
        return Leaving(channel, SKIPPED, why)
    if status not in SOLVED:
        return Leaving(channel, status, f"as it is: {message}")
    return None


def _in_parallel(work: list[tuple[Any, ...]], jobs: int | None) -> Iterator[Leaving]:
    """Look at channels in worker processes; yield what was found as it comes."""
    try:
        yield from spread(leave, work, jobs)
    except SolveError as error:
        raise SolveError(f"{error}: try again with fewer jobs.") from None


def _check_types(problem: object, contract: object, channels: object, recapture: object) -> None:
    """Raise `TypeError` for arguments that make no sense."""
    instance("problem", problem, Problem)
    instance("contract", contract, Contract, optional=True)
    names = [channels] if channels is None or isinstance(channels, str) else channels
    if not isinstance(names, Sequence) or not all(name is None or isinstance(name, str) for name in names):
        raise TypeError(f"channels must be the name of a channel or a list of names, not {told(channels)}")
    wrong = TypeError("recapture must say it by channel: {'stores': [ao.Recapture('dtc', 0.4)]}")
    if recapture is not None and not isinstance(recapture, Mapping):
        raise wrong
    for parts in (recapture or {}).values():
        if not isinstance(parts, Sequence) or not all(isinstance(part, Recapture) for part in parts):
            raise wrong


def _faults(
    problem: Problem, contract: Contract, known: list[str], asked: list[str], given: Mapping[str, Heirs]
) -> Iterator[Issue]:
    """Yield everything that is wrong with what is asked, so that nothing is solved in vain."""
    try:
        contract.check(problem)
    except ContractError as error:
        yield from error.issues
    nearest = Nearest(sorted(known))
    if not asked:
        yield _issue("channels", None, "none", "There is no channel to look at.", "Leave channels out to look at all.")
    for place, names in (("channels", asked), ("recapture", list(given))):
        for name in dict.fromkeys(names):
            if name not in known:
                close = nearest.of(name)
                hint = f"Did you mean {close!r}?" if close else "It must be in the table channels."
                yield _issue(place, name, "unknown_id", f"There is no channel {name!r}.", hint)
    for name in {name: None for name in asked if asked.count(name) > 1}:
        yield _issue("channels", name, "twice", f"Channel {name!r} is named twice.", "Name it once.")
    for channel, parts in given.items():
        if channel in known and channel not in asked:
            message = f"It says who takes demand over from {channel!r}, which is not among the channels to look at."
            yield _issue("recapture", channel, "not_asked", message, "Add the channel, or leave this out.")
        elif channel in known:
            yield from _misfits(problem, contract, channel, parts)


def _misfits(problem: Problem, contract: Contract, channel: str, parts: Heirs) -> Iterator[Issue]:
    """Yield what is wrong with who takes demand over from one channel."""
    gone = sorted(retired(contract.clauses) - {channel})
    try:
        clauses = (Retire(channel, recapture=parts), *(Retire(name) for name in gone))
        Contract("retirement", clauses=clauses).check(problem)
    except ContractError as error:
        for issue in error.issues:
            yield _issue("recapture", channel, issue.code, issue.message, issue.hint)


def _issue(argument: str, channel: str | None, code: str, message: str, hint: str) -> Issue:
    """Return a fault of an argument."""
    place = argument if channel is None or argument == "channels" else f"{argument}[{channel!r}]"
    return Issue("retirement", None, place, channel, code, message, hint)
