"""The directive `coverage-table`: every function of the rule table, with its class and its reason, as Markdown tables.

What goes in: the table when the documentation is built. What comes out: one table for each module of functions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import wengert  # noqa: F401  (fills the table)
from wengert.ops.table import COMPOSITES, CONSTANT, TABLE, UNSUPPORTED, operation_name

_HIDDEN = "wengert."  # our own primitives, which users never call


class Row(NamedTuple):
    """One function: its public name, its class, and what to know about it."""

    name: str
    kind: str
    note: str


def _rows() -> Iterator[Row]:
    for found in TABLE.values():
        arguments = ", ".join(f"`{name}`" for name in found.rules)
        if arguments:
            yield Row(found.name, "rule", f"with respect to {arguments}")
        else:
            yield Row(found.name, "constant", "its result carries no derivative")
    for function in COMPOSITES:
        yield Row(operation_name(function), "rule", "by its definition in other functions")
    for function, reason in CONSTANT.items():
        yield Row(operation_name(function), "constant", reason)
    for function, reason in UNSUPPORTED.items():
        yield Row(operation_name(function), "unsupported", reason)


def coverage_text() -> str:
    """The tables as Markdown, one for each module, in the order of names."""
    modules: dict[str, list[Row]] = defaultdict(list)
    for row in _rows():
        if not row.name.startswith(_HIDDEN):
            modules[row.name.rpartition(".")[0]].append(row)
    lines: list[str] = []
    for module in sorted(modules):
        lines += ["", f"**{module}**", "", "| function | class | |", "|---|---|---|"]
        lines += [f"| `{row.name}` | {row.kind} | {row.note} |" for row in sorted(modules[module])]
    return "\n".join(lines)


class CoverageTable(SphinxDirective):
    """Puts the tables where the directive stands."""

    def run(self) -> list[nodes.Node]:
        """The nodes of the tables."""
        return self.parse_text_to_nodes(coverage_text())


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("coverage-table", CoverageTable)
    return {"parallel_read_safe": True}
