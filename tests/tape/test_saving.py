"""A write copies if, and only if, a tape still needs the old value; nothing saved is ever lost."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.tape.call import record_call
from wengert.tape.tape import open_tapes

N = 1000


def saved_bytes(function: Any, *args: Any) -> int:
    """The bytes of all arrays that the tape of a call holds, each memory once."""
    tape = record_call(function, args, {}, (0,), forward=False, keep=False).tape
    owners: dict[int, int] = {}
    for entry in tape.entries:
        lists = [link[3] for link in entry[1]] if type(entry) is tuple else entry.saved_lists()
        for saved in lists:
            for value in saved:
                if isinstance(value, np.ndarray):
                    owner = value if value.base is None else value.base
                    owners[id(owner)] = owner.nbytes
    return sum(owners.values())


def not_needed(x):
    y = x + 1.0
    for _ in range(50):
        y[::2] = 0.5
        y[1:] += x[1:]
    return np.sum(y)


def needed_once(x):
    y = x + 1.0
    z = y * y
    for _ in range(50):
        y[:] = 0.5
    return np.sum(z) + np.sum(y)


def needed_rows(x):
    """Each row is saved by a product and then overwritten once: one copy of each row."""
    a = np.zeros((10, N // 10))
    total = 0.0
    for k in range(10):
        a[k] = x[: N // 10]
        total += np.sum(a[k] * a[k])
        a[k] = 0.0
    return total


def needed_elsewhere(x):
    """The saved half is not the one that is written."""
    y = x + 1.0
    z = np.sum(y[: N // 2] * y[: N // 2])
    for _ in range(20):
        y[N // 2 :] = 2.0
    return z + np.sum(y)


def scaled_in_place(x):
    """y *= c saves each factor once, as y = y * c does."""
    y = x + 1.0
    for _ in range(5):
        y *= x
    return np.sum(y)


@pytest.mark.parametrize(
    ("function", "arrays"),
    [(not_needed, 0), (needed_once, 1), (needed_rows, 1), (needed_elsewhere, 1), (scaled_in_place, 6)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_bytes_saved(function: Any, arrays: float) -> None:
    """The memory held by the tape, counted in arrays of the input's size."""
    assert saved_bytes(function, np.linspace(0.0, 1.0, N)) == arrays * N * 8


PLAIN = np.array([1.0, 2.0, 3.0])


def plain_operand_changes(x):
    w = PLAIN + 0.0
    total = 0.0
    for _ in range(3):
        total += np.sum(w * x)
        w *= 0.5
        w[0] = 4.0
    return total


def index_changes(x):
    index = np.array([0, 1, 2])
    y = x[index] * 1.0
    index += 10
    index[:] = 0
    y[index[:2]] = x[1:]
    index[:] = 2
    return np.sum(y * np.arange(1.0, 4.0))


def mask_changes(x):
    mask = x > 1.0
    y = np.where(mask, x, 0.0)
    mask[:] = False
    z = np.zeros(3)
    mask[0] = True
    z[mask] = x[mask]
    np.logical_not(mask, out=mask)
    return np.sum(y * y) + np.sum(z**3)


def sorted_in_place(x):
    w = PLAIN[::-1].copy()
    v = np.asarray(w)
    y = np.sum(x * v)
    v.sort()
    return y + np.sum(x * v)


def filled(x):
    w = PLAIN + 1.0
    y = x * w
    w.fill(0.0)
    np.copyto(w, 3.0)
    z = x * w
    np.put(w, [0], 9.0)
    return np.sum(y) + np.sum(z)


@pytest.mark.parametrize(
    "function",
    [plain_operand_changes, index_changes, mask_changes, sorted_in_place, filled],
    ids=lambda function: function.__name__,
)
def test_plain_arrays_may_change_after_use(function: Any) -> None:
    """A plain array, index or mask that is overwritten after its use: the derivative is that of the use."""
    x = np.array([0.5, 1.5, 2.5])
    step = 1e-6
    expected = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(wg.grad(function)(x), expected, rtol=1e-8)
    np.testing.assert_allclose(wg.jacobian(function, mode="forward")(x), expected, rtol=1e-8)


