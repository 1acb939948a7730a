"""Products of arrays: `@`, `dot`, `outer`, `tensordot`, `einsum` and their like.

What goes in: arrays. What comes out: a `Scalar`, or a view of a new array. What holds: a product with a vector is
loops in the order of the matrix's memory; products of matrices of floats are `Apply` statements of `numpy.matmul`.
"""

from __future__ import annotations

import operator
import string
from collections.abc import Sequence as Many
from typing import Any

import numpy as np

from wengert.lower.applying import applied
from wengert.lower.bounds import nest, size_of
from wengert.lower.calls import call, lowers, static, unsupported_option
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    as_operand,
    broadcast_sizes,
    cast_scalar,
    cast_value,
    check_equal,
    element,
    resolve,
    scalar_function,
    shape_of,
    ufunc,
)
from wengert.lower.indexing import SliceItem, view_of
from wengert.lower.reductions import stored
from wengert.lower.selection import chosen
from wengert.lower.shaping import array_view, permuted, raveled, reshaped, shifted
from wengert.lower.storing import copy_of, in_storage, loop_order, new_array
from wengert.lower.values import Abstract, Lazy, Scalar, Sequence, Static, View
from wengert.ops.table import COMPOSITES
from wengert.program.builder import integer
from wengert.program.statements import Constant, Operand

__all__ = ["contracted", "matmul"]


def matmul(context: Context, first: ArrayLike, second: ArrayLike) -> Scalar | View:
    """`first @ second`."""
    ranks = len(shape_of(first)), len(shape_of(second))
    context.refuse_unless(min(ranks) > 0, "matmul: the operands must have at least one axis", "Use `*` for numbers.")
    dtype = resolve(context, np.matmul, [first, second])[-1]
    _check_inner(context, shape_of(first)[-1], shape_of(second)[0 if ranks[1] == 1 else -2], ranks)
    if ranks == (1, 1):
        return contracted(context, "k,k->", [first, second], dtype)
    if max(ranks) == 2 and (1 in ranks or dtype[0] not in "fc"):
        subscripts = {(2, 1): "ik,k->i", (1, 2): "k,kj->j", (2, 2): "ik,kj->ij"}[ranks]
        return contracted(context, subscripts, [first, second], dtype)
    if 1 in ranks or dtype[0] not in "fc":
        return _batched_loops(context, first, second, dtype)
    one, other = (in_storage(context, cast_value(context, value, dtype)) for value in (first, second))
    batch = broadcast_sizes(context, one.sizes[:-2], other.sizes[:-2]) if max(ranks) > 2 else ()
    sizes = (*batch, one.sizes[-2], other.sizes[-1])
    (found,) = applied(context, "numpy.matmul", [one, other], [(dtype, sizes)])
    return found


def _check_inner(context: Context, first: Operand, second: Operand, ranks: tuple[int, int]) -> None:
    text = (
        "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) "
        "(size {} is different from {})"
    )
    check_equal(context, first, second, "ValueError", text, second, first)


def _batched_loops(context: Context, first: ArrayLike, second: ArrayLike, dtype: str) -> Scalar | View:
    """Stacks of matrices with vectors, and of whole numbers, as one contraction."""
    ranks = len(shape_of(first)), len(shape_of(second))
    batch = max(max(ranks) - 2, 0)
    letters = "abcdefgh"[:batch]
    left = letters[batch - max(ranks[0] - 2, 0) :] + ("k" if ranks[0] == 1 else "ik")
    right = letters[batch - max(ranks[1] - 2, 0) :] + ("k" if ranks[1] == 1 else "kj")
    result = letters + ("" if ranks[0] == 1 else "i") + ("" if ranks[1] == 1 else "j")
    return contracted(context, f"{left},{right}->{result}", [first, second], dtype)


