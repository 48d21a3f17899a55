"""Reading a program as orders, from its matrix and the lines that its columns ship to."""

from __future__ import annotations

from weakref import ref

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Flags, Floats, Longs
from allocopt.solve.orders.choices import choices
from allocopt.solve.orders.matrix import Matrix
from allocopt.solve.orders.numbering import components, distinct, powers, runs, scaled
from allocopt.solve.orders.structure import (
    LEAST,
    LINE,
    LINK,
    PACK,
    WHOLE,
    Followers,
    Gates,
    Listed,
    Orders,
    UnreadableError,
)

LARGEST = 0.2
"""Part of the lines that one order may have, where there are many: beyond, it is no order."""
FEW = 100
"""Lines that are not many."""
INSIST = 2.0
"""What breaking a hard limit by one costs in the search, in terms of what the largest order earns or costs."""


def read(program: Program) -> Orders:
    """Return a program as orders.

    Who asks again about the same program is not kept waiting.

    Raises
    ------
    UnreadableError
        If it holds anything that orders do not know.
    """
    for seen, found in tuple(_LAST):
        if seen() is program:
            return found
    found = _Reading(program).orders()
    _LAST[:] = [(ref(program, _forgotten), found)]
    return found


_LAST: list[tuple[ref[Program], Orders]] = []
"""The program that was read last, as long as it is there."""


def _forgotten(program: ref[Program]) -> None:
    _LAST[:] = [each for each in _LAST if each[0] is not program]


