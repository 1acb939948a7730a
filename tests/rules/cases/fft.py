"""Cases of `wengert.rules.fft`: odd and even lengths, cut and padded inputs, all normalisations."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.rules.harness import Case

rng = np.random.default_rng(30)


def real(*shape: int) -> np.ndarray[Any, Any]:
    return np.asarray(rng.uniform(-1.0, 1.0, shape))


def cplx(*shape: int) -> np.ndarray[Any, Any]:
    return real(*shape) + 1j * real(*shape)


NORMS = ("backward", "ortho", "forward")

FULL = [
    Case(function, (make(*shape),), options)
    for function in (np.fft.fft, np.fft.ifft)
    for make, shape, options in (
        (cplx, (5,), {}),
        (real, (4,), {}),
        (real, (1,), {}),
        (cplx, (6,), {"n": 4}),
        (real, (3,), {"n": 6}),
        (cplx, (3, 4), {"axis": 0, "n": 5}),
        (real, (2, 3, 4), {"axis": -2}),
        *((cplx, (3,), {"norm": norm}) for norm in NORMS),
    )
]

HALF = [
    Case(function, (real(*shape),), options)
    for function in (np.fft.rfft, np.fft.ihfft)
    for shape, options in (
        ((6,), {}),
        ((5,), {}),
        ((1,), {}),
        ((2,), {}),
        ((6,), {"n": 3}),
        ((6,), {"n": 4}),
        ((4,), {"n": 7}),
        ((3, 4), {"axis": 0}),
        *(((4,), {"norm": norm}) for norm in NORMS),
        *(((5,), {"norm": norm}) for norm in NORMS),
    )
]

FROM_HALF = [
    Case(function, (make(*shape),), options)
    for function in (np.fft.irfft, np.fft.hfft)
    for make, shape, options in (
        (cplx, (4,), {}),
        (cplx, (2,), {}),
        (real, (4,), {}),
        (cplx, (4,), {"n": 7}),
        (cplx, (4,), {"n": 6}),
        (cplx, (4,), {"n": 4}),
        (cplx, (4,), {"n": 3}),
        (cplx, (4,), {"n": 10}),
        (cplx, (4,), {"n": 1}),
        (cplx, (3, 4), {"axis": 0}),
        *((cplx, (4,), {"norm": norm}) for norm in NORMS),
        *((cplx, (4,), {"norm": norm, "n": 5}) for norm in NORMS),
    )
]

SEVERAL_AXES = [
    *(
        Case(function, (make(*shape),), options)
        for function in (np.fft.fftn, np.fft.ifftn)
        for make, shape, options in (
            (cplx, (2, 3), {}),
            (real, (2, 3, 2), {"axes": (0, 2)}),
            (cplx, (2, 3, 2), {"s": (4, 2), "axes": (1, 0), "norm": "ortho"}),
        )
    ),
    Case(np.fft.fftn, (cplx(2, 3),), {"axes": (0, 0)}, jax=None),
    Case(np.fft.fftn, (cplx(2, 3),), {"s": (-1, 2), "axes": (0, 1)}, jax=None),
    Case(np.fft.fft2, (cplx(2, 2, 3),)),
    Case(np.fft.fft2, (real(2, 3, 2),), {"axes": (0, 1), "norm": "forward"}),
    Case(np.fft.ifft2, (cplx(2, 2, 3),), {"s": (3, 2)}),
    Case(np.fft.rfftn, (real(3, 4),)),
    Case(np.fft.rfftn, (real(2, 3, 4),), {"s": (2, 5), "axes": (2, 1), "norm": "ortho"}),
    Case(np.fft.rfft2, (real(2, 4, 3),)),
    Case(np.fft.rfft2, (real(4, 3),), {"s": (3, 4)}),
    Case(np.fft.irfftn, (cplx(3, 3),)),
    Case(np.fft.irfftn, (cplx(3, 3, 2),), {"s": (4, 3), "axes": (0, 1), "norm": "forward"}),
    Case(np.fft.irfft2, (cplx(2, 3, 3),)),
    Case(np.fft.irfft2, (cplx(3, 3),), {"s": (3, 5)}),
]

SHIFTS = [
    Case(function, (make(*shape),), options)
    for function in (np.fft.fftshift, np.fft.ifftshift)
    for make, shape, options in (
        (real, (5,), {}),
        (cplx, (4, 3), {}),
        (real, (4, 3), {"axes": 1}),
        (real, (4, 3, 5), {"axes": (0, -1)}),
    )
]

CASES = [*FULL, *HALF, *FROM_HALF, *SEVERAL_AXES, *SHIFTS]
