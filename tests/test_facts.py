"""Every fact of the primitives holds in the table, on scalars, on floats by every spelling, and in bulk."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from typing import Any

import pytest

import scalargrad as sg
from scalargrad import Value, Vector, core
from scalargrad.arrays import arithmetic
from scalargrad.table import ops
from scalargrad.table.evaluate import PARTIALS, VALUE
from tests.support import facts_activations, facts_arithmetic, facts_piecewise, facts_smooth, facts_special
from tests.support.facts import OPEN, Fact, right, wrong

FACTS: list[Fact] = [
    *facts_arithmetic.ARITHMETIC, *facts_arithmetic.POWERS, *facts_arithmetic.REMAINDERS, *facts_smooth.EXPONENTIALS,
    *facts_smooth.CIRCULAR, *facts_smooth.HYPERBOLIC, *facts_activations.ACTIVATIONS, *facts_piecewise.PIECEWISE,
    *facts_piecewise.OF_TWO, *facts_special.ERRORS, *facts_special.GAMMAS,
]  # fmt: skip
OF: dict[str, list[Fact]] = {}
for _fact in FACTS:
    OF.setdefault(_fact.function, []).append(_fact)
NAMES = [row.name for row in ops.PRIMITIVES]
OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "neg": operator.neg,
    "pow": operator.pow, "floordiv": operator.floordiv, "remainder": operator.mod, "abs": operator.abs,
}  # fmt: skip
BLOCK = 256  # elements that a kernel takes at a time


def interior(x: float) -> Value:
    """A Value that is no leaf, so that its grad is the first contribution to it, zero's sign and all."""
    return Value(x) * 1.0


def test_every_primitive_has_facts_of_its_value_and_of_each_partial() -> None:
    assert sorted(OF) == sorted(NAMES)
    for name, facts in OF.items():
        texts = [fact.text for fact in facts]
        assert len(set(texts)) == len(texts), name
        operands = ops.PRIMITIVES[NAMES.index(name)].operands
        for fact in facts:
            assert len(fact.operands) == len(fact.partials) == len(operands), fact.text
        for k in range(len(operands)):
            assert sum(fact.partials[k] is not OPEN for fact in facts) >= 4, (name, k)
        assert len(facts) >= 4, name


@pytest.mark.parametrize("name", NAMES)
def test_the_table_says_so(name: str) -> None:
    code = ops.OPCODE[name]
    found = wrong(OF[name], lambda _, x: VALUE[code](*x), lambda _, k, x, z: PARTIALS[code][k](*x, z))  # type: ignore[misc]
    assert list(found) == []


@pytest.mark.parametrize("name", NAMES)
def test_scalars(name: str) -> None:
    """Recorded and swept, of Values all, and of one Value among numbers."""
    code = ops.OPCODE[name]
    for fact in OF[name]:
        operands = [interior(x) for x in fact.operands]
        result = core.apply(code, *operands)
        assert right(result.data, fact.value), (fact.text, result.data)
        result.backward()
        for operand, wanted in zip(operands, fact.partials):
            assert right(operand.grad, wanted), (fact.text, operand.grad, wanted)
        for k, wanted in enumerate(fact.partials):
            mixed: list[Any] = list(fact.operands)
            mixed[k] = interior(fact.operands[k])
            result = core.apply(code, *mixed)
            result.backward(-1.0)
            assert right(result.data, fact.value) and right(-mixed[k].grad, wanted), (fact.text, k, mixed[k].grad)


@pytest.mark.parametrize("name", NAMES)
def test_every_spelling(name: str) -> None:
    """Functions, methods and operators, of floats, of Values, and of one Value among numbers."""
    spellings = [s for s in (getattr(sg, name, None), OPERATORS.get(name), getattr(Value, name, None)) if s]
    assert spellings or name == "exp_sub"
    for fact in OF[name]:
        exponent_two = name == "pow" and fact.operands[1] == 2.0  # then x * x
        if hasattr(sg, name):
            got = getattr(sg, name)(*fact.operands)
            assert type(got) is float and (exponent_two or right(got, fact.value)), (fact.text, got)
        for spelling, values in itertools.product(
            spellings, itertools.product((True, False), repeat=len(fact.operands))
        ):
            is_method, of = spelling is getattr(Value, name, None), ops.PRIMITIVES[NAMES.index(name)].method_of
            if not any(values) or (is_method and not values[of]):
                continue
            mixed = [Value(x) if value else x for x, value in zip(fact.operands, values)]
            if is_method:
                mixed.insert(0, mixed.pop(of))
            got = spelling(*mixed)
            assert type(got) is Value, fact.text
            assert right(got.data, fact.value), (fact.text, values, got)


def in_bulk(code: int, facts: list[Fact], repeats: int) -> None:
    n = len(facts) * repeats
    each = [facts[t % len(facts)] for t in range(n)]
    signs = [1.0 if t % 2 else -1.0 for t in range(n)]
    operands = [Vector(list(x)) * 1.0 for x in zip(*[fact.operands for fact in each])]
    result = arithmetic.elementwise(code, *operands)
    for fact, got in zip(each, result.data):
        assert right(got, fact.value), (fact.text, got)
    (result * signs).sum().backward()
    for k, operand in enumerate(operands):
        for fact, sign, got in zip(each, signs, operand.grad):
            assert right(sign * got, fact.partials[k]), (fact.text, k, got)


@pytest.mark.parametrize("name", NAMES)
def test_in_bulk(name: str) -> None:
    """The kernels of values and of contributions, over more than a block; and what meets a nan, one by one."""
    code = ops.OPCODE[name]
    plain = [f for f in OF[name] if not any(p is OPEN or p != p for p in f.partials)]
    others = [f for f in OF[name] if f not in plain]
    native = sg.backend() == "native"
    in_bulk(code, plain, 1 + 2 * BLOCK // len(plain) if native else 1)
    if others:
        in_bulk(code, others, 1)
