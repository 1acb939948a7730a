"""`report`: one call and its derivative, with every hard place that they met.

What goes in: a function and its arguments. What comes out: a `Report`: where NaN or infinity entered, points without a
derivative, floats that became integers, inputs without effect, constant results, branches, bytes and seconds by line,
and what the derivative costs. What holds: the function is recorded as for `vjp`, with a listener, and swept in reverse
one entry at a time, from ones; a compiled function is recorded from its source, and its compiled value and derivative
are compared with that run.

Sources: what is reported follows the hard cases of Hueckelheim et al., "A taxonomy of automatic differentiation
pitfalls", WIREs Data Mining and Knowledge Discovery 14 (2024).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.inspect.arguments import by_parameter, chosen_arguments, named_leaves
from wengert.inspect.cost import Cost, measure
from wengert.inspect.effects import Unused, constant_results, unused_inputs
from wengert.inspect.expressions import number_text, plain
from wengert.inspect.lines import LineCost, line_costs
from wengert.inspect.observer import Event, Events, Observer
from wengert.inspect.places import Place
from wengert.inspect.report_text import report_text
from wengert.inspect.strict import recorded_source
from wengert.inspect.tracking import short_name
from wengert.inspect.watching import Contribution, is_finite, largest, watched_reverse
from wengert.tape.array import RecordedArray
from wengert.tape.call import RecordedCall, record_call
from wengert.tape.ends import gather, normal_argnums
from wengert.tape.stand_ins import resolve
from wengert.tape.sweep import Derivatives

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What `wg.report` found; `str` of it is for people.

    `value` is the function's result and `derivative` that of the sum of its results, a tuple with one part for each
    differentiated argument. `forward_non_finite` and `reverse_non_finite` say where NaN or infinity first entered, or
    are None; `non_finite_arguments` are arguments that held some. `kinks`, `cuts` (floats that became integers) and
    `branches` are `Event`s, each the same thing at the same place, with the `first` time, how many `times`, and how
    many elements of how many (`count` of `size`; for a branch how often true). `unused` are inputs without effect and
    why, `constants` the results that depend on no input. `lines` are bytes and seconds by source line. `cost` is
    measured without observing; of a compiled function it is that of the compiled one, and `disagreement` says where
    its value or derivative differs from the recorded run: it is empty unless something is wrong.

    >>> import numpy as np
    >>> import wengert as wg
    >>> found = wg.report(np.sqrt)(0.0)
    >>> found.derivative, found.reverse_non_finite.text
    ((np.float64(inf),), 'np.sqrt gives inf')
    """

    name: str
    value: Any
    derivative: tuple[Any, ...]
    disagreement: str
    non_finite_arguments: tuple[str, ...]
    forward_non_finite: Event | None
    reverse_non_finite: Event | None
    kinks: tuple[Event, ...]
    cuts: tuple[Event, ...]
    unused: tuple[Unused, ...]
    constants: tuple[str, ...]
    branches: tuple[Event, ...]
    lines: tuple[LineCost, ...]
    saved_bytes: int
    cost: Cost

    def __str__(self) -> str:
        return report_text(self)

    def __repr__(self) -> str:
        return f"<report of {self.name}>"


def _seeds(call: RecordedCall) -> list[tuple[int, Any]]:
    """Ones for every result that carries a derivative."""
    found = []
    for slot, output in zip(call.output_slots, call.outputs, strict=True):
        if slot is not None:
            ones = np.ones_like(np.asarray(plain(output)))
            found.append((slot, ones if isinstance(plain(output), np.ndarray) else ones[()]))
    return found


class _Sweep:
    """The reverse sweep of a report: what it notes of each contribution."""

    def __init__(self, observer: Observer, call: RecordedCall) -> None:
        self.observer = observer
        self.entered = Events()
        self.guarded = Events()
        # Where a derivative that was on its way to these inputs, as bits, became zero.
        self.vanished: dict[tuple[int, Place], Event] = {}
        self.largest = 0.0  # of all contributions, in modulus
        self.seconds = [0.0] * len(call.tape.entries)
        self.tape_entries = call.tape.entries
        self.adjoints = Derivatives(call.tape.size, _seeds(call))
        with np.errstate(all="ignore"):
            for contribution in watched_reverse(call.tape, self.adjoints):
                self._note(contribution)

    def _note(self, contribution: Contribution) -> None:
        position = contribution.position
        made = self.tape_entries[position]
        if type(made) is tuple:
            self.adjoints.by_slot[made[0]] = None  # nothing reads it again, and there may be many
        self.seconds[position] += contribution.seconds
        entry = self.observer.entries[position]
        name = short_name(entry.operation)
        self.largest = max(self.largest, largest(_as_list(contribution.value)))
        bad = contribution.bad
        inner = self.observer.inner_entered.all()
        if bad is not None and inner and not self.entered.all():
            self.entered.add(inner[0].first, inner[0].text)  # of a checkpointed call: the place inside
        elif bad is not None:
            self.entered.add(entry.occurrence, f"{name} gives {number_text(bad.first)}", bad.count, max(bad.size, 1))
        if contribution.guarded:
            count, size = _count_non_finite(contribution.raw)
            self.guarded.add(
                entry.occurrence, f"{name} with an infinite or undefined derivative, met by a strong zero", count, size
            )
        if contribution.vanishes:
            inputs = 0
            for slot in contribution.sources:
                inputs |= 0 if slot is None else self.observer.made_from.get(slot, 0)
            self.vanished.setdefault((inputs, entry.occurrence.place), Event(entry.occurrence, name))


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _count_non_finite(value: Any) -> tuple[int, int]:
    arrays = [np.asarray(plain(one)) for one in _as_list(value)]
    return sum(int(np.count_nonzero(~np.isfinite(one))) for one in arrays), sum(one.size for one in arrays)


