"""The table of a trace as HTML for notebooks: one table with a style of its own, no scripts, colours of the page."""

from __future__ import annotations

from html import escape

from wengert.inspect.table import Row, Table

__all__ = ["table_html"]

_STYLE = """<style>
.wengert-trace { color: inherit; background: transparent; }
.wengert-trace table { border-collapse: collapse; font-size: 90%; }
.wengert-trace th, .wengert-trace td {
  padding: 0.15em 0.8em; text-align: left; vertical-align: top; border-bottom: 1px solid rgba(128, 128, 128, 0.35);
}
.wengert-trace td.number { text-align: right; font-variant-numeric: tabular-nums; }
.wengert-trace code { color: inherit; background: transparent; white-space: pre; }
.wengert-trace .place, .wengert-trace .omitted { opacity: 0.65; }
</style>"""


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>" if text else ""


def _row_html(row: Row, has_adjoints: bool) -> str:
    cells = [
        f'<td class="number">{escape(row.step)}</td>',
        f"<td>{_code(row.expression)}</td>",
        f"<td>{_code(row.value)}</td>",
        *([f"<td>{_code(row.adjoint)}</td>"] if has_adjoints else []),
        f"<td>{_code(row.saved)}</td>",
        f'<td class="number">{escape(row.bytes)}</td>',
        f'<td class="place">{escape(row.place)}</td>',
        f"<td>{_code(row.source)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def table_html(table: Table, title: str, result: str) -> str:
    """The table as one HTML element."""
    names = ["step", "expression", "value", *(["adjoint"] if table.has_adjoints else []), "saved", "bytes", "line"]
    header = "".join(f'<th scope="col">{name}</th>' for name in [*names, "source"])
    rows = [_row_html(row, table.has_adjoints) for row in table.first]
    if table.omitted:
        columns = len(names) + 1
        rows.append(f'<tr><td class="omitted" colspan="{columns}">{table.omitted} steps left out</td></tr>')
    rows += [_row_html(row, table.has_adjoints) for row in table.last]
    rows.append(_row_html(Row("", f"return {result}", "", "", "", "", "", ""), table.has_adjoints))
    return "\n".join(
        [
            '<div class="wengert-trace">',
            _STYLE,
            "<table>",
            f"<caption>{escape(title)}; saved: {table.saved_bytes} bytes</caption>",
            f"<thead><tr>{header}</tr></thead>",
            "<tbody>",
            *rows,
            "</tbody>",
            "</table>",
            "</div>",
        ]
    )