def contracted(context: Context, subscripts: str, operands: Many[ArrayLike], dtype: str) -> Scalar | View:
    """A sum of products over the letters that the result lacks: loops in the order of the largest operand's memory."""
    builder = context.builder
    inputs, result = subscripts.split("->")
    terms = inputs.split(",")
    sizes: dict[str, Operand] = {}
    for term, operand in zip(terms, operands, strict=True):
        for letter, size in zip(term, shape_of(operand), strict=True):
            if letter in sizes and not _is_one(sizes[letter]):
                if not _is_one(size):
                    text = f"operands could not be contracted over {letter!r}: sizes {{}} and {{}}"
                    check_equal(context, sizes[letter], size, "ValueError", text, sizes[letter], size)
            else:
                sizes[letter] = size_of(context, size)
    summed = [letter for letter in sizes if letter not in result]
    held = [_held(context, operand, term, sizes) for operand, term in zip(operands, terms, strict=True)]
    target = new_array(context, "product", dtype, tuple(sizes[letter] for letter in result), zeroed=True)
    letters = _nest_order(terms, held, result, summed)
    with nest(context, tuple(sizes[letter] for letter in letters)) as place:
        at = dict(zip(letters, place, strict=True))
        found: Operand | None = None
        for term, operand in zip(terms, held, strict=True):
            own = tuple(
                integer(0) if _is_one(size) else at[letter]
                for letter, size in zip(term, shape_of(operand), strict=True)
            )
            factor = cast_scalar(builder, element(builder, operand, own), dtype)
            found = factor if found is None else scalar_function(builder, "multiply", [found, factor], (dtype,) * 3)
        assert found is not None
        where = tuple(at[letter] for letter in result)
        if dtype == "bool":
            old = builder.load(target.storage, where)
            builder.store(target.storage, where, builder.bind("logical_or", old, found))
        else:
            builder.accumulate(target.storage, where, found)
    return target if target.rank else Scalar(builder.load(target.storage, ()), weak=False)


def _is_one(size: Operand) -> bool:
    return isinstance(size, Constant) and size.value == 1


def _held(context: Context, operand: ArrayLike, term: str, sizes: dict[str, Operand]) -> ArrayLike:
    """An operand of which each element is computed once, though it may be read several times."""
    if isinstance(operand, Lazy) and operand.sources and (set(sizes) - set(term) or len(set(term)) < len(term)):
        return in_storage(context, operand)
    return operand


def _nest_order(terms: list[str], held: Many[ArrayLike], result: str, summed: list[str]) -> list[str]:
    """The loops from the outermost to the innermost."""
    largest = max(range(len(terms)), key=lambda k: (len(set(terms[k])), -k))
    operand, term = held[largest], terms[largest]
    order = loop_order(operand) if isinstance(operand, View) else tuple(range(len(term)))
    ordered = list(dict.fromkeys(term[axis] for axis in order))
    others = [letter for letter in dict.fromkeys((*result, *summed)) if letter not in ordered]
    # Letters of the largest operand stay in its order; what only others have goes outside, as in batches.
    return [*others, *ordered]


@lowers(np.matmul, np.linalg.matmul)
def matmul_call(context: Context, x1: Abstract, x2: Abstract, /, out: Abstract | None = None) -> Abstract:
    return stored(context, out, matmul(context, as_operand(context, x1), as_operand(context, x2)))


@lowers(np.dot)
def dot(context: Context, a: Abstract, b: Abstract, out: Abstract | None = None) -> Abstract:
    first, second = as_operand(context, a), as_operand(context, b)
    ranks = len(shape_of(first)), len(shape_of(second))
    if min(ranks) == 0:
        return stored(context, out, ufunc(context, "multiply", [first, second]))
    if max(ranks) <= 2:
        return stored(context, out, matmul(context, first, second))
    axis = ranks[1] - 2 if ranks[1] > 1 else 0
    return stored(context, out, _tensordot(context, first, second, [ranks[0] - 1], [axis]))


@lowers(np.vdot)
def vdot(context: Context, a: Abstract, b: Abstract) -> Abstract:
    first, second = (_flat(context, as_operand(context, one)) for one in (a, b))
    return matmul(context, conjugated(context, first), second)


@lowers(np.vecdot, np.linalg.vecdot)
def vecdot(
    context: Context,
    x1: Abstract,
    x2: Abstract,
    /,
    *,
    axis: Abstract | None = None,
    keepdims: Abstract | None = None,
    function: Any = None,
) -> Abstract:
    if keepdims is not None or not (axis is None or axis == Static(-1)):
        from wengert.lower import lower_into

        options = {"axis": axis or Static(-1), "keepdims": keepdims or Static(False)}
        return lower_into(context, COMPOSITES[np.vecdot], [x1, x2], options)
    first, second = as_operand(context, x1), as_operand(context, x2)
    product = ufunc(context, "multiply", [conjugated(context, first), second])
    from wengert.lower.reductions import reduced_sum

    return reduced_sum(context, product, (len(shape_of(product)) - 1,), dtype=product.dtype)


def conjugated(context: Context, value: ArrayLike) -> ArrayLike:
    """The complex conjugate; real arrays as they are."""
    return ufunc(context, "conjugate", [value]) if value.dtype.startswith("complex") else value


