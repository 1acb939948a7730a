"""Where the stack of the calling thread ends, so that compiled recursion stops before it gets there.

What goes in: nothing. What comes out: the lowest address of the stack, or 0 where the system does not say. What holds:
each thread asks once. On Linux by `pthread_getattr_np`, on macOS by `pthread_get_stackaddr_np`.
"""

from __future__ import annotations

import ctypes
import sys
import threading

__all__ = ["end_of_stack"]

_KNOWN = threading.local()
_BYTES_OF_ATTRIBUTES = 256  # of a `pthread_attr_t`: 56 with glibc, less with others


def end_of_stack() -> int:
    """The lowest address of this thread's stack, or 0."""
    found: int | None = getattr(_KNOWN, "end", None)
    if found is None:
        found = _KNOWN.end = _ask()
    return found


def _ask() -> int:
    try:
        library = ctypes.CDLL(None)
        thread = ctypes.c_void_p(_self(library))
        return _on_macos(library, thread) if sys.platform == "darwin" else _on_linux(library, thread)
    except (AttributeError, OSError, TypeError):
        return 0


def _self(library: ctypes.CDLL) -> int | None:
    library.pthread_self.restype = ctypes.c_void_p
    found: int | None = library.pthread_self()
    return found


def _on_linux(library: ctypes.CDLL, thread: ctypes.c_void_p) -> int:
    attributes = (ctypes.c_char * _BYTES_OF_ATTRIBUTES)()
    if library.pthread_getattr_np(thread, attributes):
        return 0
    address, size = ctypes.c_void_p(), ctypes.c_size_t()
    failed = library.pthread_attr_getstack(attributes, ctypes.byref(address), ctypes.byref(size))
    library.pthread_attr_destroy(attributes)
    return 0 if failed else address.value or 0


def _on_macos(library: ctypes.CDLL, thread: ctypes.c_void_p) -> int:
    library.pthread_get_stackaddr_np.restype = ctypes.c_void_p
    library.pthread_get_stacksize_np.restype = ctypes.c_size_t
    top: int = library.pthread_get_stackaddr_np(thread) or 0
    size: int = library.pthread_get_stacksize_np(thread)
    return max(top - size, 0)
