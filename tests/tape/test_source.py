"""Interception of users' sources: what is recompiled, what is not, and that nothing else changes."""

from __future__ import annotations

import abc
import functools
import importlib.util
import linecache
import os
import traceback
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.tape.stand_ins import resolve

X = np.array([0.5, 1.0, 1.5])


def doubling(function):
    @functools.wraps(function)
    def run(*args):
        return 2.0 * function(*args)

    return run


@doubling
def decorated(x):
    out = np.zeros(3)
    out[:] = x
    return np.sum(out * out)


class Base(abc.ABC):
    """A class with a metaclass, private names and a method that names its own class."""

    count = 0

    def __init__(self, x):
        self.__state = np.zeros(len(x))
        self.__state[:] = x
        Base.count += 1

    def twin(self):
        return Base.__new__(type(self)).__copy_from(self)

    def __copy_from(self, other):
        self.__state = np.array(other.__state)
        self.__state *= 2.0
        return self

    def norm(self):
        return np.sum(self.__state**2)

    @abc.abstractmethod
    def energy(self): ...


class Derived(Base):
    def __init__(self, x, scale):
        super().__init__(x * scale)
        self.scale = scale

    @property
    def double_scale(self):
        return 2.0 * self.scale

    @staticmethod
    def fill(out, value):
        out[:] = value
        return out

    @classmethod
    def of(cls, x):
        return cls(x, 3.0)

    def energy(self):
        return self.twin().norm() + np.sum(self.fill(np.zeros(2), self.double_scale))


def test_decorated_functions_classes_and_methods() -> None:
    """Decorators run, private names and `super` resolve, buffers in constructors hold derivatives."""
    np.testing.assert_allclose(wg.grad(decorated)(X), 4 * X)
    np.testing.assert_allclose(wg.grad(lambda x: Derived.of(x).energy())(X), 2 * 4 * 9 * X)
    assert wg.grad(lambda s: Derived(X, s).energy())(3.0) == pytest.approx(8 * 3.0 * np.sum(X**2) + 4.0)


def test_several_lambdas_on_one_line() -> None:
    """Each lambda is found by its code, not by its line alone."""
    square, cube = lambda x: np.sum(np.array(x) ** 2), lambda x: np.sum(np.array(x) ** 3)
    np.testing.assert_allclose(wg.grad(square)(X), 2 * X)
    np.testing.assert_allclose(wg.grad(cube)(X), 3 * X**2)


@functools.singledispatch
def kind_of(value: Any) -> float:
    return 0.0


@kind_of.register
def _(value: np.ndarray) -> float:
    return 2.0


@kind_of.register
def _(value: float) -> float:
    return 3.0


def by_match(value):
    match value:
        case np.ndarray():
            return 2.0
        case float():
            return 3.0
    return 0.0


@pytest.mark.parametrize(
    "choose",
    [
        kind_of,
        by_match,
        lambda v: 2.0 if isinstance(v, np.ndarray) else 3.0,
        lambda v: 2.0 if type(v) is np.ndarray else 3.0,
    ],
    ids=["singledispatch", "match", "isinstance", "type"],
)
def test_decisions_by_class_are_those_on_plain_values(choose: Any) -> None:
    """A recorded array is an ndarray, and a recorded number a float, to whoever asks."""
    np.testing.assert_array_equal(wg.grad(lambda x: np.sum(choose(x) * x))(X), 2.0 * np.ones(3))
    assert wg.grad(lambda x: choose(x) * x)(1.0) == 3.0
    assert wg.grad(lambda x: choose(x[0]) * x[0])(X)[0] == 3.0


def raises_below_a_decorator(x):
    @doubling
    def inner(y):
        return y[10]

    return inner(x)


