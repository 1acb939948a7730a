"""The models: three networks and mixtures that are kernels too, and seven of their own. `CASES` is by name."""

from __future__ import annotations

from benchmarks.kernels import cases as kernels
from benchmarks.kernels.cases import Case
from benchmarks.models import inputs, losses

_OWN = (
    Case(
        losses.reprojection_loss,
        "other",
        inputs.reprojection_inputs,
        ("cameras", "points", "weights"),
        (),
        {"tiny": {"observations": 4}, "measured": {"observations": 2000}},
        "blocks",
    ),
    Case(
        losses.hand_tracking_loss,
        "other",
        inputs.hand_tracking_inputs,
        ("pose",),
        (),
        {"tiny": {"surface": 6, "chosen": 3}, "measured": {"surface": 544, "chosen": 100}},
        "jacobian",
    ),
    Case(
        losses.kmeans_loss,
        "other",
        inputs.kmeans_inputs,
        ("centres",),
        (),
        {"tiny": {"n": 9, "d": 2, "k": 3}, "measured": {"n": 10_000, "d": 10, "k": 20}},
        "curvature",
    ),
    Case(
        losses.log_sum_exp_loss,
        "other",
        inputs.log_sum_exp_inputs,
        ("x",),
        (),
        {"tiny": {"n": 5}, "measured": {"n": 500_000}},
    ),
    Case(
        losses.least_squares_loss,
        "other",
        inputs.least_squares_inputs,
        ("A", "x", "b"),
        (),
        {"tiny": {"m": 5, "n": 3}, "measured": {"m": 2000, "n": 500}},
    ),
    Case(
        losses.ode_loss,
        "loop",
        inputs.ode_inputs,
        ("y", "rates"),
        (),
        {"tiny": {"steps": 3}, "measured": {"steps": 1000}},
    ),
    Case(
        losses.determinant_by_minors_loss,
        "loop",
        inputs.determinant_inputs,
        ("A",),
        (),
        {"tiny": {"n": 3}, "measured": {"n": 10}},
    ),
)
_KERNELS = tuple(kernels.CASES[name] for name in ("mlp", "lstm", "gaussian_mixture"))
CASES = {case.name: case for case in (*_KERNELS, *_OWN)}
