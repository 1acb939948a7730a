"""Each contender of each case of each suite, tiny, in this process: it runs, and agrees with the others.

`torch.compile` takes too long for a test, and so does Numba for every kernel: it compiles them as they are, so that
there is no twin of ours to be wrong. `python -m benchmarks --size tiny` runs all.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from benchmarks.measuring import Clock, Subject, arrays
from benchmarks.models.cases import CASES as MODELS
from benchmarks.peers import CONTENDERS, is_installed
from benchmarks.peers.twins import has_twin
from benchmarks.processes import difference
from benchmarks.suites import NAMES, suite

REFERENCES = {"primal": "NumPy primal", "derivative": "wengert recorded"}
BY_NUMBA = {"trisolv", "ode"}  # a kernel and a model, quickly compiled, that calls another function
NOT_BY_NUMBA = {"mlp", "kmeans"}  # the largest along an axis
FORM = {"NAME", "TITLE", "TIMED", "WITH_THREADS", "PROCESSES"}
FUNCTIONS = {"cases", "contenders", "kind", "subject", "tables", "draw", "summary", "behind"}
ALL = [
    pytest.param(name, case, contender, id=f"{name}-{case}-{contender}".replace(" ", "_"))
    for name in NAMES
    for case in suite(name).cases("tiny")
    for contender in suite(name).contenders(case)
    if contender != "PyTorch compiled" and (contender != "Numba primal" or case in BY_NUMBA | NOT_BY_NUMBA)
]


def subject(name: str, case: str, contender: str) -> Subject:
    """Of the tiny size."""
    found: Subject = suite(name).subject(case, contender, "tiny", 0)
    return found


@cache
def expected(name: str, case: str, kind: str) -> tuple[Any, ...]:
    """The outcome of NumPy, or of wengert's tape; where neither contends, of the first who does the same."""
    contenders = [one for one in suite(name).contenders(case) if suite(name).kind(one) == kind]
    reference = REFERENCES[kind] if REFERENCES[kind] in contenders else contenders[0]
    return arrays(subject(name, case, reference).outcome)


def error_of(name: str, case: str, contender: str) -> type[Exception] | tuple[type[Exception], ...] | None:
    """What a peer raises that cannot express a case."""
    if contender == "JAX, its own while":
        return ValueError
    if contender == "autograd" and name == "kernels" and not has_twin("autograd", suite(name).CASES[case]):
        return (TypeError, ValueError)
    if contender == "Numba primal" and case in NOT_BY_NUMBA:
        from numba.core.errors import TypingError

        error: type[Exception] = TypingError
        return error
    return None


@pytest.mark.filterwarnings("ignore")  # what peers warn of is theirs
@pytest.mark.parametrize(("name", "case", "contender"), ALL)
def test_contender_runs_and_agrees(name: str, case: str, contender: str) -> None:
    """Its outcome is that of the others, and its runs can be timed; or it gives the error that the table shows."""
    if not is_installed(contender):
        pytest.skip(f"{CONTENDERS[contender].package} is not installed")
    error = error_of(name, case, contender)
    if error is not None:
        with pytest.raises(error):
            subject(name, case, contender)
        return
    found = subject(name, case, contender)
    assert found.first > 0.0
    assert difference(list(arrays(found.outcome)), list(expected(name, case, suite(name).kind(contender)))) == ""
    for elapsed, used in Clock(found.runs, "tiny").repeat().values():
        assert elapsed > 0.0
        assert used >= 0.0


@pytest.mark.parametrize("name", NAMES)
def test_suite_has_the_form(name: str) -> None:
    """So that the command can run it; a small size is part of a large one."""
    module = suite(name)
    assert set(vars(module)) >= FORM | FUNCTIONS
    assert set(module.PROCESSES) == {"tiny", "S", "M"}
    assert set(module.cases("S")) <= set(module.cases("M")) or name == "compile"
    for case in module.cases("M"):
        assert set(module.contenders(case)) <= set(CONTENDERS)


@pytest.mark.parametrize("name", MODELS)
def test_model_has_a_twin_for_each_peer(name: str) -> None:
    """Each peer has all models in its own words."""
    assert all(has_twin(peer, MODELS[name]) for peer in ("jax", "torch", "autograd"))
