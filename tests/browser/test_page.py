"""The page of a trace in a browser: steps, sweeps, search, NaN, narrow windows, colours, large tapes, hostile text."""

from __future__ import annotations

import numpy as np
import pytest

from wengert.inspect import trace


def decay(u, rate):
    for i in range(1, 3):
        u[i] = u[i - 1] * rate
    return np.sum(u)


def traced_decay():
    """Items: u, rate, then 1 v1 = u[0], 2 v2 = v1 * rate, 3 u[1] = v2, 4 ..., 5 ..., 6 u[2] = v5, 7 np.sum(u)."""
    return trace(decay)(np.array([3.0, 0.0, 0.0]), 0.5)


def roots(x):
    y = x - 1.0
    return np.sum(np.sqrt(y) * np.log(x + 2.0))


def traced_roots():
    """The derivative at x = 1 is infinite: infinity enters in the reverse sweep, at the square root."""
    return trace(roots)(np.array([1.0, 5.0]))


def now(page) -> str:
    return page.inner_text("#now")


def present(page) -> list[str]:
    """The cells of the present row, as far as they are shown."""
    return [cell.inner_text().strip() for cell in page.query_selector_all("#rows tr[aria-current] td")]


def entry(page) -> dict[str, str]:
    """What the panel of the present step says, by name."""
    names = [one.inner_text() for one in page.query_selector_all("#entry dt")]
    return dict(zip(names, [one.inner_text() for one in page.query_selector_all("#entry dd")], strict=True))


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_keys_step_forward_and_back(reader):
    """Arrows, Page Up and Down, Home and End go through the forward and then the reverse sweep."""
    page = reader.open(traced_decay())
    assert now(page) == "Forward, argument: u, value [3.0, 0.0, 0.0]"
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    assert now(page).startswith("Forward, step 2: v2 = v1 * rate, value 1.5, test_page.py:")
    assert now(page).endswith(", i = 1")
    press(page, "ArrowLeft")
    assert now(page).startswith("Forward, step 1: v1 = u[0], value 3.0")
    press(page, "PageDown")
    assert now(page).startswith("Reverse, step 5: v5 = v4 * rate, adds to v4: 0.5, rate: 1.5")
    press(page, "PageUp", "PageUp")
    assert now(page).startswith("Forward, argument: u")
    press(page, "ArrowLeft")
    assert now(page).startswith("Forward, argument: u")
    press(page, "End")
    assert now(page).startswith("Reverse, step 1: v1 = u[0], adds to u: [1.75, 0.0, 0.0]")
    press(page, "ArrowRight", "Home")
    assert now(page).startswith("Forward, argument: u")


def test_buttons_and_the_slider(reader):
    """They do what the keys do; those that lead nowhere are disabled."""
    page = reader.open(traced_decay())
    assert page.is_disabled("#first")
    assert page.is_disabled("#back")
    assert page.is_disabled("#origin")
    page.click("#forward")
    page.click("#forward")
    assert now(page).startswith("Forward, step 1")
    page.click("#back")
    assert now(page).startswith("Forward, argument: rate, value 0.5")
    page.click("#last")
    assert page.is_disabled("#forward")
    assert page.is_disabled("#last")
    page.click("#turn")
    assert now(page).startswith("Forward, step 1")
    page.click("#turn")
    assert now(page).startswith("Reverse, step 1")
    page.focus("#position")
    press(page, "Home")
    assert now(page).startswith("Forward, argument: u")
    page.fill("#position", "9")
    assert now(page).startswith("Reverse: the result v7 gets its adjoint, v7: 1.0")
    page.click("#first")
    assert page.input_value("#position") == "0"


