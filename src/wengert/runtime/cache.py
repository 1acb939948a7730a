"""Keeps object code on disk between processes.

What goes in: everything the code depends on, as text, and a function that makes the code. What comes out: the code.
What holds: an entry is used only if it is whole (its header carries its key and a checksum of its contents) and lies in
a directory that nobody but the user can write, since what is loaded from there is executed. An entry appears whole or
not at all (it is renamed into place), so processes may share the directory. Whatever goes wrong with a file, the code
is made again; no error reaches the caller.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["Cache", "default_cache"]

_MAGIC = b"wengert object 1\n"
_SUFFIX = ".object"
_MOST_BYTES = 512 * 1024 * 1024
# Looking at all entries takes time, so the size is bounded only when about this many have been written.
_WRITES_BETWEEN_SWEEPS = 50


class Cache:
    """Object code in a directory; `None` for no directory, so that everything is made each time."""

    def __init__(self, directory: Path | None, most_bytes: int = _MOST_BYTES) -> None:
        self._directory = directory
        self._most_bytes = most_bytes
        self._writes = 0

    def get_or_make(self, depends_on: str, make: Callable[[], bytes]) -> bytes:
        """The code for this text, from the directory or made now."""
        key = hashlib.sha256(depends_on.encode()).digest()
        directory = self._directory
        if directory is None or not _is_private(directory):
            return make()
        path = directory / (key.hex() + _SUFFIX)
        code = _read(path, key)
        if code is None:
            code = make()
            _write(path, key, code)
            if self._writes % _WRITES_BETWEEN_SWEEPS == 0:
                self._sweep(directory)
            self._writes += 1
        return code

    def _sweep(self, directory: Path) -> None:
        """Remove the entries used longest ago until the others fit."""
        entries = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(directory):
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    entries.append((status.st_mtime, status.st_size, entry.path))
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self._most_bytes:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size


def _is_private(directory: Path) -> bool:
    """Whether the directory is there, made now if need be, and only this user can write it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = os.lstat(directory)
    except OSError:
        return False
    if not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "getuid"):  # Windows: a profile directory is the user's own.
        return True
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _read(path: Path, key: bytes) -> bytes | None:
    """The code of an entry, if it is whole."""
    try:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
                return None
            found = file.read()
    except OSError:
        return None
    header = len(_MAGIC) + 2 * hashlib.sha256().digest_size
    code = found[header:]
    if found[:header] != _MAGIC + key + hashlib.sha256(code).digest():
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # So that it counts as used.
    return code


def _write(path: Path, key: bytes, code: bytes) -> None:
    """Put an entry in place, whole or not at all."""
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".temporary")
        with os.fdopen(descriptor, "wb") as file:
            file.write(_MAGIC + key + hashlib.sha256(code).digest() + code)
        os.replace(temporary, path)
    except OSError:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _default_directory() -> Path | None:
    chosen = os.environ.get("WENGERT_CACHE_DIR")
    if chosen is not None:
        return Path(chosen) if chosen else None
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(base) if base and os.path.isabs(base) else Path.home() / ".cache") / "wengert"
    except RuntimeError:  # No home directory is known.
        return None


@functools.cache
def default_cache() -> Cache:
    """The user's own: `WENGERT_CACHE_DIR` (empty for none), else `wengert` in the directory for caches."""
    return Cache(_default_directory())
