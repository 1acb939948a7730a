"""The record engine: runs a function on recording arrays, keeps a Wengert list, and sweeps it backward or forward.

Importing it completes the recording array: the functions that record need the array, and the array calls them.
"""

from __future__ import annotations

import wengert.rules  # noqa: F401  (fills the table that operators and methods are made from)
from wengert.tape import access, record, ufuncs
from wengert.tape.array import install_record
from wengert.tape.elementwise import install_recorders
from wengert.tape.methods import install_methods
from wengert.tape.operators import install_operators

install_record(ufuncs.ufunc, record.call, access.read, access.write)
install_operators()
install_methods()
install_recorders()
