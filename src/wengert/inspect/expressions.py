"""Values and operations as a reader of NumPy programs would write them: `v3 = v1 * np.sin(x)`, `v4[1:] = v3`.

What goes in: values of a recorded program, with a function that knows the names of some. What comes out: one short
line of text. Numbers, indices and short arrays are written out, other arrays as `float64[100, 3]`. Nothing here reads a
view anew, so nothing is recorded by writing a value down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from wengert.ops.table import Operation
from wengert.tape.array import RecordedArray

__all__ = [
    "call_text",
    "elements_text",
    "function_text",
    "index_text",
    "number_text",
    "plain",
    "shape_text",
    "text_of",
    "value_text",
]

Naming = Callable[[Any], str | None]

_LARGEST_WRITTEN_OUT = 4
_MOST_ITEMS = 6

_INFIX = {
    "numpy.add": "+",
    "numpy.subtract": "-",
    "numpy.multiply": "*",
    "numpy.divide": "/",
    "numpy.power": "**",
    "numpy.remainder": "%",
    "numpy.floor_divide": "//",
    "numpy.matmul": "@",
}


def plain(value: Any) -> Any:
    """What a recorded value of any level holds, without reading views anew."""
    while isinstance(value, RecordedArray):
        value = value.value
    return value


def number_text(number: Any) -> str:
    """A number to six digits; one that is not an integer is seen not to be."""
    if isinstance(number, np.generic):
        number = number.item()
    if isinstance(number, complex):
        return f"({number:.6g})"
    if isinstance(number, float):
        text = f"{number:.6g}"
        return text if "." in text or "e" in text or "n" in text else f"{text}.0"
    return repr(number)


def elements_text(array: Any) -> str:
    """All elements of an array, in nested brackets."""
    if np.ndim(array) == 0:
        return number_text(array[()])
    return f"[{', '.join(elements_text(part) for part in array)}]"


def shape_text(array: Any) -> str:
    """`float64[100, 3]`."""
    return f"{array.dtype}[{', '.join(map(str, array.shape))}]"


def value_text(value: Any) -> str:
    """A number or a short array written out; a longer one by dtype and shape."""
    value = plain(value)
    if not isinstance(value, np.ndarray):
        return number_text(value)
    if 0 < value.size <= _LARGEST_WRITTEN_OUT and value.dtype.kind in "biufc":
        return elements_text(value)
    return shape_text(value)


def _items_text(texts: list[str]) -> str:
    if len(texts) > _MOST_ITEMS:
        texts = [*texts[: _MOST_ITEMS // 2], "...", texts[-1]]
    return ", ".join(texts)


def _slice_text(index: slice, name_of: Naming) -> str:
    parts = (index.start, index.stop, index.step)
    start, stop, step = ("" if part is None else text_of(part, name_of) for part in parts)
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


def text_of(value: Any, name_of: Naming) -> str:
    """A value by its name if it has one, a constant written out if it is short."""
    name = name_of(value)
    if name is not None:
        return name
    value = plain(value)
    if isinstance(value, (np.ndarray, np.generic)):
        return value_text(value)
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return number_text(value)
    if value is Ellipsis:
        return "..."
    if isinstance(value, slice):
        return f"slice({_items_text([text_of(part, name_of) for part in (value.start, value.stop, value.step)])})"
    if isinstance(value, list):
        return f"[{_items_text([text_of(item, name_of) for item in value])}]"
    if isinstance(value, tuple):
        texts = [text_of(item, name_of) for item in value]
        return f"({texts[0]},)" if len(texts) == 1 else f"({_items_text(texts)})"
    if isinstance(value, dict):
        return f"{{{_items_text([f'{key!r}: {text_of(item, name_of)}' for key, item in value.items()])}}}"
    if isinstance(value, np.dtype):
        return str(value)
    return getattr(value, "__name__", None) or f"<{type(value).__name__}>"


def index_text(index: Any, name_of: Naming) -> str:
    """What stands between the brackets of `a[index]`."""
    if type(index) is tuple and index:
        return ", ".join(index_text(part, name_of) for part in index)
    return _slice_text(index, name_of) if isinstance(index, slice) else text_of(index, name_of)


def function_text(name: str) -> str:
    """`np.sin` for NumPy's functions, the whole name for SciPy's, the last part of it for others."""
    package, _, rest = name.partition(".")
    if package == "numpy":
        return f"np.{rest}"
    return name if package == "scipy" else name.rpartition(".")[2]


def _is_default(found: Operation, name: str, value: Any) -> bool:
    if name not in found.defaults:
        return False
    default = found.defaults[name]
    if value is default or value is np._NoValue:
        return True
    return type(value) is type(default) is not np.ndarray and bool(value == default)


def _operand_text(value: Any, name_of: Naming) -> str:
    text = text_of(value, name_of)
    return f"({text})" if text.startswith("-") else text


def call_text(found: Operation, arguments: Iterable[tuple[str, Any]], name_of: Naming) -> str:
    """An operation with its arguments: infix where Python has an operator, else a call without default options."""
    arguments = list(arguments)
    operator = _INFIX.get(found.name)
    if operator is not None and len(arguments) == 2:
        left, right = (_operand_text(value, name_of) for _, value in arguments)
        return f"{left} {operator} {right}"
    if found.name == "numpy.negative":
        return f"-{_operand_text(arguments[0][1], name_of)}"
    texts: list[str] = []
    positional = True
    for name, value in arguments:
        if _is_default(found, name, value):
            positional = False
        elif positional and (name not in found.defaults or name in found.rules):
            texts.append(text_of(value, name_of))
        else:
            texts.append(f"{name}={text_of(value, name_of)}")
            positional = False
    return f"{function_text(found.name)}({', '.join(texts)})"