def _flat(context: Context, value: ArrayLike) -> ArrayLike:
    if len(shape_of(value)) == 1:
        return value
    return raveled(context, in_storage(context, value))


@lowers(np.outer, np.linalg.outer)
def outer(context: Context, a: Abstract, b: Abstract, out: Abstract | None = None) -> Abstract:
    first, second = (in_storage(context, _flat(context, as_operand(context, one))) for one in (a, b))
    column = view_of(context, first, [SliceItem(), None])
    return stored(context, out, ufunc(context, "multiply", [column, second]))


@lowers(np.inner)
def inner(context: Context, a: Abstract, b: Abstract) -> Abstract:
    first, second = as_operand(context, a), as_operand(context, b)
    ranks = len(shape_of(first)), len(shape_of(second))
    if min(ranks) == 0:
        return ufunc(context, "multiply", [first, second])
    return _tensordot(context, first, second, [ranks[0] - 1], [ranks[1] - 1])


@lowers(np.tensordot, np.linalg.tensordot)
def tensordot(context: Context, a: Abstract, b: Abstract, axes: Abstract | None = None) -> Abstract:
    first, second = as_operand(context, a), as_operand(context, b)
    ranks = len(shape_of(first)), len(shape_of(second))
    given = 2 if axes is None else static(context, axes, "axes")
    if isinstance(given, tuple | list):
        left, right = ([one] if isinstance(one, int) else list(one) for one in given)
    else:
        count = operator.index(given)
        left, right = list(range(ranks[0] - count, ranks[0])), list(range(count))
    return _tensordot(context, first, second, left, right)


def _tensordot(
    context: Context, first: ArrayLike, second: ArrayLike, left: list[int], right: list[int]
) -> Scalar | View:
    ranks = len(shape_of(first)), len(shape_of(second))
    context.refuse_unless(len(left) == len(right), "tensordot: the axes must be as many of both arrays")
    left, right = [axis % ranks[0] for axis in left], [axis % ranks[1] for axis in right]
    for one, other in zip(left, right, strict=True):
        size, match = shape_of(first)[one], shape_of(second)[other]
        check_equal(context, size, match, "ValueError", "shape-mismatch for sum")
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    own = [next(letters) for _ in range(ranks[0])]
    other_letters = [own[left[right.index(axis)]] if axis in right else next(letters) for axis in range(ranks[1])]
    kept = [own[axis] for axis in range(ranks[0]) if axis not in left]
    kept += [other_letters[axis] for axis in range(ranks[1]) if axis not in right]
    subscripts = f"{''.join(own)},{''.join(other_letters)}->{''.join(kept)}"
    return _einsum_of_two(context, subscripts, first, second)


def _einsum_of_two(context: Context, subscripts: str, first: ArrayLike, second: ArrayLike) -> Scalar | View:
    """A product of two arrays, by a product of matrices where that is what it is."""
    dtype = resolve(context, np.multiply, [first, second])[-1]
    inputs, result = subscripts.split("->")
    left, right = inputs.split(",")
    shared = [letter for letter in left if letter in right]
    plain = len(set(left)) == len(left) and len(set(right)) == len(right) and not set(shared) & set(result)
    rows, columns = [c for c in left if c not in shared], [c for c in right if c not in shared]
    if not (plain and shared and rows and columns and set(rows + columns) == set(result) and dtype[0] in "fc"):
        return contracted(context, subscripts, [first, second], dtype)
    one, other = in_storage(context, first), in_storage(context, second)
    sizes = dict(zip(left, one.sizes, strict=True)) | dict(zip(right, other.sizes, strict=True))
    for letter in shared:
        mine, match = one.sizes[left.index(letter)], other.sizes[right.index(letter)]
        if _is_one(mine) != _is_one(match):
            return contracted(context, subscripts, [first, second], dtype)
    one = permuted(one, tuple(left.index(c) for c in (*rows, *shared)))
    other = permuted(other, tuple(right.index(c) for c in (*shared, *columns)))
    one = _grouped(context, one, len(rows))
    other = _grouped(context, other, len(shared))
    found = matmul(context, one, other)
    assert isinstance(found, View)
    found = reshaped(context, found, tuple(sizes[c] for c in (*rows, *columns)))
    return permuted(found, tuple((*rows, *columns).index(c) for c in result))


def _grouped(context: Context, view: View, count: int) -> View:
    """A matrix: the first `count` axes as one, and the rest as one."""
    from wengert.lower.bounds import product

    if view.rank == 2 and count == 1:
        return view
    return reshaped(context, view, (product(context, view.sizes[:count]), product(context, view.sizes[count:])))


