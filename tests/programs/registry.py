"""The corpus: small plain NumPy programs, each registered with example inputs and with tags that say what it exercises.

`@program(...)` puts a function into `PROGRAMS` and returns it unchanged. The floating leaves of the inputs are
differentiated; integers, truth values and strings among them are constants. `oracle` names what the derivative is
compared with:

- "complex step": the program itself at `x + 1e-30j d`; chosen by the tag "analytic" (Squire and Trapp 1998);
- "complexified": the same with a program whose arrays are complex and whose `abs`, `int`, `floor`, ... act on the real
  part, the usual case (Martins, Sturdza and Alonso 2003);
- "jax": the function of the same name in `jax_twins`;
- "differences": extrapolated central differences, where neither of those is possible; `reason` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["MODULES", "PROGRAMS", "TAGS", "Program", "program"]

MODULES = """
    aliases branches buffers classes closures complex_numbers contexts dynamic_programming generators helpers
    integer_indexing linear_algebra loops masks methods mutation networks overlap recursion saved_operands scalars
    shapes simulations single_precision statistics trees ufunc_options views
""".split()  # noqa: SIM905 - a list of words

TAGS = {
    "alias": "two names for one array",
    "analytic": "runs unchanged on complex input, and is an analytic function of it",
    "branch": "conditions on values",
    "break": "leaves or cuts short a loop or a function early",
    "buffer": "fills an array that it makes",
    "call": "calls functions of its own",
    "class": "defines classes and calls their methods",
    "closure": "functions that see the names around them",
    "complex": "complex intermediate or input values",
    "empty": "an array without elements",
    "exception": "try, except, finally, with",
    "generator": "generators and comprehensions",
    "index": "integer-array indices",
    "linalg": "linear algebra",
    "loop": "for loops",
    "mask": "boolean indices",
    "math": "functions of Python's math module",
    "mutation": "changes an array in place",
    "overlap": "reads and writes overlapping parts of one array",
    "overwrite": "an earlier operation's operand is overwritten afterwards",
    "recursion": "functions that call themselves",
    "scalar": "Python numbers as arguments",
    "single": "float32 somewhere",
    "smooth": "twice differentiable around the inputs",
    "tree": "containers as arguments or results",
    "ufunc": "options and methods of ufuncs",
    "view": "views of arrays",
    "while": "while loops",
}

ORACLES = ("complex step", "complexified", "jax", "differences")


@dataclass(frozen=True)
class Program:
    """One program of the corpus."""

    function: Callable[..., Any]
    inputs: Callable[[], tuple[Any, ...]]
    tags: frozenset[str]
    oracle: str
    reason: str

    @property
    def name(self) -> str:
        return self.function.__name__


PROGRAMS: dict[str, Program] = {}


def program(
    inputs: Callable[[], tuple[Any, ...]], tags: Iterable[str] = (), oracle: str = "", reason: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function, and leave it as it is."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        chosen = oracle or ("complex step" if "analytic" in tags else "complexified")
        assert name not in PROGRAMS, f"two programs are named {name}"
        assert set(tags) <= set(TAGS), f"{name}: unknown tags {set(tags) - set(TAGS)}"
        assert chosen in ORACLES, f"{name}: unknown oracle {chosen}"
        assert chosen != "differences" or reason, f"{name}: say why there is no better oracle"
        PROGRAMS[name] = Program(function, inputs, frozenset(tags), chosen, reason)
        return function

    return register
