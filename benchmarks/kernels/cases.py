"""The kernels and what is to be known of each: inputs of two sizes, what is differentiated, what is compared.

`CASES` is by name. "tiny" is for tests; "measured" takes NumPy some 5 to 50 milliseconds.
"""

from __future__ import annotations

import inspect
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

import numpy as np

from benchmarks.kernels import inputs, losses

Size = Literal["tiny", "measured"]
Group = Literal["loop", "stencil or network", "other"]
Derivative = Literal["gradient", "blocks", "jacobian", "curvature"]


@dataclass(frozen=True)
class Case:
    """One kernel.

    Attributes:
        loss: the sum of the kernel's results times weights, which follow the kernel's own arguments.
        group: geometric means are taken over each.
        draw: the arguments, given a generator and the sizes.
        differentiated: names of the arguments that derivatives are taken with respect to.
        updated: names of the arguments whose final values are the results, where the kernel updates in place.
        sizes: the keywords of `draw`.
        derivative: what is computed. "gradient" of the loss; "blocks" of a Jacobian whose rows depend on arguments of
            their own, by one pullback for each column of the result; the "jacobian" of all results, with fewer
            arguments than results; the "curvature" of the loss, its Hessian times a vector of ones.
    """

    loss: Callable[..., Any]
    group: Group
    draw: Callable[..., tuple[Any, ...]]
    differentiated: tuple[str, ...]
    updated: tuple[str, ...]
    sizes: Mapping[Size, Mapping[str, Any]]
    derivative: Derivative = "gradient"

    @property
    def name(self) -> str:
        """Of the kernel, of its module here and in `benchmarks.peers.jax` and others, and of the function in each."""
        return self.loss.__name__.removesuffix("_loss")

    @property
    def function(self) -> Callable[..., Any]:
        """The kernel."""
        kernel: Callable[..., Any] = getattr(sys.modules[self.loss.__module__], self.name)
        return kernel

    @property
    def argnums(self) -> tuple[int, ...]:
        """The places of the differentiated arguments."""
        names = list(inspect.signature(self.function).parameters)
        return tuple(names.index(name) for name in self.differentiated)

    def arguments(self, size: Size, seed: int = 0) -> tuple[Any, ...]:
        """The arguments, the same numbers at every call with one seed, in arrays of their own."""
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        return fresh(self.draw(rng, **self.sizes[size]))

    def results(self, arguments: Sequence[Any], function: Callable[..., Any] | None = None) -> tuple[Any, ...]:
        """What the kernel returns, or the final values of what it updates; the arguments stay as they are.

        `function` is run in the kernel's place, where it is given.
        """
        copies = fresh(arguments)
        returned = (function or self.function)(*copies)
        if self.updated:
            names = list(inspect.signature(self.function).parameters)
            return tuple(copies[names.index(name)] for name in self.updated)
        return returned if isinstance(returned, tuple) else (returned,)

    def weights(self, size: Size, seed: int = 0) -> tuple[Any, ...]:
        """Random weights for each result."""
        rng = np.random.default_rng([1, seed])
        return tuple(rng.normal(size=np.shape(one))[()] for one in self.results(self.arguments(size, seed)))

    def trips(self, arguments: Sequence[Any]) -> dict[str, int]:
        """How often the `while` loop of the kernel runs: what a library without one has to know beforehand.

        A keyword `trips` for a twin, none for a kernel without `while`. The lines that run are counted.
        """
        lines, first = inspect.getsourcelines(self.function)
        whiles = [first + place for place, line in enumerate(lines) if line.strip().startswith("while ")]
        if not whiles:
            return {}
        count = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal count
            count += event == "line" and frame.f_lineno == whiles[0] + 1
            return trace if frame.f_code is self.function.__code__ else None

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            self.function(*fresh(arguments))
        finally:
            sys.settrace(before)
        return {"trips": count}