@lowers(np.einsum)
def einsum(
    context: Context,
    *operands: Abstract,
    out: Abstract | None = None,
    optimize: Abstract | None = None,
    dtype: Abstract | None = None,
) -> Abstract:
    unsupported_option(context, "dtype", dtype)
    if not isinstance(operands[0], Static) or not isinstance(operands[0].value, str):
        operands = _with_letters(context, operands)
    subscripts = static(context, operands[0], "the subscripts of einsum")
    context.refuse_unless(isinstance(subscripts, str), "einsum with subscripts as lists", "Write them as a string.")
    arrays = [as_operand(context, one) for one in operands[1:]]
    terms, result = _full_subscripts(context, subscripts, [len(shape_of(one)) for one in arrays])
    for one, other in enumerate(arrays):  # repeated letters within a term are diagonals, which loops handle
        context.refuse_unless(len(terms[one]) == len(shape_of(other)), "einsum: subscripts do not fit the operands")
    if len(arrays) == 2:
        return stored(context, out, _einsum_of_two(context, f"{','.join(terms)}->{result}", arrays[0], arrays[1]))
    if len(arrays) > 2:
        arrays, terms = _paired(context, arrays, terms, result)
        return stored(context, out, _einsum_of_two(context, f"{','.join(terms)}->{result}", arrays[0], arrays[1]))
    return stored(context, out, contracted(context, f"{terms[0]}->{result}", arrays, arrays[0].dtype))


