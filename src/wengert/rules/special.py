"""Special functions of `scipy.special`: error, gamma, beta and hypergeometric functions, logistic functions, entropies.

What holds: each rule is a formula in functions that have rules themselves, so derivatives nest to any order, and one
without a removable singularity or cancellation where there is such a formula. The formulas are those of the *NIST
Digital Library of Mathematical Functions* (DLMF); the sections are named where they begin. Arguments in which SciPy
offers no derivative (parameters of hypergeometric functions and of incomplete integrals) have no rule. Bessel functions
are in `wengert.rules.bessel`, sums of exponentials in `wengert.rules.exponential_sums`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from wengert.errors import UnsupportedOperationError
from wengert.ops.table import alias, composite, declare, operation, vjp
from wengert.rules.casting import cast_to
from wengert.rules.elementwise import LN_10, not_negative

__all__ = ["hurwitz_zeta", "polygamma", "riemann_zeta"]

SQRT_PI = math.sqrt(math.pi)
SQRT_2_PI = math.sqrt(2.0 * math.pi)

alias(special.exp2, of=np.exp2)
alias(special.expm1, of=np.expm1)
alias(special.log1p, of=np.log1p)
alias(special.cbrt, of=np.cbrt)


@vjp(special.exp10, wrt="x")
def exp10_x(ct: Any, out: Any) -> Any:
    return ct * (LN_10 * out)


@vjp(special.cosm1, wrt="x")
def cosm1_x(ct: Any, x: Any) -> Any:
    return -ct * np.sin(x)


# exprel(x) = 1F1(1; 2; x), whose derivative is 1F1(2; 3; x) / 2: DLMF 13.3.15. It has no 0 / 0 at 0.


@vjp(special.exprel, wrt="x")
def exprel_x(ct: Any, x: Any) -> Any:
    return ct * (0.5 * special.hyp1f1(2.0, 3.0, x))


@vjp(special.hyp1f1, wrt="x3")
def hyp1f1_x3(ct: Any, x1: Any, x2: Any, x3: Any) -> Any:
    return ct * (x1 / x2 * special.hyp1f1(np.add(x1, 1.0), np.add(x2, 1.0), x3))


@vjp(special.hyp2f1, wrt="x4", singular=True)
def hyp2f1_x4(ct: Any, x1: Any, x2: Any, x3: Any, x4: Any) -> Any:
    return ct * (x1 * x2 / x3 * special.hyp2f1(np.add(x1, 1.0), np.add(x2, 1.0), np.add(x3, 1.0), x4))


@vjp(special.hyp0f1, wrt="x2")
def hyp0f1_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (special.hyp0f1(np.add(x1, 1.0), x2) / x1)


# Error functions: DLMF 7.2 and 7.10.


@vjp(special.erf, wrt="x")
def erf_x(ct: Any, x: Any) -> Any:
    return ct * (2.0 / SQRT_PI * np.exp(-(x * x)))


@vjp(special.erfc, wrt="x")
def erfc_x(ct: Any, x: Any) -> Any:
    return ct * (-2.0 / SQRT_PI * np.exp(-(x * x)))


@vjp(special.erfi, wrt="x")
def erfi_x(ct: Any, x: Any) -> Any:
    return ct * (2.0 / SQRT_PI * np.exp(x * x))


@vjp(special.erfcx, wrt="x")
def erfcx_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (2.0 * x * out - 2.0 / SQRT_PI)


@vjp(special.dawsn, wrt="x")
def dawsn_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (1.0 - 2.0 * x * out)


@vjp(special.wofz, wrt="x")
def wofz_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (2.0j / SQRT_PI - 2.0 * x * out)


@vjp(special.erfinv, wrt="x", singular=True)
def erfinv_x(ct: Any, out: Any) -> Any:
    return ct * (0.5 * SQRT_PI * np.exp(out * out))


@vjp(special.erfcinv, wrt="x", singular=True)
def erfcinv_x(ct: Any, out: Any) -> Any:
    return ct * (-0.5 * SQRT_PI * np.exp(out * out))


@vjp(special.ndtr, wrt="x")
def ndtr_x(ct: Any, x: Any) -> Any:
    return ct * (np.exp(-0.5 * x * x) / SQRT_2_PI)


@vjp(special.log_ndtr, wrt="x")
def log_ndtr_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (np.exp(-0.5 * x * x - out) / SQRT_2_PI)


@vjp(special.ndtri, wrt="x", singular=True)
def ndtri_x(ct: Any, out: Any) -> Any:
    return ct * (SQRT_2_PI * np.exp(0.5 * out * out))


@vjp(special.ndtri_exp, wrt="x", singular=True)
def ndtri_exp_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (SQRT_2_PI * np.exp(x + 0.5 * out * out))


# Logistic functions.


@vjp(special.expit, wrt="x")
def expit_x(ct: Any, out: Any) -> Any:
    return ct * (out * (1.0 - out))


@vjp(special.logit, wrt="x", singular=True)
def logit_x(ct: Any, x: Any) -> Any:
    return ct / not_negative(x * (1.0 - x))


@vjp(special.log_expit, wrt="x")
def log_expit_x(ct: Any, x: Any) -> Any:
    return ct * special.expit(-x)


# Products with logarithms, and entropies. A factor 0 makes the product 0 whatever the other is, and its derivative too.


def _divisor(x1: Any, x2: Any) -> Any:
    """`x2`, and 1 where both are zero, so that `x1 / x2` is 0 there and keeps its derivatives elsewhere."""
    return np.where(np.equal(x1, 0) & np.equal(x2, 0), 1.0, x2)


@vjp(special.xlogy, wrt="x1", singular=True)
def xlogy_x1(ct: Any, x2: Any) -> Any:
    return ct * np.log(x2)


@vjp(special.xlogy, wrt="x2", singular=True)
def xlogy_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (x1 / _divisor(x1, x2))


@vjp(special.xlog1py, wrt="x1", singular=True)
def xlog1py_x1(ct: Any, x2: Any) -> Any:
    return ct * np.log1p(x2)


@vjp(special.xlog1py, wrt="x2", singular=True)
def xlog1py_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (x1 / _divisor(x1, np.add(x2, 1.0)))


@vjp(special.entr, wrt="x", singular=True)
def entr_x(ct: Any, x: Any) -> Any:
    return -ct * (np.log(x) + 1.0)


@vjp(special.rel_entr, wrt="x1", singular=True)
def rel_entr_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (np.log(x1 / x2) + 1.0)


@vjp(special.rel_entr, wrt="x2", singular=True)
def rel_entr_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * (x1 / _divisor(x1, x2))


@vjp(special.kl_div, wrt="x1", singular=True)
def kl_div_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.log(x1 / x2)


@vjp(special.kl_div, wrt="x2", singular=True)
def kl_div_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (1.0 - x1 / _divisor(x1, x2))


# Robust losses and the transformation of Box and Cox.


@vjp(special.huber, wrt="x1")
def huber_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.where(np.absolute(x2) <= x1, 0.0, np.absolute(x2) - x1)


@vjp(special.huber, wrt="x2")
def huber_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.minimum(np.maximum(x2, np.negative(x1)), x1)


@vjp(special.pseudo_huber, wrt="x1")
def pseudo_huber_x1(ct: Any, x1: Any, x2: Any) -> Any:
    root = np.hypot(x1, x2)
    return ct * (2.0 * root - 2.0 * x1 - x2 * x2 / root)


@vjp(special.pseudo_huber, wrt="x2")
def pseudo_huber_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (x1 * x2 / np.hypot(x1, x2))


# With L = log(x), boxcox(x, p) is L * exprel(p * L), which has a derivative at p = 0 too.


def _boxcox_p(log_x: Any, p: Any) -> Any:
    return log_x * log_x * (0.5 * special.hyp1f1(2.0, 3.0, p * log_x))


@vjp(special.boxcox, wrt="x1", singular=True)
def boxcox_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.power(x1, np.subtract(x2, 1.0))


@vjp(special.boxcox, wrt="x2", singular=True)
def boxcox_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * _boxcox_p(np.log(x1), x2)


@vjp(special.boxcox1p, wrt="x1", singular=True)
def boxcox1p_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * np.power(np.add(x1, 1.0), np.subtract(x2, 1.0))


@vjp(special.boxcox1p, wrt="x2", singular=True)
def boxcox1p_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * _boxcox_p(np.log1p(x1), x2)


@vjp(special.inv_boxcox, wrt="x1", singular=True)
def inv_boxcox_x1(ct: Any, x2: Any, out: Any) -> Any:
    return ct * np.power(out, np.subtract(1.0, x2))


@vjp(special.inv_boxcox, wrt="x2", singular=True)
def inv_boxcox_x2(ct: Any, x2: Any, out: Any) -> Any:
    return -ct * (np.power(out, np.subtract(1.0, x2)) * _boxcox_p(np.log(out), x2))


@vjp(special.inv_boxcox1p, wrt="x1", singular=True)
def inv_boxcox1p_x1(ct: Any, x2: Any, out: Any) -> Any:
    return ct * np.power(out + 1.0, np.subtract(1.0, x2))


@vjp(special.inv_boxcox1p, wrt="x2", singular=True)
def inv_boxcox1p_x2(ct: Any, x2: Any, out: Any) -> Any:
    return -ct * (np.power(out + 1.0, np.subtract(1.0, x2)) * _boxcox_p(np.log1p(out), x2))


# Gamma functions: DLMF 5.2 and 5.15.


@operation(elementwise=True)
def polygamma(n: Any, x: Any) -> Any:
    """`scipy.special.polygamma(n, x)`, the n-th derivative of digamma, in the precision of `x`."""
    if np.iscomplexobj(x):
        raise UnsupportedOperationError("SciPy has no derivative of digamma for complex numbers")
    return special.polygamma(n, x).astype(np.result_type(np.asarray(x), np.float32))[()]


@vjp(polygamma, wrt="x")
def polygamma_x(ct: Any, n: Any, x: Any) -> Any:
    return ct * polygamma(np.add(n, 1), x)


@composite(special.polygamma)
def scipy_polygamma(n: Any, x: Any) -> Any:
    return polygamma(n, cast_to(x, np.float64))


@vjp(special.gamma, wrt="x", singular=True)
def gamma_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * (out * special.digamma(x))


@vjp(special.rgamma, wrt="x", singular=True)
def rgamma_x(ct: Any, x: Any, out: Any) -> Any:
    return -ct * (out * special.digamma(x))


@vjp(special.gammaln, wrt="x", singular=True)
@vjp(special.loggamma, wrt="x", singular=True)
def gammaln_x(ct: Any, x: Any) -> Any:
    return ct * special.digamma(x)


@vjp(special.digamma, wrt="x", singular=True)
def digamma_x(ct: Any, x: Any) -> Any:
    return ct * polygamma(1, x)


@composite(special.multigammaln)
def multigammaln(a: Any, d: Any) -> Any:
    if np.ndim(d) or np.floor(d) != d:
        raise ValueError("d should be a positive integer (dimension)")
    if np.any(np.less_equal(a, 0.5 * (d - 1))):
        raise ValueError(f"condition a ({a}) > 0.5 * (d-1) ({0.5 * (d - 1)}) not met")
    terms = [special.loggamma(np.subtract(a, 0.5 * j)) for j in range(int(d))]
    return d * (d - 1) * 0.25 * np.log(np.pi) + sum(terms[1:], terms[0])


@vjp(special.beta, wrt="x1", singular=True)
def beta_x1(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct * (out * (special.digamma(x1) - special.digamma(np.add(x1, x2))))


@vjp(special.beta, wrt="x2", singular=True)
def beta_x2(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct * (out * (special.digamma(x2) - special.digamma(np.add(x1, x2))))


@vjp(special.betaln, wrt="x1", singular=True)
def betaln_x1(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (special.digamma(x1) - special.digamma(np.add(x1, x2)))


@vjp(special.betaln, wrt="x2", singular=True)
def betaln_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * (special.digamma(x2) - special.digamma(np.add(x1, x2)))


@vjp(special.poch, wrt="x1", singular=True)
def poch_x1(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct * (out * (special.digamma(np.add(x1, x2)) - special.digamma(x1)))


@vjp(special.poch, wrt="x2", singular=True)
def poch_x2(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct * (out * special.digamma(np.add(x1, x2)))


# Incomplete gamma and beta functions, with respect to the limit of the integral: DLMF 8.8.13 and 8.17.1. The logarithm
# of the integrand, because its factors overflow.


def _gamma_density(shape: Any, x: Any) -> Any:
    return np.exp(special.xlogy(np.subtract(shape, 1.0), x) - x - special.gammaln(shape))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    exponent = special.xlogy(np.subtract(a, 1.0), x) + special.xlog1py(np.subtract(b, 1.0), np.negative(x))
    return np.exp(exponent - special.betaln(a, b))


@vjp(special.gammainc, wrt="x2", singular=True)
def gammainc_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return ct * _gamma_density(x1, x2)


@vjp(special.gammaincc, wrt="x2", singular=True)
def gammaincc_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * _gamma_density(x1, x2)


@vjp(special.gammaincinv, wrt="x2", singular=True)
def gammaincinv_x2(ct: Any, x1: Any, out: Any) -> Any:
    return ct / _gamma_density(x1, out)


@vjp(special.gammainccinv, wrt="x2", singular=True)
def gammainccinv_x2(ct: Any, x1: Any, out: Any) -> Any:
    return -ct / _gamma_density(x1, out)


@vjp(special.betainc, wrt="x3", singular=True)
def betainc_x3(ct: Any, x1: Any, x2: Any, x3: Any) -> Any:
    return ct * _beta_density(x1, x2, x3)


@vjp(special.betaincc, wrt="x3", singular=True)
def betaincc_x3(ct: Any, x1: Any, x2: Any, x3: Any) -> Any:
    return -ct * _beta_density(x1, x2, x3)


@vjp(special.betaincinv, wrt="x3", singular=True)
def betaincinv_x3(ct: Any, x1: Any, x2: Any, out: Any) -> Any:
    return ct / _beta_density(x1, x2, out)


# Integrals of elementary functions: DLMF 6.2, 7.2 and 25.12.


@vjp(special.expi, wrt="x", singular=True)
def expi_x(ct: Any, x: Any) -> Any:
    return ct * (np.exp(x) / x)


@vjp(special.exp1, wrt="x", singular=True)
def exp1_x(ct: Any, x: Any) -> Any:
    return -ct * (np.exp(-x) / x)


@vjp(special.spence, wrt="x", singular=True)
def spence_x(ct: Any, x: Any) -> Any:
    if np.iscomplexobj(x):
        return ct * (np.log(x) / (1.0 - x))
    return -ct / special.exprel(np.log(x))  # the same, with its limit at 1


@vjp(special.expn, wrt="x2", singular=True)
def expn_x2(ct: Any, x1: Any, x2: Any) -> Any:
    return -ct * special.expn(np.subtract(x1, 1), x2)


declare(special.sici)
declare(special.shichi)
declare(special.fresnel)


@vjp(special.sici, wrt="x")
def sici_x(ct: Any, x: Any) -> Any:
    return ct[0] * np.sinc(x / np.pi) + ct[1] * (np.cos(x) / x)


@vjp(special.shichi, wrt="x")
def shichi_x(ct: Any, x: Any) -> Any:
    if np.iscomplexobj(x):
        return ct[0] * (np.sinh(x) / x) + ct[1] * (np.cosh(x) / x)
    return ct[0] * (0.5 * (special.exprel(x) + special.exprel(-x))) + ct[1] * (np.cosh(x) / x)


@vjp(special.fresnel, wrt="x")
def fresnel_x(ct: Any, x: Any) -> Any:
    angle = 0.5 * np.pi * (x * x)
    return ct[0] * np.sin(angle) + ct[1] * np.cos(angle)


# Zeta functions: DLMF 25.11.17. With respect to the order they have no formula.


@operation(elementwise=True)
def riemann_zeta(x: Any) -> Any:
    """`scipy.special.zeta(x)`."""
    return special.zeta(x)


@operation(elementwise=True)
def hurwitz_zeta(x: Any, q: Any) -> Any:
    """`scipy.special.zeta(x, q)`."""
    return special.zeta(x, q)


@vjp(hurwitz_zeta, wrt="q", singular=True)
def hurwitz_zeta_q(ct: Any, x: Any, q: Any) -> Any:
    return -ct * (x * hurwitz_zeta(np.add(x, 1.0), q))


@composite(special.zeta)
def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    return riemann_zeta(x) if q is None else hurwitz_zeta(x, q)


# Elliptic integrals as functions of the parameter m: DLMF 19.4.


@vjp(special.ellipk, wrt="x", singular=True)
def ellipk_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * ((special.ellipe(x) - (1.0 - x) * out) / (2.0 * x * (1.0 - x)))


@vjp(special.ellipe, wrt="x", singular=True)
def ellipe_x(ct: Any, x: Any, out: Any) -> Any:
    return ct * ((out - special.ellipk(x)) / (2.0 * x))


# Lambert's W: DLMF 4.13.4, in the form without 0 / 0 at 0.


@operation(elementwise=True, constant=["k"], inert=["tol"])
def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    """`scipy.special.lambertw(z, k, tol)`."""
    return special.lambertw(z, k, tol)


@vjp(lambertw, wrt="z", singular=True)
def lambertw_z(ct: Any, z: Any, out: Any) -> Any:
    return ct / (z + np.exp(out))


@composite(special.lambertw)
def scipy_lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    return lambertw(z, k, tol)
