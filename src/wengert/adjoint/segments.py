"""A program as a chain of pieces: its long loops, and what stands between them, each a program of its own.

What goes in: a prepared program, and what is active in it. What comes out: a `Chain` of `Straight` pieces and
`Repetition`s, the loops of the outermost block whose reverse needs what they overwrite. What holds: the pieces run one
after the other on the same arrays are the program. A piece takes arrays in place, and scalars and the contents of
variables as arguments; it returns the scalars, variables and new arrays that later pieces use. Integers computed from
sizes are computed again in each piece, so that what was known of them still is. A run of consecutive iterations of a
loop is a piece; so is one iteration, which is a program that may be a chain again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from wengert.adjoint.reverse import Reversal, reverse
from wengert.analysis.activity import Carrier, carries
from wengert.analysis.index import Index, index_program
from wengert.program.builder import Builder, integer
from wengert.program.statements import (
    Allocate,
    Array,
    Bind,
    Block,
    Constant,
    For,
    Operand,
    Parameter,
    Program,
    Reshape,
    Section,
    Span,
    Statement,
    Storage,
    Store,
    Value,
    While,
)
from wengert.program.traverse import bound, made, operands, reads, section_operands, walk, writes

__all__ = ["Chain", "Piece", "Repetition", "Straight", "chain_of"]

Name = Value | Storage


@dataclass(frozen=True, eq=False)
class Piece:
    """A program of `values`, the contents of `cells`, and `arrays`; it returns the new ones, in the same order.

    `written` and `read` are the arrays that it writes and reads. `chosen` are the positions of its active parameters.
    """

    program: Program
    values: tuple[Value, ...]
    cells: tuple[Storage, ...]
    arrays: tuple[Storage, ...]
    new_values: tuple[Value, ...]
    new_cells: tuple[Storage, ...]
    new_arrays: tuple[Storage, ...]
    written: frozenset[Storage]
    read: frozenset[Storage]
    chosen: tuple[int, ...]

    @property
    def names(self) -> tuple[Name, ...]:
        """What it takes, in order."""
        return (*self.values, *self.cells, *self.arrays)

    @cached_property
    def differentiated(self) -> tuple[Name, ...]:
        """What it takes and has a cotangent: values and cells, then arrays."""
        return tuple(self.names[i] for i in self.chosen)

    def reversed(self, *, guarded: bool, with_results: bool = False) -> Program:
        """Its derivative: cotangents of arrays in place, those of scalars as results."""
        return reverse(self.program, self.chosen, with_results=with_results, guarded=guarded, in_place=True)


@dataclass(frozen=True, eq=False)
class Straight:
    """A piece that is run once, and reversed as a whole."""

    piece: Piece

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is run."""
        return (self.piece,)


