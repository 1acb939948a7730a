"""How many states of a loop a budget has room for.

What goes in: the budget, the bytes of a state, and what is needed whatever is kept. What comes out: the number of
states in memory and on disk, or a refusal that names the least. What holds: a smaller budget never has room for more.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from wengert.checkpointing.sizes import number_of_bytes, text_of_bytes
from wengert.errors import ArgumentError, MemoryBudgetError

__all__ = ["Budget", "Room", "budget_error"]

MANY = sys.maxsize  # states, where no budget is given


@dataclass(frozen=True)
class Room:
    """States that there is room for in memory, the first one included, and on disk."""

    in_memory: int
    on_disk: int = 0

    @property
    def snapshots(self) -> int:
        """All of them."""
        return self.in_memory + self.on_disk


@dataclass(frozen=True)
class Budget:
    """What the caller allows, in bytes; `None` is no limit."""

    memory: int | None
    disk: int
    directory: str | os.PathLike[str] | None

    @staticmethod
    def of(memory: float | str | None, disk: float | str | None, directory: str | os.PathLike[str] | None) -> Budget:
        """From what a user gives."""
        if memory is None and (disk is not None or directory is not None):
            raise ArgumentError("disk= and directory= are for what a budget has no room for: give memory= too")
        if disk is None and directory is not None:
            raise ArgumentError("directory= is where states on disk go: give disk= too, how many bytes there may be")
        allowed = None if memory is None else number_of_bytes(memory, "memory")
        return Budget(allowed, 0 if disk is None else number_of_bytes(disk, "disk"), directory)

    def room(self, state: int, fixed: int) -> Room:
        """For states of so many bytes, where `fixed` bytes are needed beside them."""
        if self.memory is None:
            return Room(MANY)
        on_disk = self.disk // state
        least = fixed + (2 if on_disk else 1) * state  # a state stays in memory while it is written
        if self.memory < least and on_disk and self.memory >= fixed + state:
            on_disk, least = 0, fixed + state
        if self.memory < least:
            raise budget_error(self.memory, fixed, state)
        return Room((self.memory - fixed) // state, on_disk)


def budget_error(memory: int, fixed: int, state: int) -> MemoryBudgetError:
    """The refusal of a budget for a loop whose state and whose derivative of one step take so many bytes."""
    return MemoryBudgetError(
        f"memory={memory} bytes cannot be kept: the least is {text_of_bytes(fixed + state)}, of which a "
        f"state of the loop takes {text_of_bytes(state)}, and the derivative of one step {text_of_bytes(fixed)}"
    )
