"""Values into storages: `materialise`, `assign`, and in-place updates of views.

What goes in: a value and, to be written, a view. What comes out: statements: one nest of order-free loops, the
target's contiguous axis innermost. What holds: NumPy computes the right side first. So where a source lies in the
target's storage at other places, the value goes into a temporary before; where it is read at the very places that are
written, or at places that are shown to be others, it does not.
"""

from __future__ import annotations

import math

import numpy as np

from wengert.lower.bounds import difference, nest, prove_below, same_size
from wengert.lower.context import Context
from wengert.lower.elementwise import (
    ArrayLike,
    aligned,
    as_operand,
    cast_scalar,
    check_fits,
    require_sizes,
    resolve,
    scalar_function,
    shape_of,
    sources_of,
    whole,
)
from wengert.lower.values import Abstract, Along, Lazy, Scalar, Sequence, Static, View
from wengert.program.builder import integer
from wengert.program.functions import FUNCTIONS
from wengert.program.statements import Constant, Operand, Storage

__all__ = ["assign", "copy_of", "in_storage", "materialise", "new_array", "reads_elsewhere", "update", "update_element"]


def new_array(context: Context, hint: str, dtype: str, sizes: tuple[Operand, ...], zeroed: bool = False) -> View:
    """A new storage, seen whole."""
    return whole(context.builder.allocate(hint, dtype, sizes, zeroed), sizes)


def materialise(context: Context, value: Abstract, hint: str = "t") -> Abstract:
    """A value with a storage of its own if it had none: what a name can be bound to."""
    if isinstance(value, Lazy):
        if value.part_of is not None:
            return shared_copy(context, value, value.part_of, hint)
        return copy_of(context, value, hint)
    return value


def in_storage(context: Context, value: ArrayLike, hint: str = "t") -> View:
    """A value as a view, to be read at once; a scalar becomes an array of rank 0."""
    return value if isinstance(value, View) else copy_of(context, value, hint)


def shared_copy(context: Context, value: ArrayLike, source: View, hint: str = "t") -> View:
    """A copy where NumPy shares the memory of `source`: not writable, and refused if the source is written later."""
    from wengert.lower.scope import Copy

    count = len(context.builder.innermost)
    found = copy_of(context, value, hint)
    made = tuple(context.builder.innermost[count:])
    owner = root(context, source.storage)
    context.copies.append(Copy(found.storage, owner, owner, made, owner.hint, context.location()))
    return View(found.storage, found.axes, found.sizes, writable=False)


def copy_of(context: Context, value: ArrayLike, hint: str = "t", dtype: str | None = None) -> View:
    """A new array with the value's elements."""
    target = new_array(context, hint, dtype or value.dtype, shape_of(value))
    _fill(context, target, value)
    return target


def assign(context: Context, target: View, value: Abstract) -> None:
    """`target[...] = value`, broadcast and cast."""
    if isinstance(value, Static | Sequence) or not isinstance(value, View):
        value = as_operand(context, value)
    require_writable(context, target)
    require_sizes(context, target.sizes, shape_of(value))
    _require_storable(context, value, target.dtype)
    if reads_elsewhere(context, target, value):
        value = copy_of(context, value)
    elif isinstance(value, View) and _same_places(context, target, value):
        return
    _fill(context, target, value)


def require_writable(context: Context, target: View) -> None:
    """Refuse to write where NumPy would not let the program, or where it would write to a copy."""
    followed = {axis.axis for axis in target.axes if isinstance(axis, Along)}
    broadcast = any(
        not (isinstance(size, Constant) and size.value == 1)
        for axis, size in enumerate(target.sizes)
        if axis not in followed
    )
    if broadcast or not target.writable:
        context.refuse("this array cannot be written in place here", "Write to the array that it was made from.")


def _require_storable(context: Context, value: ArrayLike, dtype: str) -> None:
    if value.dtype.startswith("complex") and not dtype.startswith(("complex", "bool")):
        context.refuse(f"complex values stored into an array of {dtype} lose their imaginary part", "Take `.real`.")
    check_fits(context, value, dtype)


