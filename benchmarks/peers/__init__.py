"""The libraries that are compared, each with the cases in its own words.

`CONTENDERS` is what a suite may compare, by the name that tables print; `PEERS` what the command line may name.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from benchmarks.kernels.cases import Case, Size, fresh
from benchmarks.measuring import Run, Subject, arrays, first_call


@dataclass(frozen=True)
class Contender:
    """One way to compute.

    Attributes:
        module: `benchmarks.peers.<module>`.
        function: its name there; "primal" is the function alone, anything else a derivative.
        package: what has to be installed.
        peer: what the command line calls it.
    """

    module: str
    function: str
    package: str
    peer: str = ""

    @property
    def kind(self) -> str:
        """Outcomes of one kind are compared with each other."""
        return "primal" if self.function == "primal" else "derivative"


CONTENDERS = {
    "NumPy primal": Contender("plain", "primal", "numpy"),
    "Numba primal": Contender("numba", "primal", "numba"),
    "wengert primal": Contender("wengert", "primal", "wengert"),
    "wengert recorded": Contender("wengert", "recorded", "wengert"),
    "wengert": Contender("wengert", "compiled", "wengert"),
    "JAX": Contender("jax", "compiled", "jax"),
    "JAX, its own while": Contender("jax", "with_while", "jax"),
    "JAX, Python's loop": Contender("jax", "compiled", "jax"),
    "PyTorch": Contender("torch", "eager", "torch"),
    "PyTorch compiled": Contender("torch", "compiled", "torch", "torch.compile"),
    "autograd": Contender("autograd", "recorded", "autograd"),
}
PEERS = tuple(dict.fromkeys(contender.peer or contender.package for contender in CONTENDERS.values()))


@dataclass(frozen=True)
class Problem:
    """A case with its inputs: what a peer is given."""

    case: Case
    arguments: tuple[Any, ...]
    weights: tuple[Any, ...]
    trips: dict[str, int]


def problem(case: Case, size: Size, seed: int) -> Problem:
    """The case with inputs and weights drawn by the seed."""
    arguments = case.arguments(size, seed)
    return Problem(case, arguments, case.weights(size, seed), case.trips(arguments))


def is_asked_for(contender: str, peers: tuple[str, ...]) -> bool:
    """Whether it is among the peers, NumPy and wengert."""
    chosen = CONTENDERS[contender]
    return (chosen.peer or chosen.package) in {"numpy", "wengert", *peers}


def is_installed(contender: str) -> bool:
    """Whether the package that it needs can be imported here."""
    try:
        version(CONTENDERS[contender].package)
    except PackageNotFoundError:
        return False
    return True


def run_of(contender: str, given: Problem) -> Run:
    """What the contender does with the problem."""
    chosen = CONTENDERS[contender]
    peer = importlib.import_module(f"benchmarks.peers.{chosen.module}")
    run: Run = getattr(peer, chosen.function)(given)
    return run


def subject_of(contender: str, given: Problem) -> Subject:
    """The contender's subject, after its first call."""
    if CONTENDERS[contender].kind == "primal":
        return primal_subject(run_of(contender, given), given)
    run = run_of(contender, given)
    seconds, result = first_call(run)
    return Subject({"call": run}, arrays(result), seconds)


def primal_subject(run: Run, given: Problem) -> Subject:
    """Of a function alone, whose results are those that it returns, or what it has updated."""
    seconds, _ = first_call(run)
    return Subject({"call": run}, arrays(given.case.results(given.arguments, run.call)), seconds)


def copying(function: Any, given: Problem) -> Run:
    """The function on copies of the arguments, which it may update; copying is not timed."""
    return Run(function, lambda: fresh(given.arguments))
