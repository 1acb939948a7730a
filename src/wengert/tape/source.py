"""Interception: recompiles a user's function so that the calls and stores in it can be followed.

What goes in: a Python function. What comes out: the same function, compiled again from its own source with each call
`f(...)` turned into `resolve(f)(...)`, and each store `a[i] = v` into one that can refuse to lose a recorded value.
`resolve` gives the stand-ins of `wengert.tape.stand_ins`: creation calls that yield recording arrays, `math` functions
that record, and users' own functions, recompiled in their turn. NumPy is not patched, and globals and closures are the
function's own.

What holds: line numbers and names are kept, so tracebacks read as before. The source is used only if it compiles to
the code the function has; a function without such source runs as it is, which is safe: storing a recorded value
into a plain array is an error.
"""

from __future__ import annotations

import ast
import functools
import linecache
import weakref
from collections.abc import Callable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any

from wengert.codes import WRITTEN, ByCode

__all__ = ["CALL_HOOK", "ELEMENT_HOOK", "recompile"]

CALL_HOOK = "__wengert_call__"
ELEMENT_HOOK = "__wengert_element__"
_HOOKS = (CALL_HOOK, ELEMENT_HOOK)
_SCOPE = "__wengert_scope__"

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_FUNCTION_NODES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


class _Interceptor(ast.NodeTransformer):
    """Inserts the hooks: around the callee of each call, and before each store into an element or an array."""

    @staticmethod
    def _hook(name: str, argument: ast.expr) -> ast.Call:
        called = ast.Call(ast.Name(name, ast.Load()), [argument], [])
        return ast.fix_missing_locations(ast.copy_location(called, argument))

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.func = self._hook(CALL_HOOK, node.func)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store):
            node.value = self._hook(ELEMENT_HOOK, node.value)
        return node


@functools.lru_cache(maxsize=32)
def _parse(text: str, filename: str) -> ast.Module | None:
    try:
        return ast.parse(text, filename)
    except (SyntaxError, RecursionError):  # a file that has changed since it was imported, or is nested too deeply
        return None


def _parse_file(code: CodeType, module_globals: dict[str, Any]) -> ast.Module | None:
    """The syntax tree of the file a code object comes from, if there is one."""
    linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename, module_globals))
    return _parse(text, code.co_filename) if text else None


def _functions(node: ast.AST) -> Iterator[tuple[_FunctionNode, str | None]]:
    """All functions below a node, each with the name of the class whose private names it sees."""
    ahead: list[tuple[ast.AST, str | None]] = [(node, None)]
    while ahead:  # a file may be nested more deeply than Python's calls
        one, class_name = ahead.pop()
        if isinstance(one, _FUNCTION_NODES):
            yield one, class_name
        inner = one.name if isinstance(one, ast.ClassDef) else class_name
        ahead += [(child, inner) for child in reversed(list(ast.iter_child_nodes(one)))]


def _first_line(node: _FunctionNode) -> int:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    return decorators[0].lineno if decorators else node.lineno


def _candidates(module: ast.Module, code: CodeType) -> list[tuple[_FunctionNode, str | None]]:
    found = []
    for node, class_name in _functions(module):
        name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
        if name == code.co_name and _first_line(node) == code.co_firstlineno:
            found.append((node, class_name))
    return found


def _module_imports(node: ast.AST) -> Iterator[ast.stmt]:
    """The import statements of a module's own scope: CPython compiles calls of imported names' attributes by them."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import) or (isinstance(child, ast.ImportFrom) and child.module != "__future__"):
            yield child
        elif not isinstance(child, (*_FUNCTION_NODES, ast.ClassDef)):
            yield from _module_imports(child)


def _in_scope(
    node: _FunctionNode, class_name: str | None, names: tuple[str, ...], imports: list[ast.stmt]
) -> ast.Module:
    """A module in which the function stands alone, with the names of its closure and the hooks in an outer scope.

    It is compiled and never executed.
    """
    statement: ast.stmt
    if isinstance(node, ast.Lambda):
        statement = ast.copy_location(ast.Expr(node), node)
    else:
        statement = node
        statement.decorator_list = []
    bound = [] if isinstance(node, ast.Lambda) else [node.name]
    if class_name is not None:
        statement = ast.ClassDef(class_name, [], [], [statement], [])
        bound = [class_name]
    own_global: list[ast.stmt] = [ast.Global([name]) for name in bound if name not in names]
    arguments = ast.arguments([], [ast.arg(name) for name in (*names, *_HOOKS)], None, [], [], None, [])
    scope = ast.FunctionDef(_SCOPE, arguments, [*own_global, statement], [], None, None)
    return ast.fix_missing_locations(ast.Module([*imports, scope], []))


def _find_code(code: CodeType, name: str, line: int) -> CodeType | None:
    """The innermost-first code object of this name and first line among the constants of another."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name and constant.co_firstlineno == line:
                return constant
            found = _find_code(constant, name, line)
            if found is not None:
                return found
    return None


