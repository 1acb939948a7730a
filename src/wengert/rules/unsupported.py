"""Functions that cannot be differentiated although their results depend on the values of their arguments.

What holds: each has the reason. Calling such a function with a recorded value is an `UnsupportedOperationError` that
gives it, and says what to write instead.
"""

from __future__ import annotations

import numpy as np

from wengert.ops.table import unsupported

unsupported(
    *(np.asmatrix, np.bmat),
    reason="np.matrix holds plain numbers; use arrays and the operator @, and np.block to assemble them",
)
unsupported(
    *(np.array, np.asarray, np.asanyarray, np.asarray_chkfinite, np.ascontiguousarray, np.asfortranarray, np.fromiter),
    reason="it makes a plain array, but in a function whose source is available; use np.copy, or np.stack of numbers",
)
unsupported(np.require, reason="what it returns may be its argument or a copy; use np.copy(x, order)")
unsupported(
    np.fromfunction,
    reason="the function that it calls is not recorded; call it with np.indices(shape)",
)
unsupported(
    np.frompyfunc,
    reason="the ufunc that it makes calls a function on Python objects; use np.vectorize, or a loop over the elements",
)
unsupported(
    np.nested_iters,
    reason="it iterates over the memory of plain arrays; use a loop over np.ndindex(x.shape)",
)
