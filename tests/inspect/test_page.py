"""The page of a trace without a browser: its data, where NaN enters, that it is one document, and escaped.

`tests/browser` steps through it.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from wengert.inspect import Trace, trace
from wengert.inspect.summaries import Summary, summary_of


class Page(HTMLParser):
    """The elements of a page in their order, their attributes, and the texts of style and script elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.raw: list[str] = []
        self.title = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.raw.append(data)
        if self.open and self.open[-1] == "title":
            self.title += data


def page_of(traced: Trace, tmp_path) -> str:
    path = tmp_path / "tape.html"
    traced.show(path)
    return path.read_text(encoding="utf-8")


def data_of(traced: Trace, tmp_path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*)</script>', page_of(traced, tmp_path))
    return json.loads(found[1])


def decay(u, rate):
    for i in range(1, 3):
        u[i] = u[i - 1] * rate
    return u[2]


def test_the_data(tmp_path):
    """Each step has its operands, values as they were then, its line, its iteration; the sweep has its adjoints."""
    data = data_of(trace(decay)(np.array([3.0, 0.0, 0.0]), 0.5), tmp_path)
    first = decay.__code__.co_firstlineno
    steps = data["steps"]
    assert data["title"] == "trace of decay"
    assert data["result"] == "v7"
    assert steps["number"] == [0, 0, 1, 2, 3, 4, 5, 6, 7]
    assert steps["expression"] == [
        *("u", "rate", "v1 = u[0]", "v2 = v1 * rate", "u[1] = v2"),
        *("v4 = u[1]", "v5 = v4 * rate", "u[2] = v5", "v7 = u[2]"),
    ]
    assert [data["operations"][i] for i in steps["operation"]] == [
        *("argument", "argument", "read", "np.multiply", "write", "read", "np.multiply", "write", "read"),
    ]
    assert steps["operands"] == [[], [], [0], [2, 1], [3, 0], [4], [5, 1], [6, 4], [7]]
    assert steps["value"][:4] == ["[3.0, 0.0, 0.0]", "0.5", "3.0", "1.5"]
    assert steps["value"][4:] == ["[3.0, 1.5, 0.0]", "1.5", "0.75", "[3.0, 1.5, 0.75]", "0.75"]
    assert data["writes"] == [[4, "u", 0], [7, "u", 0]]
    assert [data["types"][i] for i in steps["type"]][:3] == [["float64", "[3]"], ["float", ""], ["float64", ""]]
    lines = [-1 if place < 0 else data["places"][place][1] - first for place in steps["place"]]
    assert lines == [-1, -1, 2, 2, 2, 2, 2, 2, 3]
    assert [data["iterations"][i] for i in steps["iteration"]] == [
        *("", "", "i = 1", "i = 1", "i = 1", "i = 2", "i = 2", "i = 2", ""),
    ]
    sweep = data["backward"]
    assert sweep["place"] == [-1, 8, 7, 6, 5, 4, 3, 2]
    assert sweep["count"] == [1, 1, 2, 2, 1, 2, 2, 1]
    slots = [slot for one in steps["slots"] for slot in one]
    assert slots == sorted(slots)
    assert sweep["value"] == [
        *("1.0", "[0.0, 0.0, 1.0]", "[0.0, 0.0, 0.0]", "1.0", "0.5", "1.5", "[0.0, 0.5, 0.0]"),
        *("[0.0, 0.0, 0.0]", "0.5", "0.25", "3.0", "[0.25, 0.0, 0.0]"),
    ]
    assert data["enters"] == []
    assert sweep["enters"] == []


def test_the_source(tmp_path):
    """The page has the lines around those that were recorded, and no path."""
    data = data_of(trace(decay)(np.ones(3), 0.5), tmp_path)
    (source,) = data["files"]
    assert source["name"] == "test_page.py"
    start, lines = source["pieces"][0]
    assert lines[decay.__code__.co_firstlineno - start] == "def decay(u, rate):"


