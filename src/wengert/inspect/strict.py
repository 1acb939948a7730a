"""`strict=True`: what a derivative passes over in silence becomes an error that says where.

What goes in: every operation and stop of a recording, and the outcome of its sweeps. What comes out: a
`CutGradientError` where a float on the way of a derivative becomes an integer, a `NonFiniteError` where an operation,
or its derivative, gives NaN or infinity for finite numbers. What holds: the error ends the recording even where the
user's code catches it. A compiled function is searched for cuts before it runs, and recorded from its source where it
gives NaN or infinity, to name the place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

import numpy as np

from wengert.compiled import Jitted, Member
from wengert.errors import CutGradientError, NonFiniteError, WengertError, caret
from wengert.inspect.cuts import program_cuts
from wengert.inspect.expressions import number_text, plain
from wengert.inspect.tracking import Tracking, first_entry, is_cut, is_swept, non_finite_text, short_name
from wengert.inspect.watching import is_finite, newly_non_finite
from wengert.ops.table import Operation
from wengert.tape.tape import Listener, Tape

__all__ = ["StrictListener", "recorded_source", "strictly"]

T = TypeVar("T")


def recorded_source(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is recorded of a function: of a compiled one its Python source."""
    if isinstance(function, Jitted):
        source: Callable[..., Any] = function.__wrapped__  # type: ignore[attr-defined]  # by `update_wrapper`
        return source
    return function


def strictly(function: Callable[..., Any], run: Callable[[Callable[..., Any]], T]) -> T:
    """Run a strict derivative of a function; of a compiled one that is not finite, that of its source, to say where."""
    try:
        return run(function)
    except NonFiniteError:
        if isinstance(function, Jitted):
            run(recorded_source(function))
        raise


def _flat(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if isinstance(value, (list, tuple)):
            found += _flat(value)
        elif isinstance(plain(value), (float, complex, np.ndarray, np.generic)):
            found.append(plain(value))
    return found


class StrictListener(Tracking):
    """Listens to one tape, and raises; see `wengert.tape.tape.Listener`."""

    def inner(self) -> Listener:
        """What listens inside a checkpointed call, in its first run and when it is recorded again."""
        listener = StrictListener()
        listener.tape = self.tape
        return listener

    def _refuse(self, error: WengertError) -> NoReturn:
        if self.tape.lost is None or isinstance(self.tape.lost, NonFiniteError):  # a second one knows more of the place
            self.tape.lost = error
        raise error

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation: its result must be finite where its operands are."""
        occurrence = self.places.here(found.name)
        self.mark(occurrence, found.name)
        if isinstance(found.function, Member) and not (found.function.reverse or found.function.order):
            self._refuse_cuts(found.function, arguments[0][1])
        results = _flat([result])
        if is_finite(results):
            return
        operands = _flat([value for _, value in arguments])
        bad = newly_non_finite(operands, results, found.elementwise)
        if bad is not None and not is_swept():
            self._refuse(NonFiniteError(f"{non_finite_text(found, operands, bad)}\n  at {occurrence}"))

    def _refuse_cuts(self, member: Member, leaves: Sequence[Any]) -> None:
        """Refuse a compiled function that turns a float which carries a derivative into an integer."""
        active = [i for i, own in enumerate(map(self.own, leaves)) if own is not None and own.slot is not None]
        for cut in program_cuts(member.family.kernel.program, active):
            reason = "a float that depends on a differentiated argument becomes an integer: its derivative stops"
            remedy = "Compute the integer outside the compiled function, or leave out strict=True."
            self._refuse(CutGradientError(caret(cut.where, cut.column, reason, remedy)))

    def stopped(self, name: str, values: tuple[Any, ...], result: Any) -> None:
        """A float that became an integer must not depend on a differentiated argument."""
        if not is_cut(name, result):
            return
        carried = [own for own in map(self.own, values) if own is not None and own.slot is not None]
        if carried:
            self._refuse(
                CutGradientError(
                    "a float that depends on a differentiated argument becomes an integer, by "
                    f"{short_name(name)}: its derivative stops\n  at {self.places.here(name)}\n"
                    "  Where that is meant, write wg.stop_gradient around the float."
                )
            )

    def swept(
        self, tape: Tape, seeds: Sequence[tuple[int, Any]], slots: Sequence[int | None], found: Sequence[Any]
    ) -> None:
        """The derivatives found must be finite, if nothing that the sweep began from is not."""
        if is_finite([one for one in found if one is not None]):
            return
        entered = first_entry(self, tape, seeds, slots)
        if entered is not None:
            place, bad = entered
            raise NonFiniteError(
                f"the derivative of {short_name(place.operation)} gives {number_text(bad.first)}\n"
                f"  at {place.occurrence}"
                + ("\n  wg.report of that function names the line in it." if "compiled" in place.operation else "")
            )
