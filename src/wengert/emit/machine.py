"""The one place that knows llvmlite: text of a module in, object code out; object code in, addresses out.

llvmlite is imported when first needed. Objects are for this very CPU.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from wengert.emit.libraries import libraries
from wengert.emit.prelude import FUNCTIONS, PRELUDE
from wengert.runtime.cache import Cache

__all__ = ["Loaded", "features", "identity", "load_generator", "load_prelude", "object_code"]

_LOCK = threading.Lock()


@functools.cache
def _llvm() -> Any:
    import llvmlite.binding as llvm  # type: ignore[import-untyped]

    # Newer versions do these by themselves and say so.
    for prepare in ("initialize", "initialize_native_target", "initialize_native_asmprinter"):
        try:
            getattr(llvm, prepare)()
        except RuntimeError:
            continue
    for library in libraries():
        llvm.load_library_permanently(library)
    return llvm


def load_generator() -> None:
    """Import llvmlite, unless it has been."""
    _llvm()


@functools.cache
def features() -> frozenset[str]:
    """What the CPU can do, by LLVM's names."""
    return frozenset(name for name, present in _llvm().get_host_cpu_features().items() if present)


@functools.cache
def identity() -> str:
    """What object code depends on beside its text: the CPU and the versions of the code generator."""
    import llvmlite

    llvm = _llvm()
    version = ".".join(str(part) for part in llvm.llvm_version_info)
    known = llvm.get_host_cpu_features().flatten()
    return (
        f"{llvm.get_process_triple()} {llvm.get_host_cpu_name()} {known} llvm {version} llvmlite {llvmlite.__version__}"
    )


def _target_machine(opt_level: int) -> Any:
    llvm = _llvm()
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=opt_level,
        reloc="default",
        codemodel="jitdefault",
        jit=True,
    )


def object_code(text: str, opt_level: int) -> bytes:
    """Optimise a module and generate its code: 0 for neither, 3 for code as fast as it gets."""
    llvm = _llvm()
    context = llvm.create_context()
    module = llvm.parse_assembly(text, context)
    module.verify()
    machine = _target_machine(opt_level)
    # What the passes of level 3 add takes a seventh of their time, and made no kernel of the benchmarks faster.
    options = llvm.create_pipeline_tuning_options(speed_level=min(opt_level, 2))
    # Vector loops are as fast without being unrolled or interleaved, and take half the time to compile: measured on the
    # benchmark kernels.
    options.loop_vectorization = opt_level > 1
    options.loop_interleaving = options.loop_unrolling = options.slp_vectorization = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


class Loaded:
    """Object code in memory, executable as long as this object lives. Its modules see one another."""

    def __init__(self, codes: Iterable[bytes], links: Mapping[str, int]) -> None:
        llvm = _llvm()
        with _LOCK:
            for symbol, address in links.items():
                llvm.add_symbol(symbol, address)
            # The engine wants a module to begin with.
            self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine(0))
            for code in codes:
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        """The address of a function."""
        found: int = self._engine.get_function_address(name)
        return found


_PRELUDE_LOCK = threading.Lock()
_PRELUDE: list[Loaded] = []


def load_prelude(cache: Cache) -> tuple[Loaded, dict[str, int]]:
    """The code of the functions that all programs call, which is loaded once, and their addresses."""
    with _PRELUDE_LOCK:
        if not _PRELUDE:
            code = cache.get_or_make(f"{identity()} optimisation 1\n{PRELUDE}", lambda: object_code(PRELUDE, 1))
            _PRELUDE.append(Loaded([code], {}))
    return _PRELUDE[0], {name: _PRELUDE[0].address(name) for name in FUNCTIONS}
