"""The states of a loop that are kept: so many in memory, and the earliest of them on disk.

What goes in: states, by the number of the step before which they are, and how many may be in memory: at least two,
where others are to be on disk. What comes out: the same, to the bit and with the
same memory layout. What holds: there are never more in memory than there is room for, those being written to disk
included. Writing runs beside the loop, and a state is in memory until it is written. The directory is removed when the
states are no longer needed, however that comes about.
"""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert import tree
from wengert.checkpointing.randomness import RandomState
from wengert.checkpointing.sizes import value_bytes
from wengert.tape.call import own_copy
from wengert.tape.sweep import memory_order

__all__ = ["SnapshotStore", "State"]


STATE_BYTES = 512  # of the Python objects of a state: lists and dictionary entries


@dataclass(frozen=True, slots=True)
class State:
    """What a loop carries from one step to the next: plain leaves, their structure, and the states of generators."""

    leaves: list[Any]
    structure: tree.Structure
    random: RandomState

    def copy(self) -> State:
        """The same in memory of its own."""
        return State([own_copy(leaf) for leaf in self.leaves], self.structure, self.random)

    @property
    def nbytes(self) -> int:
        """What it takes."""
        return STATE_BYTES + sum(value_bytes(leaf) for leaf in self.leaves)


def _packed(leaf: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], tuple[int, ...]]:
    """An array in C order, which pickles without a copy, and the axes that give its own order."""
    axes = memory_order(leaf)
    return leaf.transpose(axes), axes


def _write(path: str, arrays: list[np.ndarray[Any, Any]]) -> None:
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps([_packed(one) for one in arrays], protocol=5, buffer_callback=buffers.append)
    with open(path, "wb", buffering=0) as file:
        pickle.dump((head, [one.raw().nbytes for one in buffers]), file)
        for one in buffers:
            rest = one.raw()
            while rest.nbytes:  # a system may write less than it is given
                rest = rest[file.write(rest) :]


def _read(path: str) -> list[np.ndarray[Any, Any]]:
    with open(path, "rb") as file:
        head, sizes = pickle.load(file)  # noqa: S301 (written by this process, in a directory of its own)
        buffers = []
        for size in sizes:
            buffer = bytearray(size)
            if file.readinto(buffer) != size:
                raise OSError(f"{path} is shorter than what was written")
            buffers.append(buffer)
    return [one.transpose(np.argsort(axes)) for one, axes in pickle.loads(head, buffers=buffers)]  # noqa: S301


def _remove(pool: ThreadPoolExecutor, path: str) -> None:
    pool.shutdown(wait=True, cancel_futures=True)
    shutil.rmtree(path, ignore_errors=True)


class _Disk:
    """A directory of states, and one thread that writes to it."""

    def __init__(self, directory: str | os.PathLike[str] | None) -> None:
        self.path = tempfile.mkdtemp(prefix="wengert-", dir=directory)
        self.pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wengert-snapshots")
        self.others: dict[int, State] = {}  # the states without their arrays
        self.close = weakref.finalize(self, _remove, self.pool, self.path)

    def _file(self, place: int) -> str:
        return os.path.join(self.path, f"{place}.state")

    def write(self, place: int, state: State) -> Future[None]:
        """Begin to write a state, which must not change meanwhile."""
        arrays = [leaf for leaf in state.leaves if type(leaf) is np.ndarray and not leaf.dtype.hasobject]
        rest = [_ON_DISK if any(leaf is one for one in arrays) else leaf for leaf in state.leaves]
        self.others[place] = State(rest, state.structure, state.random)
        return self.pool.submit(_write, self._file(place), arrays)

    def read(self, place: int) -> State:
        """A state that was written."""
        known, arrays = self.others[place], iter(_read(self._file(place)))
        leaves = [next(arrays) if leaf is _ON_DISK else leaf for leaf in known.leaves]
        return State(leaves, known.structure, known.random)

    def drop(self, place: int) -> None:
        """Forget a state."""
        del self.others[place]
        os.unlink(self._file(place))


_ON_DISK = object()


class SnapshotStore:
    """The kept states. The first one, before step 0, stays in memory."""

    def __init__(self, in_memory: int, on_disk: int, directory: str | os.PathLike[str] | None) -> None:
        self.in_memory, self.on_disk, self.directory = in_memory, on_disk, directory
        self._memory: dict[int, State] = {}
        self._disk: _Disk | None = None
        self._writing: tuple[int, Future[None]] | None = None

    @property
    def places(self) -> list[int]:
        """The steps before which there is a state, in order."""
        return sorted({*self._memory, *(self._disk.others if self._disk is not None else ())})

    def put(self, place: int, make: Callable[[], State]) -> None:
        """Keep the state that `make` gives; it is called when there is room for it."""
        while len(self._memory) >= self.in_memory:
            self._write_earliest()
            self._finish_writing()
        self._memory[place] = make()
        if len(self._memory) == self.in_memory and self._on_disk_now() < self.on_disk:
            self._write_earliest()

    def get(self, place: int) -> State:
        """The state before a step, to be read only."""
        if place in self._memory:
            return self._memory[place]
        assert self._disk is not None
        return self._disk.read(place)

    def drop(self, place: int) -> None:
        """Forget a state."""
        if self._writing is not None and self._writing[0] == place:
            self._finish_writing()
        if place in self._memory:
            del self._memory[place]
        else:
            assert self._disk is not None
            self._disk.drop(place)

    def close(self) -> None:
        """Forget all states but the first, and remove the directory."""
        self._writing = None
        self._memory = {place: state for place, state in self._memory.items() if place == 0}
        if self._disk is not None:
            self._disk.close()
            self._disk = None

    def _on_disk_now(self) -> int:
        return 0 if self._disk is None else len(self._disk.others)

    def _opened(self) -> _Disk:
        if self._disk is None:
            self._disk = _Disk(self.directory)
        return self._disk

    def _write_earliest(self) -> None:
        candidates = sorted(place for place in self._memory if place)
        if self._writing is None and candidates:
            self._writing = candidates[0], self._opened().write(candidates[0], self._memory[candidates[0]])

    def _finish_writing(self) -> None:
        """Wait until the state that is being written is on disk, and no longer in memory."""
        if self._writing is not None:
            place, future = self._writing
            self._writing = None
            future.result()
            self._memory.pop(place, None)
