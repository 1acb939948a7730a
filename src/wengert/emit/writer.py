"""Writes the text of an LLVM module: of each function its instructions in order; declarations, attributes and metadata.

The text is written directly, since that is several times faster than building it as objects. Names are numbered in
order of appearance, function by function, so equal programs give equal text, which the cache is keyed by, and equal
pieces of a program give one function.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

__all__ = ["Module", "Writer"]

# A module costs a few milliseconds by itself, as does a piece of this many letters.
_LENGTH_OF_A_SHARE = 16_000
_MOST_SHARES = 8

# A pure function of its arguments: LLVM may move, merge and vectorise its calls.
PURE = "nounwind willreturn readnone"


@dataclass(slots=True)
class Module:
    """What stands outside functions, for a CPU with these features, and the functions that the main one calls."""

    features: frozenset[str]
    declarations: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    used: dict[str, None] = field(default_factory=dict)
    links: dict[str, int] = field(default_factory=dict)
    pieces: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def piece(self, text: str, metadata: tuple[str, ...]) -> str:
        """The name of a function with this text, in which its name is `@{name}` and metadata are numbered from 0."""
        return self.pieces.setdefault((text, metadata), f"wengert_piece_{len(self.pieces)}")

    def texts(self, prelude: str, main: str, main_metadata: list[str]) -> tuple[str, ...]:
        """The texts of the modules of a program: those of pieces, then the main one."""
        shares: list[list[_Piece]] = [[] for _ in range(self._count_of_shares())]
        lengths = [0] * len(shares)
        for (text, metadata), name in sorted(self.pieces.items(), key=lambda one: -len(one[0][0])):
            shortest = lengths.index(min(lengths))
            shares[shortest].append(_Piece(name, text, metadata))
            lengths[shortest] += len(text)
        found = [self._text(prelude, *_joined(share)) for share in shares]
        headers = [_Piece(name, text, ()).header for (text, _), name in self.pieces.items()]
        return (*found, self._text(prelude, [*headers, main], main_metadata))

    def _count_of_shares(self) -> int:
        total = sum(len(text) for text, _ in self.pieces)
        return min(-(-total // _LENGTH_OF_A_SHARE), _MOST_SHARES)

    def _text(self, prelude: str, functions: list[str], metadata: list[str]) -> str:
        used = ""
        if self.used:
            names = ", ".join(f"ptr @{name}" for name in self.used)
            used = f'@llvm.compiler.used = appending global [{len(self.used)} x ptr] [{names}], section "llvm.metadata"'
        return "\n".join(
            [
                prelude,
                *self.declarations.values(),
                used,
                *functions,
                *(f"attributes #{number} = {{ {text} }}" for text, number in self.attributes.items()),
                *(f"!{number} = {text}" for number, text in enumerate(metadata)),
                "",
            ]
        )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A function that the main one calls; see `Module.piece`."""

    name: str
    text: str
    metadata: tuple[str, ...]

    @property
    def header(self) -> str:
        """Its declaration."""
        first = self.text.partition("\n")[0].removesuffix(" {").replace("@{name}", f"@{self.name}", 1)
        return first.replace("define", "declare", 1)


def _joined(pieces: Iterable[_Piece]) -> tuple[list[str], list[str]]:
    """The functions of pieces, and their metadata, numbered together."""
    functions: list[str] = []
    metadata: list[str] = []
    for piece in pieces:
        first = len(metadata)
        functions.append(_renumbered(piece.text.replace("@{name}", f"@{piece.name}", 1), first))
        metadata += [_renumbered(one, first) for one in piece.metadata]
    return functions, metadata


def _renumbered(text: str, first: int) -> str:
    return re.sub(r"!(\d+)", lambda found: f"!{int(found[1]) + first}", text)