def test_values_and_adjoints_are_those_so_far(reader):
    """Forward, later steps have no value; in reverse, each content of a storage has the adjoint added up so far."""
    page = reader.open(traced_decay())
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    cells = "#rows tr[data-item='{}'] td.{}"
    assert page.inner_text(cells.format(3, "value")) == "1.5"
    assert page.inner_text(cells.format(4, "value")) == ""
    page.fill("#position", "10")  # the sum was visited
    assert page.inner_text(cells.format(7, "adjoint")) == "[1.0, 1.0, 1.0]"
    assert page.inner_text(cells.format(4, "adjoint")) == "0.0"
    page.fill("#position", "11")  # so was u[2] = v5
    assert page.inner_text(cells.format(7, "adjoint")) == "[1.0, 1.0, 1.0]"
    assert page.inner_text(cells.format(4, "adjoint")) == "[1.0, 1.0, 0.0]"
    assert page.inner_text(cells.format(0, "adjoint")) == "0.0"
    press(page, "End")
    assert page.inner_text(cells.format(0, "adjoint")) == "[1.75, 0.0, 0.0]"
    assert page.inner_text(cells.format(1, "adjoint")) == "6.0"
    assert page.inner_text(cells.format(4, "adjoint")) == "[1.0, 1.5, 0.0]"


def test_the_panel_of_a_step(reader):
    """It has all that is known of a step; its operands lead to theirs."""
    page = reader.open(traced_decay())
    press(page, *["ArrowRight"] * 4)
    found = entry(page)
    assert found["u after it"] == "[3.0, 1.5, 0.0]"
    assert found["dtype"] == "float64"
    assert found["shape"] == "[3]"
    assert found["operation"] == "write"
    assert found["operands"] == "v2 = 1.5"
    assert found["iteration"] == "i = 1"
    assert found["line"].endswith(", in decay")
    page.click("#entry button:has-text('v2')")
    assert now(page).startswith("Forward, step 2")
    assert entry(page)["saved"] == "rate, v1, which adds 16 bytes"
    press(page, "b")
    assert entry(page)["adjoint"] == "1.5"
    assert entry(page)["adds to"] == "v1, now 0.75"


def test_an_update_in_place_adds_to_what_it_reads(reader):
    """The storage keeps its adjoint, and what was added to it gets that of its part."""

    def f(x, y):
        x[1:] += y * y
        return np.sum(x * x)

    page = reader.open(trace(f)(np.array([1.0, 2.0]), 3.0))
    page.click("#rows tr:has-text('+=')")
    press(page, "b")
    assert entry(page)["adjoint"] == "[2.0, 22.0]"
    assert "now 22.0" in entry(page)["adds to"]
    press(page, "End")
    assert page.inner_text("#rows tr[data-item='0'] td.adjoint") == "[2.0, 22.0]"
    assert page.inner_text("#rows tr[data-item='1'] td.adjoint") == "132.0"


def test_rows_nodes_and_lines_lead_to_their_steps(reader):
    """In the sweep that is shown, where the step is visited there."""
    page = reader.open(traced_decay())
    page.click("#rows tr[data-item='6']")
    assert now(page).startswith("Forward, step 5")
    page.click("#graph .node[data-item='5']")
    assert now(page).startswith("Forward, step 4")
    page.focus("#graph .node[data-item='4']")
    press(page, "Enter")
    assert now(page).startswith("Forward, step 3")
    page.click("#source tr.used >> nth=0")
    assert now(page).startswith("Forward, step 4")
    page.click("#source tr.used button >> nth=1")
    assert now(page).startswith("Forward, step 7")
    press(page, "b")
    page.click("#rows tr[data-item='3']")
    assert now(page).startswith("Reverse, step 2")


def test_the_panels_show_the_same_step(reader):
    """One present row, one present node, one present line, whose count is that of its steps."""
    page = reader.open(traced_decay())
    press(page, *["ArrowRight"] * 7)
    assert present(page)[:2] == ["6", "u[2] = v5"]
    assert page.get_attribute("#graph .node.present", "data-item") == "7"
    assert page.inner_text("#source tr.present td.code").strip() == "u[i] = u[i - 1] * rate"
    assert page.inner_text("#source tr.present td.hits") == "6\N{MULTIPLICATION SIGN}"
    assert [
        len(page.query_selector_all(one)) for one in ("#rows tr.present", ".node.present", "#source tr.present")
    ] == [1] * 3
    assert len(page.query_selector_all("#graph .node")) == 9
    assert len(page.query_selector_all("#graph .edge")) == 11


