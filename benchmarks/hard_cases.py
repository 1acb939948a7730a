"""Derivatives where calculus does not say: the answers of wengert, JAX, PyTorch and autograd, produced by running them.

python -m benchmarks.hard_cases                             # writes the table, as Markdown
python -m benchmarks.hard_cases --page docs/semantics.md    # puts it into the page, between its two marks

What goes in: nothing; the cases are below, each a line of NumPy. What comes out: a row for each case with the gradient
that each library gives, or the class of the error that it raises. What holds: the line is run as it is, with `np` bound
to NumPy, `jax.numpy`, `autograd.numpy`, or PyTorch under NumPy's names (`benchmarks/peers/spelling.py`). wengert's
answer is that of both engines; where they differ, the cell says so.
"""

from __future__ import annotations

import argparse
import linecache
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import wengert as wg

BEGIN, END = "<!-- hard cases: begin -->", "<!-- hard cases: end -->"
LIBRARIES = ("wengert", "jax", "torch", "autograd")
TITLES = {"wengert": "wengert", "jax": "JAX", "torch": "PyTorch", "autograd": "autograd"}

# A line of NumPy in `x`, and the point.
CASES: tuple[tuple[str, Any], ...] = (
    ("np.abs(x)", 0.0),
    ("np.maximum(x, 0.0)", 0.0),
    ("np.where(x > 0, x, 0.0)", 0.0),
    ("np.clip(x, 0.0, 1.0)", 0.0),
    ("np.clip(x, 0.0, 1.0)", 1.0),
    ("np.max(x)", [3.0, 1.0, 3.0]),
    ("np.sum(np.sort(x) * np.array([1.0, 2.0, 4.0]))", [2.0, 1.0, 2.0]),
    ("np.median(x)", [1.0, 2.0, 2.0, 2.0, 5.0]),
    ("np.sign(x) * x", 0.0),
    ("np.floor(x) * x", 2.0),
    ("np.hypot(x[0], x[1])", [0.0, 0.0]),
    ("np.linalg.norm(x)", [0.0, 0.0]),
    ("np.sqrt(np.sum(x**2))", [0.0, 0.0]),
    ("np.std(x)", [1.0, 1.0]),
    ("np.prod(x)", [0.0, 2.0, 3.0]),
    ("np.sqrt(x)", 0.0),
    ("np.log(x)", -1.0),
    ("np.arctan2(x[0], x[1])", [0.0, 0.0]),
    ("x**0.0", 0.0),
    ("x**x", 0.0),
    ("np.where(x > 0, np.sqrt(x), 0.0)", 0.0),
    ("np.where(x > 0, np.log(x), 0.0)", -1.0),
    ("np.where(x > 0, x**0.5, 0.0)", -1.0),
    ("np.where(x > 0, 1.0 / x, 0.0)", 0.0),
    ("np.where(x > 0, np.arctan2(x, x), 0.0)", 0.0),
    ("np.where(x[0] > 0, np.linalg.norm(x), 0.0)", [0.0, 0.0]),
    ("np.where(x[0] > 0, np.prod(np.sqrt(x)), 0.0)", [-1.0, 2.0]),
    ("np.sqrt(x) ** 2", 0.0),
    ("x * np.log(x)", 0.0),
    ("np.abs(x) ** 2", 1.0 + 2.0j),
    ("x * 2", 3),
    ("int(x) * x", 2.5),
)


def _answer(gradient: Callable[[], Any]) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = np.asarray(gradient())
        except Exception as error:  # noqa: BLE001 (an error is an answer too)
            return f"`{type(error).__name__}`"
    return _text(found)


def _text(found: Any) -> str:
    if found.ndim:
        return "[" + ", ".join(_text(one) for one in found) + "]"
    if np.iscomplexobj(found):
        return f"{_text(found.real)} {'-' if found.imag < 0 else '+'} {_text(abs(found.imag))}i"
    return f"{float(found) + 0.0:.4g}"


def function_of(line: str, names: Any) -> Callable[[Any], Any]:
    """The line as a function of `x`, in a library's NumPy."""
    made: Callable[[Any], Any] = eval(f"lambda x: {line}", {"np": names})  # noqa: S307 (lines of this file)
    return made


def wengert_answer(line: str, point: Any) -> str:
    """The gradient that both engines give."""
    recorded, compiled = function_of(line, np), _compiled(line)
    answer, other = (_answer(lambda f=f: wg.grad(f)(point)) for f in (recorded, compiled))  # type: ignore[misc]
    return answer if other == answer else f"{answer} recorded, {other} compiled"


def _compiled(line: str) -> Any:
    """The line compiled: its source is read, so it is put where Python looks for the sources of files."""
    name, source = f"<{line}>", f"def f(x):\n    return {line}\n"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {"np": np}
    exec(compile(source, name, "exec"), names)  # noqa: S102 (lines of this file)
    return wg.jit(names["f"])


def _jax(line: str, point: Any) -> str:
    import jax

    jax.config.update("jax_enable_x64", True)
    function = function_of(line, jax.numpy)
    return _answer(lambda: jax.grad(function)(jax.numpy.asarray(point)))


def _double(point: Any) -> Any:
    """PyTorch's dtype for a point: it would make a Python number one of single precision."""
    import torch

    return {"f": torch.float64, "c": torch.complex128}.get(np.asarray(point).dtype.kind)


def _torch(line: str, point: Any) -> str:
    import torch

    from benchmarks.peers.spelling import Spelling

    function = function_of(line, Spelling())

    def gradient() -> Any:
        x = torch.tensor(point, dtype=_double(point), requires_grad=True)
        function(x).backward()
        return x.grad.resolve_conj().numpy()

    return _answer(gradient)


def _autograd(line: str, point: Any) -> str:
    import autograd
    import autograd.numpy

    function = function_of(line, autograd.numpy)
    return _answer(lambda: autograd.grad(function)(point))


ANSWERS = {"wengert": wengert_answer, "jax": _jax, "torch": _torch, "autograd": _autograd}


def as_numpy(point: Any) -> Any:
    """A point as an array or a NumPy number, so that dividing by zero is infinity."""
    return point if isinstance(point, int) else np.array(point)[()]


def table() -> str:
    """The table, with versions and date."""
    versions = ", ".join(f"{TITLES[one]} {version(one)}" for one in LIBRARIES)
    lines = [
        f"Gradients as of {datetime.now(UTC):%Y-%m-%d}, with {versions}, NumPy {np.__version__}:",
        "",
        "| function | at | " + " | ".join(TITLES[one] for one in LIBRARIES) + " |",
        "|---|---|" + "---|" * len(LIBRARIES),
    ]
    for line, point in CASES:
        answers = " | ".join(ANSWERS[one](line, as_numpy(point)) for one in LIBRARIES)
        lines.append(f"| `{line}` | {str(point).strip('()')} | {answers} |")
    return "\n".join(lines)


def main() -> None:
    """Write the table to the page, or to the output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, help="a page with the two marks")
    page = parser.parse_args().page
    found = table()
    if page is None:
        print(found)
        return
    text = page.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
