"""What the numbers depend on: versions, processor, the BLAS that NumPy and SciPy use, variables, load.

In: nothing. Out: a dictionary for the file of results, and its lines for a page.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("wengert", "numpy", "scipy", "llvmlite", "jax", "jaxlib", "torch", "autograd", "numba")
PREFIXES = (
    "OMP_",
    "OPENBLAS_",
    "MKL_",
    "BLIS_",
    "XLA_",
    "JAX_",
    "NUMBA_",
    "TORCH",
    "GOMP_",
    "KMP_",
    "WENGERT_",
    "GLIBC_",
)


def environment() -> dict[str, Any]:
    """All of it, now."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": processor(),
        "cores": os.cpu_count(),
        "usable cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else [],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := version_of(name))},
        "commit": commit(),
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith(PREFIXES)},
        "blas": blas(),  # after the variables, since threadpoolctl sets one
        "one thread": hasattr(os, "sched_setaffinity"),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }


def processor() -> str:
    """The name of the processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def version_of(package: str) -> str:
    """The installed version, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def commit() -> str:
    """The commit of the checkout, with a mark if files differ from it; nothing outside one."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def blas() -> list[str]:
    """For each BLAS that NumPy and SciPy load: version, kernels, threads; needs threadpoolctl."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return ["unknown: threadpoolctl is not installed"]
    import numpy as np
    import scipy.linalg

    assert {np.__name__, scipy.linalg.__name__} <= sys.modules.keys()  # loaded, so that their BLAS is
    return [
        f"{one['internal_api']} {one['version']}, kernels for {one.get('architecture')}, {one['num_threads']} threads"
        for one in threadpool_info()
        if one["user_api"] == "blas"
    ]


def description(about: dict[str, Any]) -> list[str]:
    """The lines of a page that say what it was measured on."""
    variables = ", ".join(f"`{name}={value}`" for name, value in about["variables"].items()) or "none"
    lines = [
        f"- {about['date'][:10]}, commit {about['commit'] or 'unknown'}: `{about['command']}`",
        f"- {about['cpu']}, {about['usable cores']} of {about['cores']} cores, {about['system']}",
        f"- Python {about['python']}, {', '.join(f'{name} {found}' for name, found in about['versions'].items())}",
        f"- BLAS of NumPy and SciPy: {'; '.join(about['blas'])}",
        f"- variables set: {variables}",
        f"- load average at the start: {', '.join(f'{one:.1f}' for one in about['load']) or 'unknown'}",
    ]
    if not about["one thread"]:
        lines.append("- one thread cannot be promised here: processes cannot be bound to a processor on this system")
    return lines
