"""Every case of every operation through `wg.jit`: refused with the reason listed, or as the record engine has it.

Continuous integration runs one case of each function; all of them are run by

    WENGERT_RULES_COMPILED=all pytest -n 2 tests/rules/test_compiled.py
"""

from __future__ import annotations

import os
import re

import pytest

from tests.rules.cases import named_cases
from tests.rules.compiling import check_compiled, check_compiled_forward
from tests.rules.not_compiled import ARRANGED, NOT_COMPILED
from wengert.errors import NotAcceptedError

CASES = named_cases()
ALL = os.environ.get("WENGERT_RULES_COMPILED") == "all"
EXCEPTIONS = {*NOT_COMPILED, *ARRANGED}


def _selected() -> list[str]:
    """The cases that compile: all of them, or the first one of each function."""
    compiled = [name for name in CASES if name not in EXCEPTIONS]
    if ALL:
        return compiled
    first: dict[object, str] = {}
    for name in compiled:
        first.setdefault(CASES[name].operation, name)
    return list(first.values())


@pytest.mark.parametrize("name", _selected())
@pytest.mark.filterwarnings("ignore")
def test_value_and_derivative_are_those_of_the_record_engine(name: str) -> None:
    """The compiled function gives the value and the pullback of the recorded one."""
    check_compiled(CASES[name])


FORWARD = [
    *("linalg: lstsq(4x2,4x3)", "linalg: eigvals(stack)", "linalg: svd(values_real(4,2))", "special: sici(2x3)"),
    *(
        "special: fresnel(complex)",
        "padding: pad(4,reflect_type=odd)",
        "joining: insert(3,s)",
        "order: sort(2x5,axis=0)",
    ),
]


@pytest.mark.parametrize("name", _selected() if ALL else FORWARD)
@pytest.mark.filterwarnings("ignore")
def test_forward_derivative_is_that_of_the_record_engine(name: str) -> None:
    """The compiled function's forward derivative is the recorded one: of operations with several results, too."""
    check_compiled_forward(CASES[name])


@pytest.mark.parametrize("name", NOT_COMPILED)
@pytest.mark.filterwarnings("ignore")
def test_refused_with_the_reason(name: str) -> None:
    """What is not compiled is refused, and for the reason that is listed."""
    with pytest.raises(NotAcceptedError, match=re.escape(NOT_COMPILED[name])):
        check_compiled(CASES[name])


@pytest.mark.parametrize("name", ARRANGED)
def test_partitions_are_other_arrangements(name: str) -> None:
    """Where NumPy leaves the order open, ours may be another: then the values differ, and nothing else."""
    with pytest.raises(AssertionError, match="the value differs"):
        check_compiled(CASES[name])


def test_exceptions_are_cases() -> None:
    """The lists of exceptions name cases that there are."""
    assert set(CASES) >= EXCEPTIONS
