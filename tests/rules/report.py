"""`python -m tests.rules.report`: how many operations and cases there are, and the worst error of each check."""

from __future__ import annotations

import collections
from collections.abc import Callable

import jax

from tests.rules import harness
from tests.rules.cases import all_cases
from tests.rules.harness import Case
from wengert.ops.public import public_functions
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED

Check = Callable[[Case], float | None]

CHECKS: list[tuple[str, Check, Callable[[Case], bool]]] = [
    ("numeric", harness.check_first_order, lambda case: True),
    ("forward/reverse", harness.check_forward, lambda case: True),
    ("second order", harness.check_second_order, lambda case: case.smooth),
    ("JAX", harness.check_against_jax, lambda case: harness.jax_function(case) is not None),
]


def classes() -> str:
    """The size of each class of the partition, and how many names of NumPy's public functions it holds."""
    names = collections.Counter()
    public = public_functions().values()
    every = {"ruled": TABLE, "composite": COMPOSITES, "non-differentiable": CONSTANT, "unsupported": UNSUPPORTED}
    lines = [f"{'class':20}{'functions':>10}{'NumPy names':>13}"]
    for name, one in every.items():
        names[name] = sum(function in one for function in public)
        lines.append(f"{name:20}{len(one):10}{names[name]:13}")
    lines.append(f"{'':20}{sum(map(len, every.values())):10}{names.total():13} of {len(public)}")
    return "\n".join(lines)


def errors(cases: list[Case]) -> str:
    """For each check the number of cases, of failures among them, and the worst relative error of the rest,
    in units of the scale that a case declares for its conditioning."""
    lines = [f"{'check':20}{'cases':>10}{'failed':>10}{'worst relative error':>23}  in"]
    for name, check, applies in CHECKS:
        chosen = [case for case in cases if applies(case)]
        failed, worst, where = 0, 0.0, "-"
        for case in chosen:
            try:
                error = (check(case) or 0.0) / case.scale
            except Exception:  # noqa: BLE001 (a case that does not run is a failure like any other)
                failed += 1
                continue
            if error > worst:
                worst, where = error, str(case)
        lines.append(f"{name:20}{len(chosen):10}{failed:10}{worst:23.1e}  {where}")
    return "\n".join(lines)


def main() -> None:
    """Print both tables."""
    jax.config.update("jax_enable_x64", True)
    cases = all_cases()
    tested = {case.operation for case in cases}
    print(classes())
    untested = len([function for function in (*TABLE, *COMPOSITES) if function not in tested])
    print(f"\n{len(cases)} cases of {len(tested)} functions; {untested} ruled or composite functions have no case\n")
    print(errors(cases))


if __name__ == "__main__":
    main()
