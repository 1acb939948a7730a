"""The ends of a reversal: results on the way out, cotangents on the way in, adjoints of parameters.

What goes in: a reversal whose forward sweep is built. What comes out: the parameters and results that the new program
has beside those of the primal one, and the statements that fill and seed them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wengert.analysis.activity import carries
from wengert.program.builder import Builder, integer
from wengert.program.statements import Array, Constant, Operand, Parameter, Section, Span, Storage, Value
from wengert.program.traverse import writes

if TYPE_CHECKING:
    from wengert.adjoint.reverse import Reversal

__all__ = ["copied_results", "copy_section", "make_parameter_bars", "seed"]


def copy_section(builder: Builder, section: Section, copy: Storage, *, back: bool = False) -> None:
    """Copy a section to an array of its own, whose axes are in the order of the storage's, or back."""
    spans = [axis for axis in section.axes if isinstance(axis, Span)]
    with builder.nest([span.size for span in spans]) as place:
        counters = iter(place)
        indices = [_at(builder, axis, next(counters)) if isinstance(axis, Span) else axis for axis in section.axes]
        if back:
            builder.store(section.storage, indices, builder.load(copy, place))
        else:
            builder.store(copy, place, builder.load(section.storage, indices))


def _at(builder: Builder, span: Span, counter: Operand) -> Operand:
    return builder.bind("add", builder.bind("multiply", counter, span.step), span.start)


def copied_results(reversal: Reversal) -> list[Operand | Section]:
    """The primal results, out of reach of the reverse sweep, which puts back what was overwritten."""
    index = reversal.index
    changed = {index.root(storage) for one in reversal.plan.overwriting for storage in writes(one)}
    results: list[Operand | Section] = []
    for one in reversal.primal.results:
        if isinstance(one, Section) and index.root(one.storage) in changed:
            sizes = [axis.size for axis in one.axes if isinstance(axis, Span)]
            copy = reversal.builder.allocate(one.storage.hint, one.storage.dtype, sizes)
            copy_section(reversal.builder, one, copy)
            results.append(Section(copy, tuple(Span(integer(0), size, integer(1)) for size in sizes), one.order))
        else:
            results.append(one)
    return results


def make_parameter_bars(reversal: Reversal) -> list[Array]:
    """Adjoints of array parameters: outputs of the new program, or storages of its own for those not chosen."""
    outputs = []
    for one in reversal.primal.parameters:
        if not isinstance(one, Array):
            continue
        storage = one.storage
        if one in reversal.chosen:
            bar = Storage(f"{storage.hint}_bar", storage.dtype, storage.rank)
            outputs.append(Array(bar, one.sizes, output=True, continued=reversal.in_place))
            reversal.storage_bars[storage] = bar
        elif reversal.is_active(storage):
            reversal.storage_bars[storage] = reversal.builder.allocate(
                f"{storage.hint}_bar", storage.dtype, one.sizes, zeroed=True
            )
    return outputs


def seed(reversal: Reversal, unit_seed: bool) -> list[Parameter]:
    """The cotangents of the results, as parameters, put into the adjoints of what the results are read from."""
    parameters: list[Parameter] = []
    for one in reversal.primal.results:
        if isinstance(one, Section):
            if carries(one.storage.dtype):
                parameters.append(_seed_section(reversal, one))
        elif carries(one.dtype):
            if unit_seed:
                reversal.add_bar(one, Constant(1.0, one.dtype))
            else:
                ct = Value("ct", one.dtype)
                parameters.append(ct)
                reversal.add_bar(one, ct)
    return parameters


def _seed_section(reversal: Reversal, section: Section) -> Array:
    builder = reversal.builder
    spans = [i for i, axis in enumerate(section.axes) if isinstance(axis, Span)]
    ct = Storage("ct", section.storage.dtype, len(spans))
    sizes: list[Operand] = []
    lengths: list[Operand] = []
    for axis in (section.axes[spans[i]] for i in section.order):
        assert isinstance(axis, Span)
        own = Value("size", "int64")
        sizes.append(own)
        lengths.append(axis.size)
        same = builder.bind("equal", own, axis.size)
        builder.check(same, "ValueError", "the cotangent has a size of {} where the result has {}", own, axis.size)
    if reversal.is_active(section.storage):
        with builder.nest(lengths) as place:
            indices: list[Operand] = [integer(0) if isinstance(axis, Span) else axis for axis in section.axes]
            for counter, i in zip(place, section.order, strict=True):
                axis = section.axes[spans[i]]
                assert isinstance(axis, Span)
                indices[spans[i]] = _at(builder, axis, counter)
            builder.accumulate(reversal.storage_bars[section.storage], indices, builder.load(ct, place))
    return Array(ct, tuple(sizes))
