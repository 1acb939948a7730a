"""Scalar expressions as Python text that computes, over NumPy, exactly what the program means.

What goes in: constants, and the name of a scalar function with the texts of its operands. What comes out: an
`Expression`. What holds: the text gives the dtype of the value. float64, complex128, int64 and bool may be Python
numbers, which compute the same except where Python raises (division, powers): there one operand is a NumPy scalar, or
the NumPy function is called. All other dtypes are NumPy scalars always.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wengert.program.functions import FUNCTIONS
from wengert.program.statements import Bind, Constant, Operand, Storage

__all__ = [
    "ATOM",
    "PRODUCT",
    "PYTHON_DTYPES",
    "SUM",
    "UNARY",
    "Expression",
    "constant_text",
    "function_text",
    "gives_numpy_scalar",
    "may_raise_in_python",
]

# Binding strength in Python's grammar: what binds tighter has the larger number.
CONDITIONAL, OR, AND, NOT, COMPARISON, BIT_OR, BIT_XOR, BIT_AND, SUM, PRODUCT, UNARY, POWER, ATOM = range(13)


@dataclass(frozen=True, slots=True)
class Expression:
    """The text, how tightly it binds, the storages it loads from, and its negation where that is simple."""

    text: str
    strength: int = ATOM
    loads: frozenset[Storage] = frozenset()
    numpy_scalar: bool = False
    negation: str | None = None

    def at_least(self, strength: int) -> str:
        """The text, in parentheses where it binds less tightly than `strength`."""
        return self.text if self.strength >= strength else f"({self.text})"

    def negated(self) -> str:
        """The text of `not` this."""
        if self.negation is not None:
            return self.negation
        return f"not {self.at_least(POWER)}"


_OPERATORS = {
    "add": ("+", SUM),
    "subtract": ("-", SUM),
    "multiply": ("*", PRODUCT),
    "divide": ("/", PRODUCT),
    "floor_divide": ("//", PRODUCT),
    "remainder": ("%", PRODUCT),
    "power": ("**", POWER),
    "bitwise_and": ("&", BIT_AND),
    "bitwise_xor": ("^", BIT_XOR),
    "bitwise_or": ("|", BIT_OR),
    "less": ("<", COMPARISON),
    "less_equal": ("<=", COMPARISON),
    "greater": (">", COMPARISON),
    "greater_equal": (">=", COMPARISON),
    "equal": ("==", COMPARISON),
    "not_equal": ("!=", COMPARISON),
}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_TRUTH = {"logical_and": ("and", AND), "logical_or": ("or", OR), "logical_xor": ("!=", COMPARISON)}
_DIVISIONS = ("divide", "floor_divide", "remainder", "power")
PYTHON_DTYPES = ("float64", "complex128", "int64", "bool")


def constant_text(constant: Constant) -> Expression:
    """A constant, written so that its dtype and its every bit come back."""
    dtype, value = constant.dtype, constant.value
    if dtype == "bool":
        return Expression(str(bool(value)))
    if dtype == "int64":
        text = str(int(value.real))
    elif dtype == "float64":
        text = _float_text(float(value.real))
    elif dtype == "complex128":
        text = _complex_text(complex(value))
    else:
        return Expression(f"np.{dtype}({_inner_text(value, dtype)})", numpy_scalar=True)
    return Expression(text, UNARY if text.startswith("-") else ATOM)


def _float_text(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    return "np.nan" if math.isnan(value) else "np.inf" if value > 0 else "-np.inf"


def _complex_text(value: complex) -> str:
    if (
        value.real == 0
        and math.copysign(1, value.real) > 0
        and math.isfinite(value.imag)
        and not _is_negative(value.imag)
    ):
        return repr(value)
    return f"complex({_float_text(value.real)}, {_float_text(value.imag)})"


def _is_negative(value: float) -> bool:
    return math.copysign(1, value) < 0


def _inner_text(value: complex, dtype: str) -> str:
    kind = np.dtype(dtype).kind
    if kind == "c":
        return _complex_text(complex(value))
    if kind == "f":
        # The shortest digits that give this number in its own precision.
        number = np.dtype(dtype).type(value.real)
        return str(number) if np.isfinite(number) else _float_text(float(number))
    return str(int(value.real))


def may_raise_in_python(function: str, dtype: str) -> bool:
    """Whether the operator raises on Python numbers where NumPy gives inf or nan."""
    return function in _DIVISIONS and dtype in ("float64", "complex128")


def gives_numpy_scalar(function: str, operands: Sequence[bool]) -> bool:
    """Whether the text of a float or complex function gives a NumPy scalar, from whether its operands are some."""
    match function:
        case "add" | "subtract" | "multiply":
            return any(operands)
        case "negative" | "real" | "imag":
            return operands[0]
        case "where":
            return operands[1] and operands[2]
        case "complex_number":
            return False
        case _:
            return True


def function_text(statement: Bind, operands: Sequence[Expression]) -> Expression:
    """`function(operands)` as text."""
    found = _special_text(statement, operands) or _operator_text(statement, operands)
    if found is None:
        name = statement.function
        module = "np" if getattr(np, name, None) is FUNCTIONS[name].function else "scipy.special"
        name = "abs" if name == "absolute" else name
        found = f"{module}.{name}({', '.join(one.text for one in operands)})", ATOM, None
    text, strength, negation = found
    numpy_scalar = statement.value.dtype not in PYTHON_DTYPES or gives_numpy_scalar(
        statement.function, [one.numpy_scalar for one in operands]
    )
    loads = frozenset().union(*(one.loads for one in operands))
    return Expression(text, strength, loads, numpy_scalar, negation)


_Text = tuple[str, int, str | None]


def _special_text(statement: Bind, operands: Sequence[Expression]) -> _Text | None:
    dtype, first = statement.operands[0].dtype, operands[0]
    match statement.function:
        case "where":
            condition, then, otherwise = operands
            texts = then.at_least(OR), condition.at_least(OR), otherwise.at_least(CONDITIONAL)
            return "{} if {} else {}".format(*texts), CONDITIONAL, None
        case "strong_product":
            product = f"{first.at_least(PRODUCT)} * {operands[1].at_least(PRODUCT + 1)}"
            zero = constant_text(Constant(0.0, statement.value.dtype)).text
            return f"{zero} if {first.at_least(COMPARISON + 1)} == 0 else {product}", CONDITIONAL, None
        case "cast":
            return _cast_text(first, dtype, statement.value.dtype), ATOM, None
        case "complex_number":
            number = f"complex({first.text}, {operands[1].text})"
            return number if statement.value.dtype == "complex128" else f"np.complex64({number})", ATOM, None
        case "real" if not dtype.startswith("complex"):
            return first.text, first.strength, None
        case "imag" if not dtype.startswith("complex"):
            return constant_text(Constant(0, dtype)).text, ATOM, None
        case "real" | "imag":
            return f"{first.at_least(ATOM)}.{statement.function}", ATOM, None
        case "logical_not" | "invert" if dtype == "bool":
            return first.negated(), NOT if first.negation is None else COMPARISON, first.at_least(COMPARISON)
        case "invert":
            return f"~{first.at_least(UNARY)}", UNARY, None
        case "negative" if dtype != "bool":
            return f"-{first.at_least(UNARY)}", UNARY, None
        case "maximum" | "minimum" if dtype == "int64":
            return f"{statement.function[:3]}({first.text}, {operands[1].text})", ATOM, None
        case "logical_and" | "logical_or" | "logical_xor" if dtype == "bool":
            word, strength = _TRUTH[statement.function]
            left = first.at_least(strength + (word == "!="))
            return f"{left} {word} {operands[1].at_least(strength + 1)}", strength, None
        case _:
            return None


def _cast_text(operand: Expression, source: str, target: str) -> str:
    if target == "bool":
        return f"bool({operand.text})"
    source_kind, target_kind = np.dtype(source).kind, np.dtype(target).kind
    if target_kind in "fc":
        if source_kind == "c" and target_kind == "f":
            return f"np.{target}({operand.at_least(ATOM)}.real)"
        return f"np.{target}({operand.text})"
    if target == "int64" and source_kind in "bi":
        return f"int({operand.text})"
    # Out of range, NumPy's conversion of arrays wraps, whereas the constructors of its scalars raise.
    number = operand.at_least(ATOM) if source not in PYTHON_DTYPES else f"np.{source}({operand.text})"
    return f"{number}.astype(np.{target})"


def _operator_text(statement: Bind, operands: Sequence[Expression]) -> _Text | None:
    function = statement.function
    if function not in _OPERATORS or not _operator_is_exact(statement, operands):
        return None
    word, strength = _OPERATORS[function]
    first, second = operands
    if function == "power":
        return f"{first.at_least(ATOM)} ** {second.at_least(UNARY)}", POWER, None
    left = first.at_least(strength + (strength == COMPARISON))
    right = second.at_least(strength + 1)
    negation = None
    if strength == COMPARISON and (np.dtype(statement.operands[0].dtype).kind in "biu" or word in ("==", "!=")):
        negation = f"{left} {_OPPOSITE[word]} {right}"
    return f"{left} {word} {right}", strength, negation


def _operator_is_exact(statement: Bind, operands: Sequence[Expression]) -> bool:
    """Whether Python's operator computes what the NumPy function does, for the numbers the texts can give."""
    function, kind = statement.function, np.dtype(statement.operands[0].dtype).kind
    if kind == "c" and _OPERATORS[function][1] == COMPARISON:
        return function in ("equal", "not_equal")
    if kind == "b":
        return _OPERATORS[function][1] in (COMPARISON, BIT_AND, BIT_OR, BIT_XOR)
    if function not in _DIVISIONS:
        return True
    if kind in "iu":
        divisor: Operand = statement.operands[1]
        known = isinstance(divisor, Constant) and divisor.value.real
        return bool(known) and (function != "power" or known > 0)
    return any(one.numpy_scalar for one in operands)
