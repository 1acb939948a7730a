"""The record engine: runs a function on recording arrays, keeps a Wengert list, and sweeps it backward or forward.

Importing it completes the recording array: the functions that record need the array, and the array calls them.
"""

from __future__ import annotations

import numpy as np

import wengert.rules  # noqa: F401  (fills the table that operators and methods are made from)
from wengert.ops.table import TABLE
from wengert.tape import access, record, ufuncs
from wengert.tape.array import UNARY, install_record
from wengert.tape.elementwise import unary_recorder
from wengert.tape.methods import install_methods
from wengert.tape.operators import install_operators

install_record(ufuncs.ufunc, record.call, access.read, access.write)
install_operators()
install_methods()
UNARY.update(
    {
        found.function: unary_recorder(found.function)
        for found in TABLE.values()
        if isinstance(found.function, np.ufunc)
        and found.parameters == ("x",)
        and found.elementwise
        and found.holomorphic
        and found.function.nout == 1
        and found.rules
    }
)
