"""From a program to a callable: emit its text, generate object code or find it in the cache, load it.

The function of a module takes two pointers: to the pool of memory, and to the *block*: the arguments one after the
other (a number, or the address of an `ndarray` object, whose data and sizes it reads itself), then room for the
results, or for the operands of the message of a failure. It returns 0, or the number of the failure. One that recurses
takes two more: the address at which the stack of the machine ends, and how deep Python would recurse.
"""

from __future__ import annotations

from wengert.emit.frame import Frame, Place
from wengert.emit.functions import emit_function, find_end_of_stack, name_functions
from wengert.emit.kinds import kind_of
from wengert.emit.machine import Loaded, features, identity, load_prelude, object_code
from wengert.emit.memory import make_stack, release_stacks
from wengert.emit.prelude import DECLARATIONS, PRELUDE
from wengert.emit.sections import view_of
from wengert.emit.statements import emit_statements
from wengert.emit.writer import Module, Writer
from wengert.program.statements import Array, Constant, Program, Section, Span, Value
from wengert.runtime.cache import Cache, default_cache
from wengert.runtime.call import Executable, Result, Signature
from wengert.runtime.layout import DATA_OFFSET, SIZES_OFFSET
from wengert.runtime.ledger import Ledger

__all__ = ["compile_program", "emit_program", "new_ledger"]

_NAME = "wengert_program"


