"""Operations on arrays against NumPy: all ranks, dtypes and layouts, sizes small and large, and their failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.linalg

from wengert.errors import NotAcceptedError, SourceLocation
from wengert.program.builder import Builder, integer
from wengert.program.operations import ADDED_PRODUCT
from wengert.program.statements import Apply, Array, Operand, Parameter, Program, Section, Span, Storage, Value
from wengert.program.verifier import verify

Compile = Callable[..., Any]
TOLERANCE = {"float32": 2e-4, "float64": 1e-10, "complex64": 2e-4, "complex128": 1e-10}
SYSTEM = "wengert.rules.scipy_linalg.triangular_solve"


def program_of(key: str, arrays: list[np.ndarray[Any, Any]], *outs: np.ndarray[Any, Any], **statics: Any) -> Program:
    """An operation on whole arrays into an output; axes of size 1 are constants, as they are in lowered programs."""
    builder = Builder()
    parameters: list[Parameter] = []
    sections = []
    for number, array in enumerate((*arrays, *outs)):
        storage = Storage("x", array.dtype.name, array.ndim)
        sizes: tuple[Operand, ...] = tuple(integer(1) if size == 1 else Value("n", "int64") for size in array.shape)
        parameters.append(Array(storage, sizes, number >= len(arrays)))
        axes = tuple(Span(integer(0), size, integer(1)) for size in sizes)
        sections.append(Section(storage, axes, tuple(range(array.ndim))))
    builder.where = SourceLocation(__file__, 1, "user")
    builder.apply(sections[len(arrays) :], key, sections[: len(arrays)], **statics)
    return Program("operation", tuple(parameters), builder.finish())


def applied(compiled: Compile, key: str, arrays: list[Any], shape: tuple[int, ...], **statics: Any) -> Any:
    out = np.full(shape, np.nan if arrays[0].dtype.kind in "fc" else 1, arrays[0].dtype)
    compiled(program_of(key, arrays, out, **statics))(*arrays, out)
    return out


def random(*shape: int, dtype: str = "float64") -> np.ndarray[Any, Any]:
    generator = np.random.default_rng(sum(shape) + len(shape))
    array = generator.normal(size=shape)
    if dtype.startswith("complex"):
        return (array + 1j * generator.normal(size=shape)).astype(dtype)
    return (array * 3).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64", "int64", "bool"])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((5,), (5,)), ((4, 5), (5,)), ((5,), (5, 3)), ((4, 5), (5, 3)), ((1, 5), (5, 1)), ((4, 0), (0, 3)),
        ((40, 30), (30, 50)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2)), ((2, 3, 4), (4,)),
        ((4,), (2, 4, 3)), ((100, 100), (100, 100)), ((2, 30, 40), (1, 40, 20)), ((0, 3), (3, 4)),
    ],
)  # fmt: skip
def test_matmul(compiled: Compile, first: tuple[int, ...], second: tuple[int, ...], dtype: str) -> None:
    """`matmul` of vectors, matrices and stacks, by loops or BLAS."""
    a, b = random(*first, dtype=dtype), random(*second, dtype=dtype)
    expected = np.matmul(a, b)
    found = applied(compiled, "numpy.matmul", [a, b], expected.shape)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE.get(dtype, 0), atol=TOLERANCE.get(dtype, 0))


@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize("first", ["rows", "transposed", "strided", "backward"])
@pytest.mark.parametrize("second", ["rows", "transposed", "strided"])
@pytest.mark.parametrize("target", ["rows", "transposed", "strided", "backward"])
@pytest.mark.parametrize("adds", [False, True])
def test_products_of_sections(
    compiled: Compile, size: int, first: str, second: str, target: str, *, adds: bool
) -> None:
    """Parts of arrays, transposed, with steps, and backward, as operands, and as the result or what it is added to."""
    n = Value("n", "int64")

    def section(storage: Storage, layout: str) -> Section:
        two, one = integer(2), integer(1)
        axes = {
            "rows": (Span(one, n, one), Span(two, n, one)),
            "transposed": (Span(two, n, one), Span(one, n, one)),
            "strided": (Span(integer(0), n, two), Span(one, n, two)),
            "backward": (Span(builder.bind("add", n, one), n, integer(-1)), Span(one, n, one)),
        }[layout]
        return Section(storage, axes, (1, 0) if layout == "transposed" else (0, 1))

    def part(array: Any, layout: str) -> Any:
        return {
            "rows": array[1 : size + 1, 2 : size + 2],
            "transposed": array[2 : size + 2, 1 : size + 1].T,
            "strided": array[: 2 * size : 2, 1 : 2 * size + 1 : 2],
            "backward": array[size + 1 : 1 : -1, 1 : size + 1],
        }[layout]

    builder = Builder()
    storages = [Storage("x", "float64", 2) for _ in range(3)]
    layouts = (first, second, target)
    sections = [section(*both) for both in zip(storages, layouts, strict=True)]
    if adds:
        builder.apply(sections[2:], ADDED_PRODUCT, [sections[2], *sections[:2]])
    else:
        builder.apply(sections[2:], "numpy.matmul", sections[:2])
    whole = Value("m", "int64")
    parameters = (n, *(Array(storage, (whole, whole)) for storage in storages))
    arrays = [random(2 * size + 3, 2 * size + 3) for _ in range(3)]
    expected = arrays[2].copy()
    part(expected, target)[...] *= float(adds)
    part(expected, target)[...] += part(arrays[0], first) @ part(arrays[1], second)
    compiled(Program("sections", parameters, builder.finish()))(size, *arrays)
    np.testing.assert_allclose(arrays[2], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@pytest.mark.parametrize("shape", [(0, 0, 0), (3, 0, 2), (0, 4, 2), (1, 3, 1), (2, 3, 4), (20, 1, 30), (40, 30, 50)])
def test_added_product(compiled: Compile, shape: tuple[int, int, int], dtype: str) -> None:
    """A product is added to what is there, by loops or BLAS; one of no terms changes nothing."""
    rows, inner, columns = shape
    a, b, c = random(rows, inner, dtype=dtype), random(inner, columns, dtype=dtype), random(rows, columns, dtype=dtype)
    program = program_of(ADDED_PRODUCT, [a, b], c)
    (one,) = program.body
    assert isinstance(one, Apply)
    given = replace(program, body=(replace(one, inputs=(*one.outputs, *one.inputs)),))
    verify(given)
    found = c.copy()
    compiled(given)(a, b, found)
    np.testing.assert_allclose(found, c + a @ b, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@pytest.mark.parametrize("shape", [(6, 6), (1, 1), (3, 6, 6), (0, 0)])
def test_factorisations_and_systems(compiled: Compile, shape: tuple[int, ...], dtype: str) -> None:
    """Cholesky factors, inverses and solutions agree with NumPy's, for stacks too."""
    a = random(*shape, dtype=dtype)
    definite = a @ np.conj(np.swapaxes(a, -1, -2)) + 2 * np.eye(shape[-1], dtype=dtype)
    near = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype]}
    for upper in (False, True):
        found = applied(compiled, "numpy.linalg.cholesky", [definite], shape, upper=upper)
        np.testing.assert_allclose(found, np.linalg.cholesky(definite, upper=upper), **near)
    np.testing.assert_allclose(
        applied(compiled, "numpy.linalg.inv", [definite], shape), np.linalg.inv(definite), **near
    )
    for b in (random(*shape[:-1], 4, dtype=dtype), random(shape[-1], dtype=dtype)):
        expected = np.linalg.solve(definite, b)
        found = applied(compiled, "numpy.linalg.solve", [definite, b], expected.shape)
        np.testing.assert_allclose(found, expected, **near)


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("trans", [0, 1, 2])
@pytest.mark.parametrize("lower", [False, True])
def test_triangular_systems(compiled: Compile, trans: int, lower: bool, dtype: str) -> None:
    """Triangular systems read one triangle, with the diagonal or with ones."""
    a = random(5, 5, dtype=dtype) + 4 * np.eye(5)
    for unit in (False, True):
        for b in (random(5, dtype=dtype), random(5, 3, dtype=dtype)):
            expected = scipy.linalg.solve_triangular(a, b, trans, lower, unit)
            found = applied(compiled, SYSTEM, [a, b], b.shape, trans=trans, lower=lower, unit_diagonal=unit)
            np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_failures_are_numpys(compiled: Compile) -> None:
    """Singular and indefinite matrices raise `LinAlgError` with NumPy's words and the user's line."""
    singular = np.ones((3, 3))
    for key, others, message in (
        ("numpy.linalg.inv", [], "Singular matrix"),
        ("numpy.linalg.solve", [np.ones(3)], "Singular matrix"),
        ("numpy.linalg.cholesky", [], "Matrix is not positive definite"),
    ):
        shape = others[0].shape if others else singular.shape
        with pytest.raises(np.linalg.LinAlgError, match=f"^{message}\n  at .*, in user"):
            applied(compiled, key, [-singular, *others], shape)
    with pytest.raises(np.linalg.LinAlgError, match="singular matrix"):
        applied(compiled, SYSTEM, [np.zeros((2, 2)), np.ones(2)], (2,), trans=0, lower=True, unit_diagonal=False)


