"""The process in which one contender of one case is measured: `python -m benchmarks.worker '<task as JSON>'`.

In: on the command line, the task: suite, case, contender, size, seed, whether with one thread, and the file for the
arrays of the outcome. On standard input, a line for each repeat. Out: on standard output, a line of JSON when the
subject is ready, and one for each repeat. What libraries print goes to standard error. Nothing but the standard library
is imported before the process is bound to one processor: libraries count processors when they are imported.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import traceback
from typing import Any, TextIO

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def bind_to_one_processor() -> None:
    """So that no library can use more: JAX heeds no variable. The last one, as the first serves most interrupts."""
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def explain(error: BaseException) -> str:
    """The kind of the error and its first paragraph, on one line."""
    text = re.sub(r" at 0x[0-9a-f]+", "", str(error).strip().split("\n\n")[0])
    return f"{type(error).__name__}: {' '.join(text.split())}"[:300]


def serve(task: dict[str, Any], answers: TextIO) -> None:
    """Make the subject, say so, and repeat its runs as often as asked."""

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    try:
        suite = importlib.import_module(f"benchmarks.suites.{task['suite']}")

        import numpy as np

        from benchmarks.measuring import Clock, arrays

        subject = suite.subject(task["case"], task["contender"], task["size"], task["seed"])
        with open(task["outcome"], "wb") as file:
            np.savez(file, *arrays(subject.outcome))
        clock = Clock(subject.runs, task["size"])
    except Exception as error:  # noqa: BLE001 (whatever fails is a row that says so)
        traceback.print_exc()
        answer({"error": explain(error)})
        return
    answer({"first": subject.first, "counts": dict(subject.counts)})
    for _ in sys.stdin:
        answer({"repeat": clock.repeat()})


def main() -> None:
    """Serve the task of the command line."""
    task = json.loads(sys.argv[1])
    if task["one_thread"]:
        bind_to_one_processor()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(task, answers)


if __name__ == "__main__":
    main()
