"""The entries of a tape that are not plain operations: reads, writes and operations with several results.

Each knows how it is swept: `forward` as it was executed, on tangents, and `reverse` as the transpose of that. In
reverse, with `s_bar` the adjoint storage of `s`:

    v = s[i]      v's cotangent is added to s_bar[i]
    s[i] = v      s_bar[i] is v's cotangent; s_bar[i] becomes 0
    s[i] += v     s_bar[i] is v's cotangent; s_bar stays
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import UnsupportedOperationError
from wengert.ops.broadcast import fit_cotangent, fit_tangent
from wengert.tape.array import Step
from wengert.tape.sweep import Derivatives, Template

__all__ = ["Accumulate", "Read", "Several", "Write", "has_integer_arrays", "is_basic"]


def _is_integer_array(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim > 0


def has_integer_arrays(components: list[Any]) -> bool:
    """Whether an index can name one element twice."""
    return any(_is_integer_array(part) for part in components)


_NO_ARRAYS: list[Any] = []
_SIMPLE = (int, slice, type(None), type(Ellipsis), np.integer)


def is_basic(index: Any) -> bool:
    """Whether an index holds no arrays or lists, so that it selects a view or one element."""
    if type(index) is int or type(index) is slice:
        return True
    parts = index if type(index) is tuple else (index,)
    return all(isinstance(part, _SIMPLE) and not isinstance(part, bool) for part in parts)


class _Indexed:
    """What reads and writes share: the slot of a storage, the steps to the view, and the index into it.

    An index with arrays in it is saved as the list of its components, so that each can be replaced by a copy.
    """

    __slots__ = ("conjugates", "index", "saved", "slot", "steps", "template")

    def __init__(self, slot: int, template: Template, steps: tuple[Step, ...], index: Any) -> None:
        self.slot = slot
        self.template = template
        self.steps = steps
        self.index = index
        self.conjugates = sum(getattr(step, "conjugates", False) for step in steps) % 2 == 1
        if is_basic(index):
            self.saved = _NO_ARRAYS
        else:
            components = index if type(index) is tuple else (index,)
            self.saved = [np.array(part) if type(part) in (list, tuple) else part for part in components]

    def saved_lists(self) -> tuple[list[Any], ...]:
        return (self.saved,)

    def place(self) -> Any:
        """The index, with what is saved of it."""
        if not self.saved:
            return self.index
        return tuple(self.saved) if type(self.index) is tuple else self.saved[0]

    def part(self, derivatives: Derivatives) -> Any:
        """The view of the storage's derivative through which the program read or wrote."""
        target = storage = derivatives.storage(self.slot, self.template)
        for step in self.steps:
            target = step(target)
        if self.steps and type(storage) is np.ndarray and target.size and not np.may_share_memory(target, storage):
            raise UnsupportedOperationError("a write through a view of an array of unusual strides has no derivative")
        return target


class Read(_Indexed):
    """`v = s[index]`, for any index."""

    __slots__ = ("result",)

    def __init__(self, result: int, slot: int, template: Template, index: Any) -> None:
        super().__init__(slot, template, (), index)
        self.result = result

    def reverse(self, derivatives: Derivatives) -> None:
        ct = derivatives.by_slot[self.result]
        if ct is None:
            return
        target, index = self.part(derivatives), self.place()
        if self.saved and has_integer_arrays(self.saved):
            np.add.at(target, index, ct)
        else:
            target[index] += ct

    def forward(self, derivatives: Derivatives) -> None:
        tangent = derivatives.by_slot[self.slot]
        if tangent is not None:
            value = tangent[self.place()]
            derivatives.add(self.result, value.copy() if np.ndim(value) else value)