def test_plain_arrays_may_change_where_there_is_no_source() -> None:
    """The same for a function without source, whose stores cannot be intercepted."""
    namespace: dict[str, Any] = {"np": np}
    exec(
        "def f(x):\n    w = np.array([1.0, 2.0])\n    y = np.sum(w * x)\n    w[:] = 100.0\n    return y\n",
        namespace,
    )
    np.testing.assert_array_equal(wg.grad(namespace["f"])(np.ones(2)), [1.0, 2.0])


def test_plain_arrays_may_be_changed_by_a_helper_without_source() -> None:
    """And for one that calls such a function."""
    namespace: dict[str, Any] = {"np": np}
    exec("def spoil(w):\n    w[:] = 100.0\n", namespace)
    spoil = namespace["spoil"]

    def f(x):
        w = PLAIN + 0.0
        y = np.sum(w * x)
        spoil(w)
        return y

    np.testing.assert_array_equal(wg.grad(f)(np.ones(3)), [1.0, 2.0, 3.0])


def test_results_and_arguments_may_change_before_the_pullback() -> None:
    """What the caller does with results, arguments and captured arrays does not reach a pullback kept for later."""
    x, captured = np.array([0.5, 1.0]), np.array([2.0, 3.0])
    value, pullback = wg.vjp(lambda x: np.exp(x) * captured, x)
    expected = np.exp(x) * captured
    value *= 0.0
    x *= 0.0
    captured *= 0.0
    np.testing.assert_allclose(pullback(np.ones(2))[0], expected, rtol=1e-15)
    np.testing.assert_allclose(pullback(np.ones(2))[0], expected, rtol=1e-15)


def test_derivatives_are_the_callers_own() -> None:
    """Returned derivatives share no memory with one another, with the seed or with what is saved."""
    ct = np.ones(3)
    _, pullback = wg.vjp(lambda x, y: x + y, np.zeros(3), np.zeros(3))
    first, second = pullback(ct)
    first += 5.0
    np.testing.assert_array_equal(second, np.ones(3))
    np.testing.assert_array_equal(ct, np.ones(3))
    first, second = pullback(ct)
    np.testing.assert_array_equal(first, np.ones(3))


def test_the_callers_arrays_do_not_change() -> None:
    """Neither differentiated nor other arguments are changed, whatever the function does to them."""

    def f(x, y, n):
        x[0] = 5.0
        x *= y
        y[:] = x
        n += 1
        return np.sum(x * y * n)

    args = np.ones(3), np.full(3, 2.0), np.arange(3)
    kept = [a.copy() for a in args]
    value, gradient = wg.value_and_grad(f, (0, 1))(*args)
    for now, before in zip(args, kept, strict=True):
        np.testing.assert_array_equal(now, before)
    assert value == f(*[a.copy() for a in kept])
    assert gradient[0][0] == 0.0


def test_a_tape_is_freed_when_the_derivative_returns() -> None:
    """No reference cycle keeps a tape, or what it has saved, until the garbage collector comes by."""
    alive: list[Any] = []

    def f(x):
        y = np.exp(x).reshape(2, 50)
        y.T[0] *= 2.0
        z = np.zeros(100)
        z[::2] = y.ravel()[::2]
        alive.append(weakref.ref(open_tapes()[-1]))
        return np.sum(z * x)

    gc.collect()
    gc.disable()
    try:
        for derivative in (wg.grad, wg.hessian, wg.jacobian, lambda f: wg.jacobian(f, mode="forward")):
            derivative(f)(np.ones(100))
            wg.jvp(f, (np.ones(100),), (np.ones(100),))
            wg.vjp(f, np.ones(100))
        assert [tape() for tape in alive] == [None] * len(alive)
    finally:
        gc.enable()
