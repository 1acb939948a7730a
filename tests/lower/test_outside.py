"""What a compiled function finds outside itself may change between calls: the next call sees it, or it is refused."""

from __future__ import annotations

import copy
import enum
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import NotAcceptedError


class Model:
    """An object with state, a method and operators of its own."""

    def __init__(self) -> None:
        self.gain = 2.0
        self.items = [1.0, 2.0]

    def scaled(self, x: float) -> float:
        return x * self.gain

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return self.gain > 0

    def __contains__(self, item: float) -> bool:
        return item in self.items

    def __float__(self) -> float:
        return self.gain

    def __add__(self, other: float) -> float:
        return self.gain + other


class Mode(enum.IntEnum):
    """A choice that is a number too."""

    SLOW = 1
    FAST = 2


def thrice(x: float) -> float:
    return 3.0 * x


MODEL = Model()
TABLE = {"a": 2.0, "b": 3.0}
CHOSEN = {1, 2}
NOTHING: Any = None
MODE = Mode.SLOW
COUNTER = itertools.count(1)


def _has_attribute(x: float) -> float:
    return x if hasattr(MODEL, "extra") else -x


def _default_attribute(x: float) -> float:
    return x * getattr(MODEL, "extra", 7.0)


def _changes() -> dict[str, tuple[Callable[[float], float], Callable[[pytest.MonkeyPatch], None]]]:
    here = globals()
    return {
        "number of items of a dict": (lambda x: x * len(TABLE), lambda m: m.setitem(TABLE, "c", 1.0)),
        "a key in a dict": (lambda x: x if "c" in TABLE else -x, lambda m: m.setitem(TABLE, "c", 1.0)),
        "keys of a dict": (lambda x: x * sum([TABLE[k] for k in TABLE]), lambda m: m.setitem(TABLE, "c", 1.0)),
        "items of a dict": (lambda x: sum([x * v for k, v in TABLE.items()]), lambda m: m.setitem(TABLE, "a", 1.0)),
        "values of a dict": (lambda x: x * sum(TABLE.values()), lambda m: m.setitem(TABLE, "c", 1.0)),
        "an item with a default": (lambda x: x * TABLE.get("c", 5.0), lambda m: m.setitem(TABLE, "c", 1.0)),
        "truth of a dict": (lambda x: x if TABLE else -x, lambda m: [m.delitem(TABLE, k) for k in list(TABLE)]),
        "a union of sets": (lambda x: x if {3} & CHOSEN else -x, lambda m: m.setitem(here, "CHOSEN", {3})),
        "a set that is changed": (lambda x: x if {4} & CHOSEN else -x, lambda m: CHOSEN.add(4)),
        "a member of a set": (lambda x: x if 3 in CHOSEN else -x, lambda m: m.setitem(here, "CHOSEN", {3})),
        "number of items of an object": (lambda x: x * len(MODEL), lambda m: m.setattr(MODEL, "items", [1.0])),
        "truth of an object": (lambda x: x if MODEL else -x, lambda m: m.setattr(MODEL, "gain", -1.0)),
        "an item in an object": (lambda x: x if 9.0 in MODEL else -x, lambda m: m.setattr(MODEL, "items", [9.0])),
        "an attribute that is not there": (_has_attribute, lambda m: m.setattr(MODEL, "extra", 1.0, raising=False)),
        "a default attribute": (_default_attribute, lambda m: m.setattr(MODEL, "extra", 1.0, raising=False)),
        "a method": (lambda x: 2.0 * MODEL.scaled(x), lambda m: m.setattr(Model, "scaled", lambda self, x: x * 11.0)),
        "the code of a function": (
            lambda x: 2.0 * thrice(x),
            lambda m: m.setattr(thrice, "__code__", (lambda x: x * 11.0).__code__),
        ),
        "nothing becoming something": (lambda x: x if NOTHING is None else -x, lambda m: m.setitem(here, "NOTHING", 1)),
        "something becoming nothing": (lambda x: x if MODEL is None else -x, lambda m: m.setitem(here, "MODEL", None)),
        "the class of an object": (
            lambda x: x if isinstance(MODEL, Model) else -x,
            lambda m: m.setitem(here, "MODEL", Mode.FAST),
        ),
        "a choice": (lambda x: x * MODE, lambda m: m.setitem(here, "MODE", Mode.FAST)),
        "a choice that is compared": (
            lambda x: x if MODE == Mode.SLOW else -x,
            lambda m: m.setitem(here, "MODE", Mode.FAST),
        ),
    }


@pytest.mark.parametrize("name", _changes())
def test_changes_outside_are_seen_by_the_next_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was found of an object when compiling is looked up again."""
    function, change = _changes()[name]
    compiled = wg.jit(function)
    assert compiled(1.5) == function(1.5)
    before = function(1.5)
    change(monkeypatch)
    assert compiled(1.5) == function(1.5) != before


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * next(COUNTER),
        lambda x: x * (MODEL + 1.0),
        lambda x: x * float(MODEL),
        lambda x: x * id(MODEL),
    ],
)
def test_what_could_change_unseen_is_refused(function: Callable[[float], float]) -> None:
    """Operators of users' classes and functions with effects are not run when compiling."""
    with pytest.raises(NotAcceptedError):
        wg.jit(function)(1.5)
    assert next(copy.copy(COUNTER)) == 1


@pytest.mark.parametrize(
    "function",
    [
        lambda x: sorted(x)[0],
        lambda x: [1.0].extend(x) or x[0],
        lambda x: dict(zip(range(len(x)), x, strict=True)),
        lambda x: [x[0], 2.0].index(2.0),
        lambda x: [x[0], 2.0].count(2.0),
    ],
)
def test_lists_of_what_is_known_only_later_are_refused(function: Callable[[Any], Any]) -> None:
    """They are not taken for empty ones, nor are numbers known later for other numbers."""
    with pytest.raises(NotAcceptedError):
        wg.jit(function)(np.array([2.0, 1.0]))


def test_methods_of_lists_compare_as_python_does() -> None:
    """`index` and `count` find numbers equal across their types."""

    def places(x: float) -> Any:
        return x, [1.0, 2, True].count(1), [1.0, 2].index(2.0)

    assert wg.jit(places)(1.5) == places(1.5)


def test_lambdas_inside_lambdas_are_told_apart() -> None:
    """The innermost one that holds the code is read, on whatever line the others stand."""
    multiply = lambda x: lambda y: y * y * x  # noqa: E731
    with_default = lambda x, g=(lambda x: 2 * x * x): g(x) * x  # noqa: E731
    chosen = lambda x: [lambda x: x * 5, lambda x: x * 7][1](x) + x  # noqa: E731
    default = with_default.__defaults__[0]
    for function in (multiply(3.0), default, with_default, chosen):
        assert wg.jit(function)(2.0) == function(2.0)
        assert wg.grad(wg.jit(function))(2.0) == pytest.approx(wg.grad(function)(2.0))


@wg.jit
def decorated(x: float) -> float:
    return x * x


def test_compiled_functions_are_pickled_and_copied() -> None:
    """By their names, or by their functions; what was compiled is made again."""
    compiled = wg.jit(thrice)
    assert decorated(3.0) == compiled(3.0) == 9.0
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    for one in (pickle.loads(pickle.dumps(compiled)), copy.copy(compiled), copy.deepcopy(compiled)):
        assert one(2.0) == 6.0


def test_jit_takes_functions_only() -> None:
    """Anything else is a `TypeError` at once."""
    with pytest.raises(TypeError, match="jit takes a function, not 3"):
        wg.jit(3)  # type: ignore[arg-type]
