"""`trace`: the Wengert list of one call, to look at.

What goes in: a function and its arguments. What comes out: a `Trace`, which prints the recorded steps as a table, with
source lines, values, and what each step keeps for the reverse sweep; after `reverse`, with the adjoints. The function
is recorded as for `vjp`, by the same engine with a listener.

Source: the list is that of Wengert, "A Simple Automatic Derivative Evaluation Program", CACM 7 (1964); the layout
follows the evaluation traces of Griewank and Walther, *Evaluating Derivatives*, 2nd ed., chapters 2 and 3.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from wengert import tree
from wengert.errors import SeedError
from wengert.inspect.arguments import by_parameter, chosen_arguments
from wengert.inspect.backward import backward_steps
from wengert.inspect.expressions import plain, text_of
from wengert.inspect.listener import StepListener
from wengert.inspect.page import page_data, page_html
from wengert.inspect.strict import recorded_source
from wengert.inspect.table import Table, make_table, saved_by_step, table_text
from wengert.tape.call import RecordedCall, own_copy, record_call
from wengert.tape.ends import gather, normal_argnums, seed_leaves
from wengert.tape.stand_ins import resolve
from wengert.tape.sweep import all_adjoints
from wengert.tape.tape import open_tapes

__all__ = ["Trace", "trace"]

_LIMIT = 100
_MOST_STEPS_IN_A_NOTEBOOK = 5000


class Trace:
    """One recorded call of a function, made by `wg.trace`; see there for what `print` shows.

    `value` is the function's result. In a notebook the trace shows itself as the page that `show` writes, or as text
    where it is long.

    >>> import numpy as np
    >>> from wengert.inspect import trace
    >>> trace(lambda x: np.sum(x * x))(np.ones(100))
    <trace of <lambda>: 2 steps, 800 bytes saved>
    """

    def __init__(
        self,
        name: str,
        call: RecordedCall,
        listener: StepListener,
        returned: str,
        args: Sequence[Any],
        argnums: Sequence[int] | int,
    ) -> None:
        self.value = tree.unflatten(call.output_structure, call.outputs)
        self._name = name
        self._call = call
        self._steps = listener.steps
        self._returned = returned
        self._args = args
        self._argnums = argnums
        self._adjoints: list[Any] | None = None
        self._cts: list[Any] | None = None

    def reverse(self, ct: Any = None) -> Any:
        """Sweep the recorded call in reverse; from now on the table has a column with the adjoint of each step.

        Args:
            ct: the cotangent of the result, of its structure, shapes and dtypes; may be left out where that is
                one number, and is 1 then.
        Returns:
            The gradients, as the pullback of `vjp` returns them: a tuple with one for each differentiated argument, or
            one alone where `argnums` is an int.
        Raises:
            SeedError: `ct` does not fit the result, or is missing.

        The adjoint of a step is that of the value as the step defines it. A write such as `v4[0] = v3` defines no
        value: the adjoint of what it writes stands at the step of `v3`, and that of what `v4` held before its first
        write stands at the step of `v4`. What is written through a view belongs to the storage, not to the view.

        >>> import wengert as wg
        >>> from wengert.inspect import trace
        >>> trace(lambda x, y: x * y)(2.0, 3.0).reverse()
        (np.float64(3.0), np.float64(2.0))
        """
        call = self._call
        cts = self._cts = [own_copy(one) for one in _seeds(ct, call)]
        self._adjoints = all_adjoints(call.tape, self._seeds_by_slot(cts))
        gradients = [self._adjoints[slot] for slot in call.input_slots]
        return gather(call, gradients, tuple(self._args), self._argnums, cts)

    def _seeds_by_slot(self, cts: Sequence[Any]) -> list[tuple[int, Any]]:
        return [(slot, one) for slot, one in zip(self._call.output_slots, cts, strict=True) if slot is not None]

    def show(self, path: str | os.PathLike[str]) -> None:
        """Write the trace as one HTML file, for a browser; it needs no other file and no network.

        On the page one steps forward through the values and back through the adjoints, by keys, buttons, rows, graph or
        source lines; searches operations, names and lines; and goes to the step where NaN or infinity entered.

        Args:
            path: the file to write. One that exists is replaced.

        The adjoints are those for the cotangent given to `reverse`. Without a call of `reverse` it is 1; where the
        result is not one number, the page then has the forward sweep only.

        >>> import numpy as np, os, tempfile
        >>> from wengert.inspect import trace
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     trace(lambda x: np.sum(np.sqrt(x)))(np.zeros(3)).show(os.path.join(folder, "tape.html"))
        """
        Path(path).write_text(self._page(), encoding="utf-8")

    def _page(self) -> str:
        call = self._call
        cts = self._cts
        if cts is None and _is_one_number(call):
            cts = _seeds(None, call)
        sweep = None if cts is None else backward_steps(call.tape, self._seeds_by_slot(cts), self._steps)
        return page_html(page_data(self._title(), self._returned, self._steps, saved_by_step(self._steps), sweep))

    @property
    def saved_bytes(self) -> int:
        """The bytes of memory that the tape keeps for the reverse sweep; memory that is saved twice counts once."""
        return sum(saved_by_step(self._steps))

    def to_text(self, limit: int | None = _LIMIT) -> str:
        """The table as text, of at most `limit` steps, the first and the last; `None` shows all."""
        return table_text(self._table(limit), self._title(), self._returned)

    def _table(self, limit: int | None) -> Table:
        return make_table(self._steps, self._adjoints, limit)

    def _title(self) -> str:
        return f"trace of {self._name}"

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        count = sum(step.number is not None for step in self._steps)
        return f"<{self._title()}: {count} steps, {self.saved_bytes} bytes saved>"

    def _repr_html_(self) -> str:
        if len(self._steps) > _MOST_STEPS_IN_A_NOTEBOOK:
            return f"<pre>{escape(self.to_text())}</pre>"
        style = "width: 100%; height: 820px; border: 0"
        return f'<iframe title="{escape(self._title())}" style="{style}" srcdoc="{escape(self._page())}"></iframe>'


def _is_one_number(call: RecordedCall) -> bool:
    return len(call.outputs) == 1 and np.shape(plain(call.outputs[0])) == ()


def _seeds(ct: Any, call: RecordedCall) -> list[Any]:
    """The cotangents of the results, leaf by leaf; one where the result is one number and none is given."""
    if ct is None:
        if not _is_one_number(call):
            raise SeedError("the result is not one number: reverse needs its cotangent, of the structure of the result")
        ct = tree.unflatten(call.output_structure, [1.0])
    return seed_leaves(ct, call.output_structure, call.outputs, "cotangent")


def trace(function: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> Callable[..., Trace]:
    """A function that calls `function` while recording it, and returns the recorded steps as a `Trace`.

    Args:
        function: as for `vjp`; a compiled one is recorded from its source.
        argnums: the position of the argument to differentiate, or a sequence of positions. If not given, all positional
            arguments that are floating-point numbers, arrays of them or trees of those.
    Returns:
        A function of the arguments of `function`. `print` of its result shows a table: the number of the step; the
        operation, with the names of the parameters for the arguments and `v1`, `v2`, ... for the results of steps; the
        value, or dtype and shape of a longer array; which values the step keeps for the reverse sweep; how many bytes
        that adds to what earlier steps keep; and the source line. Operations on constants are steps that keep nothing.
    Raises:
        What `function` raises, and the errors of `vjp`.

    >>> import numpy as np
    >>> from wengert.inspect import trace
    >>> def f(x):
    ...     y = np.sin(x)
    ...     return y * x
    >>> t = trace(f)(1.5)
    >>> t.value
    np.float64(1.4962424799060816)
    >>> t.reverse()
    (np.float64(1.1036007891056088),)
    >>> print(t)  # doctest: +ELLIPSIS
    trace of f
    step  expression      value     adjoint  saved  bytes  source
          x               1.5       1.1036
       1  v1 = np.sin(x)  0.997495  1.5      x          8  ...:2  y = np.sin(x)
       2  v2 = v1 * x     1.49624   1.0      x, v1      8  ...:3  return y * x
          return v2
    saved: 16 bytes
    """
    source = recorded_source(function)

    def traced(*args: Any, **kwargs: Any) -> Trace:
        chosen = chosen_arguments(argnums, args)
        listener = StepListener()
        returned: list[Any] = []

        def run(*recorded_args: Any, **recorded_kwargs: Any) -> Any:
            listener.start(open_tapes()[-1], by_parameter(source, recorded_args, recorded_kwargs))
            result = resolve(source)(*recorded_args, **recorded_kwargs)
            returned.append(result)
            return result

        numbers = normal_argnums(chosen, len(args))
        call = record_call(run, args, kwargs, numbers, forward=False, keep=True, listener=listener)
        name = getattr(function, "__name__", type(function).__name__)
        return Trace(name, call, listener, text_of(returned[0], listener.name_of), args, chosen)

    return traced
