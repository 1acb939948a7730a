"""Functions of a program as functions of the module, and their calls.

What goes in: the frame of the program. What comes out: the text of a function for each of the program's, which returns
0 or the number of a failure, as the program does. What holds: a function owns the memory that it makes and gives it
back at its end, failed or not; stacks are the program's, reached through a pointer. Before each call in a function the
stack of the machine is compared with its end, so that recursion without end is an exception, and never a crash. Calls
are counted too: LLVM makes a loop of a function that ends with its own call, which needs no stack; and functions that
make arrays would fill the memory first, so that they go as deep as Python goes.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.emit.frame import Frame, Place
from wengert.emit.memory import make_stack
from wengert.emit.writer import Writer
from wengert.program.statements import Allocate, Block, Call, Function, Program, Value
from wengert.program.traverse import walk
from wengert.runtime.failures import too_deep

__all__ = ["emit_call", "emit_function", "find_end_of_stack", "name_functions"]

# Of the machine's stack: kept free for the frame of the function that is called, and for the libraries it calls.
_MARGIN = 96 * 1024

# Where nobody can say where the stack ends, this many bytes of it are taken to be there.
_LIKELY_BYTES = 128 * 1024

# Deeper than any program that runs in Python, which goes a thousand calls deep unless the user says otherwise.
_MOST_CALLS = 1_000_000


def name_functions(f: Frame) -> None:
    """Give the program's functions their names in the module."""
    for number, one in enumerate(f.program.functions):
        f.functions[one.callee] = f"wengert_function_{number}"


def find_end_of_stack(f: Frame) -> None:
    """Where recursion has to stop: the end of this thread's stack, as it is given, and a margin."""
    f.w.declare("llvm.frameaddress.p0", "declare ptr @llvm.frameaddress.p0(i32)")
    f.w.on_entry("%here = call ptr @llvm.frameaddress.p0(i32 0)")
    f.w.on_entry("%at = ptrtoint ptr %here to i64")
    f.w.on_entry(f"%likely = sub i64 %at, {_LIKELY_BYTES}")
    f.w.on_entry(f"%least = add i64 %stack_end, {_MARGIN}")
    f.w.on_entry("%unknown = icmp eq i64 %stack_end, 0")
    f.w.on_entry("%limit = select i1 %unknown, i64 %likely, i64 %least")


def _first_depth(f: Frame) -> str:
    """What the calls of the program's body are counted from."""
    statements = (one for function in f.program.functions for one in walk(function.body))
    if not any(isinstance(one, Allocate) and one.sizes for one in statements):
        return "0"
    left = f.w.value(f"sub i64 {_MOST_CALLS}, %most_calls")
    return f.w.intrinsic("smax", "i64", left, "0")


def emit_call(f: Frame, call: Call) -> None:
    """A call, unless it is too deep; what fails in it fails here."""
    w = f.w
    if f.recurs:
        has_room, is_counted = w.value("icmp ugt i64 %at, %limit"), w.value(f"icmp ult i64 %depth, {_MOST_CALLS}")
        f.fail_unless(w.value(f"and i1 {has_room}, {is_counted}"), too_deep(call.where))
    deeper = w.value("add nuw i64 %depth, 1") if f.recurs else _first_depth(f)
    given = ["ptr %pool", "ptr %block", "ptr %stacks", "ptr %kept", "i64 %limit", f"i64 {deeper}"]
    for storage in call.storages:
        place = f.place(storage)
        given += [f"ptr {place.pointer}", *(f"i64 {size}" for size in place.sizes)]
    code = w.value(f"call i64 @{f.functions[call.callee]}({', '.join(given)})")
    f.end_if_failed(code)


def emit_function(main: Frame, function: Function, emit: Callable[[Frame, Block], object]) -> str:
    """The text of one function."""
    w = Writer(main.w.module)
    w.metadata_texts = main.w.metadata_texts  # they are functions of one module
    body = Program(function.callee.hint, function.parameters, function.body, (), main.all_stacks)
    f = Frame(body, w, failures=main.failures, functions=main.functions, recurs=True)
    f.failure_offset = main.failure_offset
    for stack in main.all_stacks:
        make_stack(f, stack)
    header = ["ptr %pool", "ptr %block", "ptr %stacks", "ptr %kept", "i64 %limit", "i64 %depth"]
    for number, one in enumerate(function.parameters):
        sizes = [f"%size{number}.{axis}" for axis in range(len(one.sizes))]
        header += [f"ptr %array{number}", *(f"i64 {size}" for size in sizes)]
        for size, register in zip(one.sizes, sizes, strict=True):
            if isinstance(size, Value) and size not in f.values:
                f.bind(size, (register,))
        f.places[one.storage] = Place(f"%array{number}", tuple(f.integer(size) for size in one.sizes))
    w.declare("llvm.frameaddress.p0", "declare ptr @llvm.frameaddress.p0(i32)")
    w.on_entry("%here = call ptr @llvm.frameaddress.p0(i32 0)")
    w.on_entry("%at = ptrtoint ptr %here to i64")
    emit(f, function.body)
    w.jump("cleanup")
    w.start("cleanup")
    if f.slots:
        w.do(f"call void @wengert_release(ptr %pool, ptr %slots, i64 {f.slots})")
        w.first_on_entry(
            f"%slots = alloca [{f.slots} x i64], align 16",
            f"call void @llvm.memset.p0.i64(ptr align 16 %slots, i8 0, i64 {8 * f.slots}, i1 false)",
        )
    w.do(f"ret i64 {w.value(f'load i64, ptr {f.code}')}")
    f.close_scopes()
    attributes = w.attributes('nounwind "prefer-vector-width"="512"')
    return w.function(f"define internal i64 @{main.functions[function.callee]}({', '.join(header)}) {attributes}")
