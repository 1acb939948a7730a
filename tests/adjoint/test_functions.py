"""The adjoint of a program with a function: what its text is, and that it has the derivative."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np

import wengert as wg


def power(x: Any, n: Any) -> Any:
    if n == 0:
        return 1.0
    return x * power(x, n - 1)


def scaled(a: Any, k: Any) -> None:
    if k < len(a):
        a[k] = a[k] * a[k - 1]
        scaled(a, k + 1)


def last_of_scaled(x: Any) -> Any:
    a = x.copy()
    scaled(a, 1)
    return a[-1]


def _functions(program: Any) -> str:
    """The functions in a text, without the comments."""
    lines = [line.partition("  #")[0] for line in str(program).splitlines()]
    start = next(k for k, line in enumerate(lines) if line.startswith("    def "))
    end = max(k for k, line in enumerate(lines) if line.startswith("        ")) + 1
    return textwrap.dedent("\n".join(line for line in lines[start:end] if line))


def test_what_a_call_saves_is_pushed_at_the_end_of_its_blocks() -> None:
    """So the reverse of the last call finds it on top; cotangents go the other way round."""
    assert (
        _functions(wg.jit(power).adjoint(1.5, 3))
        == textwrap.dedent(
            """
            def power():
                x_2 = power_x.pop()
                n_2 = power_n.pop()
                if n_2 == 0:
                    power_result.append(1.0)
                else:
                    power_x.append(x_2)
                    power_n.append(n_2 - 1)
                    power()
                    power_2 = power_result.pop()
                    power_result.append(x_2 * power_2)
                    power_saved.append(power_2)
                x_saved.append(x_2)
                n_saved.append(n_2)
            def power_reverse():
                x_saved_2 = x_saved.pop()
                n_saved_2 = n_saved.pop()
                x_bar = 0.0
                if n_saved_2 == 0:
                    ct_2 = power_result_bar.pop()
                else:
                    power_saved_2 = power_saved.pop()
                    ct_2 = power_result_bar.pop()
                    x_bar += ct_2 * power_saved_2
                    power_result_bar.append(ct_2 * x_saved_2)
                    power_reverse()
                    ct_3 = power_x_bar.pop()
                    x_bar += ct_3
                power_x_bar.append(x_bar)
            """
        ).strip()
    )
    np.testing.assert_allclose(wg.grad(wg.jit(power))(1.5, 3), 3 * 1.5**2)


def test_a_function_puts_back_what_it_overwrites() -> None:
    """Its reverse is given the array, and its adjoint."""
    text = _functions(wg.jit(last_of_scaled).adjoint(np.ones(4)))
    assert "def scaled_reverse(a, a_bar):" in text
    assert "a_saved.append(a_2)\n        a[i] = a_2 *" in text
    assert "a_saved_2 = a_saved.pop()\n        a[i] = a_saved_2\n" in text
    x = np.array([0.5, 1.5, 2.0, 3.0])
    np.testing.assert_allclose(wg.grad(wg.jit(last_of_scaled))(x), np.prod(x) / x)


def test_second_derivatives_go_through_functions() -> None:
    """The forward derivative of an adjoint, and the reverse of a gradient."""
    cube = wg.jit(power)
    np.testing.assert_allclose(wg.hvp(lambda x: cube(x, 3), (1.5,), (1.0,)), 6 * 1.5)
    np.testing.assert_allclose(wg.grad(lambda x: wg.grad(cube)(x, 3))(1.5), 6 * 1.5)


def test_what_carries_no_derivative_is_not_swept() -> None:
    """A function that only decides has no reverse."""

    def depth(x: Any) -> Any:
        return 0 if x < 1.0 else 1 + depth(x / 2)

    adjoint = wg.jit(lambda x: x ** depth(x)).adjoint(10.0)
    assert "_reverse" not in str(adjoint)
    np.testing.assert_allclose(wg.grad(wg.jit(lambda x: x ** depth(x)))(10.0), 4 * 10.0**3)
