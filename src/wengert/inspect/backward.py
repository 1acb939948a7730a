"""The reverse sweep of a trace, step by step.

What goes in: a tape, the cotangents of its results, and the steps of the trace. What comes out: the adjoints of the
results, then for each step that the sweep visits, last first, the adjoints that it adds to, as they are after it; and
whether NaN or infinity enters there, as `wengert.inspect.watching` has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.inspect.listener import Step
from wengert.inspect.summaries import Summary, summary_of
from wengert.inspect.watching import ends, watched_reverse
from wengert.tape.entries import Accumulate, Write
from wengert.tape.sweep import Derivatives
from wengert.tape.tape import Tape

__all__ = ["BackwardStep", "backward_steps"]


@dataclass(slots=True)
class BackwardStep:
    """One step in reverse: its place in the list of steps (-1 for the results), and the new adjoints by slot."""

    place: int
    adjoints: dict[int, Summary] = field(default_factory=dict)
    enters: bool = False


def _changed(entry: Any, sources: Sequence[int | None], by_slot: Sequence[Any]) -> list[int]:
    """The slots whose adjoints a part of an entry has just changed: none where nothing came to it."""
    made, _ = ends(entry)
    if all(by_slot[slot] is None for slot in made):
        return []
    if isinstance(entry, Accumulate):
        return [entry.source]
    written = [entry.source] if isinstance(entry, Write) else []
    return [slot for slot in (*sources, *written) if slot is not None]


def backward_steps(tape: Tape, seeds: Sequence[tuple[int, Any]], steps: Sequence[Step]) -> list[BackwardStep]:
    """The steps of a reverse sweep, in the order of the sweep."""
    adjoints = Derivatives(tape.size, seeds)
    by_slot = adjoints.by_slot
    results = BackwardStep(-1, {slot: summary_of(by_slot[slot]) for slot, _ in seeds})
    results.enters = not all(one.is_finite for one in results.adjoints.values())
    found = [results]
    place = len(steps) - 1
    for part in watched_reverse(tape, adjoints):
        while place > 0 and steps[place - 1].last_entry > part.position:
            place -= 1
        changed = _changed(tape.entries[part.position], part.sources, by_slot)
        if not changed:
            continue
        if found[-1].place != place:
            found.append(BackwardStep(place))
        found[-1].adjoints.update({slot: summary_of(by_slot[slot]) for slot in changed})
        found[-1].enters = found[-1].enters or part.bad is not None
    return found
