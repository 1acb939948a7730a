"""Emission of statements: one case for each kind, one function for each kind of control flow.

What goes in: the frame and a block. What comes out: instructions, appended to the frame's writer.
"""

from __future__ import annotations

from wengert.emit.frame import Frame, Loop
from wengert.emit.functions import emit_call
from wengert.emit.kinds import kind_of
from wengert.emit.memory import allocate, pop, push, recall, release, reserve, reshape
from wengert.emit.operations import apply
from wengert.emit.pieces import emit_piece, is_piece
from wengert.emit.scalars import Parts, scalar_function, truth
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Block,
    Call,
    Check,
    For,
    If,
    Load,
    Operand,
    Pop,
    Push,
    Recall,
    Reserve,
    Reshape,
    Statement,
    Store,
    While,
)
from wengert.program.traverse import walk
from wengert.runtime.failures import Failure

__all__ = ["emit_block", "emit_statements"]


def emit_block(f: Frame, block: Block) -> None:
    """A nested block: what was made in it is given back at its end, or in a loop when the outermost loop ends."""
    slots = emit_statements(f, block)
    release(f, slots)


def emit_statements(f: Frame, block: Block) -> list[str]:
    """The statements of a block; the slots of what lives to its end."""
    slots: list[str] = []
    for statement in block:
        _statement(f, statement, slots)
    return slots


def _statement(f: Frame, statement: Statement, slots: list[str]) -> None:
    if is_piece(f, statement):
        emit_piece(f, statement, lambda piece, one: _statement(piece, one, []))
        return
    match statement:
        case Bind():
            operands = [(kind_of(one.dtype), f.parts(one)) for one in statement.operands]
            f.bind(statement.value, scalar_function(f.w, statement.function, kind_of(statement.value.dtype), operands))
        case Load(storage=storage):
            f.bind(statement.value, f.load(storage, f.address(storage, statement.indices)))
        case Store(storage=storage):
            f.store(storage, f.address(storage, statement.indices), f.parts(statement.operand))
        case Accumulate():
            _accumulate(f, statement)
        case Allocate():
            allocate(f, statement, f.loop_slots if f.loops else slots)
        case Recall():
            recall(f, statement)
        case Reshape():
            reshape(f, statement)
        case Reserve():
            reserve(f, statement)
        case Push():
            push(f, statement)
        case Pop():
            pop(f, statement)
        case For():
            _for(f, statement)
        case While():
            _while(f, statement)
        case If():
            _if(f, statement)
        case Apply():
            apply(f, statement)
        case Check():
            dtypes = tuple(one.dtype for one in statement.operands)
            failure = Failure(statement.exception, statement.message, dtypes, statement.where)
            f.fail_unless(_condition(f, statement.condition), failure, statement.operands)
        case Call():
            emit_call(f, statement)


def _condition(f: Frame, operand: Operand) -> str:
    return truth(f.w, kind_of(operand.dtype), f.parts(operand))


def _accumulate(f: Frame, statement: Accumulate) -> None:
    """Load, add, store. A sum that an order-free loop makes at one place may be made in any order, so in vectors."""
    w, storage, kind = f.w, statement.storage, kind_of(statement.storage.dtype)
    address = f.address(storage, statement.indices)
    held, added = f.load(storage, address), f.parts(statement.operand)
    if kind.family in ("real", "complex"):
        loop = f.loops[-1].statement if f.loops else None
        free = isinstance(loop, For) and loop.order_free and not any(f.varies(index) for index in statement.indices)
        add = "fadd reassoc" if free else "fadd"
        total: Parts = tuple(
            w.value(f"{add} {kind.register} {one}, {other}") for one, other in zip(held, added, strict=True)
        )
    else:
        total = scalar_function(w, "add", kind, [(kind, held), (kind, added)])
    f.store(storage, address, total)


def _has_independent_iterations(loop: For) -> bool:
    """Whether the iterations of an order-free loop touch no memory in common.

    Only variables of the body itself are accumulated in it, and no memory is made, which iterations would share.
    """
    own = set()
    for statement in walk(loop.body):
        match statement:
            case Allocate(storage=storage, kept=None) if storage.rank == 0:
                own.add(storage)
            case Accumulate(storage=storage) if storage not in own:
                return False
            case Allocate() | Recall() | Reserve() | Push() | Pop() | Apply() | While() | Call():
                return False
    return True


def _open_loop(f: Frame, loop: For | While) -> str:
    """Note an open loop; its `!llvm.loop` attachment."""
    if not (isinstance(loop, For) and loop.order_free and _has_independent_iterations(loop)):
        f.loops.append(Loop(loop, None))
        return ""
    group = f.w.metadata("distinct !{}")
    f.loops.append(Loop(loop, group))
    parallel = f.w.metadata(f'!{{!"llvm.loop.parallel_accesses", {group}}}')
    return f", !llvm.loop {f.w.metadata(f'distinct !{{{{self}}, {parallel}}}')}"


def _close_loop(f: Frame) -> None:
    f.loops.pop()
    if not f.loops:
        release(f, f.loop_slots)
        f.loop_slots.clear()


def _for(f: Frame, loop: For) -> None:
    w = f.w
    start, stop = f.integer(loop.start), f.integer(loop.stop)
    if start == "0" and loop.step == 1:
        count = stop
    else:
        # The count first: then nothing overflows, however large the step.
        low, high = (start, stop) if loop.step > 0 else (stop, start)
        distance = w.value(f"sub i64 {w.value(f'sub i64 {high}, {low}')}, 1")
        runs = w.value(f"icmp slt i64 {low}, {high}")
        steps = distance if abs(loop.step) == 1 else w.value(f"udiv i64 {distance}, {abs(loop.step)}")
        count = w.select(runs, "i64", w.value(f"add nuw i64 {steps}, 1"), "0")
    attachment = _open_loop(f, loop)
    with w.counted(count, loop=attachment) as number:
        counter = number
        if loop.step != 1:
            counter = w.value(f"mul nsw i64 {number}, {loop.step}")
        f.bind(loop.counter, (w.move(counter, start),))
        emit_block(f, loop.body)
    _close_loop(f)


def _while(f: Frame, loop: While) -> None:
    w = f.w
    head, body, after = w.label(), w.label(), w.label()
    _open_loop(f, loop)
    w.jump(head)
    w.start(head)
    emit_block(f, loop.test)
    w.branch(_condition(f, loop.condition), body, after)
    w.start(body)
    emit_block(f, loop.body)
    w.jump(head)
    w.start(after)
    _close_loop(f)


def _if(f: Frame, statement: If) -> None:
    w = f.w
    then, otherwise, after = w.label(), w.label(), w.label()
    w.branch(_condition(f, statement.condition), then, otherwise)
    w.start(then)
    emit_block(f, statement.then)
    w.jump(after)
    w.start(otherwise)
    emit_block(f, statement.otherwise)
    w.jump(after)
    w.start(after)
