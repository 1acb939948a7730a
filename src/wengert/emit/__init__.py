"""Programs to machine code, by way of LLVM; the only folder that imports llvmlite.

compile.py      the pipeline: text, object code, callable
statements.py   one case for each kind of statement
frame.py        what emission knows while it walks
memory.py       arrays, kept arrays, stacks; prelude.py has the functions they call
scalars.py      scalar functions, by dtype: floats.py, integers.py, complex_numbers.py, libraries.py
operations.py   operations on arrays, by name: products.py, factorisations.py, spectra.py, sections.py, fortran.py
writer.py       the text of a module
kinds.py        how a dtype is held
machine.py      llvmlite
"""

from wengert.emit.compile import compile_program, new_ledger
from wengert.emit.machine import load_generator

__all__ = ["compile_program", "load_generator", "new_ledger"]
