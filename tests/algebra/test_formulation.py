"""Sums, rows and money become the matrix that they say, and labels find their way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocopt.algebra.formulation import COUPLES, Formulation, Sum, When
from allocopt.algebra.labels import Index
from allocopt.algebra.program import Program


def numbered(size: int, name: str = "number") -> Index:
    """Return labels that are numbers."""
    return Index((name,), (np.arange(size),), (None,))


def matrix(program: Program) -> np.ndarray:
    """Return A as a dense array; entries of the same place would add up."""
    dense = np.zeros((program.rows, program.columns))
    np.add.at(dense, (program.indices, np.repeat(np.arange(program.columns), np.diff(program.indptr))), program.data)
    return dense


def check_canonical(program: Program) -> None:
    """Columns hold rows in ascending order, each once, and no zeros."""
    assert program.indptr[0] == 0
    assert program.indptr[-1] == len(program.indices) == len(program.data)
    for column in range(program.columns):
        rows = program.indices[program.indptr[column] : program.indptr[column + 1]]
        assert (np.diff(rows) > 0).all()
    assert (program.data != 0).all()
    assert (program.indptr.dtype, program.indices.dtype, program.data.dtype) == (np.int32, np.int32, np.float64)


@st.composite
def statements(draw: st.DrawFn) -> tuple[Formulation, np.ndarray]:
    """Draw a formulation, and its matrix stated entry by entry."""
    form = Formulation()
    sizes = draw(st.lists(st.integers(0, 5), min_size=1, max_size=3))
    variables = [
        form.add_variable(f"v{k}", numbered(size), upper=np.ones(size), sku=np.zeros(size, np.int32))
        for k, size in enumerate(sizes)
    ]
    blocks = []
    for family in range(draw(st.integers(0, 4))):
        height = draw(st.integers(0, 4))
        dense = np.zeros((height, sum(sizes)))
        sums = []
        for variable in variables:
            if not draw(st.booleans()):
                continue
            places = [(member, row) for member in range(len(variable)) for row in range(height)]
            if draw(st.booleans()):  # one row (or none) a member, all members
                group = np.array([draw(st.integers(-1, height - 1)) for _ in range(len(variable))], dtype=int)
                weight = np.array([draw(st.sampled_from([0.0, 1.0, -2.5])) for _ in group])
                members = None
                where = list(enumerate(group.tolist()))
            else:  # any places, several rows a member
                where = sorted(draw(st.lists(st.sampled_from(places), unique=True))) if places else []
                group = np.array([row for _, row in where], dtype=int)
                members = np.array([member for member, _ in where], dtype=int)
                weight = np.array([draw(st.sampled_from([0.0, 1.0, 3.0])) for _ in where])
            for (member, row), amount in zip(where, weight.tolist(), strict=True):
                if row >= 0:
                    dense[row, variable.start + member] += amount
            sums.append(Sum(variable, group, weight, members))
        form.add_rows(f"r{family}", numbered(height), sums, lower=float(-family), upper=np.full(height, family + 1.0))
        blocks.append(dense)
    return form, np.vstack([np.zeros((0, sum(sizes))), *blocks])


@given(statements())
def test_the_program_is_the_matrix_that_was_stated(statement):
    """Whatever sums are grouped into whatever rows: the same matrix as written down entry by entry."""
    form, dense = statement
    program, labels = form.compile()
    check_canonical(program)
    assert matrix(program).tolist() == dense.tolist()
    assert sum(len(family.index) for family in labels.rows) == program.rows
    assert sum(len(family.index) for family in labels.columns) == program.columns


@pytest.fixture
def two() -> Formulation:
    """Two variables: three arcs of SKUs 0, 0, 1, and one switch that belongs to no SKU."""
    form = Formulation()
    ship = form.add_variable(
        "ship",
        Index(("sku", "period"), (np.array([0, 0, 1]), np.array([4, 5, 4])), (np.array(["A", "B"], object), None)),
        upper=np.array([6.0, 5.0, 4.0]),
        sku=np.array([0, 0, 1]),
        integer=np.array([True, True, False]),
    )
    switch = form.add_variable("on", numbered(1), upper=np.ones(1), sku=np.array([COUPLES]), lower=np.ones(1))
    form.add_rows("per_sku", numbered(2), [Sum(ship, np.array([0, 0, 1]))], upper=np.array([9.0, 8.0]))
    form.add_rows(
        "gate",
        numbered(1),
        [Sum(ship, np.array([0, 0]), members=np.array([0, 1])), Sum(switch, np.array([0]), weight=-6.0)],
        lower=-1.0,
        upper=0.0,
        clause=np.array([3], np.int32),
        elastic=True,
    )
    form.add_money("revenue", ship, lambda rows: np.array([3.0, 2.0, 1.0])[rows])
    form.add_money("fees", ship, lambda rows: np.array([-0.5, 0.0, -0.5])[rows])
    form.add_money("fixed_cost", constant=np.array([-7.0, 0.0, -1.0]))
    return form


def test_columns_rows_and_money_land_where_they_were_put(two):
    """Bounds, whole units, limits and money of every column and row are those that were given."""
    program, _ = two.compile()
    assert program.cost.tolist() == [2.5, 2.0, 0.5, 0.0]
    assert program.constant == -8
    assert program.lower.tolist() == [0, 0, 0, 1]
    assert program.upper.tolist() == [6, 5, 4, 1]
    assert program.integer.tolist() == [True, True, False, False]
    assert program.row_lower.tolist() == [-np.inf, -np.inf, -1]
    assert program.row_upper.tolist() == [9, 8, 0]
    assert matrix(program).tolist() == [[1, 1, 0, 0], [0, 0, 1, 0], [1, 1, 0, -6]]


def test_rows_of_one_sku_know_it_and_the_others_couple(two):
    """A row belongs to a SKU if all its columns do; one that also touches a column of none couples."""
    program, _ = two.compile()
    assert program.column_sku.tolist() == [0, 0, 1, COUPLES]
    assert program.row_sku.tolist() == [0, 1, COUPLES]


def test_labels_name_every_column_and_row(two):
    """Positions are spelled out as family and label, with text where codes stand for it."""
    _, labels = two.compile()
    assert [labels.column(k) for k in range(4)] == [
        ("ship", ("A", 4)),
        ("ship", ("A", 5)),
        ("ship", ("B", 4)),
        ("on", (0,)),
    ]
    assert [labels.row(k) for k in range(3)] == [("per_sku", (0,)), ("per_sku", (1,)), ("gate", (0,))]
    assert labels.elastic().tolist() == [2]
    with pytest.raises(IndexError):
        labels.row(3)


def test_members_of_a_sum_ascend_or_are_refused():
    """A member may count in several rows; members in another order would be lost, and are an error."""
    group, members = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    form = Formulation()
    ship = form.add_variable("ship", numbered(2), upper=9.0, sku=0)
    form.add_rows("rows", numbered(2), [Sum.of(ship, group, members)])
    assert matrix(form.compile()[0]).tolist() == [[1, 1], [1, 1]]
    form.add_rows("lost", numbered(2), [Sum(ship, group, members=members)])
    with pytest.raises(ValueError, match=r"`Sum\.of` sorts them"):
        form.compile()


def test_a_formulation_without_anything_compiles():
    """No variables and no rows make an empty program, not an error."""
    program, labels = Formulation().compile()
    assert (program.columns, program.rows, program.nonzeros) == (0, 0, 0)
    assert (labels.columns, labels.rows) == ((), ())


def test_a_blank_code_is_spelled_as_blank_text():
    """Code -1 is an empty text, also where there is no text at all to choose from."""
    index = Index(("region", "via"), (np.array([-1, 0]), np.array([-1, -1])), (np.array(["north"], object), lambda: ()))
    assert index.tuples() == [("", ""), ("north", "")]
    assert index.frame()["region"].tolist() == ["", "north"]


@given(st.data())
def test_a_row_on_decisions_binds_only_where_they_are_so(data):
    """Where they are, the limit holds; elsewhere all that the columns' bounds allow, and no more."""
    draw, size, number = data.draw, data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))
    form = Formulation()
    upper = np.array(draw(st.lists(st.integers(0, 9), min_size=size, max_size=size)), dtype=float)
    weight = np.array(draw(st.lists(st.integers(-3, 3), min_size=size, max_size=size)), dtype=float)
    ship = form.add_variable("ship", numbered(size), upper=upper, sku=0)
    switch = form.add_variable("switch", numbered(number), upper=1.0, sku=COUPLES, integer=True)
    member = np.array(sorted(draw(st.sets(st.integers(0, number - 1), min_size=1))))
    so = np.array(draw(st.lists(st.booleans(), min_size=len(member), max_size=len(member))))
    limit, at_least = float(draw(st.integers(-20, 20))), draw(st.booleans())
    form.add_rows(
        "row",
        numbered(1),
        [Sum(ship, np.zeros(size, dtype=int), weight)],
        lower=limit if at_least else -np.inf,
        upper=np.inf if at_least else limit,
        when=When(switch, np.zeros(len(member), dtype=int), member, so),
    )
    program = form.compile()[0]
    low, high = np.minimum(weight * upper, 0).sum(), np.maximum(weight * upper, 0).sum()
    for outcome in np.ndindex(*(2,) * number):
        wrong = int((np.array(outcome)[member] != so).sum())
        terms = matrix(program)[0, size:] @ np.array(outcome)
        left = (program.row_lower[0] if at_least else program.row_upper[0]) - terms
        step = max(limit - low, 0.0) if at_least else min(limit - high, 0.0)
        assert left == limit - step * wrong
        assert wrong != 1 or left == (min(low, limit) if at_least else max(high, limit))


def test_a_row_on_a_decision_may_have_another_limit_otherwise():
    """With one decision the limit runs in a straight line from one to the other, for equalities too."""
    form = Formulation()
    ship = form.add_variable("ship", numbered(1), upper=9.0, sku=0)
    switch = form.add_variable("switch", numbered(1), upper=1.0, sku=COUPLES, integer=True)
    one = np.zeros(1, dtype=int)
    for on in (True, False):
        when = When(switch, one, one, np.array([on]))
        form.add_rows(f"row {on}", numbered(1), [Sum(ship, one)], lower=5.0, upper=5.0, when=when, otherwise=2.0)
    program = form.compile()[0]
    assert matrix(program).tolist() == [[1.0, -3.0], [1.0, 3.0]]
    assert program.row_lower.tolist() == program.row_upper.tolist() == [2.0, 5.0]