@dataclass(frozen=True, eq=False)
class Repetition:
    """A loop. `stretch` runs its iterations number `first` to `last` - 1 (of a `For`: by its counter).

    `iteration` is one iteration, whose number or counter is the value `number`. For a `While`, `discovery` runs as many
    iterations as there are, `limit` at most, and returns how many there were and whether there is another; `tested`
    says that the last test, which fails, counts as an iteration, because tests change what iterations see. The `state`
    is what iterations see of one another: the cells and arrays that they write and read.
    """

    loop: For | While
    stretch: Piece
    iteration: Piece
    first: Value
    last: Value
    number: Value
    discovery: Piece | None = None
    limit: Value | None = None
    tested: bool = False
    state: tuple[Storage, ...] = ()

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is run."""
        return (self.stretch,) if self.discovery is None else (self.stretch, self.discovery)

    @property
    def own(self) -> set[Value | None]:
        """The parameters of its pieces that say which iterations are meant."""
        return {self.first, self.last, self.number, self.limit}


@dataclass(frozen=True, eq=False)
class Chain:
    """A program and its segments; the last one is straight, and returns the results of the program."""

    program: Program
    segments: tuple[Straight | Repetition, ...]
    active: frozenset[Carrier]


def _used(block: Block) -> tuple[dict[Value, None], dict[Storage, None]]:
    """What is free in a block: values, and storages by their names."""
    values: dict[Value, None] = {}
    storages: dict[Storage, None] = {}
    inner_values: set[Value] = set()
    inner_storages: set[Storage] = set()
    for one in walk(block):
        values.update(dict.fromkeys(operand for operand in operands(one) if isinstance(operand, Value)))
        storages.update(dict.fromkeys((*reads(one), *writes(one))))
        if isinstance(one, Reshape):
            storages[one.of] = None
        if isinstance(one, For):
            inner_values.add(one.counter)
        value, storage = bound(one), made(one)
        if value is not None:
            inner_values.add(value)
        if storage is not None:
            inner_storages.add(storage)
    return (
        {one: None for one in values if one not in inner_values},
        {one: None for one in storages if one not in inner_storages},
    )


def _results_used(results: Iterable[Operand | Section]) -> Iterator[Name]:
    for one in results:
        if isinstance(one, Section):
            yield one.storage
            yield from (operand for operand in section_operands(one) if isinstance(operand, Value))
        elif isinstance(one, Value):
            yield one


class _Splitter:
    """One program being split."""

    def __init__(self, program: Program, active: frozenset[Carrier]) -> None:
        self.program, self.active = program, active
        self.index: Index = index_program(program)
        self.top: dict[Name, Statement] = {}  # what makes the names of the outermost block
        for one in program.body:
            name = bound(one) or made(one)
            if name is not None:
                self.top[name] = one

    def is_active(self, name: Name) -> bool:
        """Whether a cotangent belongs to a name."""
        root = self.index.root(name) if isinstance(name, Storage) else name
        return root in self.active and carries(name.dtype)

    def is_cell(self, root: Storage) -> bool:
        """Whether a storage is a variable of the program."""
        return root.rank == 0 and isinstance(self.index.makers.get(root), Allocate)

    def is_again(self, value: Value) -> bool:
        """Whether a value is arithmetic of integers that every piece may do for itself."""
        return isinstance(self.top.get(value), Bind) and value.dtype in ("int64", "bool")

    def piece(self, name: str, body: Block, needed: set[Name], results: Sequence[Operand | Section] = ()) -> Piece:
        """The piece that runs `body`, and returns `results` and what of its names is needed afterwards."""
        free_values, free_storages = _used(body)
        for one in _results_used(results):
            if isinstance(one, Storage):
                free_storages[one] = None
            else:
                free_values[one] = None
        own = {bound(one) or made(one) for one in body}
        free_storages = {one: None for one in free_storages if one not in own}
        reshapes = [one for one in free_storages if isinstance(self.index.makers.get(one), Reshape)]
        roots = dict.fromkeys(self.index.root(one) for one in free_storages)
        roots = {one: None for one in roots if one not in own}
        cells = tuple(one for one in roots if self.is_cell(one))
        arrays = tuple(one for one in roots if not self.is_cell(one))
        head = self._reshapes(reshapes, own)
        for reshape in head:
            free_values.update(dict.fromkeys(size for size in reshape.sizes if isinstance(size, Value)))
        known = {size for one in arrays for size in self.index.sizes[one] if isinstance(size, Value)}
        for section in self._new_arrays(body, needed):
            free_values.update(dict.fromkeys(one for one in section_operands(section) if isinstance(one, Value)))
        free_values = {one: None for one in free_values if one not in own and one not in known}
        values, again = self._values(free_values, known)
        return self._assembled(name, body, (values, cells, arrays), (*again, *head), needed, results)

    def _values(self, free: Iterable[Value], known: set[Value]) -> tuple[tuple[Value, ...], tuple[Statement, ...]]:
        """What of the free values is to be given, and how the others are computed again."""
        given: dict[Value, None] = {}
        again: set[Statement] = set()
        ahead = list(free)
        seen: set[Value] = set()
        while ahead:
            one = ahead.pop()
            if one in seen or one in known:
                continue
            seen.add(one)
            if self.is_again(one):
                again.add(self.top[one])
                ahead += [operand for operand in operands(self.top[one]) if isinstance(operand, Value)]
            else:
                given[one] = None
        return tuple(reversed(given)), tuple(one for one in self.program.body if one in again)

    def _reshapes(self, wanted: Iterable[Storage], own: set[Name | None]) -> tuple[Reshape, ...]:
        """The statements of the outermost block that give these second names."""
        found: set[Storage] = set()
        for one in wanted:
            maker = self.index.makers.get(one)
            while isinstance(maker, Reshape) and maker.storage not in own:
                found.add(maker.storage)
                maker = self.index.makers.get(maker.of)
        return tuple(one for one in self.program.body if isinstance(one, Reshape) and one.storage in found)

    def _new_arrays(self, body: Block, needed: set[Name]) -> list[Section]:
        """The arrays that the body makes and that are needed later."""
        return [
            Section(
                one.storage,
                tuple(Span(integer(0), size, integer(1)) for size in one.sizes),
                tuple(range(len(one.sizes))),
            )
            for one in body
            if isinstance(one, Allocate) and not self.is_cell(one.storage) and one.storage in needed
        ]

    def _assembled(
        self,
        name: str,
        body: Block,
        given: tuple[tuple[Value, ...], tuple[Storage, ...], tuple[Storage, ...]],
        head: tuple[Statement, ...],
        needed: set[Name],
        results: Sequence[Operand | Section],
    ) -> Piece:
        values, cells, arrays = given
        written = {self.index.root(storage) for one in walk(body) for storage in writes(one)}
        read = {self.index.root(storage) for one in walk(body) for storage in reads(one)}
        read |= {self.index.root(one) for one in _results_used(results) if isinstance(one, Storage)}
        contents = [Value(one.hint, one.dtype) for one in cells]
        builder = Builder()
        for cell, content in zip(cells, contents, strict=True):
            builder.append(Allocate(cell, ()))
            builder.append(Store(cell, (), content))
        builder.append_all((*head, *body))
        new_values = tuple(one for one in map(bound, body) if one is not None and one in needed)
        own_cells = [one.storage for one in body if isinstance(one, Allocate) and self.is_cell(one.storage)]
        new_cells = tuple(one for one in (*cells, *own_cells) if one in needed and (one in written or one in own_cells))
        returned: list[Operand | Section] = [*results, *new_values]
        returned += [builder.load(one) for one in new_cells]
        sections = self._new_arrays(body, needed)
        parameters: list[Parameter] = [*values, *contents]
        parameters += [Array(one, self.index.sizes[one]) for one in arrays]
        names: tuple[Name, ...] = (*values, *cells, *arrays)
        return Piece(
            Program(name, tuple(parameters), builder.finish(), (*returned, *sections)),
            values, cells, arrays, new_values, new_cells, tuple(one.storage for one in sections),
            frozenset(one for one in arrays if one in written), frozenset(one for one in arrays if one in read),
            tuple(i for i, one in enumerate(names) if self.is_active(one)),
        )  # fmt: skip

    # Loops.

    def repetition(self, loop: For | While) -> Repetition:
        """A loop of the outermost block."""
        first, last, number = Value("first", "int64"), Value("last", "int64"), Value("number", "int64")
        tested = False
        if isinstance(loop, For):
            body, counter, step = loop.body, loop.counter, loop.step
            number = counter
        else:
            inside = {made(one) for one in walk(loop.test)}
            tested = any(self.index.root(one) not in inside for part in walk(loop.test) for one in writes(part))
            counter, step = Value("n", "int64"), 1
            body = (*loop.test, *(self._if_it_goes_on(loop) if tested else loop.body))
        written = {self.index.root(storage) for one in walk(body) for storage in writes(one)}
        needed: set[Name] = {one for one in written if self.is_cell(one)}
        stretch = self.piece(
            f"{self.program.name}_stretch", (For(counter, first, last, step, body, where=loop.where),), needed
        )
        iteration = self.piece(f"{self.program.name}_iteration", body, needed)
        read = {self.index.root(storage) for one in walk(body) for storage in reads(one)}
        state = tuple(
            one for one in (*stretch.cells, *stretch.arrays) if one in written and (self.is_cell(one) or one in read)
        )
        if isinstance(loop, For):
            return Repetition(loop, stretch, iteration, first, last, number, state=state)
        limit = Value("limit", "int64")
        discovery = self.piece(f"{self.program.name}_discovery", *self._discovery(loop, limit, tested, needed))
        return Repetition(loop, stretch, iteration, first, last, number, discovery, limit, tested, state)

    def _if_it_goes_on(self, loop: While) -> Block:
        builder = Builder()
        builder.branch(loop.condition, loop.body)
        return builder.finish()

    def _discovery(
        self, loop: While, limit: Value, tested: bool, needed: set[Name]
    ) -> tuple[Block, set[Name], tuple[Operand, ...]]:
        """A loop that stops at a limit. It returns the number of iterations, and whether there is another."""
        builder = Builder()
        builder.where = loop.where
        count, going = builder.allocate("count", "int64", zeroed=True), builder.allocate("going", "bool")
        builder.store(going, (), Constant(True, "bool"))
        with builder.block() as test:
            if not tested:
                builder.append_all(loop.test)
                builder.store(going, (), loop.condition)
            goes_on = builder.bind("less", builder.load(count), limit)
            both = builder.bind("logical_and", builder.load(going), goes_on)
        with builder.block() as body:
            if tested:
                builder.append_all(loop.test)
                builder.store(going, (), loop.condition)
                builder.branch(loop.condition, loop.body)
            else:
                builder.append_all(loop.body)
            builder.accumulate(count, (), integer(1))
        builder.repeat(test, both, body)
        results = (builder.load(count), builder.load(going))
        return builder.finish(), needed, results


def _saving_loops(reversal: Reversal) -> set[Statement]:
    """The loops of the outermost block in which something is saved or kept for the way back."""
    index, plan = reversal.index, reversal.plan
    places = [index.enclosing_definition(value) for value, how in plan.how.items() if how == "saved"]
    places += [index.places[one].enclosing for one in plan.overwriting]
    places += [index.enclosing_storage(one) for one in plan.kept]
    places += [index.places[one].enclosing for one in plan.live if isinstance(one, While)]
    found = {enclosing[0].statement for enclosing in places if enclosing}
    return {one for one in found if isinstance(one, While) or (isinstance(one, For) and not one.order_free)}


def chain_of(program: Program, chosen: Sequence[int], *, in_place: bool, active: frozenset[Carrier] | None) -> Chain:
    """The chain of a program. `active`: what is active, if the program is a piece of another.

    `chosen` are the positions of the parameters to differentiate, `in_place` whether arrays among them have cotangents
    at the end.
    """
    reversal = Reversal(program, chosen, False, in_place)
    saving = _saving_loops(reversal)
    known = frozenset(reversal.active) if active is None else active | frozenset(reversal.active)
    splitter = _Splitter(program, known)
    parts: list[Block | For | While] = [()]
    for one in program.body:
        if one in saving:
            assert isinstance(one, For | While)
            parts += [one, ()]
        else:
            block = parts[-1]
            assert isinstance(block, tuple)
            parts[-1] = (*block, one)
    segments: list[Straight | Repetition] = []
    needed: set[Name] = set()
    for number, part in reversed(list(enumerate(parts))):
        if isinstance(part, tuple):
            is_last = number == len(parts) - 1
            if not part and not is_last:
                continue
            name = f"{program.name}_{number}"
            piece = splitter.piece(name, part, needed, program.results if is_last else ())
            needed |= {*piece.names}
            segments.insert(0, Straight(piece))
        else:
            repetition = splitter.repetition(part)
            for piece in (*repetition.pieces, repetition.iteration):
                needed |= {*piece.names} - repetition.own
            if isinstance(part, For):
                needed |= {one for one in (part.start, part.stop) if isinstance(one, Value)}
            segments.insert(0, repetition)
    return Chain(program, tuple(segments), known)
