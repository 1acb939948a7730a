"""Pieces of a program as functions of their own: twice a function takes the code generator more than twice as long.

What goes in: a loop, and the frame around it. What comes out: a call. A piece is given the numbers and pointers that it
reads, and gives back whether it failed and the variables that it writes, so that those can be in registers in it. What
holds: pointers to memory that nothing else leads to are `noalias`, which serves for the alias scopes of the program.
Equal pieces are one function.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.emit.frame import Frame
from wengert.emit.kinds import kind_of
from wengert.emit.memory import fits_frame
from wengert.emit.writer import Writer
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import (
    Allocate,
    Apply,
    Call,
    For,
    Pop,
    Push,
    Recall,
    Reserve,
    Statement,
    Storage,
    While,
)
from wengert.program.traverse import walk, writes

__all__ = ["emit_piece", "is_piece"]

# Operations that need no memory of their own.
_PRODUCTS = ("numpy.matmul", ADDED_PRODUCT)

# A larger loop, unless it is order-free, is left in place, and the loops in it become pieces.
_MOST_STATEMENTS = 300


def is_piece(f: Frame, statement: Statement) -> bool:
    """Whether a statement becomes a function: a loop or a product that makes no memory and has no stack."""
    if f.outer is not None or f.in_order_free_loop:
        return False
    if isinstance(statement, Apply):
        return statement.function in _PRODUCTS
    if not isinstance(statement, For | While):
        return False
    count, frame_bytes = 0, 0
    for one in walk((statement,)):
        count += 1
        match one:
            case Push() | Pop() | Reserve() | Recall() | Call():
                return False
            case Apply(function=function) if function not in _PRODUCTS:
                return False
            case Allocate():
                size = fits_frame(f, one, frame_bytes)
                if size is None:
                    return False
                frame_bytes += size
            case _:
                pass
    return count <= _MOST_STATEMENTS or (isinstance(statement, For) and statement.order_free)


def emit_piece(f: Frame, statement: Statement, emit: Callable[[Frame, Statement], None]) -> None:
    """The function of a statement, and its call."""
    w = Writer(f.w.module)
    piece = f.inside(w)
    emit(piece, statement)
    w.jump("cleanup")
    w.start("cleanup")
    written = {storage for one in walk((statement,)) for storage in writes(one)}
    returned = [one for one in piece.parameters.variables if one in written]
    name, kind = _close(piece, returned)
    given = ", ".join(f"{kind} {register}" for register, kind in piece.parameters.types.items())
    call = f"call fastcc {kind} @{name}({given})"
    if kind == "void":
        f.w.do(call)
        return
    _take_back(f, piece, f.w.value(call), kind, returned)


def _close(piece: Frame, returned: list[Storage]) -> tuple[str, str]:
    """The end of a function: its name and the type that it returns."""
    w = piece.w
    found = [("i64", w.value(f"load i64, ptr {piece.code}"))] if piece.fails else []
    for storage in returned:
        kind = kind_of(storage.dtype)
        for at in piece.part_places(kind, piece.parameters.variables[storage]):
            found.append((kind.memory, w.value(f"load {kind.memory}, ptr {at}")))
    result = f"{{ {', '.join(one for one, _ in found)} }}" if found else "void"
    total = "poison"
    for number, (type_of, one) in enumerate(found):
        total = w.value(f"insertvalue {result} {total}, {type_of} {one}, {number}")
    w.do(f"ret {result} {total}" if found else "ret void")
    attributes = w.attributes('noinline nounwind "prefer-vector-width"="512"')
    header = f"define fastcc {result} @{{name}}({_parameters(piece)}) {attributes}"
    return w.module.piece(w.function(header), tuple(w.metadata_texts)), result


def _parameters(piece: Frame) -> str:
    given = piece.parameters
    owners = list(given.owners.values())
    texts = []
    for register, kind in given.types.items():
        name = given.names[register]
        alone = name in given.owners and owners.count(given.owners[name]) == 1
        texts.append(f"{kind} {'noalias ' if alone else ''}{name}")
    return ", ".join(texts)


def _take_back(f: Frame, piece: Frame, result: str, kind: str, returned: list[Storage]) -> None:
    w, number = f.w, 0
    if piece.fails:
        number = 1
        code = w.value(f"extractvalue {kind} {result}, 0")
        f.end_if_failed(code)
    for storage in returned:
        held = kind_of(storage.dtype)
        for at in f.part_places(held, f.place(storage).pointer):
            w.do(f"store {held.memory} {w.value(f'extractvalue {kind} {result}, {number}')}, ptr {at}")
            number += 1