def _with_letters(context: Context, operands: tuple[Abstract, ...]) -> tuple[Abstract, ...]:
    """Operands with lists of numbers behind them as operands behind a text."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase

    def letters(value: Abstract) -> str:
        numbers = static(context, value, "the subscripts of einsum")
        return "".join("..." if one is Ellipsis else alphabet[one] for one in numbers)

    count = len(operands) // 2
    terms = [letters(operands[2 * k + 1]) for k in range(count)]
    result = f"->{letters(operands[-1])}" if len(operands) % 2 else ""
    return (Static(",".join(terms) + result), *(operands[2 * k] for k in range(count)))


def _paired(
    context: Context, arrays: list[ArrayLike], terms: list[str], result: str
) -> tuple[list[ArrayLike], list[str]]:
    """More than two operands, multiplied from the left two at a time."""
    arrays, terms = list(arrays), list(terms)
    while len(arrays) > 2:
        later = set(result).union(*terms[2:])
        kept = "".join(c for c in dict.fromkeys(terms[0] + terms[1]) if c in later)
        joined = _einsum_of_two(context, f"{terms[0]},{terms[1]}->{kept}", arrays[0], arrays[1])
        arrays[:2], terms[:2] = [joined], [kept]
    return arrays, terms


def _full_subscripts(context: Context, subscripts: str, ranks: list[int]) -> tuple[list[str], str]:
    """Subscripts with `...` written as letters and the result written out."""
    text = subscripts.replace(" ", "")
    inputs, arrow, result = text.partition("->")
    terms = inputs.split(",")
    context.refuse_unless(len(terms) == len(ranks), "einsum: the number of subscripts is not that of the operands")
    free = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in text]
    widest = max((rank - len(term) + 3 for term, rank in zip(terms, ranks, strict=True) if "..." in term), default=0)
    dots = "".join(free[:widest])
    terms = [
        term.replace("...", dots[widest - (rank - len(term) + 3) :]) for term, rank in zip(terms, ranks, strict=True)
    ]
    if arrow:
        return terms, result.replace("...", dots)
    joined = "".join(terms)
    return terms, dots + "".join(sorted(c for c in set(joined) if joined.count(c) == 1 and c not in dots))


@lowers(np.linalg.multi_dot)
def multi_dot(context: Context, arrays: Abstract, *, out: Abstract | None = None) -> Abstract:
    context.refuse_unless(isinstance(arrays, Sequence), "multi_dot takes a list of arrays")
    assert isinstance(arrays, Sequence)
    found = as_operand(context, arrays.items[0])
    for one in arrays.items[1:]:
        found = matmul(context, found, as_operand(context, one))
    return stored(context, out, found)


@lowers(np.kron)
def kron(context: Context, a: Abstract, b: Abstract) -> Abstract:
    first, second = array_view(context, a), array_view(context, b)
    rank = max(first.rank, second.rank)
    first, second = (view_of(context, one, [None] * (rank - one.rank) + [Ellipsis]) for one in (first, second))
    left = view_of(context, first, [one for _ in range(rank) for one in (SliceItem(), None)])
    right = view_of(context, second, [one for _ in range(rank) for one in (None, SliceItem())])
    product = in_storage(context, ufunc(context, "multiply", [left, right]))
    builder = context.builder
    sizes = tuple(
        size_of(context, builder.bind("multiply", n, m)) for n, m in zip(first.sizes, second.sizes, strict=True)
    )
    return reshaped(context, product, sizes)


@lowers(np.linalg.matrix_power)
def matrix_power(context: Context, a: Abstract, n: Abstract) -> Abstract:
    """By squaring, as NumPy does; the exponent must be known when the program is made."""
    from wengert.lower.linalg import inv

    times = operator.index(static(context, n, "the exponent of matrix_power"))
    base = array_view(context, a)
    if times < 0:
        base, times = array_view(context, inv(context, base)), -times
    if times == 0:
        one, zero = (Scalar(context.builder.cast(integer(k), base.dtype), weak=False) for k in (1, 0))
        is_diagonal = Lazy("bool", base.sizes, lambda builder, place: builder.bind("equal", place[-2], place[-1]), ())
        return chosen(context, is_diagonal, one, zero)
    found: ArrayLike | None = None
    while times:
        if times & 1:
            found = base if found is None else matmul(context, found, base)
        times >>= 1
        if times:
            base = array_view(context, matmul(context, base, base))
    assert isinstance(found, View)
    return found if found is not base else copy_of(context, found)


@lowers(np.convolve)
def convolve(context: Context, a: Abstract, v: Abstract, mode: Abstract | None = None) -> Abstract:
    """All products, each added where it belongs; then the part that the mode asks for."""
    kind = "full" if mode is None else static(context, mode, "mode")
    first, second = (in_storage(context, as_operand(context, one)) for one in (a, v))
    first, second = (view_of(context, one, [None]) if one.rank == 0 else one for one in (first, second))
    context.refuse_unless(first.rank == second.rank == 1, "np.convolve takes arrays of one axis")
    dtype = resolve(context, np.multiply, [first, second])[-1]
    builder = context.builder
    n, m = first.sizes[0], second.sizes[0]
    for size in (n, m):
        holds = builder.bind("greater", size, integer(0))
        builder.check(holds, "ValueError", "a and v cannot be empty")
    length = builder.bind("subtract", builder.bind("add", n, m), integer(1), hint="n")
    target = new_array(context, "convolved", dtype, (size_of(context, length),), zeroed=True)
    with nest(context, (n, m)) as (i, j):
        factors = [cast_scalar(builder, one.element(builder, (k,)), dtype) for one, k in ((first, i), (second, j))]
        product = scalar_function(builder, "multiply", factors, (dtype,) * 3)
        builder.accumulate(target.storage, (builder.bind("add", i, j),), product)
    if kind == "full":
        return target
    context.refuse_unless(kind in ("same", "valid"), f"np.convolve with mode={kind!r}")
    longer, shorter = builder.bind("maximum", n, m), builder.bind("minimum", n, m)
    less = builder.bind("subtract", shorter, integer(1))
    start = builder.bind("floor_divide", less, integer(2)) if kind == "same" else less
    count = longer if kind == "same" else builder.bind("subtract", longer, less)
    return shifted(context, target, 0, start, (size_of(context, count),))


@lowers(np.cross)
def cross(context: Context, a: Abstract, b: Abstract, **options: Abstract) -> Abstract:
    """By its definition. Vectors whose length is not known are taken to have three elements, which is checked."""
    from wengert.lower import lower_into

    text = "np.cross of vectors of {} elements; other lengths than 3 must be known when compiling"
    views = [array_view(context, one) for one in (a, b)]
    axes = {name: one for name, one in options.items() if one != Static(None)}
    every = axes.pop("axis", None)
    for k, name in enumerate(("axisa", "axisb")):
        axis = axes.pop(name, Static(-1)) if every is None else every
        views[k] = array_view(context, call(context, np.moveaxis, [views[k], axis, Static(-1)]))
    options = {"axisc": every if every is not None else axes.get("axisc", Static(-1))}
    for k, view in enumerate(views):
        if not isinstance(view.sizes[-1], Constant):
            size = view.sizes[-1]
            check_equal(context, size, integer(3), "UnsupportedOperationError", text, size)
            views[k] = View(view.storage, view.axes, (*view.sizes[:-1], integer(3)), view.writable)
    return lower_into(context, COMPOSITES[np.cross], views, options)
