"""What the reverse sweep needs of the forward run, and where it gets it: the to-be-recorded analysis.

What goes in: an indexed program, what is active in it, and for each active statement the values its rules use. What
comes out: a `Plan`. What holds: in the reverse sweep, when it comes to a statement, every storage holds what it held
just after that statement on the way forward, at each element that is read there. So a needed value is

- in scope, if the outermost block binds it, or a counter;
- computed again from operands that are needed in turn, or loaded again, if the element has not changed in between;
- loaded from where a `Store` of the same block put it;
- saved, otherwise;

and a store whose element is read before it is *overwriting*: it saves the old content, which is put back. What a
function reads of a parameter, each of its calls reads; what makes a call overwriting does so to each write to the
parameter. Hascoet,
Naumann and Pascual, "To be recorded analysis in reverse-mode automatic differentiation", 2005; here by element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from wengert.analysis.dependence import Moment, Read, is_changed_between, is_overwritten_after, moment_after
from wengert.analysis.index import Index
from wengert.program.builder import integer
from wengert.program.statements import (
    Accumulate,
    Allocate,
    Apply,
    Bind,
    Call,
    Constant,
    For,
    Function,
    If,
    Load,
    Operand,
    Reshape,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import section_operands

__all__ = ["Plan", "plan_needed"]


@dataclass(slots=True)
class Plan:
    """Where the reverse sweep gets what it needs.

    `how`: for each needed value that is not in scope, "compute", "load", "stored" or "saved". `stores`: the store that
    a "stored" value is read from. `overwriting`: the statements that save what they overwrite. `kept`: storages made
    in nested blocks whose contents are needed. `given`: the parameters of functions that the reverse sweep is given.
    `live`: the control statements, and functions, that the reverse sweep visits. The last
    four are dicts for their order, which is that of the program they lead to.
    """

    how: dict[Value, str] = field(default_factory=dict)
    stores: dict[Value, Store] = field(default_factory=dict)
    overwriting: dict[Statement, None] = field(default_factory=dict)
    kept: dict[Storage, None] = field(default_factory=dict)
    given: dict[Storage, None] = field(default_factory=dict)
    live: dict[Statement | Function, None] = field(default_factory=dict)


class _Planner:
    def __init__(self, index: Index, stores_of: dict[Value, list[Store]], is_active: Callable[[Storage], bool]) -> None:
        self.index, self.stores_of = index, stores_of
        # The parameter of a function that tells each size, if its adjoint, which the reverse sweep has, does not.
        self.size_of: dict[Operand, Storage] = {}
        for storage in index.owners:
            self.size_of.update(dict.fromkeys(index.sizes[storage], storage))
        for storage in filter(is_active, index.owners):
            for size in index.sizes[storage]:
                self.size_of.pop(size, None)
        self.restored: set[Storage] = set()
        self.plan = Plan()
        self.reads: list[Read] = []
        self.seen: set[tuple[Operand, int]] = set()
        self.overwriters: dict[tuple[Storage, tuple[object, ...], int], list[Statement]] = {}

    # Needs.

    def need(self, operand: Operand, at: Moment) -> None:
        """Make `operand` available in the reverse sweep at a moment."""
        if isinstance(operand, Constant) or (operand, at.clock) in self.seen:
            return
        self.seen.add((operand, at.clock))
        if operand in self.size_of:
            self.give(self.size_of[operand])
        if not self.index.enclosing_definition(operand) or self._is_counter(operand):
            return
        how = self.plan.how.get(operand)
        if how is None:
            how = self.plan.how[operand] = self._choose(operand, at)
        if how == "saved":
            return
        read = self._source(operand, at)
        if read is not None:
            if not self._still_there(read):
                self.plan.how[operand] = "saved"
                return
            self._register(read)
        statement = self.index.definitions[operand]
        if not isinstance(statement, Bind | Load):
            self.plan.how[operand] = "saved"
            return
        if how == "compute":
            assert isinstance(statement, Bind)
            for one in statement.operands:
                self.need(one, at)
        elif how == "load":
            assert isinstance(statement, Load)
            for one in statement.indices:
                self.need(one, at)
        else:
            for one in self.plan.stores[operand].indices:
                self.need(one, at)

    def _is_counter(self, value: Value) -> bool:
        statement = self.index.definitions.get(value)
        return isinstance(statement, For) and statement.counter is value

    def _source(self, value: Value, at: Moment) -> Read | None:
        """What is read directly to get a value the chosen way."""
        how = self.plan.how[value]
        if how == "compute":
            return None
        if how == "stored":
            return self._stored_read(self.plan.stores[value], at)
        statement = self.index.definitions[value]
        assert isinstance(statement, Load)
        return Read(statement.storage, statement.indices, self.index.places[statement], at)

    def _stored_read(self, store: Store, at: Moment) -> Read:
        place = self.index.places[store]
        moment = at if at.clock > place.end else moment_after(self.index, store)
        return Read(store.storage, store.indices, place, moment)

    def _choose(self, value: Value, at: Moment) -> str:
        """The way that makes the fewest stores save what they overwrite."""
        again = "compute" if isinstance(self.index.definitions[value], Bind) else "load"
        reads, blocked = self._again(value, at)
        if not blocked and not any(self._costs(read) for read in reads):
            return again
        for store in self.stores_of.get(value, ()):
            if self.index.places[store].enclosing == self.index.enclosing_definition(value):
                read = self._stored_read(store, at)
                if self._still_there(read) and not self._costs(read):
                    self.plan.stores[value] = store
                    return "stored"
        if len(blocked) > 1 or value in blocked:  # one number saved instead of several
            return "saved"
        return again

    def _costs(self, read: Read) -> bool:
        """Whether a read in the reverse sweep makes the forward sweep save: a variable, or what is overwritten."""
        root = self.index.root(read.storage)
        local_variable = root.rank == 0 and bool(self.index.enclosing_storage(root))
        return local_variable or bool(self._overwriters(read))

    def _again(self, value: Operand, at: Moment) -> tuple[list[Read], set[Operand]]:
        """The reads by which a value would be computed again, and the values on the way that cannot be."""
        reads: list[Read] = []
        blocked: set[Operand] = set()
        seen: set[Operand] = set()
        ahead = [value]
        while ahead:
            one = ahead.pop()
            if one not in seen:  # what is used twice is looked at once: there may be very many ways to it
                seen.add(one)
                ahead += self._step_back(one, at, reads, blocked)
        return reads, blocked

    def _step_back(self, value: Operand, at: Moment, reads: list[Read], blocked: set[Operand]) -> Sequence[Operand]:
        """What a value is computed from, unless it is there; notes what it is read from, or that it cannot be had."""
        if isinstance(value, Constant) or not self.index.enclosing_definition(value) or self._is_counter(value):
            return ()
        how = self.plan.how.get(value)
        statement = self.index.definitions[value]
        if how == "saved":
            return ()
        if how == "stored":
            read = self._stored_read(self.plan.stores[value], at)
        elif isinstance(statement, Load):
            read = Read(statement.storage, statement.indices, self.index.places[statement], at)
        else:
            if isinstance(statement, Bind):
                return statement.operands
            blocked.add(value)
            return ()
        if not self._still_there(read):
            blocked.add(value)
            return ()
        reads.append(read)
        return statement.indices if isinstance(statement, Load) else ()

    # Reads.

    def _still_there(self, read: Read) -> bool:
        writers = self.index.writers.get(self.index.root(read.storage), ())
        return not any(is_changed_between(self.index, read, writer) for writer in writers)

    def _overwriters(self, read: Read) -> list[Statement]:
        key = (read.storage, read.axes, read.at.clock)
        found = self.overwriters.get(key)
        if found is None:
            writers = self.index.writers.get(self.index.root(read.storage), ())
            found = [writer for writer in writers if is_overwritten_after(self.index, read, writer)]
            self.overwriters[key] = found
        return found

    def _register(self, read: Read) -> None:
        """Hold the contents that a read in the reverse sweep relies on."""
        for storage in (self.index.root(read.storage), read.storage):
            if self.index.enclosing_storage(storage):
                self.keep(storage)
        root = self.index.root(read.storage)
        self.give(root)
        for writer in self._overwriters(read):
            self.overwrite(writer, root)

    def give(self, parameter: Storage) -> None:
        """Give the reverse of a function what it is about to read: each call holds the contents as it left them."""
        owner = self.index.owners.get(parameter)
        if owner is None or parameter in self.plan.given:
            return
        self.plan.given[parameter] = None
        function, position = owner
        for call in self.index.calls.get(function.callee, ()):
            storage = call.storages[position]
            axes = tuple(Span(integer(0), size, integer(1)) for size in self.index.sizes[storage])
            self._register(Read(storage, axes, self.index.places[call], moment_after(self.index, call)))

    def read_section(self, section: Section, statement: Statement) -> None:
        """Hold the contents of a section, as they are just after a statement, for its reverse."""
        read = Read(section.storage, section.axes, self.index.places[statement], moment_after(self.index, statement))
        self._register(read)
        for one in section_operands(section):
            self.need(one, read.at)

    def overwrite(self, writer: Statement, root: Storage) -> None:
        """Have what a statement overwrites put back."""
        if isinstance(writer, Call):
            self.plan.overwriting[writer] = None
            parameters = self.index.functions[writer.callee].parameters
            for position in sorted(writer.written):
                if self.index.root(writer.storages[position]) is root:
                    self._restore(parameters[position].storage)
        if writer in self.plan.overwriting:
            return
        self.plan.overwriting[writer] = None
        at = moment_after(self.index, writer)
        match writer:
            case Store(indices=indices) | Accumulate(indices=indices):
                for one in indices:
                    self.need(one, at)
            case Apply(outputs=outputs):
                for section in outputs:
                    for one in section_operands(section):
                        self.need(one, at)
        self.visit(writer)

    def _restore(self, parameter: Storage) -> None:
        """Have a function put back what it overwrites of a parameter."""
        if parameter not in self.restored:
            self.restored.add(parameter)
            self.give(parameter)
            for writer in self.index.writers.get(parameter, ()):
                self.overwrite(writer, parameter)

    def keep(self, storage: Storage) -> None:
        """Keep a storage of a nested block, of which the reverse sweep also needs the sizes."""
        if storage not in self.plan.kept:
            self.plan.kept[storage] = None
            self.need_sizes(storage)

    def need_sizes(self, storage: Storage) -> None:
        """The sizes of a storage, when the reverse sweep enters its block."""
        maker = self.index.makers[storage]
        assert isinstance(maker, Allocate | Reshape)
        enclosing = self.index.places[maker].enclosing
        if enclosing:
            at = Moment(enclosing, self.index.end(enclosing[-1].statement) - 1)
            for one in maker.sizes:
                self.need(one, at)
        self.visit(maker)

    def visit(self, statement: Statement) -> None:
        """The reverse sweep comes to a statement, so it goes through all control around it."""
        for enclosing in self.index.places[statement].enclosing:
            control = enclosing.statement
            if control in self.plan.live:
                continue
            self.plan.live[control] = None
            if isinstance(control, Function):
                for call in self.index.calls.get(control.callee, ()):
                    self.visit(call)
                continue
            at = moment_after(self.index, control)
            match control:
                case For(start=start, stop=stop):
                    self.need(start, at)
                    self.need(stop, at)
                case If(condition=condition):
                    self.need(condition, at)
                case While():
                    pass  # its count is saved


def plan_needed(
    index: Index,
    statements: Iterable[Statement],
    needs: Callable[[Statement], Iterable[Operand | Section]],
    nested_storages: Iterable[Storage],
    is_active: Callable[[Storage], bool],
) -> Plan:
    """The plan for a reverse sweep that comes to `statements`, each with what its reverse uses.

    `nested_storages`: active storages of nested blocks, whose adjoints need their sizes. `is_active`: whether a storage
    has an adjoint.
    """
    stores_of: dict[Value, list[Store]] = {}
    for statement in index.places:
        if isinstance(statement, Store) and isinstance(statement.operand, Value):
            stores_of.setdefault(statement.operand, []).append(statement)
    planner = _Planner(index, stores_of, is_active)
    for statement in statements:
        planner.visit(statement)
        at = moment_after(index, statement)
        for one in needs(statement):
            if isinstance(one, Section):
                planner.read_section(one, statement)
            else:
                planner.need(one, at)
    for storage in nested_storages:
        planner.need_sizes(storage)
    return planner.plan
