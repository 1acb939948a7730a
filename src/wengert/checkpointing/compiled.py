"""Derivatives of compiled functions within a budget of memory: `wg.grad(wg.jit(f), memory="500 MB")`.

What goes in: a compiled function and a budget. What comes out: a function like it whose reverse derivatives keep to
the budget, and which every function of `wengert.api` takes. What holds: where all fits, the ordinary derivative is run,
with memory that is counted; where it does not, the program is swept back as a chain of pieces
(`wengert.checkpointing.sweeps`), which gives the same numbers but for the order of additions to cotangents.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.adjoint.segments import Repetition
from wengert.checkpointing.budget import Budget, budget_error
from wengert.checkpointing.pieces import ChainCode, Cotangents, Scope, chain_code
from wengert.checkpointing.planning import Need, Plan, plan_loop
from wengert.checkpointing.progress import Progress, ProgressReport
from wengert.checkpointing.repetitions import trying
from wengert.checkpointing.sizes import text_of_bytes
from wengert.checkpointing.sweeps import ChainSweep, Context
from wengert.compiled import Family, Jitted, Specialisation, all_finite
from wengert.compiler import Kernel, is_plain, refuse_overlap
from wengert.emit import new_ledger
from wengert.errors import ArgumentError, MemoryBudgetError
from wengert.program.statements import Array
from wengert.runtime.ledger import Ledger

__all__ = ["BudgetedFunction", "loop_plans", "within_budget"]

Wanted = bool | Callable[[Progress], object]
_UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class _Call:
    """The inputs of a kernel, the cotangents of its results, and what is asked for."""

    leaves: Sequence[Any]
    cts: Sequence[Any]
    with_results: bool
    guarded: bool


Found = tuple[Sequence[Any], list[Any]]


class _Reverse:
    """The reverse derivative of one kernel within a budget."""

    def __init__(self, kernel: Kernel, wrt: tuple[int, ...], budget: Budget, progress: Wanted) -> None:
        self.kernel, self.wrt, self.budget, self.progress = kernel, wrt, budget, progress
        assert budget.memory is not None
        self.memory = budget.memory

    def run(self, leaves: Sequence[Any], cts: Sequence[Any], *, with_results: bool) -> Found:
        """The results, if asked for, and the cotangents of the inputs `wrt`."""
        found = self._run(_Call(leaves, cts, with_results, guarded=False))
        if not all_finite(found[1]):
            found = self._run(_Call(leaves, cts, with_results, guarded=True))
        return found

    def _run(self, call: _Call) -> Found:
        ledger = new_ledger(self.memory)
        try:
            found, _ = self._at_once(ledger, self.memory, call)
            return self._in_pieces(ledger, call) if found is None else found
        finally:
            ledger.close()

    def _at_once(self, ledger: Ledger, memory: int, call: _Call) -> tuple[Found | None, int]:
        """The ordinary derivative, if it fits, and how much it takes."""
        derivative = self.kernel.reverse(
            self.wrt, with_results=call.with_results, unit_seed=False, guarded=call.guarded
        )
        given = [*call.leaves, *call.cts]
        copied = sum(given[i].nbytes for i in derivative.copied(given))
        if copied > memory:
            return None, copied
        ledger.limit = memory - copied
        ledger.measure()
        try:
            results, outputs = derivative.run_within(ledger, given)
        except MemoryError:
            if not ledger.has_refused:
                raise
            return None, ledger.peak
        primal = len(self.kernel.program.results) if call.with_results else 0
        gradient = Family(self.kernel, self.wrt, ()).in_order(results, outputs)
        return (results[:primal], gradient), ledger.peak + copied

    def _tried(self, ledger: Ledger, call: _Call) -> tuple[ChainCode, list[tuple[Repetition, Need]], int]:
        """The chain of pieces, what its loops need, as a trial tells, and the least that all of it takes."""
        if self.kernel.prepared.functions:
            raise MemoryBudgetError(
                f"memory={self.memory} bytes cannot be kept: a function that recurses is swept back as a whole, "
                "and that takes more"
            )
        refuse_overlap(call.leaves, self.kernel.written)
        code = chain_code(self.kernel.prepared, self.wrt, call.guarded, call.with_results)
        loops = [one for one in code.chain.segments if isinstance(one, Repetition)]
        trial = Context(ledger, self.budget, ProgressReport(False, None), is_trial=True)
        ledger.limit = _UNLIMITED
        ledger.measure()
        with trying():
            self._swept(code, trial, call)
        needs = trial.found(loops)
        least = max((one.least for one in needs), default=max(trial.most, ledger.peak))
        return code, list(zip(loops, needs, strict=True)), least

    def plans(self, leaves: Sequence[Any], cts: Sequence[Any]) -> list[tuple[Repetition, Need, Plan]]:
        """How the loops would be swept back within the budget; nothing but the trial is run."""
        ledger = new_ledger(self.memory)
        try:
            _, needs, least = self._tried(ledger, _Call(leaves, cts, with_results=True, guarded=False))
        finally:
            ledger.close()
        if least > self.memory:
            raise self._refusal(least, max((need.state for _, need in needs), default=0))
        found = [(loop, need) for loop, need in needs if need.blocks or need.inner]
        return [(loop, need, plan_loop(need, self.budget, self.memory)) for loop, need in found]

    def _in_pieces(self, ledger: Ledger, call: _Call) -> Found:
        """The derivative by a chain of pieces, after a trial that tells what these take."""
        code, needs, least = self._tried(ledger, call)
        if least > self.memory:
            found, taken = self._at_once(ledger, least, call)
            least = least if found is None else min(least, taken)
            raise self._refusal(least, max((need.state for _, need in needs), default=0))
        counts = [need.iterations for _, need in needs]
        steps = None if None in counts else sum(one or 0 for one in counts)
        context = Context(ledger, self.budget, ProgressReport(self.progress, steps))
        for loop, need in needs:
            if need.blocks or need.inner:
                context.plans[loop] = plan_loop(need, self.budget, self.memory)
        ledger.limit = self.memory
        ledger.measure()
        try:
            return self._swept(code, context, call)
        except MemoryError as error:
            if not ledger.has_refused or isinstance(error, MemoryBudgetError):
                raise
            raise MemoryBudgetError(
                f"memory={self.memory} bytes cannot be kept: other iterations take more than those by which the budget "
                "was planned"
            ) from error

    def _refusal(self, least: int, state: int) -> MemoryBudgetError:
        if state:
            return budget_error(self.memory, least - state, state)
        return MemoryBudgetError(
            f"memory={self.memory} bytes cannot be kept: the least is {text_of_bytes(least)}, all of it for a program "
            "without a loop whose states could be kept in place of what it computes"
        )

    def _swept(self, code: ChainCode, context: Context, call: _Call) -> Found:
        parameters = code.chain.program.parameters
        scope: Scope = {}
        owned = []
        for one, leaf in zip(parameters, call.leaves, strict=True):
            if not isinstance(one, Array):
                scope[one] = leaf
                continue
            given = is_plain(leaf, np.dtype(one.storage.dtype))
            scope[one.storage] = leaf if given else context.ledger.copy(np.asarray(leaf, one.storage.dtype))
            owned += [] if given else [one.storage]
        chosen = [parameters[i] for i in self.wrt]
        arrays = [one.storage for one in chosen if isinstance(one, Array)]
        bars: Cotangents = {one: np.zeros(scope[one].shape, one.dtype) for one in arrays}
        sweep = ChainSweep(code, context, scope, owned)
        try:
            sweep.forward()
            context.report.ended(context.report.now.forward)
            results = sweep.backward(bars, call.cts)
        finally:
            sweep.close()
        context.report.ended(context.report.now.forward)
        return results, [
            bars[one.storage] if isinstance(one, Array) else np.dtype(one.dtype).type(bars.get(one, 0.0))
            for one in chosen
        ]


def loop_plans(
    kernel: Kernel, wrt: tuple[int, ...], memory: int, leaves: Sequence[Any], cts: Sequence[Any]
) -> list[tuple[Repetition, Need, Plan]]:
    """How the loops of a kernel would be swept back within so many bytes: see `_Reverse.plans`."""
    return _Reverse(kernel, wrt, Budget(memory, 0, None), progress=False).plans(leaves, cts)


class _BudgetedFamily(Family):
    """The derivatives of a kernel, of which the reverse one keeps to a budget."""

    def __init__(self, family: Family, budget: Budget, progress: Wanted) -> None:
        super().__init__(family.kernel, family.wrt, family.floats)
        self._within = _Reverse(family.kernel, family.wrt, budget, progress)

    def run(self, reverse: bool, order: int, leaves: Sequence[Any]) -> list[Any]:
        if order:
            raise ArgumentError(
                "memory= is for first derivatives in reverse mode; leave it out for derivatives of derivatives and for "
                "forward mode, which keeps nothing of a loop"
            )
        if not reverse:
            return super().run(reverse, order, leaves)
        inputs = len(self.kernel.inputs)
        arguments, cts = leaves[:inputs], [_contiguous(one) for one in leaves[inputs:]]
        return self._within.run(arguments, cts, with_results=False)[1]


def _contiguous(ct: Any) -> Any:
    return np.ascontiguousarray(ct) if isinstance(ct, np.ndarray) and ct.ndim else ct


class _BudgetedSpecialisation(Specialisation):
    """A compiled function for arguments of some types, whose derivatives keep to a budget."""

    def __init__(self, found: Specialisation, budget: Budget, progress: Wanted) -> None:
        self.__dict__.update(vars(found))
        self._found, self._budget, self._progress = found, budget, progress

    @functools.cached_property
    def functional(self) -> Kernel:
        return self._found.functional

    @functools.cached_property
    def scalar(self) -> Kernel | None:
        return self._found.scalar

    def value_and_gradient(self, leaves: Sequence[Any], wanted: tuple[int, ...]) -> tuple[Any, list[Any]] | None:
        found = self.gradient(wanted)
        if found is None:
            return None
        family, _ = found
        inputs = self.inputs(leaves)
        reverse = _Reverse(family.kernel, family.wrt, self._budget, self._progress)
        results, gradient = reverse.run(inputs, [1.0], with_results=True)
        return self.rebuilt(results[:1], leaves), gradient

    def family(self, wrt: tuple[int, ...]) -> Family:
        return _BudgetedFamily(self._found.family(wrt), self._budget, self._progress)


class BudgetedFunction(Jitted):
    """A compiled function whose reverse derivatives keep to a budget."""

    def __init__(self, jitted: Jitted, budget: Budget, progress: Wanted) -> None:
        super().__init__(jitted.__wrapped__)  # type: ignore[attr-defined]  # by `update_wrapper`
        self._jitted, self._budget, self._progress = jitted, budget, progress

    def specialise(self, values: Sequence[Any], names: tuple[str, ...] = ()) -> Specialisation:
        return _BudgetedSpecialisation(self._jitted.specialise(values, names), self._budget, self._progress)


def within_budget(
    function: Callable[..., Any],
    memory: float | str | None,
    disk: float | str | None,
    directory: str | os.PathLike[str] | None,
    progress: Wanted,
) -> Callable[..., Any]:
    """The function, whose reverse derivatives keep to a budget if one is given."""
    budget = Budget.of(memory, disk, directory)
    if budget.memory is None:
        if progress:
            raise ArgumentError("progress= shows the steps of a derivative with a budget: give memory= too")
        return function
    if not isinstance(function, Jitted):
        name = getattr(function, "__name__", repr(function))
        raise ArgumentError(
            f"memory= is for compiled functions, and {name} is recorded as it runs\n"
            "Use wg.jit, or wg.checkpointed_loop and wg.checkpoint in the function."
        )
    return BudgetedFunction(function, budget, progress)
