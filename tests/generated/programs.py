"""Random programs of in-place updates, views and aliases, valid by construction, as source text.

A program has arrays `a, b, c, d` of four elements and `v, w` of two, which may be views of them or of one another, and
scalars `s, t`. Its operations are analytic, so that the complex step gives its derivative to rounding (Squire and
Trapp, SIAM Review 40 (1998)). Conditions test real parts.
"""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["programs"]

FOUR = st.sampled_from(["a", "b", "c", "d"])
TWO = st.sampled_from(["v", "w"])
SCALAR = st.sampled_from(["s", "t"])
INDEX = st.integers(-4, 3).map(str)
INDEX_OF_TWO = st.integers(-2, 1).map(str)
HALF = st.sampled_from([":2", "2:", "1:3", "::2", "1::2", "::-2", "-2:", "2:0:-1"])
MASK = st.sampled_from(["[True, False, True, False]", "[False, True, True, False]"])
PAIR = st.sampled_from(["[0, 3]", "[2, 1]", "[1, 1]", "[-1, 0]"])
NUMBER = st.sampled_from(["0.5", "-1.5", "2.0"])
OPERATOR = st.sampled_from(["+", "-", "*"])


def joined(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """The concatenation of texts and draws of texts."""
    return st.tuples(*[st.just(part) if isinstance(part, str) else part for part in parts]).map("".join)


SCALAR_VALUE = st.one_of(
    SCALAR,
    NUMBER,
    joined(FOUR, "[", INDEX, "]"),
    joined(TWO, "[", INDEX_OF_TWO, "]"),
    joined("np.sum(", FOUR, ")"),
)
TWO_VALUE = st.one_of(
    TWO,
    joined("(", TWO, " - 0.5)"),
    joined(FOUR, "[", HALF, "]"),
    joined(FOUR, "[np.array(", PAIR, ")]"),
    joined(FOUR, "[np.array(", MASK, ")]"),
    joined(TWO, "[::-1]"),
    joined(FOUR, ".reshape(2, 2)[", INDEX_OF_TWO, "]"),
    joined(FOUR, ".reshape(2, 2).T[", INDEX_OF_TWO, "]"),
)
FOUR_VALUE = st.one_of(
    FOUR,
    joined(FOUR, "[::-1]"),
    joined("np.sin(", FOUR, ")"),
    joined("(", FOUR, " + 1.0)"),
    joined("(+", FOUR, ")"),
    joined("np.concatenate([", TWO, ", ", TWO, "])"),
    joined(FOUR, ".reshape(2, 2).T.ravel()"),
)
SCALAR_EXPRESSION = st.one_of(SCALAR_VALUE, joined(SCALAR_VALUE, " ", OPERATOR, " ", SCALAR_VALUE))
TWO_EXPRESSION = st.one_of(
    joined(TWO_VALUE, " ", OPERATOR, " ", TWO_VALUE), joined(TWO_VALUE, " * ", SCALAR_VALUE), TWO_VALUE
)
FOUR_EXPRESSION = st.one_of(
    joined(FOUR_VALUE, " ", OPERATOR, " ", FOUR_VALUE), joined(FOUR_VALUE, " * ", SCALAR_VALUE), FOUR_VALUE
)
IN_PLACE = st.sampled_from(["+=", "-=", "*=", "="])

SIMPLE = st.one_of(
    joined(SCALAR, " = ", SCALAR_EXPRESSION),
    joined(SCALAR, " ", st.sampled_from(["+=", "-="]), " ", SCALAR_EXPRESSION),
    joined(FOUR, " = ", FOUR_EXPRESSION),
    joined(FOUR, " = np.zeros(4, dtype=x.dtype)"),
    joined(FOUR, " = ", FOUR, ".copy()"),
    joined(TWO, " = ", TWO_EXPRESSION),
    joined(FOUR, " ", st.sampled_from(["+=", "-=", "*="]), " ", FOUR_EXPRESSION, " * 0.5"),
    joined(TWO, " ", st.sampled_from(["+=", "-=", "*="]), " ", TWO_EXPRESSION, " * 0.5"),
    joined(FOUR, "[", INDEX, "] ", IN_PLACE, " ", SCALAR_EXPRESSION),
    joined(TWO, "[", INDEX_OF_TWO, "] ", IN_PLACE, " ", SCALAR_EXPRESSION),
    joined(FOUR, "[", HALF, "] ", IN_PLACE, " ", TWO_EXPRESSION),
    joined(FOUR, "[np.array(", PAIR, ")] ", IN_PLACE, " ", TWO_EXPRESSION),
    # A masked assignment from overlapping memory is refused, because NumPy's own result depends on its order.
    joined(FOUR, "[np.array(", MASK, ")] ", IN_PLACE, " 1.0 * (", TWO_EXPRESSION, ")"),
    joined(FOUR, "[:] = ", FOUR_EXPRESSION),
    joined(FOUR, ".reshape(2, 2).T[", INDEX_OF_TWO, "] ", IN_PLACE, " ", TWO_EXPRESSION),
    joined("np.add.at(", FOUR, ", ", PAIR, ", ", TWO_EXPRESSION, ")"),
    joined("np.multiply(", FOUR, ", ", SCALAR_VALUE, ", out=", FOUR, ")"),
    joined("np.copyto(", FOUR, ", ", FOUR_EXPRESSION, ")"),
    joined("fill(", FOUR, ", ", FOUR, ", ", SCALAR_VALUE, ")"),
)


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def statements(draw: st.DrawFn, depth: int) -> list[str]:
    """One to six statements, loops and branches among them down to a depth."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(["simple"] * 4 + ["loop", "branch"] * (depth > 0)))
        if kind == "simple":
            lines.append(draw(SIMPLE))
        elif kind == "loop":
            lines += [f"for i in range({draw(st.integers(0, 3))}):", *indented(draw(statements(depth - 1)))]
        else:
            lines += [f"if np.real({draw(SCALAR_VALUE)}) > 0.32173:", *indented(draw(statements(depth - 1)))]
            lines += ["else:", *indented(draw(statements(depth - 1)))]
    return lines


HEADER = [
    "def fill(out, source, factor):",
    "    for k in range(len(out)):",
    "        out[k] = source[-k - 1] * factor * 0.5",
    "",
    "def program(x):",
    "    a, b, c = x, x * 0.5, np.zeros(4, dtype=x.dtype)",
    "    d = x[::-1]",
    "    v, w = a[:2], b[1:3]",
    "    s, t = x[0], x[1] * x[2]",
]
FOOTER = ["    return a, b, c, d, v, w, s, t", ""]


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The source text of a module with a function `program(x)` of four numbers."""
    return "\n".join([*HEADER, *indented(draw(statements(2))), *FOOTER])
