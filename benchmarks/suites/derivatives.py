"""Tables and pictures of suites whose cases are derivatives: what `kernels` and `models` share."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.figures import Found, Notes, factor_text, geometric_mean, number, ratio, seconds, table, time_cell
from benchmarks.peers import CONTENDERS

DERIVATIVES = tuple(name for name in CONTENDERS if name != "JAX, Python's loop")
OWN = "wengert"
PEERS = ("JAX", "PyTorch", "PyTorch compiled", "autograd")
COLOURS = {"JAX": "tab:blue", "PyTorch": "tab:orange", "PyTorch compiled": "tab:red", "autograd": "tab:green"}


def factor(found: Found, case: str, slow: str, quick: str) -> float | None:
    """How many times longer one contender takes than another in a case."""
    measurements = found[case]
    return ratio(seconds(measurements.get(slow)), seconds(measurements.get(quick)))


def time_tables(found: Found) -> list[str]:
    """Milliseconds of all contenders, then ratios to wengert."""
    notes = Notes()
    present = [name for name in DERIVATIVES if any(name in measurements for measurements in found.values())]
    rows = [
        [case, *(time_cell(case, name, measurements.get(name), notes) for name in present)]
        for case, measurements in found.items()
    ]
    lines = ["Milliseconds, median (quartiles):", "", *table(["", *present], rows), *notes.lines()]
    slower = [f"{peer} / wengert" for peer in PEERS if peer in present]
    others = ["wengert / wengert primal", "wengert recorded / wengert", "NumPy primal / wengert primal"]
    rows = [
        [
            case,
            *(factor_text(factor(found, case, peer, OWN)) for peer in PEERS if peer in present),
            factor_text(factor(found, case, OWN, "wengert primal")),
            factor_text(factor(found, case, "wengert recorded", OWN)),
            factor_text(factor(found, case, "NumPy primal", "wengert primal")),
        ]
        for case in found
    ]
    return [*lines, "", "Ratios (above 1: the first takes longer):", "", *table(["", *slower, *others], rows)]


def mean_table(found: Found, groups: dict[str, str]) -> list[str]:
    """For each group, and for all: geometric means of the ratios, with the number of cases they are over."""
    pairs = [(peer, OWN) for peer in PEERS]
    pairs += [(OWN, "wengert primal"), ("NumPy primal", "wengert primal"), ("Numba primal", "wengert primal")]
    rows = []
    pairs = [pair for pair in pairs if any({*pair} <= set(measurements) for measurements in found.values())]
    for group in (*dict.fromkeys(groups.values()), "all"):
        chosen = [case for case in found if group in {groups[case], "all"}]
        if chosen:
            means = [geometric_mean(factor(found, case, slow, quick) for case in chosen) for slow, quick in pairs]
            rows.append([group, *means])
    headers = ["", *(f"{slow} / {quick}" for slow, quick in pairs)]
    return ["Geometric means of these ratios (number of cases):", "", *table(headers, rows)]


def summary(found: Found) -> list[str]:
    """A line for each peer: how many times longer it takes, and in how many cases."""
    lines = []
    for peer in PEERS:
        known = [value for case in found if (value := factor(found, case, peer, OWN)) is not None]
        if known:
            slower = sum(value > 1.0 for value in known)
            lines.append(
                f"{peer} takes {number(statistics.geometric_mean(known))} times as long as wengert (geometric mean of "
                f"{len(known)} of {len(found)} cases), and longer in {slower} of them"
            )
    return lines


def draw(axes: Any, found: Found, title: str) -> None:
    """A row for each case, a mark for each peer: how many times longer it takes than wengert, on a logarithmic axis."""
    cases = list(found)[::-1]
    for peer, colour in COLOURS.items():
        places = [(factor(found, case, peer, OWN), row) for row, case in enumerate(cases)]
        known = [(value, row) for value, row in places if value is not None]
        if known:
            axes.scatter(*zip(*known, strict=True), color=colour, label=peer, s=28, zorder=3)
    axes.axvline(1.0, color="black", linewidth=1.0)
    axes.set_xscale("log")
    axes.set_yticks(range(len(cases)), cases)
    axes.set_ylim(-0.6, len(cases) - 0.4)
    axes.grid(axis="both", alpha=0.3)
    axes.set_xlabel("time / wengert's time (left of the line: faster than wengert)")
    axes.set_title(title)
    axes.legend(fontsize="small")


def behind(found: Found) -> list[str]:
    """A line for each case in which a peer is faster, or wengert fails."""
    lines = []
    for case, measurements in found.items():
        own = measurements.get(OWN, {"error": ""})
        if own["error"]:
            lines.append(f"`{case}`: wengert did not measure it: {own['error']}")
        for peer in PEERS:
            value = factor(found, case, OWN, peer)
            if value is not None and value > 1.0:
                lines.append(f"`{case}`: {value:.2f} times the time of {peer}")
        value = factor(found, case, "wengert primal", "Numba primal")
        if value is not None and value > 1.0:
            lines.append(f"`{case}`: {value:.2f} times the time of Numba, for the function alone")
    return lines
