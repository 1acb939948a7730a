"""Emission of `Apply`: a registry from the name of an operation on arrays to the function that emits it.

What goes in: the frame and the statement. What comes out: instructions that fill the outputs. An operation that has no
emitter, or options that it does not know, are refused when the program is compiled.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.emit.factorisations import cholesky, inv, solve, triangular_solve
from wengert.emit.frame import Frame
from wengert.emit.orthogonal import eig, qr, svd
from wengert.emit.products import added_product, matmul
from wengert.emit.special import special
from wengert.emit.spectra import det, eigh, slogdet
from wengert.errors import NotAcceptedError
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import Apply

__all__ = ["EMITTERS", "apply"]

EMITTERS: dict[str, Callable[[Frame, Apply], None]] = {
    "numpy.matmul": matmul,
    "numpy.linalg.cholesky": cholesky,
    "numpy.linalg.det": det,
    "numpy.linalg.eig": eig,
    "numpy.linalg.eigh": eigh,
    "numpy.linalg.inv": inv,
    "numpy.linalg.slogdet": slogdet,
    "numpy.linalg.solve": solve,
    ADDED_PRODUCT: added_product,
    "wengert.rules.decompositions.qr_reduced": qr,
    "wengert.rules.decompositions.svd_factors": svd,
    "wengert.rules.scipy_linalg.triangular_solve": triangular_solve,
    "wengert.rules.bessel.spherical_jn": special,
    "wengert.rules.bessel.spherical_yn": special,
}


def apply(f: Frame, statement: Apply) -> None:
    """Emit an operation on arrays."""
    emit = special if statement.function.startswith("scipy.special.") else EMITTERS.get(statement.function)
    if emit is None:
        raise NotAcceptedError(f"{statement.function} is not compiled")
    emit(f, statement)
