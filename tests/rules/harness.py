"""One case of one operation, and the checks that each case must pass.

A derivative is checked along a random direction, in the bilinear pairing <u, v> = Re(sum(u * v)), which is that of the
convention for complex numbers:

- the reverse derivative against central differences of the fourth order;
- the forward derivative against the reverse one, <ct, J v> = <Jt ct, v>;
- the derivative of the reverse derivative against central differences of it;
- the reverse derivative against JAX's, where JAX has the function;
- in float32, dtype and value against float64.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import wengert as wg
from wengert import tree

__all__ = ["Case", "check_against_jax", "check_first_order", "check_forward", "check_second_order", "check_single"]

BY_NAME: Any = object()


@dataclass(frozen=True)
class Case:
    """An operation with arguments. Floating arrays among `args` (also in lists and tuples) are differentiated.

    `covers` is the function of the table that the case is for, where `function` is a wrapper around it. `jax` is the
    same function for JAX: by default the one of the same name in `jax.numpy`, None where JAX has none. `smooth` is
    False where second derivatives do not exist at the arguments. `scale` multiplies tolerances for ill-conditioned
    cases.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    covers: Callable[..., Any] | None = None
    jax: Any = BY_NAME
    smooth: bool = True
    single: bool = True
    scale: float = 1.0

    @property
    def operation(self) -> Callable[..., Any]:
        return self.covers if self.covers is not None else self.function

    def __str__(self) -> str:
        leaves = [leaf for leaf in tree.flatten(self.args)[0] if is_differentiated(leaf)]
        shapes = ",".join("x".join(map(str, np.shape(leaf))) or "s" for leaf in leaves)
        options = ",".join(f"{key}={value}" for key, value in self.kwargs.items())
        name = getattr(self.operation, "__name__", "function")
        return f"{name}({self.name or shapes}{',' if options else ''}{options})".replace(" ", "")


def is_differentiated(leaf: Any) -> bool:
    return (
        isinstance(leaf, (np.ndarray, np.floating, np.complexfloating, float)) and np.asarray(leaf).dtype.kind in "fc"
    )


def split(case: Case, single: bool = False) -> tuple[Callable[..., Any], list[Any]]:
    """The case as a function of its differentiated leaves, returning a list of floating results, and those leaves."""
    leaves, structure = tree.flatten(case.args)
    places = [i for i, leaf in enumerate(leaves) if is_differentiated(leaf)]
    values = [leaves[i] for i in places]
    if single:
        values = [np.asarray(v).astype("F" if np.iscomplexobj(v) else "f")[()] for v in values]

    def function(*given: Any) -> list[Any]:
        all_leaves = list(leaves)
        for place, value in zip(places, given, strict=True):
            all_leaves[place] = value
        result = case.function(*tree.unflatten(structure, all_leaves), **case.kwargs)
        found = result if isinstance(result, (tuple, list)) else [result]
        return [one for one in found if kind_of(one) in "fc"]

    return function, values


def kind_of(value: Any) -> str:
    dtype = value.dtype if hasattr(value, "dtype") else np.asarray(value).dtype
    return str(np.dtype(dtype).kind)


def random_like(rng: np.random.Generator, value: Any) -> Any:
    value = np.asarray(value)
    drawn = rng.uniform(0.5, 1.5, value.shape) * rng.choice([-1.0, 1.0], value.shape)
    if value.dtype.kind == "c":
        drawn = drawn + 1j * rng.uniform(0.5, 1.5, value.shape)
    return np.asarray(drawn).astype(value.dtype)[()]


def pairing(us: list[Any], vs: list[Any]) -> float:
    return float(sum(np.real(np.sum(np.asarray(u) * np.asarray(v))) for u, v in zip(us, vs, strict=True)))


def central_difference(function: Callable[[float], list[Any]], step: float = 1e-3) -> list[Any]:
    """The derivative at 0, to the fourth order in the step."""
    near = [operator.sub(a, b) for a, b in zip(function(step), function(-step), strict=True)]
    far = [operator.sub(a, b) for a, b in zip(function(2 * step), function(-2 * step), strict=True)]
    return [(8 * n - f) / (12 * step) for n, f in zip(near, far, strict=True)]


def along(function: Callable[..., list[Any]], values: list[Any], direction: list[Any]) -> Callable[[float], list[Any]]:
    return lambda t: function(*[v + t * d for v, d in zip(values, direction, strict=True)])


def relative_error(found: float, expected: float) -> float:
    return abs(found - expected) / max(1.0, abs(expected))


