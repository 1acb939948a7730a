"""Looking at derivatives: the recorded steps of a program as a table."""

from __future__ import annotations

from wengert.inspect.report import Report, report
from wengert.inspect.trace import Trace, trace

__all__ = ["Report", "Trace", "report", "trace"]
