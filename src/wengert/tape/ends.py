"""The ends of a recorded call: which arguments are differentiated, what seeds fit, and what the caller gets back.

What goes in: `argnums`, tangents and cotangents as users give them. What comes out: positions, seeds of the shape and
dtype of what they belong to, and derivatives as plain arrays in trees like the arguments.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import ArgumentError, SeedError
from wengert.tape.array import RecordedArray, is_recorded, primal_of
from wengert.tape.call import RecordedCall

__all__ = ["Argnums", "as_arguments", "gather", "normal_argnums", "plain_result", "seed_leaves"]

Argnums = int | Sequence[int]


def normal_argnums(argnums: Argnums, count: int) -> tuple[int, ...]:
    """`argnums` as a tuple of positions from the front, checked against the number of positional arguments."""
    if type(argnums) is int and 0 <= argnums < count:
        return (argnums,)
    numbers = (argnums,) if isinstance(argnums, (int, np.integer)) else tuple(argnums)
    normal = []
    for number in numbers:
        position = operator.index(number)
        if not -count <= position < count:
            raise ArgumentError(f"argnums={argnums} but the function was called with {count} positional arguments")
        normal.append(position % count)
    if len(set(normal)) != len(normal):
        raise ArgumentError(f"argnums={argnums} names an argument twice")
    return tuple(normal)


# What is no tree for sure, so that the frequent case is quick.
_LEAVES = (np.ndarray, float)


def as_arguments(leaves: Sequence[Any], args: tuple[Any, ...], argnums: Argnums) -> Any:
    """Leaves as trees like the arguments `argnums`: one tree for an int, a tuple of them for a sequence."""
    remaining = iter(leaves)
    found = []
    for number in normal_argnums(argnums, len(args)):
        if type(args[number]) in _LEAVES:
            found.append(next(remaining))
            continue
        own_leaves, structure = tree.flatten(args[number])
        found.append(tree.unflatten(structure, [next(remaining) for _ in own_leaves]))
    return found[0] if isinstance(argnums, (int, np.integer)) else tuple(found)


def plain_result(value: Any, like: Any, shared: set[int]) -> Any:
    """A derivative as the caller gets it: its own array, of the shape and dtype of `like`, a NumPy scalar for a number.

    `shared` holds the identities of arrays that the caller has from elsewhere, and takes that of this one.
    """
    if value is None:
        zeros = np.zeros_like(like.primal() if isinstance(like, RecordedArray) else like)
        return zeros if isinstance(like, (np.ndarray, RecordedArray)) else zeros[()]
    if isinstance(value, RecordedArray):
        if id(value) in shared:
            value = value.copy()
    elif isinstance(value, np.ndarray):
        if id(value) in shared or value.base is not None or not value.flags.writeable:
            value = value.copy()
        if not isinstance(like, (np.ndarray, RecordedArray)):
            value = value[()]
    else:
        value = np.array(value) if isinstance(like, np.ndarray) else np.asarray(value)[()]
    shared.add(id(value))
    return value


def gather(
    call: RecordedCall, values: Sequence[Any], args: tuple[Any, ...], argnums: Argnums, seeds: Sequence[Any] = ()
) -> Any:
    """Derivatives of the inputs as trees like the arguments: one for an int, a tuple for a sequence."""
    shared = {id(seed) for seed in seeds}
    found = [plain_result(value, like, shared) for value, like in zip(values, call.inputs, strict=True)]
    return as_arguments(found, args, argnums)


def _fitted_seed(seed: Any, like: Any, what: str) -> Any:
    """A tangent or cotangent of the shape of `like`, in its dtype."""
    primal, like_primal = primal_of(seed), np.asarray(primal_of(like))
    if not isinstance(primal, (np.ndarray, np.generic, int, float, complex)) or isinstance(primal, bool):
        raise SeedError(f"the {what} must be an array or a number, not {type(seed).__name__}")
    array = np.asarray(primal)
    if array.shape != like_primal.shape:
        raise SeedError(f"the {what} has shape {array.shape}, but what it belongs to has shape {like_primal.shape}")
    if not np.can_cast(array.dtype, like_primal.dtype, "same_kind"):
        raise SeedError(f"the {what} has dtype {array.dtype}, but what it belongs to has dtype {like_primal.dtype}")
    if is_recorded(seed):
        return seed if seed.dtype == like_primal.dtype else seed.astype(like_primal.dtype)
    converted = array.astype(like_primal.dtype, copy=False)
    return converted if isinstance(primal, np.ndarray) else converted[()]


def seed_leaves(seeds: Any, structure: tree.Structure, likes: Sequence[Any], what: str) -> list[Any]:
    """The leaves of a tree of tangents or cotangents, each of the shape and dtype of what it belongs to."""
    leaves, given = tree.flatten(seeds)
    if given != structure:
        raise SeedError(f"the {what} has the structure {given}, but what it belongs to has {structure}")
    return [_fitted_seed(seed, like, what) for seed, like in zip(leaves, likes, strict=True)]
