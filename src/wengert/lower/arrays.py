"""Arrays while Python source is lowered: the functions that the lowering of syntax calls."""

from __future__ import annotations

from wengert.lower.calls import attribute, call, call_method, knows
from wengert.lower.indexing import Item, SliceItem, get_item, set_item, update_item
from wengert.lower.operators import binary, truth, unary
from wengert.lower.storing import assign, materialise

__all__ = [
    "Item",
    "SliceItem",
    "assign",
    "attribute",
    "binary",
    "call",
    "call_method",
    "get_item",
    "knows",
    "materialise",
    "set_item",
    "truth",
    "unary",
    "update_item",
]
