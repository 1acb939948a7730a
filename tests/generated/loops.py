"""Random programs of loops, branches, updates, views and rebinding, valid by construction, as source text.

A program is `program(x, A, s, k)`: an array of some size n >= 3, an array of n x n, a number, and an integer from 0
to 2. It is valid for every n. Its operations are analytic and its conditions test real parts or integers, so that the
complex step gives its derivative to rounding (Squire and Trapp, SIAM Review 40 (1998)). Values are damped, so they
stay near 1. Indices are in range because each counter knows the texts of indices that it allows; slices of equal
size, the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["loop_programs"]

T = TypeVar("T")
Slices = tuple[str, ...]
"""Texts of slices of one axis of size n that select equally many elements."""

FULL: Slices = (":", "::-1", "0:n", "-n:")
FAMILIES: tuple[Slices, ...] = (
    ("1:", ":-1", ":n - 1", "-1:0:-1", "n - 2::-1", "1:n", "-n + 1:"),
    ("::2", "::-2", ":(n + 1) // 2", "0:n:2"),
    ("1:-1", "2:", ":-2", "-2:0:-1"),
    ("k:", ":n - k", "k:n + 4"),
    (":k", "n - k:", "0:k"),
    ("-3:", ":3", "n - 3:", "2::-1"),
    ("1::2", "1:n:2"),
)
INDICES = ("0", "1", "2", "-1", "-2", "k", "n - 1", "k - 1", "-k - 1", "(k + 2) % n")
NUMBERS = ("0.5", "-0.7", "1.3", "0.25")
LIMITS = ("0.3217", "-0.2173", "0.1131", "0.7331", "0.0123")
SMOOTH = ("np.sin({})", "np.cos({})", "np.tanh({})", "np.exp(-0.5 * {} * {})", "np.sqrt(1.0 + {} * {})")


@dataclass(frozen=True)
class Counter:
    """An integer that counts: texts of indices that are in range, and families of slices that depend on it."""

    name: str
    indices: tuple[str, ...]
    families: tuple[Slices, ...]
    below_size: bool = True


def counter_of(name: str, *, above: int, below: int) -> Counter:
    """The counter `name` with `above <= name <= n - 1 - below`."""
    i = name
    indices = [
        i,
        f"{i} - 1",
        f"-{i} - 1",
        f"n - 1 - {i}",
        f"({i} + 1) % n",
        f"{i} - n",
        f"{i} // 2",
        f"(2 * {i} + k) % n",
    ]
    families = [(f":{i}", f"n - {i}:", f"0:{i}"), (f"{i}:", f":n - {i}", f"{i}:n"), (f"{i} + 1:", f":n - {i} - 1")]
    if above:
        families.append((f":{i}", f"{i} - 1::-1", f"-{i}:"))
    if below:
        indices.append(f"{i} + 1")
        families.append((f":{i} + 2", f"{i} + 1::-1", f"-{i} - 2:"))
    return Counter(name, tuple(indices), tuple(families))


RANGES: tuple[tuple[str, int, int], ...] = (
    ("range(n)", 0, 0),
    ("range(1, n)", 1, 0),
    ("range(n - 1)", 0, 1),
    ("range(1, n - 1)", 1, 1),
    ("range(n - 1, -1, -1)", 0, 0),
    ("range(n - 1, 0, -1)", 1, 0),
    ("range(0, n, 2)", 0, 0),
    ("range(n - 2, -1, -2)", 0, 1),
    ("range(k)", 0, 1),
    ("range(k, n)", 0, 0),
    ("range(n, 0)", 0, 0),
    ("range(2)", 0, 1),
    ("range(A.shape[1])", 0, 0),
)
INNER_RANGES: tuple[tuple[str, int, int], ...] = (
    ("range({})", 0, 1),
    ("range({} + 1)", 0, 0),
    ("range({}, n)", 0, 0),
    ("range({} + 1, n)", 1, 0),
    ("range({}, -1, -1)", 0, 0),
    ("range({} - 1, -1, -1)", 0, 1),
    ("range({}, n, 2)", 0, 0),
)


@dataclass(frozen=True)
class Scope:
    """What may be named at a place: arrays that may be updated, and those that may be rebound."""

    vectors: tuple[str, ...] = ("x", "y", "z")
    matrices: tuple[str, ...] = ("A", "B")
    counters: tuple[Counter, ...] = ()
    in_loop: bool = False


HELPERS = {
    "damp": ["def damp(v, factor):", "    for q in range(len(v)):", "        v[q] = v[q] * 0.5 + factor * 0.1"],
    "mix": ["def mix(u, v):", "    u += 0.3 * np.sin(v)", "    return u[0] * v[-1]"],
    "blend": ["def blend(u, v, w=0.3):", "    total = 0.0", "    for a, b in zip(u, v):", "        total += a * b * w"]
    + ["    return total"],
    "exchange": ["def exchange(M, i, j):", "    for q in range(M.shape[1]):"]
    + ["        M[i, q], M[j, q] = M[j, q], M[i, q]"],
    "first_above": ["def first_above(v, limit):", "    for q in range(len(v)):", "        if np.real(v[q]) > limit:"]
    + ["            return v[q] * 0.9", "    return 0.3 * v[0]"],
}


@dataclass
class Author:
    """Draws a program, statement by statement.

    `shares`: arrays may have several names; `rebinds`: names are bound to other arrays under control flow. Both at
    once is often refused by the compile engine.
    """

    draw: Callable[[st.SearchStrategy[T]], T]
    scope: Scope = field(default_factory=Scope)
    names: int = 0
    called: set[str] = field(default_factory=set)
    shares: bool = True
    rebinds: bool = True

    def choose(self, options: Sequence[T]) -> T:
        """One of the options; hypothesis prefers the first."""
        return self.draw(st.sampled_from(options))

    def chance(self, one_in: int) -> bool:
        """Whether something rare happens."""
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def fresh(self, letter: str) -> str:
        """A name that no other has."""
        self.names += 1
        return f"{letter}{self.names}"

    # Places.

    def index(self) -> str:
        options = list(INDICES)
        for counter in reversed(self.scope.counters):
            options = [*counter.indices, *options]
        return self.choose(options)

    def family(self) -> Slices:
        """Slices that select equally many elements."""
        options = list(FAMILIES)
        for counter in self.scope.counters:
            options += [*counter.families, *counter.families]
        if len(self.scope.counters) > 1:
            first, second = self.scope.counters[-2].name, self.scope.counters[-1].name
            options += [(f"{first}:{second}",), (f"{second}:{first} + 1",)]
        return self.choose(options)

    # Expressions.

    def scalar(self, depth: int = 1) -> str:
        """A number that carries a derivative, mostly."""
        kind = self.choose(
            ["element", "name", "entry", "number", "integer"] + ["of two", "of one", "whole"] * (depth > 0)
        )
        match kind:
            case "element":
                return f"{self.choose(self.scope.vectors)}[{self.index()}]"
            case "name":
                return self.choose(["s", "t"])
            case "entry":
                return f"{self.choose(self.scope.matrices)}[{self.index()}, {self.index()}]"
            case "number":
                return self.choose(NUMBERS)
            case "integer":
                return f"0.1 * {self.choose(['k', 'n', *(one.name for one in self.scope.counters)])}"
            case "of two":
                form = self.choose(
                    ["{} * {}", "(0.5 * {} - {})", "{} / (2.0 + np.sin({}))", "({} + 0.5 * {})", "np.cos({} * {})"]
                )
                return form.format(self.scalar(depth - 1), self.scalar(depth - 1))
            case "of one":
                one = self.scalar(depth - 1)
                return (
                    self.choose([*SMOOTH, "({} if {} else 0.4 * {})", "{} ** 2", "np.maximum({}, 0.2113)"])
                    .replace("{} if {} else 0.4 * {}", f"{one} if {self.condition()} else 0.4 * {one}")
                    .replace("{}", f"({one})")
                )
            case _:
                return self.whole(depth - 1)

    def whole(self, depth: int) -> str:
        """A number computed from arrays."""
        vector = self.vector(FULL, depth)
        kind = self.choose(["sum", "product", "helper", "part", "mean"])
        if kind == "helper":
            name = self.choose(["blend", "first_above"])
            self.called.add(name)
            return f"{name}({vector}, {self.vector(FULL, 0) if name == 'blend' else self.choose(LIMITS)})"
        family = self.family()
        return {
            "sum": f"np.sum({vector})",
            "mean": f"np.mean({vector})",
            "product": f"0.5 * ({vector} @ {self.vector(FULL, 0)})",
            "part": f"0.5 * np.dot({self.vector(family, 0)}, {self.vector(family, 0)})",
        }[kind]

    def vector(self, family: Slices, depth: int = 1) -> str:
        """A one-dimensional expression with as many elements as the slices of the family select."""
        kind = self.choose(["part", "row", "column"] + ["of two", "of one", "scaled", "choice", "whole"] * (depth > 0))
        match kind:
            case "part":
                name = self.choose(self.scope.vectors)
                return name if family is FULL and self.chance(2) else f"{name}[{self.choose(family)}]"
            case "row":
                name = self.choose(self.scope.matrices)
                return f"{name}[{self.index()}]" if family is FULL else f"{name}[{self.index()}, {self.choose(family)}]"
            case "column":
                return f"{self.choose(self.scope.matrices)}[{self.choose(family)}, {self.index()}]"
            case "of two":
                form = self.choose(["{} * {}", "(0.5 * {} - {})", "{} / (2.0 + np.cos({}))", "({} + 0.5 * {})"])
                return form.format(self.vector(family, depth - 1), self.vector(family, depth - 1))
            case "of one":
                one = self.vector(family, depth - 1)
                return self.choose([*SMOOTH, "({})[::-1]", "np.maximum({}, 0.2113)", "({}).copy()"]).replace(
                    "{}", f"{one}"
                )
            case "scaled":
                return f"({self.vector(family, depth - 1)} {self.choose('*+-')} {self.scalar(0)})"
            case "choice":
                first, second = self.vector(family, depth - 1), self.vector(family, depth - 1)
                return f"np.where(np.real({first}) > {self.choose(LIMITS)}, {first}, 0.3 * {second})"
            case _:
                return self.whole_vector(depth - 1) if family is FULL else self.vector(family, depth - 1)

    def whole_vector(self, depth: int) -> str:
        """A vector of n elements from whole arrays."""
        vector, matrix = self.vector(FULL, depth), self.matrix(0)
        forms = (f"({matrix} @ {vector})", f"({vector} @ {matrix})", f"{self.choose(self.scope.vectors)}[p]")
        forms += (f"np.sum({matrix}, axis={self.choose('01')})", f"np.diag({matrix})", f"np.cumsum({vector})")
        forms += (f"np.concatenate([{vector}[1:], {vector}[:1]])", f"np.zeros_like({vector})")
        return self.choose(forms)

    def matrix(self, depth: int = 1) -> str:
        """An expression of n x n elements."""
        name = self.choose(self.scope.matrices)
        kind = self.choose(["name", "view"] + ["outer", "of two", "of one", "product", "broadcast"] * (depth > 0))
        match kind:
            case "name":
                return name
            case "view":
                return name + self.choose([".T", "[::-1]", "[:, ::-1]", "[:, :]", ".T[::-1]", "[p]"])
            case "outer":
                return f"np.outer({self.vector(FULL, 0)}, {self.vector(FULL, 0)})"
            case "of two":
                form = self.choose(["{} * {}", "(0.5 * {} - {})", "{} / (2.0 + np.sin({}))"])
                return form.format(self.matrix(0), self.matrix(0))
            case "of one":
                return self.choose(["np.sin({})", "np.tanh({})", "0.7 * {}", "({}).copy()"]).format(self.matrix(0))
            case "product":
                return f"0.5 * ({self.matrix(0)} @ {self.matrix(0)})"
            case _:
                column = self.choose(["", "[:, None]"])
                return f"({self.matrix(0)} {self.choose('*+-')} {self.choose(self.scope.vectors)}{column})"

    def condition(self) -> str:
        """A condition that is the same for complex numbers with these real parts."""
        names = [one.name for one in self.scope.counters]
        kind = self.choose(["value", "two values"] + ["parity", "order"] * bool(names) + ["size"])
        match kind:
            case "value":
                return f"np.real({self.scalar(0)}) {self.choose('><')} {self.choose(LIMITS)}"
            case "two values":
                return f"np.real({self.scalar(0)}) > np.real({self.scalar(0)}) + 0.0313"
            case "parity":
                return f"{self.choose(names)} % 2 == {self.choose('01')}"
            case "order":
                return f"{self.choose(names)} {self.choose(['<', '>=', '!='])} {self.choose(['k', 'n - 2', *names])}"
            case _:
                return self.choose(["n > 4", "k == 1", "n % 2 == k and k < 2", "not k > 0 or n < 5"])

    # Statements.

    def update(self, target: str, value: Callable[[], str]) -> str:
        """An assignment to a target, plain or augmented."""
        operator = self.choose(["=", "+=", "-=", "*=", "/="])
        form = {"=": "{}", "+=": "0.5 * {}", "-=": "0.5 * {}", "*=": "np.cos({})", "/=": "2.0 + np.sin({})"}[operator]
        return f"{target} {operator} {form.format(value())}"

    def simple(self) -> list[str]:
        """One statement without a block."""
        vector, matrix = self.choose(self.scope.vectors), self.choose(self.scope.matrices)
        kinds = ["scalar", "element", "entry", "slice"] * 2 + ["row", "column", "block", "whole", "call", "special"]
        kinds += ["rebind", "swap"] * self.rebinds + ["view", "view"] * self.shares
        kind = self.choose(kinds)
        match kind:
            case "scalar":
                return [self.update(self.choose(["s", "t"]), self.scalar)]
            case "element":
                return [self.update(f"{vector}[{self.index()}]", self.scalar)]
            case "entry":
                return [self.update(f"{matrix}[{self.index()}, {self.index()}]", self.scalar)]
            case "slice" | "row" | "column":
                family = self.choose([FULL, self.family()])
                part = self.choose(family)
                row, column = f"{matrix}[{self.index()}, {part}]", f"{matrix}[{part}, {self.index()}]"
                target = {"slice": f"{vector}[{part}]", "row": row, "column": column}[kind]
                # NumPy 2.4 copies a row to a column that crosses it wrongly (`A[1] = A[:, 2]`), so those are computed.
                plain = kind == "slice" and vector in ("x", "y", "z")
                source = "{}" if plain else "1.0 * ({})"
                return [self.update(target, self.choose([lambda: source.format(self.vector(family)), self.scalar]))]
            case "block":
                return [self.block_update(matrix)]
            case "whole":
                if self.chance(2):
                    source = "{}" if vector in ("x", "y", "z") else "1.0 * ({})"
                    return [self.update(vector, lambda: source.format(self.vector(FULL))).replace(" = ", "[:] = ", 1)]
                return [self.update(matrix, self.matrix).replace(" = ", "[...] = ", 1)]
            case "rebind":
                return [self.rebinding()]
            case "swap":
                return [
                    self.choose(["x, y = y, x", "s, t = t, s", "y, z = z, y", "A, B = B, A", "s, t = t * 0.5, s + 0.1"])
                ]
            case "view":
                return [self.view(matrix)]
            case "call":
                return [self.call(vector, matrix)]
            case _:
                return [self.special(vector)]

    def block_update(self, matrix: str) -> str:
        rows, columns = self.choose([FULL, self.family()]), self.family()
        target = f"{matrix}[{self.choose(rows)}, {self.choose(columns)}]"
        source = f"{self.choose(self.scope.matrices)}[{self.choose(rows)}, {self.choose(columns)}]"
        row = self.vector(columns, 0)
        column = f"{self.choose(self.scope.vectors)}[{self.choose(rows)}]"
        forms = (f"0.9 * {source}", source, f"{source} * {row}", row, f"{column}[:, None] * {row}")
        forms += (f"np.outer({column}, {row})", f"np.sin({source}) + {column}[:, None]")
        return self.update(target, lambda: self.choose(forms))

    def rebinding(self) -> str:
        """A name bound to a new array."""
        name = self.choose(["y", "x", "z", "B"])
        if name == "B":
            return f"B = {self.choose(['1.0 * ', '0.5 * '])}{self.matrix()}"
        fresh = ("np.zeros(n, dtype=x.dtype)", "np.zeros_like(x)", f"{name} + 0.1 * {self.vector(FULL, 0)}")
        fresh += (f"1.0 * {self.vector(FULL)}", f"{self.choose(self.scope.vectors)}.copy()")
        if self.shares and self.chance(3):
            return f"{name} = {self.choose(self.scope.vectors)}"
        return f"{name} = {self.choose(fresh)}"

    def view(self, matrix: str) -> str:
        """A new name for a part of an array, or for all of it."""
        if self.chance(4):
            name = self.fresh("M")
            text = f"{name} = {matrix}{self.choose(['.T', '', '[::-1]', '.copy()', '[:, ::-1]'])}"
            self.scope = replace(self.scope, matrices=(*self.scope.matrices, name))
            return text
        name = self.fresh("v")
        vector = self.choose(self.scope.vectors)
        forms = (f"{matrix}[{self.index()}]", f"{matrix}[:, {self.index()}]", f"{matrix}.T[{self.index()}]")
        forms += (f"{vector}[::-1]", vector, f"np.zeros_like({vector})", f"{matrix}[{self.index()}].copy()")
        text = f"{name} = {self.choose(forms)}"
        self.scope = replace(self.scope, vectors=(*self.scope.vectors, name))
        return text

    def call(self, vector: str, matrix: str) -> str:
        """A call of a function that updates its arguments."""
        name = self.choose(["damp", "mix", "exchange"])
        self.called.add(name)
        target = self.choose([vector, f"{vector}[{self.choose(self.family())}]", f"{matrix}[{self.index()}]"])
        return {
            "damp": f"damp({target}, {self.scalar(0)})",
            "mix": f"{self.choose(['s', 't'])} = mix({vector}, {self.vector(FULL, 0)})",
            "exchange": f"exchange({matrix}, {self.index()}, {self.index()})",
        }[name]

    def special(self, vector: str) -> str:
        """Masks, integer-array indices, and functions that write to arguments."""
        mask = f"np.real({self.choose(self.scope.vectors)}) > {self.choose(LIMITS)}"
        other = self.vector(FULL, 0)
        forms = (
            f"{vector}[{mask}] *= 0.5",
            f"{vector}[{mask}] = {self.scalar(0)}",
            f"{vector}[p] = 1.0 * {other}",
            f"{vector}[p] += 0.5 * {other}",
            f"np.add.at({vector}, p, 0.3 * {other})",
            f"{vector}.fill({self.scalar(0)})",
            f"np.multiply({other}, 0.6, out={vector})",
            f"{vector}[[0, -1]] = {vector}[[-1, 0]]",
            f"{vector}[:2], {vector}[-2:] = 0.5 * {vector}[-2:], {self.scalar(0)}",
        )
        return self.choose(forms)

    # Blocks.

    @contextmanager
    def inside(self, **changes: object) -> Iterator[None]:
        """A block: names that are made in it are forgotten after it."""
        outer = self.scope
        self.scope = replace(outer, **changes)  # type: ignore[arg-type]
        yield
        self.scope = outer

    def statements(self, depth: int) -> list[str]:
        """One to five statements."""
        lines: list[str] = []
        for _ in range(self.draw(st.integers(1, 5 if depth > 1 else 3))):
            kinds = ["simple"] * 4 + ["for", "for", "if", "while"] * (depth > 0) + ["leave"] * self.scope.in_loop
            match self.choose(kinds):
                case "simple":
                    lines += self.simple()
                case "for":
                    lines += self.loop(depth - 1)
                case "while":
                    lines += self.repeat(depth - 1)
                case "if":
                    lines += self.branch(depth - 1)
                case _:
                    lines += [f"if {self.condition()}:", f"    {self.choose(['break', 'continue'])}"]
        if depth < 2 and self.chance(80):
            lines += [f"if {self.condition()}:", f"    {RETURN}"]
        return lines

    def loop(self, depth: int) -> list[str]:
        """A `for` over a range."""
        name = self.fresh("i")
        outer = self.scope.counters
        if outer and outer[-1].below_size and self.chance(2):
            text, above, below = self.choose(INNER_RANGES)
            text = text.format(outer[-1].name)
        else:
            text, above, below = self.choose(RANGES)
        counter = counter_of(name, above=above, below=below)
        with self.inside(counters=(*outer, counter), in_loop=True):
            body = self.statements(depth)
        return [f"for {name} in {text}:", *indented(body)]

    def repeat(self, depth: int) -> list[str]:
        """A `while` that ends because it counts, or before."""
        name = self.fresh("c")
        value = self.choose(["s", "t", "x[0]", "A[1, 0]"])
        more = self.choose(["", f" and np.real({value}) < 0.8123", f" and (np.real({value}) > -0.6 or {name} < 1)"])
        counter = Counter(name, (f"{name} - 1", f"-{name}", f"{name} % n"), ((f"{name}:", f":n - {name}"),), False)
        with self.inside(counters=(*self.scope.counters, counter), in_loop=True):
            body = self.statements(depth)
        return [f"{name} = 0", f"while {name} < {self.choose('321')}{more}:", f"    {name} += 1", *indented(body)]

    def branch(self, depth: int) -> list[str]:
        """An `if`, with or without `elif` and `else`."""
        lines = []
        for word in ["if", "elif"][: 1 + self.chance(4)]:
            lines.append(f"{word} {self.condition()}:")
            with self.inside():
                lines += indented(self.statements(depth))
        if self.chance(2):
            with self.inside():
                lines += ["else:", *indented(self.statements(depth))]
        return lines

    def program(self) -> str:
        """The text of a module."""
        fresh = ("0.5 * x", "np.zeros(n, dtype=x.dtype)", "x.copy()", "np.sin(A[0])")
        shared = ("A[0]", "x[::-1]", "A[:, 1]", "x")
        self.shares, self.rebinds = self.choose(
            [(True, False), (False, True), (True, False), (False, True), (True, True)]
        )
        first = [f"{name} = {self.choose(shared if self.shares and self.chance(3) else fresh)}" for name in "yz"]
        fresh, shared = ("0.7 * A", "np.zeros_like(A)", "A.copy()"), ("A.T", "A", "A[::-1]")
        first.append(f"B = {self.choose(shared if self.shares and self.chance(3) else fresh)}")
        body = ["n = len(x)", "p = (2 * np.arange(n) + k) % n", *first, "t = x[0] * s"]
        body += [*self.statements(3), RETURN]
        helpers = [line for name in HELPERS if name in self.called for line in (*HELPERS[name], "")]
        return "\n".join([*helpers, "def program(x, A, s, k):", *indented(body), ""])


RETURN = "return x, y, z, A, B, s + 0.0 * t, t"


def indented(lines: Sequence[str]) -> list[str]:
    return ["    " + line for line in lines]


@st.composite
def loop_programs(draw: st.DrawFn) -> str:
    """The source text of a module with a function `program(x, A, s, k)`; see the module's text."""
    return Author(draw).program()
