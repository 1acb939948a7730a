"""Histograms of several dimensions.

The counts are piecewise constant in the data: derivatives pass through the weights, and through the edges of the bins,
which follow the extreme data where no range is given.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from wengert.ops.table import composite
from wengert.rules.casting import as_array


def _places(data: Any, edges: Any) -> Any:
    """The bin of each datum; -1, or the number of bins, outside. The last bin holds its right edge too."""
    count = np.shape(edges)[0] - 1
    return np.where(data == edges[-1], count - 1, np.searchsorted(edges, data, side="right") - 1)


def _for_each(option: Any, rank: int, name: str) -> list[Any]:
    """An option of each dimension: one number, or None, stands for all of them."""
    if option is None or not hasattr(option, "__len__"):
        return [option] * rank
    if len(option) != rank:
        raise ValueError(f"The dimension of {name} must be equal to the dimension of the sample x.")
    return list(option)


@composite(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if not hasattr(sample, "shape") or np.ndim(sample) != 2:
        sample = np.transpose(np.atleast_2d(as_array(sample)))
    rank = np.shape(sample)[1]
    data = [sample[:, i] for i in builtins.range(rank)]
    options = zip(data, _for_each(bins, rank, "bins"), _for_each(range, rank, "range"), strict=True)
    edges = [np.histogram_bin_edges(one, one_bins, limits) for one, one_bins, limits in options]
    shape = tuple(np.shape(one)[0] - 1 for one in edges)
    places = [_places(one, one_edges) for one, one_edges in zip(data, edges, strict=True)]
    inside = np.ones(np.shape(sample)[0], dtype=bool)
    for place, count in zip(places, shape, strict=True):
        inside &= (place >= 0) & (place < count)
    flat = np.ravel_multi_index(tuple(place[inside] for place in places), shape)
    chosen = None if weights is None else np.ravel(weights)[inside]
    counts: Any = np.bincount(flat, chosen, math.prod(shape))
    counts = np.reshape(counts if weights is not None else counts.astype(np.float64), shape)
    if density:
        total = np.sum(counts)
        for i, one in enumerate(edges):
            counts = counts / np.reshape(np.diff(one), tuple(-1 if j == i else 1 for j in builtins.range(rank)))
        counts = counts / total
    return counts, edges


@composite(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if len(x) != len(y):
        raise ValueError("x and y must have the same length.")
    if hasattr(bins, "__len__") and len(bins) not in (1, 2):
        bins = [as_array(bins)] * 2
    counts, edges = np.histogramdd(np.stack((as_array(x), as_array(y)), axis=1), bins, range, density, weights)
    return counts, edges[0], edges[1]
