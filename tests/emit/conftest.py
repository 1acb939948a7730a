"""Compiled programs in tests are made anew, without the user's cache."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from wengert.emit import compile_program
from wengert.program.statements import Program
from wengert.runtime.cache import Cache


@pytest.fixture
def compiled() -> Callable[..., Any]:
    """`compile_program` without a cache."""

    def compile_anew(program: Program, opt_level: int = 3) -> Any:
        return compile_program(program, opt_level=opt_level, cache=Cache(None))

    return compile_anew
