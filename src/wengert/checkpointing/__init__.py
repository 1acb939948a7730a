"""Trading time for memory: calls and loops that are computed again on the way back."""

from __future__ import annotations

from wengert.checkpointing.call import checkpoint
from wengert.checkpointing.loop import checkpointed_loop
from wengert.checkpointing.memory_report import MemoryReport, memory_report
from wengert.checkpointing.progress import Progress

__all__ = ["MemoryReport", "Progress", "checkpoint", "checkpointed_loop", "memory_report"]
