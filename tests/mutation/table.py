"""Every expression of the table broken in every small way, held against the facts.

A mutant is one expression with one part changed: an operator, a comparison, a constant, an operand, a branch dropped
or exchanged, a sign, arguments exchanged, a call left out. It is compiled in place of its row, in process, and the
facts of every primitive that comes to it are asked. One that all facts survive is printed; one that computes the same
is in `EQUIVALENT`, with the reason.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from scalargrad.table import evaluate, libm, ops, reductions
from tests.mutation.table_equivalent import EQUIVALENT
from tests.support.facts import right, wrong
from tests.test_facts import OF
from tests.test_facts_many import OF as OF_MANY

_BINARY = {ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div], ast.Div: [ast.Mult]}
_COMPARED = {
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq, ast.LtE, ast.GtE], ast.NotEq: [ast.Eq, ast.Lt, ast.Gt],
}  # fmt: skip
_NAMES = {"inf": "1", "nan": "0", "LN2": "LOG2E", "LOG2E": "LN2", "LOG10E": "LOG2E", "TWO_OVER_SQRT_PI": "LN2",
          "TINY": "HUGE", "HUGE": "TINY", "LARGE": "HUGE", "UP": "DOWN", "DOWN": "UP", "SPLIT": "UP"}  # fmt: skip
_CALLED = {
    "floor": "ceil", "ceil": "floor", "trunc": "rint", "rint": "trunc", "sin": "cos", "cos": "sin", "exp": "expm1",
    "expm1": "exp", "log1p": "log", "sigmoid": "silu", "round": "floor", "sqrt": "cbrt",
}  # fmt: skip
# arguments whose sign does not matter
_EVEN: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("copysign", "pow_high", "abs", "fabs", "cos", "cosh", "sech2", "gauss", "square", "asin_slope",
                     "atan_slope", "asinh_slope", "atanh_slope", "bell", "gelu_decay", "gelu_tanh_bell",
                     "gelu_tanh_rate", "sinc_near", "cos_half_turns", "parity"), (0,)),
    **dict.fromkeys(("cosine", "cosine_scaled", "over_square", "over_square_scaled", "fmod"), (1,)), "hypot": (0, 1),
}  # fmt: skip


_GATHERING = {r.name: r for r in ops.REDUCTIONS if r.gather}


def _changes(node: ast.AST, operands: tuple[str, ...]) -> Iterator[ast.expr]:
    """What may stand in the place of a node."""
    if isinstance(node, ast.BinOp):
        for kind in _BINARY[type(node.op)]:
            yield ast.BinOp(node.left, kind(), node.right)
        if isinstance(node.op, (ast.Sub, ast.Div)):
            yield ast.BinOp(node.right, node.op, node.left)
        yield from (node.left, node.right)
    elif isinstance(node, ast.Compare):
        for kind in _COMPARED[type(node.ops[0])]:
            yield ast.Compare(node.left, [kind()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for k in range(len(node.values)):
            rest = [value for j, value in enumerate(node.values) if j != k]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.IfExp):
        yield from (node.body, node.orelse, ast.IfExp(node.test, node.orelse, node.body))
        if isinstance(node.orelse, ast.IfExp):  # a branch in the middle left out
            yield ast.IfExp(node.test, node.body, node.orelse.orelse)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant):
        for changed in (node.value + 1, node.value * 2, -node.value, 0, 1):
            yield ast.Constant(changed)
    elif isinstance(node, ast.Name):
        yield from (ast.Name(name) for name in operands if name != node.id and node.id in operands)
        if node.id in _NAMES:
            yield ast.parse(_NAMES[node.id], mode="eval").body
    elif isinstance(node, ast.Call):
        if len(node.args) == 2:
            yield ast.Call(node.func, node.args[::-1], [])
        if len(node.args) == 1:
            yield node.args[0]
        name = _name(node)
        if name in _CALLED:
            yield ast.Call(ast.Attribute(ast.Name("libm"), _CALLED[name]) if _CALLED[name] in libm.FUNCTIONS
                           else ast.Name(_CALLED[name]), node.args, [])  # fmt: skip
    if isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Constant)):
        yield ast.UnaryOp(ast.USub(), node)  # type: ignore[arg-type]


def _is_the_same(parent: ast.AST, position: int | None, old: ast.expr, new: ast.expr) -> bool:
    """Whether a change makes no difference by itself: the sign of a zero or of a number compared with zero, a sign
    within an even function, the order of hypot's arguments."""
    negated = isinstance(new, ast.UnaryOp) and new.operand is old
    if isinstance(old, ast.Constant) and isinstance(new, ast.Constant):
        negated = new.value == -old.value  # type: ignore[operator]
    if isinstance(old, ast.Call) and _name(old) == "hypot":
        return isinstance(new, ast.Call) and new.args == old.args[::-1]
    if isinstance(parent, ast.Compare) and (negated or isinstance(new, ast.Constant)):
        zero = isinstance(old, ast.Constant) and not old.value and (negated or getattr(new, "value", 1) == 0)
        against = getattr(parent.comparators[0], "value", 1)
        equality = isinstance(parent.ops[0], (ast.Eq, ast.NotEq)) and against == 0
        return zero or (negated and equality)
    if isinstance(old, ast.Name) and old.id == "nan" and negated:
        return True
    return negated and isinstance(parent, ast.Call) and position in _EVEN.get(_name(parent), ())


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id  # type: ignore[attr-defined]


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, str, int | None]]:
    """Where expressions stand below a node: the parent, its field, the position in a list."""
    for field, value in ast.iter_fields(node):
        if field in ("ops", "op", "func"):
            continue
        for k, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.expr):
                yield node, field, k if isinstance(value, list) else None
                yield from _places(child)


