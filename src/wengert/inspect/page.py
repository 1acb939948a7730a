"""A trace as one page for a browser, on which a reader steps forward through the values and back through the adjoints.

What goes in: the steps of a trace, and those of its reverse sweep if there is one. What comes out: one HTML document
that needs nothing else and asks for nothing from the network: the files of `view/`, and the data as JSON, a column of
short arrays for each property. Texts that repeat stand in lists and are named by their numbers.

Text of the program reaches the page as JSON, in which no `<` is left, and is shown as text, never as markup.
"""

from __future__ import annotations

import json
import linecache
import os
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from wengert.inspect.backward import BackwardStep
from wengert.inspect.listener import Step
from wengert.inspect.summaries import Summary

__all__ = ["page_data", "page_html"]

_LONGEST_TEXT = 200
_LINES_AROUND = 12
_SCRIPTS = ("tape.js", "graph.js", "table.js", "source.js", "page.js")


class _Numbered(dict[Any, int]):
    """Numbers things in the order in which they are met."""

    def __missing__(self, key: Any) -> int:
        self[key] = len(self)
        return self[key]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def _kind(summaries: Iterable[Summary]) -> int:
    """0 for finite values; 1 is added for infinity, 2 for NaN."""
    found = 0
    for one in summaries:
        found |= (1 if one.infinities else 0) | (2 if one.nans else 0)
    return found


def _columns(steps: Sequence[Step], added: Sequence[int]) -> dict[str, Any]:
    operations, types, places, iterations = _Numbered(), _Numbered(), _Numbered(), _Numbered()
    filenames = _Numbered()
    columns: dict[str, list[Any]] = {
        name: []
        for name in (
            *("number", "expression", "operation", "operands", "value", "kind", "type", "slots"),
            *("saved", "bytes", "place", "iteration"),
        )
    }
    for step, count in zip(steps, added, strict=True):
        row: tuple[Any, ...] = (
            step.number or 0,
            _cut(step.expression),
            operations[step.operation],
            step.operands,
            "; ".join([one.text for one in step.results]),
            _kind(step.results),
            types["; ".join([one.dtype for one in step.results]), "; ".join([one.shape for one in step.results])],
            step.slots,
            _cut(", ".join(dict.fromkeys(one.text() for one in step.saved))),
            count,
            -1
            if step.location is None
            else places[filenames[step.location.filename], step.location.line, step.location.function],
            iterations[step.iteration],
        )
        for column, cell in zip(columns.values(), row, strict=True):
            column.append(cell)
    return {
        "operations": list(operations),
        "types": list(types),
        "places": list(places),
        "iterations": list(iterations),
        "files": [_source(name, [line for number, line, _ in places if number == i]) for name, i in filenames.items()],
        "steps": columns,
        "writes": [(i, *step.storage) for i, step in enumerate(steps) if step.storage is not None],
    }


def _source(filename: str, used: list[int]) -> dict[str, Any]:
    """The lines of a file around those that are used, as pieces that each begin at a line."""
    lines = linecache.getlines(filename)
    wanted = sorted({near for line in used for near in range(line - _LINES_AROUND, line + _LINES_AROUND + 1)})
    pieces: list[list[Any]] = []
    for line in wanted:
        if not 1 <= line <= len(lines):
            continue
        if not pieces or line != pieces[-1][0] + len(pieces[-1][1]):
            pieces.append([line, []])
        pieces[-1][1].append(_cut(lines[line - 1].rstrip("\n")))
    return {"name": os.path.basename(filename), "pieces": pieces}


def _backward(sweep: Sequence[BackwardStep]) -> dict[str, Any]:
    updates = [(slot, adjoint) for visit in sweep for slot, adjoint in visit.adjoints.items()]
    return {
        "place": [visit.place for visit in sweep],
        "count": [len(visit.adjoints) for visit in sweep],
        "slot": [slot for slot, _ in updates],
        "value": [adjoint.text for _, adjoint in updates],
        "kind": [_kind([adjoint]) for _, adjoint in updates],
        "enters": [i for i, visit in enumerate(sweep) if visit.enters],
    }


def page_data(
    title: str, result: str, steps: Sequence[Step], added: Sequence[int], sweep: Sequence[BackwardStep] | None
) -> dict[str, Any]:
    """What the page shows: `added` are the bytes that each step saves, `sweep` are those of `backward_steps`."""
    return {
        "title": title,
        "result": _cut(result),
        "savedBytes": sum(added),
        **_columns(steps, added),
        "enters": [i for i, step in enumerate(steps) if step.enters],
        "backward": None if sweep is None else _backward(sweep),
    }


def _as_json(data: dict[str, Any]) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def page_html(data: dict[str, Any]) -> str:
    """The document."""
    view = files("wengert.inspect").joinpath("view")
    parts = {
        "title": escape(data["title"]).encode("ascii", "xmlcharrefreplace").decode(),
        "style": view.joinpath("page.css").read_text(encoding="utf-8"),
        "script": "\n".join(view.joinpath(name).read_text(encoding="utf-8") for name in _SCRIPTS),
        "data": _as_json(data),
    }
    page = view.joinpath("page.html").read_text(encoding="utf-8")
    pieces = page.split("@@")  # text and names of parts by turns
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces))
