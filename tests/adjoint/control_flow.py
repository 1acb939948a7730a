"""Programs whose loops, branches and calls decide what the reverse sweep finds: bounds, indices, exits, aliases.

What holds: they are analytic in their floating-point arguments, and their conditions test real parts, so that they run
with complex numbers too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.adjoint.registry import given, numbers


@given(numbers(6))
def overwriting_branches(x: Any) -> Any:
    """Operands overwritten in other branches than those that use them."""
    s = 0.3
    for i in range(6):
        a = x[i] * s
        if x[i] > 0.7:
            x[i] = a * a
            s = s + a * x[i]
        elif i % 2:
            x[(i + 1) % 6] = a * x[i]
        else:
            for j in range(i):
                x[j] = x[j] * a + s * s
                if x[j] > 1.5:
                    break
            s = s * a
        s += a * x[i] * s
    return s, x


@given(numbers(7))
def backwards(x: Any) -> Any:
    """Steps of -3 and -2."""
    for i in range(6, -1, -3):
        x[i] = x[i] * x[i - 1 if i > 0 else 0]
        for j in range(i, 0, -2):
            x[j] *= x[j - 1] * x[i]
    return x


@given(numbers(7), 2)
@given(numbers(7), 0)
def window(x: Any, k: Any) -> Any:
    """Bounds from arguments, `min` and `max`."""
    s = 0.5
    n = len(x)
    for i in range(k, n - k):
        for j in range(max(0, i - k), min(n, i + k + 1)):
            x[i] = x[i] * 0.5 + x[j] * x[i] * s
        s += x[i] * x[i]
    return x, s


@given(numbers(6))
def bisection(x: Any) -> Any:
    """Two integers carried, which are indices and end the loop."""
    lo = 0
    hi = 5
    s = 1.0
    while lo < hi:
        mid = (lo + hi) // 2
        s = s * x[mid] + x[lo] * x[hi]
        x[mid] = s * x[mid]
        if x[mid] > 0.6:
            lo = mid + 1
        else:
            hi = mid
        x[lo] *= s
    return s, x


@given(numbers(6), np.array([2, 0, 1, 2, 0, 1]))
def sizes_from_array(x: Any, c: Any) -> Any:
    """Arrays whose sizes come from an array."""
    s = 0.1
    for k in range(6):
        w = np.zeros(c[k], dtype=x.dtype)
        for i in range(c[k]):
            w[i] = x[i] * x[k]
        for i in range(c[k]):
            w[i] = w[i] * w[c[k] - 1 - i]
        s += np.sum(w * w)
        if c[k] > 1:
            z = np.ones(c[k]) * s
            z *= w
            s += z[0] * z[1]
    return s


@given(numbers(6))
def growing_arrays(x: Any) -> Any:
    """Arrays made in a `while`."""
    s = 0.1
    n = 1
    while n < 6:
        w = x[:n] * x[n]
        u = np.exp(-w)
        w *= u
        u *= w
        s += u @ w
        n += 2
        x[n % 6] = s
    return s, x


@given(numbers(6))
def flags(x: Any) -> Any:
    """A flag, `continue`, `break` and `else`."""
    found = False
    t = 0.0
    for i in range(6):
        if not found and x[i] > 0.8:
            found = True
            t = x[i] * x[i]
            continue
        if found:
            x[i] = x[i] * t
        t = t + x[i] * t + 0.1
        if t > 3:
            break
    else:
        t *= x[0]
    return t, x


@given(numbers(4, 5))
def rotate_rows(A: Any) -> Any:
    """Rows that change places."""
    for k in range(4):
        t = A[0].copy()
        A[0] = A[1] * A[2]
        A[1] = A[2]
        A[2] = A[3] * t
        A[3] = t
    return A


@given(numbers(4, 4))
def transpose_in_place(A: Any) -> Any:
    """Pairs exchanged, and rows as columns."""
    for i in range(4):
        for j in range(i):
            A[i, j], A[j, i] = A[j, i] * A[i, j], A[i, j]
    B = A.T
    B[0] = A[:, 1] * A[0]
    A[1:] = A[:-1] * B[1:]
    return A


@given(numbers(4, 4))
def overlapping(A: Any) -> Any:
    """Sources that overlap their targets."""
    A[1:] = A[:-1] * A[1:]
    A[:, 1:] *= A[:, :-1]
    A[::-1] += A * A
    A[:] = A.T * A
    return A


@given(numbers(8))
def several_views(x: Any) -> Any:
    """Three views of one array, all updated."""
    e = x[::2]
    o = x[1::2]
    for k in range(3):
        e *= o
        o += e[::-1] * o
        e[:-1] = e[1:] * o[:-1]
        r = x[::-1]
        r[:3] = x[:3] * r[2:5]
    return x, e[0], o


@given(numbers(3, 4), numbers(12))
def view_of_argument(A: Any, b: Any) -> Any:
    """An argument under two shapes."""
    B = b.reshape(3, 4)
    for k in range(3):
        B[k] = A[k] * B[k]
        A[k] = B[(k + 1) % 3] * A[k]
        b[k] = b[k + 3] * A[k, 0]
        A.reshape(-1)[k] *= b[k]
    return A, B


def multiplied(x: Any, n: Any) -> Any:
    """Calls itself."""
    if n == 0:
        return x[0]
    x[n - 1] = x[n] * x[n - 1]
    return multiplied(x, n - 1) * x[n]


@given(numbers(5))
def recursive(x: Any) -> Any:
    """Recursion with updates."""
    return multiplied(x, 4), x


def mix(a: Any, b: Any) -> Any:
    """Updates both arguments."""
    a += b * b
    b *= a
    return a[0] * b[-1]


@given(numbers(4), numbers(4))
def mixed(a: Any, b: Any) -> Any:
    """Arguments that change places."""
    s = mix(a, b)
    s += mix(b, a)
    s += mix(a[:2], a[2:])
    return s, a, b


@given(numbers(4))
def mixed_with_itself(a: Any) -> Any:
    """Parts of one array as both arguments."""
    s = mix(a, a.copy())
    s += mix(a[::2], a[1::2])
    return s, a


@given(numbers(5))
def rebound(x: Any) -> Any:
    """A name bound again, the array still held by another."""
    y = x
    x = x * 2
    y[1] = x[1] * y[1]
    x[2] = y[2] * x[2]
    return x, y


@given(numbers(6))
def cumulated(x: Any) -> Any:
    """Cumulated sums written to a part."""
    c = np.cumsum(x)
    for k in range(3):
        c[k:] = np.cumsum(c[k:] * x[k]) * 0.3
        x = x * c
    return c, x


@given(numbers(6))
def numbers_only(x: Any) -> Any:
    """Numbers that change names in branches."""
    a = x[0]
    b = x[1]
    c = x[2]
    d = 0.1
    for k in range(5):
        a, b = b * a, a + c
        if k % 2:
            c = a * b
            d = d + c * d
        else:
            d = d * b
            c, d = d, c
    return a, b, c, d


@given(1.3, 0.4)
def arithmetic_geometric_mean(a: Any, b: Any) -> Any:
    """Numbers in a `while`."""
    n = 0
    while np.real(a - b) ** 2 > 1e-6 and n < 50:
        a, b = (a + b) / 2, np.sqrt(a * b)
        n += 1
    return a * b


@given(1.3)
def newton(a: Any) -> Any:
    """A `return` when converged."""
    x = 1.0
    for k in range(100):
        f = x * x - a
        if np.real(f) ** 2 < 1e-28:
            return x
        x = x - f / (2 * x)
    return x


@given(3, numbers(4))
def integers(n: Any, x: Any) -> Any:
    """Integer arithmetic of negative numbers."""
    s = 0.0
    for k in range(-5, 6):
        if k != 0:
            s += x[(k // 2) % 4] * x[k % 3] * (n // k) * (n % k)
        s += x[(-k) % 4] * x[abs(k) % 4]
        s *= 0.5 + 0.01 * (k << 1) + (k >> 1) * 0.02 + (k & 3) - (k | 4) * 0.1 + (k ^ 5) * 0.01
    return s


@given(np.asfortranarray(numbers(3, 4)), numbers(8)[::-2])
@given(numbers(6, 8)[::-2, ::2], numbers(4))
@given(numbers(3, 1), numbers(1))
@given(numbers(3, 0), numbers(0))
def columns(A: Any, b: Any) -> Any:
    """Columns and rows of arrays that are not in C order."""
    for k in range(A.shape[1]):
        A[:, k] = A[:, k] * b[k] + A[0, k]
        b[k] = A[0, k] * b[k]
        A[0] *= b
    return A, b, A @ b


@given((numbers(3), {"p": 0.5, "q": numbers(2)}, [numbers(1), 2.0]))
def trees(t: Any) -> Any:
    """Arguments in tuples, lists and dicts."""
    a, d, b = t
    a[0] *= d["p"]
    d["q"][1] = a[1] * b[1]
    s = 0.0
    for z in (a, d["q"], b[0]):
        for e in z:
            s += e * e * s + e
        z *= s  # noqa: PLW2901 - the array is updated
    return s, a, d["q"], b[0]


@given(numbers(4), numbers(4))
def iteration(a: Any, b: Any) -> Any:
    """`zip`, `enumerate`, `reversed` and rows."""
    s = 0.0
    for i, (p, q) in enumerate(zip(a, b)):
        s += p * q * s + i * p
        a[i] = s
        b[3 - i] *= s
    for row in a.reshape(2, 2):
        row *= s  # noqa: PLW2901 - the array is updated
        s += row[0] * row[1]
    for e in reversed(range(4)):
        a[e] *= a[e - 1]
    return s, a, b


@given(numbers(2, 3), numbers(3))
def broadcasting(A: Any, b: Any) -> Any:
    """Rows and columns against matrices."""
    for k in range(3):
        A *= b
        b = b + A.sum(axis=0) * 0.1
        A += b[None, :] * A[:, k : k + 1]
        A[:, k] -= A.mean(axis=1)
    return A, b, A.sum(axis=1, keepdims=True) * A


@given(numbers(6))
def slices(x: Any) -> Any:
    """Slices in both directions, clipped and empty ones."""
    x[4:0:-2] = x[1:5:2] * x[4:0:-2]
    x[::-1][1:3] *= x[:2]
    x[-1:-4:-1] += x[:3] * x[:3]
    x[5:2] = x[5:2] * 2
    x[10:] = 1.0
    x[-100:2] *= x[3]
    return x