def _fill(context: Context, target: View, value: ArrayLike) -> None:
    """The loops. `value` is not checked any more."""
    builder = context.builder
    if isinstance(value, Scalar):
        value = Scalar(cast_scalar(builder, value.operand, target.dtype), weak=False)
    rank = len(target.sizes)
    sizes = shape_of(value)
    leading = (integer(0),) * max(len(sizes) - rank, 0)  # axes of size 1
    with nest(context, target.sizes, loop_order(target)) as place:
        found = cast_scalar(builder, aligned(builder, value, (*leading, *place)), target.dtype)
        builder.store(target.storage, target.indices(builder, place), found)


def loop_order(target: View) -> tuple[int, ...]:
    """The axes of a view in the order of the storage's, so that the contiguous one comes last."""
    ordered: list[int] = []
    for axis in target.axes:
        if isinstance(axis, Along) and axis.axis not in ordered:
            ordered.append(axis.axis)
    return (*(axis for axis in range(target.rank) if axis not in ordered), *ordered)


# Overlap.


def root(context: Context, storage: Storage) -> Storage:
    """The storage whose memory this one names."""
    while storage in context.roots:
        storage = context.roots[storage]
    return storage


def reads_elsewhere(context: Context, target: View, value: ArrayLike) -> bool:
    """Whether computing an element of the value may read what writing another element of the target overwrites."""
    for source in sources_of(value):
        if root(context, source.storage) is not root(context, target.storage):
            continue
        if source.storage is not target.storage:
            return True
        if not _same_places(context, target, source) and not _disjoint(context, target, source):
            return True
    return False


def _same_places(context: Context, target: View, source: View) -> bool:
    """Whether both views see the same element at the same place, places being aligned at their last axes."""
    if target.storage is not source.storage:
        return False
    offset = target.rank - source.rank
    if offset < 0 and not all(isinstance(size, Constant) and size.value == 1 for size in source.sizes[:-offset]):
        return False
    for mine, other in zip(target.axes, source.axes, strict=True):
        if isinstance(mine, Along) and isinstance(other, Along):
            if mine.axis != other.axis + offset or difference(context, mine.start, other.start) != 0:
                return False
            if difference(context, mine.step, other.step) != 0:
                return False
            if not same_size(context, target.sizes[mine.axis], source.sizes[other.axis]):
                one = source.sizes[other.axis]
                if isinstance(one, Constant) and one.value == 1:
                    return False
        elif isinstance(mine, Along) or isinstance(other, Along) or difference(context, mine, other) != 0:
            return False
    return True


def _disjoint(context: Context, first: View, second: View) -> bool:
    """Whether two views of one storage are shown to share no element: they differ along one of its axes."""
    for mine, other in zip(first.axes, second.axes, strict=True):
        if _interleaved(context, mine, other):
            return True
        ends, other_ends = _ends(context, first, mine), _ends(context, second, other)
        if ends is None or other_ends is None:
            continue
        (low, high), (other_low, other_high) = ends, other_ends
        if prove_below(context, high, other_low) or prove_below(context, other_high, low):
            return True
    return False


def _interleaved(context: Context, mine: Operand | Along, other: Operand | Along) -> bool:
    """Whether two spans with constant steps never meet, as `x[::2]` and `x[1::2]`."""
    if not (isinstance(mine, Along) and isinstance(other, Along)):
        return False
    if not (isinstance(mine.step, Constant) and isinstance(other.step, Constant)):
        return False
    apart = difference(context, mine.start, other.start)
    common = math.gcd(int(mine.step.value.real), int(other.step.value.real))
    return apart is not None and common > 0 and apart % common != 0


def _ends(context: Context, view: View, axis: Operand | Along) -> tuple[Operand, Operand] | None:
    """The least and the largest index along an axis of the storage."""
    if not isinstance(axis, Along):
        return axis, axis
    if not isinstance(axis.step, Constant):
        return None
    builder = context.builder
    with builder.block():  # only their forms are wanted
        steps = builder.bind("subtract", view.sizes[axis.axis], integer(1))
        last = builder.bind("add", axis.start, builder.bind("multiply", steps, axis.step))
    return (axis.start, last) if axis.step.value.real > 0 else (last, axis.start)