def _first(events: Events) -> Event | None:
    return next(iter(events.all()), None)


def _observe(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], numbers: tuple[int, ...]
) -> Report:
    observer, source = Observer(), recorded_source(function)
    names: dict[int, str] = {}

    def run(*recorded_args: Any, **recorded_kwargs: Any) -> Any:
        for name, value in by_parameter(source, recorded_args, recorded_kwargs):
            for leaf_name, leaf in named_leaves(value, name):
                if isinstance(leaf, RecordedArray) and leaf.slot is not None:
                    names[leaf.slot] = leaf_name
        observer.start(list(names))
        return resolve(source)(*recorded_args, **recorded_kwargs)

    call = record_call(run, args, kwargs, numbers, forward=False, keep=True, listener=observer)
    sweep = _Sweep(observer, call)
    found = [sweep.adjoints.by_slot[slot] for slot in call.input_slots]
    derivative = gather(call, found, args, numbers)
    value = tree.unflatten(call.output_structure, call.outputs)
    recorded = (value, observer.largest), (derivative, sweep.largest)
    disagreement, cost = measure(function, args, kwargs, numbers, *recorded)
    held = [(names[slot], one) for slot, one in zip(call.input_slots, call.inputs, strict=True)]
    lines = line_costs(call.tape, observer, sweep.seconds)
    return Report(
        name=getattr(function, "__name__", type(function).__name__),
        value=value,
        derivative=derivative,
        disagreement=disagreement,
        non_finite_arguments=tuple(name for name, one in held if not is_finite(one)),
        forward_non_finite=_first(observer.non_finite),
        reverse_non_finite=_first(sweep.entered),
        kinks=(*observer.kinks.all(), *sweep.guarded.all()),
        cuts=observer.cuts.all(),
        unused=tuple(unused_inputs(observer, names, sweep.adjoints, sweep.vanished)),
        constants=tuple(constant_results(observer, call)),
        branches=observer.branches.all(),
        lines=lines,
        saved_bytes=sum(line.saved_bytes for line in lines),
        cost=cost,
    )


def report(function: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Report]:
    """A function that calls `function`, differentiates it in reverse, and returns what it met on the way as a `Report`.

    Args:
        function: as for `vjp`; a compiled one is recorded from its source.
        argnums: the position of the argument to differentiate, or a sequence of positions. If not given, all positional
            arguments that are floating-point numbers, arrays of them or trees of those.
    Returns:
        A function of the arguments of `function`. Its result prints, in the order of importance: where NaN or infinity
        first entered; kinks, ties and singular points that were hit exactly; floats that became integers; inputs
        without effect, and why; constant results; conditions that depend on inputs; bytes and seconds by line; the cost
        of the derivative. `function` is called once for this, and then alone and by its derivative to measure the cost,
        up to five times each where they are quick.
    Raises:
        What `function` raises, and the errors of `vjp`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def f(x, scale):
    ...     total = 0.0
    ...     for i in range(3):
    ...         if x[i] > 0.0:
    ...             total = total + np.sqrt(x[i])
    ...     return total
    >>> print(wg.report(f)(np.array([4.0, 1.0, -1.0]), 2.0))  # doctest: +ELLIPSIS
    report of f
    <BLANKLINE>
    inputs without effect
      scale: it is never read
    <BLANKLINE>
    branches that depend on inputs
      ...:4, in f, i = 0: x[i] > 0.0
          true 2 times, false once
    ...
    """

    def reported(*args: Any, **kwargs: Any) -> Report:
        return _observe(function, args, kwargs, normal_argnums(chosen_arguments(argnums, args), len(args)))

    return reported