def _argument_bytes(parameter: Value | Array) -> int:
    return 8 if isinstance(parameter, Array) else -(-kind_of(parameter.dtype).size // 8) * 8


def _results(program: Program, offset: int) -> tuple[tuple[Result, ...], int]:
    """Where each result lies in the block, and the end of the block."""
    arrays = {one.storage: (number, one) for number, one in enumerate(program.parameters) if isinstance(one, Array)}
    found = []
    for one in program.results:
        if not isinstance(one, Section):
            found.append(Result(one.dtype, offset))
            offset += -(-kind_of(one.dtype).size // 8) * 8
            continue
        rank = len(one.order)
        whole = one.storage in arrays and _is_whole(one, arrays[one.storage][1])
        argument = arrays[one.storage][0] if whole else None
        found.append(Result(one.storage.dtype, offset, rank, argument))
        offset += 0 if whole else 16 + 16 * rank
    return tuple(found), offset


def _is_whole(section: Section, parameter: Array) -> bool:
    """Whether a section is all of a parameter, as it is."""
    if section.order != tuple(range(parameter.storage.rank)):
        return False
    return all(
        isinstance(axis, Span)
        and isinstance(axis.start, Constant)
        and isinstance(axis.step, Constant)
        and (axis.start.value, axis.step.value) == (0, 1)
        and (axis.size is size or (isinstance(size, Constant) and axis.size == size))
        for axis, size in zip(section.axes, parameter.sizes, strict=True)
    )


def _read_arguments(f: Frame) -> None:
    w, offset = f.w, 0
    not_negative = w.shared_metadata("!{i64 0, i64 9223372036854775807}")
    for parameter in f.program.parameters:
        at = w.value(f"getelementptr i8, ptr %block, i64 {offset}")
        offset += _argument_bytes(parameter)
        if isinstance(parameter, Value):
            f.bind(parameter, f.load_as(parameter.dtype, at))
            continue
        array = w.value(f"load ptr, ptr {at}")
        data = w.value(f"load ptr, ptr {w.value(f'getelementptr i8, ptr {array}, i64 {DATA_OFFSET}')}")
        sizes_at = w.value(f"load ptr, ptr {w.value(f'getelementptr i8, ptr {array}, i64 {SIZES_OFFSET}')}")
        for axis, size in enumerate(parameter.sizes):
            if isinstance(size, Value) and size not in f.values:
                size_at = w.value(f"getelementptr i64, ptr {sizes_at}, i64 {axis}")
                f.bind(size, (w.value(f"load i64, ptr {size_at}, !range {not_negative}"),))
        f.places[parameter.storage] = Place(data, tuple(f.integer(size) for size in parameter.sizes))


def _write_section(f: Frame, section: Section, at: str) -> None:
    """First element, memory to be given back by the caller, sizes, strides in bytes."""
    w, place, view = f.w, f.place(section.storage), view_of(f, section)
    owned = "null"
    if place.slot is not None:
        owned = w.value(f"load ptr, ptr {place.slot}")
        w.do(f"store ptr null, ptr {place.slot}")
    numbers = [
        w.value(f"ptrtoint ptr {view.pointer} to i64"),
        w.value(f"ptrtoint ptr {owned} to i64"),
        *view.sizes,
        *(w.scale(stride, str(view.kind.size)) for stride in view.strides),
    ]
    for number, one in enumerate(numbers):
        w.do(f"store i64 {one}, ptr {w.value(f'getelementptr i64, ptr {at}, i64 {number}')}")


def emit_program(program: Program) -> tuple[Frame, Signature, tuple[str, ...]]:
    """The texts of the modules of a program, that of the main function last, and how it is called."""
    w = Writer(Module(features()))
    f = Frame(program, w)
    f.failure_offset = sum(_argument_bytes(parameter) for parameter in program.parameters)
    results, end = _results(program, f.failure_offset)
    name_functions(f)
    for stack in f.all_stacks:
        make_stack(f, stack)
    if f.functions:
        find_end_of_stack(f)
    functions = [emit_function(f, one, emit_statements) for one in program.functions]
    _read_arguments(f)
    emit_statements(f, program.body)
    for result, one in zip(results, program.results, strict=True):
        at = w.value(f"getelementptr i8, ptr %block, i64 {result.offset}")
        if not isinstance(one, Section):
            f.store_as(one.dtype, at, f.parts(one))
        elif result.argument is None:
            _write_section(f, one, at)
    w.jump("cleanup")
    w.start("cleanup")
    if f.slots:
        w.do(f"call void @wengert_release(ptr %pool, ptr %slots, i64 {f.slots})")
    release_stacks(f)
    w.do(f"ret i64 {w.value(f'load i64, ptr {f.code}')}")
    shared = 3 * len(f.stacks) if f.functions else 0
    for name, count in (("slots", f.slots), ("kept", 3 * len(f.kept)), ("stacks", shared)):
        if count or (f.functions and name != "slots"):
            w.first_on_entry(
                f"%{name} = alloca [{count} x i64], align 16",
                f"call void @llvm.memset.p0.i64(ptr align 16 %{name}, i8 0, i64 {8 * count}, i1 false)",
            )
    f.close_scopes()
    attributes = w.attributes('nounwind "prefer-vector-width"="512"')
    end_of_stack = ", i64 %stack_end, i64 %most_calls" if f.functions else ""
    main = w.function(f"define i64 @{_NAME}(ptr %pool, ptr noalias %block{end_of_stack}) {attributes}")
    main = "\n".join([*functions, main])
    texts = w.module.texts(DECLARATIONS, main, w.metadata_texts)
    end = max(end, f.failure_offset + 16 * max((len(one.dtypes) for one in f.failures), default=0))
    arguments = tuple("array" if isinstance(one, Array) else one.dtype for one in program.parameters)
    failures = tuple(f.failures)
    return f, Signature(program.name, arguments, results, failures, f.failure_offset, end, bool(f.functions)), texts


def _code(text: str, level: int, cache: Cache) -> bytes:
    depends_on = f"{identity()} optimisation {level}\n{PRELUDE}\n{text}"
    return cache.get_or_make(depends_on, lambda: object_code(text, level))


def compile_program(program: Program, *, opt_level: int = 3, cache: Cache | None = None) -> Executable:
    """Machine code of a program. `cache`: where object code is kept, the user's own by default."""
    f, signature, texts = emit_program(program)
    cache = default_cache() if cache is None else cache
    levels = [opt_level] * len(texts)
    if len(texts) > 1 and not f.w.has_loop and not program.functions:
        # To optimise what runs once would take a third of the time that long programs take to compile.
        levels[-1] = 0
    prelude, functions = load_prelude(cache)
    codes = [_code(text, level, cache) for text, level in zip(texts, levels, strict=True)]
    loaded = Loaded(codes, {**functions, **f.w.module.links})
    new, release = functions["wengert_new"], functions["wengert_free"]
    return Executable(signature, loaded.address(_NAME), new, release, owner=(loaded, prelude))


def new_ledger(limit: int) -> Ledger:
    """A pool of memory of its own, with a limit in bytes."""
    prelude, functions = load_prelude(default_cache())
    return Ledger(functions, prelude, limit)