def expressions_where_it_enters(traced: Trace, tmp_path) -> list[str]:
    """What is computed where NaN or infinity enters, forward and then, behind an arrow, in reverse."""
    data = data_of(traced, tmp_path)
    expressions = data["steps"]["expression"]
    places = data["backward"]["place"]
    return [expressions[i] for i in data["enters"]] + [
        f"<- {expressions[places[i]]}" for i in data["backward"]["enters"]
    ]


ENTERING = [
    (lambda x: np.sum(np.log(x - 1.0) * 2.0), np.ones(2), ["v2 = np.log(v1)", "<- v2 = np.log(v1)"]),
    (lambda x: np.sum(np.sqrt(x) + 1.0), np.array([4.0, 0.0]), ["<- v1 = np.sqrt(x)"]),
    (lambda x: np.sum(x * x), np.array([np.nan, 1.0]), ["x"]),
    (lambda x: np.sum(x * np.nan + 1.0), np.ones(2), ["v1 = x * nan"]),
    (lambda x: np.sum(x) * 2.0, np.ones(20), []),
    (lambda x: np.sum(np.log(x)), np.array([np.inf, 0.0]), ["x", "v1 = np.log(x)", "<- v1 = np.log(x)"]),
    (lambda x: np.exp(x) - np.exp(x + 1.0), 1000.0, ["v1 = np.exp(x)", "v3 = np.exp(v2)"]),
]


@pytest.mark.filterwarnings("ignore:.*encountered.*:RuntimeWarning")
@pytest.mark.parametrize(("function", "x", "expected"), ENTERING)
def test_where_nan_or_infinity_enters(function, x, expected, tmp_path):
    """Where recorded operands are finite and the result is not: an argument, a step, or a step in reverse."""
    assert expressions_where_it_enters(trace(function)(x), tmp_path) == expected


def writing(x):
    buffer = np.full(3, np.inf)
    buffer[0] = x
    buffer[1] = np.nan
    buffer[2] = np.sqrt(x - 2.0)
    return np.sum(buffer)


@pytest.mark.filterwarnings("ignore:.*encountered.*:RuntimeWarning")
def test_writes_of_finite_values_into_memory_that_is_not_yet_filled(tmp_path):
    """No NaN enters there; it does where a constant that is NaN is written, and where it is computed."""
    entered = expressions_where_it_enters(trace(writing)(1.0), tmp_path)
    assert entered == ["v1[1] = nan", "v5 = np.sqrt(v4)"]


def test_a_result_that_is_not_one_number(tmp_path):
    """Without a cotangent the page has the forward sweep; after `reverse` both."""
    traced = trace(lambda x: x * 2.0)(np.ones(2))
    assert data_of(traced, tmp_path)["backward"] is None
    traced.reverse(np.array([1.0, 3.0]))
    assert data_of(traced, tmp_path)["backward"]["value"] == ["[1.0, 3.0]", "[2.0, 6.0]"]


def test_a_cotangent_that_is_changed_after_the_reverse_sweep(tmp_path):
    """The page is that of the sweep, not of what the caller's array holds now."""
    traced = trace(lambda x: x * 2.0)(np.ones(2))
    ct = np.array([1.0, 3.0])
    traced.reverse(ct)
    ct[:] = np.nan
    assert data_of(traced, tmp_path)["backward"]["value"] == ["[1.0, 3.0]", "[2.0, 6.0]"]


def test_source_that_is_not_known(tmp_path):
    """A function made by `exec` has no lines to show."""
    names: dict[str, Any] = {}
    exec("def f(x):\n    return x * x\n", names)
    data = data_of(trace(names["f"])(3.0), tmp_path)
    assert data["files"] == [{"name": "<string>", "pieces": []}]


def test_one_document_that_needs_nothing_else(tmp_path):
    """No addresses, no files: a browser that obeys the page's policy cannot load anything."""
    text = page_of(trace(decay)(np.ones(3), 0.5), tmp_path)
    page = Page(text)
    assert page.open == []
    assert page.title == "trace of decay"
    assert page.ids == [
        *("about", "first", "back", "forward", "last", "turn", "origin", "position", "now", "entry", "graph", "source"),
        *("steps", "find", "query", "kind", "found", "rows", "keys", "data"),
    ]
    assert {"link", "img", "iframe", "object", "base"}.isdisjoint(page.elements)
    assert {"src", "href", "srcset", "action", "style"}.isdisjoint(name for name, _ in page.attributes)
    assert "default-src 'none'" in dict(page.attributes)["content"] or "default-src 'none'" in text
    assert not re.search(r"https?:|@import|url\((?!#)|import\(|fetch\(|XMLHttpRequest", text)


