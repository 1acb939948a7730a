"""Functions that store in place, choices at their edges, and writes through results that are views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import wengert as wg
from wengert.errors import LostGradientError, UnsupportedOperationError

X = np.array([1.0, 2.0, 3.0, 4.0])
M = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
WEIGHTS = np.array([10.0, 20.0, 30.0, 40.0])


def weighted(store: Callable[[Any, Any], None]) -> Callable[[Any, Any], Any]:
    """The sum of a copy of `x` with weights 10, 20, 30, 40, after `store(copy, y)`."""

    def function(x: Any, y: Any) -> Any:
        copy = x.copy()
        store(copy, y)
        return np.sum(WEIGHTS * copy)

    return function


STORES: list[tuple[str, Callable[[Any, Any], None], list[float], list[float]]] = [
    ("put", lambda a, y: np.put(a, [1, 2], y), [10, 0, 0, 40], [20, 30]),
    ("put negative", lambda a, y: np.put(a, [-1, 0], y), [0, 20, 30, 0], [40, 10]),
    ("put repeated: the last one wins", lambda a, y: np.put(a, [2, 2], y), [10, 20, 0, 40], [0, 30]),
    ("put fewer values: they repeat", lambda a, y: np.put(a, [0, 1, 2], y), [0, 0, 0, 40], [40, 20]),
    ("put more values: the rest is not used", lambda a, y: np.put(a, [3], y), [10, 20, 30, 0], [40, 0]),
    ("put nothing", lambda a, y: np.put(a, [], y), [10, 20, 30, 40], [0, 0]),
    ("put wrap", lambda a, y: np.put(a, [5, -6], y, mode="wrap"), [10, 0, 0, 40], [20, 30]),
    ("put clip", lambda a, y: np.put(a, [5, -6], y, mode="clip"), [0, 20, 30, 0], [40, 10]),
    ("put method", lambda a, y: a.put([0, 3], y), [0, 20, 30, 0], [10, 40]),
    ("place", lambda a, y: np.place(a, [1, 0, 1, 1], y), [0, 20, 0, 0], [50, 30]),
    ("place nothing", lambda a, y: np.place(a, [0, 0, 0, 0], y), [10, 20, 30, 40], [0, 0]),
    ("putmask takes by place", lambda a, y: np.putmask(a, [0, 0, 1, 1], y), [10, 20, 0, 0], [30, 40]),
    ("copyto", lambda a, y: np.copyto(a[1:3], y), [10, 0, 0, 40], [20, 30]),
    ("copyto where", lambda a, y: np.copyto(a, y[0], where=[True, False, False, True]), [0, 20, 30, 0], [50, 0]),
    ("copyto reversed", lambda a, y: np.copyto(a[::-2], y), [10, 0, 30, 0], [40, 20]),
    ("fill_diagonal", lambda a, y: np.fill_diagonal(a.reshape(2, 2), y), [0, 20, 30, 0], [10, 40]),
    (
        "put_along_axis",
        lambda a, y: np.put_along_axis(a.reshape(2, 2), np.array([[1], [0]]), y[:, None], 1),
        [10, 0, 0, 40],
        [20, 30],
    ),
    ("put_along_axis flat", lambda a, y: np.put_along_axis(a, np.array([-1, 1]), y, None), [10, 0, 30, 0], [40, 20]),
]


@pytest.mark.parametrize(("store", "by_x", "by_y"), [case[1:] for case in STORES], ids=[case[0] for case in STORES])
def test_stored_values_take_the_place_of_the_old_ones(store: Any, by_x: list[float], by_y: list[float]) -> None:
    """What is overwritten loses its derivative; what is stored gains that of its place."""
    found = wg.grad(weighted(store), argnums=(0, 1))(X, np.array([7.0, 8.0]))
    np.testing.assert_array_equal(found[0], by_x)
    np.testing.assert_array_equal(found[1], by_y)
    _, tangent = wg.jvp(weighted(store), (X, np.array([7.0, 8.0])), (np.ones(4), np.array([1.0, 2.0])))
    assert tangent == np.sum(by_x) + by_y[0] + 2 * by_y[1]


@pytest.mark.parametrize(
    "store",
    [
        lambda a, y: np.put(a, [0], y),
        lambda a, y: np.place(a, a < 9, y),
        lambda a, y: np.putmask(a, a < 9, y),
        lambda a, y: np.copyto(a, y[0]),
        lambda a, y: np.fill_diagonal(a.reshape(2, 2), y),
        lambda a, y: np.put_along_axis(a, np.array([0, 1]), y, 0),
    ],
    ids=["put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis"],
)
def test_a_plain_array_cannot_take_recorded_values(store: Any) -> None:
    """Storing a recorded value in an array from outside is an error, not a zero derivative."""
    outside = np.zeros(4)
    with pytest.raises(LostGradientError):
        wg.grad(lambda y: store(outside, y) or np.sum(outside))(np.array([7.0, 8.0]))


def test_constants_like_a_recorded_array_take_recorded_values() -> None:
    """zeros_like, ones_like, empty_like and full_like of a recorded array hold recorded values."""

    def function(x: Any) -> Any:
        zeros, ones, empty = np.zeros_like(x), np.ones_like(x), np.empty_like(x)
        full = np.full_like(x, 2.0)
        zeros[1], ones[0], empty[...], full[:2] = x[1] * 5, x[0], x, x[2:]
        return np.sum(zeros * ones * empty * full)

    # The only element of `zeros` that is not zero is 5 x[1]: with 1, x[1] and x[3], the sum is 5 x[1]^2 x[3].
    np.testing.assert_array_equal(wg.grad(function)(X), [0, 80, 0, 20])


def test_take_adds_up_repeated_indices() -> None:
    """Every use of an element counts; an element that is not taken has derivative zero."""
    found = wg.grad(lambda x: np.sum(np.array([1.0, 10.0, 100.0]) * np.take(x, [2, -1, 2])))(X)
    np.testing.assert_array_equal(found, [0, 0, 101, 10])


@pytest.mark.parametrize("function", [lambda x: np.take(x, np.zeros(0, int)), lambda x: np.extract(x > 9, x)])
def test_an_empty_selection_has_derivative_zero(function: Any) -> None:
    """Nothing taken, nothing depended on."""
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(function(x)))(X), np.zeros(4))


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_take_checks_indices_as_numpy_does(mode: str) -> None:
    """Out of range: an IndexError, or wrapped, or clipped."""
    if mode == "raise":
        with pytest.raises(IndexError, match="index 4 is out of bounds"):
            wg.grad(lambda x: np.take(x, 4, mode=mode))(X)
        return
    found = wg.grad(lambda x: np.take(x, -6, mode=mode))(X)
    np.testing.assert_array_equal(found, [0, 0, 1, 0] if mode == "wrap" else [1, 0, 0, 0])


def test_compress_method_takes_the_condition_as_its_argument() -> None:
    """`x.compress(condition)` is `np.compress(condition, x)`."""
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(x.compress([0, 1, 1])))(X), [0, 1, 1, 0])


def test_where_with_one_argument_gives_indices() -> None:
    """The indices are constants, found from the values."""
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(x[np.where(x > 2.5)] ** 2))(X), [0, 0, 6, 8])


def test_select_and_piecewise_do_not_evaluate_derivatives_of_choices_not_taken() -> None:
    """sqrt at 0 has an infinite derivative, which must not reach the result of the other branch."""
    x = np.array([0.0, 4.0])
    chosen = wg.grad(lambda x: np.sum(np.select([x > 1], [np.sqrt(x)], x)))(x)
    np.testing.assert_array_equal(chosen, [1, 0.25])
    pieces = wg.grad(lambda x: np.sum(np.piecewise(x, [x > 1], [np.sqrt, lambda t: 3 * t])))(x)
    np.testing.assert_array_equal(pieces, [3, 0.25])


def test_interp_at_a_sample_point_has_the_slope_of_least_modulus() -> None:
    """Slopes 1, 3, -2 between the points, 0 beyond them."""
    xp, fp = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 1.0, 4.0, 2.0])
    found = wg.grad(lambda x: np.sum(np.interp(x, xp, fp)))(np.array([0.0, 1.0, 2.0, 3.0, 1.5, -1.0]))
    np.testing.assert_array_equal(found, [0, 1, 0, 0, 3, 0])
    jump = wg.grad(lambda x: np.sum(np.interp(x, xp, fp, left=-5.0)))(np.array([0.0, -1.0]))
    np.testing.assert_array_equal(jump, [1, 0])


def test_pad_with_a_function_is_refused() -> None:
    """A callable mode pads in place, by a function that no rule knows."""
    with pytest.raises(UnsupportedOperationError, match="mode"):
        wg.grad(lambda x: np.sum(np.pad(x, 1, lambda vector, *_: None)))(X)


def test_trim_zeros_is_a_view_of_what_is_left() -> None:
    """The zeros at the ends are cut by value; writing to the rest reaches the array."""

    def function(x: Any) -> Any:
        x = x * 1.0
        np.trim_zeros(x)[0] *= 5
        return np.sum(x)

    np.testing.assert_array_equal(wg.grad(function)(np.array([0.0, 2.0, 3.0, 0.0])), [1, 5, 1, 1])


# Views: the result, and the same elements picked out by an index into the array itself.

CUBE = np.arange(1.0, 25.0).reshape(2, 3, 4) / 8

VIEWS: list[tuple[str, Callable[[Any], Any]]] = [
    ("reshape", lambda a: np.reshape(a, (4, 6))),
    ("reshape method", lambda a: a.reshape(-1)),
    ("ravel", np.ravel),
    ("ravel K", lambda a: np.ravel(a.T, "K")),
    ("ravel F of the transpose", lambda a: np.ravel(a.T, "F")),
    ("transpose", lambda a: np.transpose(a, (2, 0, 1))),
    ("T", lambda a: a.T),
    ("swapaxes", lambda a: np.swapaxes(a, 0, 2)),
    ("matrix_transpose", np.matrix_transpose),
    ("moveaxis", lambda a: np.moveaxis(a, 0, -1)),
    ("rollaxis", lambda a: np.rollaxis(a, 2)),
    ("squeeze", lambda a: np.squeeze(a[:1])),
    ("expand_dims", lambda a: np.expand_dims(a, 1)),
    ("atleast_3d", lambda a: np.atleast_3d(a[0])),
    ("flip", np.flip),
    ("fliplr", np.fliplr),
    ("flipud", np.flipud),
    ("rot90", lambda a: np.rot90(a, 1, (0, 2))),
    ("split", lambda a: np.split(a, 3, axis=1)[1]),
    ("array_split", lambda a: np.array_split(a, 3, axis=2)[0]),
    ("hsplit", lambda a: np.hsplit(a, 3)[2]),
    ("unstack", lambda a: np.unstack(a, axis=1)[2]),
    ("broadcast_arrays", lambda a: np.broadcast_arrays(a, a[0])[0]),
    ("meshgrid", lambda a: np.meshgrid(a[0, 0], a[0, 1], copy=False, sparse=True)[0]),
    ("real", np.real),
    ("a chain", lambda a: np.swapaxes(a, 0, 1)[1:].T.reshape(4, 4)[::2]),
    ("not a view: take", lambda a: np.take(a, 0, axis=0)),
    ("not a view: ravel of the transpose", lambda a: np.ravel(a.T)),
    ("not a view: ravel of every second", lambda a: np.ravel(a[..., ::2])),
]


def without_views(view: Callable[[Any], Any], a: Any) -> Any:
    """Where the elements of `view(a)` lie in `a`, flattened; None where it is a copy."""
    places = np.arange(float(a.size)).reshape(a.shape)
    seen = view(places)
    return seen.astype(int) if np.may_share_memory(seen, places) else None


@pytest.mark.parametrize("view", [case[1] for case in VIEWS], ids=[case[0] for case in VIEWS])
def test_a_write_through_a_view_reaches_the_array(view: Callable[[Any], Any]) -> None:
    """Write through the result and read the array: the same derivative as storing at the places themselves."""

    def through(x: Any, y: Any) -> Any:
        a = x * x
        v = view(a)
        v[...] = v * y
        v[0] = y * y
        return a * a

    def in_place(x: Any, y: Any) -> Any:
        a = x * x
        places = without_views(view, CUBE)
        if places is not None:
            flat = a.reshape(-1)
            flat[places] = flat[places] * y
            flat[places[0]] = y * y
        return a * a

    y = np.array(1.5)
    result, pullback = wg.vjp(through, CUBE, y)
    expected, expected_pullback = wg.vjp(in_place, CUBE, y)
    np.testing.assert_allclose(result, expected, rtol=1e-14)
    ct = np.cos(np.arange(24.0)).reshape(CUBE.shape)
    for found, other in zip(pullback(ct), expected_pullback(ct), strict=True):
        np.testing.assert_allclose(found, other, rtol=1e-12)
    direction = (np.sin(np.arange(24.0)).reshape(CUBE.shape), np.array(0.5))
    _, tangent = wg.jvp(through, (CUBE, y), direction)
    _, other = wg.jvp(in_place, (CUBE, y), direction)
    np.testing.assert_allclose(tangent, other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: np.diagonal(a, 1),
        np.diag,
        lambda a: np.broadcast_to(a[0], (4, 3)),
        lambda a: sliding_window_view(a, 2, 1),
        lambda a: np.reshape(a, -1),
    ],
    ids=["diagonal", "diag", "broadcast_to", "sliding_window_view", "reshape"],
)
def test_a_view_taken_before_a_write_sees_it(view: Callable[[Any], Any]) -> None:
    """Also where the view itself cannot be written: it reads what the array has now."""

    def before(x: Any, y: Any) -> Any:
        a = x * x
        v = view(a)
        a[0, 1] = y
        return np.sum(v * v)

    def after(x: Any, y: Any) -> Any:
        a = x * x
        a[0, 1] = y
        v = view(a)
        return np.sum(v * v)

    found = wg.grad(before, argnums=(0, 1))(M, np.array(5.0))
    expected = wg.grad(after, argnums=(0, 1))(M, np.array(5.0))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize(
    "view", [np.diagonal, lambda a: np.broadcast_to(a, (2, 2, 3))], ids=["diagonal", "broadcast_to"]
)
def test_a_view_that_numpy_makes_read_only_cannot_be_written(view: Callable[[Any], Any]) -> None:
    """NumPy's own error."""

    def function(x: Any) -> Any:
        view(x)[0] = 1.0
        return np.sum(x)

    with pytest.raises(ValueError, match="read-only"):
        wg.grad(function)(M)


