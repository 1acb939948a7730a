"""The listener of a trace: gives names to the values of a program while it is recorded, and writes down its steps.

What goes in: every operation, read and write of one tape, from the record engine. What comes out: a list of `Step`s. A
value is known by its slot; a constant array, which has none, by its identity, for which it is kept alive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert.errors import SourceLocation
from wengert.inspect.arguments import named_leaves
from wengert.inspect.expressions import call_text, function_text, index_text, plain, shape_text, text_of, value_text
from wengert.inspect.places import NOWHERE, Occurrence, Places
from wengert.inspect.summaries import Summary, summary_of
from wengert.inspect.watching import newly_non_finite
from wengert.ops.table import Operation
from wengert.tape.array import RecordedArray
from wengert.tape.tape import Listener, Tape

__all__ = ["Saved", "Step", "StepListener"]


class Saved:
    """A value that a step keeps for the reverse sweep: its place in a list of saved values, and its name.

    A later write may put a copy in that place.
    """

    __slots__ = ("first", "name", "place", "values")

    def __init__(self, name: str, values: list[Any], place: int) -> None:
        self.name = name
        self.values = values
        self.place = place
        self.first = id(values[place])

    def current(self) -> Any:
        """The value that is kept."""
        return self.values[self.place]

    def text(self) -> str:
        """Its name, and whether it is a copy made before a write."""
        return self.name if id(self.current()) == self.first else f"{self.name} (copy)"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a trace. `number` is None for an argument; `slots` are those of the values it defines.

    `operands` are the places of earlier steps in the list: those that computed what this one reads. `results` is what
    it computed, or for a write the contents of the storage, which `storage` names, with its slot. `last_entry` counts
    the entries of the tape so far. `enters` says that the value is not finite although all recorded operands are.
    """

    number: int | None
    expression: str
    value: str
    slots: tuple[int, ...]
    saved: tuple[Saved, ...]
    location: SourceLocation | None
    operation: str
    operands: tuple[int, ...]
    results: tuple[Summary, ...]
    iteration: str
    last_entry: int
    enters: bool
    storage: tuple[str, int | None] | None = None


def _is_active(value: Any, tape: Tape) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_is_active(item, tape) for item in value)
    return isinstance(value, RecordedArray) and value.tape is tape and value.slot is not None


def _is_number_or_array(value: Any) -> bool:
    return isinstance(plain(value), (np.ndarray, np.generic, float, int, complex))


