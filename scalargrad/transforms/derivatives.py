"""Transforms of functions, with the names and shapes of JAX: `grad`, `value_and_grad`, `jacobian`, `jvp`, `vjp`.

A transform calls the function on new leaves with the arguments' numbers. A float argument becomes a Value, a numpy
array of one dimension a Vector, of two a Matrix; lists, tuples and dicts stay what they are. The numbers of a Value,
Vector or Matrix are copied into new leaves too. Arguments that are not differentiated are passed unchanged.

The result has the container of the argument and plain numbers: a float for a number or a Value, a numpy array for a
numpy array, a Vector or Matrix of new leaves for a Vector or Matrix. The grads of existing Values do not change.

Inside a function that is being transformed, another transform can be used on plain numbers. If it meets the Values of
the outer transform, in any thread, it raises `HigherOrderError`: second derivatives are not implemented yet.
"""

from __future__ import annotations

import functools
import operator
from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, overload

from scalargrad import convert, core
from scalargrad.errors import ArgumentError, ShapeError
from scalargrad.table import ops
from scalargrad.table.libm import zmul
from scalargrad.transforms.parts import NUMBER, ROW, Leaf, like
from scalargrad.transforms.run import Function, Run, name_of, refuse_outer, require_function, running, weighted
from scalargrad.transforms.trees import Tree, joined

if TYPE_CHECKING:
    from scalargrad.convert import Number
    from scalargrad.transforms.signatures import (
        Gradient,
        GradientAndAux,
        Pullback,
        ValueAndGradient,
        ValueAuxAndGradient,
    )

    P = ParamSpec("P")

_DOT = ops.OPCODE["dot"]


class _Different(tuple[int, ...]):
    """Different positions from 0 to `last`."""

    last: int


def _kept(argnums: Any) -> Any:
    """`argnums` as it is used at every call: an iterator is read once, here, and most tuples are checked once."""
    kept = tuple(argnums) if isinstance(argnums, Iterator) else argnums
    if type(kept) is not tuple or {*map(type, kept)} != {int} or len({*kept}) < len(kept) or min(kept) < 0:
        return kept
    different = _Different(kept)
    different.last = max(kept)
    return different


def _positions(argnums: int | Sequence[int], count: int, name: str) -> int | Sequence[int]:
    """The non-negative position of the argument to differentiate by, or those of several."""
    if type(argnums) is int and 0 <= argnums < count:
        return argnums
    if type(argnums) is _Different and argnums.last < count:
        return argnums
    one = convert.index(argnums) is not None
    given: Any = [argnums] if one else argnums
    try:
        positions = [operator.index(k) for k in given]
    except TypeError:
        raise ArgumentError(f"argnums must be an int or a sequence of ints, got {argnums!r}") from None
    for k in positions:
        if not -count <= k < count:
            raise ArgumentError(
                f"argnums={argnums!r} does not fit: {name} was called with {count} positional argument(s)"
            )
    positions = [k % count for k in positions]
    if len(set(positions)) < len(positions):
        raise ArgumentError(f"argnums={argnums!r} names an argument twice")
    return positions[0] if one else positions


