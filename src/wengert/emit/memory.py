"""Emission of what makes, keeps and gives back memory: Allocate, Recall, Reshape, and the stacks.

What holds: memory is owned by a slot of the frame or by a stack, and both are released at the end of the program, so a
failure needs no code of its own. In a loop a slot keeps its memory until the outermost loop ends.
"""

from __future__ import annotations

import math

from wengert.emit.frame import Frame, Place, StackRegisters
from wengert.emit.kinds import kind_of
from wengert.emit.prelude import NEGATIVE_SIZE
from wengert.errors import SourceLocation
from wengert.program.statements import (
    Allocate,
    Constant,
    Operand,
    Pop,
    Push,
    Recall,
    Reserve,
    Reshape,
    Stack,
    Storage,
)
from wengert.runtime.failures import negative_size, out_of_memory

__all__ = [
    "allocate",
    "fits_frame",
    "make_stack",
    "memory_for",
    "new_slot",
    "pop",
    "push",
    "recall",
    "release",
    "release_stacks",
    "reserve",
    "reshape",
]

# The frame of a function that recurses is small: there are many of them.
_MOST_BYTES_OF_RECURSIVE_FRAME = 512

# Arrays of constant size up to this many bytes lie in the frame, where LLVM may turn them into registers.
_MOST_BYTES_IN_FRAME = 1024
_MOST_BYTES_OF_FRAME = 64 * 1024


def new_slot(f: Frame) -> str:
    """A slot of the frame, empty on entry."""
    name = f"%slot{f.slots}"
    f.w.on_entry(f"{name} = getelementptr inbounds ptr, ptr %slots, i64 {f.slots}")
    f.slots += 1
    return name


def release(f: Frame, slots: list[str]) -> None:
    """Give back what slots hold, those that lie side by side together."""
    numbers = sorted(int(slot.removeprefix("%slot")) for slot in slots)
    starts = [one for one in numbers if one - 1 not in numbers]
    for start in starts:
        count = next(n for n in range(1, len(numbers) + 1) if start + n not in numbers)
        f.w.do(f"call void @wengert_release(ptr %pool, ptr %slot{start}, i64 {count})")


def _byte_count(f: Frame, dtype: str, sizes: tuple[Operand, ...]) -> str:
    """Bytes of an array, or a negative number where there cannot be so many."""
    if all(isinstance(size, Constant) for size in sizes):
        count = math.prod(int(size.value.real) for size in sizes if isinstance(size, Constant))
        if all(isinstance(size, Constant) and 0 <= size.value.real < 1 << 40 for size in sizes) and count < 1 << 50:
            return str(count * kind_of(dtype).size)
    count_so_far = str(kind_of(dtype).size)
    for size in sizes:
        count_so_far = f.w.value(f"call i64 @wengert_product(i64 {count_so_far}, i64 {f.integer(size)})")
    return count_so_far


def memory_for(f: Frame, factors: tuple[str, ...], where: SourceLocation | None) -> str:
    """Memory for an operation on arrays: as many bytes as the product of the factors, given back with the loop's."""
    w, slot, count = f.w, new_slot(f), factors[0]
    for factor in factors[1:]:
        count = w.value(f"call i64 @wengert_product(i64 {count}, i64 {factor})")
    pointer = w.value(f"call ptr @wengert_obtain(ptr %pool, ptr {slot}, i64 {count}, i1 false)")
    _fail_if_none(f, pointer, count, where)
    if f.loops:
        f.loop_slots.append(slot)
    return pointer


def _fail_if_none(f: Frame, pointer: str, count: str, where: SourceLocation | None) -> None:
    """End the program where no memory was given: it was too much, or a size was negative."""
    w = f.w
    failed, passed = w.label(), w.label()
    w.branch(w.value(f"icmp eq ptr {pointer}, null"), failed, passed, rare=failed)
    w.start(failed)
    negative = w.value(f"icmp eq i64 {count}, {NEGATIVE_SIZE}")
    codes = (str(f.number_of(one)) for one in (negative_size(where), out_of_memory(where)))
    f.end_with(w.select(negative, "i64", *codes))
    w.start(passed)