def test_tracebacks_name_the_lines_of_the_source() -> None:
    """Recompiled code keeps its file, its lines and its names, below decorators and over several lines."""
    with pytest.raises(IndexError) as plain:
        raises_below_a_decorator(X)
    with pytest.raises(IndexError) as recorded:
        wg.grad(raises_below_a_decorator)(X)

    def frames(error: BaseException) -> list[tuple[str, int | None, str]]:
        found = traceback.extract_tb(error.__traceback__)
        return [(f.filename, f.lineno, f.name) for f in found if f.filename == __file__ and f.name != test_name]

    test_name = "test_tracebacks_name_the_lines_of_the_source"
    assert frames(recorded.value) == frames(plain.value)
    with pytest.raises(wg.LostGradientError) as lost:
        wg.grad(stores_below_a_decorator)(X)
    line = next(i for i, text in enumerate(linecache.getlines(__file__), 1) if text.startswith("    LOST[0] = x"))
    assert f"{__file__}:{line}, in stores_below_a_decorator" in str(lost.value)


LOST = np.zeros(3)


@functools.lru_cache
def unrelated() -> None: ...


@doubling
def stores_below_a_decorator(x):
    LOST[0] = x[0]
    return x[0]


def test_a_file_edited_after_import_is_not_trusted(tmp_path: Any) -> None:
    """Source that does not compile to the code that runs is not used: the function runs as it is."""
    path = tmp_path / "edited.py"
    path.write_text("import numpy as np\n\n\ndef f(x):\n    return np.sum(x * 2.0)\n")
    specification = importlib.util.spec_from_file_location("edited", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    path.write_text("import numpy as np\n\n\ndef f(x):\n    return np.sum(x * 3.0)\n")
    os.utime(path, (1, 1))
    linecache.checkcache(str(path))
    assert resolve(module.f) is module.f
    np.testing.assert_array_equal(wg.grad(module.f)(X), 2.0 * np.ones(3))


def test_libraries_run_as_they_are() -> None:
    """Functions of NumPy, SciPy and the standard library are not recompiled; without a rule they refuse."""
    assert resolve(os.path.join) is os.path.join
    assert resolve(len) is len


def test_globals_and_closures_stay_the_functions_own() -> None:
    """A recompiled function reads and rebinds the variables that the original does."""
    count = 0

    def f(x):
        nonlocal count
        count += 1
        global SEEN  # noqa: PLW0603 (what is tested)
        SEEN = count
        return np.sum(x) * count

    wg.grad(f)(X)
    wg.grad(f)(X)
    assert (count, SEEN) == (2, 2)


SEEN = 0


def test_generators_comprehensions_and_walrus() -> None:
    """Expressions with scopes of their own are intercepted too."""

    def parts(x):
        for i in range(len(x)):
            buffer = np.zeros(2)
            buffer[0] = x[i]
            yield buffer

    def f(x):
        total = sum(np.sum(part * part) for part in parts(x))
        squares = {i: (half := np.array([v, v]))[0] * half[1] for i, v in enumerate(x)}
        return total + sum(squares.values())

    np.testing.assert_allclose(wg.grad(f)(X), 4 * X)


def test_long_expressions(tmp_path: Any) -> None:
    """One of hundreds of terms is recorded as any other, one of thousands runs as it is, and so do its neighbours."""
    path = tmp_path / "long_sums.py"
    sums = "".join(f"def sum_{n}(x):\n    return x{' + x' * n}\n" for n in (300, 1200))
    path.write_text(
        "import numpy as np\n" + sums + "def stored(x):\n    y = np.zeros(2)\n    y[0] = x\n    return y.sum()\n"
    )
    spec = importlib.util.spec_from_file_location("long_sums", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert [wg.grad(one)(2.0) for one in (module.sum_300, module.sum_1200, module.stored)] == [301.0, 1201.0, 1.0]
    assert wg.grad(wg.jit(module.sum_300))(2.0) == 301.0
    with pytest.raises(
        wg.NotAcceptedError, match=r"`sum_1200` has calls or expressions that are nested too deeply\n  at "
    ):
        wg.jit(module.sum_1200)(2.0)
