"""Exact derivatives of NumPy programs: see the functions of `__all__`."""

from __future__ import annotations

from wengert.api import (
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    returning,
    stop_gradient,
    value_and_grad,
    vjp,
)
from wengert.checkpointing import MemoryReport, checkpoint, checkpointed_loop, memory_report
from wengert.compiled import jit
from wengert.custom import custom_jvp, custom_vjp
from wengert.errors import (
    ArgumentError,
    CheckFailedError,
    CutGradientError,
    EscapedValueError,
    LostGradientError,
    MemoryBudgetError,
    NonFiniteError,
    NotAcceptedError,
    NotScalarError,
    RecomputationError,
    RuleError,
    SeedError,
    UnsupportedOperationError,
    WengertError,
)
from wengert.inspect import Report, Trace, report, trace
from wengert.testing import check_grads

__all__ = [
    "ArgumentError",
    "CheckFailedError",
    "CutGradientError",
    "EscapedValueError",
    "LostGradientError",
    "MemoryBudgetError",
    "MemoryReport",
    "NonFiniteError",
    "NotAcceptedError",
    "NotScalarError",
    "RecomputationError",
    "Report",
    "RuleError",
    "SeedError",
    "Trace",
    "UnsupportedOperationError",
    "WengertError",
    "check_grads",
    "checkpoint",
    "checkpointed_loop",
    "custom_jvp",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linearize",
    "memory_report",
    "report",
    "returning",
    "stop_gradient",
    "trace",
    "value_and_grad",
    "vjp",
]