@pytest.mark.parametrize("order", ["K", "F"])
def test_a_view_of_an_array_in_another_memory_order(order: Any) -> None:
    """What is a view of a transposed or Fortran-ordered array is written through in its derivative as well."""

    def through(x: Any, y: Any) -> Any:
        a = np.copy(np.transpose(x, (1, 0, 2)), order=order)
        flat = np.ravel(a, "K")
        flat[3:5] = flat[3:5] * y
        return a * a

    direction = (np.sin(np.arange(24.0)).reshape(CUBE.shape), np.array(0.5))
    value, pullback = wg.vjp(through, CUBE, np.array(1.5))
    np.testing.assert_array_equal(value, through(CUBE, np.array(1.5)))
    _, tangent = wg.jvp(through, (CUBE, np.array(1.5)), direction)
    ct = np.cos(np.arange(24.0)).reshape(3, 2, 4)
    found = sum(np.sum(one * other) for one, other in zip(pullback(ct), direction, strict=True))
    np.testing.assert_allclose(found, np.sum(ct * tangent), rtol=1e-12)
    near = through(CUBE + 1e-6 * direction[0], np.array(1.5 + 1e-6 * 0.5))
    np.testing.assert_allclose(tangent, (near - value) / 1e-6, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("part", ["real", "imag"])
def test_a_write_to_the_real_or_imaginary_part(part: str) -> None:
    """With z = x + 1j x and one part set to y: Re(w sum(z)) has the derivatives of its parts."""
    weight = 2.0 - 3.0j

    def function(x: Any, y: Any) -> Any:
        z = x + 1j * x
        view = getattr(z, part)
        view[1:] = y
        view[0] += y
        return np.real(weight * np.sum(z))

    found = wg.grad(function, argnums=(0, 1))(X, np.array(0.5))
    # Re(w (a + ib)) = 2 a + 3 b: every element adds 2 by its real and 3 by its imaginary part.
    kept, stored = (3.0, 2.0) if part == "real" else (2.0, 3.0)
    np.testing.assert_array_equal(found[0], [5, kept, kept, kept])
    assert found[1] == 4 * stored
