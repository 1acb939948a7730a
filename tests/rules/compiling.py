"""A case of one operation through `wg.jit`, against the record engine.

What goes in: a case. What comes out: nothing, or an assertion that fails. What holds: the compiled function calls the
operation as a user writes it: what is differentiated comes as arguments, everything else is a constant from outside.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from typing import Any

import numpy as np

import wengert as wg
from tests.rules.harness import Case, is_differentiated, kind_of, random_like
from wengert import tree

__all__ = ["check_compiled", "check_compiled_forward"]

_SOURCE = "<case of an operation>"


def check_compiled(case: Case) -> None:
    """Value and pullback of the compiled case agree with those of the recorded one."""
    values = [leaf for leaf in tree.flatten(case.args)[0] if is_differentiated(leaf)]
    plain = _written_out(case)
    compiled = wg.jit(plain)
    expected, expected_pullback = wg.vjp(lambda *given: _floating(plain(*given)), *values)
    found, pullback = wg.vjp(lambda *given: _floating(compiled(*given)), *values)
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert np.asarray(one).dtype == np.asarray(other).dtype
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12 * case.scale, err_msg="the value differs")
    rng = np.random.default_rng(5)
    cts = [random_like(rng, one) for one in expected]
    wanted = expected_pullback(cts)
    scale = max([1.0, *(float(np.max(np.abs(one), initial=0.0)) for one in wanted)])
    for one, other in zip(pullback(cts), wanted, strict=True):
        assert np.shape(one) == np.shape(other)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9 * scale * case.scale, err_msg="the derivative differs")


def _floating(result: Any) -> list[Any]:
    found = result if isinstance(result, (tuple, list)) else [result]
    return [one for one in found if kind_of(one) in "fc"]


def _written_out(case: Case) -> Callable[..., Any]:
    """A function of the differentiated leaves whose source is one call of the operation."""
    names: dict[str, Any] = {"operation": case.function}
    parameters: list[str] = []

    def text(value: Any) -> str:
        if is_differentiated(value):
            parameters.append(f"x{len(parameters)}")
            return parameters[-1]
        if type(value) in (tuple, list) and any(map(is_differentiated, tree.flatten(value)[0])):
            items = "".join(f"{text(item)}, " for item in value)
            return f"({items})" if type(value) is tuple else f"[{items}]"
        name = f"constant{len(names)}"
        names[name] = value
        return name

    arguments = [text(value) for value in case.args]
    for key, value in case.kwargs.items():
        names[key] = value
        arguments.append(f"{key}={key}")
    source = f"def run({', '.join(parameters)}):\n    return operation({', '.join(arguments)})\n"
    name = f"{_SOURCE[:-1]} {id(names)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(True), name)
    exec(compile(source, name, "exec"), names)
    return names["run"]


def check_compiled_forward(case: Case) -> None:
    """The forward derivative of the compiled case agrees with that of the recorded one."""
    values = [leaf for leaf in tree.flatten(case.args)[0] if is_differentiated(leaf)]
    plain = _written_out(case)
    compiled = wg.jit(plain)
    rng = np.random.default_rng(6)
    direction = [random_like(rng, value) for value in values]
    _, expected = wg.jvp(lambda *given: _floating(plain(*given)), values, direction)
    _, found = wg.jvp(lambda *given: _floating(compiled(*given)), values, direction)
    for one, other in zip(found, expected, strict=True):
        scale = max(1.0, float(np.max(np.abs(other), initial=0.0)))
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9 * scale * case.scale)
