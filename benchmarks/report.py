"""The results as Markdown and as a picture.

In: the content of a file of results. Out: lines of Markdown; a PNG. Nothing is measured here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.environment import description
from benchmarks.suites import NAMES, suite

THREADS = {"one": "one thread", "default": "threads as each library sets them"}


def found_of(content: dict[str, Any], name: str, threads: str) -> dict[str, Any]:
    """What a suite found; nothing if it did not run."""
    found: dict[str, Any] = content["results"].get(threads, {}).get(name, {})
    return found


def markdown(content: dict[str, Any], title: str, picture: str) -> str:
    """The page: what it was measured on, where wengert is behind, the picture, and the tables of each suite."""
    plan = content["plan"]
    lines = [
        f"# {title}",
        "",
        "Measured beside its peers by one command, and written by it. `benchmarks/README.md` explains the method.",
        "",
        *description(content["about"]),
        f"- size {plan['size']}, {plan['repeats']} repeats, seed {plan['seed']}, "
        f"at most {plan['limit']:.0f} s to get ready and for a repeat",
        "",
        "## In short",
        "",
        *by_suite(content, "summary"),
        "",
        "## Where wengert is behind",
        "",
        *(by_suite(content, "behind") or ["Nowhere in this run."]),
        "",
        f"![Times beside peers]({picture})",
    ]
    for name in NAMES:
        module = suite(name)
        for threads, words in THREADS.items():
            found = found_of(content, name, threads)
            if found:
                lines += ["", f"## {module.TITLE}, {words}", "", *module.tables(found)]
    return "\n".join(lines) + "\n"


def by_suite(content: dict[str, Any], function: str) -> list[str]:
    """What a function of each suite says of what was found, by suite and threads."""
    lines = []
    for name in NAMES:
        for threads, words in THREADS.items():
            found = found_of(content, name, threads)
            said = getattr(suite(name), function)(found) if found else []
            if said:
                lines += [f"{suite(name).TITLE}, {words}:", "", *(f"- {one}" for one in said), ""]
    return lines[:-1]


def chart(content: dict[str, Any], path: Path) -> None:
    """One panel for each suite, with the first threads that ran."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    panels = []
    for name in NAMES:
        threads = next((one for one in THREADS if found_of(content, name, one)), None)
        if threads:
            panels.append((suite(name), found_of(content, name, threads), THREADS[threads]))
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure, grid = pyplot.subplots(
        rows, columns, figsize=(8 * columns, 6.5 * rows), squeeze=False, layout="constrained"
    )
    for axes in grid.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (module, found, words) in zip(grid.flat, panels, strict=False):
        module.draw(axes, found)
        axes.set_title(f"{module.TITLE} ({words})")
    figure.suptitle(f"{content['about']['cpu']}, {content['about']['date'][:10]}")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
