"""The minors of a determinant level by level, for libraries that compute on whole arrays: plain indices and signs."""

import itertools

import numpy as np


def levels(n):
    """For each number of rows k = 1, ..., n: what each minor of the last k rows is made of.

    Three arrays (minors, k): the columns, which minor of k - 1 rows is left without each, and the sign.
    """
    found = []
    before = {(): 0}
    for k in range(1, n + 1):
        chosen = list(itertools.combinations(range(n), k))
        left = [[before[one[:j] + one[j + 1 :]] for j in range(k)] for one in chosen]
        signs = np.tile((-1.0) ** np.arange(k), (len(chosen), 1))
        found.append((np.array(chosen), np.array(left), signs))
        before = {one: place for place, one in enumerate(chosen)}
    return found
