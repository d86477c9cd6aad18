"""Every fact of the functions of many numbers holds on floats, on Values, and in the rows and columns of arrays."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Matrix, Value, Vector, core
from scalargrad.table import ops, reductions
from tests.support import facts_many
from tests.support.facts import OPEN, Fact, bits, right
from tests.support.profiles import native_only
from tests.test_facts import interior

FACTS = [*facts_many.SUMS, *facts_many.LARGEST, *facts_many.EXPONENTIALS, *facts_many.NORMS]
OF: dict[str, list[Fact]] = {}
for _fact in FACTS:
    OF.setdefault(_fact.function.partition("[")[0], []).append(_fact)
NAMES = ["sum", "mean", "dot", "prod", "max", "min", "logsumexp", "softmax", "log_softmax", "norm", "custom", "ruled"]
OF_ARRAYS = [name for name in NAMES if name not in ("dot", "custom", "ruled")]


def function(name: str) -> Callable[[list[Any]], Any]:
    """The function of a list of operands; softmax[1] is the second of softmax's results."""
    base, _, index = name.partition("[")
    if base == "dot":
        return lambda x: sg.dot(x[0::2], x[1::2])
    if base in ("custom", "ruled"):
        return lambda x: core.reduce(ops.OPCODE[base], list(x))
    found: Callable[[list[Any]], Any] = getattr(sg, base)
    return found if not index else lambda x: found(x)[int(index[:-1])]


def test_every_function_has_facts() -> None:
    assert sorted(OF) == sorted(NAMES)
    assert {r.name for r in ops.REDUCTIONS} <= set(OF)
    for name, facts in OF.items():
        assert len({fact.text for fact in facts}) == len(facts) >= 4, name
        for fact in facts:
            assert len(fact.operands) == len(fact.partials), fact.text


@pytest.mark.parametrize("name", NAMES)
def test_floats(name: str) -> None:
    for fact in OF[name]:
        got = function(fact.function)(list(fact.operands))
        assert type(got) is float and right(got, fact.value), (fact.text, got)
        if name in ("dot", "custom", "ruled"):
            continue
        if all(x.is_integer() and abs(x) < 2**53 for x in fact.operands) and "-0.0" not in fact.text:
            whole = function(fact.function)([int(x) for x in fact.operands])
            assert type(whole) is float and right(whole, fact.value), (fact.text, whole)
        got = getattr(sg, name)(*fact.operands)  # several arguments, and any iterable
        again = getattr(sg, name)(iter(fact.operands))
        if "[" in fact.function:
            got, again = (x[int(fact.function.split("[")[1][:-1])] for x in (got, again))
        assert right(got, fact.value) and right(again, fact.value), fact.text


@pytest.mark.parametrize("name", [r.name for r in ops.REDUCTIONS])
def test_the_table_says_so(name: str) -> None:
    """The definition in `reductions.py`, which the pure backend and the pickles' readers use."""
    code = ops.OPCODE[name]
    for fact in OF[name]:
        shift = [0.0] if name == "logsumexp" else []
        z = reductions.value(code, [*shift, *fact.operands])
        assert right(z, fact.value), (fact.text, z)
        partials = list(reductions.partials(code, [*shift, *fact.operands], z))[len(shift) :]
        for got, wanted in zip(partials, fact.partials):
            assert right(got, wanted), (fact.text, got, wanted)


@native_only
@pytest.mark.parametrize("name", ["sum", "dot", "max", "min", "logsumexp", "mean", "prod", "norm"])
def test_both_backends_reduce_to_the_same_bits(name: str) -> None:
    """What no fact of 14 digits can tell: the order of every sum, and how what it lost is kept."""
    code, rng = ops.OPCODE[name], random.Random(name)
    for n in [2, 4, 8, 16, 40, 130, 260] * 4:
        x = [0.0] * (name == "logsumexp") + [rng.choice([rng.uniform(-3, 3), rng.uniform(-40, 2)]) for _ in range(n)]
        z = reductions.value(code, x)
        operands = [interior(item) for item in x]
        operands[: name == "logsumexp"] = [0.0] * (name == "logsumexp")
        result = core.reduce(code, operands)
        assert bits(result.data) == bits(z) == bits(core.reduce(code, x)), (name, n)
        result.backward()
        for operand, wanted in zip(operands, reductions.partials(code, x, z)):
            assert isinstance(operand, float) or bits(operand.grad) == bits(wanted), (name, n)


