"""The public derivative functions. Names, arguments and results follow JAX's where JAX has the function.

Arguments of a differentiated function are arrays, numbers or trees of them. Derivatives are plain `numpy.ndarray`s
of the shape and dtype of what they belong to (NumPy scalars for numbers). For a real-valued function of complex `z =
x + iy`, `grad` is `df/dx - i df/dy`, as in JAX and autograd, and the conjugate of PyTorch's.
"""

from __future__ import annotations

import functools
import inspect
import os
import weakref
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any, Literal

import numpy as np

from wengert import tree
from wengert.checkpointing.compiled import within_budget
from wengert.checkpointing.progress import Progress
from wengert.compiled import Jitted
from wengert.compiled_jacobian import CompiledGradient, jacobian_blocks, value_and_tangent
from wengert.errors import ArgumentError, NotScalarError, SeedError
from wengert.inspect.strict import StrictListener, strictly
from wengert.tape.array import is_recorded, primal_of
from wengert.tape.call import RecordedCall, record_call
from wengert.tape.ends import Argnums, as_arguments, gather, normal_argnums, plain_result, seed_leaves
from wengert.tape.stand_ins import resolve
from wengert.tape.sweep import forward_sweep, reverse_sweep

__all__ = [
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "returning",
    "stop_gradient",
    "value_and_grad",
    "vjp",
]

Function = Callable[..., Any]
Amount = float | str | None
Directory = str | os.PathLike[str] | None
ProgressWanted = bool | Callable[[Progress], object]

# The gradients of compiled functions, which `jacobian` finds without a tape.
_gradients: weakref.WeakKeyDictionary[Function, tuple[Jitted, Argnums]] = weakref.WeakKeyDictionary()


def _result(call: RecordedCall) -> Any:
    return tree.unflatten(call.output_structure, call.outputs)


def _check_scalar(call: RecordedCall, function: Function) -> None:
    name = getattr(function, "__name__", repr(function))
    if not call.outputs:
        raise NotScalarError(
            f"grad needs a function with one real number as its result, but {name} returned None; where it updates "
            "its arguments, use wg.returning"
        )
    value = call.outputs[0]
    if call.output_structure.num_nodes != 1:
        raise NotScalarError(
            f"grad needs a function with one real number as its result, but {name} returned "
            f"a tree of {len(call.outputs)} values; use wg.jacobian, or wg.vjp with a cotangent for each"
        )
    primal = np.asarray(primal_of(value))
    if primal.shape != ():
        raise NotScalarError(
            f"grad needs a function with one real number as its result, but {name} returned an array of shape "
            f"{primal.shape}; use wg.jacobian for all its derivatives, or wg.vjp with a cotangent of that shape"
        )
    if primal.dtype.kind == "c":
        raise NotScalarError(
            f"grad needs a function with one real number as its result, but {name} returned a complex one; take "
            "np.real, np.imag or np.abs of it, or use wg.vjp"
        )
    if primal.dtype.kind not in "fiub":
        raise NotScalarError(f"grad needs a function with one real number as its result, but {name} returned {value!r}")


def _like_function(wrapper: Function, function: Function, text: str) -> Function:
    if hasattr(function, "__name__"):
        functools.update_wrapper(wrapper, function)
        wrapper.__doc__ = f"{text} of {function.__name__}."
    return wrapper


def _swept_gradient(call: RecordedCall, function: Function) -> Any:
    """The derivatives of the one real result."""
    _check_scalar(call, function)
    slot, value = call.output_slots[0], call.outputs[0]
    seeds = [] if slot is None else [(slot, np.ones((), getattr(value, "dtype", np.float64))[()])]
    return reverse_sweep(call.tape, seeds, call.input_slots)


def _listener(strict: bool) -> StrictListener | None:
    return StrictListener() if strict else None