def fresh(arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The same arguments, arrays copied, so that a kernel can update them."""
    return tuple(np.array(one) if isinstance(one, np.ndarray) else one for one in arguments)


def _sizes(tiny: Mapping[str, Any], measured: Mapping[str, Any]) -> Mapping[Size, Mapping[str, Any]]:
    return {"tiny": tiny, "measured": measured}


_ALL = (
    Case(
        losses.jacobi_1d_loss,
        "stencil or network",
        inputs.jacobi_inputs,
        ("A", "B"),
        ("A", "B"),
        _sizes({"steps": 3, "shape": 9}, {"steps": 200, "shape": 20_000}),
    ),
    Case(
        losses.jacobi_2d_loss,
        "stencil or network",
        inputs.jacobi_inputs,
        ("A", "B"),
        ("A", "B"),
        _sizes({"steps": 2, "shape": (6, 7)}, {"steps": 50, "shape": (200, 200)}),
    ),
    Case(
        losses.heat_3d_loss,
        "stencil or network",
        inputs.jacobi_inputs,
        ("A", "B"),
        ("A", "B"),
        _sizes({"steps": 2, "shape": (5, 4, 6)}, {"steps": 20, "shape": (40, 40, 40)}),
    ),
    Case(
        losses.fdtd_2d_loss,
        "stencil or network",
        inputs.fdtd_2d_inputs,
        ("ex", "ey", "hz", "fict"),
        ("ex", "ey", "hz"),
        _sizes({"steps": 3, "nx": 5, "ny": 6}, {"steps": 50, "nx": 200, "ny": 240}),
    ),
    Case(
        losses.cavity_flow_loss,
        "stencil or network",
        inputs.cavity_flow_inputs,
        ("u", "v", "p", "rho", "nu"),
        ("u", "v", "p"),
        _sizes({"steps": 2, "iterations": 3, "n": 6}, {"steps": 10, "iterations": 50, "n": 41}),
    ),
    Case(
        losses.vertical_advection_loss,
        "stencil or network",
        inputs.vertical_advection_inputs,
        ("utens_stage", "u_stage", "wcon", "u_pos", "utens"),
        ("utens_stage",),
        _sizes({"i": 3, "j": 2, "k": 5}, {"i": 64, "j": 64, "k": 60}),
    ),
    Case(
        losses.horizontal_diffusion_loss,
        "stencil or network",
        inputs.horizontal_diffusion_inputs,
        ("in_field", "coeff"),
        ("out_field",),
        _sizes({"i": 4, "j": 3, "k": 2}, {"i": 96, "j": 96, "k": 60}),
    ),
    Case(
        losses.convolution_loss,
        "stencil or network",
        inputs.convolution_inputs,
        ("images", "weights", "bias"),
        (),
        _sizes(
            {"n": 2, "size": 5, "k": 3, "channels": 2, "filters": 3},
            {"n": 4, "size": 24, "k": 3, "channels": 3, "filters": 16},
        ),
    ),
    Case(
        losses.mlp_loss,
        "stencil or network",
        inputs.mlp_inputs,
        ("W1", "b1", "W2", "b2", "W3", "b3"),
        (),
        _sizes(
            {"n": 4, "features": 5, "hidden": 6, "classes": 3},
            {"n": 512, "features": 784, "hidden": 512, "classes": 10},
        ),
    ),
    Case(
        losses.lstm_loss,
        "stencil or network",
        inputs.lstm_inputs,
        ("x", "h", "c", "W", "U", "b"),
        (),
        _sizes({"t": 3, "n": 2, "features": 3, "units": 2}, {"t": 150, "n": 16, "features": 32, "units": 64}),
    ),
    Case(
        losses.seidel_2d_loss,
        "loop",
        inputs.square_inputs,
        ("A",),
        ("A",),
        _sizes({"steps": 2, "n": 6}, {"steps": 5, "n": 80}),
    ),
    Case(
        losses.adi_loss,
        "loop",
        inputs.square_inputs,
        ("u",),
        ("u",),
        _sizes({"steps": 2, "n": 7}, {"steps": 5, "n": 200}),
    ),
    Case(
        losses.cholesky_loss,
        "loop",
        inputs.cholesky_inputs,
        ("A",),
        ("A",),
        _sizes({"n": 6}, {"n": 120}),
    ),
    Case(
        losses.lu_loss,
        "loop",
        inputs.lu_inputs,
        ("A",),
        ("A",),
        _sizes({"n": 6}, {"n": 100}),
    ),
    Case(
        losses.gramschmidt_loss,
        "loop",
        inputs.gramschmidt_inputs,
        ("A",),
        (),
        _sizes({"m": 6, "n": 4}, {"m": 120, "n": 100}),
    ),
    Case(
        losses.durbin_loss,
        "loop",
        inputs.durbin_inputs,
        ("r",),
        (),
        _sizes({"n": 7}, {"n": 2000}),
    ),
    Case(
        losses.trisolv_loss,
        "loop",
        inputs.trisolv_inputs,
        ("L", "b"),
        ("x",),
        _sizes({"n": 7}, {"n": 2000}),
    ),
    Case(
        losses.deriche_loss,
        "loop",
        inputs.deriche_inputs,
        ("alpha", "image"),
        (),
        _sizes({"w": 7, "h": 6}, {"w": 400, "h": 300}),
    ),
    Case(
        losses.nbody_loss,
        "other",
        inputs.nbody_inputs,
        ("positions", "velocities", "masses"),
        ("positions", "velocities"),
        _sizes({"steps": 3, "n": 4}, {"steps": 20, "n": 100}),
    ),
    Case(
        losses.conjugate_gradient_loss,
        "other",
        inputs.conjugate_gradient_inputs,
        ("A", "b"),
        (),
        _sizes({"n": 8}, {"n": 1500}),
    ),
    Case(
        losses.newton_loss,
        "other",
        inputs.newton_inputs,
        ("mean_anomaly", "eccentricity"),
        (),
        _sizes({"n": 9}, {"n": 50_000}),
    ),
    Case(
        losses.runge_kutta_loss,
        "other",
        inputs.runge_kutta_inputs,
        ("x", "forcing"),
        (),
        _sizes({"n": 8}, {"n": 2000}),
    ),
    Case(
        losses.gaussian_mixture_loss,
        "other",
        inputs.gaussian_mixture_inputs,
        ("alphas", "means", "factors"),
        (),
        _sizes({"n": 7, "d": 3, "k": 2}, {"n": 5000, "d": 20, "k": 25}),
    ),
    Case(
        losses.bundle_adjustment_loss,
        "other",
        inputs.bundle_adjustment_inputs,
        ("cameras", "points", "weights"),
        (),
        _sizes({"cameras": 2, "points": 3, "observations": 5}, {"cameras": 10, "points": 100, "observations": 300}),
    ),
)
CASES = {case.name: case for case in _ALL}
