"""A program as readable Python over NumPy, which computes what the program means when it is executed.

What goes in: a program. What comes out: the text of one function of the program's parameters, with its imports. What
holds: executed, it gives NumPy's results for the dtypes of the program, so it serves as the reference for machine code.

Values used once are written into the statement that uses them, unless something in between writes what they load;
sums and products of indices are written wherever they are used. A storage of rank 0 is a plain variable.
"""

from __future__ import annotations

import builtins
import math
import os
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from wengert.errors import SourceLocation
from wengert.program.calls import argument_text, message_text
from wengert.program.expressions import ATOM, UNARY, Expression, constant_text, function_text
from wengert.program.naming import Names
from wengert.program.sections import Sums, section_text
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Callee,
    Check,
    Constant,
    For,
    Function,
    If,
    Load,
    Operand,
    Parameter,
    Pop,
    Program,
    Push,
    Recall,
    Reserve,
    Reshape,
    Section,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.survey import Survey, survey_of
from wengert.program.traverse import bodies, section_operands, writes

__all__ = ["print_program", "print_statement"]

_WIDTH = 96
"""The most characters of a line before its comment: values that would make it longer get lines of their own."""

_EXPRESSION_WIDTH = 60
"""The most characters of a value written into the statement that uses it."""

_INDEX_WIDTH = 20
"""The most characters of a sum or product of indices that is written out more than once."""

_Named = Value | Storage | Stack | Callee


def print_program(program: Program) -> str:
    """The program as Python over NumPy."""
    body = sum(bodies(program), ())
    parameters = (*program.parameters, *(array for one in program.functions for array in one.parameters))
    return _Printer(survey_of(body, parameters, program.results)).program(program)


def print_statement(statement: Statement) -> str:
    """One statement alone, for error messages; of control flow, its first line."""
    match statement:
        case For():
            statement = replace(statement, body=())
        case While():
            statement = replace(statement, test=(), body=())
        case If():
            statement = replace(statement, then=(), otherwise=())
        case _:
            pass
    printer = _Printer(Survey())
    printer.statement(replace(statement, where=None))
    return printer.lines[0] if printer.lines else type(statement).__name__


