"""Generated programs as checkpointed calls: the same values and derivatives as without, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings

import wengert as wg
from tests.generated.programs import programs
from tests.generated.test_generated import DIRECTION, EXAMPLES, X, compiled, flat


def derivatives(program: Any) -> list[Any]:
    def outer(x: Any) -> Any:
        return program(x * 1.0)

    def loss(x: Any) -> Any:
        return sum(np.sum(one * (k + 1) * 0.1) for k, one in enumerate(outer(x)))

    results, pullback = wg.vjp(outer, X)
    (gradient,) = pullback(tuple(np.ones_like(one) for one in results))
    _, tangents = wg.jvp(outer, (X,), (DIRECTION,))
    by_forward = wg.hvp(loss, (X,), (DIRECTION,))
    by_reverse = wg.grad(lambda x: wg.jvp(loss, (x,), (DIRECTION,))[1])(X)
    return [flat(results), gradient, flat(tangents), by_forward, by_reverse]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
@given(programs())
def test_generated_programs_as_checkpointed_calls(source: str) -> None:
    """Loops, branches, aliases and updates: nothing is lost or counted twice."""
    program = compiled(source)
    with np.errstate(all="ignore"):
        value = flat(program(X.copy()))
    assume(np.all(np.isfinite(value)) and np.max(np.abs(value)) < 1e6)
    expected, found = derivatives(program), derivatives(wg.checkpoint(program))
    np.testing.assert_array_equal(found[0], expected[0])
    for one, other in zip(found[1:], expected[1:], strict=True):
        scale = max(1.0, float(np.max(np.abs(other))))
        np.testing.assert_allclose(one / scale, other / scale, rtol=0, atol=1e-11)