@pytest.mark.parametrize("name", NAMES)
def test_values(name: str) -> None:
    for fact in OF[name]:
        constant = [name in ("custom", "ruled") and k % 2 == 0 for k in range(len(fact.operands))]
        operands = [x if c else interior(x) for x, c in zip(fact.operands, constant)]
        result = function(fact.function)(operands)
        assert right(result.data, fact.value), (fact.text, result.data)
        result.backward()
        for operand, wanted in zip(operands, fact.partials):
            assert isinstance(operand, float) or right(operand.grad, wanted), (fact.text, operand.grad, wanted)
        if len(operands) > 10:
            continue
        for k, wanted in enumerate(fact.partials):
            mixed: list[Any] = list(fact.operands)
            mixed[k] = interior(fact.operands[k])
            if constant[k] or wanted is OPEN:
                continue
            result = function(fact.function)(mixed)
            assert type(result) is Value and right(result.data, fact.value), (fact.text, k)
            result.backward(-1.0)
            assert right(-mixed[k].grad, wanted), (fact.text, k, mixed[k].grad)


def by_row(nested: list[list[float]]) -> list[float]:
    return [x for row in nested for x in row]


def by_column(nested: list[list[float]]) -> list[float]:
    return by_row([list(column) for column in zip(*nested)])


def check(fact: Fact, results: Any, operands: Any, flat: Callable[[Any], list[float]]) -> None:
    """Of three equal rows the results, and the gradients with -1 from each: `flat` gives one row after another."""
    for got in results.data:
        assert right(got, fact.value), (fact.text, got)
    (results * [-1.0, 1.0, -1.0]).sum().backward()
    n = len(fact.operands)
    for k, got in enumerate(flat(operands.grad)):
        sign = 1.0 if k // n == 1 else -1.0
        assert right(sign * got, fact.partials[k % n]), (fact.text, k, got)


@pytest.mark.parametrize("name", OF_ARRAYS)
def test_arrays(name: str) -> None:
    """All elements of a Vector, the rows of a Matrix and its columns."""
    for fact in OF[name]:
        index = fact.function.partition("[")[2][:-1]
        rows = [list(fact.operands)] * 3
        by_rows, by_columns = Matrix(rows) * 1.0, Matrix([list(x) for x in zip(*rows)]) * 1.0
        vector = Vector(list(fact.operands)) * 1.0
        alone = getattr(vector, name)()
        alone = alone[int(index)] if index else alone
        assert right(alone.data, fact.value), (fact.text, alone)
        alone.backward()
        for got, wanted in zip(vector.grad, fact.partials):
            assert right(got, wanted), (fact.text, got)
        results = getattr(by_rows, name)(axis=1)
        check(fact, results[:, int(index)] if index else results, by_rows, by_row)
        results = getattr(by_columns, name)(axis=0)
        check(fact, results[int(index)] if index else results, by_columns, by_column)


def test_dot_as_a_product() -> None:
    for fact in OF["dot"]:
        x, y = (Vector(list(fact.operands[k::2])) * 1.0 for k in (0, 1))
        rows = Matrix([list(fact.operands[0::2])] * 3) * 1.0
        result = x @ y
        assert right(result.data, fact.value), fact.text
        result.backward()
        for k, wanted in enumerate(fact.partials):
            assert right((x, y)[k % 2].grad[k // 2], wanted), (fact.text, k)
        check(
            Fact(fact.text, "dot", fact.operands[0::2], fact.value, fact.partials[0::2]),
            rows @ Vector(y.data),
            rows,
            by_row,
        )
