"""Functions whose results carry no derivative, each with the reason.

What holds: such a function is called on the plain values, and what it returns is a constant of every level. So a
function is here only if its derivative is zero wherever it exists, if its result is an index, a truth value, text or a
description, or if it makes an array from nothing but sizes. A function that changes its argument in place is not here.
"""

from __future__ import annotations

import numpy as np

from wengert.ops.table import constant

constant(
    *(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.isrealobj, np.common_type),
    *(np.min_scalar_type, np.promote_types, np.mintypecode, np.typename, np.isdtype, np.issubdtype, np.isscalar),
    *(np.iterable, np.isfortran, np.may_share_memory, np.shares_memory, np.broadcast_shapes),
    reason="asks for a shape or a type",
)
constant(
    *(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal),
    *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not, np.any, np.all),
    *(np.isfinite, np.isinf, np.isnan, np.isnat, np.isneginf, np.isposinf, np.isreal, np.iscomplex, np.signbit),
    *(np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin),
    reason="its result is a truth value",
)
constant(
    *(np.argsort, np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argpartition, np.argwhere, np.lexsort),
    *(np.nonzero, np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize, np.linalg.matrix_rank),
    *(np.ravel_multi_index, np.unravel_index, np.diag_indices, np.diag_indices_from, np.tril_indices),
    *(np.tril_indices_from, np.triu_indices, np.triu_indices_from, np.mask_indices, np.indices),
    reason="its result is an index or a count",
)
constant(
    *(np.floor, np.ceil, np.rint, np.trunc, np.fix, np.round, np.around, np.floor_divide, np.spacing),
    reason="piecewise constant",
)
constant(
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift, np.bitwise_count),
    *(np.gcd, np.lcm, np.packbits, np.unpackbits),
    reason="it takes whole numbers, which carry no derivative",
)
constant(np.zeros_like, np.ones_like, np.empty_like, reason="its result does not depend on the values of its argument")
constant(
    np.from_dlpack,
    reason="makes a new array; while a function is recorded, arrays of recorded values are made in other ways",
)
constant(
    *(np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri),
    *(np.bartlett, np.blackman, np.hamming, np.hanning),
    reason="makes a new array from sizes alone",
)
constant(
    *(np.frombuffer, np.fromfile, np.fromregex, np.fromstring, np.genfromtxt, np.load, np.loadtxt),
    reason="reads its result from a file, bytes or text",
)
constant(
    *(np.save, np.savetxt, np.savez, np.savez_compressed),
    reason="writes the values to a file and returns nothing",
)
constant(
    *(np.array2string, np.array_repr, np.array_str, np.base_repr, np.binary_repr, np.datetime_as_string),
    *(np.format_float_positional, np.format_float_scientific, np.info),
    reason="its result is text",
)
constant(
    *(np.busday_count, np.busday_offset, np.is_busday, np.datetime_data),
    reason="dates carry no derivative",
)
constant(
    *(np.geterr, np.seterr, np.geterrcall, np.seterrcall, np.getbufsize, np.setbufsize, np.get_printoptions),
    *(np.set_printoptions, np.printoptions, np.get_include, np.show_config, np.show_runtime),
    reason="reads or changes settings",
)