def value_and_grad(
    function: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    strict: bool = False,
    memory: Amount = None,
    disk: Amount = None,
    directory: Directory = None,
    progress: ProgressWanted = False,
) -> Function:
    """A function that returns the value of `function` and its gradient, from one recorded run.

    Args:
        function: returns one real number; with `has_aux`, a pair of it and auxiliary data, returned undifferentiated.
        argnums: the position of the argument to differentiate, or a sequence of positions.
        strict: a derivative that stops where a float becomes an integer, and NaN or infinity that comes of finite
            numbers, is an error that says where. Slower: for finding a fault.
        memory, disk, directory, progress: what the derivative of a compiled function stores at most, as bytes or as
            text such as `"500 MB"`, and where; whether to show how far it is. {doc}`checkpointing` has the details.
    Returns:
        A function of the same arguments that returns `(value, gradient)`, or `((value, auxiliary), gradient)`; the
        gradient is a tree like the argument, or a tuple of them where `argnums` is a sequence. It fits
        `scipy.optimize.minimize(..., jac=True)`.
    Raises:
        NotScalarError: the result is not one real number.
        ArgumentError: an argument to differentiate is not floating-point, or `argnums` names none.
        LostGradientError: a recorded value was stored where it cannot be followed.
        CutGradientError, NonFiniteError: with `strict` only.
        MemoryBudgetError: `memory` is too little; it names the least that would do, before the loops run.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.value_and_grad(lambda x: np.sum(x**2))(np.array([1.0, 2.0]))
    (np.float64(5.0), array([2., 4.]))

    Source: reverse accumulation; Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 3.2.
    """
    function = within_budget(function, memory, disk, directory, progress)

    def derivative(*args: Any, **kwargs: Any) -> Any:
        numbers = normal_argnums(argnums, len(args))
        if isinstance(function, Jitted) and not has_aux and not strict:
            found = function.value_and_gradient(args, kwargs, numbers)
            if found is not None:
                return found[0], as_arguments(found[1], args, argnums)

        def run(own: Function) -> Any:
            call = record_call(
                own, args, kwargs, numbers, forward=False, keep=False, has_aux=has_aux, listener=_listener(strict)
            )
            gradient = gather(call, _swept_gradient(call, function), args, argnums)
            call.tape.release()
            return ((_result(call), call.auxiliary) if has_aux else _result(call)), gradient

        return strictly(function, run) if strict else run(function)

    return _like_function(derivative, function, "Value and gradient")