def test_what_has_no_machine_code_is_refused(compiled: Compile) -> None:
    """Operations without an emitter, options and dtypes that are not known: refused when the program is compiled."""
    with pytest.raises(NotAcceptedError, match=r"numpy\.sort is not compiled"):
        applied(compiled, "numpy.sort", [np.ones(3)], (3,))
    with pytest.raises(NotAcceptedError, match="with option is not compiled"):
        applied(compiled, "numpy.linalg.inv", [np.ones((3, 3))], (3, 3), option=1)
    with pytest.raises(NotAcceptedError, match="of int64 numbers is not compiled"):
        applied(compiled, "numpy.linalg.inv", [np.ones((3, 3), int)], (3, 3))


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@pytest.mark.parametrize("shape", [(5, 5), (1, 1), (3, 4, 4), (0, 0)])
def test_determinants(compiled: Compile, shape: tuple[int, ...], dtype: str) -> None:
    """`det` and `slogdet` agree with NumPy's, for singular and very large matrices too."""
    real = np.dtype(dtype).type(0).real.dtype
    for a in (random(*shape, dtype=dtype), np.zeros(shape, dtype), random(*shape, dtype=dtype) * 1e5):
        expected = np.linalg.det(a)
        near = {"rtol": TOLERANCE[dtype], "atol": TOLERANCE[dtype] * float(np.abs(expected).max())}
        np.testing.assert_allclose(applied(compiled, "numpy.linalg.det", [a], shape[:-2]), expected, **near)
        sign, logarithm = np.empty(shape[:-2], dtype), np.empty(shape[:-2], real)
        compiled(program_of("numpy.linalg.slogdet", [a], sign, logarithm))(a, sign, logarithm)
        np.testing.assert_allclose(sign, np.linalg.slogdet(a)[0], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
        np.testing.assert_allclose(logarithm, np.linalg.slogdet(a)[1], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])


@pytest.mark.parametrize("triangle", ["L", "U"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64"])
@pytest.mark.parametrize("shape", [(6, 6), (1, 1), (3, 4, 4), (0, 0)])
def test_eigh(compiled: Compile, shape: tuple[int, ...], dtype: str, triangle: str) -> None:
    """Eigenvalues agree with NumPy's, and eigenvectors do what they should; one triangle is read."""
    a = random(*shape, dtype=dtype)
    values = np.empty(shape[:-1], np.dtype(dtype).type(0).real.dtype)
    vectors = np.empty(shape, dtype)
    compiled(program_of("numpy.linalg.eigh", [a], values, vectors, UPLO=triangle))(a, values, vectors)
    np.testing.assert_allclose(values, np.linalg.eigh(a, triangle)[0], rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    half = np.tril(a, -1) if triangle == "L" else np.triu(a, 1)
    diagonal = np.einsum("...ii->...i", a).real[..., None] * np.eye(shape[-1])
    hermitian = half + np.conj(np.swapaxes(half, -1, -2)) + diagonal
    atol = TOLERANCE[dtype] * 10
    np.testing.assert_allclose(hermitian @ vectors, vectors * values[..., None, :], rtol=0, atol=atol)
