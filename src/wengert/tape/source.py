from __future__ import annotations
from typing import Any
def intercepted(function: Any) -> tuple[Any, bool]:
    return function, True
