"""What the names of a custom rule stand for."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg

X = np.array([1.0, 2.0])


def test_an_argument_called_out_is_one_like_others() -> None:
    """A function with rules may call an argument `out`: no result is stored into it."""

    @wg.custom_vjp
    def product(x, out):
        return x * out

    @product.vjp(wrt="x")
    def product_x(ct):
        return ct * 7.0

    other = np.array([5.0, 6.0])
    for call in (lambda x: product(x, other), lambda x: product(x, out=other)):
        value, gradient = wg.value_and_grad(lambda x, call=call: np.sum(call(x)))(X)
        assert value == 17.0
        np.testing.assert_array_equal(gradient, [7.0, 7.0])
    np.testing.assert_array_equal(other, [5.0, 6.0])


def test_a_name_of_two_meanings_is_refused() -> None:
    """`out` is the result and `x_shape` the shape of `x`: a rule cannot mean an argument of that name."""

    @wg.custom_vjp
    def product(x, out, x_shape):
        return x * out * x_shape

    with pytest.raises(wg.RuleError, match="'out' is the result, and an argument of the function too"):

        @product.vjp(wrt="x")
        def product_x(ct, out):
            return ct * out

    with pytest.raises(wg.RuleError, match="'x_shape' is the shape of 'x', and an argument"):

        @product.vjp(wrt="x")
        def product_x_again(ct, *, x_shape):
            return ct * x_shape
