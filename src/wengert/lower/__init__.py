"""From a Python function's own source to a program."""

from wengert.lower.arguments import ArgumentType, argument_leaves, type_of, types_of
from wengert.lower.calling import lower_into
from wengert.lower.calls import load_lowerings
from wengert.lower.lowering import Lowered, lower_function
from wengert.lower.results import rebuild

__all__ = [
    "ArgumentType",
    "Lowered",
    "argument_leaves",
    "load_lowerings",
    "lower_function",
    "lower_into",
    "rebuild",
    "type_of",
    "types_of",
]
