"""Generated loops through the compile engine: programs well formed after each pass, values and derivatives right.

The number of examples is that of `WENGERT_GENERATED_COMPILED`. All of them run as printed programs over NumPy, a
share as machine code, without and with LLVM's optimisations, and through `wg.jit`. The heavy run is 20,000 of them;
its pieces are different seeds, each a process of its own:

    export WENGERT_GENERATED_COMPILED=1000
    seq 20 | xargs -P 4 -I SEED pytest -q tests/generated/test_compiled.py --hypothesis-seed=SEED
"""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.generated.kernels import (
    Expected,
    arguments_of_size,
    by_reference,
    compare,
    compare_in_single_precision,
    compare_with_record_engine,
    compare_within_budgets,
    derivatives_of,
    optimised,
    unoptimised,
)
from tests.generated.loops import loop_programs
from wengert.errors import NotAcceptedError

EXAMPLES = int(os.environ.get("WENGERT_GENERATED_COMPILED", "60"))
SIZES = (4, 3, 5)
REFUSALS = (
    "is one of several arrays, depending on the path, and one of them is updated in place",
    "`the result` is a sequence of 7 on one path and a number on another",
    "is a view of an array whose name is assigned again under control flow",
    "is a Python number on one path and has the dtype float32 on another",
    "has the dtype float32 on one path and float64 on another",
    "has the dtype float64 on one path and float32 on another",
)
"""What may be refused: copies that could be told from sharing, returns from nested loops, dtypes that differ."""
SHARES = ("reference", "reference", "reference", "machine code", "jit", "single", "guarded", "unoptimised", "budget")


def check(source: str, share: str) -> None:
    """One program in the ways that its share asks for."""
    made = derivatives_of(source, arguments_of_size(SIZES[0]), guarded=share == "guarded")
    for n in SIZES[: 1 if share == "machine code" else 2]:
        arguments = arguments_of_size(n)
        expected = Expected(made.function, arguments)
        if not expected.usable:
            continue
        compare(made, by_reference, arguments, expected)
        if share in ("machine code", "unoptimised"):
            compare(made, unoptimised, arguments, expected)
        if share == "machine code":
            compare(made, optimised, arguments, expected)
        if n != SIZES[0] or expected.scale > 1e4:
            continue
        if share == "jit":
            compare_with_record_engine(source, arguments)
        if share == "budget":
            compare_within_budgets(source, arguments, expected)
        if share == "single":
            # May be refused where the same program in float64 is not.
            compare_in_single_precision(source, arguments, expected)


def test_generated_programs_compiled() -> None:
    """Values, gradients and tangents agree with plain NumPy and the complex step; few programs are refused."""
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=EXAMPLES <= 60,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(loop_programs(), st.sampled_from(SHARES))
    def run_all(source: str, share: str) -> None:
        try:
            check(source, share)
        except NotAcceptedError as refusal:
            if not any(reason in str(refusal) for reason in REFUSALS):
                raise
            outcomes["refused"] += 1
        else:
            outcomes["compiled"] += 1

    run_all()
    assert outcomes["refused"] < 0.35 * outcomes.total(), outcomes