class _Printer:
    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.names = Names()
        self.name_of: dict[_Named, str] = {}
        self.referenced: set[_Named] = set()
        self.sums = Sums(self.scalar)
        # Values that wait for the one statement that uses them, and where they come from; then the sums and products
        # of indices that are written wherever they are used.
        self.waiting: dict[Value, tuple[Expression, SourceLocation | None]] = {}
        self.inlined: dict[Value, Expression] = {}
        self.modules: set[str] = set()
        self.lines: list[str] = []
        self.indent = 0
        self.file: str | None = None
        self.last: SourceLocation | None = None

    # Names, texts and lines.

    def name(self, thing: _Named) -> str:
        """The name of a value, storage or stack, new if it has none."""
        self.referenced.add(thing)
        return self.declare(thing)

    def declare(self, thing: _Named) -> str:
        """The name, without a reference that would need it to be defined."""
        if thing not in self.name_of:
            self.name_of[thing] = self.names.give(thing.hint)
        return self.name_of[thing]

    def scalar(self, operand: Operand) -> Expression:
        """The expression for an operand."""
        if isinstance(operand, Constant):
            return constant_text(operand)
        if operand in self.waiting:
            return self.waiting[operand][0]
        if operand in self.inlined:
            return self.inlined[operand]
        return Expression(self.name(operand), numpy_scalar=operand in self.survey.numpy_scalars)

    def text(self, operand: Operand) -> str:
        """The text of an operand where any expression may stand."""
        return self.scalar(operand).text

    def texts(self, operands: Sequence[Operand]) -> str:
        """The texts of several operands, with commas."""
        return ", ".join(self.text(one) for one in operands)

    def element(self, storage: Storage, indices: Sequence[Operand]) -> str:
        """The text of one element of a storage."""
        if storage in self.survey.variables:
            return self.name(storage)
        return f"{self.name(storage)}[{self.texts(indices) or '()'}]"

    def emit(self, text: str, where: SourceLocation | None = None, remark: str = "") -> None:
        """Append a line; a comment says its place in the user's source where that changes."""
        remarks = [remark] if remark else []
        place = where and (where.filename, where.line)
        if where is not None and place != (self.last and (self.last.filename, self.last.line)):
            self.file = self.file or where.filename
            shown = "line " if where.filename == self.file else f"{os.path.basename(where.filename)}:"
            remarks.append(f"{shown}{where.line}")
            self.last = where
        comment = f"  # {', '.join(remarks)}" if remarks else ""
        self.lines.append("    " * self.indent + text + comment)

    # Values that wait for their use.

    def place(self, value: Value, expression: Expression, where: SourceLocation | None) -> None:
        """Let a value wait for its only use, or bind it."""
        if self.survey.uses[value] == 1:
            self.waiting[value] = expression, where
        elif value not in self.survey.unprinted:
            self.emit(f"{self.name(value)} = {expression.text}", where)

    def write_out(self, value: Value) -> None:
        """Give a waiting value a line of its own."""
        expression, where = self.waiting.pop(value)
        self.emit(f"{self.name(value)} = {expression.text}", where)

    def write_out_all(self) -> None:
        """Give every waiting value a line of its own."""
        for value in tuple(self.waiting):
            self.write_out(value)

    def fit(self, operands: Sequence[Operand], text: Callable[[], str], width: int = _WIDTH) -> None:
        """Give lines of their own to operands that wait, the longest first, until the text has the width."""
        found = [one for one in operands if isinstance(one, Value) and one in self.waiting]
        while found and len(text()) > width - 4 * self.indent:
            longest = max(found, key=lambda one: len(self.waiting[one][0].text))
            found.remove(longest)
            self.write_out(longest)

    def settle(self, operands: Sequence[Operand], text: Callable[[], str]) -> str:
        """The text of a statement with what waits for it written in, as far as there is room."""
        self.fit(operands, text)
        result = text()
        self.done(operands)
        return result

    def done(self, operands: Sequence[Operand]) -> None:
        """These operands wait no longer: they are written."""
        for one in operands:
            if isinstance(one, Value):
                self.waiting.pop(one, None)

    def before_writing(self, statement: Statement) -> None:
        """Give lines of their own to waiting values that load what a statement is about to write."""
        roots = {self.survey.root(storage) for storage in writes(statement)}
        for value, (expression, _) in tuple(self.waiting.items()):
            if not roots.isdisjoint(expression.loads):
                self.write_out(value)

    # Statements without blocks.

    def statement(self, statement: Statement) -> None:
        """Print one statement."""
        match statement:
            case Bind():
                self.bind(statement)
            case Load(value, storage, indices, where):
                self.fit(indices, lambda: self.element(storage, indices), _EXPRESSION_WIDTH)
                loads = frozenset((self.survey.root(storage),)).union(*(self.scalar(one).loads for one in indices))
                is_numpy = value in self.survey.numpy_scalars
                expression = Expression(self.element(storage, indices), ATOM, loads, is_numpy)
                self.done(indices)
                self.place(value, expression, where)
            case Store(storage, indices, operand, where) | Accumulate(storage, indices, operand, where):
                self.write(statement, storage, indices, operand, where)
            case Allocate():
                self.allocate(statement)
            case Recall(storage, _, stack, where):
                self.emit(f"{self.name(storage)} = {self.name(stack)}.pop()", where)
            case Reshape(storage, of, sizes, where):
                text = self.settle(sizes, lambda: f"{self.name(of)}.reshape({self.texts(sizes) or '()'})")
                self.emit(f"{self.name(storage)} = {text}", where)
            case Reserve():
                pass
            case Push(stack, operand, where):
                text = self.settle((operand,), lambda: f"{self.name(stack)}.append({self.text(operand)})")
                self.emit(text, where)
            case Pop(value, stack, where):
                self.emit(f"{self.name(value)} = {self.name(stack)}.pop()", where)
            case Apply():
                self.apply(statement)
            case Check():
                self.check(statement)
            case Call(callee, storages, _, where):
                self.write_out_all()
                given = [self.name(one) for one in storages]
                self.emit(f"{self.name(callee)}({', '.join(given)})", where)
            case For() | While() | If():
                self.control(statement)

    def bind(self, statement: Bind) -> None:
        """A scalar function: written where it is used, if it can be."""
        value, operands = statement.value, statement.operands

        def expression() -> Expression:
            return function_text(statement, [self.scalar(one) for one in operands])

        uses = self.survey.uses[value]
        if value.dtype == "int64" and statement.function in ("add", "subtract", "multiply") and uses > 0:
            for one in operands:
                if uses > 1 and isinstance(one, Value) and one in self.waiting:
                    self.write_out(one)
            known = not any(one in self.waiting for one in operands)
            if known and len(expression().text) <= (_INDEX_WIDTH if uses > 1 else _EXPRESSION_WIDTH):
                self.inlined[value] = expression()
                self.sums.note(statement)
                return
        self.fit(operands, lambda: expression().text, _EXPRESSION_WIDTH)
        found = expression()
        self.done(operands)
        self.place(value, found, statement.where)

    def write(
        self,
        statement: Store | Accumulate,
        storage: Storage,
        indices: Sequence[Operand],
        operand: Operand,
        where: SourceLocation | None,
    ) -> None:
        """`storage[indices] = operand`, or `+=`; what is added negated is subtracted."""

        def text() -> str:
            found, word = self.scalar(operand), "="
            added = found.text
            if isinstance(statement, Accumulate):
                is_negated = found.strength == UNARY and added.startswith("-") and isinstance(operand, Value)
                word, added = ("-=", added[1:]) if is_negated else ("+=", added)
            return f"{self.element(storage, indices)} {word} {added}"

        settled = self.settle((*indices, operand), text)
        self.before_writing(statement)
        self.emit(settled, where)

    def allocate(self, statement: Allocate) -> None:
        """A new array, or a variable; nothing where the variable is assigned next."""
        storage, dtype, where = statement.storage, statement.storage.dtype, statement.where
        name = self.name(storage)
        if storage in self.survey.variables:
            if statement.zeroed or storage not in self.survey.assigned_first:
                undefined = math.nan if dtype.startswith(("float", "complex")) else 0
                self.emit(
                    f"{name} = {constant_text(Constant(0 if statement.zeroed else undefined, dtype)).text}", where
                )
            return
        made = "zeros" if statement.zeroed else "empty"
        kind = {"float64": "", "bool": ", dtype=bool"}.get(dtype, f", dtype=np.{dtype}")

        def text() -> str:
            sizes = self.texts(statement.sizes)
            return f"{name} = np.{made}({sizes if len(statement.sizes) == 1 else f'({sizes})'}{kind})"

        self.emit(self.settle(statement.sizes, text), where)
        if statement.kept is not None:
            self.emit(f"{self.name(statement.kept)}.append({name})", where)

    def section(self, section: Section) -> str:
        """The text of a section; what waits for it gets a line, as its text may be written twice."""
        if section.storage in self.survey.variables:
            return self.name(section.storage)
        for one in section_operands(section):
            if isinstance(one, Value) and one in self.waiting:
                self.write_out(one)
        # A storage without sizes is one of a statement that is printed alone.
        sizes = self.survey.sizes.get(section.storage) or (Constant(-1, "int64"),) * len(section.axes)
        return section_text(section, self.name(section.storage), sizes, self.sums)

    def apply(self, statement: Apply) -> None:
        """An operation on arrays, assigned to the sections that take its results."""
        targets = []
        for section in statement.outputs:
            target = self.section(section)
            is_subscript = target.endswith("]") or section.storage in self.survey.variables
            targets.append(target if is_subscript else f"{target}[...]")
        sections = {one: self.section(one) for one in statement.inputs if isinstance(one, Section)}
        scalars = [one for one in statement.inputs if not isinstance(one, Section)]
        module, _, function = statement.function.rpartition(".")
        if module.partition(".")[0] == "numpy":
            module = module.replace("numpy", "np", 1)
        else:
            self.modules.add(module)
        options = [f"{key}={argument_text(value)}" for key, value in statement.statics]

        def text() -> str:
            inputs = [sections[one] if isinstance(one, Section) else self.text(one) for one in statement.inputs]
            return f"{', '.join(targets)} = {module}.{function}({', '.join((*inputs, *options))})"

        settled = self.settle(scalars, text)
        self.before_writing(statement)
        self.emit(settled, statement.where)

    def check(self, statement: Check) -> None:
        """An exception where the condition does not hold."""
        exception = statement.exception
        if exception == "LinAlgError":
            exception = "np.linalg.LinAlgError"
        elif not hasattr(builtins, exception):
            self.modules.add("wengert.errors")
            exception = f"wengert.errors.{exception}"

        def condition() -> str:
            return f"if {self.scalar(statement.condition).negated()}:"

        def failure() -> str:
            return (
                f"raise {exception}({message_text(statement.message, [self.text(one) for one in statement.operands])})"
            )

        self.fit(statement.operands, failure)
        first, second = self.settle((statement.condition,), condition), failure()
        self.done(statement.operands)
        self.emit(first, statement.where)
        self.lines.append("    " * (self.indent + 1) + second)

    # Control flow.

    def control(self, statement: For | While | If) -> None:
        """A loop or a branch. Nothing waits across the edge of a block."""
        match statement:
            case For(counter, start, stop, step, body, order_free, where):
                text = self.settle((start, stop), lambda: self.range_text(start, stop, step))
                self.write_out_all()
                self.names.enter()
                self.emit(f"for {self.name(counter)} in {text}:", where, "any order" if order_free else "")
                self.block(body)
                self.names.leave()
            case While():
                self.write_out_all()
                self.names.enter()
                self.repeat(statement)
                self.names.leave()
            case If():
                self.branch(statement)

    def range_text(self, start: Operand, stop: Operand, step: int) -> str:
        """The range of a counter."""
        if step != 1:
            return f"range({self.text(start)}, {self.text(stop)}, {step})"
        is_zero = isinstance(start, Constant) and start.value == 0
        return f"range({self.text(stop) if is_zero else self.texts((start, stop))})"

    def block(self, block: Block) -> None:
        """The statements of a block, one step deeper."""
        with self.deeper():
            for statement in block:
                self.statement(statement)
            self.write_out_all()

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """Indents; a block that has no lines gets one."""
        self.indent += 1
        count = len(self.lines)
        yield
        if len(self.lines) == count:
            self.emit("pass")
        self.indent -= 1

    def repeat(self, statement: While) -> None:
        """`while condition`, or an endless loop that is left where the condition has been computed and is false."""
        header = len(self.lines)
        self.indent += 1
        for one in statement.test:
            self.statement(one)
        self.settle_condition(statement, header)
        self.indent -= 1
        count = len(self.lines)
        self.block(statement.body)
        if self.lines[count:] == ["    " * (self.indent + 1) + "pass"] and count > header + 1:
            del self.lines[count:]

    def settle_condition(self, statement: While, header: int) -> None:
        """Put the first line before those of the test, and the exit after them, if there are any."""
        operands = (statement.condition,)
        self.fit(operands, lambda: f"while {self.text(statement.condition)}:")
        condition = self.scalar(statement.condition)
        self.done(operands)
        self.write_out_all()
        if len(self.lines) == header:
            self.indent -= 1
            self.emit(f"while {condition.text}:", statement.where)
            self.indent += 1
            return
        self.lines.insert(header, "    " * (self.indent - 1) + "while True:")
        self.emit(f"if {condition.negated()}:")
        self.lines.append("    " * (self.indent + 1) + "break")

    def branch(self, statement: If) -> None:
        """`if`, with `elif` for a branch whose other side is nothing but a branch."""
        inverted = not statement.then and bool(statement.otherwise)
        then, otherwise = (statement.otherwise, ()) if inverted else (statement.then, statement.otherwise)

        def header() -> str:
            condition = self.scalar(statement.condition)
            return f"if {condition.negated() if inverted else condition.text}:"

        text = self.settle((statement.condition,), header)
        self.write_out_all()
        self.emit(text, statement.where)
        self.scoped_block(then)
        if not otherwise:
            return
        start = len(self.lines)
        self.scoped_block(otherwise)
        inner = "    " * (self.indent + 1)
        edges = [line.removeprefix(inner) for line in self.lines[start:] if not line.startswith(inner + " ")]
        if edges[0].startswith("if ") and all(edge.startswith(("elif ", "else:")) for edge in edges[1:]):
            self.lines[start:] = [line[4:] for line in self.lines[start:]]
            self.lines[start] = self.lines[start].replace("if ", "elif ", 1)
        else:
            self.lines.insert(start, "    " * self.indent + "else:")

    def scoped_block(self, block: Block) -> None:
        """A block with names of its own."""
        self.names.enter()
        self.block(block)
        self.names.leave()

    # The whole.

    def program(self, program: Program) -> str:
        """The function, below the imports it needs."""
        function = Names().give(program.name)
        for parameter in program.parameters:
            self.declare(parameter.storage if isinstance(parameter, Array) else parameter)
        for parameter in program.parameters:
            if isinstance(parameter, Array):
                for size in parameter.sizes:
                    if isinstance(size, Value):
                        self.declare(size)
        for stack in program.stacks:
            self.declare(stack)
        self.indent = 1
        for one in program.functions:
            self.declare(one.callee)
        for one in program.functions:
            self.function(one)
        defined, self.lines = [*self.lines, ""] if self.lines else [], []
        for statement in program.body:
            self.statement(statement)
        self.results(program.results)
        head = self.head(function, program)
        if not self.lines and not head[-1].startswith("    "):
            self.emit("pass")
        imports = ["import numpy as np", *(f"import {module}" for module in sorted(self.modules))]
        if any("scipy.special." in line for line in (*defined, *self.lines)) and "scipy.special" not in self.modules:
            imports.append("import scipy.special")
        return "\n".join((*imports, "", "", *head, *defined, *self.lines, ""))

    def function(self, function: Function) -> None:
        """A function inside that of the program, so that it sees the stacks."""
        first, self.indent, self.last = len(self.lines), 2, None
        self.names.enter()
        names = [self.declare(one.storage) for one in function.parameters]
        for one in function.parameters:
            for size in one.sizes:
                if isinstance(size, Value):
                    self.declare(size)
        for statement in function.body:
            self.statement(statement)
        self.write_out_all()
        known: set[Operand] = set()
        sizes = [f"    {line}" for one in function.parameters for line in self.entry(one, known)]
        if len(self.lines) == first and not sizes:
            self.emit("pass")
        head = _wrapped(f"    def {self.name(function.callee)}", names, always=True)
        head[-1] += ":"
        self.lines[first:] = ["", *head, *sizes, *self.lines[first:]]
        self.names.leave()
        self.indent, self.last = 1, None

    def results(self, results: Sequence[Operand | Section]) -> None:
        """The return statement, if there are results."""
        sections = {one: self.section(one) for one in results if isinstance(one, Section)}
        scalars = [one for one in results if not isinstance(one, Section)]

        def items() -> list[str]:
            return [sections[one] if isinstance(one, Section) else self.text(one) for one in results]

        self.fit(scalars, lambda: f"return {', '.join(items())}")
        found = items()
        self.done(scalars)
        self.write_out_all()
        if found:
            self.lines += _wrapped("    return ", found)

    def head(self, function: str, program: Program) -> list[str]:
        """The first line, then the sizes that are used, the conversions of scalars, and the stacks."""
        names = [self.name_of[one.storage if isinstance(one, Array) else one] for one in program.parameters]
        lines = _wrapped(f"def {function}", names, always=True)
        lines[-1] += ":"
        known: set[Operand] = set()
        for parameter in program.parameters:
            lines += self.entry(parameter, known)
        return lines + [f"    {self.name_of[stack]} = []" for stack in program.stacks]

    def entry(self, parameter: Parameter, known: set[Operand]) -> list[str]:
        """What is done with a parameter first."""
        if isinstance(parameter, Value):
            name = self.name_of[parameter]
            is_converted = parameter in self.survey.numpy_scalars and parameter in self.referenced
            return [f"    {name} = np.{parameter.dtype}({name})"] if is_converted else []
        fresh = {
            axis: self.declare(size)
            for axis, size in enumerate(parameter.sizes)
            if isinstance(size, Value) and size in self.referenced and size not in known
        }
        known.update(parameter.sizes)
        array = self.name_of[parameter.storage]
        if len(fresh) == len(parameter.sizes) > 1 and len(set(fresh.values())) == len(fresh):
            return [f"    {', '.join(fresh.values())} = {array}.shape"]
        return [f"    {name} = {array}.shape[{axis}]" for axis, name in fresh.items()]


def _wrapped(start: str, items: Sequence[str], always: bool = False) -> list[str]:
    """`start` and the items on one line, or in parentheses over several; in parentheses `always` for parameters."""
    text = ", ".join(items)
    if len(start) + len(text) <= _WIDTH:
        return [f"{start}({text})" if always else f"{start}{text}"]
    indent = " " * (len(start) - len(start.lstrip()) + 4)
    inner = textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False)
    return [f"{start}(", *inner, f"{indent[4:]})"]
