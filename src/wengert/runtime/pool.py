"""The pool of memory that compiled programs share: large blocks given back, for the next call to take.

Only compiled code touches it (see `wengert.emit.prelude`). Large results lie in its blocks, too, which come back when
the arrays are gone. The process keeps at most `MOST_BYTES` in it.
"""

from __future__ import annotations

import ctypes

__all__ = ["FEWEST_BYTES", "IN_USE", "LIMIT", "MOST_BYTES", "PEAK", "PLACES", "POOL_ADDRESS", "REFUSED", "WORDS"]

FEWEST_BYTES = 128 * 1024  # Smaller blocks malloc keeps by itself.
MOST_BYTES = 512 * 1024 * 1024
PLACES = 64

# A pool is a row of numbers: how many bytes it holds, the place to be replaced next, the places; then, for a pool that
# counts (`wengert.runtime.ledger`), how many bytes there may be at most (zero: it does not count), how many there are,
# how many there were at most, and the last number of bytes that was refused.
LIMIT, IN_USE, PEAK, REFUSED, WORDS = range(PLACES + 2, PLACES + 7)
_POOL = (ctypes.c_int64 * WORDS)()
# It is never freed: results may be let go, and code may run in other threads, after this module is gone at exit.
ctypes.pythonapi.Py_IncRef(ctypes.py_object(_POOL))
POOL_ADDRESS = ctypes.addressof(_POOL)