def test_search(reader):
    """By operation, name and line; the table lists what is found, Enter goes to the next, Escape ends it."""
    page = reader.open(traced_decay())
    press(page, "/")
    page.keyboard.type("multiply")
    assert page.inner_text("#found") == "2 of 9 found"
    assert len(page.query_selector_all("#rows tr[data-item]")) == 2
    press(page, "Enter")
    assert now(page).startswith("Forward, step 2")
    press(page, "Enter")
    assert now(page).startswith("Forward, step 5")
    press(page, "Enter")
    assert now(page).startswith("Forward, step 2")
    press(page, "Shift+Enter")
    assert now(page).startswith("Forward, step 5")
    line = decay.__code__.co_firstlineno + 2
    for query, count in {
        f":{line}": 6,
        f"test_page.py:{line}": 6,
        f"other.py:{line}": 0,
        "V4": 2,
        "np.sum(": 1,
        "i = 2": 3,
    }.items():
        page.fill("#query", query)
        assert page.inner_text("#found") == f"{count} of 9 found", query
    page.fill("#query", "n")
    press(page, "Escape")
    assert page.inner_text("#found") == ""
    assert len(page.query_selector_all("#rows tr[data-item]")) == 9
    press(page, "ArrowRight")
    assert now(page).startswith("Forward, step 6")


def test_search_by_kind_of_value(reader):
    """Values and adjoints that are NaN or infinite are found, in either sweep."""
    page = reader.open(traced_roots())
    page.select_option("#kind", "1")
    assert page.inner_text("#found") == "2 of 7 found"
    page.select_option("#kind", "2")
    assert page.inner_text("#found") == "0 of 7 found"


def test_where_infinity_entered(reader):
    """The button, or w, goes to the step, and says why; n and N go from one value that is not finite to the next."""
    page = reader.open(traced_roots())
    page.click("#origin")
    assert now(page).startswith("Reverse, step 2: v2 = np.sqrt(v1), adds to v1: [inf, ")
    assert "enters the reverse sweep here" in page.inner_text("#entry .enters")
    assert page.query_selector("#graph .node.not-finite") is not None
    press(page, "n")
    assert now(page).startswith("Reverse, step 1: v1 = x - 1.0")
    assert page.query_selector("#entry .enters") is None
    press(page, "N", "N")
    assert now(page).startswith("Reverse, step 2")
    press(page, "Home", "w")
    assert now(page).startswith("Reverse, step 2")


@pytest.mark.filterwarnings("ignore:.*encountered.*:RuntimeWarning")
def test_several_places_where_nan_entered(reader):
    """Each press shows the next; after the last comes the first."""

    def f(x):
        return np.sqrt(x - 2.0) + np.sqrt(x - 3.0)

    page = reader.open(trace(f)(1.0))
    for step in (2, 4, 2):
        page.click("#origin")
        assert now(page).startswith(f"Forward, step {step}: v{step} = np.sqrt(v{step - 1}), value nan")


def test_the_forward_sweep_alone(reader):
    """Where the result is not one number and no cotangent was given, the page says so and has no adjoints."""
    page = reader.open(trace(lambda x: np.sin(x) * 2.0)(np.ones(2)))
    assert "call reverse with its cotangent" in page.inner_text("#about")
    press(page, "End")
    assert now(page).startswith("Forward, step 2")
    assert page.is_disabled("#turn")
    assert page.query_selector("#rows th.adjoint") is None


def test_a_function_without_steps(reader):
    """The page shows the argument, and says that nothing was recorded."""
    page = reader.open(trace(lambda x: x)(1.0))
    assert page.inner_text("#about") == "0 steps, 0 bytes saved; returns x."
    assert page.inner_text("#source") == "No operation was recorded."
    press(page, "End")
    assert now(page) == "Reverse: the result x gets its adjoint, x: 1.0"
    press(page, "b", "n", "w", "Home")
    assert now(page) == "Forward, argument: x, value 1.0"


def test_a_function_without_source(reader):
    """The page says so, and has everything else."""
    names = {}
    exec("def f(x):\n    return x * x\n", names)
    page = reader.open(trace(names["f"])(3.0))
    assert page.inner_text("#source") == "<string>: its source is not known"
    press(page, "ArrowRight")
    assert now(page) == "Forward, step 1: v1 = x * x, value 9.0, <string>:2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 700, 1280])
