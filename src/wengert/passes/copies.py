"""A block once more: the same statements with values and storages of their own.

What goes in: a block. What comes out: a block that does the same. What holds: nothing that it binds or makes is bound
or made by the first, so both may stand in one program.
"""

from __future__ import annotations

from wengert.program.statements import Block, For, Operand, Storage, Value
from wengert.program.traverse import bound, made, rebuild, walk

__all__ = ["fresh_copy"]


def fresh_copy(block: Block) -> Block:
    """The copy. Stacks stay the same: they belong to the program."""
    values: dict[Operand, Operand] = {}
    storages: dict[Storage, Storage] = {}
    for statement in walk(block):
        value = statement.counter if isinstance(statement, For) else bound(statement)
        if value is not None:
            values[value] = Value(value.hint, value.dtype)
        storage = made(statement)
        if storage is not None:
            storages[storage] = Storage(storage.hint, storage.dtype, storage.rank)

    def operand(one: Operand) -> Operand:
        return values.get(one, one) if isinstance(one, Value) else one

    def storage_of(one: Storage) -> Storage:
        return storages.get(one, one)

    def nested(inner: Block) -> Block:
        return tuple(rebuild(statement, operand, storage_of, nested) for statement in inner)

    return nested(block)
