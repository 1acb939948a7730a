"""`memory_report`: the memory that a derivative takes, by source line, and what it would cost to take less.

What goes in: a function and its arguments. What comes out: a `MemoryReport`: bytes kept for the way back by line, the
most that is taken at once, and for each loop that carries a state a table from all memory down to the least: bytes, and
steps that run again. What holds: of a recorded function the bytes are those of the tape, and of the cotangents by a
sweep without numbers; of a compiled one they are counted by its own adjoint program while it runs.

Source of the table: Griewank and Walther, "Algorithm 799: revolve", ACM TOMS 26, 2000.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

from wengert.checkpointing.loop import CheckpointedLoop
from wengert.checkpointing.memory_chart import save_chart
from wengert.checkpointing.memory_program import program_memory
from wengert.checkpointing.memory_table import LineMemory, LoopMemory, memory_text, plan_rows
from wengert.checkpointing.sizes import cotangent_bytes, value_bytes
from wengert.compiled import Jitted
from wengert.inspect.arguments import chosen_arguments
from wengert.inspect.lines import bytes_by_entry
from wengert.inspect.tracking import Tracking
from wengert.ops.table import Operation
from wengert.tape.call import RecordedCall, record_call
from wengert.tape.ends import normal_argnums
from wengert.tape.entries import Several

__all__ = ["MemoryReport", "memory_report"]


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """What `wg.memory_report` found; `str` of it is for people, and `save` draws it.

    `lines` have the bytes by source line, the largest first; `saved_bytes` is what is kept for the way back,
    `peak_bytes` the most that is taken at once, cotangents included, arguments, results and gradients not. `loops` have
    for each loop that carries a state the number of its steps, the bytes of a state and of the derivative of one step,
    and the rows of a table: states that are kept, bytes, and steps that run again.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.memory_report(lambda x: np.sum(np.sin(x) * x))(np.ones(1000)).saved_bytes
    16000
    """

    name: str
    engine: str
    lines: tuple[LineMemory, ...]
    saved_bytes: int
    peak_bytes: int
    loops: tuple[LoopMemory, ...]

    def __str__(self) -> str:
        return memory_text(self)

    def __repr__(self) -> str:
        return f"<memory report of {self.name}: {self.saved_bytes} bytes saved, {self.peak_bytes} at once>"

    def save(self, path: str | PathLike[str]) -> None:
        """Draw the bytes by line, and the tables of the loops: as `.svg`, or by matplotlib as `.png` or `.pdf`.

        Raises:
            ArgumentError: another ending, or one that needs matplotlib where there is none.
        """
        save_chart(self, path)


class _Entries(Tracking):
    """Knows the place of each entry; has checkpointed loops plan."""

    plans = True

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation."""
        self.mark(self.places.here(found.name), found.name)


def _loops(call: RecordedCall) -> Iterator[tuple[int, CheckpointedLoop]]:
    """The checkpointed loops on a tape, each with the position of its entry."""
    for position, entry in enumerate(call.tape.entries):
        links = entry[1] if type(entry) is tuple else entry.links if isinstance(entry, Several) else ()
        for rule, _, _, _ in links:
            loop = getattr(rule, "keywords", {}).get("recomputed")
            if isinstance(loop, CheckpointedLoop):
                yield position, loop


def _recorded(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], numbers: Sequence[int]
) -> tuple[list[LineMemory], int, list[LoopMemory]]:
    """The bytes by line, the most at once, and the loops of a recorded call."""
    listener = _Entries()
    call = record_call(function, args, kwargs, numbers, forward=False, keep=True, listener=listener)
    sizes = bytes_by_entry(call.tape)
    loops = []
    for position, loop in _loops(call):
        sizes[position] += loop.reserved_bytes
        place = listener.entries[position].occurrence.place
        state, fixed = loop.planned or (loop.state_bytes, 0)
        rows = plan_rows(loop.steps or 0, state, fixed)
        loops.append(LoopMemory(place.filename, place.line, place.function, loop.steps or 0, state, fixed, rows))
    totals: dict[tuple[str, int, str], int] = {}
    for entry, size in zip(listener.entries, sizes, strict=True):
        place = entry.occurrence.place
        key = place.filename, place.line, place.function
        totals[key] = totals.get(key, 0) + size
    lines = [LineMemory(*key, size, 0) for key, size in totals.items() if size]
    ends = {
        slot: value_bytes(one) for slot, one in zip(call.output_slots, call.outputs, strict=True) if slot is not None
    }
    peak = sum(sizes) + cotangent_bytes(call.tape, ends)
    call.tape.release()
    return lines, peak, loops


def memory_report(
    function: Callable[..., Any], argnums: int | Sequence[int] | None = None
) -> Callable[..., MemoryReport]:
    """A function that finds out what memory the reverse derivative of `function` takes, as a `MemoryReport`.

    Args:
        function: as for `vjp`, recorded or compiled.
        argnums: the position of the argument to differentiate, or a sequence of positions. If not given, all positional
            arguments that are floating-point numbers, arrays of them or trees of those.
    Returns:
        A function of the arguments of `function`, which runs it once; a compiled one with its derivative. Its result
        prints the bytes by source line, the most that is taken at once, and for each loop that carries a state a table
        of what `memory=` would cost in steps that run again, down to the least: `wg.checkpointed_loop`, and the
        outermost loops of compiled functions. The optimal schedule is assumed; where a loop does not know its number
        of steps before, or iterations are themselves swept back in parts, more may run again.
    Raises:
        What `function` raises, and the errors of `vjp`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> @wg.jit
    ... def settle(u, steps):
    ...     for _ in range(steps):
    ...         u[1:-1] += 0.1 * np.sin(u[2:] - u[:-2])
    ...     return np.sum(u)
    >>> found = wg.memory_report(settle)(np.ones(100), 1000)
    >>> found.loops[0].steps, found.loops[0].rows[0].steps_again, found.loops[0].rows[-1].steps_again > 0
    (1000, 0, True)
    """

    def reported(*args: Any, **kwargs: Any) -> MemoryReport:
        numbers = normal_argnums(chosen_arguments(argnums, args), len(args))
        if isinstance(function, Jitted):
            lines, peak, loops = program_memory(function, args, kwargs, numbers)
        else:
            lines, peak, loops = _recorded(function, args, kwargs, numbers)
        lines = sorted(lines, key=lambda line: -(line.saved_bytes + line.working_bytes))
        return MemoryReport(
            name=getattr(function, "__name__", type(function).__name__),
            engine="compiled" if isinstance(function, Jitted) else "recorded",
            lines=tuple(lines),
            saved_bytes=sum(line.saved_bytes for line in lines),
            peak_bytes=peak,
            loops=tuple(loops),
        )

    return reported