def grad(
    function: Function,
    argnums: Argnums = 0,
    has_aux: bool = False,
    *,
    strict: bool = False,
    memory: Amount = None,
    disk: Amount = None,
    directory: Directory = None,
    progress: ProgressWanted = False,
) -> Function:
    """A function that returns the gradient of `function`; with `has_aux`, the pair of gradient and auxiliary data.

    Arguments, results and errors are those of `value_and_grad`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def f(x):
    ...     total = 0.0
    ...     for i in range(len(x)):
    ...         total += x[i] ** 2
    ...     return total
    >>> wg.grad(f)(np.array([1.0, 2.0, 3.0]))
    array([2., 4., 6.])
    """
    both = value_and_grad(
        function, argnums, has_aux, strict=strict, memory=memory, disk=disk, directory=directory, progress=progress
    )

    def derivative(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    made = _like_function(derivative, function, "Gradient")
    if isinstance(function, Jitted) and not has_aux and not strict and memory is None and disk is None and not progress:
        _gradients[made] = function, argnums
    return made


def vjp(
    function: Function,
    *primals: Any,
    has_aux: bool = False,
    strict: bool = False,
    memory: Amount = None,
    disk: Amount = None,
    directory: Directory = None,
    progress: ProgressWanted = False,
) -> tuple[Any, ...]:
    """The result of `function(*primals)` and its pullback, the vector-Jacobian product.

    Args:
        function: any function of arrays, numbers or trees of them, with any such result.
        primals: its arguments, all of them differentiated.
        has_aux: `function` returns a pair of its result and auxiliary data.
        strict: as for `value_and_grad`, in the pullback too.
        memory, disk, directory, progress: as for `value_and_grad`, for each pullback.
    Returns:
        `(result, pullback)`, or `(result, pullback, auxiliary)`. `pullback(ct)` takes a cotangent of the structure,
        shapes and dtypes of the result, and returns a tuple with the cotangent of each argument. It may be called
        any number of times.
    Raises:
        SeedError: a cotangent does not fit the result. ArgumentError, LostGradientError: as for `grad`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> value, pullback = wg.vjp(np.sin, np.array([0.0, 1.0]))
    >>> pullback(np.array([1.0, 0.0]))
    (array([1., 0.]),)
    """
    function = within_budget(function, memory, disk, directory, progress)
    argnums = tuple(range(len(primals)))

    def record(own: Function) -> RecordedCall:
        return record_call(
            own, primals, {}, argnums, forward=False, keep=True, has_aux=has_aux, listener=_listener(strict)
        )

    call = strictly(function, record) if strict else record(function)

    def sweep(call: RecordedCall, ct: Any) -> Any:
        cts = seed_leaves(ct, call.output_structure, call.outputs, "cotangent")
        seeds = [(slot, one) for slot, one in zip(call.output_slots, cts, strict=True) if slot is not None]
        return gather(call, reverse_sweep(call.tape, seeds, call.input_slots), primals, argnums, cts)

    def pullback(ct: Any) -> Any:
        if not strict:
            return sweep(call, ct)
        return strictly(function, lambda own: sweep(call if own is function else record(own), ct))

    result = _result(call)
    return (result, pullback, call.auxiliary) if has_aux else (result, pullback)


def _linearized(
    function: Function, primals: tuple[Any, ...], has_aux: bool, strict: bool = False
) -> tuple[RecordedCall, Function]:
    listener = _listener(strict)
    call = record_call(
        function, primals, {}, range(len(primals)), forward=True, keep=True, has_aux=has_aux, listener=listener
    )
    _, structure = tree.flatten(primals)

    def pushforward(*tangents: Any) -> Any:
        given = seed_leaves(tangents, structure, call.inputs, "tangent")
        tangents_out = forward_sweep(call.tape, list(zip(call.input_slots, given, strict=True)), call.output_slots)
        shared: set[int] = {id(tangent) for tangent in given}
        found = [
            plain_result(tangent, value, shared) for tangent, value in zip(tangents_out, call.outputs, strict=True)
        ]
        return tree.unflatten(call.output_structure, found)

    return call, pushforward


def linearize(function: Function, *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """The result of `function(*primals)` and its pushforward, the derivative as a linear function of tangents.

    `pushforward(*tangents)` takes one tangent for each argument, of its structure, shapes and dtypes, and returns
    the tangent of the result. It sweeps the recorded run and does not run `function` again. Errors are those of
    `vjp`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> value, pushforward = wg.linearize(np.sin, 0.0)
    >>> pushforward(2.0)
    np.float64(2.0)
    """
    call, pushforward = _linearized(function, primals, has_aux)
    result = _result(call)
    return (result, pushforward, call.auxiliary) if has_aux else (result, pushforward)


def jvp(
    function: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False, *, strict: bool = False
) -> tuple[Any, ...]:
    """The result of `function(*primals)` and its tangent, the Jacobian-vector product.

    Args:
        primals, tangents: the arguments and their tangents, two sequences of the same length; each tangent has the
            structure, shapes and dtypes of its argument.
        strict: as for `value_and_grad`.
    Returns:
        `(result, tangent)`, or `(result, tangent, auxiliary)` with `has_aux`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.jvp(lambda x: x**3, (2.0,), (1.0,))
    (8.0, np.float64(12.0))

    Source: forward accumulation; Griewank and Walther, *Evaluating Derivatives*, 2nd ed., section 3.1.
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise SeedError("jvp takes primals and tangents as tuples or lists, with one entry for each argument")
    if len(primals) != len(tangents):
        raise SeedError(f"jvp needs as many tangents as primals, but got {len(tangents)} for {len(primals)}")

    compiled = None if strict or has_aux else _compiled_jvp(function, primals, tangents)
    if compiled is not None:
        return compiled

    def run(own: Function) -> tuple[Any, ...]:
        call, pushforward = _linearized(own, tuple(primals), has_aux, strict)
        result, tangent = _result(call), pushforward(*tangents)
        call.tape.release()
        return (result, tangent, call.auxiliary) if has_aux else (result, tangent)

    return strictly(function, run) if strict else run(function)


def stop_gradient(value: Any) -> Any:
    """`value`, a constant as far as derivatives of any level are concerned; a tree is taken leaf by leaf.

    >>> import wengert as wg
    >>> wg.grad(lambda x: x * wg.stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree.map_leaves(lambda leaf: np.copy(primal_of(leaf))[()] if is_recorded(leaf) else leaf, value)


def returning(function: Function, *names: str) -> Function:
    """`function`, returning the final values of the arguments `names`: for kernels that update arrays in place.

    Args:
        function: a function that updates some of its array arguments; its own result is dropped.
        names: parameters of `function`. One name gives its value, several give a tuple.
    Raises:
        ArgumentError: `function` has no parameter of that name.

    >>> import numpy as np
    >>> import wengert as wg
    >>> def scale(A, c):
    ...     A *= c
    >>> value, pullback = wg.vjp(wg.returning(scale, "A"), np.ones(2), 3.0)
    >>> value, pullback(np.ones(2))
    (array([3., 3.]), (array([3., 3.]), np.float64(2.0)))
    """
    signature = inspect.signature(function)
    unknown = [name for name in names if name not in signature.parameters]
    if unknown or not names:
        raise ArgumentError(f"returning: {function.__name__} has no parameter {unknown or 'named'}")

    def run(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        resolve(function)(*bound.args, **bound.kwargs)
        values = tuple(bound.arguments[name] for name in names)
        return values[0] if len(values) == 1 else values

    run = _like_function(run, function, f"Final values of {', '.join(names)}")
    run.__wengert_returned__ = names  # type: ignore[attr-defined]  # for `wg.jit`, which compiles `function` itself
    return run


def _basis(likes: Sequence[Any]) -> list[list[Any]]:
    """For each element of each array, the list of unit seeds: zeros, with a one in that place."""
    zeros = [np.zeros_like(np.asarray(primal_of(like))) for like in likes]
    seeds = []
    for i, zero in enumerate(zeros):
        for k in range(zero.size):
            unit = zero.copy()
            unit.flat[k] = 1
            seeds.append([*zeros[:i], unit, *zeros[i + 1 :]])
    return seeds


def _shape(value: Any) -> tuple[int, ...]:
    return np.shape(primal_of(value))


def _jacobian_rows(call: RecordedCall) -> list[list[Any]]:
    """By reverse sweeps, one for each element of the results: for each result, for each input, the Jacobian."""
    sweeps = []
    for cts in _basis(call.outputs):
        seeds = [(slot, ct) for slot, ct in zip(call.output_slots, cts, strict=True) if slot is not None]
        found = reverse_sweep(call.tape, seeds, call.input_slots)
        sweeps.append([plain_result(value, like, set()) for value, like in zip(found, call.inputs, strict=True)])
    blocks, start = [], 0
    for output in call.outputs:
        size = int(np.prod(_shape(output)))
        rows = sweeps[start : start + size]
        start += size
        blocks.append(
            [_stack([row[j] for row in rows], _shape(output) + _shape(own), 0) for j, own in enumerate(call.inputs)]
        )
    return blocks


def _jacobian_columns(call: RecordedCall) -> list[list[Any]]:
    """By forward sweeps, one for each element of the inputs."""
    sweeps = []
    for tangents in _basis(call.inputs):
        found = forward_sweep(call.tape, list(zip(call.input_slots, tangents, strict=True)), call.output_slots)
        sweeps.append([plain_result(tangent, value, set()) for tangent, value in zip(found, call.outputs, strict=True)])
    blocks = []
    for i, output in enumerate(call.outputs):
        start, row = 0, []
        for own in call.inputs:
            size = int(np.prod(_shape(own)))
            columns = [sweep[i] for sweep in sweeps[start : start + size]]
            start += size
            row.append(_stack(columns, _shape(output) + _shape(own), -1))
        blocks.append(row)
    return blocks


def _compiled(function: Function, args: Sequence[Any]) -> tuple[Jitted | CompiledGradient | None, Argnums | None]:
    """What has derivatives without a tape: a compiled function, or the gradient of one and its `argnums`."""
    if isinstance(function, Jitted):
        return function, None
    if not isinstance(function, FunctionType) or function not in _gradients:
        return None, None
    compiled, argnums = _gradients[function]
    return CompiledGradient(compiled, normal_argnums(argnums, len(args))), argnums


def _compiled_jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any] | None:
    """The result and tangent of a compiled function, or of the gradient of one, where that needs no tape."""
    args = tuple(primals)
    own, gradient = _compiled(function, args)
    if own is None or any(is_recorded(leaf) for leaf in tree.flatten((args, tuple(tangents)))[0]):
        return None
    likes, structure = tree.flatten(args)
    found = value_and_tangent(own, args, lambda: seed_leaves(tuple(tangents), structure, likes, "tangent"))
    if found is None:
        return None
    value, leaves, shape = found
    if gradient is not None:
        value, shape = as_arguments(value, args, gradient), as_arguments(shape, args, gradient)
    shown, outputs = tree.flatten(value)[0], tree.flatten(shape)[1]
    plain = [plain_result(one, like, set()) for one, like in zip(leaves, shown, strict=True)]
    return value, tree.unflatten(outputs, plain)


def _compiled_jacobian(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], argnums: Argnums, mode: str
) -> tuple[Any] | None:
    """The Jacobian of a compiled function, or of the gradient of one, where that needs no tape."""
    own, gradient = _compiled(function, args)
    if own is None:
        return None
    found = jacobian_blocks(own, args, kwargs, normal_argnums(argnums, len(args)), always=mode == "forward")
    if found is None:
        return None
    blocks, value = found
    if gradient is not None:
        value = as_arguments(value, args, gradient)
    rows = [as_arguments(row, args, argnums) for row in blocks]
    return (tree.unflatten(tree.flatten(value)[1], rows),)


def _stack(pieces: list[Any], shape: tuple[int, ...], axis: int) -> Any:
    if not pieces:
        return np.zeros(shape)
    return np.reshape(np.stack(pieces, axis), shape)


def _has_complex(values: Sequence[Any]) -> bool:
    return any(np.iscomplexobj(primal_of(value)) for value in values)


def _forward_is_chosen(call: RecordedCall, mode: str) -> bool:
    """Whether the Jacobian is to be found by forward sweeps; refuses a mode that cannot hold it."""
    complex_inputs, complex_results = _has_complex(call.inputs), _has_complex(call.outputs)
    if complex_inputs and (complex_results or mode == "forward"):
        raise ArgumentError(
            "the derivative with respect to a complex argument is no matrix of complex numbers, unless the result is "
            "real and mode is 'reverse'; use wg.vjp and wg.jvp, or the real and imaginary parts as arguments"
        )
    if complex_results and mode == "reverse":
        raise ArgumentError("the Jacobian of a complex result of real arguments needs mode='forward'")
    if mode != "auto" or complex_inputs or complex_results:
        return mode == "forward" or complex_results
    sizes = [sum(int(np.prod(_shape(value))) for value in values) for values in (call.inputs, call.outputs)]
    return sizes[0] < sizes[1]


def _recorded_jacobian(function: Function, args: Any, kwargs: Any, argnums: Argnums, mode: str, strict: bool) -> Any:
    """The Jacobian by sweeps over a tape, for the arguments of one call."""
    record = functools.partial(record_call, function, args, kwargs, normal_argnums(argnums, len(args)), keep=True)
    forward = mode == "forward"
    call = record(forward=forward, listener=_listener(strict))
    if _forward_is_chosen(call, mode) != forward:
        forward, call = True, record(forward=True, listener=_listener(strict))
    blocks = _jacobian_columns(call) if forward else _jacobian_rows(call)
    call.tape.release()
    return tree.unflatten(call.output_structure, [as_arguments(row, args, argnums) for row in blocks])


def jacobian(
    function: Function,
    argnums: Argnums = 0,
    mode: Literal["auto", "forward", "reverse"] = "auto",
    *,
    strict: bool = False,
    memory: Amount = None,
    disk: Amount = None,
    directory: Directory = None,
    progress: ProgressWanted = False,
) -> Function:
    """A function that returns the Jacobian of `function`: all derivatives of its results.

    Args:
        function: results are arrays, numbers or trees of them.
        argnums: the position of the argument to differentiate, or a sequence of positions.
        mode: "forward" sweeps once for each element of the arguments, "reverse" once for each element of the results;
            "auto" takes the fewer sweeps (and runs `function` a second time where that is forward).
        strict: as for `value_and_grad`.
        memory, disk, directory, progress: as for `value_and_grad`, for each sweep; "auto" is then "reverse".
    Returns:
        A function whose result is a tree like that of `function`, in which each array of shape `s` is a tree like the
        argument (a tuple of them for a sequence of `argnums`) of arrays of shape `s + shape of the argument`.
    Raises:
        ArgumentError: the argument and the result are complex, or `mode` cannot serve the one that is: "reverse" holds
            real results, "forward" real arguments. Others as for `vjp`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.jacobian(lambda x: x[:1] * x[1:])(np.array([2.0, 3.0, 4.0]))
    array([[3., 2., 0.],
           [4., 0., 2.]])
    """
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"mode={mode!r}; it must be 'auto', 'forward' or 'reverse'")
    function = within_budget(function, memory, disk, directory, progress)
    if memory is not None:
        if mode == "forward":
            raise ArgumentError("memory= is for mode='reverse'; forward mode keeps nothing of a loop")
        mode = "reverse"

    def derivative(*args: Any, **kwargs: Any) -> Any:
        compiled = None if strict or mode == "reverse" else _compiled_jacobian(function, args, kwargs, argnums, mode)
        if compiled is not None:
            return compiled[0]

        def run(own: Function) -> Any:
            return _recorded_jacobian(own, args, kwargs, argnums, mode, strict)

        return strictly(function, run) if strict else run(function)

    return _like_function(derivative, function, "Jacobian")


def hessian(function: Function, argnums: Argnums = 0, *, strict: bool = False) -> Function:
    """A function that returns the Hessian of `function`, by forward sweeps over its gradient; `strict` as for `grad`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.hessian(lambda x: x[0] ** 2 * x[1])(np.array([2.0, 3.0]))
    array([[6., 4.],
           [4., 0.]])
    """
    gradient = grad(function, argnums, strict=strict)
    return _like_function(jacobian(gradient, argnums, mode="forward", strict=strict), function, "Hessian")


def hvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any], *, strict: bool = False) -> Any:
    """The Hessian of `function` at `primals` times `tangents`, without forming it: forward over reverse.

    Returns a derivative like the one argument, or a tuple with one for each of several. `strict` is as for `grad`.

    >>> import numpy as np
    >>> import wengert as wg
    >>> wg.hvp(lambda x: np.sum(x**3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])

    Source: Pearlmutter, "Fast Exact Multiplication by the Hessian", Neural Computation 6 (1994).
    """
    if not isinstance(primals, (tuple, list)):
        raise SeedError("hvp takes primals and tangents as tuples or lists, with one entry for each argument")
    argnums: Argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(function, argnums, strict=strict), primals, tangents, strict=strict)[1]
