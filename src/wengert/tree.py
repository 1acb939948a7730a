"""Trees of arguments and results: tuples, lists, dicts, namedtuples and dataclasses, by optree.

What goes in: any Python value. What comes out: its leaves in a fixed order and a structure that puts leaves back.
A dataclass is a node whose children are its fields, as in `dataclasses.fields`; it is registered on first sight.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

import optree

__all__ = ["Structure", "flatten", "map_leaves", "unflatten"]

Structure = optree.PyTreeSpec

_NAMESPACE = "wengert"
_seen_dataclasses: set[type] = set()


class _Original:
    """The instance that a dataclass node came from, for what it holds beside its fields; one is as good as another."""

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Original) and type(self.node) is type(other.node)

    def __hash__(self) -> int:
        return hash(type(self.node))

    def __repr__(self) -> str:
        return type(self.node).__qualname__


def _register_dataclass(cls: type) -> None:
    """Make instances of dataclass `cls` nodes of trees, rebuilt without running `__init__` or `__post_init__`."""
    names = tuple(field.name for field in dataclasses.fields(cls))

    def flatten_fields(node: Any) -> tuple[list[Any], _Original]:
        return [getattr(node, name) for name in names], _Original(node)

    def unflatten_fields(original: Any, children: Iterable[Any]) -> Any:
        node = copy.copy(original.node)
        for name, child in zip(names, children, strict=True):
            object.__setattr__(node, name, child)
        return node

    optree.register_pytree_node(cls, flatten_fields, unflatten_fields, namespace=_NAMESPACE)
    _seen_dataclasses.add(cls)


def _is_new_dataclass(value: Any) -> bool:
    cls = type(value)
    return dataclasses.is_dataclass(cls) and cls not in _seen_dataclasses


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of `tree` and its structure. `None` is a node without leaves."""
    while True:
        leaves, structure = optree.tree_flatten(tree, namespace=_NAMESPACE)
        unseen = {type(leaf) for leaf in leaves if _is_new_dataclass(leaf)}
        if not unseen:
            return leaves, structure
        for cls in unseen:
            _register_dataclass(cls)


def unflatten(structure: Structure, leaves: Any) -> Any:
    """The tree of `structure` with these leaves."""
    return optree.tree_unflatten(structure, leaves)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """`tree` with `function` applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) for leaf in leaves])