def allocate(f: Frame, statement: Allocate, open_slots: list[str]) -> None:
    """Memory from the slot of this statement, from the frame, or kept on a stack."""
    w, storage, sizes = f.w, statement.storage, statement.sizes
    registers = tuple(f.integer(size) for size in sizes)
    if statement.kept is not None:
        f.places[storage] = Place(_keep(f, statement, statement.kept), registers)
        return
    if storage in f.cells:
        f.places[storage] = Place(_variable(f, storage), ())
        return
    count = _byte_count(f, storage.dtype, sizes)
    if fits_frame(f, statement, f.frame_bytes) is not None:
        f.frame_bytes += int(count)
        pointer = w.alloca(f"[{max(int(count), 1)} x i8], align 64")
        if statement.zeroed:
            w.do(f"call void @llvm.memset.p0.i64(ptr align 64 {pointer}, i8 0, i64 {count}, i1 false)")
        f.places[storage] = Place(pointer, registers)
        return
    slot = new_slot(f)
    zeroed = "true" if statement.zeroed else "false"
    pointer = w.value(f"call ptr @wengert_obtain(ptr %pool, ptr {slot}, i64 {count}, i1 {zeroed})")
    _fail_if_none(f, pointer, count, statement.where)
    open_slots.append(slot)
    f.places[storage] = Place(pointer, registers, slot)


def fits_frame(f: Frame, statement: Allocate, frame_bytes: int) -> int | None:
    """How many bytes a storage takes of the frame, of which so many are taken; None where it lies elsewhere."""
    storage = statement.storage
    if statement.kept is not None or f.root(storage) in f.addressed:
        return None
    if storage in f.cells:
        return 0
    count = kind_of(storage.dtype).size
    for size in statement.sizes:
        if not isinstance(size, Constant) or not 0 <= size.value.real <= _MOST_BYTES_IN_FRAME:
            return None
        count *= int(size.value.real)
    most = _MOST_BYTES_OF_RECURSIVE_FRAME if f.recurs else _MOST_BYTES_OF_FRAME
    return count if count <= _MOST_BYTES_IN_FRAME and frame_bytes + count <= most else None


def _variable(f: Frame, storage: Storage) -> str:
    """A variable starts as zero: free of cost, and no undefined number can get anywhere."""
    kind = kind_of(storage.dtype)
    pointer = f.w.alloca(f"[{kind.parts} x {kind.memory}], align 8")
    zero = "0.0" if kind.family in ("real", "complex") else "0"
    f.w.do(f"store {kind.memory} {zero}, ptr {pointer}")
    if kind.parts == 2:
        second = f.w.value(f"getelementptr inbounds {kind.memory}, ptr {pointer}, i64 1")
        f.w.do(f"store {kind.memory} {zero}, ptr {second}")
    return pointer


def _keep(f: Frame, statement: Allocate, stack: Stack) -> str:
    """New memory on its stack."""
    w, storage = f.w, statement.storage
    count = _byte_count(f, storage.dtype, statement.sizes)
    zeroed = "true" if statement.zeroed else "false"
    pointer = w.value(f"call ptr @wengert_keep(ptr %pool, ptr {f.kept[stack]}, i64 {count}, i1 {zeroed})")
    _fail_if_none(f, pointer, count, statement.where)
    return pointer


def recall(f: Frame, statement: Recall) -> None:
    """The memory kept last, which stays its stack's."""
    pointer = f.w.value(f"call ptr @wengert_recall(ptr %pool, ptr {f.kept[statement.stack]})")
    f.places[statement.storage] = Place(pointer, tuple(f.integer(size) for size in statement.sizes))


def reshape(f: Frame, statement: Reshape) -> None:
    """Another name for the same memory."""
    of = f.place(statement.of)
    sizes = tuple(f.integer(size) for size in statement.sizes)
    f.places[statement.storage] = Place(of.pointer, sizes, of.slot)


# Stacks.


