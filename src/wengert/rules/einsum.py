"""`np.einsum`, in all forms of its call.

A call is brought to one form: an explicit subscript string without ellipsis. The derivative with respect to an operand
is then an `einsum` of the cotangent with the other operands that has the operand's subscripts. One that occurs
nowhere else was summed alone, so the cotangent is constant along it; a repeated one reads a diagonal, so the cotangent
lies on it.
"""

from __future__ import annotations

import functools
import operator
import string
from collections import Counter
from typing import Any

import numpy as np

from wengert.ops.table import composite, constant, operation, vjp

__all__ = ["einsum_many", "einsum_pair", "einsum_single"]

constant(np.einsum_path, reason="its result is an order of contractions")

# The subscripts that the integers of a sublist stand for.
_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _from_sublists(operands: tuple[Any, ...]) -> tuple[str, list[Any]]:
    """`einsum(a, [0, 1], b, [1, 2], [0, 2])` as a subscript string and the arrays."""

    def term(sublist: Any) -> str:
        return "".join("..." if part is Ellipsis else _LETTERS[operator.index(part)] for part in sublist)

    count = len(operands) // 2
    text = ",".join(term(operands[2 * i + 1]) for i in range(count))
    if len(operands) % 2:
        text += "->" + term(operands[-1])
    return text, [operands[2 * i] for i in range(count)]


@functools.lru_cache(maxsize=1024)
def _explicit(subscripts: str, ranks: tuple[int, ...], optimize: bool) -> str:
    """The subscripts with letters in place of ellipses and with the result's subscripts."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError(f"einsum: {len(terms)} operands in the subscripts {subscripts!r}, {len(ranks)} given")
    unused = [letter for letter in _LETTERS if letter not in text]
    widths = [rank - len(term) + 3 if "..." in term else 0 for term, rank in zip(terms, ranks, strict=True)]
    if min(widths) < 0:
        raise ValueError(f"einsum: an operand has too few dimensions for the subscripts {subscripts!r}")
    broadcast = "".join(unused[: max(widths)])
    if not arrow:
        counts = Counter(inputs.replace("...", "").replace(",", ""))
        output = "..." + "".join(sorted(letter for letter, count in counts.items() if count == 1))
    elif broadcast and "..." not in output and not optimize:
        raise ValueError("einsum: the output subscripts must have an ellipsis where the operands broadcast")
    expanded = [
        term.replace("...", broadcast[len(broadcast) - width :]) for term, width in zip(terms, widths, strict=True)
    ]
    return ",".join(expanded) + "->" + output.replace("...", broadcast)


@composite(np.einsum)
def einsum(*operands: Any, out: None = None, optimize: Any = False, **options: Any) -> Any:
    if isinstance(operands[0], str):
        text, arrays = operands[0], list(operands[1:])
    else:
        text, arrays = _from_sublists(operands)
    subscripts = _explicit(text, tuple(np.ndim(array) for array in arrays), bool(optimize))
    if len(arrays) == 1:
        return einsum_single(arrays[0], subscripts=subscripts, optimize=optimize, **options)
    if len(arrays) == 2:
        return einsum_pair(arrays[0], arrays[1], subscripts=subscripts, optimize=optimize, **options)
    return einsum_many(arrays, subscripts=subscripts, optimize=optimize, **options)


def _cotangent(ct: Any, place: int, shape: tuple[int, ...], others: list[Any], subscripts: str, optimize: Any) -> Any:
    """The cotangent of the operand at `place`; axes along which it is constant have length one."""
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    own = terms.pop(place)
    known = set(output).union(*terms)
    distinct = "".join(dict.fromkeys(own))
    reached = "".join(letter for letter in distinct if letter in known)
    product = np.einsum(f"{','.join([output, *terms])}->{reached}", ct, *others, optimize=optimize)
    sizes = dict(zip(reached, np.shape(product), strict=True))
    if own == reached:
        return product
    first = [own.index(letter) == i for i, letter in enumerate(own)]
    spread = np.reshape(
        product, tuple(sizes.get(letter, 1) if is_first else 1 for letter, is_first in zip(own, first, strict=True))
    )
    on_diagonals = np.ones((1,) * len(own), dtype=bool)
    for i, letter in enumerate(own):
        if not first[i]:
            mask_shape = [1] * len(own)
            mask_shape[own.index(letter)] = mask_shape[i] = shape[i]
            on_diagonals = on_diagonals & np.reshape(np.eye(shape[i], dtype=bool), mask_shape)
    return spread if all(first) else np.where(on_diagonals, spread, np.zeros((), spread.dtype))


@operation(linear=["a"], view=True, inert=["optimize"])
def einsum_single(
    a: Any, *, subscripts: str, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Any:
    """`np.einsum` of one array: sums, transpositions and diagonals."""
    return np.einsum(subscripts, a, optimize=optimize, dtype=dtype, order=order, casting=casting)


@vjp(einsum_single, wrt="a")
def einsum_single_a(ct: Any, a_shape: Any, *, subscripts: str) -> Any:
    return _cotangent(ct, 0, a_shape, [], subscripts, optimize=False)


@operation(linear=["a", "b"], inert=["optimize"])
def einsum_pair(
    a: Any,
    b: Any,
    *,
    subscripts: str,
    optimize: Any = False,
    dtype: Any = None,
    order: Any = "K",
    casting: Any = "safe",
) -> Any:
    """`np.einsum` of two arrays."""
    return np.einsum(subscripts, a, b, optimize=optimize, dtype=dtype, order=order, casting=casting)


@vjp(einsum_pair, wrt="a")
def einsum_pair_a(ct: Any, b: Any, a_shape: Any, *, subscripts: str, optimize: Any) -> Any:
    return _cotangent(ct, 0, a_shape, [b], subscripts, bool(optimize))


@vjp(einsum_pair, wrt="b")
def einsum_pair_b(ct: Any, a: Any, b_shape: Any, *, subscripts: str, optimize: Any) -> Any:
    return _cotangent(ct, 1, b_shape, [a], subscripts, bool(optimize))


@operation(sequence="operands", inert=["optimize"])
def einsum_many(
    operands: Any, *, subscripts: str, optimize: Any = False, dtype: Any = None, order: Any = "K", casting: Any = "safe"
) -> Any:
    """`np.einsum` of three and more arrays."""
    return np.einsum(subscripts, *operands, optimize=optimize, dtype=dtype, order=order, casting=casting)


@vjp(einsum_many, wrt="operands")
def einsum_many_operands(ct: Any, operands: Any, operands_shape: Any, *, subscripts: str) -> Any:
    # Contracted in pairs whatever the option says: a product of all at once would cost the product of all sizes.
    return [
        _cotangent(ct, i, shape, [*operands[:i], *operands[i + 1 :]], subscripts, optimize=True)
        for i, shape in enumerate(operands_shape)
    ]
