"""Matrix products: BLAS for large ones whose matrices lie as BLAS wants them, a nest of loops for the others.

What holds: either way the sum over the inner axis may be made in any order, as in NumPy. The nest puts that axis
innermost along which most operands lie one element after the other, so that it becomes vector code.
"""

from __future__ import annotations

from dataclasses import dataclass

from wengert.emit.fortran import by_reference, call_fortran, integer_reference, letter_reference
from wengert.emit.frame import Frame
from wengert.emit.scalars import scalar_function
from wengert.emit.sections import View, each_matrix, load, loops, store, view_of, zero
from wengert.program.statements import Apply, Section

__all__ = ["added_product", "matmul"]

# Below this many multiplications the loops are faster than the call (measured with OpenBLAS).
_FEWEST_FOR_BLAS = 64.0
_LETTERS = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}


def matmul(f: Frame, statement: Apply) -> None:
    """`numpy.matmul` of vectors, matrices and stacks of matrices."""
    first, second = (view_of(f, one) for one in statement.inputs if isinstance(one, Section))
    out = view_of(f, statement.outputs[0])
    if second.rank == 1:
        second, out = second.with_axis(1), out.with_axis(out.rank)
    if first.rank == 1:
        first, out = first.with_axis(0), out.with_axis(out.rank - 1)
    with each_matrix(f, (first, second, out), (2, 2, 2)) as (a, b, c):
        multiply(f, a, b, c)


def added_product(f: Frame, statement: Apply) -> None:
    """`c += a @ b` for matrices."""
    a, b = (view_of(f, one) for one in statement.inputs[1:] if isinstance(one, Section))
    multiply(f, a, b, view_of(f, statement.outputs[0]), adds=True)


def multiply(f: Frame, a: View, b: View, c: View, *, adds: bool = False) -> None:
    """`c = a @ b` for matrices; `adds`: `c += a @ b`."""
    is_vector = "1" in (c.sizes[0], c.sizes[1])
    if c.dtype not in _LETTERS or is_vector:
        # Products with vectors are bound by memory, so BLAS would gain nothing.
        _multiply_by_loops(f, a, b, c, adds)
        return
    w = f.w
    large, small, after = w.label(), w.label(), w.label()
    layouts = [_layout(f, view) for view in (a, b, c)]
    usable = _is_large(f, a, b)
    for layout in layouts:
        usable = w.value(f"and i1 {usable}, {layout.usable}")
    w.branch(usable, large, small)
    w.start(large)
    _multiply_by_blas(f, (a, b, c), layouts, adds)
    w.jump(after)
    w.start(small)
    _multiply_by_loops(f, a, b, c, adds)
    w.jump(after)
    w.start(after)


def _is_large(f: Frame, a: View, b: View) -> str:
    w = f.w
    sizes = [w.value(f"sitofp i64 {size} to double") for size in (*a.sizes, b.sizes[1])]
    count = w.value(f"fmul double {w.value(f'fmul double {sizes[0]}, {sizes[1]}')}, {sizes[2]}")
    return w.value(f"fcmp oge double {count}, {_FEWEST_FOR_BLAS}")


@dataclass(frozen=True, slots=True)
class _Layout:
    """Whether a row lies in one piece, the distance of rows (else of columns), and whether BLAS can take it."""

    by_rows: str
    leading: str
    usable: str


def _layout(f: Frame, view: View) -> _Layout:
    w = f.w
    (rows, columns), (down, along) = view.sizes, view.strides
    by_rows = w.value(f"icmp eq i64 {along}, 1")
    by_columns = w.value(f"icmp eq i64 {down}, 1")
    leading = w.select(by_rows, "i64", down, along)
    length = w.select(by_rows, "i64", columns, rows)
    dense = w.value(f"or i1 {by_rows}, {by_columns}")
    far = w.value(f"icmp sge i64 {leading}, {length}")
    positive = w.value(f"icmp sgt i64 {leading}, 0")
    usable = w.value(f"and i1 {w.value(f'and i1 {dense}, {far}')}, {positive}")
    for number in (leading, rows, columns):
        fits = w.value(f"icmp sle i64 {number}, {2**31 - 1}")
        usable = w.value(f"and i1 {usable}, {fits}")
    return _Layout(by_rows, leading, usable)