def _copied(node: Any) -> Any:
    """A copy of a syntax tree: `copy.deepcopy` would need many more calls for each level."""
    if isinstance(node, list):
        return [_copied(one) for one in node]
    if not isinstance(node, ast.AST):
        return node
    fields = {name: _copied(value) for name, value in ast.iter_fields(node)}
    return ast.copy_location(type(node)(**fields), node)


def _compile(
    node: _FunctionNode, class_name: str | None, code: CodeType, imports: list[ast.stmt], intercept: bool
) -> CodeType | None:
    node = _copied(node)
    if intercept:
        if isinstance(node, ast.Lambda):
            node.body = _Interceptor().visit(node.body)
        else:
            node.body = [new for statement in node.body for new in _as_list(_Interceptor().visit(statement))]
    names = tuple(name for name in code.co_freevars if name != "__class__")
    future_flags = code.co_flags & _FUTURE_FLAGS
    scope = _in_scope(node, class_name, names, imports)
    module = compile(scope, code.co_filename, "exec", future_flags, dont_inherit=True)
    name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    return _find_code(module, name, node.lineno)


_FUTURE_FLAGS = 0xFFF0000  # the bits of `co_flags` that `from __future__` statements set


def _as_list(statements: Any) -> list[ast.stmt]:
    return statements if isinstance(statements, list) else [statements]


def _same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same, wherever their closures come from."""
    if any(name.startswith("@py_") for name in one.co_varnames):  # assertions rewritten by pytest
        return True
    if one.co_code != other.co_code or one.co_names != other.co_names or one.co_varnames != other.co_varnames:
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    for a, b in zip(one.co_consts, other.co_consts, strict=True):
        if isinstance(a, CodeType) and isinstance(b, CodeType):
            if not _same_code(a, b):
                return False
        elif not _same_constant(a, b):
            return False
    return True


def _same_constant(a: Any, b: Any) -> bool:
    """Whether two constants are the same to the last bit: 0.0 is not -0.0, and 1 is not 1.0, in tuples either."""
    if isinstance(a, frozenset) and isinstance(b, frozenset):
        return {(type(item), item) for item in a} == {(type(item), item) for item in b}
    return type(a) is type(b) and repr(a) == repr(b)


def _named_like(new: CodeType, old: CodeType) -> CodeType:
    """Code with the qualified name of the function it was made from, and so the functions inside it."""
    prefix = new.co_qualname

    def renamed(code: CodeType) -> CodeType:
        constants = tuple(renamed(one) if isinstance(one, CodeType) else one for one in code.co_consts)
        return code.replace(co_qualname=old.co_qualname + code.co_qualname.removeprefix(prefix), co_consts=constants)

    return renamed(new)


def _recompile_code(function: FunctionType) -> CodeType | None:
    """The code of a function with the hooks in it, or None where its source cannot be had or is not what runs."""
    code = function.__code__
    module = _parse_file(code, function.__globals__)
    if module is None:
        return None
    imports = list(_module_imports(module))
    for node, class_name in _candidates(module, code):
        try:
            plain = _compile(node, class_name, code, imports, intercept=False)
            if plain is not None and _same_code(code, plain):
                new = _compile(node, class_name, code, imports, intercept=True)
                return None if new is None else _named_like(new, code)
        except (SyntaxError, RecursionError):  # a name that only makes sense where the function was defined; too deep
            continue
    return None


_recompiled: ByCode[CodeType | None] = ByCode()


def _remember_own(code: CodeType, written: CodeType) -> None:
    """Mark code that already has the hooks, with the functions defined inside it, and what it was made from."""
    WRITTEN[code] = weakref.ref(written)
    made, others = ([one for one in each.co_consts if isinstance(one, CodeType)] for each in (code, written))
    places = [[(one.co_name, one.co_firstlineno) for one in each] for each in (made, others)]
    for one, other in zip(made, others if places[0] == places[1] else made, strict=True):
        _remember_own(one, other)


def recompile(function: FunctionType, hooks: dict[str, Callable[..., Any]]) -> FunctionType | None:
    """The function with the hooks in it: itself if it has them already, None where it has no source."""
    code = function.__code__
    if code in WRITTEN:
        return function
    if code not in _recompiled:
        _recompiled[code] = made = _recompile_code(function)
        if made is not None:
            _remember_own(made, code)
    new_code = _recompiled[code]
    if new_code is None:
        return None
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    closure = tuple(cells[name] if name in cells else CellType(hooks[name]) for name in new_code.co_freevars)
    new = FunctionType(new_code, function.__globals__, function.__name__, function.__defaults__, closure)
    new.__kwdefaults__ = function.__kwdefaults__
    new.__dict__.update(function.__dict__)
    new.__qualname__ = function.__qualname__
    new.__module__ = function.__module__
    return new