def mutants(expression: str, operands: tuple[str, ...], chosen: Callable[[], bool]) -> Iterator[tuple[str, str]]:
    """An expression with one part changed: what was changed, as "old -> new", and the text; each text once.
    `chosen` says of each part whether it is to be changed."""
    seen = {ast.unparse(ast.parse(expression, mode="eval"))}
    for place in range(len(list(_places(ast.parse(expression, mode="eval"))))):
        wanted = chosen()
        tree = ast.parse(expression, mode="eval")
        parent, field, position = list(_places(tree))[place]
        whole = getattr(parent, field)
        old = whole if position is None else whole[position]
        was = ast.unparse(old)
        for new in list(_changes(old, operands)):
            if position is None:
                setattr(parent, field, new)
            else:
                whole[position] = new
            text = ast.unparse(ast.fix_missing_locations(tree))
            if text not in seen and not _is_the_same(parent, position, old, new):
                seen.add(text)  # one that is not wanted too: a text has one description, whatever is chosen
                if wanted:
                    change = f"{was} -> {ast.unparse(new)}"
                    yield change if len(change) < 70 else "…" + change[-60:], text
        if position is None:
            setattr(parent, field, old)
        else:
            whole[position] = old


def _expressions() -> Iterator[tuple[str, tuple[str, ...], str]]:
    for row in ops.ROWS:
        yield f"value_{row.name}", row.operands, row.value
        for k, partial in enumerate(row.partials):
            yield f"partial_{row.name}_{k}", (*row.operands, "z"), partial
    for reduction in _GATHERING.values():
        yield f"partial_{reduction.name}", ("x", "y", "z", "s", "m"), reduction.partial


def _users() -> dict[str, set[str]]:
    """The primitives and reductions whose value or partials come to each function of the table."""
    calls: dict[str, set[str]] = {}
    for name, _, expression in _expressions():
        names = {n.id for n in ast.walk(ast.parse(expression)) if isinstance(n, ast.Name)}
        calls[name] = {f"value_{n}" for n in names if any(row.name == n for row in ops.ROWS)}
    users: dict[str, set[str]] = {name: set() for name in calls}
    for row in ops.PRIMITIVES:
        met: set[str] = set()
        ahead = {f"value_{row.name}", *(f"partial_{row.name}_{k}" for k in range(len(row.partials)))}
        while ahead:
            name = ahead.pop()
            met.add(name)
            ahead |= calls[name] - met
        for name in met:
            users[name].add(row.name)
    for reduction in _GATHERING.values():
        met, ahead = set(), {f"partial_{reduction.name}"}
        while ahead:
            name = ahead.pop()
            met.add(name)
            ahead |= calls[name] - met
        for name in met:
            users[name].add(reduction.name)
    return users


def _reduces_wrongly(namespace: dict[str, Any], reduction: ops.Reduction) -> bool:
    """Whether a fact of a reduction does not hold: its partials, from what the pass over all operands gathers; and the
    value of a product, which comes from the same rows."""
    for fact in OF_MANY[reduction.name]:
        x = [*[0.0] * reduction.first, *fact.operands]
        z = reductions.value(ops.OPCODE[reduction.name], x)
        s, m, y = reductions._GATHER[reduction.gather](x[reduction.first :], z)
        if reduction.name == "prod" and not right(
            namespace["value_of_others"](namespace["value_scaled"](s, m), y), fact.value
        ):
            return True
        partial = namespace[f"partial_{reduction.name}"]
        if not all(right(partial(item, y, z, s, m), wanted) for item, wanted in zip(fact.operands, fact.partials)):
            return True
    return False


def survives(namespace: dict[str, Any], users: set[str]) -> bool:
    """Whether every fact of some primitives holds in the functions of a table."""
    for name in users:
        try:
            if name in _GATHERING:
                if _reduces_wrongly(namespace, _GATHERING[name]):
                    return False
                continue
            found = wrong(
                OF[name],
                lambda f, x: namespace[f"value_{f}"](*x),
                lambda f, k, x, z: namespace[f"partial_{f}_{k}"](*x, z),
            )
            if next(found, None):
                return False
        except (RecursionError, OverflowError):
            return False
    return True


def check(every: int = 1) -> Iterator[tuple[str, str, bool]]:
    """Each mutant, or those of one part in so many: its function, what was changed, and whether it survives."""
    count = itertools.count()
    namespace = evaluate.rows(libm.FUNCTIONS, libm.div)
    users = _users()
    for name, parameters, expression in _expressions():
        if not users[name]:  # of second derivatives alone, which the facts do not ask: tests/test_orders_table.py does
            continue
        whole = namespace[name]
        for change, text in mutants(expression, parameters, lambda: next(count) % every == 0):
            module = ast.fix_missing_locations(ast.Module([evaluate._definition(name, parameters, text)], []))
            exec(compile(module, "<mutant>", "exec"), namespace)
            yield name, change, survives(namespace, users[name])
        namespace[name] = whole


def check_all() -> int:
    """Prints the survivors that are not known, and the known ones that are not there; returns how many these are."""
    found = list(check())
    alive = [(name, change) for name, change, survived in found if survived]
    unknown = [pair for pair in alive if pair not in EQUIVALENT]
    gone = [pair for pair in EQUIVALENT if pair not in alive]
    for what, pairs in (("SURVIVED", unknown), ("KILLED, or not there", gone)):
        for name, change in pairs:
            print(f"{what} {name}: {change}")
    print(f"the table: {len(found)} mutants, {len(unknown)} survived, {len(alive) - len(unknown)} equivalent")
    return len(unknown) + len(gone)
