"""Orders as records that compiled code works on: what they are, and what is served so far.

Each level is one array of records, its members contiguous, so that a move touches few places in memory. What changes
(units, what is left of a resource, switches in use) stands beside what does not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.arrays import Floats
from allocopt.solve.orders.structure import Listed, Orders

Records = NDArray[Any]

ORDER = np.dtype(
    [("line", "i8"), ("option", "i8"), ("whole", "i8"), ("single", "i8"), ("mark", "i8"), ("surplus", "f8")], align=True
)
LINE = np.dtype([("arc", "i8"), ("order", "i8"), ("units", "f8"), ("got", "f8")], align=True)
SHIPMENT = np.dtype([("arc", "i8"), ("pack", "f8"), ("least", "f8"), ("got", "f8")], align=True)
ARC = np.dtype(
    [
        ("use", "i8"),
        ("line", "i8"),
        ("shipment", "i8"),
        ("option", "i8"),
        ("value", "f8"),
        ("worth", "f8"),
        ("most", "f8"),
        ("x", "f8"),
        ("tag", "i8"),
    ],
    align=True,
)
OPTION = np.dtype([("need", "i8"), ("order", "i8"), ("open", "i8")], align=True)
SWITCH = np.dtype([("once", "i8"), ("order", "i8"), ("fee", "f8"), ("open", "i8")], align=True)
RESOURCE = np.dtype(
    [("user", "i8"), ("taker", "i8"), ("limit", "f8"), ("left", "f8"), ("price", "f8"), ("rate", "f8")], align=True
)
USE = np.dtype([("resource", "i8"), ("amount", "f8")], align=True)
LOG = np.dtype([("arc", "i8"), ("old", "f8")], align=True)

LOGGED = 1 << 16
"""Changes that can be undone, and some for each arc of the largest order: more than a move can make."""


class Book(NamedTuple):
    """Orders as records; see the dtypes. The first member of each level's record is where its own members begin.

    ``orders``, ``lines``, ``shipments``, ``options``, ``switches`` and ``resources`` have one record more than members,
    so that ``[i + 1]`` says where those of the last one end. ``users`` are the arcs of each resource, ``takers`` its
    switches, ``needs`` the switches of each option, ``onces`` what a switch takes. ``log`` holds the changes of a
    move; ``total`` the money earned so far, breaches paid, and what that is with nothing served; ``tally`` the length
    of the log, the random state and the last stamp.
    """

    orders: Records
    lines: Records
    shipments: Records
    arcs: Records
    uses: Records
    options: Records
    needs: NDArray[np.int64]
    switches: Records
    onces: Records
    resources: Records
    users: NDArray[np.int64]
    takers: NDArray[np.int64]
    log: Records
    total: Floats
    tally: NDArray[np.int64]


def book(given: Orders, *, seed: int = 1) -> Book:
    """Return the records of orders, with nothing served."""
    arcs, lines, orders = len(given.column), len(given.units), len(given.whole)
    order = np.zeros(orders + 1, ORDER)
    order["line"] = starts(given.order, orders)
    order["option"] = starts(given.option_order, orders)
    order["whole"][:-1], order["single"][:-1] = given.whole, given.single
    line = np.zeros(lines + 1, LINE)
    line["arc"] = starts(given.line, lines)
    line["order"][:-1], line["units"][:-1] = given.order, given.units
    shipment = np.zeros(len(given.pack) + 1, SHIPMENT)
    shipment["arc"] = starts(given.shipment, len(given.pack))
    shipment["pack"][:-1], shipment["least"][:-1] = given.pack, given.least
    arc = np.zeros(arcs + 1, ARC)
    arc["use"] = given.uses.ptr
    for name in ("line", "shipment", "option", "value", "most"):
        arc[name][:-1] = getattr(given, name)
    arc["worth"] = arc["value"]
    option = np.zeros(len(given.option_order) + 1, OPTION)
    option["need"], option["order"][:-1] = given.needs.ptr, given.option_order
    switch = np.zeros(len(given.fee) + 1, SWITCH)
    switch["once"], switch["fee"][:-1] = given.once.ptr, given.fee
    switch["order"][given.needs.item] = np.repeat(given.option_order, np.diff(given.needs.ptr))
    resource = np.zeros(len(given.limit) + 1, RESOURCE)
    largest = int(np.diff(line["arc"][order["line"]]).max(initial=0))
    users, takers = _reversed(given.uses, len(given.limit)), _reversed(given.once, len(given.limit))
    resource["user"], resource["taker"] = users.ptr, takers.ptr
    resource["limit"][:-1] = resource["left"][:-1] = given.limit
    resource["rate"][:-1] = given.rate
    missing = float(given.rate @ np.maximum(-given.limit, 0.0))
    return Book(
        orders=order,
        lines=line,
        shipments=shipment,
        arcs=arc,
        uses=_uses(given.uses),
        options=option,
        needs=given.needs.item,
        switches=switch,
        onces=_uses(given.once),
        resources=resource,
        users=users.item,
        takers=takers.item,
        log=np.zeros(LOGGED + 64 * largest, LOG),
        total=np.array([-missing, -missing]),
        tally=np.array([0, 88172645463325252 + 7919 * seed, 0], np.int64),
    )


def emptied(pages: Book) -> Book:
    """Return a copy in which nothing is served."""
    new = Book(**{name: part.copy() for name, part in pages._asdict().items()})
    new.lines["got"], new.shipments["got"], new.arcs["x"] = 0.0, 0.0, 0.0
    new.options["open"], new.switches["open"] = 0, 0
    new.resources["left"] = new.resources["limit"]
    new.total[0] = new.total[1]
    return new


def _reversed(lists: Listed, size: int) -> Listed:
    """Return the owners of each item."""
    owner = np.repeat(np.arange(len(lists.ptr) - 1), np.diff(lists.ptr))
    return Listed.of(lists.item, owner, lists.value, size)


def _uses(lists: Listed) -> Records:
    found = np.zeros(len(lists.item), USE)
    found["resource"], found["amount"] = lists.item, lists.value
    return found
