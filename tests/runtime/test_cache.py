"""The cache of object code: what is found is what was put there, and anything else is made again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wengert.emit import compile_program
from wengert.emit.machine import load_prelude, object_code
from wengert.program.builder import Builder
from wengert.program.statements import Constant, Program, Value
from wengert.runtime import cache as cache_module
from wengert.runtime.cache import Cache

CODE = bytes(range(256)) * 20


class Maker:
    """Makes code and counts how often."""

    def __init__(self, code: bytes = CODE) -> None:
        self.code, self.calls = code, 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.code


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A private directory that is not there yet."""
    return tmp_path / "deep" / "cache"


def entry(directory: Path) -> Path:
    (found,) = directory.glob("*.object")
    return found


def test_code_is_made_once(directory: Path) -> None:
    """The second request, by another object as by another process, finds what the first made."""
    first, second = Maker(), Maker()
    assert Cache(directory).get_or_make("a", first) == CODE
    assert Cache(directory).get_or_make("a", second) == CODE
    assert (first.calls, second.calls) == (1, 0)
    assert Cache(directory).get_or_make("b", Maker(b"other")) == b"other"
    assert directory.stat().st_mode & 0o777 == 0o700
    assert entry_modes(directory) == {0o600}


def entry_modes(directory: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in directory.iterdir()}


@pytest.mark.parametrize(
    "damage",
    [
        lambda found: found[:-1],
        lambda found: found + b"x",
        lambda found: found[:100] + bytes([found[100] ^ 1]) + found[101:],
        lambda found: b"",
        lambda found: b"foreign" * 1000,
        lambda found: found[:20] + bytes(32) + found[52:],
    ],
    ids=["truncated", "longer", "a bit", "empty", "foreign", "another key"],
)
def test_damaged_entries_are_made_again(directory: Path, damage: Callable[[bytes], bytes]) -> None:
    """An entry that is not whole is never used, and is replaced."""
    Cache(directory).get_or_make("a", Maker())
    path = entry(directory)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    again = Maker()
    assert Cache(directory).get_or_make("a", again) == CODE
    assert again.calls == 1
    assert path.read_bytes() == whole


def test_an_entry_under_another_key_is_not_used(directory: Path) -> None:
    """A file renamed to the name of another entry is foreign there."""
    cache = Cache(directory)
    cache.get_or_make("a", Maker())
    first = entry(directory)
    cache.get_or_make("b", Maker(b"b"))
    (second,) = set(directory.glob("*.object")) - {first}
    second.write_bytes(first.read_bytes())
    assert cache.get_or_make("b", Maker(b"b")) == b"b"


def test_a_directory_that_others_can_write_is_not_used(directory: Path) -> None:
    """Neither read nor written: what lies there could be anybody's."""
    Cache(directory).get_or_make("a", Maker())
    directory.chmod(0o777)
    before = entry(directory).stat().st_mtime_ns
    maker = Maker(b"new")
    assert Cache(directory).get_or_make("a", maker) == b"new"
    assert entry(directory).stat().st_mtime_ns == before
    directory.chmod(0o700)
    link = directory.parent / "link"
    link.symlink_to(directory)
    assert Cache(link).get_or_make("a", maker) == b"new"


def test_a_link_in_place_of_an_entry_is_not_followed(directory: Path, tmp_path: Path) -> None:
    """An entry is a file of the directory, or it is made again."""
    Cache(directory).get_or_make("a", Maker())
    path = entry(directory)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    maker = Maker()
    Cache(directory).get_or_make("a", maker)
    assert maker.calls == 1
    assert not path.is_symlink()


def test_no_directory_is_no_error(tmp_path: Path) -> None:
    """Without a directory, or where none can be made, code is made each time."""
    (tmp_path / "file").write_text("in the way")
    for where in (None, tmp_path / "file", tmp_path / "file" / "below"):
        maker = Maker()
        for _ in range(2):
            assert Cache(where).get_or_make("a", maker) == CODE
        assert maker.calls == 2


def test_a_full_disk_is_no_error(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the entry cannot be put in place, the code is returned and nothing is left behind."""

    def fail(*names: object) -> None:
        raise OSError("no space")

    monkeypatch.setattr(cache_module.os, "replace", fail)
    assert Cache(directory).get_or_make("a", Maker()) == CODE
    assert list(directory.iterdir()) == []


def test_the_size_is_bounded(directory: Path) -> None:
    """The entries used longest ago go first; one that was read counts as used."""
    cache = Cache(directory, most_bytes=4 * len(CODE))
    for number in range(3):
        cache.get_or_make(f"old {number}", Maker())
        for path in directory.glob("*.object"):
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 1000))
    cache.get_or_make("old 0", Maker())
    Cache(directory, most_bytes=3 * len(CODE)).get_or_make("new", Maker())
    makers = {name: Maker() for name in ("new", "old 0", "old 1")}
    for name, maker in makers.items():
        Cache(directory, most_bytes=10**9).get_or_make(name, maker)
    assert {name: maker.calls for name, maker in makers.items()} == {"new": 0, "old 0": 0, "old 1": 1}


def test_the_directory_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`WENGERT_CACHE_DIR`, empty for none; else the user's directory for caches."""
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path))
    assert cache_module._default_directory() == tmp_path
    monkeypatch.setenv("WENGERT_CACHE_DIR", "")
    assert cache_module._default_directory() is None
    monkeypatch.delenv("WENGERT_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_module._default_directory() == tmp_path / "wengert"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_module._default_directory() == Path.home() / ".cache" / "wengert"


def test_programs_are_loaded_from_the_cache(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program compiled before is not compiled again, gives the same, and no other level of optimisation is taken."""
    x, builder = Value("x", "float64"), Builder()
    result = builder.bind("exp", builder.bind("multiply", x, Constant(2.0, "float64")))
    program = Program("double", (x,), builder.finish(), (result,))
    load_prelude(Cache(None))  # once in a process, from whatever cache comes first
    first = compile_program(program, cache=Cache(directory))(1.5)
    calls: list[int] = []
    code = entry(directory).read_bytes()

    def counted(text: str, opt_level: int) -> bytes:
        calls.append(opt_level)
        return object_code(text, opt_level)

    monkeypatch.setattr("wengert.emit.compile.object_code", counted)
    assert compile_program(program, cache=Cache(directory))(1.5) == first
    assert calls == []
    assert entry(directory).read_bytes() == code
    np.testing.assert_allclose(compile_program(program, opt_level=1, cache=Cache(directory))(1.5), first, rtol=1e-14)
    assert calls == [1]


def test_processes_share_the_directory(directory: Path) -> None:
    """Processes that make the same entries at the same time all get whole ones."""
    script = (
        "import sys; from pathlib import Path; from wengert.runtime.cache import Cache\n"
        "for n in range(200):\n"
        "    code = bytes([n % 7]) * 50000\n"
        "    assert Cache(Path(sys.argv[1])).get_or_make(str(n % 7), lambda: code) == code"
    )
    processes = [subprocess.Popen([sys.executable, "-c", script, str(directory)]) for _ in range(3)]
    assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert len(list(directory.iterdir())) == 7
