"""What operations on arrays do, as plain Python over outputs and inputs; compiled code inlines it.

`IMPLEMENTATIONS` has, by the name that an `Apply` calls it by, a function of the arrays to fill, the arrays to read,
and the options as keywords. The functions are in the language that the compile engine accepts: simple loops over
elements, the last axis innermost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.library.accumulating import accumulated_log_sum, accumulated_maximum, accumulated_minimum, recurrence
from wengert.library.exponentials import matrix_exponential
from wengert.library.extrema import (
    greatest,
    greatest_but_nan,
    greatest_but_nan_from,
    greatest_from,
    least,
    least_but_nan,
    least_but_nan_from,
    least_from,
)
from wengert.library.fourier import fft, ifft, irfft, rfft
from wengert.library.products import hypotenuse, log_sum, product
from wengert.library.pseudoinverses import least_squares, pseudoinverse
from wengert.library.sorting import sort
from wengert.library.special import hurwitz_zeta, i0, lambertw, polygamma, sinc
from wengert.library.sums import largest, log_sum_exp, power_norm, sign_of_sum

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: dict[str, Callable[..., Any]] = {
    "numpy.fft.fft": fft,
    "numpy.fft.ifft": ifft,
    "numpy.fft.irfft": irfft,
    "numpy.fft.rfft": rfft,
    "numpy.i0": i0,
    "numpy.max": greatest,
    "numpy.min": least,
    "numpy.nanmax": greatest_but_nan,
    "numpy.nanmin": least_but_nan,
    "numpy.prod": product,
    "numpy.sinc": sinc,
    "numpy.sort": sort,
    "wengert.rules.scipy_linalg.matrix_exponential": matrix_exponential,
    "wengert.rules.cumulations.logaddexp_accumulate": accumulated_log_sum,
    "wengert.rules.cumulations.maximum_accumulate": accumulated_maximum,
    "wengert.rules.cumulations.minimum_accumulate": accumulated_minimum,
    "wengert.rules.cumulations.linear_recurrence": recurrence,
    "wengert.rules.exponential_sums.largest": largest,
    "wengert.rules.exponential_sums.log_sum_exp": log_sum_exp,
    "wengert.rules.exponential_sums.sign_of_sum": sign_of_sum,
    "wengert.rules.linalg.least_squares": least_squares,
    "wengert.rules.linalg.pseudoinverse": pseudoinverse,
    "wengert.rules.norms.power_norm": power_norm,
    "wengert.rules.special.hurwitz_zeta": hurwitz_zeta,
    "wengert.rules.special.lambertw": lambertw,
    "wengert.rules.special.polygamma": polygamma,
    "wengert.rules.reductions.fmax_from": greatest_but_nan_from,
    "wengert.rules.reductions.fmin_from": least_but_nan_from,
    "wengert.rules.reductions.max_from": greatest_from,
    "wengert.rules.reductions.min_from": least_from,
    "wengert.rules.reductions.fmax_reduce": greatest_but_nan,
    "wengert.rules.reductions.fmin_reduce": least_but_nan,
    "wengert.rules.reductions.hypot_reduce": hypotenuse,
    "wengert.rules.reductions.logaddexp_reduce": log_sum,
}
