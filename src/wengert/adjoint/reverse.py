"""The reverse derivative of a program: one program that runs it, then sweeps back over it.

What goes in: a program, the parameters to differentiate, and which results get cotangents. What comes out: a program
with the same parameters, one more for each cotangent, and one `output` array for each array to differentiate; its
results are the primal results asked for, then the cotangents of scalars.

What holds. The forward sweep is the program itself, with what `wengert.analysis.needed` plans to save. In the reverse
sweep each block runs last statement first. The adjoint of a storage is a storage; that of a value is an expression
where all its uses are in the block that binds it, else a cell. When the sweep comes to a statement, storages hold
what they held just after it: a store puts back what it overwrote. Griewank and Walther, *Evaluating Derivatives*, 2nd
ed., 2008, chapters 4 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from wengert.adjoint import rules
from wengert.adjoint.arrays import reverse_apply, section_needs
from wengert.adjoint.ends import copied_results, copy_section, make_parameter_bars, seed
from wengert.adjoint.residuals import Residuals, Slot, trip_count
from wengert.analysis.activity import Carrier, active, apply_paths, carries, differentiable_operands
from wengert.analysis.dependence import may_meet
from wengert.analysis.index import Enclosing, Index, index_program
from wengert.analysis.needed import plan_needed
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Array,
    Bind,
    Block,
    Call,
    Callee,
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
    Reshape,
    Section,
    Span,
    Stack,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound

__all__ = ["Reversal", "reverse"]


def reverse(
    program: Program,
    wrt: Sequence[int],
    *,
    with_results: bool,
    unit_seed: bool = False,
    guarded: bool = False,
    in_place: bool = False,
) -> Program:
    """The reverse derivative with respect to the parameters at the positions `wrt`.

    Every floating-point result has a cotangent parameter, in order, unless `unit_seed`: then the only result is a
    scalar, and its cotangent is 1. `guarded`: zero cotangents contribute zero to everything (strong zeros).
    `in_place`: the output for an array to differentiate holds, to begin with, the cotangent of what the program leaves
    in that array, and at the end that of what it finds there.
    """
    return Reversal(program, wrt, guarded, in_place).program(with_results, unit_seed)


class Reversal:
    """One reversal: the builder of the new program, and what each primal name is in the sweep at hand."""

    def __init__(self, program: Program, wrt: Sequence[int], guarded: bool, in_place: bool = False) -> None:
        self.primal, self.guarded, self.in_place = program, guarded, in_place
        self.chosen = [program.parameters[i] for i in wrt]
        self.index: Index = index_program(program)
        chosen: list[Carrier] = [one.storage if isinstance(one, Array) else one for one in self.chosen]
        results: list[Carrier] = [one for one in chosen if in_place and isinstance(one, Storage)]
        for one in program.results:
            if isinstance(one, Section):
                results.append(one.storage)
            elif isinstance(one, Value):
                results.append(one)
        self.active = active(self.index, chosen, [one for one in results if carries(one.dtype)])
        self.plan = plan_needed(
            self.index,
            [statement for statement in self.index.places if self._has_adjoint(statement)],
            self._needs,
            [s for s in self._active_storages() if self.index.enclosing_storage(s)],
            self.is_active,
        )
        self.ordered = self._ordered_loops()
        self.cells = self._values_used_deeper()
        self.builder = Builder()
        self.residuals = Residuals(self.index, self.plan, self.builder, self.get)
        # Innermost scope last: primal values in the reverse sweep, recalled storages, adjoints of values and storages.
        self.known: list[dict[Operand, Operand]] = [{}]
        self.storages: dict[Storage, Storage] = {}
        # What was saved at the outermost level, where it stays in scope: overwritten numbers, counts of iterations.
        self.at_top: dict[Statement, Operand] = {}
        self.bars: dict[Value, Operand] = {}
        self.cell_bars: dict[Value, Storage] = {}
        self.storage_bars: dict[Storage, Storage] = {}
        self.stack_bars: dict[Stack, Stack] = {}
        self.reversed = {one.callee: Callee(f"{one.callee.hint}_reverse") for one in program.functions}

    def _ordered_loops(self) -> set[For]:
        """Order-free loops that now need an order: additions that meet in one element each save what they add to."""
        adding: dict[For, list[Accumulate]] = {}
        for one in self.plan.overwriting:
            if isinstance(one, Accumulate):
                for loop in self.index.places[one].loops:
                    if isinstance(loop, For) and loop.order_free:
                        adding.setdefault(loop, []).append(one)
        return {
            loop
            for loop, together in adding.items()
            if any(may_meet(self.index, loop, one, other) for one in together for other in together)
        }

    # What has an adjoint, and what that needs.

    def is_active(self, one: object) -> bool:
        """Whether a value, or the memory of a storage, carries a derivative."""
        if isinstance(one, Storage):
            return self.index.root(one) in self.active
        return one in self.active

    def _active_storages(self) -> list[Storage]:
        return [storage for storage in self.index.sizes if self.is_active(storage)]

    def active_positions(self, statement: Bind) -> Iterator[int]:
        """The operands of a scalar statement that get a contribution."""
        if self.is_active(statement.value):
            yield from (i for i in differentiable_operands(statement) if self.is_active(statement.operands[i]))

    def active_inputs(self, statement: Apply) -> Iterator[int]:
        """The inputs of an operation on arrays that get a contribution."""
        if any(self.is_active(one.storage) for one in statement.outputs):
            for i in apply_paths(statement):
                given = statement.inputs[i]
                if self.is_active(given.storage if isinstance(given, Section) else given):
                    yield i

    def _has_adjoint(self, statement: Statement) -> bool:
        match statement:
            case Bind():
                return any(True for _ in self.active_positions(statement))
            case Load(value=value, storage=storage):
                return self.is_active(value) and self.is_active(storage)
            case Store(storage=storage):
                return self.is_active(storage)
            case Accumulate(storage=storage, operand=operand):
                return self.is_active(storage) and self.is_active(operand)
            case Apply(outputs=outputs):
                return any(self.is_active(one.storage) for one in outputs)
            case Push(stack=stack) | Pop(stack=stack):
                return self.is_active(stack)
            case _:
                return False

    def _needs(self, statement: Statement) -> Iterator[Operand | Section]:
        match statement:
            case Bind():
                for position in self.active_positions(statement):
                    yield from rules.needed_operands(statement, position)
            case Load(indices=indices) | Store(indices=indices) | Accumulate(indices=indices):
                yield from indices
            case Apply():
                yield from section_needs(self, statement)
            case _:
                pass

    # The forward sweep.

    def _forward(self, block: Block, enclosing: tuple[Enclosing, ...]) -> None:
        at_end = self.index.is_revisited(enclosing)
        for statement in block:
            self.builder.where = statement.where
            self._forward_statement(statement, enclosing)
            if not at_end:
                self._save_value(statement)
        for statement in block:
            if at_end:
                self._save_value(statement)
            if isinstance(statement, Allocate) and statement.storage in self.residuals.slots:
                if not statement.sizes:
                    self.residuals.save(statement.storage, self.builder.load(statement.storage))
                elif at_end:
                    self.residuals.push_all(statement.storage)

    def _save_value(self, statement: Statement) -> None:
        value = bound(statement)
        if value is not None and value in self.residuals.slots:
            self.residuals.save(value, value)

    def _forward_statement(self, statement: Statement, enclosing: tuple[Enclosing, ...]) -> None:
        match statement:
            case Store(storage=storage, indices=indices) | Accumulate(storage=storage, indices=indices):
                if statement in self.plan.overwriting:
                    old = self.builder.load(storage, indices)
                    if statement in self.residuals.slots:
                        self.residuals.save(statement, old)
                    else:
                        self.at_top[statement] = old
                self.builder.append(statement)
            case Allocate(storage=storage) if (
                storage.rank and storage in self.plan.kept and not self.index.is_revisited(enclosing)
            ):
                stack = Stack(storage.hint, "storage")
                self.residuals.stacks.append(stack)
                self.residuals.slots[storage] = Slot(storage.hint, storage.dtype, (), stack)
                self.builder.append(replace(statement, kept=stack))
            case Apply():
                if statement in self.plan.overwriting:
                    self._save_sections(statement, enclosing)
                self.builder.append(statement)
            case For():
                self.residuals.make(statement)
                with self.builder.block() as body:
                    self._forward(statement.body, (*enclosing, Enclosing(statement, 0)))
                order_free = statement.order_free and statement not in self.ordered
                self.builder.append(replace(statement, body=tuple(body), order_free=order_free))
            case If():
                with self.builder.block() as then:
                    self._forward(statement.then, (*enclosing, Enclosing(statement, 0)))
                with self.builder.block() as otherwise:
                    self._forward(statement.otherwise, (*enclosing, Enclosing(statement, 1)))
                self.builder.append(replace(statement, then=tuple(then), otherwise=tuple(otherwise)))
            case While():
                self._forward_while(statement, enclosing)
            case _:
                self.builder.append(statement)

    def _forward_while(self, statement: While, enclosing: tuple[Enclosing, ...]) -> None:
        count = self.builder.allocate("count", "int64", zeroed=True) if statement in self.plan.live else None
        with self.builder.block() as test:
            self._forward(statement.test, (*enclosing, Enclosing(statement, 0)))
        with self.builder.block() as body:
            self._forward(statement.body, (*enclosing, Enclosing(statement, 0)))
            if count is not None:
                self.builder.accumulate(count, (), integer(1))
        self.builder.append(replace(statement, test=tuple(test), body=tuple(body)))
        if count is not None:
            total = self.builder.load(count)
            if statement in self.residuals.slots:
                self.residuals.save(statement, total)
            else:
                self.at_top[statement] = total

    def _save_sections(self, statement: Apply, enclosing: tuple[Enclosing, ...]) -> None:
        """Copy what an operation on arrays is about to overwrite."""
        for number, section in enumerate(statement.outputs):
            sizes = [axis.size for axis in section.axes if isinstance(axis, Span)]
            stack = Stack(f"{section.storage.hint}_saved", "storage") if enclosing else None
            if stack is not None:
                self.residuals.stacks.append(stack)
            copy = self.builder.allocate(f"{section.storage.hint}_saved", section.storage.dtype, sizes, kept=stack)
            self.residuals.slots[statement, number] = Slot(copy.hint, copy.dtype, (), stack, copy)
            copy_section(self.builder, section, copy)

    # Primal values and adjoints in the reverse sweep.

    def get(self, operand: Operand) -> Operand:
        """A primal value, where the reverse sweep is."""
        if isinstance(operand, Constant):
            return operand
        for scope in reversed(self.known):
            if operand in scope:
                return scope[operand]
        if not self.index.enclosing_definition(operand):
            return operand
        how = self.plan.how[operand]
        statement = self.index.definitions[operand]
        found: Operand
        if how == "saved":
            found = self.residuals.saved(operand)
        elif how == "stored":
            found = self._load_stored(self.plan.stores[operand])
        elif isinstance(statement, Load):
            found = self._load_again(statement.storage, statement.indices, operand.hint)
        else:
            assert isinstance(statement, Bind)
            given = [self.get(one) for one in statement.operands]
            found = self.builder.bind(statement.function, *given, dtype=operand.dtype, hint=operand.hint)
        self.known[-1][operand] = found
        return found

    def _load_stored(self, store: Store) -> Operand:
        return self._load_again(store.storage, store.indices, "")

    def _load_again(self, storage: Storage, indices: tuple[Operand, ...], hint: str) -> Operand:
        return self.builder.load(self.storages.get(storage, storage), [self.get(one) for one in indices], hint)

    def add_bar(self, operand: Operand, ct: Operand) -> None:
        """Add to the adjoint of a value."""
        if isinstance(operand, Constant) or not self.is_active(operand):
            return
        if operand in self.cell_bars:
            self.builder.accumulate(self.cell_bars[operand], (), ct)
        elif operand in self.bars:
            self.bars[operand] = self.builder.bind("add", self.bars[operand], ct, hint=f"{operand.hint}_bar")
        else:
            self.bars[operand] = ct

    def _take_bar(self, value: Value) -> Operand | None:
        """The adjoint of a value, complete when the sweep comes to where the value was bound."""
        if value in self.cell_bars:
            return self.builder.load(self.cell_bars[value])
        return self.bars.pop(value, None)

    def _values_used_deeper(self) -> dict[tuple[Enclosing, ...], list[Value]]:
        """Active values with uses in blocks nested below the one that binds them, by what encloses the latter."""
        found: dict[tuple[Enclosing, ...], list[Value]] = {}
        seen: set[Value] = set()
        for statement, place in self.index.places.items():
            for operand in self._active_uses(statement):
                enclosing = self.index.enclosing_definition(operand)
                if enclosing != place.enclosing and operand not in seen:
                    seen.add(operand)
                    found.setdefault(enclosing, []).append(operand)
        return found

    def _active_uses(self, statement: Statement) -> Iterator[Value]:
        uses: list[Operand | Section] = []
        match statement:
            case Bind():
                uses = [statement.operands[i] for i in self.active_positions(statement)]
            case Store(operand=operand) | Accumulate(operand=operand) | Push(operand=operand):
                uses = [operand]
            case Apply(inputs=inputs):
                uses = [inputs[i] for i in self.active_inputs(statement)]
            case _:
                pass
        yield from (one for one in uses if isinstance(one, Value) and self.is_active(one))

    # The reverse sweep.

    def _open_block(self, block: Block, enclosing: tuple[Enclosing, ...]) -> None:
        """What a block of the reverse sweep starts with: recalled storages, popped numbers, adjoints of its own."""
        for statement in block:
            value = bound(statement)
            if value is not None and value in self.residuals.slots and self.residuals.slots[value].storage is None:
                self.known[-1][value] = self.residuals.saved(value)
        for statement in block:
            if isinstance(statement, Allocate | Reshape) and enclosing:
                self._recall(statement)
        for value in self.cells.get(enclosing, ()):
            self.cell_bars[value] = self.builder.allocate(f"{value.hint}_bar", value.dtype, zeroed=True)
        for statement in block:
            if isinstance(statement, Allocate | Reshape) and self.is_active(statement.storage):
                self._make_storage_bar(statement)

    def _recall(self, statement: Allocate | Reshape) -> None:
        storage = statement.storage
        if storage not in self.plan.kept:
            return
        if isinstance(statement, Reshape):
            sizes = [self.get(one) for one in statement.sizes]
            self.storages[storage] = self.builder.reshape(
                self.storages.get(statement.of, statement.of), sizes, storage.hint
            )
        elif storage.rank == 0:
            cell = self.storages[storage] = self.builder.allocate(storage.hint, storage.dtype)
            self.builder.store(cell, (), self.residuals.saved(storage))
        elif self.index.is_revisited(self.index.places[statement].enclosing):
            self.storages[storage] = self.residuals.pop_all(storage, [self.get(one) for one in statement.sizes])
        else:
            slot = self.residuals.slots[storage]
            assert slot.stack is not None
            sizes = [self.get(one) for one in statement.sizes]
            self.storages[storage] = self.builder.recall(storage.hint, storage.dtype, sizes, slot.stack)

    def _make_storage_bar(self, statement: Allocate | Reshape) -> None:
        storage = statement.storage
        sizes = [self.get(one) for one in statement.sizes]
        if isinstance(statement, Reshape):
            bar = self.builder.reshape(self.storage_bars[statement.of], sizes, f"{storage.hint}_bar")
        else:
            bar = self.builder.allocate(f"{storage.hint}_bar", storage.dtype, sizes, zeroed=True)
        self.storage_bars[storage] = bar

    def _reverse(self, block: Block, enclosing: tuple[Enclosing, ...]) -> None:
        self._open_block(block, enclosing)
        for statement in reversed(block):
            self.builder.where = statement.where
            self._reverse_statement(statement, enclosing)

    def _reverse_nested(self, block: Block, enclosing: tuple[Enclosing, ...]) -> None:
        outer_bars, self.bars = self.bars, {}
        self.known.append({})
        self._reverse(block, enclosing)
        self.known.pop()
        self.bars = outer_bars

    def _reverse_statement(self, statement: Statement, enclosing: tuple[Enclosing, ...]) -> None:
        match statement:
            case Bind(value=value):
                self._reverse_bind(statement, value)
            case Load(value=value, storage=storage, indices=indices) if self.is_active(storage):
                ct = self._take_bar(value) if self.is_active(value) else None
                if ct is not None:
                    self.builder.accumulate(self.storage_bars[storage], [self.get(one) for one in indices], ct)
            case Store() | Accumulate():
                self._reverse_write(statement)
            case Apply():
                reverse_apply(self, statement)
                if statement in self.plan.overwriting:
                    self._restore_sections(statement)
            case For() | If() | While() if statement in self.plan.live:
                self._reverse_control(statement, enclosing)
            case Push(stack=stack, operand=operand) if self.is_active(stack):
                self.add_bar(operand, self.builder.pop(self._stack_bar(stack), "ct"))
            case Pop(value=value, stack=stack) if self.is_active(stack):
                ct = self._take_bar(value) if self.is_active(value) else None
                self.builder.push(self._stack_bar(stack), Constant(0.0, value.dtype) if ct is None else ct)
            case Call():
                self._reverse_call(statement)
            case _:
                pass

    def _stack_bar(self, stack: Stack) -> Stack:
        """What is taken off a stack gives its cotangent to what was put there: through a stack, the other way round."""
        return self.stack_bars.setdefault(stack, Stack(f"{stack.hint}_bar", stack.dtype))

    def _reverse_call(self, call: Call) -> None:
        function = self.index.functions[call.callee]
        if function not in self.plan.live:
            return
        given: list[Storage] = []
        written: set[int] = set()
        for position, (storage, parameter) in enumerate(zip(call.storages, function.parameters, strict=True)):
            if parameter.storage in self.plan.given:
                if position in call.written:
                    written.add(len(given))
                given.append(self.storages.get(storage, storage))
        bars = [
            self.storage_bars[storage]
            for storage, parameter in zip(call.storages, function.parameters, strict=True)
            if self.is_active(parameter.storage)
        ]
        written.update(range(len(given), len(given) + len(bars)))
        self.builder.call(self.reversed[call.callee], (*given, *bars), frozenset(written))

    def _reverse_bind(self, statement: Bind, value: Value) -> None:
        positions = list(self.active_positions(statement))
        ct = self._take_bar(value) if positions else None
        if ct is None:
            return
        for position in positions:
            known = {one: self.get(one) for one in rules.needed_operands(statement, position)}
            found = rules.contribution(self.builder, statement, position, ct, known, self.guarded)
            self.add_bar(statement.operands[position], found)

    def _reverse_write(self, statement: Store | Accumulate) -> None:
        storage, operand = statement.storage, statement.operand
        if isinstance(statement, Store) and isinstance(operand, Value) and self.plan.stores.get(operand) is statement:
            self.get(operand)
        if not self._has_adjoint(statement) and statement not in self.plan.overwriting:
            return
        indices = [self.get(one) for one in statement.indices]
        if self._has_adjoint(statement):
            bar = self.storage_bars[storage]
            if self.is_active(operand):
                ct = self.builder.load(bar, indices)
                if isinstance(statement, Store):
                    self.builder.store(bar, indices, Constant(0.0, bar.dtype))
                self.add_bar(operand, ct)
            else:
                self.builder.store(bar, indices, Constant(0.0, bar.dtype))
        if statement in self.plan.overwriting:
            old = self.at_top[statement] if statement in self.at_top else self.residuals.saved(statement)
            self.builder.store(self.storages.get(storage, storage), indices, old)

    def _restore_sections(self, statement: Apply) -> None:
        for number, section in enumerate(statement.outputs):
            slot = self.residuals.slots[statement, number]
            axes = tuple(self.axis(axis) for axis in section.axes)
            sizes = [axis.size for axis in axes if isinstance(axis, Span)]
            copy = slot.storage
            if slot.stack is not None:
                copy = self.builder.recall(slot.hint, slot.dtype, sizes, slot.stack)
            assert copy is not None
            storage = self.storages.get(section.storage, section.storage)
            copy_section(self.builder, Section(storage, axes, section.order), copy, back=True)

    def axis(self, axis: Operand | Span) -> Operand | Span:
        """One axis of a section, where the reverse sweep is."""
        if isinstance(axis, Span):
            return Span(self.get(axis.start), self.get(axis.size), self.get(axis.step))
        return self.get(axis)

    def _reverse_control(self, statement: For | If | While, enclosing: tuple[Enclosing, ...]) -> None:
        match statement:
            case For():
                self._reverse_for(statement, enclosing)
            case If(condition=condition):
                chosen = self.get(condition)
                with self.builder.block() as then:
                    self._reverse_nested(statement.then, (*enclosing, Enclosing(statement, 0)))
                with self.builder.block() as otherwise:
                    self._reverse_nested(statement.otherwise, (*enclosing, Enclosing(statement, 1)))
                self.builder.branch(chosen, then, otherwise)
            case While():
                count = self.at_top[statement] if statement in self.at_top else self.residuals.saved(statement)
                inside = (*enclosing, Enclosing(statement, 0))
                # The last test of the condition failed; each one before it was followed by the body.
                with self.builder.block() as test:
                    self._reverse_nested(statement.test, inside)
                self.builder.branch(Constant(True, "bool"), test)
                with self.builder.loop(integer(0), count, hint="n"):
                    self._reverse_nested(statement.test + statement.body, inside)

    def _reverse_for(self, statement: For, enclosing: tuple[Enclosing, ...]) -> None:
        self.residuals.recall(statement)
        start, stop, step = self.get(statement.start), self.get(statement.stop), statement.step
        order_free = statement.order_free and statement not in self.ordered
        if not order_free:
            start, stop, step = self._backwards(start, stop, step)
        with self.builder.loop(start, stop, step, order_free=order_free, hint=statement.counter.hint) as i:
            self.known.append({statement.counter: i})
            self._reverse_nested(statement.body, (*enclosing, Enclosing(statement, 0)))
            self.known.pop()

    def _backwards(self, start: Operand, stop: Operand, step: int) -> tuple[Operand, Operand, int]:
        """The same range, last first."""
        builder, sign = self.builder, 1 if step > 0 else -1
        if abs(step) == 1:
            last = builder.bind("subtract", stop, integer(sign))
        else:
            count = trip_count(builder, start, stop, step)
            moved = builder.bind("multiply", builder.bind("subtract", count, integer(1)), integer(step))
            last = builder.bind("add", start, moved)
        return last, builder.bind("subtract", start, integer(sign)), -step

    # The whole.

    def program(self, with_results: bool, unit_seed: bool) -> Program:
        """The new program. See `reverse`."""
        self._forward(self.primal.body, ())
        functions = [self._forward_function(one) for one in self.primal.functions]
        results = copied_results(self) if with_results else []
        parameters: list[Parameter] = list(self.primal.parameters)
        outputs = make_parameter_bars(self)
        self._open_block(self.primal.body, ())
        parameters += seed(self, unit_seed)
        for statement in reversed(self.primal.body):
            self.builder.where = statement.where
            self._reverse_statement(statement, ())
        for one in self.chosen:
            if isinstance(one, Value):
                bar = self._take_bar(one)
                results.append(Constant(0.0, one.dtype) if bar is None else bar)
        functions += [self._reverse_function(one) for one in self.primal.functions if one in self.plan.live]
        name = f"{self.primal.name}_adjoint"
        stacks = (*self.residuals.stacks, *self.stack_bars.values())
        return Program(name, (*parameters, *outputs), self.builder.finish(), tuple(results), stacks, tuple(functions))

    def _forward_function(self, function: Function) -> Function:
        with self.builder.block() as body:
            self._forward(function.body, (Enclosing(function, 0),))
        return replace(function, body=tuple(body))

    def _reverse_function(self, function: Function) -> Function:
        """The reverse of a function, which is given what it reads of the parameters, and their adjoints."""
        sizes: dict[Operand, Operand] = {}
        for one in function.parameters:
            sizes.update({size: Value(size.hint, size.dtype) for size in one.sizes if isinstance(size, Value)})
        given: list[Array] = []
        bars: list[Array] = []
        for one in function.parameters:
            own, storage = tuple(sizes.get(size, size) for size in one.sizes), one.storage
            if storage in self.plan.given:
                self.storages[storage] = Storage(storage.hint, storage.dtype, storage.rank)
                given.append(Array(self.storages[storage], own))
            if self.is_active(storage):
                self.storage_bars[storage] = Storage(f"{storage.hint}_bar", storage.dtype, storage.rank)
                bars.append(Array(self.storage_bars[storage], own))
        self.known.append(sizes)
        with self.builder.block() as body:
            self._reverse_nested(function.body, (Enclosing(function, 0),))
        self.known.pop()
        return Function(self.reversed[function.callee], (*given, *bars), tuple(body))