class StepListener(Listener):
    """Listens to one tape; see `wengert.tape.tape.Listener`."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._by_slot: dict[int, str] = {}
        self._by_identity: dict[int, tuple[Any, str]] = {}
        self._occurrences = Places()
        self._defined: dict[str, int] = {}  # by name, the place of the step that defines the value
        self._written: dict[str, int] = {}  # by the name of a storage, the place of the last write to it
        self._not_finite: set[int] = set()
        self._entries = 0
        self._count = 0
        self._prefix = "v"

    def start(self, tape: Tape, arguments: Iterable[tuple[str, Any]]) -> None:
        """The recording begins: on this tape, with these arguments by name."""
        self._tape = tape
        leaves = [leaf for name, value in arguments for leaf in named_leaves(value, name)]
        while any(re.match(rf"{self._prefix}\d", name) for name, _ in leaves):
            self._prefix += "v"
        for name, value in leaves:
            self._give_name(value, name)
            if isinstance(value, RecordedArray):
                slots = () if value.slot is None else (value.slot,)
                self._defined[name] = len(self.steps)
                self._append(None, name, "argument", (), [value], slots)

    # Names.

    def name_of(self, value: Any) -> str | None:
        """The name of a value of the program; None for a constant that has none."""
        if isinstance(value, RecordedArray) and value.tape is self._tape:
            if value.slot is not None and value.slot in self._by_slot:
                return self._by_slot[value.slot]
            value = value.value
        known = self._by_identity.get(id(value))
        return None if known is None else known[1]

    def _give_name(self, value: Any, name: str) -> None:
        if isinstance(value, RecordedArray) and value.tape is self._tape:
            if value.slot is not None:
                self._by_slot[value.slot] = name
                return
            value = value.value
        if isinstance(value, (np.ndarray, np.generic, RecordedArray)):
            self._by_identity[id(value)] = value, name

    def _next_name(self) -> str:
        return f"{self._prefix}{self._count + 1}"

    def _introduce(self, array: RecordedArray) -> str:
        """The name of a storage; a constant that is met for the first time gets a step, and so a name."""
        root = array.root
        name = self.name_of(root)
        if name is None:
            name = self._next_name()
            slots = () if root.slot is None else (root.slot,)
            self._defined[name] = len(self.steps)
            self._count += 1
            expression = f"{name} = constant {shape_text(np.asarray(plain(root)))}"
            self._append(self._count, expression, "constant", (), [], slots)
        self._give_name(root, name)
        return name

    def _is_storage(self, value: Any) -> bool:
        return isinstance(value, RecordedArray) and value.tape is self._tape and isinstance(plain(value), np.ndarray)

    # Steps.

    def _append(
        self,
        number: int | None,
        expression: str,
        operation: str,
        operands: tuple[int, ...],
        results: list[Any],
        slots: tuple[int, ...],
        saved: tuple[Saved, ...] = (),
        occurrence: Occurrence | None = None,
    ) -> None:
        summaries = tuple([summary_of(one) for one in results])
        enters = False
        if not all(one.is_finite for one in summaries):
            enters = self._not_finite.isdisjoint(operands)
            self._not_finite.add(len(self.steps))
        place = None if occurrence is None or occurrence.place is NOWHERE else occurrence.place
        self.steps.append(
            Step(
                number,
                expression,
                ", ".join([value_text(one) for one in results]),
                slots,
                saved,
                None if place is None else SourceLocation(place.filename, place.line, place.function),
                operation,
                operands,
                summaries,
                "" if occurrence is None else occurrence.iteration,
                self._entries,
                enters,
            )
        )

    def _add(
        self,
        expression: str,
        operation: str,
        operands: tuple[int, ...],
        results: list[Any],
        slots: tuple[int, ...],
        saved: tuple[Saved, ...],
    ) -> None:
        self._count += 1
        here = self._occurrences.here(operation)
        self._append(self._count, expression, operation, operands, results, slots, saved, here)

    def _add_write(self, expression: str, operation: str, array: RecordedArray, value: Any, index: Any) -> None:
        operands = self._operands(value, index, array)
        self._add(expression, operation, operands, [array.root], (), self._saved_by_index(index))
        step = self.steps[-1]
        name = self.name_of(array.root)
        assert name is not None
        enters = step.enters
        if operation == "write":  # what is not written to may be memory that nobody has filled yet
            enters = not summary_of(value).is_finite and self._not_finite.isdisjoint(self._operands(value))
        self.steps[-1] = replace(step, value=value_text(array), enters=enters, storage=(name, array.root.slot))
        self._written[name] = len(self.steps) - 1

    def _operands(self, *values: Any) -> tuple[int, ...]:
        """The steps that computed the values as they are now, each once."""
        found: dict[int, None] = {}
        for value in values:
            if type(value) in (list, tuple):  # isinstance would ask a view for its value, and so read it anew
                found.update(dict.fromkeys(self._operands(*value)))
                continue
            name = self.name_of(value)
            place = -1 if name is None else self._defined.get(name, -1)
            if isinstance(value, RecordedArray):
                root = self.name_of(value.root)
                place = max(place, -1 if root is None else self._written.get(root, -1))
            if place >= 0:
                found[place] = None
        return tuple(found)

    def _new_entry(self) -> Any:
        """The entry of the tape that was made for this step, or None for an operation on constants."""
        entries = self._tape.entries
        if len(entries) == self._entries:
            return None
        self._entries = len(entries)
        return entries[-1]

    def operation(self, found: Operation, arguments: tuple[tuple[str, Any], ...], result: Any) -> None:
        """An operation of the table, its arguments by name."""
        for _, value in arguments if found.view else ():
            if self._is_storage(value) and self.name_of(value) is None:
                self._introduce(value)
        expression = call_text(found, arguments, self.name_of)
        operands = self._operands(*[value for _, value in arguments])
        several = isinstance(result, (list, tuple))
        results = list(result) if several else [result]
        name = self._next_name()
        names = [f"{name}_{i + 1}" for i in range(len(results))] if several else [name]
        for one, own_name in zip(results, names, strict=True):
            self._give_name(one, own_name)
            self._defined[own_name] = len(self.steps)
        saved = tuple(self._saved_by_rules(found, dict(arguments), names))
        slots = tuple(one.slot for one in results if isinstance(one, RecordedArray) and one.slot is not None)
        operation = function_text(found.name)
        self._add(f"{', '.join(names)} = {expression}", operation, operands, results, slots, saved)
        if not self.steps[-1].enters and len(self.steps) - 1 in self._not_finite:  # it may still do so in some elements
            values = [
                plain(one) for _, value in arguments for one in (value if type(value) in (list, tuple) else [value])
            ]
            numbers = [one for one in values if isinstance(one, (float, complex, np.ndarray, np.generic))]
            if newly_non_finite(numbers, [plain(one) for one in results], found.elementwise) is not None:
                self.steps[-1] = replace(self.steps[-1], enters=True)

    def _saved_by_rules(self, found: Operation, arguments: dict[str, Any], names: list[str]) -> Iterator[Saved]:
        entry = self._new_entry()
        if entry is None:
            return
        links = entry[1] if type(entry) is tuple else entry.links
        rules = [rule for name, rule in found.rules.items() if _is_active(arguments[name], self._tape)]
        for rule, (_, _, _, saved) in zip(rules, links, strict=True):
            for place, parameter in enumerate(rule.saves):
                yield from self._saved_value(parameter, saved, place, arguments, names)

    def _saved_value(
        self, parameter: str, saved: list[Any], place: int, arguments: dict[str, Any], names: list[str]
    ) -> Iterator[Saved]:
        value = saved[place]
        if parameter == "out":
            texts = names
        elif parameter in arguments:
            given = arguments[parameter]
            texts = [text_of(item, self.name_of) for item in (given if isinstance(value, list) else [given])]
        else:  # a shape
            return
        if isinstance(value, list):
            for i, text in enumerate(texts):
                if _is_number_or_array(value[i]):
                    yield Saved(text, value, i)
        elif _is_number_or_array(value):
            yield Saved(texts[0], saved, place)

    def _saved_by_index(self, index: Any) -> tuple[Saved, ...]:
        entry = self._new_entry()
        if entry is None:
            return ()
        components = index if type(index) is tuple else (index,)
        return tuple(
            Saved(text_of(component, self.name_of), entry.saved, place)
            for place, component in enumerate(components)
            if entry.saved and isinstance(entry.saved[place], np.ndarray)
        )

    def read(self, array: RecordedArray, index: Any, result: Any) -> None:
        """`result = array[index]`."""
        source = self.name_of(array) or self._introduce(array)
        operands = self._operands(array, index)
        name = self._next_name()
        self._give_name(result, name)
        self._defined[name] = len(self.steps)
        slots = () if result.slot is None else (result.slot,)
        saved = self._saved_by_index(index)
        expression = f"{name} = {source}[{index_text(index, self.name_of)}]"
        self._add(expression, "read", operands, [result], slots, saved)

    def _target_text(self, array: RecordedArray, index: Any, in_place: bool) -> str:
        self._introduce(array)
        target = self.name_of(array) or self._introduce(array)
        return target if in_place and index is Ellipsis else f"{target}[{index_text(index, self.name_of)}]"

    def write(self, array: RecordedArray, index: Any, value: Any) -> None:
        """`array[index] = value`."""
        target = self._target_text(array, index, in_place=False)
        self._add_write(f"{target} = {text_of(value, self.name_of)}", "write", array, value, index)

    def accumulate(self, array: RecordedArray, index: Any, value: Any, sign: int) -> None:
        """`array[index] += value`, or `-=` where `sign` is -1."""
        target = self._target_text(array, index, in_place=True)
        operator = "+=" if sign > 0 else "-="
        self._add_write(f"{target} {operator} {text_of(value, self.name_of)}", "accumulate", array, value, index)