@overload
def grad(
    fun: Callable[Concatenate[Any, P], Number], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> Gradient[P]: ...
@overload
def grad(
    fun: Callable[Concatenate[Any, P], tuple[Number, Any]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> GradientAndAux[P]: ...
@overload
def grad(
    fun: Callable[..., Number], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[..., tuple[Any, ...]]: ...
@overload
def grad(
    fun: Function, argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[..., tuple[tuple[Any, ...], Any]]: ...
@overload
def grad(fun: Function, argnums: int, has_aux: bool = False) -> Function: ...
def grad(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Returns a function that computes the gradient of `fun` by the argument at `argnums`.

    For a sequence of `argnums`, it returns a tuple of gradients. `fun` returns one number. With `has_aux`, it returns a
    pair (number, aux), and the new function (gradient, aux). The new function raises `ShapeError` if the result of
    `fun` is not one number, `NumberError` if an argument cannot be differentiated.

    >>> grad(lambda x, y: x**2 * y)(3.0, 2.0)
    12.0
    >>> grad(lambda p: p["w"][0] * p["w"][1] + p["b"])({"w": [2.0, 3.0], "b": 1.0})
    {'w': [3.0, 2.0], 'b': 1.0}
    """
    require_function(fun, "grad")
    both = _differentiated(fun, argnums, has_aux)

    @functools.wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        _, found, aux = both(args, kwargs)
        return (found, aux) if has_aux else found

    return gradient


@overload
def value_and_grad(
    fun: Callable[Concatenate[Any, P], Number], argnums: Literal[0] = 0, has_aux: Literal[False] = False
) -> ValueAndGradient[P]: ...
@overload
def value_and_grad(
    fun: Callable[Concatenate[Any, P], tuple[Number, Any]], argnums: Literal[0] = 0, *, has_aux: Literal[True]
) -> ValueAuxAndGradient[P]: ...
@overload
def value_and_grad(
    fun: Callable[..., Number], argnums: Sequence[int], has_aux: Literal[False] = False
) -> Callable[..., tuple[float, tuple[Any, ...]]]: ...
@overload
def value_and_grad(
    fun: Function, argnums: Sequence[int], has_aux: Literal[True]
) -> Callable[..., tuple[tuple[float, Any], tuple[Any, ...]]]: ...
@overload
def value_and_grad(fun: Function, argnums: int, has_aux: bool = False) -> Function: ...
def value_and_grad(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Returns a function that computes (value, gradient), or with `has_aux` ((value, aux), gradient).

    The parameters are those of `grad`. SciPy accepts the function:
    ``scipy.optimize.minimize(value_and_grad(f), x0, jac=True)``. Values in aux become numbers.

    >>> value_and_grad(lambda x: x[0] * x[1])([3.0, 2.0])
    (6.0, [2.0, 3.0])
    """
    require_function(fun, "value_and_grad")
    both = _differentiated(fun, argnums, has_aux)

    @functools.wraps(fun)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        value, found, aux = both(args, kwargs)
        return (value, aux) if has_aux else value, found

    return value_and_gradient


def _differentiated(fun: Function, argnums: Any, has_aux: bool) -> Callable[..., tuple[Any, Any, Any]]:
    """The function of args and kwargs that returns the value of `fun`, its gradient, and its aux or None."""
    argnums, name = _kept(argnums), name_of(fun)

    def both(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
        run = Run(fun, name, args, _positions(argnums, len(args), name)).execute(kwargs, has_aux)
        root = run.scalar("grad")
        found = run.input.outside(run.pull(root))
        return root.data if isinstance(root, core.Node) else root, found, run.aux

    return both


@overload
def jacobian(
    fun: Callable[Concatenate[Any, P], Any], argnums: Literal[0] = 0, has_aux: bool = False
) -> Callable[Concatenate[Any, P], Any]: ...
@overload
def jacobian(fun: Function, argnums: int | Sequence[int], has_aux: bool = False) -> Function: ...
def jacobian(fun: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Any:
    """Returns a function that computes the derivatives of all results of `fun`.

    It returns the containers of the result, where each number or array is replaced by the containers of the argument.
    The entry for two arrays has the shape of the result followed by the shape of the argument; it is a numpy array if
    one of the two is, else nested lists. For a sequence of `argnums`, each place of the result has a tuple. It
    makes one sweep per number of the result.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + 1])([3.0, 2.0])
    [[2.0, 3.0], [1.0, 0.0]]
    """
    require_function(fun, "jacobian")
    argnums, name = _kept(argnums), name_of(fun)

    @functools.wraps(fun)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        run = Run(fun, name, args, _positions(argnums, len(args), name)).execute(kwargs, has_aux)
        run.warn_if_lost()
        rows = [run.pull(item) for item in run.items]
        numbers_alone = not run.input.arrays

        def entries(result: Leaf) -> Any:
            of_result = rows[result.start : result.start + result.size]
            if numbers_alone and result.kind <= ROW:
                found = list(map(run.input.outside, of_result))
                return found[0] if result.kind == NUMBER else like(result.given, found)

            def entry(argument: Leaf) -> Any:
                numbers = array("d")
                for row in of_result:
                    numbers += row[argument.start : argument.start + argument.size]
                return joined(numbers, result.shape + argument.shape, result.of_numpy or argument.of_numpy)

            return run.input.map(entry)

        jacobians = run.outputs.map(entries, rows=numbers_alone)
        return (jacobians, run.aux) if has_aux else jacobians

    return jacobian_of


def _sequence(given: Any, name: str) -> Sequence[Any]:
    if not isinstance(given, (list, tuple)):
        raise ArgumentError(f"{name} must be a tuple or list, with one entry per argument, got {type(given).__name__}")
    return given


@overload
def jvp(
    fun: Callable[..., Number], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[float, float]: ...
@overload
def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[Any, Any]: ...
@overload
def jvp(
    fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[True]
) -> tuple[Any, Any, Any]: ...
def jvp(fun: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """Returns the value of ``fun(*primals)`` and its derivative in the direction of the tangents.

    It returns (value, tangent), both of the form of the result of `fun`; with `has_aux`, (value, tangent, aux).
    Raises `ShapeError` if a tangent does not have the form of its primal. It makes one reverse sweep per number of the
    result, and multiplies each gradient by the tangents; so it costs as much as `jacobian`, little for few results.

    >>> jvp(lambda x, y: [x * y, x + y], (3.0, 2.0), (1.0, 10.0))
    ([6.0, 5.0], [32.0, 11.0])
    """
    require_function(fun, "jvp")
    primals, tangents = _sequence(primals, "primals"), _sequence(tangents, "tangents")
    if len(primals) != len(tangents):
        raise ShapeError(f"jvp needs one tangent per primal, got {len(primals)} primals and {len(tangents)} tangents")
    run = Run(fun, name_of(fun), primals, range(len(primals)))
    if running:
        refuse_outer([Tree(tangent, "a tangent", others=True) for tangent in tangents])
    direction = run.input.match(tuple(tangents), ("tangent", range(len(tangents)), ""))
    run.execute({}, has_aux)
    run.warn_if_lost()
    derivative = run.outputs.outside(array("d", [_dot(run.pull(item), direction) for item in run.items]))
    return (run.value(), derivative, run.aux) if has_aux else (run.value(), derivative)


def _dot(x: array[float], y: array[float]) -> float:
    """The sum of the products, from left to right, each computed by `zmul`."""
    total: float = core.reduce(_DOT, [item for pair in zip(x, y) for item in pair]) if x else 0.0
    if total != total:
        total = 0.0
        for a, b in zip(x, y):
            total += zmul(a, b)
    return total


@overload
def vjp(fun: Callable[..., Number], *primals: Any, has_aux: Literal[False] = False) -> tuple[float, Pullback]: ...
@overload
def vjp(fun: Function, *primals: Any, has_aux: Literal[False] = False) -> tuple[Any, Pullback]: ...
@overload
def vjp(fun: Function, *primals: Any, has_aux: Literal[True]) -> tuple[Any, Pullback, Any]: ...
def vjp(fun: Function, *primals: Any, has_aux: bool = False) -> Any:
    """Returns the value of ``fun(*primals)`` and its pullback, or with `has_aux` (value, pullback, aux).

    The pullback takes a cotangent of the form of the result of `fun`. It returns a tuple with one cotangent per primal,
    of the primal's form: the derivatives of the result's numbers, weighted by the cotangent. It can be called many
    times, and makes one sweep per call. It raises `ShapeError` if the cotangent does not have the form of the result.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 3.0, 2.0)
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([6.0, 5.0], (2.0, 3.0), (1.0, 1.0))
    """
    require_function(fun, "vjp")
    run = Run(fun, name_of(fun), primals, range(len(primals))).execute({}, has_aux)
    refuse_outer([run.outputs])
    run.warn_if_lost()

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        """The cotangents of the primals."""
        if running:
            refuse_outer([Tree(cotangent, "the cotangent", others=True)])
        weights = run.outputs.match(cotangent, "the cotangent")
        return run.input.outside(run.pull(weighted(run.items, weights)))  # type: ignore[no-any-return]

    return (run.value(), pullback, run.aux) if has_aux else (run.value(), pullback)
