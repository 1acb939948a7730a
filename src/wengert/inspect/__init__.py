"""Looking at derivatives: the recorded steps of a program as a table."""

from __future__ import annotations

from wengert.inspect.trace import Trace, trace

__all__ = ["Trace", "trace"]
