"""A set of intervals of addresses, from which those that overlap a given one are taken out.

Intervals lie in a tree, in the order of their lower ends; every node knows for each child its least lower and its
greatest upper end. So a child is entered only if something in it overlaps, or if it is the one in which the
lower ends pass the end of the query: a query costs the logarithm of the number of intervals, and the same again for
each that it takes out (Cormen et al., *Introduction to Algorithms*, section 14.3, on a tree of wide nodes).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

__all__ = ["Intervals"]

_WIDEST = 64  # children of a node: as many as a list is searched and shifted in for little more than a call


class _Node:
    """Children in the order of their lower ends: intervals with what they stand for in a leaf, else nodes."""

    __slots__ = ("children", "highs", "is_leaf", "lows")

    def __init__(self, is_leaf: bool, lows: list[int], highs: list[int], children: list[Any]) -> None:
        self.is_leaf = is_leaf
        self.lows = lows
        self.highs = highs
        self.children = children

    def add(self, low: int, high: int, item: Any) -> _Node | None:
        """Put an interval in; the right half of this node as one of its own, where it has become too wide."""
        place = bisect_right(self.lows, low)
        if self.is_leaf:
            self._insert(place, low, high, item)
        else:
            place = max(place - 1, 0)
            child = self.children[place]
            right = child.add(low, high, item)
            self.lows[place], self.highs[place] = child.lows[0], max(child.highs)
            if right is not None:
                self._insert(place + 1, right.lows[0], max(right.highs), right)
        if len(self.lows) <= _WIDEST:
            return None
        half = _WIDEST // 2
        right = _Node(self.is_leaf, self.lows[half:], self.highs[half:], self.children[half:])
        del self.lows[half:], self.highs[half:], self.children[half:]
        return right

    def _insert(self, place: int, low: int, high: int, child: Any) -> None:
        self.lows.insert(place, low)
        self.highs.insert(place, high)
        self.children.insert(place, child)

    def take(self, low: int, high: int, taken: list[Any]) -> None:
        """Move what overlaps to `taken`; children without anything left are dropped."""
        place = bisect_left(self.lows, high)
        while place:
            place -= 1
            if self.highs[place] <= low:
                continue
            child = self.children[place]
            if self.is_leaf:
                taken.append(child)
            else:
                child.take(low, high, taken)
                if child.lows:
                    self.lows[place], self.highs[place] = child.lows[0], max(child.highs)
                    continue
            del self.lows[place], self.highs[place], self.children[place]


def _empty_leaf() -> _Node:
    return _Node(True, [], [], [])


class Intervals:
    """Intervals `[low, high)`, none of them empty, each with the item it stands for."""

    __slots__ = ("root",)

    def __init__(self) -> None:
        self.root = _empty_leaf()

    def add(self, low: int, high: int, item: Any) -> None:
        """Put an interval in."""
        right = self.root.add(low, high, item)
        if right is not None:
            left = self.root
            self.root = _Node(False, [left.lows[0], right.lows[0]], [max(left.highs), max(right.highs)], [left, right])

    def take(self, low: int, high: int) -> list[Any]:
        """The items whose intervals overlap `[low, high)`, which is not empty; they are taken out."""
        taken: list[Any] = []
        self.root.take(low, high, taken)
        if not self.root.lows:
            self.root = _empty_leaf()
        return taken
