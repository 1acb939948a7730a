"""A triangular system by forward substitution: PolyBench/C 4.2, `trisolv`."""


def trisolv(L, x, b):
    """Write the solution of L x = b to `x` (n,), where `L` (n, n) is read up to its diagonal."""
    for i in range(len(x)):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
