"""Trading time for memory: calls and loops that are recomputed on the way back rather than recorded on the way forward."""

from __future__ import annotations

from wengert.checkpointing.call import checkpoint
from wengert.checkpointing.loop import checkpointed_loop
from wengert.checkpointing.progress import Progress

__all__ = ["Progress", "checkpoint", "checkpointed_loop"]
