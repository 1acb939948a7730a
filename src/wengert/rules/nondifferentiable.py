"""Functions whose results carry no derivative, and functions that cannot be differentiated, each with the reason."""

from __future__ import annotations

import numpy as np

from wengert.ops.table import constant

constant(
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.can_cast,
    np.iscomplexobj,
    np.isrealobj,
    reason="asks for a shape or a type",
)
constant(
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.isfinite,
    np.isinf,
    np.isnan,
    np.any,
    np.all,
    np.argsort,
    np.argmax,
    np.argmin,
    reason="its result is a truth value or an index",
)
constant(np.floor, np.ceil, np.rint, np.trunc, np.sign, np.floor_divide, reason="piecewise constant")
constant(
    np.zeros_like, np.ones_like, np.empty_like, reason="its result does not depend on the values of its argument"
)