def _multiply_by_blas(f: Frame, views: tuple[View, View, View], layouts: list[_Layout], adds: bool) -> None:
    """BLAS stores by columns. A `c` stored by rows is its transpose by columns: then `c.T = b.T @ a.T` is computed."""
    w = f.w
    (a, b, c), swapped = views, layouts[2].by_rows
    plain, transposed = letter_reference(f, "N"), letter_reference(f, "T")

    def chosen(kind: str, first: str, second: str) -> str:
        return w.select(swapped, kind, second, first)

    def operation(layout: _Layout) -> str:
        same = w.value(f"icmp eq i1 {layout.by_rows}, {swapped}")
        return w.select(same, "ptr", plain, transposed)

    operations = [operation(layout) for layout in layouts[:2]]
    one, kept = (by_reference(f, c.dtype, value) for value in (1.0, float(adds)))
    call_fortran(
        f,
        "blas",
        _LETTERS[c.dtype] + "gemm",
        chosen("ptr", *operations),
        chosen("ptr", operations[1], operations[0]),
        integer_reference(f, chosen("i64", c.sizes[0], c.sizes[1])),
        integer_reference(f, chosen("i64", c.sizes[1], c.sizes[0])),
        integer_reference(f, a.sizes[1]),
        one,
        chosen("ptr", a.pointer, b.pointer),
        integer_reference(f, chosen("i64", layouts[0].leading, layouts[1].leading)),
        chosen("ptr", b.pointer, a.pointer),
        integer_reference(f, chosen("i64", layouts[1].leading, layouts[0].leading)),
        kept,
        c.pointer,
        integer_reference(f, layouts[2].leading),
    )


def _multiply_by_loops(f: Frame, a: View, b: View, c: View, adds: bool) -> None:
    (rows, inner), columns = a.sizes, b.sizes[1]
    unit = {
        "rows": (a.strides[0] == "1") + (c.strides[0] == "1"),
        "columns": (b.strides[1] == "1") + (c.strides[1] == "1"),
        "inner": (a.strides[1] == "1") + (b.strides[0] == "1"),
    }
    if rows == "1":
        unit["rows"] = -1
    if columns == "1":
        unit["columns"] = -1
    best = max(unit, key=lambda axis: unit[axis])
    if best == "rows":
        _multiply_by_rows(f, b.transposed(), a.transposed(), c.transposed(), adds)
    elif best == "columns":
        _multiply_by_rows(f, a, b, c, adds)
    else:
        with loops(f, (rows, columns)) as (i, j):
            total = f.w.alloca(f"[{c.kind.parts} x {c.kind.memory}], align 8")
            f.store_as(c.dtype, total, zero(c.kind))
            with loops(f, (inner,)) as (k,):
                product = _product(f, a, b, i, k, j)
                f.store_as(c.dtype, total, _sum(f, c, f.load_as(c.dtype, total), product, "reassoc "))
            found = f.load_as(c.dtype, total)
            store(f, c, (i, j), _sum(f, c, load(f, c, (i, j)), found, "") if adds else found)


def _product(f: Frame, a: View, b: View, i: str, k: str, j: str) -> tuple[str, ...]:
    kind = a.kind
    name = "logical_and" if kind.family == "bool" else "multiply"
    return scalar_function(f.w, name, kind, [(kind, load(f, a, (i, k))), (kind, load(f, b, (k, j)))])


def _sum(f: Frame, c: View, held: tuple[str, ...], added: tuple[str, ...], flags: str) -> tuple[str, ...]:
    kind = c.kind
    if kind.family not in ("real", "complex"):
        return scalar_function(f.w, "add", kind, [(kind, held), (kind, added)])
    return tuple(
        f.w.value(f"fadd {flags}{kind.register} {one}, {other}") for one, other in zip(held, added, strict=True)
    )


def _multiply_by_rows(f: Frame, a: View, b: View, c: View, adds: bool) -> None:
    """Each row of `c` as a sum of rows of `b`."""
    with loops(f, (c.sizes[0],)) as (i,):
        if not adds:
            with loops(f, (c.sizes[1],)) as (j,):
                store(f, c, (i, j), zero(c.kind))
        with loops(f, (a.sizes[1], c.sizes[1])) as (k, j):
            store(f, c, (i, j), _sum(f, c, load(f, c, (i, j)), _product(f, a, b, i, k, j), ""))
