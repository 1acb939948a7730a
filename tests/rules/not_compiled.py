"""The cases of operations that `wg.jit` refuses, or that differ, each with a part of the message."""

from __future__ import annotations

__all__ = ["ARRANGED", "NOT_COMPILED"]

_COMPLEX = "on one path and complex128 on another"  # the values decide whether the result is complex
_EIGENVALUES = "whether the eigenvalues of a real matrix are complex is known only when the program runs"
_COLUMNS = "a comprehension over something whose length is known only when the program runs"

_REASONS: dict[str, tuple[str, ...]] = {
    _COMPLEX: (
        *("convolution: poly(3) #2", "elementwise: real_if_close(complex)"),
        *(f"elementwise: {name}(2x3) #{number}" for name in ("sqrt", "log", "log2") for number in (2, 3)),
        *("elementwise: log10(2x3) #2", "elementwise: logn(s,2x3)"),
        *("elementwise: power(2x3,3) #2", "elementwise: power(2x3)"),
        *(f"elementwise: {name}(4) #2" for name in ("arcsin", "arccos", "arctanh")),
    ),
    _EIGENVALUES: (
        *(f"linalg: eigvals({name})" for name in ("real", "pairs")),
        *(f"linalg: eig({name})" for name in ("real", "single", "pairs")),
    ),
    _COLUMNS: tuple(f"histograms: histogramdd({name})" for name in ("6x2,6", "density", "edges")),
    "`bins` is a sequence of 2 on one path and an array on another": (
        "histograms: histogram2d(6,6,bins=[0.0.30.71.],weights=[1.50.72.20.41.10.9])",
    ),
    "a list or tuple of a length that is known only when the program runs": (
        *("joining: unstack(2x3)", "joining: unstack(2x3x4,axis=-2)"),
    ),
    "order='K' of ravel": ("shaping: ravel(2x3x4)", "shaping: ravel(transposed,K)"),
}

NOT_COMPILED: dict[str, str] = {name: reason for reason, names in _REASONS.items() for name in names}

ARRANGED = ("order: partition(2x3x4,axis=None)",)
"""Cases whose result NumPy does not specify: a partition is sorted."""
