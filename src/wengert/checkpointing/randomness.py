"""Random generators, set back for a recomputation so that it draws the same numbers, and left as they were afterwards.

What goes in: generators that a function can reach; NumPy's and Python's global ones always belong to them. What comes
out: their states, as one value to keep. What holds: a recomputation does not advance any of them.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["RandomState", "RandomStates", "is_generator"]

RandomState = tuple[Any, ...]


def is_generator(value: object) -> bool:
    """Whether a value is a generator of random numbers whose state can be set back."""
    return isinstance(value, (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random))


def _state(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    bits = generator.bit_generator if isinstance(generator, np.random.Generator) else generator
    return copy.deepcopy(bits.state)


def _set_state(generator: Any, state: Any) -> None:
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif isinstance(generator, np.random.RandomState):
        generator.set_state(state)
    elif isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    else:
        generator.state = state


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, tuple):
        return bool(one == other)
    return bool(np.array_equal(one, other))


# What a state takes: Python's 625 numbers as objects, or NumPy's 624 as an array; that of other generators is small.
_PYTHON_BYTES, _NUMPY_BYTES, _OTHER_BYTES = 25_000, 5_000, 3_000


def _state_bytes(generator: Any) -> int:
    if isinstance(generator, random.Random):
        return _PYTHON_BYTES
    return _NUMPY_BYTES if isinstance(generator, np.random.RandomState) else _OTHER_BYTES


class RandomStates:
    """The generators that a function can reach."""

    def __init__(self, generators: Sequence[Any]) -> None:
        globally: list[Any] = [np.random.mtrand._rand, random._inst]  # (they have no public names)
        self._generators = [*globally, *(one for one in generators if not any(one is known for known in globally))]

    def now(self, last: RandomState | None = None) -> RandomState:
        """The states as they are; those that are as in `last` are the same objects, so that they take no memory."""
        found = [_state(generator) for generator in self._generators]
        if last is None:
            return tuple(found)
        same = [_same(old, new) for old, new in zip(last, found, strict=True)]
        if all(same):
            return last
        return tuple([old if equal else new for old, new, equal in zip(last, found, same, strict=True)])

    def changed_bytes(self, before: RandomState) -> int:
        """What the states take that are no longer as in `before`."""
        pairs = zip(self._generators, before, self.now(before), strict=True)
        return sum(_state_bytes(generator) for generator, old, new in pairs if old is not new)

    @contextmanager
    def rewound(self, states: RandomState) -> Iterator[None]:
        """Inside the block the generators go on from `states`; after it, from where they were before."""
        before = self.now()
        self.set(states)
        try:
            yield
        finally:
            self.set(before)

    def set(self, states: RandomState) -> None:
        """Let the generators go on from `states`."""
        for generator, state in zip(self._generators, states, strict=True):
            _set_state(generator, state)
