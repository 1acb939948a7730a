"""Factorisation into triangles without pivots (Doolittle): PolyBench/C 4.2, `lu`.

Both factors take the place of `A`; the unit diagonal of the lower one is not stored.
"""


def lu(A):
    """Factorise `A` (n, n), which needs no pivoting, in place."""
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