def test_every_width_and_both_colour_schemes(reader, width, scheme):
    """The page is never wider than the window, and text has a contrast of at least 4.5 to its ground."""
    page = reader.open(traced_roots(), width=width, height=740, scheme=scheme)
    press(page, "w", "?")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    poor = page.evaluate(
        """() => {
            const light = (color) => {
                const parts = color.match(/[\\d.]+/g).map(Number);
                const [r, g, b] = parts.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return { value: 0.2126 * r + 0.7152 * g + 0.0722 * b, clear: parts[3] === 0 };
            };
            const ground = (element) => {
                const found = light(getComputedStyle(element).backgroundColor);
                return found.clear && element.parentElement ? ground(element.parentElement) : found.value;
            };
            const found = [];
            for (const element of document.querySelectorAll("body *")) {
                const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
                if (!own || element.closest("script, svg") || element.disabled || !element.checkVisibility()) continue;
                const [one, other] = [light(getComputedStyle(element).color).value, ground(element)];
                const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
                if (contrast < 4.5) found.push(`${element.tagName} ${element.textContent.slice(0, 30)}: ${contrast}`);
            }
            return found;
        }"""
    )
    assert poor == []


def test_names_and_announcements(reader):
    """Every control has a name for those who do not see it; the present step is announced; the keys are listed."""
    page = reader.open(traced_decay())
    for control in page.query_selector_all("button, input, select, [role=button]"):
        assert (control.get_attribute("aria-label") or control.inner_text()).strip()
    assert page.get_attribute("#now", "aria-live") == "polite"
    assert page.get_attribute("html", "lang") == "en"
    assert not page.is_visible("#keys dl")
    press(page, "?")
    assert page.is_visible("#keys dl")
    press(page, "Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def long_loop(x):
    for i in range(25_000):
        x = x * 0.99 + np.sin(x) * 0.01
    return np.sqrt(x - x)


def test_a_hundred_thousand_steps(reader):
    """A few rows are in the document at any time; steps, jumps, search and scrolling answer."""
    page = reader.open(trace(long_loop)(1.0))
    assert "100,002 steps" in page.inner_text("#about")
    press(page, "End", "b", "ArrowRight")
    assert now(page).startswith("Forward, step 2: v2 = np.sin(x)")
    press(page, "w")
    assert now(page).startswith("Reverse, step 100,002: v100002 = np.sqrt(v100001)")
    assert present(page)[1] == "v100002 = np.sqrt(v100001)"
    page.fill("#query", "v77777")
    assert page.inner_text("#found") == "2 of 100,003 found"
    press(page, "Enter")
    assert ", step 77,777: " in now(page)
    press(page, "Escape")
    assert present(page)[1].startswith("v77777 = ")
    assert len(page.query_selector_all("#rows tr")) < 60
    page.evaluate("document.getElementById('rows').scrollTop = 50000 * 28")
    page.wait_for_selector("#rows tr[data-item='50002']")
    assert len(page.query_selector_all("#graph .node")) < 15
    page.fill("#query", "sin")
    assert page.inner_text("#found") == "100,000 of 100,003 found"  # the source line has it


HOSTILE = '</script><script>alert(1)</script><b>bold</b><img src=x onerror=alert(2)>"'


def hostile(params):
    """A function whose source has markup."""
    return params[HOSTILE] * 2.0  # </script><b>bold</b>


def test_text_of_the_program_is_shown_as_text(reader):
    """Names, the title and source lines with markup in them are shown as they are, and nothing of them runs."""
    hostile.__name__ = HOSTILE
    page = reader.open(trace(hostile)({HOSTILE: 1.0}))
    page.on("dialog", lambda dialog: reader.problems.append(dialog.message))
    press(page, "ArrowRight")
    assert HOSTILE in page.inner_text("h1")
    assert "</script><b>bold</b>" in page.inner_text("#source tr.present")
    assert "<b>bold</b>" in present(page)[1]
    assert page.query_selector("b, img") is None
    assert page.title() == f"trace of {HOSTILE}"