class Writer:
    """The text of one function of a module."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.lines: list[str] = []
        self.metadata_texts: list[str] = []
        self._entry: list[str] = []
        self._shared_metadata: dict[str, str] = {}
        self._begun: set[str] = set()
        self._count = 0
        self.has_loop = False

    # Instructions.

    def value(self, instruction: str) -> str:
        """Append an instruction that gives a value; its name."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """Append an instruction that gives none."""
        self.lines.append(f"  {instruction}")

    def label(self) -> str:
        """A new label, placed by `start`."""
        self._count += 1
        return f"L{self._count}"

    def start(self, label: str) -> None:
        """Begin a block; the one before must have ended."""
        self._begun.add(label)
        self.lines.append(f"{label}:")

    def jump(self, label: str) -> None:
        """End the block by a jump. One back makes a loop."""
        self.has_loop = self.has_loop or label in self._begun
        self.lines.append(f"  br label %{label}")

    def branch(self, condition: str, then: str, otherwise: str, *, rare: str | None = None) -> None:
        """End the block by a branch. `rare` is the label seldom taken."""
        self.has_loop = self.has_loop or then in self._begun or otherwise in self._begun
        weights = ""
        if rare is not None:
            taken = (
                '!{!"branch_weights", i32 1, i32 100000}' if rare == then else '!{!"branch_weights", i32 100000, i32 1}'
            )
            weights = f", !prof {self.shared_metadata(taken)}"
        self.lines.append(f"  br i1 {condition}, label %{then}, label %{otherwise}{weights}")

    def alloca(self, what: str, initial: str | None = None) -> str:
        """Memory of the function's frame, made once on entry whatever loop we are in."""
        self._count += 1
        name = f"%a{self._count}"
        self._entry.append(f"  {name} = alloca {what}")
        if initial is not None:
            self._entry.append(f"  store {initial}, ptr {name}")
        return name

    def on_entry(self, instruction: str) -> None:
        """Append to the instructions that run once on entry."""
        self._entry.append(f"  {instruction}")

    def first_on_entry(self, *instructions: str) -> None:
        """Put instructions before all others of the entry."""
        self._entry[:0] = (f"  {instruction}" for instruction in instructions)

    @contextmanager
    def when(self, condition: str, *, rare: bool = False) -> Iterator[None]:
        """What is written inside runs where the condition holds."""
        inside, after = self.label(), self.label()
        self.branch(condition, inside, after, rare=inside if rare else None)
        self.start(inside)
        yield
        self.jump(after)
        self.start(after)

    @contextmanager
    def counted(self, count: str, *, loop: str = "") -> Iterator[str]:
        """What is written inside runs for 0, 1, ... below `count`. `loop` is a `!llvm.loop` attachment."""
        before, head, body, latch, after = (self.label() for _ in range(5))
        counter, following = f"%c{head}", f"%n{head}"
        self.jump(before)
        self.start(before)
        self.jump(head)
        self.start(head)
        self.lines.append(f"  {counter} = phi i64 [ 0, %{before} ], [ {following}, %{latch} ]")
        more = self.value(f"icmp slt i64 {counter}, {count}")
        self.branch(more, body, after)
        self.start(body)
        yield counter
        self.jump(latch)
        self.start(latch)
        self.lines.append(f"  {following} = add nuw nsw i64 {counter}, 1")
        self.lines.append(f"  br label %{head}{loop}")
        self.has_loop = True
        self.start(after)

    # Short forms.

    def select(self, condition: str, kind: str, first: str, second: str) -> str:
        """`first if condition else second`."""
        return first if first == second else self.value(f"select i1 {condition}, {kind} {first}, {kind} {second}")

    def intrinsic(self, name: str, kind: str, *arguments: str) -> str:
        """A call of an LLVM intrinsic whose result has the type of its arguments."""
        full = f"llvm.{name}.{kind if kind[0] == 'i' else {'double': 'f64', 'float': 'f32'}[kind]}"
        self.declare(full, f"declare {kind} @{full}({', '.join([kind] * len(arguments))})")
        return self.value(f"call {kind} @{full}({', '.join(f'{kind} {one}' for one in arguments)})")

    def scale(self, first: str, second: str) -> str:
        """The product of two sizes or indices, which does not overflow."""
        if first == "1":
            return second
        if second == "1":
            return first
        if first == "0" or second == "0":
            return "0"
        return self.value(f"mul nsw i64 {first}, {second}")

    def move(self, first: str, second: str) -> str:
        """The sum of two sizes or indices, which does not overflow."""
        if first == "0":
            return second
        if second == "0":
            return first
        return self.value(f"add nsw i64 {first}, {second}")

    # What stands outside the function.

    def declare(self, name: str, text: str) -> None:
        """Declare a function once."""
        self.module.declarations.setdefault(name, text)

    def attributes(self, text: str) -> str:
        """A reference to a group of attributes."""
        return f"#{self.module.attributes.setdefault(text, len(self.module.attributes))}"

    def link(self, symbol: str, address: int) -> None:
        """Note the address of a function that the linker does not find by itself."""
        self.module.links[symbol] = address

    def keep(self, function: str) -> None:
        """Keep the declaration of a function that only the vectoriser will call."""
        self.module.used[function] = None

    def metadata(self, text: str) -> str:
        """A new metadata node; `{self}` in its text is its own name."""
        name = f"!{len(self.metadata_texts)}"
        self.metadata_texts.append(text.replace("{self}", name))
        return name

    def complete(self, name: str, text: str) -> None:
        """Give a metadata node its text."""
        self.metadata_texts[int(name[1:])] = text

    def shared_metadata(self, text: str) -> str:
        """A metadata node that is made once for equal texts."""
        if text not in self._shared_metadata:
            self._shared_metadata[text] = self.metadata(text)
        return self._shared_metadata[text]

    def function(self, header: str) -> str:
        """The whole text. `header` is the `define` line without its brace."""
        return "\n".join([f"{header} {{", "entry:", *self._entry, "  br label %begin", "begin:", *self.lines, "}"])
