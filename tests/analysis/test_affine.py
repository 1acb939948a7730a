"""Affine forms and the proof that inequalities have no solution."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from wengert.analysis.affine import affine, at_most, equal, facts_of, feasible
from wengert.analysis.index import index_program
from wengert.program.builder import Builder, integer
from wengert.program.statements import Program, Value


def test_contradiction_is_found() -> None:
    """x <= y, y <= z and z + 1 <= x cannot hold together."""
    x, y, z = {"x": 1}, {"y": 1}, {"z": 1}
    assert feasible([at_most(x, y), at_most(y, z)])
    assert not feasible([at_most(x, y), at_most(y, z), at_most({"z": 1, None: 1}, x)])


def test_constants_are_tightened_to_integers() -> None:
    """2 x = 1 has a rational solution and no integer one."""
    assert not feasible(equal({"x": 2}, {None: 1}))


coefficients = st.integers(-3, 3)
forms = st.fixed_dictionaries({"x": coefficients, "y": coefficients, "z": coefficients, None: st.integers(-6, 6)})


@given(st.lists(forms, min_size=1, max_size=6))
def test_no_solution_is_never_claimed_where_there_is_one(inequalities: list[dict[object, int]]) -> None:
    """If small integers satisfy the inequalities, they are feasible."""
    for x, y, z in product(range(-4, 5), repeat=3):
        point = {"x": x, "y": y, "z": z, None: 1}
        if all(sum(c * point[s] for s, c in form.items()) <= 0 for form in inequalities):  # type: ignore[index]
            assert feasible(inequalities)
            return


def test_sums_of_counters_become_forms() -> None:
    """Additions, subtractions and multiples of counters are read through; the range of a counter is a fact."""
    builder = Builder()
    n = Value("n", "int64")
    with builder.loop(integer(1), n) as i:
        moved = builder.bind("subtract", builder.bind("multiply", i, integer(3)), n)
    index = index_program(Program("f", (n,), builder.finish()))
    assert affine(index, moved) == {i: 3, n: -1}
    assert not feasible([*facts_of(index, i), at_most({i: 1}, {})])
    assert feasible([*facts_of(index, i), at_most({i: 1}, {None: 1})])
