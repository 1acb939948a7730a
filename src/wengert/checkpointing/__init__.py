"""Trading time for memory: calls and loops that are recomputed on the way back rather than recorded on the way forward."""

from __future__ import annotations

from wengert.checkpointing.call import checkpoint

__all__ = ["checkpoint"]