def make_stack(f: Frame, stack: Stack) -> None:
    """An empty stack. LLVM keeps the three variables of a stack of scalars in registers."""
    w = f.w
    if stack.dtype == "storage":
        name = f"%kept{len(f.kept)}"
        w.on_entry(f"{name} = getelementptr inbounds [3 x i64], ptr %kept, i64 {len(f.kept)}")
        f.kept[stack] = name
        return
    if f.functions:  # which reach the variables through a pointer
        number = len(f.stacks)
        names = [f"%stack{number}.{part}" for part in ("data", "top", "capacity")]
        for place, name in enumerate(names):
            w.on_entry(f"{name} = getelementptr inbounds i64, ptr %stacks, i64 {3 * number + place}")
        f.stacks[stack] = StackRegisters(*names)
        return
    data, top, capacity = w.alloca("ptr", "ptr null"), w.alloca("i64", "i64 0"), w.alloca("i64", "i64 0")
    f.stacks[stack] = StackRegisters(data, top, capacity)


def release_stacks(f: Frame) -> None:
    """Give back the stacks, and what is still kept on them."""
    w = f.w
    if f.kept:
        w.do(f"call void @wengert_release_stacks(ptr %pool, ptr %kept, i64 {len(f.kept)})")
    for registers in f.stacks.values():
        w.do(f"call void @wengert_free(ptr %pool, ptr {w.value(f'load ptr, ptr {registers.data}')})")


def _grow_to(f: Frame, stack: Stack, capacity: str, where: SourceLocation | None) -> None:
    w, registers = f.w, f.stacks[stack]
    data, top = w.value(f"load ptr, ptr {registers.data}"), w.value(f"load i64, ptr {registers.top}")
    arguments = f"ptr %pool, ptr {data}, i64 {top}, i64 {capacity}, i64 {kind_of(stack.dtype).size}"
    grown = w.value(f"call {{ ptr, i64 }} @wengert_enlarge({arguments})")
    pointer, room = (w.value(f"extractvalue {{ ptr, i64 }} {grown}, {number}") for number in (0, 1))
    f.fail_unless(w.value(f"icmp ne ptr {pointer}, null"), out_of_memory(where))
    w.do(f"store ptr {pointer}, ptr {registers.data}")
    w.do(f"store i64 {room}, ptr {registers.capacity}")


def _at(f: Frame, stack: Stack, index: str) -> str:
    kind = kind_of(stack.dtype)
    data = f.w.value(f"load ptr, ptr {f.stacks[stack].data}")
    element = kind.memory if kind.parts == 1 else f"[2 x {kind.memory}]"
    return f.w.value(f"getelementptr inbounds {element}, ptr {data}, i64 {index}")


def push(f: Frame, statement: Push) -> None:
    """A scalar onto its stack: a comparison and a store, unless it must grow."""
    w, stack = f.w, statement.stack
    registers = f.stacks[stack]
    top, capacity = w.value(f"load i64, ptr {registers.top}"), w.value(f"load i64, ptr {registers.capacity}")
    with w.when(w.value(f"icmp sge i64 {top}, {capacity}"), rare=True):
        _grow_to(f, stack, w.value(f"shl nsw i64 {capacity}, 1"), statement.where)
    f.store_as(stack.dtype, _at(f, stack, top), f.parts(statement.operand), f.scope(stack))
    w.do(f"store i64 {w.value(f'add nuw nsw i64 {top}, 1')}, ptr {registers.top}")


def pop(f: Frame, statement: Pop) -> None:
    """The scalar put there last."""
    w, stack = f.w, statement.stack
    registers = f.stacks[stack]
    top = w.value(f"sub nuw nsw i64 {w.value(f'load i64, ptr {registers.top}')}, 1")
    w.do(f"store i64 {top}, ptr {registers.top}")
    f.bind(statement.value, f.load_as(stack.dtype, _at(f, stack, top), f.scope(stack)))


def reserve(f: Frame, statement: Reserve) -> None:
    """Room for `count` more at once; at least double, so that repeated requests stay cheap."""
    w, registers = f.w, f.stacks[statement.stack]
    top, capacity = w.value(f"load i64, ptr {registers.top}"), w.value(f"load i64, ptr {registers.capacity}")
    wanted = w.intrinsic("sadd.sat", "i64", top, f.integer(statement.count))
    with w.when(w.value(f"icmp sgt i64 {wanted}, {capacity}"), rare=True):
        double = w.value(f"shl nsw i64 {capacity}, 1")
        _grow_to(f, statement.stack, w.intrinsic("smax", "i64", wanted, double), statement.where)