class Write(_Indexed):
    """`s[index] = v`, through a view of `s` where there are steps. `source` is None where `v` is a constant."""

    __slots__ = ("dtype", "shape", "source")

    def __init__(
        self,
        slot: int,
        template: Template,
        steps: tuple[Step, ...],
        index: Any,
        source: int | None,
        shape: tuple[int, ...],
        dtype: Any,
    ) -> None:
        super().__init__(slot, template, steps, index)
        self.source = source
        self.shape = shape
        self.dtype = dtype

    def reverse(self, derivatives: Derivatives) -> None:
        if derivatives.by_slot[self.slot] is None:
            return
        target, index = self.part(derivatives), self.place()
        if self.source is None:
            target[index] = 0
            return
        ct = target[index].copy()
        target[index] = 0  # before the contribution is added: it may be to this very storage
        if self.conjugates:
            ct = -ct
        if self.saved and has_integer_arrays(self.saved):
            ct = np.where(self._last_writes(np.shape(target)), ct, np.zeros((), ct.dtype))
        if np.shape(ct) != self.shape or ct.dtype != self.dtype:
            ct = fit_cotangent(_drop_leading(ct, self.shape), self.shape, self.dtype)
        derivatives.add(self.source, ct)

    def _last_writes(self, shape: tuple[int, ...]) -> Any:
        """Which of the assigned elements are still there: of several to one place the last one wins."""
        writer = np.zeros(shape, dtype=np.intp)
        index = self.place()
        order = np.arange(writer[index].size).reshape(writer[index].shape)
        writer[index] = order
        return writer[index] == order

    def forward(self, derivatives: Derivatives) -> None:
        tangent = None if self.source is None else derivatives.by_slot[self.source]
        if tangent is None and derivatives.by_slot[self.slot] is None:
            return
        self.part(derivatives)[self.place()] = 0 if tangent is None else tangent


class Accumulate(_Indexed):
    """`s[index] += v`, repeated indices adding up; with `sign` -1, `s[index] -= v`."""

    __slots__ = ("dtype", "shape", "sign", "source")

    def __init__(
        self,
        slot: int,
        template: Template,
        steps: tuple[Step, ...],
        index: Any,
        source: int,
        shape: tuple[int, ...],
        dtype: Any,
        sign: int,
    ) -> None:
        super().__init__(slot, template, steps, index)
        self.source = source
        self.shape = shape
        self.dtype = dtype
        self.sign = sign

    def reverse(self, derivatives: Derivatives) -> None:
        if derivatives.by_slot[self.slot] is not None:
            ct = self.part(derivatives)[self.place()].copy()
            if (self.sign < 0) != self.conjugates:
                ct = -ct
            derivatives.add(self.source, fit_cotangent(ct, self.shape, self.dtype))

    def forward(self, derivatives: Derivatives) -> None:
        tangent = derivatives.by_slot[self.source]
        if tangent is not None:
            part = self.part(derivatives)
            tangent = fit_tangent(tangent, np.shape(tangent), part.dtype)
            (np.add if self.sign > 0 else np.subtract).at(part, self.place(), tangent)


def _drop_leading(ct: Any, shape: tuple[int, ...]) -> Any:
    """Assignment drops leading axes of length one of the assigned value; give them back to its cotangent."""
    missing = len(shape) - np.ndim(ct)
    return np.reshape(ct, (1,) * missing + np.shape(ct)) if missing > 0 else ct


class Several:
    """An operation with several results: its rules take the cotangents of all of them."""

    __slots__ = ("links", "slots", "templates")

    def __init__(self, slots: list[int | None], templates: list[Template], links: list[Any]) -> None:
        self.slots = slots
        self.templates = templates
        self.links = links

    def saved_lists(self) -> list[list[Any]]:
        return [link[3] for link in self.links]

    def reverse(self, derivatives: Derivatives) -> None:
        found = [None if slot is None else derivatives.by_slot[slot] for slot in self.slots]
        if all(ct is None for ct in found):
            return
        cts = tuple(
            np.zeros(like.shape, like.dtype) if ct is None else ct
            for ct, like in zip(found, self.templates, strict=True)
        )
        for rule, source, fit, saved in self.links:
            contribution = rule(cts, *saved)
            if isinstance(source, int):
                derivatives.add(source, fit_cotangent(contribution, *fit))
            else:
                for one_source, one_fit, one in zip(source, fit, contribution, strict=True):
                    if one_source is not None:
                        derivatives.add(one_source, fit_cotangent(one, *one_fit))

    def forward(self, derivatives: Derivatives) -> None:
        for rule, source, _, saved in self.links:
            sources = (source,) if isinstance(source, int) else source
            found = [None if one is None else derivatives.by_slot[one] for one in sources]
            if all(tangent is None for tangent in found):
                continue
            results = rule(found[0] if isinstance(source, int) else found, *saved)
            results = [derivatives.detached(result, source) for result in results]
            for slot, like, tangent in zip(self.slots, self.templates, results, strict=True):
                if slot is not None:
                    derivatives.add(slot, fit_tangent(tangent, like.shape, like.dtype))
