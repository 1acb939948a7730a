"""Measures wengert beside its peers, and writes a table (Markdown, JSON) and a chart (PNG): README.md has the method.

python -m benchmarks                               # size S: few cases of each suite, a minute or two
python -m benchmarks --size M                      # all cases
python -m benchmarks --only kernels models/lstm    # suites, or cases of them
python -m benchmarks --peers jax torch             # wengert, NumPy and these peers
python -m benchmarks --size M --page docs/performance.md
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks import report
from benchmarks.environment import environment
from benchmarks.peers import PEERS, is_asked_for, is_installed
from benchmarks.processes import STOPPED, Measurement, Plan, measure_case
from benchmarks.suites import NAMES, suite

REPEATS = {"tiny": 1, "S": 3, "M": 9}
LEFT_OUT = {"tiny": (), "S": ("PyTorch compiled",), "M": ()}  # who compiles for tens of seconds
LIMITS = {"tiny": 120.0, "S": 30.0, "M": 60.0}


def parse() -> argparse.Namespace:
    """The arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=list(REPEATS), default="S", help="tiny only shows that everything runs")
    parser.add_argument("--only", nargs="+", metavar="SUITE[/CASE]", default=list(NAMES), help=f"of {', '.join(NAMES)}")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, help="beside NumPy and wengert")
    parser.add_argument("--threads", choices=("both", *report.THREADS), help="by default one in size S, else both")
    parser.add_argument("--repeats", type=int, help="of each measurement")
    parser.add_argument("--limit", type=float, help="seconds after which a contender is given up")
    parser.add_argument("--seed", type=int, help="of the inputs, to draw those of an earlier run again")
    parser.add_argument(
        "--output", type=Path, default=Path(__file__).parent / "results", help="the folder of the results"
    )
    parser.add_argument("--page", type=Path, help="a page of documentation to write too, with its picture beside it")
    arguments = parser.parse_args()
    unknown = [one for one in arguments.only if one.partition("/")[0] not in NAMES]
    if unknown:
        parser.error(f"no suite of that name: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return arguments


def chosen_cases(module: ModuleType, only: list[str], size: str) -> list[str]:
    """The cases of a suite that are asked for: all of its size, or those that are named."""
    if module.NAME in only:
        return list(module.cases(size))
    named = [one.partition("/")[2] for one in only if one.startswith(f"{module.NAME}/")]
    return [case for case in module.cases("M") if case in named]


def measure(
    module: ModuleType, case: str, peers: tuple[str, ...], plan: Plan, before: dict[str, Any]
) -> dict[str, Any]:
    """One case. Who is not installed, or was stopped when the case was measured before, is a row that says so."""
    asked = [name for name in module.contenders(case) if is_asked_for(name, peers)]
    wanted = [name for name in asked if name not in LEFT_OUT[plan.size]]
    errors = {name: "not installed" for name in wanted if not is_installed(name)}
    errors |= {name: one["error"] for name, one in before.items() if one["error"].startswith(STOPPED)}
    found = measure_case(module, case, [name for name in wanted if name not in errors], plan)
    missing = {name: Measurement(error=error).as_json() for name, error in errors.items()}
    return {name: (found | missing)[name] for name in wanted}


def run(arguments: argparse.Namespace, path: Path) -> dict[str, Any]:
    """Everything that is asked for, as the content of the file of results, which is written after each case."""
    size = arguments.size
    plan = Plan(
        size=size,
        seed=secrets.randbelow(2**31) if arguments.seed is None else arguments.seed,
        repeats=arguments.repeats or REPEATS[size],
        limit=arguments.limit or LIMITS[size],
        one_thread=False,
    )
    chosen = arguments.threads or ("one" if size == "S" else "both")
    threads = list(report.THREADS) if chosen == "both" else [chosen]
    tasks = [
        (one, suite(name), case)
        for one in threads
        for name in NAMES
        for case in chosen_cases(suite(name), arguments.only, size)
        if one == "one" or suite(name).WITH_THREADS or len(threads) == 1
    ]
    content: dict[str, Any] = {"about": environment(), "plan": vars(plan).copy(), "results": {}}
    for one, module, case in progress(tasks):
        before = content["results"].get("one", {}).get(module.NAME, {}).get(case, {})
        found = measure(module, case, tuple(arguments.peers), replace(plan, one_thread=one == "one"), before)
        content["results"].setdefault(one, {}).setdefault(module.NAME, {})[case] = found
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return content


def progress(tasks: list[Any]) -> Any:
    """The tasks, with a bar on a terminal."""
    if not sys.stderr.isatty():
        return tasks
    try:
        from tqdm import tqdm
    except ImportError:
        return tasks
    bar = tqdm(tasks, unit="case")

    def named() -> Any:
        for one, module, case in bar:
            bar.set_postfix_str(f"{module.NAME}/{case}, {report.THREADS[one]}")
            yield one, module, case

    return named()


def main() -> None:
    """Measure, print the tables, and write the files."""
    arguments = parse()
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{arguments.size}.json"
    content = run(arguments, path)
    pages = [(path.with_suffix(".md"), "Measurements")]
    if arguments.page:
        pages.append((arguments.page, "Performance"))
    for page, title in pages:
        picture = page.with_suffix(".png")
        text = report.markdown(content, title, picture.name)
        page.write_text(text, encoding="utf-8")
        try:
            report.chart(content, picture)
        except ImportError:
            print(f"no chart: matplotlib is not installed ({picture})", file=sys.stderr)
    print(pages[0][0].read_text(encoding="utf-8"))
    print(f"written to {', '.join(str(page) for page, _ in pages)} and {path}")


if __name__ == "__main__":
    main()