def check_first_order(case: Case) -> float:
    """Reverse derivative against central differences; returns the relative error."""
    rng = np.random.default_rng(1)
    function, values = split(case)
    result, pullback = wg.vjp(function, *values)
    plain = function(*values)
    for one, expected in zip(result, plain, strict=True):
        np.testing.assert_allclose(one, expected, rtol=1e-12, atol=1e-12, err_msg="the recorded value differs")
    cts = [random_like(rng, one) for one in result]
    direction = [random_like(rng, v) for v in values]
    found = pairing(pullback(cts), direction)
    expected = pairing(cts, central_difference(along(function, values, direction)))
    error = relative_error(found, expected)
    assert error < 1e-8 * case.scale, (found, expected)
    return error


def check_forward(case: Case) -> float:
    """The dot-product identity between forward and reverse derivative; returns the relative error."""
    rng = np.random.default_rng(2)
    function, values = split(case)
    result, pullback = wg.vjp(function, *values)
    cts = [random_like(rng, one) for one in result]
    direction = [random_like(rng, v) for v in values]
    _, tangents = wg.jvp(function, values, direction)
    for tangent, one in zip(tangents, result, strict=True):
        assert np.shape(tangent) == np.shape(one)
        assert np.asarray(tangent).dtype == np.asarray(one).dtype
    found, expected = pairing(pullback(cts), direction), pairing(cts, tangents)
    error = relative_error(found, expected)
    assert error < 1e-10 * case.scale, (found, expected)
    return error


def check_second_order(case: Case) -> float:
    """The forward derivative of the reverse derivative against central differences; returns the relative error."""
    rng = np.random.default_rng(3)
    function, values = split(case)
    cts = [random_like(rng, one) for one in function(*values)]
    direction = [random_like(rng, v) for v in values]
    weights = [random_like(rng, v) for v in values]

    def first(*given: Any) -> list[Any]:
        return list(wg.vjp(function, *given)[1](cts))

    _, tangents = wg.jvp(first, values, direction)
    found = pairing(weights, tangents)
    expected = pairing(weights, central_difference(along(first, values, direction)))
    error = relative_error(found, expected)
    assert error < 1e-7 * case.scale, (found, expected)
    _, pullback = wg.vjp(first, *values)
    reverse = pairing(pullback(weights), direction)
    assert relative_error(reverse, found) < 1e-9 * case.scale, (reverse, found)
    return error


def check_single(case: Case) -> None:
    """In float32: derivatives are float32 and near those in float64."""
    rng = np.random.default_rng(4)
    function, values = split(case)
    result, pullback = wg.vjp(function, *values)
    cts = [random_like(rng, one) for one in result]
    single_function, single_values = split(case, single=True)
    single_result, single_pullback = wg.vjp(single_function, *single_values)
    single_cts = [np.asarray(ct).astype(np.asarray(one).dtype) for ct, one in zip(cts, single_result, strict=True)]
    for found, expected, value in zip(single_pullback(single_cts), pullback(cts), single_values, strict=True):
        assert np.asarray(found).dtype == np.asarray(value).dtype
        scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
        np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=2e-3 * case.scale)


def jax_function(case: Case) -> Callable[..., Any] | None:
    """The same function for JAX, or None where JAX has none of the name."""
    if case.jax is not BY_NAME:
        return case.jax
    import jax.numpy as jnp

    module = getattr(case.function, "__module__", "") or ""
    place: Any = jnp
    if module.startswith(("numpy.linalg", "numpy.fft")):
        place = getattr(jnp, module.split(".")[1])
    elif not (module.startswith("numpy") or isinstance(case.function, np.ufunc)):
        return None
    return getattr(place, case.function.__name__, None)


def check_against_jax(case: Case) -> float | None:
    """Reverse derivative against JAX's; returns the relative error, None where JAX does not have the function."""
    import jax

    function = jax_function(case)
    if function is None:
        return None
    rng = np.random.default_rng(5)
    own, values = split(case)
    other, _ = split(Case(function, case.args, case.kwargs))
    result, pullback = wg.vjp(own, *values)
    cts = [random_like(rng, one) for one in result]
    jax_result, jax_pullback = jax.vjp(other, *values)
    expected = jax_pullback([np.asarray(ct).astype(one.dtype) for ct, one in zip(cts, jax_result, strict=True)])
    worst = 0.0
    for one, reference in zip(pullback(cts), map(np.asarray, expected), strict=True):
        scale = max(1.0, float(np.max(np.abs(reference), initial=0.0)))
        np.testing.assert_allclose(one / scale, reference / scale, rtol=0, atol=1e-9 * case.scale)
        worst = max(worst, float(np.max(np.abs(one - reference), initial=0.0)) / scale)
    return worst
