"""Generated programs: value and derivatives agree with the complex step, in both modes and to second order."""

from __future__ import annotations

import itertools
import linecache
import os
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import wengert as wg
from tests.generated.programs import programs

EXAMPLES = int(os.environ.get("WENGERT_GENERATED_PROGRAMS", "150"))
X = np.array([0.7, -0.4, 1.1, 0.3])
DIRECTION = np.array([0.3, 1.0, -0.6, 0.8])
_numbers = itertools.count()


def compiled(source: str) -> Any:
    """The function `program` of a module of this text, with a source that can be looked up."""
    filename = f"<generated {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace: dict[str, Any] = {"np": np, "__name__": "generated"}
    exec(compile(source, filename, "exec"), namespace)
    return namespace["program"]


def flat(outputs: Any) -> np.ndarray:
    return np.concatenate([np.ravel(one) for one in outputs])


def check_second_order(program: Any) -> None:
    """Forward over reverse, reverse over forward and differences of the gradient are one Hessian."""

    def loss(x: Any) -> Any:
        values = program(x)
        return sum(np.sum(one * (k + 1) * 0.1) for k, one in enumerate(values))

    by_forward_over_reverse = wg.hvp(loss, (X,), (DIRECTION,))
    by_reverse_over_forward = wg.grad(lambda x: wg.jvp(loss, (x,), (DIRECTION,))[1])(X)
    size = max(1.0, float(np.max(np.abs(by_forward_over_reverse))))
    np.testing.assert_allclose(by_forward_over_reverse / size, by_reverse_over_forward / size, rtol=0, atol=1e-11)
    step = 1e-5
    differences = (wg.grad(loss)(X + step * DIRECTION) - wg.grad(loss)(X - step * DIRECTION)) / (2 * step)
    np.testing.assert_allclose(by_forward_over_reverse / size, differences / size, rtol=0, atol=1e-5)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_generated_programs_agree_with_the_complex_step(source: str) -> None:
    """Reverse, forward, and forward over reverse."""
    program = compiled(source)
    with np.errstate(all="ignore"):
        value = flat(program(X.copy()))
        step = 1e-30
        expected = flat(program(X + 1j * step * DIRECTION)).imag / step
    assume(np.all(np.isfinite(value)) and np.all(np.isfinite(expected)))
    assume(max(np.max(np.abs(value)), np.max(np.abs(expected))) < 1e6)
    scale = max(1.0, float(np.max(np.abs(expected))))

    recorded, tangents = wg.jvp(program, (X,), (DIRECTION,))
    np.testing.assert_array_equal(flat(recorded), value)
    np.testing.assert_allclose(flat(tangents) / scale, expected / scale, rtol=0, atol=1e-12)

    recorded, pullback = wg.vjp(program, X)
    np.testing.assert_array_equal(flat(recorded), value)
    weights = np.cos(np.arange(value.size))
    ends = np.cumsum([np.size(one) for one in recorded])
    pieces = np.split(weights, ends[:-1])
    cts = tuple(np.reshape(piece, np.shape(one)) for piece, one in zip(pieces, recorded, strict=True))
    (ct,) = pullback(cts)
    check_second_order(program)
    assert abs(ct @ DIRECTION - weights @ expected) < 1e-12 * scale * value.size
