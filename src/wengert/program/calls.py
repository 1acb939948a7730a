"""The arguments of calls in the printed program: options of operations, and the messages of exceptions."""

from __future__ import annotations

import json
import math
import string
from collections.abc import Sequence

import numpy as np

__all__ = ["argument_text", "message_text"]


def argument_text(value: object) -> str:
    """A Python object that is known when the program is made, as an expression that makes it."""
    match value:
        case float() if not math.isfinite(value):
            return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"
        case None | bool() | int() | float() | complex() | str():
            return repr(value.item() if isinstance(value, np.generic) else value)
        case tuple():
            inner = ", ".join(argument_text(one) for one in value)
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        case list():
            return f"[{', '.join(argument_text(one) for one in value)}]"
        case slice():
            return f"slice({argument_text(value.start)}, {argument_text(value.stop)}, {argument_text(value.step)})"
        case np.dtype():
            return f"np.dtype({value.str!r})"
        case np.generic():
            return f"np.{value.dtype.name}({value.item()!r})"
        case type() if issubclass(value, np.generic):
            return f"np.{value.__name__}"
        case type():
            return value.__name__
        case _:
            raise TypeError(f"{value!r} cannot be written as Python")


def message_text(message: str, operands: Sequence[str]) -> str:
    """`message.format(*operands)` as a literal, an f-string where it can be one."""
    parts, count = [], 0
    for literal, field, format_spec, conversion in string.Formatter().parse(message):
        parts.append(literal.replace("{", "{{").replace("}", "}}") if operands else literal)
        if field is None:
            continue
        if field not in ("", str(count)) or conversion or count >= len(operands):
            return f"{json.dumps(message)}.format({', '.join(operands)})"
        parts.append(f"{{{operands[count]}{':' + format_spec if format_spec else ''}}}")
        count += 1
    return ("f" if count else "") + json.dumps("".join(parts))