HOSTILE = '</script><script>alert(1)</script><b>&amp;<!--"\u2028\ud800'


def hostile(params):
    """A function whose source has markup: </script><b>bold</b>."""
    return params[HOSTILE] * 2.0  # </script><b>bold</b>


def test_text_of_the_program_is_no_markup(tmp_path):
    """Names and source lines that look like markup are in the data as they are, and nowhere else."""
    hostile.__name__ = HOSTILE
    traced = trace(hostile)({HOSTILE: 1.0})
    text = page_of(traced, tmp_path)
    page = Page(text)
    assert page.open == []
    assert page.elements.count("script") == 2
    assert "b" not in page.elements
    style, data, script = page.raw
    assert "<" not in data
    assert style.count("bold") == script.count("bold") == 0
    found = json.loads(data)
    assert found["title"] == f"trace of {HOSTILE}"
    assert HOSTILE.encode("unicode_escape").decode()[:20] in found["steps"]["expression"][0]
    assert any("</script><b>bold</b>" in line for line in found["files"][0]["pieces"][0][1])


def test_in_a_notebook(tmp_path):
    """A trace shows itself as its page; a long one as text."""
    traced = trace(decay)(np.ones(3), 0.5)
    frame = Page(traced._repr_html_())
    assert frame.elements == ["iframe"]
    assert dict(frame.attributes)["srcdoc"] == page_of(traced, tmp_path)

    def long_loop(x):
        for _ in range(5000):
            x = x + 1.0
        return x

    long_loop.__name__ = "<b>"
    assert trace(long_loop)(0.0)._repr_html_().startswith("<pre>trace of &lt;b&gt;\n")


def test_the_files_of_the_page_are_short():
    """As the rest of the source."""
    view = files("wengert.inspect") / "view"
    names = sorted(one.name for one in view.iterdir())
    assert names == ["graph.js", "page.css", "page.html", "page.js", "source.js", "table.js", "tape.js"]
    assert all(len((view / name).read_text(encoding="utf-8").splitlines()) <= 400 for name in names)


SUMMARIES = [
    (2.0, Summary("2.0", "float", "", 0, 0)),
    (np.float32(np.nan), Summary("nan", "float32", "", 1, 0)),
    (-np.inf, Summary("-inf", "float", "", 0, 1)),
    (3, Summary("3", "int", "", 0, 0)),
    (complex(np.inf, np.nan), Summary("(inf+nanj)", "complex", "", 1, 0)),
    (np.array([[1.0, np.inf]]), Summary("[[1.0, inf]]", "float64", "[1, 2]", 0, 1)),
    (np.array([True, False]), Summary("[True, False]", "bool", "[2]", 0, 0)),
    (np.zeros((0, 3)), Summary("empty", "float64", "[0, 3]", 0, 0)),
    (np.arange(20), Summary("min 0, max 19, mean 9.5", "int64", "[20]", 0, 0)),
    (
        np.array([np.nan, np.nan, np.inf, *range(17)]),
        Summary("min 0.0, max 16.0, mean 8.0, 2 NaN, 1 infinite", "float64", "[20]", 2, 1),
    ),
    (np.full(20, np.nan), Summary("20 NaN", "float64", "[20]", 20, 0)),
    (np.full(20, 3.0 + 4.0j), Summary("modulus min 5.0, max 5.0, mean 5.0", "complex128", "[20]", 0, 0)),
    (np.full(20, 1e308), Summary("min 1e+308, max 1e+308, mean inf", "float64", "[20]", 0, 0)),
]


@pytest.mark.parametrize(("value", "expected"), SUMMARIES)
def test_summaries(value, expected):
    """Short arrays are whole; of long ones the range and the mean of what is finite, and how much is not."""
    assert summary_of(value) == expected
