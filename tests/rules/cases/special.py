"""Cases of `wengert.rules.special`, `wengert.rules.bessel` and `wengert.rules.exponential_sums`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from tests.rules.harness import Case

POSITIVE = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
LARGER = np.array([[1.3, 0.6, 2.2], [0.9, 1.8, 3.5]])
SIGNED = np.array([[-1.7, 0.4, 2.3], [0.95, -0.6, -1.2]])
INSIDE = np.array([-0.7, -0.1, 0.2, 0.9])
SHARES = np.array([0.25, 0.35, 0.8])
ROW = np.array([0.8, 1.1, 1.9])
Z = SIGNED + 0.5j * POSITIVE
ORDERS = np.array([0, 1, 3])
SMALL = np.array([0.0, 1e-9, -1e-4])


def in_jax(name: str) -> Callable[..., Any]:
    """The function of this name in `jax.scipy.special`, imported when it is called."""

    def function(*args: Any, **kwargs: Any) -> Any:
        import jax.scipy.special

        return getattr(jax.scipy.special, name)(*args, **kwargs)

    return function


_WITH_JAX = [
    (special.erf, SIGNED), (special.erfc, SIGNED), (special.erfinv, INSIDE), (special.expit, SIGNED),
    (special.logit, SHARES), (special.gammaln, POSITIVE), (special.digamma, POSITIVE),
    (special.entr, POSITIVE), (special.ndtr, SIGNED), (special.log_ndtr, SIGNED), (special.ndtri, SHARES),
    (special.i0, SIGNED), (special.i0e, SIGNED), (special.i1, SIGNED), (special.i1e, SIGNED),
]  # fmt: skip

_WITHOUT_JAX = [
    (special.expm1, SIGNED), (special.log1p, SIGNED + 2.0), (special.exp2, SIGNED), (special.cbrt, SIGNED),
    (special.exp10, SIGNED), (special.cosm1, SIGNED), (special.exprel, SIGNED), (special.exprel, 9.0 * SIGNED),
    (special.exprel, SMALL), (special.erfi, SIGNED), (special.erfcx, SIGNED), (special.dawsn, SIGNED),
    (special.erfcinv, SHARES), (special.ndtri_exp, -POSITIVE), (special.log_expit, SIGNED), (special.gamma, SIGNED),
    (special.rgamma, SIGNED), (special.loggamma, POSITIVE), (special.expi, SIGNED), (special.exp1, POSITIVE),
    (special.spence, POSITIVE), (special.spence, np.array([1.0, 1.0 + 1e-8])), (special.sici, SIGNED + 3.0),
    (special.shichi, SIGNED + 3.0), (special.fresnel, SIGNED), (special.ellipk, SHARES), (special.ellipe, SHARES),
    (special.j0, SIGNED), (special.j1, SIGNED), (special.y0, POSITIVE), (special.y1, POSITIVE), (special.k0, POSITIVE),
    (special.k0e, POSITIVE), (special.k1, POSITIVE), (special.k1e, POSITIVE), (np.i0, SIGNED), (np.sinc, SIGNED),
    (np.sinc, SMALL),
]  # fmt: skip

_COMPLEX = [
    special.expm1, special.log1p, special.erf, special.erfc, special.erfi, special.erfcx, special.dawsn, special.wofz,
    special.ndtr, special.log_ndtr, special.expi, special.exp1, special.spence, special.fresnel,
    special.sici, special.shichi, np.sinc,
]  # fmt: skip

_BINARY = [
    (special.beta, POSITIVE, LARGER, None), (special.betaln, POSITIVE, LARGER, "betaln"),
    (special.xlogy, SIGNED, POSITIVE, "xlogy"), (special.xlog1py, SIGNED, POSITIVE, "xlog1py"),
    (special.rel_entr, POSITIVE, LARGER, "rel_entr"), (special.kl_div, POSITIVE, LARGER, "kl_div"),
    (special.huber, POSITIVE, SIGNED, None), (special.pseudo_huber, POSITIVE, SIGNED, None),
    (special.boxcox, POSITIVE, SIGNED, None), (special.boxcox1p, POSITIVE, SIGNED, None),
    (special.inv_boxcox, POSITIVE, ROW, None), (special.inv_boxcox1p, POSITIVE, ROW, None),
    (special.poch, POSITIVE, LARGER, None),
]  # fmt: skip

_OF_ORDER = [
    (special.jv, ORDERS, SIGNED[:, :1] + 2.0), (special.yv, ORDERS, POSITIVE), (special.yn, ORDERS, POSITIVE),
    (special.iv, ORDERS, SIGNED), (special.ive, ORDERS, SIGNED), (special.kv, ORDERS, POSITIVE),
    (special.kn, ORDERS, POSITIVE), (special.kve, ORDERS, POSITIVE), (special.expn, ORDERS + 2, POSITIVE),
    (special.hyp0f1, ORDERS + 1, SIGNED), (special.gammainc, ORDERS + 1, POSITIVE),
    (special.gammaincc, ORDERS + 1, POSITIVE), (special.gammaincinv, ORDERS + 1, SHARES),
    (special.gammainccinv, ORDERS + 1, SHARES), (special.polygamma, ORDERS, POSITIVE),
    (special.zeta, ORDERS + 2, POSITIVE), (special.spherical_jn, ORDERS, SIGNED),
    (special.spherical_yn, ORDERS, POSITIVE),
]  # fmt: skip

CASES = [
    *(Case(function, (x,), jax=in_jax(function.__name__.replace("psi", "digamma"))) for function, x in _WITH_JAX),
    *(Case(function, (x,), jax=None) for function, x in _WITHOUT_JAX),
    *(Case(function, (Z,), name="complex", jax=None) for function in _COMPLEX),
    *(
        Case(function, args, jax=None if name is None else in_jax(name))
        for function, x, y, name in _BINARY
        for args in ((x, y), (x, 0.6))
    ),
    *(Case(function, (n, x), jax=None) for function, n, x in _OF_ORDER),
    *(Case(function, (ORDERS, Z), name="complex", jax=None) for function in (special.jv, special.iv, special.kv)),
    *(Case(function, (ORDERS, Z), name="complex", jax=None) for function in (special.yv, special.kve)),
    *(Case(function, (ORDERS, Z), name="complex", jax=None) for function in (special.hankel1, special.hankel2)),
    Case(special.jv, (2, SMALL), name="small", jax=None),
    Case(special.spherical_jn, (ORDERS, SMALL), name="small", jax=None),
    Case(special.spherical_jn, (ORDERS, SIGNED), {"derivative": True}, jax=None),
    Case(special.spherical_yn, (ORDERS, POSITIVE), {"derivative": True}, jax=None),
    Case(special.boxcox, (ROW, np.zeros(3)), name="logarithm", jax=None),
    Case(special.betainc, (ORDERS + 1, ORDERS + 2, SHARES), jax=None),
    Case(special.betaincc, (ORDERS + 1, ORDERS + 2, SHARES), jax=None),
    Case(special.betaincinv, (ORDERS + 1, ORDERS + 2, SHARES), jax=None),
    Case(special.hyp1f1, (ORDERS + 1, ORDERS + 2, SIGNED), jax=None),
    Case(special.hyp2f1, (ORDERS + 1, 2, 4, SHARES), jax=None),
    Case(special.lambertw, (SIGNED,), jax=None, single=False),  # SciPy's result is in double precision
    Case(special.lambertw, (Z, -1), name="complex", jax=None),
    Case(special.multigammaln, (POSITIVE + 2.0, 3), jax=None),
    Case(special.logsumexp, (SIGNED,), jax=in_jax("logsumexp")),
    Case(special.logsumexp, (SIGNED,), {"axis": 0}, jax=in_jax("logsumexp")),
    Case(special.logsumexp, (SIGNED,), {"axis": (0, -1), "keepdims": True}, jax=in_jax("logsumexp")),
    Case(special.logsumexp, (SIGNED, 1, POSITIVE), jax=in_jax("logsumexp")),
    Case(special.logsumexp, (SIGNED, -1, -ROW, False, True), jax=None),
    Case(special.logsumexp, (SIGNED + 800.0, -1), name="large", jax=in_jax("logsumexp"), single=False),
    Case(special.logsumexp, (Z, 0), name="complex", jax=None),
    Case(special.logsumexp, (0.7,), jax=None),
    Case(special.softmax, (SIGNED,), jax=None),
    Case(special.softmax, (SIGNED,), {"axis": -1}, jax=None),
    Case(special.softmax, (SIGNED,), {"axis": (0, 1)}, jax=None),
    Case(special.log_softmax, (SIGNED,), jax=None),
    Case(special.log_softmax, (SIGNED,), {"axis": 0}, jax=None),
]