class _Reading:
    """The parts of a program on their way to orders."""

    def __init__(self, program: Program) -> None:
        self.program, self.matrix = program, Matrix(program)
        m = self.matrix
        assert program.column_line is not None
        if not m.units.any() or not program.rows:
            raise UnreadableError("nothing is left to decide")
        if (m.units & (program.column_line >= 0) & ~program.integer).any():
            raise UnreadableError("some units are divisible")
        self.arc = np.flatnonzero(m.units)
        lines = int(program.column_line.max(initial=-1)) + 1
        # Columns that ship to no line (stock that is kept idle) are lines of their own.
        self.line_of = np.where(program.column_line >= 0, program.column_line, lines + np.arange(program.columns))
        inside = np.zeros(m.rows, dtype=bool)
        inside[m.gates] = True
        entry = np.flatnonzero(inside[m.row])
        under = m.switch[m.column[entry]]
        self.over, self.size = np.full(m.rows, -1), np.zeros(m.rows)
        self.over[m.row[entry[under]]], self.size[m.row[entry[under]]] = m.column[entry[under]], -m.value[entry[under]]
        self.member, self.gate = m.column[entry[~under]], m.row[entry[~under]]
        self._kinds(inside)

    def _kinds(self, inside: Flags) -> None:
        """Tell gates that are whole lines, packs, least shipments and plain switches apart."""
        m = self.matrix
        line = np.zeros(m.rows, dtype=np.int64)
        line[self.gate] = self.line_of[self.member]
        same = np.ones(m.rows, dtype=bool)
        same[self.gate[self.line_of[self.member] != line[self.gate]]] = False
        of_line = np.bincount(self.line_of[self.arc], minlength=int(self.line_of.max(initial=0)) + 1)
        exact = inside & (m.upper == 0) & (m.lower == 0)
        single = m.room[self.over] == 1
        self.is_whole = exact & same & single & (np.bincount(self.gate, minlength=m.rows) == of_line[line])
        self.is_pack = exact & ~self.is_whole
        self.is_least = inside & np.isposinf(m.upper)
        self.is_link = inside & np.isneginf(m.lower)
        if ((exact | self.is_least) & ~same).any() or ((self.is_link | self.is_least) & ~single).any():
            raise UnreadableError("some shipments are of several lines")
        packs = np.bincount(self.over[self.is_pack], minlength=self.program.columns)
        gates = np.bincount(self.over[m.gates], minlength=self.program.columns)
        if ((packs > 0) & (gates > 1)).any():
            raise UnreadableError("some packs are of several shipments")
        if (m.base[self.member] != 0).any():
            raise UnreadableError("something is fixed behind a switch")
        kept = np.bincount(self.over[m.gates[~self.is_link[m.gates]]], minlength=self.program.columns) > 0
        if (m.switch & ~kept & (self.program.cost > 0)).any():
            raise UnreadableError("some switches earn though nothing ships")

    def orders(self) -> Orders:
        """Return the program as orders."""
        p, m = self.program, self.matrix
        paying = self._paying()
        order, line, shipment = self._levels(paying)
        by = np.lexsort((self.arc, shipment, line, order))
        self.arc, order = self.arc[by], order[by]
        line, first_of_line = runs(line[by])
        shipment, first_of_shipment = runs(shipment[by])
        order = runs(order)[0][first_of_line]
        orders = int(order.max(initial=-1)) + 1
        if np.bincount(order, minlength=1).max() > max(FEW, LARGEST * len(order)):
            raise UnreadableError("one switch stands over too much")
        place, number = np.full(p.columns, -1), np.full(p.columns, -1)
        place[self.arc] = np.arange(len(self.arc))
        number[np.flatnonzero(paying)] = np.arange(int(paying.sum()))
        pack, least, pays = self._packs(place, shipment, len(first_of_shipment))
        units, whole, spare = self._units(place, line, len(first_of_line), order, orders)
        option, option_order, needs = self._options(order[line], place, number)
        value = p.cost[self.arc].copy()
        packed = np.flatnonzero(self.is_pack[self.gate])
        value[place[self.member[packed]]] += (p.cost[self.over] / np.maximum(self.size, 1.0))[self.gate[packed]]
        most = np.zeros(len(first_of_line))
        np.maximum.at(most, line, np.abs(value) * m.room[self.arc])
        best = np.bincount(order, weights=most, minlength=1).max()
        row, sign, limit, rate, uses, once, scale, integral = self._resources(
            place, number, spare, INSIST * max(best, 1.0)
        )
        return Orders(
            column=self.arc,
            row=row,
            sign=sign,
            value=value,
            most=m.room[self.arc],
            shipment=shipment,
            line=line,
            option=option,
            pack=pack,
            least=least,
            pays=pays,
            units=units,
            order=order,
            whole=whole,
            choice=choices(option_order, needs, uses, once, limit, orders),
            option_order=option_order,
            needs=needs,
            fee=-p.cost[paying],
            limit=limit,
            rate=rate,
            insisted=(rate > 0) & (m.breach[row] < 0),
            integral=integral,
            uses=uses,
            once=once,
            scale=scale,
            base=m.base,
            followers=self._followers(),
            gates=self._described(place, line, spare, paying),
        )

    def _paying(self) -> Flags:
        """Return the switches that cost something or take something once, shape (columns,); packs do it by units."""
        m, p = self.matrix, self.program
        counts = np.zeros(m.rows, dtype=bool)
        counts[m.above], counts[m.below] = True, True
        paying: Flags = m.switch & (p.cost != 0)
        paying[m.column[m.switch[m.column] & counts[m.row]]] = True
        paying[self.over[self.is_pack]] = False
        return paying

    def _levels(self, paying: Flags) -> tuple[Longs, Longs, Longs]:
        """Return order, line and shipment of each arc, numbered anyhow.

        Lines belong together where a switch that counts stands over both; arcs, where they share a pack or a least
        quantity.
        """
        line = self.line_of[self.arc]
        height = int(self.line_of.max(initial=0)) + 1
        order = self._whole_apart(paying, height)[line]
        tied = self.is_pack[self.gate] | self.is_least[self.gate]
        of_arc, of_gate = components(self.member[tied], self.gate[tied], self.program.columns, self.matrix.rows)
        shipment = of_arc[self.arc]
        members = np.bincount(self.gate[tied], minlength=self.matrix.rows)
        used = np.flatnonzero(members)
        if (members[used] != np.bincount(shipment)[of_gate[used]]).any():
            raise UnreadableError("some shipments overlap")
        return order, line, shipment

    def _whole_apart(self, paying: Flags, height: int) -> Longs:
        """Return the order of each line.

        Lines that are served in full by themselves are taken for packs where their order has other lines too.
        """
        ties = self.is_whole[self.gate] | paying[self.over[self.gate]]
        members, over = self.member[ties], self.over[self.gate[ties]]
        by_line, by_switch = components(self.line_of[members], over, height, self.program.columns)
        lines = np.zeros(height, dtype=bool)
        lines[self.line_of[self.arc]] = True
        size = np.bincount(by_line[lines], minlength=int(by_line.max(initial=0)) + 1 + self.program.columns)
        gates = np.bincount(self.over[self.is_whole], minlength=self.program.columns)
        whole = np.flatnonzero(self.is_whole)
        alone = whole[(gates[self.over[whole]] == 1) & (size[by_switch[self.over[whole]]] > 1)]
        if not len(alone):
            return by_line
        self.is_whole[alone], self.is_pack[alone] = False, True
        ties = self.is_whole[self.gate] | paying[self.over[self.gate]]
        return components(self.line_of[self.member[ties]], self.over[self.gate[ties]], height, self.program.columns)[0]

    def _packs(self, place: Longs, shipment: Longs, size: int) -> tuple[Floats, Floats, Flags]:
        """Return pack and least quantity of each shipment, and which may ship less: that only pays for so much."""
        pack, least = np.ones(size, dtype=np.int64), np.zeros(size)
        where, large = shipment[place[self.member]], self.size[self.gate]
        packed, at_least = self.is_pack[self.gate], self.is_least[self.gate]
        if (large[packed] != np.rint(large[packed])).any():
            raise UnreadableError("some packs hold no whole units")
        # A shipment in packs of several sizes (sealed cases for a line with a pack) holds whole multiples of each.
        np.lcm.at(pack, where[packed], large[packed].astype(np.int64))
        np.maximum.at(least, where[at_least], large[at_least])
        pays = np.zeros(size, dtype=bool)
        if at_least.any():
            pair = self.member * self.program.columns + self.over[self.gate]
            pays[where[at_least & ~np.isin(pair, pair[~at_least])]] = True
        return pack.astype(np.float64), least, pays

    def _units(self, place: Longs, line: Longs, lines: int, order: Longs, orders: int) -> tuple[Floats, Flags, Longs]:
        """Return the units of each line, which orders are whole, and the rows above that say no more than this."""
        m = self.matrix
        arcs = np.bincount(line, minlength=lines)
        units = np.bincount(line, weights=m.room[self.arc], minlength=lines)
        whole_units = np.zeros(lines)
        of_whole = self.is_whole[self.gate]
        where, large = line[place[self.member[of_whole]]], self.size[self.gate[of_whole]]
        np.maximum.at(whole_units, where, large)
        if (large != whole_units[where]).any():
            raise UnreadableError("some lines are whole in two sizes")
        whole = np.zeros(orders, dtype=bool)
        whole[order[whole_units > 0]] = True
        if (whole[order] & (whole_units == 0)).any():
            raise UnreadableError("some orders are whole in part")
        low, high = np.full(m.rows, lines), np.full(m.rows, -1)
        on_arcs = m.units[m.column]
        where = line[place[m.column[on_arcs]]]
        np.minimum.at(low, m.row[on_arcs], where)
        np.maximum.at(high, m.row[on_arcs], where)
        plain = m.count(on_arcs & (m.value == 1.0))
        mine = m.above[(low == high)[m.above] & (m.breach[m.above] < 0)]
        mine = mine[(plain[mine] == arcs[low[mine]]) & (plain[mine] == np.bincount(m.row, minlength=m.rows)[mine])]
        mine = mine[m.upper[mine] >= whole_units[low[mine]]]
        np.minimum.at(units, low[mine], np.floor(m.upper[mine]))
        links = m.gates[self.is_link[m.gates]]
        possible = np.zeros(m.rows)
        np.add.at(possible, self.gate, m.room[self.member])
        of_gate = np.zeros(m.rows, dtype=np.int64)
        of_gate[self.gate] = line[place[self.member]]
        if (self.size[links] < np.minimum(possible[links], units[of_gate[links]])).any():
            raise UnreadableError("some switches limit what ships")
        return np.where(whole_units > 0, whole_units, units), whole, mine

    def _options(self, order: Longs, place: Longs, number: Longs) -> tuple[Longs, Longs, Listed]:
        """Return the option of each arc, the order of each option, and the switches that it needs."""
        over = number[self.over[self.gate]] >= 0
        pair = distinct(place[self.member[over]] * (len(number) + 1) + number[self.over[self.gate[over]]])
        arc, switch = np.divmod(pair, len(number) + 1)
        prints = np.random.default_rng(0).integers(1, 2**40, int(number.max(initial=-1)) + 1)
        key = np.zeros(len(order), dtype=np.int64)
        np.add.at(key, arc, prints[switch])
        by = np.lexsort((key, order))
        new = np.ones(len(by), dtype=bool)
        new[1:] = (order[by][1:] != order[by][:-1]) | (key[by][1:] != key[by][:-1])
        option, first = np.empty(len(by), np.int64), by[new]
        option[by] = np.cumsum(new) - 1
        chosen = np.full(len(order), -1)
        chosen[first] = np.arange(len(first))
        mine = chosen[arc] >= 0
        needs = Listed.of(chosen[arc[mine]], switch[mine], np.ones(int(mine.sum())), len(first))
        return option, order[first], needs

    def _resources(
        self, place: Longs, number: Longs, spare: Longs, insist: float
    ) -> tuple[Longs, Floats, Floats, Floats, Listed, Listed, Floats, Flags]:
        """Return row, sign, limit and rate of resources, what takes of them, scale, and whether all is whole."""
        m = self.matrix
        kept = np.ones(m.rows, dtype=bool)
        kept[spare] = False
        above = m.above[kept[m.above]]
        row = np.concatenate([above, m.below])
        sign = np.concatenate([np.ones(len(above)), -np.ones(len(m.below))])
        limit = np.concatenate([m.upper[above], -m.lower[m.below]])
        entries = []
        for rows, first, side in ((above, 0, 1.0), (m.below, len(above), -1.0)):
            code = np.full(m.rows, -1)
            code[rows] = first + np.arange(len(rows))
            mine = np.flatnonzero(code[m.row] >= 0)
            entries.append((m.column[mine], code[m.row[mine]], side * m.value[mine]))
        column, resource, value = (np.concatenate(parts) for parts in zip(*entries, strict=True))
        packs = np.zeros(len(number))
        packs[self.over[self.is_pack]] = self.size[self.is_pack]
        scale = np.ones(len(row))
        np.maximum.at(scale, resource, packs[column])
        arc, taken, amount = self._by_arc(place, packs, column, resource, value * scale[resource], len(row))
        switched = number[column] >= 0
        once = value[switched] * scale[resource[switched]]
        tens = powers(np.concatenate([taken, resource[switched]]), np.concatenate([amount, once]), len(row))
        limit = limit * scale
        whole = np.bincount(m.row[~self.program.integer[m.column]], minlength=m.rows)[row] == 0
        whole &= m.breach[row] < 0
        limit = np.where((tens > 0) & whole, np.floor((limit + 4e-16 * np.abs(limit)) * np.maximum(tens, 1.0)), limit)
        scale = scale * np.maximum(tens, 1.0)
        insisted = (limit < 0) | (np.bincount(taken[amount < 0], minlength=len(row)) > 0)
        insisted |= np.bincount(resource[switched][once < 0], minlength=len(row)) > 0
        rate = np.where(insisted, insist, 0.0)
        soft = m.breach[row] >= 0
        rate[soft] = -self.program.cost[m.breach[row[soft]]] / m.each[row[soft]]
        uses = Listed.of(arc, taken, scaled(amount, tens[taken]), len(self.arc))
        switches = int(number.max(initial=-1)) + 1
        onces = Listed.of(
            number[column[switched]], resource[switched], scaled(once, tens[resource[switched]]), switches
        )
        return row, sign, limit, rate / scale, uses, onces, scale, whole

    def _by_arc(
        self, place: Longs, packs: Floats, column: Longs, resource: Longs, value: Floats, resources: int
    ) -> tuple[Longs, Longs, Floats]:
        """Return what arcs take of resources, packs written as units."""
        packed = self.is_pack[self.gate]
        count = int(packed.sum())
        members = Listed.of(self.over[self.gate[packed]], self.member[packed], np.ones(count), len(packs))
        through = np.flatnonzero(packs[column] > 0)
        lengths = np.diff(members.ptr)[column[through]]
        which = np.repeat(through, lengths)
        begin = members.ptr[column[through]]
        at = np.repeat(begin - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        direct = place[column] >= 0
        arc = np.concatenate([place[column[direct]], place[members.item[at]]])
        taken = np.concatenate([resource[direct], resource[which]])
        amount = np.concatenate([value[direct], value[which] / packs[column[which]]])
        if not count:
            return arc, taken, amount
        key, where = np.unique(arc * (resources + 1) + taken, return_inverse=True)
        amount = np.bincount(where, weights=amount, minlength=len(key)).astype(float)
        arc, taken = np.divmod(key, resources + 1)
        return arc, taken, amount

    def _described(self, place: Longs, line: Longs, spare: Longs, paying: Flags) -> Gates:
        """Return the rows over arcs; `spare` are those that say no more than the most of a line."""
        m = self.matrix
        kind = np.full(m.rows, LINK)
        kind[self.is_whole], kind[self.is_pack], kind[self.is_least], kind[spare] = WHOLE, PACK, LEAST, LINE
        counts = np.zeros(m.rows, dtype=bool)
        counts[m.gates] = True
        counts[self.is_link] = paying[self.over[self.is_link]]
        counts[spare] = True
        row = np.flatnonzero(counts)
        number = np.full(m.rows, -1)
        number[row] = np.arange(len(row))
        mine = m.units[m.column] & counts[m.row]
        gate, arc = number[m.row[mine]], place[m.column[mine]]
        of_line = np.zeros(len(row), dtype=np.int64)
        of_line[gate] = line[arc]
        return Gates(row, kind[row], of_line, self.size[row], self.over[row], gate, arc)

    def _followers(self) -> Followers:
        """Return the columns that follow from units."""
        m, p = self.matrix, self.program
        column = np.flatnonzero(m.switch)
        number = np.full(p.columns, -1)
        number[column] = np.arange(len(column))
        divisor = np.zeros(p.columns)
        divisor[self.over[self.is_pack]] = self.size[self.is_pack]
        broken = np.flatnonzero(m.breach >= 0)
        return Followers(
            column, number[self.over[self.gate]], self.member, divisor[column], broken, m.breach[broken], m.each[broken]
        )