# In-place updates.


def _updated_dtype(context: Context, target: View, op: str, value: ArrayLike) -> tuple[str, ...]:
    """The dtypes in which `target op= value` computes; refused where NumPy cannot cast the result back."""
    function = FUNCTIONS[op].function
    assert isinstance(function, np.ufunc)
    check_fits(context, value, target.dtype)
    dtypes = resolve(context, function, [target, value])
    if not np.can_cast(dtypes[-1], target.dtype, "same_kind"):
        context.refuse(
            f"an in-place update would turn {dtypes[-1]} into {target.dtype}", "Make the array with the wider dtype."
        )
    return dtypes


def update(context: Context, target: View, op: str, value: Abstract) -> None:
    """`target op= value` for a whole view."""
    operand = as_operand(context, value)
    require_writable(context, target)
    if op == "matmul":
        from wengert.lower.products import matmul

        assign(context, target, matmul(context, target, operand))
        return
    if op == "power" and isinstance(operand, Scalar) and isinstance(operand.operand, Constant):
        from wengert.lower.operators import power

        assign(context, target, power(context, target, operand))
        return
    context.refuse_unless(
        len(shape_of(operand)) <= target.rank, "an in-place update with an array of more axes than its target"
    )
    dtypes = _updated_dtype(context, target, op, operand)
    require_sizes(context, target.sizes, shape_of(operand))
    if reads_elsewhere(context, target, operand):
        operand = copy_of(context, operand)
    builder = context.builder
    if isinstance(operand, Scalar):
        operand = Scalar(cast_scalar(builder, operand.operand, dtypes[1]), weak=False)
    with nest(context, target.sizes, loop_order(target)) as place:
        indices = target.indices(builder, place)
        update_place(context, target.storage, indices, op, aligned(builder, operand, place), dtypes)


def update_place(
    context: Context, storage: Storage, indices: tuple[Operand, ...], op: str, value: Operand, dtypes: tuple[str, ...]
) -> None:
    """`storage[indices] op= value`, an accumulation where it is one."""
    builder = context.builder
    if op in ("add", "subtract") and dtypes[-1] == storage.dtype and storage.dtype[0] in "fc":
        value = cast_scalar(builder, value, storage.dtype)
        builder.accumulate(storage, indices, value if op == "add" else builder.bind("negative", value))
        return
    old = builder.load(storage, indices)
    found = scalar_function(builder, op, [old, value], dtypes)
    builder.store(storage, indices, cast_scalar(builder, found, storage.dtype))


def update_element(context: Context, storage: Storage, indices: tuple[Operand, ...], op: str, value: Abstract) -> None:
    """`A[i] op= value`: Python loads the element, computes, and stores with a cast."""
    builder = context.builder
    operand = as_operand(context, value)
    if shape_of(operand):
        context.refuse("an element is updated with an array", "Take one element of it.")
    if isinstance(operand, View | Lazy):
        operand = Scalar(operand.element(builder, ()), weak=False)
    if op in ("add", "subtract") and storage.dtype[0] in "fc":
        joined = ufunc_dtype(context, op, storage.dtype, operand)
        if joined == storage.dtype:
            update_place(context, storage, indices, op, operand.operand, (joined,) * 3)
            return
    from wengert.lower.operators import binary

    old = Scalar(builder.load(storage, indices), weak=False)
    found = as_operand(context, binary(context, op, old, operand))
    assert isinstance(found, Scalar)
    _require_storable(context, found, storage.dtype)
    builder.store(storage, indices, cast_scalar(builder, found.operand, storage.dtype))


def ufunc_dtype(context: Context, op: str, dtype: str, operand: Scalar) -> str:
    """The dtype of `element op operand`."""
    function = FUNCTIONS[op].function
    assert isinstance(function, np.ufunc)
    return resolve(context, function, [Scalar(Constant(0, dtype), weak=False), operand])[-1]
