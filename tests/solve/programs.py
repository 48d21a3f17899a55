"""Programs for the tests of ``solve``: by hand, at random, and shaped like an allocation."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from allocopt.algebra.program import COUPLES, Program


def program(
    cost, matrix, row_lower, row_upper, *, lower=0.0, upper=np.inf, integer=False, row_sku=COUPLES, constant=0.0
) -> Program:
    """Return a program from a dense matrix."""
    matrix = np.asarray(matrix, float)
    rows, columns = matrix.shape
    csc = sparse.csc_array(matrix)
    csc.eliminate_zeros()
    csc.sort_indices()
    return Program(
        cost=np.asarray(cost, float),
        lower=np.broadcast_to(np.asarray(lower, float), columns).copy(),
        upper=np.broadcast_to(np.asarray(upper, float), columns).copy(),
        integer=np.broadcast_to(np.asarray(integer, bool), columns).copy(),
        indptr=csc.indptr.astype(np.int32),
        indices=csc.indices.astype(np.int32),
        data=csc.data,
        row_lower=np.asarray(row_lower, float),
        row_upper=np.asarray(row_upper, float),
        column_sku=np.zeros(columns, np.int32),
        row_sku=np.broadcast_to(np.asarray(row_sku, np.int32), rows).copy(),
        constant=constant,
    )


def dense(given: Program) -> np.ndarray:
    """Return the matrix of a program."""
    shape = (given.rows, given.columns)
    return sparse.csc_array((given.data, given.indices, given.indptr), shape=shape).toarray()


@st.composite
def small_programs(draw, *, integer=None, bounded=True):
    """Return a program of a few columns and rows in small whole numbers (so that ties and infeasibility occur)."""
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    whole = st.integers(-4, 6).map(float)
    matrix = draw(hnp.arrays(np.float64, (rows, columns), elements=whole))
    cost = draw(hnp.arrays(np.float64, columns, elements=whole))
    middle = draw(hnp.arrays(np.float64, rows, elements=st.integers(-6, 12).map(float)))
    kinds = draw(st.lists(st.sampled_from(["upper", "lower", "range", "equal"]), min_size=rows, max_size=rows))
    row_lower = np.array([-np.inf if k == "upper" else m for k, m in zip(kinds, middle, strict=True)])
    width = {"upper": 0.0, "lower": np.inf, "range": 3.0, "equal": 0.0}
    row_upper = np.array([m + width[k] for k, m in zip(kinds, middle, strict=True)])
    upper = draw(hnp.arrays(np.float64, columns, elements=st.integers(0, 5).map(float)))
    if not bounded:
        upper = np.where(draw(hnp.arrays(bool, columns)), np.inf, upper)
    if integer is None:
        integer = draw(hnp.arrays(bool, columns))
    constant = float(draw(st.integers(-100, 100)))
    return program(cost, matrix, row_lower, row_upper, upper=upper, integer=integer, constant=constant)


def allocation(skus: int, *, lots=3, lines=6, cells=6, tight=0.6, seed=0, integer=True, packs=0.0) -> Program:
    """Return an allocation: lots x lines transport blocks, one per SKU, tied by the capacity of some cells."""
    random = np.random.default_rng(seed)
    sku, lot, line = (axis.ravel() for axis in np.mgrid[:skus, :lots, :lines])
    keep = random.random(len(sku)) < 0.8
    sku, lot, line = sku[keep], lot[keep], line[keep]
    arcs, unmet = len(sku), skus * lines
    units = random.integers(1, 40, unmet).astype(float)
    supply = np.floor(np.repeat(units.reshape(skus, lines).sum(1), lots) * random.uniform(0.1, 0.5, skus * lots))
    cell = random.integers(0, cells, (skus, lots, lines))[sku, lot, line]
    load = np.round(random.uniform(0.5, 2.0, skus), 1)[sku]
    packed = np.flatnonzero(random.random(arcs) < packs)
    first_line, first_cell = skus * lots, skus * lots + unmet
    first_pack = first_cell + cells
    columns = arcs + unmet + len(packed)
    rows = first_pack + len(packed)
    pack_rows = first_pack + np.arange(len(packed))
    row = [sku * lots + lot, first_line + sku * lines + line, first_cell + cell]
    row += [first_line + np.arange(unmet), pack_rows, pack_rows]
    column = [np.arange(arcs)] * 3 + [arcs + np.arange(unmet), packed, arcs + unmet + np.arange(len(packed))]
    value = [np.ones(arcs), np.ones(arcs), load, np.ones(unmet), np.ones(len(packed)), np.full(len(packed), -6.0)]
    ends = (np.concatenate(row), np.concatenate(column))
    matrix = sparse.coo_array((np.concatenate(value), ends), shape=(rows, columns)).tocsc()
    matrix.sort_indices()
    top = np.minimum(supply[sku * lots + lot], units[sku * lines + line])
    limit = np.floor(np.bincount(cell, weights=load * top, minlength=cells) * tight / lots)
    none, zero = np.full(skus * lots, -np.inf), np.zeros(len(packed))
    worth = np.round(random.uniform(5, 40, (skus, lines)), 2)[sku, line] - np.round(random.uniform(1, 5, arcs), 2)
    owner = np.arange(skus)
    return Program(
        cost=np.concatenate([worth, -np.round(random.uniform(0, 3, unmet), 2), zero]),
        lower=np.zeros(columns),
        upper=np.concatenate([top, units, np.floor(top[packed] / 6)]),
        integer=np.full(columns, integer),
        indptr=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        data=matrix.data,
        row_lower=np.concatenate([none, units, np.full(cells, -np.inf), zero]),
        row_upper=np.concatenate([supply, units, limit, zero]),
        column_sku=np.concatenate([sku, np.repeat(owner, lines), sku[packed]]).astype(np.int32),
        row_sku=np.concatenate(
            [np.repeat(owner, lots), np.repeat(owner, lines), np.full(cells, COUPLES), sku[packed]]
        ).astype(np.int32),
        constant=1000.0,
    )
